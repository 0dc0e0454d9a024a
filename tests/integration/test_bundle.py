"""Bundles of the real engine: whole or absent, sealed, idempotent, resumable."""

import itertools
import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.support.bundles import tiny_request
from zkchain.circuit import bundle as store
from zkchain.circuit import srs_file
from zkchain.circuit.build import build_bundle
from zkchain.circuit.bundle import circuit_files, load_bundle, read_trial
from zkchain.circuit.options import CompileOptions
from zkchain.circuit.speed import machine_speed
from zkchain.circuit.srs import import_srs
from zkchain.errors import BundleCorrupt, BundleForeign, BundleNotFound, Cancelled, EngineKilled, UsageError
from zkchain.files import sha256_file
from zkchain.halo2 import Engine
from zkchain.records import Visibility
from zkchain.values import canonical_json, keccak_of


def copy_of(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy.bundle")


def test_a_fresh_bundle_loads_and_its_trial_proof_holds(tiny_bundle, prover):
    folder, bundle = tiny_bundle
    assert load_bundle(folder) == bundle
    instances, proof = read_trial(folder)
    assert len(instances) == bundle.instances
    assert len(proof) == bundle.proof_bytes
    assert prover.verify(circuit_files(folder), instances, proof)
    assert bundle.fidelity.max_abs_error <= 0.02


def test_every_one_of_200_single_bit_flips_over_all_files_is_found(tiny_bundle, tmp_path):
    folder, _ = tiny_bundle
    copy = copy_of(folder, tmp_path)
    chosen = random.Random(7)
    names = (*store.FILES, store.MANIFEST)
    for turn in range(200):
        path = copy / names[turn % len(names)]
        original = path.read_bytes()
        flipped = bytearray(original)
        position = chosen.randrange(len(flipped))
        flipped[position] ^= 1 << chosen.randrange(8)
        path.write_bytes(bytes(flipped))
        with pytest.raises((BundleCorrupt, BundleForeign)):
            load_bundle(copy)
        path.write_bytes(original)
    load_bundle(copy)


@pytest.mark.parametrize("name", store.FILES)
def test_a_missing_truncated_or_longer_file_is_named(tiny_bundle, tmp_path, name):
    copy = copy_of(tiny_bundle[0], tmp_path)
    original = (copy / name).read_bytes()
    for changed in (None, original[:-1], original + b"\0"):
        (copy / name).unlink()
        if changed is not None:
            (copy / name).write_bytes(changed)
        with pytest.raises(BundleCorrupt) as caught:
            load_bundle(copy)
        assert caught.value.facts["file"] == name
        (copy / name).write_bytes(original)


def test_a_manifest_resealed_with_another_scale_is_refused(tiny_bundle, tmp_path):
    copy = copy_of(tiny_bundle[0], tmp_path)
    sealed = json.loads((copy / store.MANIFEST).read_text())
    sealed["bundle"]["segments"][0]["scale"] += 1
    changed = store.Bundle.from_json(sealed["bundle"])
    (copy / store.MANIFEST).write_bytes(store.manifest_bytes(changed))
    with pytest.raises(BundleCorrupt, match="segments"):
        load_bundle(copy)


def resealed(copy, **changes):
    """The bundle with other manifest entries and files, every hash in it right."""
    sealed = json.loads((copy / store.MANIFEST).read_text())
    body = {**sealed["bundle"], **changes}
    draft = store.Bundle.from_json({**body, "files": []})
    listed = replace(draft, files=store.describe_files(copy))
    right = replace(listed, circuit_digest=store.circuit_digest(listed))
    (copy / store.MANIFEST).write_bytes(store.manifest_bytes(right))
    return copy


def test_a_resealed_copy_is_a_bundle(tiny_bundle, tmp_path):
    assert load_bundle(resealed(copy_of(tiny_bundle[0], tmp_path))) == tiny_bundle[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (store.SETTINGS, b"[]"),
        (store.SETTINGS, b"{}"),
        (store.SETTINGS, b"\xff\xfe"),
        (store.SETTINGS, b'{"run_args": null}'),
        (store.TRIAL, b"[]"),
        (store.TRIAL, b'{"instances": [], "proof": "0x"}'),
        (store.TRIAL, b'{"instances": ["x"], "proof": 7}'),
        (store.MODEL, b"another model"),
    ],
)
def test_a_resealed_file_that_is_no_such_file_is_named(tiny_bundle, tmp_path, name, content):
    copy = copy_of(tiny_bundle[0], tmp_path)
    (copy / name).write_bytes(content)
    with pytest.raises(BundleCorrupt) as caught:
        load_bundle(resealed(copy))
    assert caught.value.facts["file"] == name


@pytest.mark.parametrize(
    ("field", "value", "file"),
    [
        ("logrows", 9, store.SETTINGS),
        ("rows", 1, store.SETTINGS),
        ("input_scales", [1], store.SETTINGS),
        ("output_scales", [1], store.SETTINGS),
        ("visibility", {"input": "public", "output": "public", "params": "fixed"}, store.SETTINGS),
        ("segments", [], store.SETTINGS),
        ("proof_bytes", 1, store.TRIAL),
        ("params_digest", "0x" + "11" * 32, store.TRIAL),
    ],
)
def test_a_resealed_manifest_that_disagrees_with_its_files_is_refused(tiny_bundle, tmp_path, field, value, file):
    copy = copy_of(tiny_bundle[0], tmp_path)
    with pytest.raises(BundleCorrupt) as caught:
        load_bundle(resealed(copy, **{field: value}))
    assert caught.value.facts["file"] == file


def test_a_resealed_manifest_with_a_negative_dimension_is_refused(tiny_bundle, tmp_path):
    copy = copy_of(tiny_bundle[0], tmp_path)
    sealed = json.loads((copy / store.MANIFEST).read_text())
    sealed["bundle"]["model"]["inputs"][0]["shape"] = [-1, -2]
    sealed["manifest_digest"] = keccak_of(canonical_json(sealed["bundle"]))
    (copy / store.MANIFEST).write_text(json.dumps(sealed, indent=2, sort_keys=True) + "\n")
    with pytest.raises(BundleCorrupt, match="negative dimension"):
        load_bundle(copy)


def test_a_manifest_that_claims_the_ceremony_for_a_development_srs_is_refused(tiny_bundle, tmp_path):
    copy = copy_of(tiny_bundle[0], tmp_path)
    sealed = json.loads((copy / store.MANIFEST).read_text())
    sealed["bundle"]["srs"]["provenance"] = "ceremony"
    changed = store.Bundle.from_json(sealed["bundle"])
    (copy / store.MANIFEST).write_bytes(store.manifest_bytes(changed))
    with pytest.raises(BundleCorrupt, match="SRS"):
        load_bundle(copy)


def test_a_bundle_with_the_keys_of_other_weights_is_refused(tiny_bundle, prover, cache_home, tmp_path):
    """The digest names a verifying key; a resealed manifest must not lend it to another key."""
    copy = copy_of(tiny_bundle[0], tmp_path)
    other = tmp_path / "other.bundle"
    build_bundle(tiny_request(seed=8), prover=prover, home=cache_home, out=other)
    for name in (store.CIRCUIT, store.PROVING_KEY, store.VERIFYING_KEY):
        shutil.copyfile(other / name, copy / name)
    sealed = json.loads((copy / store.MANIFEST).read_text())
    sealed["bundle"]["files"] = [file.to_json() for file in store.describe_files(copy)]
    (copy / store.MANIFEST).write_bytes(store.manifest_bytes(store.Bundle.from_json(sealed["bundle"])))
    with pytest.raises(BundleCorrupt, match="verifying key"):
        load_bundle(copy)


def test_another_format_or_engine_is_foreign_not_corrupt(tiny_bundle, tmp_path):
    copy = copy_of(tiny_bundle[0], tmp_path)
    sealed = json.loads((copy / store.MANIFEST).read_text())
    sealed["bundle"]["engine_version"] = "ezkl/22.0.0"
    changed = store.Bundle.from_json(sealed["bundle"])
    (copy / store.MANIFEST).write_bytes(store.manifest_bytes(changed))
    with pytest.raises(BundleForeign):
        load_bundle(copy)


def test_a_folder_without_manifest_is_no_bundle(tmp_path):
    with pytest.raises(BundleNotFound):
        load_bundle(tmp_path)


class NoWork(Engine):
    """A prover that may only answer questions, not do anything."""

    def _serve(self, operation, arguments, scratch, report, expected_seconds=None):
        raise AssertionError(f"{operation} was asked for")


def test_the_same_request_does_no_work_twice(tiny_bundle, prover, cache_home):
    folder, bundle = tiny_bundle
    idle = NoWork(scratch_root=prover.scratch_root, limits=prover.limits)
    assert build_bundle(tiny_request(), prover=idle, home=cache_home, out=folder) == bundle


def test_the_same_inputs_give_the_same_digest_in_another_folder(tiny_bundle, prover, cache_home, tmp_path):
    again = build_bundle(tiny_request(), prover=prover, home=cache_home, out=tmp_path / "again.bundle")
    assert again.circuit_digest == tiny_bundle[1].circuit_digest


def test_other_weights_give_another_digest(tiny_bundle, prover, cache_home, tmp_path):
    other = build_bundle(tiny_request(seed=3), prover=prover, home=cache_home, out=tmp_path / "other.bundle")
    assert other.circuit_digest != tiny_bundle[1].circuit_digest


def test_a_folder_with_other_contents_is_not_overwritten(tiny_bundle, prover, cache_home, tmp_path):
    copy = copy_of(tiny_bundle[0], tmp_path)
    with pytest.raises(UsageError, match="another bundle"):
        build_bundle(tiny_request(seed=3), prover=prover, home=cache_home, out=copy)
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not a bundle"):
        build_bundle(tiny_request(), prover=prover, home=cache_home, out=occupied)
    assert [path.name for path in occupied.iterdir()] == ["notes.txt"]


class Interrupted(Engine):
    """A prover that is stopped when it gets to the proof."""

    def prove(self, files, data, accept, report=None, *, tag=None):
        raise Cancelled("stopped")


class Counting(Engine):
    """A prover that remembers what it was asked for, in a list given by the class."""

    seen: list[str]

    def _serve(self, operation, arguments, scratch, report, expected_seconds=None):
        type(self).seen.append(operation)
        return super()._serve(operation, arguments, scratch, report, expected_seconds)


def test_an_interrupted_compile_goes_on_after_its_last_finished_stage(prover, cache_home, tmp_path):
    out = tmp_path / "resumed.bundle"
    request = tiny_request(seed=11)
    machine_speed(cache_home, prover)  # by a proof, once a cache: not the one that is interrupted
    stopped = Interrupted(scratch_root=prover.scratch_root, limits=prover.limits)
    with pytest.raises(Cancelled):
        build_bundle(request, prover=stopped, home=cache_home, out=out)
    assert not list(tmp_path.iterdir())
    Counting.seen = []
    counting = Counting(scratch_root=prover.scratch_root, limits=prover.limits)
    build_bundle(request, prover=counting, home=cache_home, out=out)
    assert Counting.seen == ["witness", "prove"]
    assert not [path for path in (cache_home / "compile").iterdir() if path.is_dir()]


class Dying(Engine):
    """A prover whose child is killed while it makes the keys."""

    def build(self, model, files, report=None):
        files.proving_key.write_bytes(b"half a key")
        raise EngineKilled("killed")


def test_a_killed_child_leaves_no_partial_file(prover, cache_home, tmp_path):
    request = tiny_request(seed=12)
    with pytest.raises(EngineKilled):
        build_bundle(
            request,
            prover=Dying(scratch_root=prover.scratch_root, limits=prover.limits),
            home=cache_home,
            out=tmp_path / "x.bundle",
        )
    assert not list(tmp_path.iterdir())
    assert not list(cache_home.rglob("proving.key"))
    build_bundle(request, prover=prover, home=cache_home, out=tmp_path / "x.bundle")


def modes() -> list:
    """Every visibility that is offered without a binding; in the default suite those that differ in their order."""
    usual = {(True, False, False), (False, True, False), (False, False, True), (True, True, False)}
    found = []
    for source, params, output in itertools.product(
        ("private", "public", "hashed"), ("fixed", "hashed"), (True, False)
    ):
        mode = Visibility(input=source, params=params, output="public" if output else "hashed")
        marks = [] if (source == "public", params == "hashed", not output) in usual else [pytest.mark.slow]
        found.append(pytest.param(mode, id=f"{source}-{params}-{mode.output}", marks=marks))
    return found


@pytest.mark.parametrize("visibility", modes())
def test_each_tensor_is_where_the_layout_says(prover, cache_home, tmp_path, visibility):
    """By proofs: of two inputs with the same answer, and of one with another."""
    out, options = tmp_path / "visible.bundle", CompileOptions(visibility=visibility, binding=False)
    bundle = build_bundle(tiny_request(options=options), prover=prover, home=cache_home, out=out)
    assert load_bundle(out) == bundle
    inputs = ([-0.5, 0.25], [-0.75, 0.125], [0.5, -0.25])  # the first two are cut to zero
    proofs = [prover.prove(circuit_files(out), [x], lambda _: None).instances for x in inputs]
    for segment in bundle.segments:
        parts = [words[segment.start : segment.start + segment.count] for words in proofs]
        if segment.kind == "input":
            assert [[value.to_float(scale=segment.scale) for value in part] for part in parts] == list(inputs)
        elif segment.kind == "params_hash":
            assert {keccak_of(bytes.fromhex(part[0].word[2:])) for part in parts} == {bundle.params_digest}
        elif segment.kind == "input_hash":
            assert len(set(parts)) == 3
        else:
            assert parts[0] == parts[1] != parts[2]
            assert segment.kind != "output" or (parts[0][0] == 0 < parts[2][0].to_float(scale=segment.scale) < 1)
    assert (bundle.params_digest is not None) == (visibility.params == "hashed")


def test_a_trial_whose_instances_stand_in_another_order_is_refused(prover, cache_home, tmp_path):
    options = CompileOptions(visibility=Visibility(params="hashed"), binding=False)
    out = tmp_path / "hashed.bundle"
    bundle = build_bundle(tiny_request(options=options), prover=prover, home=cache_home, out=out)
    trial = json.loads((out / store.TRIAL).read_text())
    trial["instances"].reverse()
    (out / store.TRIAL).write_text(json.dumps(trial))
    packed = keccak_of(bytes.fromhex(trial["instances"][0][2:]))
    with pytest.raises(BundleCorrupt, match="order"):
        load_bundle(resealed(out, params_digest=packed))
    assert bundle.params_digest != packed


def test_a_larger_ceremony_srs_serves_a_smaller_circuit(prover, tmp_path, monkeypatch):
    """The real ceremony files cannot be had in a test, so a development file is pinned in their place."""
    fresh = tmp_path / "fresh.srs"
    prover.make_srs(12, fresh)
    pinned = {12: sha256_file(fresh)}
    monkeypatch.setattr(srs_file, "pinned_digest", pinned.get)
    import_srs(fresh, tmp_path / "home")
    bundle = build_bundle(tiny_request(), prover=prover, home=tmp_path / "home", out=tmp_path / "small.bundle")
    assert bundle.logrows < 12
    assert (bundle.srs.k, bundle.srs.provenance) == (12, "ceremony")
    assert load_bundle(tmp_path / "small.bundle") == bundle


def test_a_development_bundle_is_made_anew_once_the_ceremony_is_at_hand(prover, tmp_path, monkeypatch):
    out, home = tmp_path / "x.bundle", tmp_path / "home"
    first = build_bundle(tiny_request(), prover=prover, home=home, out=out)
    fresh = tmp_path / "fresh.srs"
    prover.make_srs(first.logrows, fresh)
    pinned = {first.logrows: sha256_file(fresh)}
    monkeypatch.setattr(srs_file, "pinned_digest", pinned.get)
    import_srs(fresh, home)
    second = build_bundle(tiny_request(), prover=prover, home=home, out=out)
    assert (first.srs.provenance, second.srs.provenance) == ("dev", "ceremony")
    assert first.circuit_digest != second.circuit_digest


def test_making_an_srs_reports_how_far_it_is(prover, tmp_path):
    seen = []
    prover.make_srs(12, tmp_path / "x.srs", lambda stage, fraction=None: seen.append((stage, fraction)))
    fractions = [fraction for _, fraction in seen if fraction is not None]
    assert fractions
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1


def test_two_compiles_of_one_model_at_once_agree(prover, tmp_path):
    """T67: one builds, the other waits; neither mixes its keys with the other's."""
    home, request = tmp_path / "home", tiny_request(seed=21)
    outs = [tmp_path / name for name in ("a.bundle", "b.bundle")]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda out: build_bundle(request, prover=prover, home=home, out=out), outs)
    assert first.circuit_digest == second.circuit_digest
    for out in outs:
        load_bundle(out)
        instances, proof = read_trial(out)
        assert prover.verify(circuit_files(out), instances, proof)
