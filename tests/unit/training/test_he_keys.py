"""Keys, queries and answers that do not belong together are refused by name, and nothing is written then."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import helper

from tests.support.extras import need_training
from tests.support.he_models import logistic, model, network, patients, write_rows
from tests.support.updates import names
from zkchain.errors import (
    EncryptedUnreadable,
    ExtraMissing,
    ForeignKey,
    ForeignModel,
    SamplesUnreadable,
    ShapeMismatch,
    TooDeep,
    UnsupportedOperator,
    UsageError,
    ValueOutOfRange,
)
from zkchain.pipeline import he_proof
from zkchain.pipeline.he import answer_query, decrypt_answer, encrypt_input, make_key_folder
from zkchain.pipeline.he_proof import Vouching
from zkchain.training.he import ciphertexts, keyfolder, parameters
from zkchain.training.he import measure as measuring
from zkchain.training.he.ciphertexts import decrypt_rows, encrypt_rows, evaluate_steps
from zkchain.training.he.container import read_sealed, write_sealed
from zkchain.training.he.keyfolder import key_digest, read_public_key, read_secret_key
from zkchain.training.he.plan import Step

need_training()


@dataclass(frozen=True)
class Case:
    """A linear model, two keys for it, a query and an answer."""

    root: Path
    model: Path
    key: Path
    other: Path
    inputs: Path
    query: Path
    answer: Path

    def public(self, folder: Path | None = None) -> Path:
        return (folder or self.key) / "public.key"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Case:
    root = tmp_path_factory.mktemp("he")
    made = Case(root, *(root / name for name in ("m.onnx", "key", "other", "in.json", "query.bin", "answer.bin")))
    logistic(made.model)
    samples = write_rows(root / "samples.json", patients(64))
    write_rows(made.inputs, patients(3, seed=5))
    for folder in (made.key, made.other):
        make_key_folder(made.model, folder, samples_path=samples)
    encrypt_input(made.key, made.inputs, made.query)
    answer_query(made.model, made.public(), made.query, made.answer)
    return made


@pytest.fixture
def out(tmp_path):
    """Where nothing may be written; checked at the end."""
    yield tmp_path / "out"
    assert names(tmp_path) == []


def test_the_folder_is_private_and_holds_three_files(case):
    assert names(case.key) == ["model.onnx", "public.key", "secret.key"]
    assert case.key.stat().st_mode & 0o777 == 0o700
    assert (case.key / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [name for name in names(case.root) if name.startswith(".")] == []


def test_a_key_is_identified_by_its_public_part_and_its_plan(case):
    public, secret = read_public_key(case.public()), read_secret_key(case.key)
    assert public.digest == secret.digest
    assert public.plan == secret.plan
    assert public.digest != read_public_key(case.public(case.other)).digest


def test_a_query_under_another_key_is_refused(case, out):
    with pytest.raises(ForeignKey, match="the query belongs to key"):
        answer_query(case.model, case.public(case.other), case.query, out)


def test_an_answer_under_another_key_is_refused(case):
    with pytest.raises(ForeignKey, match="the answer belongs to key"):
        decrypt_answer(case.other, case.answer)


def test_another_model_is_refused(case, out, tmp_path_factory):
    wrong = logistic(tmp_path_factory.mktemp("wrong") / "m.onnx", closing=False)
    with pytest.raises(ForeignModel, match="the key is for model"):
        answer_query(wrong, case.public(), case.query, out)


def test_a_query_for_another_model_is_refused(case, out, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    key = folder / "key"
    make_key_folder(logistic(folder / "m.onnx", closing=False), key, samples_path=case.root / "samples.json")
    encrypt_input(key, case.inputs, folder / "query.bin")
    with pytest.raises(ForeignModel, match="the query is for model"):
        answer_query(case.model, case.public(), folder / "query.bin", out)
    with pytest.raises(ForeignModel, match="the answer is for model"):
        decrypt_answer(key, case.answer)


def test_a_model_that_was_exchanged_in_the_folder_is_refused(case, out, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoiled")
    for name in names(case.key):
        (folder / name).write_bytes((case.key / name).read_bytes())
    (folder / "model.onnx").write_bytes(b"other")
    with pytest.raises(ForeignModel, match="not the model for which"):
        encrypt_input(folder, case.inputs, out)
    (folder / "model.onnx").unlink()
    with pytest.raises(EncryptedUnreadable, match="cannot be read"):
        decrypt_answer(folder, case.answer)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_files_cut_off_are_refused(case, out, share, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    for path in (case.public(), case.query, case.answer, case.key / "secret.key"):
        data = path.read_bytes()
        (folder / path.name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(EncryptedUnreadable):
        answer_query(case.model, folder / "public.key", case.query, out)
    with pytest.raises(EncryptedUnreadable):
        answer_query(case.model, case.public(), folder / "query.bin", out)
    with pytest.raises(EncryptedUnreadable):
        decrypt_answer(case.key, folder / "answer.bin")
    with pytest.raises(EncryptedUnreadable):
        decrypt_answer(folder, case.answer)


def test_a_secret_key_is_not_taken_for_a_public_one(case, out):
    with pytest.raises(EncryptedUnreadable, match="is a secret key, not a public key"):
        answer_query(case.model, case.key / "secret.key", case.query, out)


def test_a_public_key_that_hides_a_secret_one_is_refused(case, out, tmp_path_factory):
    """The header is honest about its bytes, and the bytes are those of the wrong file."""
    path = tmp_path_factory.mktemp("hidden") / "public.key"
    secret = read_sealed(case.key / "secret.key", "secret")
    plan = read_public_key(case.public()).plan
    digest = key_digest(secret.body, plan)
    write_sealed(path, "public", secret.body, model=plan.model, key=digest, extra={"plan": plan.to_json()})
    query = read_sealed(case.query, "query")
    mine = path.with_name("query.bin")
    write_sealed(mine, "query", query.body, model=plan.model, key=digest, extra={"rows": 3})
    with pytest.raises(EncryptedUnreadable, match="holds a secret key"):
        answer_query(case.model, path, mine, out)


def test_a_public_key_whose_plan_was_changed_is_refused(case, out, tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "public.key"
    sealed = read_sealed(case.public(), "public")
    plan = replace(read_public_key(case.public()).plan, scores=(1e-3,))
    for extra, words in (
        ({"plan": plan.to_json()}, "is not the key that it says it is"),
        ({}, "no plan"),
        ({"plan": {**plan.to_json(), "inputs": [-1.0]}}, "no plan"),
        ({"plan": {**plan.to_json(), "model": "0x" + "0" * 64}}, "names two models"),
    ):
        write_sealed(path, "public", sealed.body, model=plan.model, key=sealed.header.key, extra=extra)
        with pytest.raises(EncryptedUnreadable, match=words):
            answer_query(case.model, path, case.query, out)


@pytest.mark.parametrize("body", [b"", b"rubbish", b"\x0a" * 1000])
def test_bytes_that_are_no_ciphertext_are_refused(case, out, body, tmp_path_factory):
    """An attacker writes an honest header around them."""
    folder = tmp_path_factory.mktemp("rubbish")
    query, answer = read_sealed(case.query, "query"), read_sealed(case.answer, "answer")
    for name, header in (("query", query.header), ("answer", answer.header)):
        write_sealed(folder / name, name, body, model=header.model, key=header.key, extra={"rows": 3})
    with pytest.raises(EncryptedUnreadable):
        answer_query(case.model, case.public(), folder / "query", out)
    with pytest.raises(EncryptedUnreadable):
        decrypt_answer(case.key, folder / "answer")


@pytest.mark.parametrize("rows", [0, -1, 4, True, None, "3"])
def test_a_wrong_number_of_rows_is_refused(case, rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "answer.bin"
    answer = read_sealed(case.answer, "answer")
    extra = {"rows": 5000 if rows == 4 else rows}
    write_sealed(path, "answer", answer.body, model=answer.header.model, key=answer.header.key, extra=extra)
    with pytest.raises(EncryptedUnreadable, match="rows"):
        decrypt_answer(case.key, path)


def test_a_query_of_another_width_is_refused(case):
    key = read_public_key(case.public())
    query = encrypt_rows(key.context, np.ones((1, 7)), 8)
    with pytest.raises(EncryptedUnreadable, match="the query has shape"):
        evaluate_steps(key.context, query, [Step(np.ones((30, 1)), np.zeros(1), None)])
    with pytest.raises(EncryptedUnreadable, match="the answer has shape"):
        decrypt_rows(read_secret_key(case.key).context, query, rows=1, width=1)


def test_more_multiplications_than_the_key_bears_are_refused(case):
    key = read_public_key(case.public())
    query = encrypt_rows(key.context, np.ones((1, 2)), 8)
    deep = [Step(np.eye(2), np.zeros(2), None)] * 4
    with pytest.raises(EncryptedUnreadable, match="cannot be computed on"):
        evaluate_steps(key.context, query, deep)


def test_a_public_key_does_not_decrypt(case):
    key, answer = read_public_key(case.public()), read_sealed(case.answer, "answer")
    with pytest.raises(EncryptedUnreadable, match="holds no secret key"):
        decrypt_rows(key.context, answer.body, rows=3, width=1)


def test_an_input_outside_the_keys_ranges_is_refused_and_not_shown(case, out, tmp_path_factory):
    wild = patients(2)
    wild[1, 4] = 987654.0
    path = write_rows(tmp_path_factory.mktemp("wild") / "in.json", wild)
    with pytest.raises(ValueOutOfRange, match=r"row 1 .* inputs, position 4") as refused:
        encrypt_input(case.key, path, out)
    assert "987654" not in json.dumps(refused.value.to_json())


def test_an_input_of_another_shape_is_refused(case, out, tmp_path_factory):
    path = tmp_path_factory.mktemp("shape") / "in.json"
    path.write_text('{"x": [1, 2, 3]}')
    with pytest.raises(ShapeMismatch):
        encrypt_input(case.key, path, out)


def test_more_rows_than_a_query_holds_are_refused(case, out, tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "in.npy"
    np.save(path, np.repeat(patients(1), 4097, axis=0))
    with pytest.raises(SamplesUnreadable, match="holds 4097 samples; a query takes 1 to 4096"):
        encrypt_input(case.key, path, out)


def test_a_key_is_never_overwritten(case):
    before = (case.key / "secret.key").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        make_key_folder(case.model, case.key)
    assert (case.key / "secret.key").read_bytes() == before


def test_a_model_that_cannot_be_encrypted_leaves_no_folder(case, out, tmp_path_factory):
    path = network(tmp_path_factory.mktemp("erf") / "m.onnx", hidden="Elu")
    with pytest.raises(UnsupportedOperator):
        make_key_folder(path, out, samples_path=case.root / "samples.json")


def test_an_activation_that_needs_a_range_needs_samples(out, tmp_path_factory):
    path = network(tmp_path_factory.mktemp("relu") / "m.onnx")
    with pytest.raises(UsageError, match="Relu inside") as refused:
        make_key_folder(path, out)
    assert "--samples" in refused.value.remedy


def test_a_write_that_fails_leaves_no_key(case, out, monkeypatch):
    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfolder, "write_atomic", full)
    with pytest.raises(OSError, match="No space"):
        make_key_folder(case.model, out, samples_path=case.root / "samples.json")


def test_a_library_that_is_not_there_is_named(case, out, monkeypatch):
    monkeypatch.setattr(ciphertexts.importlib.util, "find_spec", lambda name: None)
    for work in (
        lambda: make_key_folder(case.model, out),
        lambda: encrypt_input(case.key, case.inputs, out),
        lambda: answer_query(case.model, case.public(), case.query, out),
        lambda: decrypt_answer(case.key, case.answer),
    ):
        with pytest.raises(ExtraMissing) as missing:
            work()
        assert "zkchain[training]" in missing.value.remedy


def test_without_samples_a_linear_model_is_measured_on_made_up_inputs(tmp_path):
    made = make_key_folder(logistic(tmp_path / "m.onnx"), tmp_path / "key")
    assert made.accuracy.made_up
    assert made.accuracy.samples == 64
    assert made.accuracy.polynomials == 0


def test_a_model_too_deep_is_refused(case, out, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(parameters, "_MAX_BITS", {8192: 218})
    path = network(tmp_path_factory.mktemp("deep") / "m.onnx")
    with pytest.raises(TooDeep, match="6 multiplications"):
        make_key_folder(path, out, samples_path=case.root / "samples.json")


@pytest.mark.parametrize(
    ("params", "binding", "said"), [(None, True, "not hashed"), ("0x" + "1" * 64, False, "without binding")]
)
def test_a_bundle_whose_proofs_commit_to_nothing_or_are_of_no_query_is_refused(
    case, out, monkeypatch, params, binding, said
):
    digest = read_public_key(case.public()).plan.model
    bundle = SimpleNamespace(model=SimpleNamespace(digest=digest), params_digest=params, binding=binding)
    monkeypatch.setattr(he_proof, "read_manifest", lambda folder: bundle)
    vouching = Vouching(bundle=case.root, prover=None)
    with pytest.raises(UsageError, match=said):
        answer_query(case.model, case.public(), case.query, out, vouching=vouching)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ([[1.0, 0.0, -2.0]], [[0.0], [1.0], [0.0]]),
        ([[0.0], [1.0], [0.5]], [[2.0]]),
        ([[0.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]),
    ],
    ids=["one input", "one neuron", "mostly zeros"],
)
def test_single_numbers_and_zero_weights_are_computed_too(tmp_path, first, last):
    """Shapes and values that tenseal itself mixes up or refuses, far from zero where unused slots would be."""
    inputs, outputs = len(first), len(last[0])
    nodes = [
        helper.make_node("Sub", ["x", "far"], ["s"]),
        helper.make_node("MatMul", ["s", "w1"], ["h"]),
        helper.make_node("Relu", ["h"], ["a"]),
        helper.make_node("MatMul", ["a", "w2"], ["y"]),
    ]
    made = model(nodes, {"far": [100.0], "w1": first, "w2": last}, [1, inputs], [1, outputs])
    onnx.save(made, tmp_path / "m.onnx")
    rows = 100 + np.random.default_rng(1).uniform(-1, 1, (20, inputs)).astype(np.float32)
    samples, asked = write_rows(tmp_path / "s.json", rows), write_rows(tmp_path / "i.json", rows[3:5])
    keys = make_key_folder(tmp_path / "m.onnx", tmp_path / "key", samples_path=samples, degree=3)
    encrypt_input(tmp_path / "key", asked, tmp_path / "q")
    answer_query(tmp_path / "m.onnx", tmp_path / "key" / "public.key", tmp_path / "q", tmp_path / "a")
    got = np.array([row["y"] for row in decrypt_answer(tmp_path / "key", tmp_path / "a").rows])
    wanted = np.maximum((rows[3:5].astype(np.float64) - 100) @ np.array(first), 0) @ np.array(last)
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= keys.accuracy.bound
    assert keys.accuracy.bound < 0.6


def test_a_key_whose_answers_noise_would_spoil_is_not_made(case, out, monkeypatch):
    monkeypatch.setattr(measuring, "_MOST_NOISE", 1e-15)
    with pytest.raises(TooDeep, match="encryption moves a score"):
        make_key_folder(case.model, out, samples_path=case.root / "samples.json")
