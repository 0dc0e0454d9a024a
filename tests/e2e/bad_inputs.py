"""Bad inputs at the command line: what is given, and what it must be called."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import helper

from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.circuit import bundle as store

from .spoil import (
    DENSE,
    Spoil,
    a_zip,
    array,
    bound,
    external,
    flipped,
    foreign_engine,
    gone,
    model,
    model_of,
    network,
    nothing,
    occupied,
    proof,
    samples,
    short_srs,
    text,
    toml,
)

LOCAL, FAR = ("--network", "local"), ("--network", "far")
COMPILE = ("compile", "tiny.onnx", "--samples", "samples.json", "--out", "new.bundle")
INSPECT = ("inspect", "tiny.onnx")
DEPLOY, DEPLOY_FAR = ("deploy", "tiny.bundle", *LOCAL), ("deploy", "tiny.bundle", *FAR)
PROVE = ("prove", "tiny.bundle", "--input", "input.json", "--out", "new.json")
VERIFY, VERIFY_HERE = ("verify", "tiny.proof.json", *LOCAL), ("verify", "tiny.proof.json", "--bundle", "tiny.bundle")
SUBMIT = ("submit", "tiny.proof.json", *LOCAL)
EVENTS_FAR = ("events", *FAR)
NOWHERE = 'rpc_url = "http://127.0.0.1:1"'
UNWRITABLE = {"ZKCHAIN_HOME": "/sys/zkchain-test"}
MISSPELT = DEV_ADDRESSES[1].swapcase().replace("X", "x")


@dataclass(frozen=True, slots=True)
class Case:
    """One bad input. `code` is the error's, `says` a part of the message."""

    name: str
    arguments: Sequence[str]
    code: str
    says: str = ""
    spoil: Spoil = nothing
    environment: dict[str, str] = field(default_factory=dict)


_TINY = model_of([DENSE])
_HUGE_DIM = model_of([DENSE], dims=(2**40, 2))

USAGE = [
    Case("unknown command", ["prvoe"], "usage", "prvoe"),
    Case("unknown option", ["events", *LOCAL, "--form-block", "1"], "usage", "--form-block"),
    Case("compile without a model", ["compile", "--samples", "samples.json"], "usage", "MODEL"),
    Case("compile without samples", ["compile", "tiny.onnx"], "usage", "--samples"),
    Case("two models", ["compile", "tiny.onnx", "b.onnx", "--samples", "samples.json"], "usage", "b.onnx"),
    Case("dim without size", [*COMPILE, "--dim", "batch"], "usage", "NAME=SIZE"),
    Case("dim without name", [*COMPILE, "--dim", "=3"], "usage", "NAME=SIZE"),
    Case("dim that is no number", [*COMPILE, "--dim", "batch=two"], "usage", "batch=two"),
    Case("negative dim", [*COMPILE, "--dim", "batch=-1"], "usage", "batch=-1"),
    Case("dim given twice", [*COMPILE, "--dim", "batch=1", "--dim", "batch=2"], "usage", "twice"),
    Case("deploy without network", ["deploy", "tiny.bundle"], "usage", "--network"),
    Case("unknown kind of verifier", ["deploy", "tiny.bundle", *LOCAL, "--verifier", "mine"], "usage", "mine"),
    Case("deployment name with a slash", ["deploy", "tiny.bundle", *LOCAL, "--name", "../up"], "usage", "up"),
    Case("reserved deployment name", ["deploy", "tiny.bundle", *LOCAL, "--name", "ModelRegistry"], "usage"),
    Case("empty deployment name", ["deploy", "tiny.bundle", *LOCAL, "--name", ""], "usage"),
    Case("negative row", [*PROVE, "--row", "-1"], "usage", "-1"),
    Case("row that is no number", [*PROVE, "--row", "first"], "usage", "first"),
    Case("row beyond the file", [*PROVE, "--row", "7"], "usage", "7"),
    Case("validity that is no number", [*PROVE, *LOCAL, "--valid-for", "a day"], "usage", "a day"),
    Case("validity of nothing", [*PROVE, *LOCAL, "--valid-for", "0"], "usage", "positive"),
    Case("validity of a century", [*PROVE, *LOCAL, "--valid-for", str(100 * 365 * 86400)], "usage", "ten years"),
    Case("beneficiary that is no address", [*PROVE, *LOCAL, "--for", "alice.eth"], "usage", "alice.eth"),
    Case("address with a wrong checksum", [*PROVE, *LOCAL, "--for", MISSPELT], "usage", "checksum"),
    Case("beneficiary zero", [*PROVE, *LOCAL, "--for", "0x" + "00" * 20], "usage", "nobody"),
    Case("short request id", [*PROVE, *LOCAL, "--for", "request:0x12"], "usage", "0x12"),
    Case("request zero", [*PROVE, *LOCAL, "--for", "request:0x" + "00" * 32], "usage", "nobody"),
    Case("beneficiary without network", [*PROVE, "--for", DEV_ADDRESSES[1]], "usage", "network"),
    Case("nobody to judge", ["verify", "tiny.proof.json"], "usage", "exactly one"),
    Case("two judges", ["verify", "tiny.proof.json", "--bundle", "tiny.bundle", *LOCAL], "usage", "exactly one"),
    Case("events before the first block", ["events", *LOCAL, "--from-block", "-1"], "usage", "-1"),
    Case("stop and status", ["devnet", "--stop", "--status"], "usage", "exclude"),
    Case("stop a port", ["devnet", "--stop", "--port", "8545"], "usage", "exclude"),
    Case("unknown devnet engine", ["devnet", "--engine", "geth"], "usage", "geth"),
    Case("port out of range", ["devnet", "--port", "70000"], "usage", "70000"),
    Case("srs with an unknown verb", ["srs", "drop"], "usage", "drop"),
    Case("srs import without a file", ["srs", "import"], "usage", "FILE"),
    Case("unknown part of visibility", [*COMPILE, "--visibility", "weights=fixed"], "usage", "weights=fixed"),
    Case("unknown visibility", [*COMPILE, "--visibility", "input=secret"], "usage", "secret"),
    Case("the bundle's place is taken", COMPILE, "usage", "not a bundle", occupied),
    Case("another bundle is there", [*COMPILE[:-1], "tiny.bundle", "--no-binding"], "usage", "another bundle"),
]

MODELS = [
    Case("model is missing", COMPILE, "model.not_found", "tiny.onnx", gone("tiny.onnx")),
    Case("model is a folder", ["inspect", "tiny.bundle"], "model.not_found", "tiny.bundle"),
    Case("model is empty", COMPILE, "model.unreadable", "tiny.onnx", model(b"")),
    Case("model is text", INSPECT, "model.unreadable", "", model(b"not a model\n" * 40)),
    Case("model is a pickle", COMPILE, "model.unreadable", "", model(pickle.dumps({"weights": [1.0] * 64}))),
    Case("model is a zip", INSPECT, "model.unreadable", "", model(a_zip)),
    Case("model is truncated", COMPILE, "model.unreadable", "", model(_TINY[: len(_TINY) * 2 // 3])),
    Case(
        "unknown operator",
        COMPILE,
        "model.unsupported_operator",
        "Nonesuch",
        model(model_of([helper.make_node("Nonesuch", ["x"], ["y"], name="odd", domain="my.ops")])),
    ),
    Case("control flow", COMPILE, "model.", "", model(model_of([helper.make_node("Loop", ["", "", "x"], ["y"])]))),
    Case("weight is NaN", COMPILE, "model.bad_weights", "w", model(model_of([DENSE], weights=[[np.nan], [1]]))),
    Case("weight is infinite", INSPECT, "model.bad_weights", "w", model(model_of([DENSE], weights=[[np.inf], [1]]))),
    Case("dimension of zero", COMPILE, "model.bad_dimension", "", model(model_of([DENSE], dims=(0, 2)))),
    Case("dimension of a trillion", INSPECT, "model.", "", model(_HUGE_DIM)),
    Case("dim that the model does not have", [*COMPILE, "--dim", "time=3"], "model.bad_dimension", "time"),
    Case("weights in /etc/passwd", COMPILE, "model.external_data", "", model(external("/etc/passwd"))),
    Case("weights above the folder", INSPECT, "model.external_data", "", model(external("../up.bin"))),
    Case("weights file is missing", COMPILE, "model.external_data", "", model(external("missing.bin"))),
]

VISIBILITY = [
    Case("outputs are private", [*COMPILE, "--visibility", "output=private"], "circuit.visibility", "says nothing"),
    Case("params are private", [*COMPILE, "--visibility", "params=private"], "circuit.visibility", "other weights"),
    Case("binding hidden in a hash", [*COMPILE, "--visibility", "output=hashed"], "circuit.visibility", "binding"),
]

SAMPLES = [
    Case("samples are missing", COMPILE, "samples.not_found", "samples.json", gone("samples.json")),
    Case("samples are a folder", [*COMPILE[:2], "--samples", "tiny.bundle"], "samples.not_found", "tiny.bundle"),
    Case("samples are no JSON", COMPILE, "samples.unreadable", "", samples("{'a': 1}")),
    Case("samples of nothing", COMPILE, "samples.", "", samples({"input_data": []})),
    Case("a tensor too many", COMPILE, "samples.tensors", "", samples({"input_data": [[0.1, 0.2], [1.0]]})),
    Case("a wrong name", COMPILE, "samples.tensors", "z", samples({"z": [[0.1, 0.2]]})),
    Case("an element too many", COMPILE, "samples.shape", "", samples({"input_data": [[0.1, 0.2, 0.3]]})),
    Case("text for a number", COMPILE, "samples.type", "", samples({"input_data": [[0.1, "0.2"]]})),
    Case("null for a number", COMPILE, "samples.type", "", samples({"input_data": [[0.1, None]]})),
    Case("NaN in the samples", COMPILE, "samples.", "", samples('{"input_data": [[0.1, NaN]]}')),
    Case("samples nested without end", COMPILE, "samples.unreadable", "", samples("[" * 10**5)),
    Case(
        "a pickle in .npy",
        [*COMPILE[:3], "samples.npy"],
        "samples.",
        "",
        array("samples.npy", np.array([object], dtype=object)),
    ),
    Case("text in .csv", [*COMPILE[:3], "samples.csv"], "samples.", "", text("samples.csv", "0.1,high\n")),
    Case("unknown format", [*COMPILE[:3], "samples.xml"], "samples.unreadable", "", text("samples.xml", "<x/>")),
    Case("input is missing", PROVE, "samples.not_found", "input.json", gone("input.json")),
    Case("several inputs and no row", [*PROVE[:3], "samples.json"], "samples.unreadable", "--row"),
    Case("input beyond the circuit", PROVE, "samples.range", "x", text("input.json", {"input_data": [[0.5, 1e30]]})),
]

BUNDLES = [
    Case("bundle is missing", ["deploy", "none.bundle", *LOCAL], "bundle.not_found", "none.bundle"),
    Case("bundle is a file", ["prove", "tiny.onnx", "--input", "input.json"], "bundle.not_found", "tiny.onnx"),
    Case("bundle is another folder", ["verify", "tiny.proof.json", "--bundle", "."], "bundle.not_found"),
    *(
        Case(f"{name} has a bit changed", [*PROVE], "bundle.corrupt", name, flipped(f"tiny.bundle/{name}"))
        for name in (store.PROVING_KEY, store.SETTINGS, store.SRS_FILE)
    ),
    Case(
        "verifying key has a bit changed",
        VERIFY_HERE,
        "bundle.corrupt",
        "verifying.key",
        flipped("tiny.bundle/verifying.key", 99),
    ),
    Case("a file of the bundle is missing", DEPLOY, "bundle.corrupt", "circuit.ezkl", gone("tiny.bundle/circuit.ezkl")),
    Case("manifest is no JSON", PROVE, "bundle.corrupt", "manifest", text("tiny.bundle/manifest.json", "{")),
    Case("manifest has a bit changed", DEPLOY, "bundle.corrupt", "manifest", flipped("tiny.bundle/manifest.json", 300)),
    Case("bundle of another engine", PROVE, "bundle.foreign", "22.0.0", foreign_engine),
    Case(
        "damaged bundle in the way",
        [*COMPILE[:-1], "tiny.bundle"],
        "bundle.corrupt",
        "",
        flipped("tiny.bundle/proving.key"),
    ),
]

PROOFS = [
    Case("proof is missing", ["submit", "none.json", *LOCAL], "proof.unreadable", "none.json"),
    Case("proof is a folder", ["verify", "tiny.bundle", *LOCAL], "proof.unreadable", "tiny.bundle"),
    Case("proof is no JSON", SUBMIT, "proof.unreadable", "", text("tiny.proof.json", "0x12")),
    Case("proof is a model", ["verify", "tiny.onnx", "--bundle", "tiny.bundle"], "proof.unreadable", "tiny.onnx"),
    Case("proof lacks instances", SUBMIT, "proof.unreadable", "instances", proof(instances=...)),
    Case("proof has a foreign key", SUBMIT, "proof.unreadable", "extra", proof(extra=1)),
    Case("instance is no word", SUBMIT, "proof.unreadable", "0x5", proof(instances=["0x5"])),
    Case("instance outside the field", VERIFY, "proof.unreadable", "", proof(instances=["0x" + "ff" * 32])),
    Case("proof is no hex", SUBMIT, "proof.unreadable", "", proof(proof="0xzz")),
    Case("deadline is a text", SUBMIT, "proof.unreadable", "", bound(deadline="soon")),
    Case("proof of an unknown circuit", SUBMIT, "deployment.not_found", "", proof(circuit_digest="0x" + "ab" * 32)),
    Case("proof for another chain", SUBMIT, "proof.foreign", "chain 1,", bound(chain_id=1)),
    Case("proof for another gateway", SUBMIT, "proof.foreign", "gateway", bound(gateway=DEV_ADDRESSES[3])),
    Case("proof for another model", SUBMIT, "proof.foreign", "model", bound(model_id="0x" + "cd" * 32)),
    Case("proof bound to nothing", SUBMIT, "proof.foreign", "nothing", proof(binding=None)),
]

NETWORKS = [
    Case("deploy to an unknown network", DEPLOY_FAR, "chain.unknown_network", "far"),
    Case("prove for an unknown network", [*PROVE, *FAR], "chain.unknown_network", "far"),
    Case("verify on an unknown network", ["verify", "tiny.proof.json", *FAR], "chain.unknown_network", "far"),
    Case("submit to an unknown network", ["submit", "tiny.proof.json", *FAR], "chain.unknown_network", "far"),
    Case("events of an unknown network", EVENTS_FAR, "chain.unknown_network", "far"),
    Case("zkchain.toml is no TOML", EVENTS_FAR, "config", "zkchain.toml", toml("[networks")),
    Case("network without chain id", EVENTS_FAR, "config", "chain_id", toml(f"[networks.far]\n{NOWHERE}")),
    Case(
        "network with a key in it",
        EVENTS_FAR,
        "config",
        "private_key",
        toml(f'[networks.far]\n{NOWHERE}\nchain_id = 5\nprivate_key = "0x01"'),
    ),
    Case("network called local", EVENTS_FAR, "config", "reserved", toml(f"[networks.local]\n{NOWHERE}\nchain_id = 5")),
    Case("URL of another kind", EVENTS_FAR, "config", "rpc_url", network(rpc_url="ftp://127.0.0.1")),
    Case("nobody answers", EVENTS_FAR, "chain.connection", "far", network(rpc_url="http://127.0.0.1:1")),
    Case("another chain answers", DEPLOY_FAR, "chain.wrong_chain", "31337", network(1)),
    Case("another chain is asked for events", EVENTS_FAR, "chain.wrong_chain", "31337", network(1337)),
    Case("nothing is recorded there", EVENTS_FAR, "deployment.not_found", "far", network(31337)),
    Case(
        "a damaged record", ["events", *LOCAL], "deployment.corrupt", "tiny", text("deployments/local/tiny.json", "{")
    ),
    Case("records of another chain", SUBMIT, "deployment.corrupt", "", text("deployments/local/.chainId", "5")),
    Case(
        "key is no key",
        SUBMIT,
        "chain.no_signer",
        "ZKCHAIN_PRIVATE_KEY",
        nothing,
        {"ZKCHAIN_PRIVATE_KEY": "correct horse battery staple"},
    ),
    Case("account without funds", ["deploy", "tiny.bundle", *LOCAL, "--name", "second"], "chain.funds"),
    Case("signer file is missing", DEPLOY_FAR, "chain.no_signer", "no.key", network(31337, signer="file:no.key")),
    Case("signer is a key", DEPLOY_FAR, "chain.no_signer", "env:NAME", network(31337, signer="0x" + "11" * 32)),
]

ENGINE = [
    Case(
        "memory limit is a text",
        COMPILE,
        "config",
        "ZKCHAIN_MEMORY_LIMIT_GB",
        nothing,
        {"ZKCHAIN_MEMORY_LIMIT_GB": "much"},
    ),
    Case(
        "time limit is negative",
        COMPILE,
        "config",
        "ZKCHAIN_TIME_LIMIT_SECONDS",
        nothing,
        {"ZKCHAIN_TIME_LIMIT_SECONDS": "-1"},
    ),
    Case("no time to prove", PROVE, "engine.timeout", "0.05 s", nothing, {"ZKCHAIN_TIME_LIMIT_SECONDS": "0.05"}),
    Case("no memory to prove", PROVE, "engine.", "", nothing, {"ZKCHAIN_MEMORY_LIMIT_GB": "0.05"}),
]

FILES = [
    Case("SRS to import is missing", ["srs", "import", "none.srs"], "srs.not_found", "none.srs"),
    Case("SRS to import is a model", ["srs", "import", "tiny.onnx"], "srs.corrupt", "tiny.onnx"),
    Case("SRS to import is truncated", ["srs", "import", "short.srs"], "srs.corrupt", "short.srs", short_srs),
    Case("bundle below a file", [*COMPILE[:-1], "tiny.onnx/new.bundle"], "file", "tiny.onnx"),
    Case("proof below a file", [*PROVE[:-1], "tiny.onnx/new.json"], "file", "tiny.onnx"),
    Case("proof in place of a folder", [*PROVE[:-1], "tiny.bundle"], "file", "tiny.bundle"),
    Case("proof where nobody may write", [*PROVE[:-1], "/sys/zkchain-test/new.json"], "file.forbidden", "/sys"),
    Case("cache where nobody may write", COMPILE, "file.forbidden", "/sys", nothing, UNWRITABLE),
    Case("devnet where nobody may write", ["devnet", "--detach"], "file.forbidden", "/sys", nothing, UNWRITABLE),
    Case("name that is too long", [*PROVE[:-1], "n" * 300], "file", "long"),
]

CASES = [*USAGE, *MODELS, *VISIBILITY, *SAMPLES, *BUNDLES, *PROOFS, *NETWORKS, *ENGINE, *FILES]
