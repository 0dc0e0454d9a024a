"""Encrypted inference by the command line: the client's and the server's commands, each in a folder of its own."""

import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.e2e.runner import Result, Zkchain, snapshot
from tests.support.extras import need_training
from tests.support.he_models import logistic, network, patients, write_rows
from tests.support.tiny import tiny_onnx
from zkchain.chain.devnet import stop_devnet
from zkchain.circuit.bundle import circuit_files, load_bundle
from zkchain.config import read_config
from zkchain.pipeline.engine import make_engine
from zkchain.proof.prove import make_proof
from zkchain.training.he.challenge import binding_of
from zkchain.training.he.container import read_sealed, write_sealed
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
    assert answered.json["circuit"] is None
    shutil.copy(server.cwd / "answer.bin", client.cwd)
    found = client.process(
        "he", "decrypt", "--key", "key", "--answer", "answer.bin", "--unproved", "--out", "answer.json", "--json"
    )
    assert found.exit_code == 0, found.err
    assert found.json["behind"] is None
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
    shown = story.client.process("he", "decrypt", "--key", "key", "--answer", "answer.bin", "--unproved")
    assert shown.exit_code == 0
    assert "row 0" in shown.out
    assert "off by" in shown.out
    assert "the server's word" in shown.out
    assert "and 12 rows more" in shown.out


def test_a_command_that_fails_writes_nothing(story):
    client, server = story.client, story.server
    (client.cwd / "cut.bin").write_bytes((client.cwd / "answer.bin").read_bytes()[:-100])
    before = snapshot(client.cwd), snapshot(server.cwd)
    decrypt = ("decrypt", "--key", "key", "--out", "new", "--answer")
    for zkchain, arguments, code in (
        (client, ("keygen", "--model", "model.onnx", "--out", "key"), "usage"),
        (client, ("encrypt", "--key", "nowhere", "--input", "input.json", "--out", "new"), "encryption.unreadable"),
        (client, (*decrypt, "cut.bin", "--unproved"), "encryption.unreadable"),
        (client, (*decrypt, "query.bin", "--unproved"), "encryption.unreadable"),
        (client, (*decrypt, "answer.bin"), "usage"),
        (client, (*decrypt, "answer.bin", "--bundle", "b"), "usage"),
        (client, (*decrypt, "answer.bin", "--bundle", "b", "--unproved"), "usage"),
        (client, (*decrypt, "answer.bin", "--bundle", "b", "--query", "query.bin", "--name", "n"), "usage"),
        (client, (*decrypt, "answer.bin", "--bundle", "b", "--query", "query.bin"), "bundle.not_found"),
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
            "bundle.not_found",
        ),
    ):
        failed = zkchain.here("he", *arguments, "--json")
        assert failed.json["error"] == code, failed.err
        assert failed.exit_code >= 2
    assert (snapshot(client.cwd), snapshot(server.cwd)) == before


@dataclass(frozen=True)
class Vouched:
    """A linear model by its bundle, deployed; a key for it, and queries that were answered by the bundle."""

    zkchain: Zkchain
    deployed: dict

    def infer(self, query: str, out: str, model: str = "tiny.bundle") -> Result:
        return self.zkchain.here(
            *("he", "infer", model, "--key", "key/public.key", "--query", query, "--out", out, "--json")
        )

    def decrypt(self, query: str, answer: str, *more: str, bundle: str = "tiny.bundle") -> Result:
        """As a client does; it writes nothing."""
        before = snapshot(self.zkchain.cwd)
        done = self.zkchain.here(
            *("he", "decrypt", "--key", "key", "--query", query, "--answer", answer, "--bundle", bundle),
            *(*more, "--json"),
        )
        assert snapshot(self.zkchain.cwd) == before
        return done


@pytest.fixture(scope="module")
def vouched(tmp_path_factory) -> Iterator[Vouched]:
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("vouched"), home=tmp_path_factory.mktemp("home"))
    (zkchain.cwd / "tiny.onnx").write_bytes(tiny_onnx())
    (zkchain.cwd / "samples.json").write_text(json.dumps({"x": [[0.5, -0.25], [0.1, 0.2], [-0.7, 0.9]]}))
    (zkchain.cwd / "input.json").write_text(json.dumps({"x": [0.7, -0.9]}))
    compiled = ("compile", "tiny.onnx", "--samples", "samples.json", "--visibility")
    encrypt = ("he", "encrypt", "--key", "key", "--input", "input.json")
    try:
        done = [
            zkchain.here(*arguments, "--json")
            for arguments in (
                (*compiled, "input=private,params=hashed", "--out", "tiny.bundle"),
                (*compiled, "input=public,params=hashed", "--out", "public.bundle"),
                (*compiled, "input=hashed,params=hashed", "--out", "hashed.bundle"),
                ("he", "keygen", "--model", "tiny.onnx", "--samples", "samples.json", "--out", "key"),
                (*encrypt, "--out", "query.bin"),
                (*encrypt, "--challenge", "input.json", "--out", "own.bin"),
                ("deploy", "tiny.bundle", "--network", "local"),
            )
        ]
        assert [one.exit_code for one in done] == [0] * len(done), [one.out for one in done]
        case = Vouched(zkchain, done[-1].json)
        for query, out, model in (
            ("query.bin", "answer.bin", "tiny.bundle"),
            ("own.bin", "own-answer.bin", "public.bundle"),
            ("query.bin", "public.bin", "public.bundle"),
            ("query.bin", "hashed.bin", "hashed.bundle"),
            ("query.bin", "plain.bin", "tiny.onnx"),
        ):
            made = case.infer(query, out, model)
            assert made.exit_code == 0, made.out
        yield case
    finally:
        stop_devnet(zkchain.home)


def forged(vouched: Vouched, name: str, **changed: object) -> str:
    """The honest answer with something else in its header, as a server can write it."""
    answer = read_sealed(vouched.zkchain.cwd / "answer.bin", "answer")
    header = answer.header
    extra = {**header.extra, **changed}
    write_sealed(vouched.zkchain.cwd / name, "answer", answer.body, model=header.model, key=header.key, extra=extra)
    return name


def proof_in(vouched: Vouched, name: str) -> dict:
    return dict(read_sealed(vouched.zkchain.cwd / name, "answer").header.extra["proof"])


def test_an_answer_says_what_is_behind_it_without_being_asked(vouched):
    found = vouched.decrypt("query.bin", "answer.bin")
    assert found.exit_code == 0, found.out
    manifest = json.loads((vouched.zkchain.cwd / "tiny.bundle" / "manifest.json").read_text())["bundle"]
    behind = found.json["behind"]
    assert (behind["params"], behind["circuit"]) == (manifest["params_digest"], manifest["circuit_digest"])
    assert (behind["shown"], behind["outputs"], behind["model_id"]) == ("query", {}, None)
    shown = vouched.zkchain.here(
        *("he", "decrypt", "--key", "key", "--query", "query.bin", "--answer", "answer.bin", "--bundle", "tiny.bundle")
    )
    assert "that the answer came from it is not proved" in shown.out
    assert (behind["srs"], "whoever made it can forge proofs" in shown.out) == ("dev", True)


def test_what_is_behind_it_can_be_the_registered_model(vouched):
    found = vouched.decrypt("query.bin", "answer.bin", "--network", "local")
    assert found.exit_code == 0, found.out
    assert found.json["behind"]["model_id"] == vouched.deployed["model_id"]
    nobody = vouched.decrypt("query.bin", "answer.bin", "--network", "local", "--name", "another")
    assert nobody.json["error"] == "deployment.not_found"


def test_ones_own_challenge_is_answered_as_the_row_that_was_encrypted(vouched):
    found = vouched.decrypt("own.bin", "own-answer.bin", bundle="public.bundle").json
    (proved,) = found["behind"]["outputs"]["y"]
    assert found["rows"][0]["y"][0] == pytest.approx(proved, abs=0.02)
    assert proved > 0.1


@pytest.mark.parametrize("input_is", ["public", "hashed"])
def test_a_proof_that_shows_its_input_is_about_the_challenges(vouched, input_is):
    found = vouched.decrypt("query.bin", f"{input_is}.bin", bundle=f"{input_is}.bundle")
    assert found.exit_code == 0, found.out
    assert found.json["behind"]["shown"] == "input"
    assert len(found.json["behind"]["outputs"]["y"]) == 1


def refused(done: Result, said: str) -> None:
    assert (done.json["error"], done.exit_code) == ("encryption.unproved", 16)
    assert said in done.json["message"]
    assert "rows" not in done.json


def test_an_answer_without_a_proof_is_refused(vouched):
    refused(vouched.decrypt("query.bin", "plain.bin"), "no proof came with the answer")
    refused(vouched.decrypt("query.bin", forged(vouched, "bare.bin", proof=None)), "no proof came with the answer")
    refused(vouched.decrypt("query.bin", forged(vouched, "odd.bin", proof={"proof": 1})), "cannot be read")


def test_a_proof_of_another_query_is_refused(vouched):
    """Replayed with its answer, or put into an answer to this one."""
    refused(vouched.decrypt("own.bin", "answer.bin"), "the answer is to another query")
    replayed = forged(vouched, "replayed.bin", proof=proof_in(vouched, "own-answer.bin"))
    refused(vouched.decrypt("query.bin", replayed, bundle="public.bundle"), "the binding")


@pytest.mark.parametrize("input_is", ["public", "hashed"])
def test_a_proof_of_another_input_is_refused(vouched, input_is):
    """Bound to this query, by a server that has the model but proves something easier."""
    cwd, folder = vouched.zkchain.cwd, vouched.zkchain.cwd / f"{input_is}.bundle"
    query, bundle = read_sealed(cwd / "query.bin", "query"), load_bundle(folder)
    prover = make_engine(read_config({"ZKCHAIN_HOME": str(vouched.zkchain.home)}, cwd=cwd))
    made, _ = make_proof(prover, circuit_files(folder), bundle, [[0.0, 0.0]], binding_of(query))
    proof = {
        "circuit": made.circuit_digest,
        "instances": [value.word for value in made.instances],
        "proof": "0x" + made.proof.hex(),
    }
    answer = forged(vouched, f"easy-{input_is}.bin", proof=proof)
    refused(vouched.decrypt("query.bin", answer, bundle=folder.name), "about another input")


def test_a_proof_of_another_circuit_is_refused(vouched):
    refused(vouched.decrypt("query.bin", "hashed.bin"), "the proof is for circuit")
    passing = {**proof_in(vouched, "hashed.bin"), "circuit": proof_in(vouched, "answer.bin")["circuit"]}
    refused(vouched.decrypt("query.bin", forged(vouched, "passing.bin", proof=passing)), "instances")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("proof", "does not hold for these instances"),
        ("output", "does not hold for these instances"),
        ("params_hash", "made with other parameters than the bundle's"),
    ],
)
def test_a_proof_that_was_touched_is_refused(vouched, what, said):
    proof = proof_in(vouched, "answer.bin")
    if what == "proof":
        proof["proof"] = proof["proof"][:-1] + ("1" if proof["proof"][-1] == "0" else "0")
    else:
        manifest = json.loads((vouched.zkchain.cwd / "tiny.bundle" / "manifest.json").read_text())["bundle"]
        (place,) = (item["start"] for item in manifest["segments"] if item["kind"] == what)
        words = list(proof["instances"])
        words[place] = f"0x{int(words[place], 16) ^ 1:064x}"
        proof["instances"] = words
    refused(vouched.decrypt("query.bin", forged(vouched, f"{what}.bin", proof=proof)), said)


def test_a_bundle_of_another_model_is_refused_and_nothing_is_written(vouched):
    """To the server, and to a client that would be shown it."""
    zkchain = vouched.zkchain
    (zkchain.cwd / "other.onnx").write_bytes(tiny_onnx(seed=5))
    others = [
        zkchain.here("he", "keygen", "--model", "other.onnx", "--samples", "samples.json", "--out", "other-key"),
        zkchain.here("he", "encrypt", "--key", "other-key", "--input", "input.json", "--out", "other-query.bin"),
        zkchain.here(
            *("he", "infer", "other.onnx", "--key", "other-key/public.key", "--query", "other-query.bin"),
            *("--out", "other-answer.bin"),
        ),
    ]
    assert [done.exit_code for done in others] == [0, 0, 0]
    before = snapshot(zkchain.cwd)
    for words in (
        ("infer", "other.onnx", "--key", "other-key/public.key", "--query", "other-query.bin", "--out", "new.bin"),
        ("decrypt", "--key", "other-key", "--query", "other-query.bin", "--answer", "other-answer.bin"),
    ):
        refusal = zkchain.here("he", *words, "--bundle", "tiny.bundle", "--json")
        assert refusal.json["error"] == "encryption.model"
        assert "the bundle tiny.bundle is for model" in refusal.json["message"]
    assert snapshot(zkchain.cwd) == before
