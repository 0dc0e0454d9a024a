"""Encrypted inference by the command line: the client's and the server's commands, each in a folder of its own."""

import json
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.e2e.runner import Zkchain, snapshot
from tests.support.extras import need_training
from tests.support.he_models import logistic, network, patients, write_rows
from tests.support.tiny import tiny_onnx
from zkchain.training.he.keyfolder import read_secret_key

need_training()

ROWS = 32


@dataclass(frozen=True)
class Story:
    """What client and server have after one question; `rows` is what the client asked about."""

    client: Zkchain
    server: Zkchain
    rows: np.ndarray
    keys: dict
    answer: dict

    def expected(self) -> np.ndarray:
        """The outputs of onnxruntime, one a row."""
        session = onnxruntime.InferenceSession(str(self.server.cwd / "model.onnx"))
        return np.array([session.run(None, {"x": row[None]})[0].item() for row in self.rows])

    def outputs(self) -> np.ndarray:
        return np.array([row["y"][0] for row in self.answer["rows"]])


def tell(root: Path, make) -> Story:
    """Run the four commands as processes. The server's folder holds the model, and what the client sends."""
    client, server = (Zkchain(cwd=root / name, home=root / f"{name}-home") for name in ("client", "server"))
    for zkchain in (client, server):
        zkchain.cwd.mkdir()
    make(client.cwd / "model.onnx")
    shutil.copy(client.cwd / "model.onnx", server.cwd)
    write_rows(client.cwd / "samples.json", patients(128))
    rows = patients(ROWS, seed=9)
    write_rows(client.cwd / "input.json", rows)
    made = client.process(
        *("he", "keygen", "--model", "model.onnx", "--samples", "samples.json", "--degree", "7"),
        *("--out", "key", "--json"),
    )
    assert made.exit_code == 0, made.err
    asked = client.process("he", "encrypt", "--key", "key", "--input", "input.json", "--out", "query.bin", "--json")
    assert asked.exit_code == 0, asked.err
    assert asked.json["rows"] == ROWS
    shutil.copy(client.cwd / "key" / "public.key", server.cwd)
    shutil.copy(client.cwd / "query.bin", server.cwd)
    answered = server.process(
        *("he", "infer", "model.onnx", "--key", "public.key", "--query", "query.bin", "--out", "answer.bin", "--json")
    )
    assert answered.exit_code == 0, answered.err
    assert answered.json["proof"] is None
    shutil.copy(server.cwd / "answer.bin", client.cwd)
    found = client.process("he", "decrypt", "--key", "key", "--answer", "answer.bin", "--out", "answer.json", "--json")
    assert found.exit_code == 0, found.err
    return Story(client, server, rows, made.json, found.json)


@pytest.fixture(scope="module", params=[logistic, network], ids=lambda make: make.__name__)
def story(request, tmp_path_factory) -> Story:
    return tell(tmp_path_factory.mktemp("he"), request.param)


def test_labels_are_those_of_the_model_itself(story):
    expected = story.expected()
    assert 4 < (expected > 0.5).sum() < ROWS - 4
    assert ((story.outputs() > 0.5) == (expected > 0.5)).all()


def test_errors_are_within_the_reported_bound(story):
    """The bound is for scores; a Sigmoid does not widen it."""
    assert np.abs(story.outputs() - story.expected()).max() <= story.answer["error_bound"]


def test_a_linear_model_is_exact_but_for_rounding_and_a_network_within_what_was_measured(story):
    error = np.abs(story.outputs() - story.expected()).max()
    (measured,) = story.answer["accuracy"]["outputs"]
    linear = len(story.keys["layers"]) == 1
    assert error <= (1e-6 if linear else 2 * measured["largest"] + 1e-3)
    assert (story.answer["accuracy"]["polynomials"] == 0) is linear


def test_the_file_holds_what_was_printed_and_is_the_clients_alone(story):
    path = story.client.cwd / "answer.json"
    assert path.stat().st_mode & 0o777 == 0o600
    written = json.loads(path.read_text())
    assert written == {name: value for name, value in story.answer.items() if name != "out"}


def test_the_server_has_no_plain_value_and_no_secret_key(story):
    """The inputs, as text or binary, scaled or not; the scores; and every piece of the secret key."""
    files = {path.name: path.read_bytes() for path in story.server.cwd.iterdir()}
    assert sorted(files) == ["answer.bin", "model.onnx", "public.key", "query.bin"]
    scales = np.array(_plan(files["public.key"])["inputs"])
    needles = [text.encode() for text in ("secret", *(f"{value:.6g}" for value in story.rows[0]))]
    for values in (story.rows.astype(np.float64), story.rows / scales, story.outputs()[None]):
        needles += [struct.pack("<d", value) for value in values[0]]
    needles += [struct.pack("<f", value) for value in story.rows[0]]
    for name in ("query.bin", "answer.bin"):
        body = files[name][files[name].index(b"}") :]
        assert [needle for needle in needles if len(needle) > 5 and needle in body] == [], name
    pieces = secret_pieces(story.client.cwd / "key")
    own = (story.client.cwd / "key" / "secret.key").read_bytes()
    assert all(piece in own for piece in pieces), "the search finds what is there"
    assert not any(piece in data for piece in pieces for data in files.values())


def secret_pieces(folder: Path) -> list[bytes]:
    """Bytes from within the secret key as tenseal writes it, without what is public beside it."""
    import tenseal

    context = tenseal.context_from(read_secret_key(folder).context)
    flags = {"save_public_key": False, "save_galois_keys": False, "save_relin_keys": False}
    alone, without = (context.serialize(save_secret_key=flag, **flags) for flag in (True, False))
    assert len(alone) - len(without) > 10_000
    middle = len(without) + (len(alone) - len(without)) // 2
    return [alone[at : at + 64] for at in range(middle - 5000, middle + 5000, 500)]


def _plan(public: bytes) -> dict:
    size = int.from_bytes(public[5:9], "little")
    return json.loads(public[9 : 9 + size])["extra"]["plan"]


def test_people_read_how_far_the_answer_may_be_off(story):
    shown = story.client.process("he", "decrypt", "--key", "key", "--answer", "answer.bin")
    assert shown.exit_code == 0
    assert "row 0" in shown.out
    assert "off by" in shown.out
    assert "and 12 rows more" in shown.out


def test_a_command_that_fails_writes_nothing(story):
    client, server = story.client, story.server
    (client.cwd / "cut.bin").write_bytes((client.cwd / "answer.bin").read_bytes()[:-100])
    before = snapshot(client.cwd), snapshot(server.cwd)
    for zkchain, arguments, code in (
        (client, ("keygen", "--model", "model.onnx", "--out", "key"), "usage"),
        (client, ("encrypt", "--key", "nowhere", "--input", "input.json", "--out", "new"), "encryption.unreadable"),
        (client, ("decrypt", "--key", "key", "--answer", "cut.bin", "--out", "new"), "encryption.unreadable"),
        (client, ("decrypt", "--key", "key", "--answer", "query.bin", "--out", "new"), "encryption.unreadable"),
        (
            server,
            ("infer", "model.onnx", "--key", "query.bin", "--query", "query.bin", "--out", "new"),
            "encryption.unreadable",
        ),
        (
            server,
            ("infer", "missing.onnx", "--key", "public.key", "--query", "query.bin", "--out", "new"),
            "model.not_found",
        ),
        (
            server,
            (*("infer", "model.onnx", "--key", "public.key", "--query", "query.bin"), "--out", "new", "--bundle", "b"),
            "usage",
        ),
    ):
        failed = zkchain.here("he", *arguments, "--json")
        assert failed.json["error"] == code, failed.err
        assert failed.exit_code >= 2
    assert (snapshot(client.cwd), snapshot(server.cwd)) == before


@dataclass(frozen=True)
class Vouched:
    """A linear model with a bundle whose parameters are hashed, and a query for it."""

    zkchain: Zkchain
    infer: tuple[str, ...]


@pytest.fixture(scope="module")
def vouched(tmp_path_factory) -> Vouched:
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("vouched"), home=tmp_path_factory.mktemp("home"))
    (zkchain.cwd / "tiny.onnx").write_bytes(tiny_onnx())
    (zkchain.cwd / "samples.json").write_text(json.dumps({"x": [[0.5, -0.25], [0.1, 0.2], [-0.7, 0.9]]}))
    (zkchain.cwd / "challenge.json").write_text(json.dumps({"x": [0.25, 0.75]}))
    for arguments in (
        ("compile", "tiny.onnx", "--samples", "samples.json", "--visibility", "params=hashed", "--out", "tiny.bundle"),
        ("he", "keygen", "--model", "tiny.onnx", "--samples", "samples.json", "--out", "key"),
        ("he", "encrypt", "--key", "key", "--input", "challenge.json", "--out", "query.bin"),
    ):
        done = zkchain.here(*arguments)
        assert done.exit_code == 0, done.err
    infer = ("he", "infer", "tiny.onnx", "--key", "key/public.key", "--query", "query.bin", "--out", "answer.bin")
    return Vouched(zkchain, infer)


def test_a_proof_that_goes_with_an_answer_holds_and_agrees_with_it(vouched):
    zkchain = vouched.zkchain
    made = zkchain.here(*vouched.infer, "--bundle", "tiny.bundle", "--challenge", "challenge.json", "--json")
    assert made.exit_code == 0, made.err
    assert made.json["proof"]["file"] == "answer.bin.proof.json"
    verdict = zkchain.here("verify", "answer.bin.proof.json", "--bundle", "tiny.bundle", "--json")
    assert verdict.exit_code == 0, verdict.out + verdict.err
    found = zkchain.here("he", "decrypt", "--key", "key", "--answer", "answer.bin", "--json").json
    manifest = json.loads((zkchain.cwd / "tiny.bundle" / "manifest.json").read_text())["bundle"]
    assert found["proof"]["params"] == manifest["params_digest"]
    assert found["proof"]["circuit"] == manifest["circuit_digest"]
    proved = zkchain.here("prove", "tiny.bundle", "--input", "challenge.json", "--out", "again.json", "--json").json
    (value,) = proved["outputs"]["y"]
    assert found["rows"][0]["y"][0] == pytest.approx(value, abs=0.05)


def test_a_bundle_of_another_model_is_refused_and_nothing_is_written(vouched):
    zkchain = vouched.zkchain
    (zkchain.cwd / "other.onnx").write_bytes(tiny_onnx(seed=5))
    others = [
        zkchain.here("he", "keygen", "--model", "other.onnx", "--samples", "samples.json", "--out", "other-key"),
        zkchain.here("he", "encrypt", "--key", "other-key", "--input", "challenge.json", "--out", "other.bin"),
    ]
    assert [done.exit_code for done in others] == [0, 0]
    before = snapshot(zkchain.cwd)
    refused = zkchain.here(
        *("he", "infer", "other.onnx", "--key", "other-key/public.key", "--query", "other.bin", "--out", "new.bin"),
        *("--bundle", "tiny.bundle", "--challenge", "challenge.json", "--json"),
    )
    assert refused.json["error"] == "encryption.model"
    assert "the bundle tiny.bundle is for model" in refused.json["message"]
    assert snapshot(zkchain.cwd) == before
