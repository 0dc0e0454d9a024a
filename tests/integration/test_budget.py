"""The budget on real parts: predictions come true, and what is too much is refused before any key is made."""

import json

import pytest

from tests.support.bundles import tiny_request
from zkchain.circuit.budget import Limits, budget_of
from zkchain.circuit.build import build_bundle
from zkchain.circuit.options import CompileOptions
from zkchain.circuit.speed import known_speed, machine_speed
from zkchain.circuit.tune import Goal
from zkchain.errors import CircuitTooLarge
from zkchain.records import Visibility


@pytest.mark.parametrize(
    "options",
    [
        CompileOptions(binding=False),
        CompileOptions(binding=False, goal=Goal(optimize="gas")),
        CompileOptions(binding=False, visibility=Visibility(input="public")),
        CompileOptions(binding=False, visibility=Visibility(input="hashed")),
    ],
    ids=["balanced", "gas", "public", "hashed"],
)
def test_keys_and_proofs_have_the_sizes_that_were_predicted(prover, cache_home, tmp_path, options):
    bundle = build_bundle(tiny_request(options=options), prover=prover, home=cache_home, out=tmp_path / "tiny")
    predicted = budget_of(json.loads((tmp_path / "tiny" / "settings.json").read_text()))
    sizes = {file.name: file.size for file in bundle.files}
    assert predicted.proving_key_bytes == pytest.approx(sizes["proving.key"], rel=0.02)
    assert predicted.verifying_key_bytes == pytest.approx(sizes["verifying.key"], rel=0.02)
    assert predicted.proof_bytes == pytest.approx(bundle.proof_bytes, rel=0.02)
    assert predicted.peak_rss_bytes == pytest.approx(bundle.peak_rss_bytes, rel=0.25)
    assert predicted.logrows == bundle.logrows


@pytest.mark.parametrize("limits", [Limits(memory_bytes=1), Limits(disk_bytes=1), Limits(transaction_gas=1)])
def test_a_circuit_over_a_limit_is_refused_before_its_keys_and_leaves_nothing(prover, cache_home, tmp_path, limits):
    said = []
    with pytest.raises(CircuitTooLarge):
        build_bundle(
            tiny_request(seed=77),
            prover=prover,
            home=cache_home,
            out=tmp_path / "tiny",
            limits=limits,
            report=said.append,
        )
    assert not (tmp_path / "tiny").exists()
    assert not [path for path in (cache_home / "compile").iterdir() if path.is_dir()]
    assert not any("making" in line for line in said)


def test_the_speed_of_the_machine_is_measured_once(prover, tmp_path):
    said = []
    first = machine_speed(tmp_path, prover, said.append)
    assert 0.05 < first < 50
    assert machine_speed(tmp_path, prover, said.append) == first == known_speed(tmp_path)
    assert len(said) == 1


@pytest.mark.parametrize("text", ["", "{", '{"speed": 0}', '{"machine": {}, "speed": 1}', "[1]"])
def test_a_broken_record_of_the_speed_counts_as_none(tmp_path, text):
    (tmp_path / "speed.json").write_text(text)
    assert known_speed(tmp_path) is None
