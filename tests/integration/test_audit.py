"""The audit: an honest deployment matches, and one changed byte of anything is found and named."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.support.chains import need, raw
from tests.support.tiny import tiny_onnx
from zkchain.chain.abi import encode_call
from zkchain.chain.client import connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.networks import resolve_network
from zkchain.chain.registry import ContractAt
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.circuit import bundle as store
from zkchain.circuit.layout import read_segments
from zkchain.circuit.options import CompileOptions
from zkchain.config import Config, read_config
from zkchain.errors import DeploymentNotFound
from zkchain.files import sha256_file
from zkchain.halo2 import Engine
from zkchain.pipeline.audit import Audit, audit_model
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.deploy import Deployed, deploy_bundle
from zkchain.pipeline.publication import sources_of, write_standard_json
from zkchain.records import TensorSpec
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.compile import compile_request
from zkchain.solidity.solc import find_compiler
from zkchain.values import keccak_of


@dataclass(frozen=True)
class Stand:
    """One bundle, deployed with a verifier of its own and with the shared one."""

    folder: Path
    config: Config
    prover: Engine
    own: Deployed
    shared: Deployed

    @property
    def url(self) -> str:
        return resolve_network("local", self.config).rpc_url

    def audit(self, which: str = "own", bundle: Path | None = None) -> Audit:
        return audit_model(which, "local", config=self.config, prover=self.prover, bundle=bundle)

    def code(self, address: str) -> bytes:
        return connect(resolve_network("local", self.config)).code_at(address)


@pytest.fixture(scope="module")
def stand(tmp_path_factory, prover):
    folder = tmp_path_factory.mktemp("audit")
    config = read_config({"ZKCHAIN_HOME": str(folder / "home")}, cwd=folder)
    need("anvil")  # which can be told to change code that stands
    start_devnet(config.home, engine="anvil")
    (folder / "model.onnx").write_bytes(tiny_onnx())
    np.save(folder / "samples.npy", np.random.default_rng(0).uniform(-1, 1, size=(8, 2)).astype(np.float32))
    compile_model(
        folder / "model.onnx",
        folder / "samples.npy",
        config=config,
        prover=prover,
        out=folder / "model.bundle",
        options=CompileOptions(),
    )

    def deployed(name, verifier):
        return deploy_bundle(
            folder / "model.bundle", network="local", name=name, config=config, prover=prover, verifier=verifier
        )

    yield Stand(folder, config, prover, deployed("own", "own"), deployed("shared", "shared"))
    stop_devnet(config.home)


def wrong(audit: Audit) -> list[str]:
    return [field.name for field in audit.fields if field.trouble]


@pytest.mark.parametrize("name", ["own", pytest.param("shared", marks=pytest.mark.slow)])
def test_an_honest_deployment_matches_with_and_without_its_bundle(stand: Stand, name: str):
    for bundle in (None, stand.folder / "model.bundle"):
        found = stand.audit(name, bundle)
        assert wrong(found) == []
        assert found.matches
        assert found.owner == dev_signer(0).address
        assert not found.stopped
    names = {field.name for field in found.fields}
    assert {
        "precompiles",
        "verifying key",
        "circuit digest",
        "registry.circuitDigest",
        "InferenceGateway.code",
    } <= names
    assert stand.audit(found.address).matches


def test_an_address_that_nobody_recorded_is_not_found(stand: Stand):
    with pytest.raises(DeploymentNotFound):
        stand.audit(dev_signer(7).address)


# --- deployed code -----------------------------------------------------------------------------------------------


@pytest.fixture
def spoilt(stand: Stand):
    """Puts other code at an address, as no chain allows but a devnet can be told to; undone afterwards."""
    before = {}

    def put(address, code):
        before.setdefault(address, stand.code(address))
        raw(stand.url, "anvil_setCode", address, "0x" + code.hex())

    yield put
    for address, code in before.items():
        raw(stand.url, "anvil_setCode", address, "0x" + code.hex())


PARTS = [
    ("own", "ModelRegistry", "ModelRegistry.code"),
    ("own", "InferenceGateway", "InferenceGateway.code"),
    ("own", "own", "Halo2Adapter.code"),
    ("own", "ownVerifier", "verifier.code"),
    ("shared", "shared", "ReusableHalo2Adapter.code"),
    ("shared", "Halo2VerifierReusable", "Halo2VerifierReusable.code"),
    ("shared", "sharedKey", "key.words"),
]


#: What the audit does for these is what it does for the others.
SLOW = {"ModelRegistry", "own", "shared", "Halo2VerifierReusable", "ownVerifier"}


@pytest.mark.parametrize(
    ("which", "part", "name"),
    [pytest.param(*part, marks=[pytest.mark.slow] if part[1] in SLOW else [], id=part[2]) for part in PARTS],
)
def test_one_changed_byte_of_deployed_code_is_found_and_named(stand: Stand, spoilt, which: str, part: str, name: str):
    address = json.loads((stand.config.deployments / "local" / f"{part}.json").read_text())["address"]
    honest = stand.code(address)
    code = bytearray(honest)
    code[len(honest) // 2] ^= 1
    spoilt(address, bytes(code))
    # A key's words are compared with a bundle's; everything else has its source at hand.
    assert name in wrong(stand.audit(which, stand.folder / "model.bundle" if name == "key.words" else None))


@pytest.mark.slow
def test_a_changed_immutable_is_found(stand: Stand, spoilt):
    """A gateway that reads another registry has the right code but for one word."""
    gateway, registry = stand.own.contracts["InferenceGateway"], stand.own.contracts["ModelRegistry"]
    other = stand.own.contracts["own"]
    spoilt(gateway, stand.code(gateway).replace(bytes.fromhex(registry[2:]), bytes.fromhex(other[2:])))
    assert "InferenceGateway.code" in wrong(stand.audit())


@pytest.mark.slow
def test_other_compiler_settings_are_found(stand: Stand, spoilt):
    record = json.loads((stand.config.deployments / "local" / "ownVerifier.json").read_text())
    inputs = stand.config.deployments / "local" / "solcInputs" / f"{record['solcInputHash']}.json"
    request = json.loads(inputs.read_text())
    request["settings"]["optimizer"]["runs"] = 1
    other = compile_request("Halo2Verifier", request, find_compiler()).deployed_bytecode
    assert other != stand.code(record["address"])
    spoilt(record["address"], other)
    assert "verifier.code" in wrong(stand.audit())
    assert "verifier.code" in wrong(stand.audit(bundle=stand.folder / "model.bundle"))


@pytest.mark.slow
def test_a_stopped_model_is_said_and_is_no_mismatch(stand: Stand):
    mark = raw(stand.url, "evm_snapshot")
    registry = ContractAt(stand.own.contracts["ModelRegistry"], load_artifact("ModelRegistry").abi)
    data = encode_call(registry.abi, "stop", [int(str(stand.own.model_id), 16)])
    send(connect(resolve_network("local", stand.config)), dev_signer(0), to=registry.address, data=data)
    found = stand.audit()
    assert found.stopped
    assert found.matches
    assert raw(stand.url, "evm_revert", mark)


# --- bundles -----------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(stand: Stand, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stand.folder / "model.bundle", tmp_path / "copy.bundle"))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name != store.SETTINGS else []) for name in store.FILES]
)
def test_one_changed_byte_of_a_bundles_file_is_found_and_named(stand: Stand, copy: Path, name: str):
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert wrong(stand.audit(bundle=copy)) == [f"bundle {name}"]


def resealed(folder: Path) -> None:
    """A manifest that fits whatever the files are now: what a forger of bundles would write."""
    bundle = store.read_manifest(folder)
    key = keccak_of((folder / store.VERIFYING_KEY).read_bytes())
    model = replace(bundle.model, digest=sha256_file(folder / store.MODEL))
    listed = replace(bundle, files=store.describe_files(folder), verifying_key_digest=key, model=model)
    sealed = replace(listed, circuit_digest=store.circuit_digest(listed))
    (folder / store.MANIFEST).write_bytes(store.manifest_bytes(sealed))


def reweighted(data: bytes) -> bytes:
    """The same model with one weight off by its last bit but three."""
    model = onnx.ModelProto.FromString(data)
    tensor = next(one for one in model.graph.initializer if one.name == "w")
    weights = bytearray(tensor.raw_data)
    weights[1] ^= 8
    tensor.raw_data = bytes(weights)
    return model.SerializeToString(deterministic=True)


def test_other_weights_under_a_manifest_that_fits_them_are_found(stand: Stand, copy: Path):
    (copy / store.MODEL).write_bytes(reweighted((copy / store.MODEL).read_bytes()))
    resealed(copy)
    assert {"compiled form", "bundle and registry.modelDigest"} <= set(wrong(stand.audit(bundle=copy)))


def test_a_tag_that_the_manifest_calls_an_output_is_found(stand: Stand, copy: Path):
    """No constraint reads the tag: under that name any value could be proved."""
    bundle = store.read_manifest(copy)
    approved = TensorSpec(name="approved", shape=(1, 1), dtype="int", onnx_type="INT64")
    model = replace(bundle.model, outputs=(*bundle.model.outputs, approved))
    settings = json.loads((copy / store.SETTINGS).read_text())
    settings["model_output_scales"].append(0)
    (copy / store.SETTINGS).write_text(json.dumps(settings))
    segments = read_segments(settings, model, bundle.visibility, binding=False)
    scales = (*bundle.output_scales, 0)
    forged = replace(bundle, model=model, binding=False, segments=segments, output_scales=scales)
    (copy / store.MANIFEST).write_bytes(store.manifest_bytes(forged))
    resealed(copy)
    assert "model" in wrong(stand.audit(bundle=copy))


def test_a_public_cell_of_no_tensor_is_found(stand: Stand, copy: Path):
    settings = json.loads((copy / store.SETTINGS).read_text())
    settings["model_instance_shapes"].append([1])
    (copy / store.SETTINGS).write_text(json.dumps(settings))
    resealed(copy)
    assert wrong(stand.audit(bundle=copy)) == [f"bundle {store.SETTINGS}"]


@pytest.mark.slow
def test_a_circuit_of_other_weights_under_the_honest_model_is_found(stand: Stand, copy: Path):
    data = (copy / store.CIRCUIT_MODEL).read_bytes()
    (copy / store.CIRCUIT_MODEL).write_bytes(reweighted(data))
    resealed(copy)
    assert {"compiled form"} <= set(wrong(stand.audit(bundle=copy)))


def test_another_verifying_key_under_a_manifest_that_fits_it_is_found(stand: Stand, copy: Path):
    data = bytearray((copy / store.VERIFYING_KEY).read_bytes())
    data[-1] ^= 1
    (copy / store.VERIFYING_KEY).write_bytes(data)
    resealed(copy)
    assert {"verifying key", "bundle and registry.circuitDigest"} <= set(wrong(stand.audit(bundle=copy)))


@pytest.mark.slow
def test_other_settings_under_a_manifest_that_fits_them_are_found(stand: Stand, copy: Path):
    settings = json.loads((copy / store.SETTINGS).read_text())
    settings["run_args"]["decomp_legs"] += 1
    (copy / store.SETTINGS).write_text(json.dumps(settings))
    resealed(copy)
    found = wrong(stand.audit(bundle=copy))
    assert {"verifying key", "bundle and registry.circuitDigest", "bundle keys"} & set(found)


# --- publication -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own", "shared"])
def test_the_standard_json_compiles_to_what_stands_on_the_chain(stand: Stand, tmp_path: Path, name: str):
    written = write_standard_json(sources_of(stand.audit(name), "local", config=stand.config), tmp_path)
    facts = [json.loads(path.read_text()) for path in written if path.name.endswith(".contract.json")]
    assert len(facts) == 4
    for one, source in zip(facts, (path for path in written if "contract" not in path.name), strict=True):
        unit, _, contract = one["contractIdentifier"].rpartition(":")
        request = json.loads(source.read_text())
        assert contract in request["sources"][unit]["content"]
        assert one["compilerVersion"].startswith("v0.8.")
        artifact = compile_request(contract, request, find_compiler())
        creation = artifact.bytecode + bytes.fromhex(one["constructorArguments"])
        sent = raw(stand.url, "eth_getTransactionByHash", one["creationTransactionHash"])["input"]
        assert sent == "0x" + creation.hex()
