"""Every graph of the zoo goes through compile, prove and verify, or is refused with its operator and node named."""

import json
from dataclasses import replace

import pytest

from tests.support.zoo import PROVING, REFUSED
from tests.support.zoo_learned import UNFIT
from zkchain.config import read_config
from zkchain.errors import UnsupportedOperator
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.verify import verify_with_bundle
from zkchain.proof.codec import read_proof, write_proof
from zkchain.values import MODULUS, FieldElement

#: Largest error of a circuit, as a share of its largest answer (at least 1): the chooser's bound, with room for
#: graphs that no scale holds to it.
TOLERANCE = 0.05


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return read_config({"ZKCHAIN_HOME": str(tmp_path_factory.mktemp("zoo-home"))})


@pytest.mark.slow
@pytest.mark.parametrize("entry", PROVING, ids=lambda entry: entry.name)
def test_a_graph_of_the_zoo_is_compiled_proved_and_verified(entry, config, prover, tmp_path):
    compiled = compile_model(
        entry.write_model(tmp_path),
        entry.write_samples(tmp_path),
        config=config,
        prover=prover,
        out=tmp_path / "bundle",
        dims=entry.dims,
    )
    (tmp_path / "input.json").write_text(
        json.dumps({name: value.tolist() for name, value in entry.samples(1, seed=0)[0].items()})
    )
    proved = prove_input(
        compiled.folder, tmp_path / "input.json", config=config, prover=prover, out=tmp_path / "proof.json"
    )
    largest = max([1.0, *(abs(float(value)) for values in proved.outputs.values() for value in values)])
    assert compiled.bundle.fidelity.max_abs_error <= TOLERANCE * largest
    assert verify_with_bundle(proved.path, compiled.folder, prover=prover).valid
    proof = read_proof(proved.path)
    first = FieldElement((proof.instances[0] + 1) % MODULUS)
    write_proof(proved.path, replace(proof, instances=(first, *proof.instances[1:])))
    assert not verify_with_bundle(proved.path, compiled.folder, prover=prover).valid


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry.name)
def test_a_graph_without_a_circuit_is_refused_by_operator_and_node(entry, config, prover, tmp_path):
    assert entry.refusal is not None
    with pytest.raises(entry.refusal.error) as caught:
        compile_model(
            entry.write_model(tmp_path),
            entry.write_samples(tmp_path),
            config=config,
            prover=prover,
            out=tmp_path / "bundle",
            dims=entry.dims,
        )
    assert entry.refusal.operator in caught.value.message
    assert entry.refusal.node in caught.value.message
    assert not (tmp_path / "bundle").exists()


def test_a_graph_whose_values_fit_no_table_is_refused_by_operator_and_node(config, prover, tmp_path):
    model, samples = UNFIT.write_model(tmp_path), UNFIT.write_samples(tmp_path)
    with pytest.raises(UnsupportedOperator) as caught:
        compile_model(model, samples, config=config, prover=prover, out=tmp_path / "bundle")
    assert caught.value.facts["operator"] == "Sub"
    assert str(caught.value.facts["node"]) in caught.value.message
