"""The fake prover: what consumers see of it, and that nothing makes it work off development chains."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.chains import anvil_of, raw
from tests.support.tiny import tiny_onnx
from zkchain.chain.abi import encode_call, encode_constructor
from zkchain.chain.client import Chain, connect
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.registry import get_version
from zkchain.chain.signer import KeySigner, dev_signer, key_signer
from zkchain.circuit.options import CompileOptions
from zkchain.errors import (
    AlreadyRecorded,
    BindingRefused,
    FakeProofRefused,
    ProofRejected,
    TransactionReverted,
    UsageError,
)
from zkchain.records import Visibility
from zkchain.solidity.artifacts import load_artifact
from zkchain.testing.fake import FAKE_KEY, MOCK, fake_proof, refuse_chain_id
from zkchain.testing.live import DeployedModel, deploy_fake
from zkchain.testing.models import FAKE_SCALE, CompiledModel, describe_fake
from zkchain.testing.prove import FakeProve
from zkchain.testing.settings import ModelSource
from zkchain.values import ZERO_DIGEST, FieldElement, keccak_of

OWNER, ACCOUNT, OTHER = dev_signer(0), dev_signer(1), dev_signer(2)
INPUT = {"x": [[0.5, -0.25]]}


def described(folder: Path, **options: object) -> CompiledModel:
    model = folder / "tiny.onnx"
    model.write_bytes(tiny_onnx(seed=1))
    return describe_fake(ModelSource(model=model, samples=model), CompileOptions(**options))


@pytest.fixture
def model(chain: Chain, tmp_path: Path) -> DeployedModel:
    return deploy_fake(described(tmp_path), chain, OWNER, ACCOUNT)


@pytest.fixture
def prove(model: DeployedModel, tmp_path: Path) -> FakeProve:
    return FakeProve(model=model, folder=tmp_path)


def test_a_fake_proof_is_recorded_as_a_real_one_would_be(model, prove):
    proved = prove(INPUT)
    assert proved.outputs == {"y": [pytest.approx(proved.proof.instances[0].to_float(scale=FAKE_SCALE))]}
    event = model.submit(proved.proof)
    assert (event.outputs, event.account) == (proved.outputs, ACCOUNT.address)
    assert model.recorded(proved.instances) == ACCOUNT.address
    with pytest.raises(AlreadyRecorded):
        model.submit(proved.proof)


def test_its_registry_entry_says_that_anyone_can_forge_it(model):
    version = get_version(model.chain, model.registry, model.known.model_id)
    assert version is not None
    assert version.dev_srs
    assert version.key_digest == FAKE_KEY


def test_the_binding_counts_for_fake_proofs_too(model, prove):
    proved = prove(INPUT)
    with pytest.raises(BindingRefused):
        model.submit(proved.proof, signer=OTHER)
    assert proved.proof.binding is not None
    moved = replace(proved.proof, binding=replace(proved.proof.binding, nonce=1))
    with pytest.raises(BindingRefused):
        model.submit(moved)
    for_other = prove(INPUT, account=OTHER.address)
    assert model.submit(for_other.proof, signer=OTHER).account == OTHER.address
    for_request = prove(INPUT, request=keccak_of(b"request"))
    assert model.submit(for_request.proof).outputs == for_request.outputs


def test_a_changed_statement_or_proof_is_rejected(model, prove):
    proof = prove(INPUT).proof
    better = (FieldElement(proof.instances[0] + 1), *proof.instances[1:])
    for changed in (
        replace(proof, instances=better),
        replace(proof, proof=proof.proof[:-1]),
        replace(proof, proof=b""),
    ):
        with pytest.raises(ProofRejected):
            model.submit(changed)


def test_any_answer_can_be_claimed_that_fits(model, prove):
    proved = prove(INPUT, outputs={"y": [-3.5]})
    assert model.submit(proved.proof).outputs == {"y": [-3.5]}
    for outputs in ({}, {"z": [1.0]}, {"y": [1.0, 2.0]}, {"y": [float("nan")]}):
        with pytest.raises(UsageError):
            prove(INPUT, outputs=outputs)


@pytest.mark.parametrize(
    ("visibility", "binding"),
    [
        (Visibility(input="public"), True),
        (Visibility(input="hashed", params="hashed"), True),
        (Visibility(output="hashed"), False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_every_visibility_has_a_fake(chain, tmp_path, visibility, binding):
    model = deploy_fake(described(tmp_path, visibility=visibility, binding=binding), chain, OWNER, ACCOUNT)
    proved = FakeProve(model=model, folder=tmp_path)(INPUT)
    assert model.submit(proved.proof).outputs == proved.outputs
    if not binding:
        assert proved.proof.binding is None
        with pytest.raises(UsageError):
            FakeProve(model=model, folder=tmp_path)(INPUT, account=OTHER.address)


def test_thresholds_are_in_the_models_own_fixed_point(tmp_path):
    assert described(tmp_path).fixed_point(0.5) == 2 ** (FAKE_SCALE - 1)
    with pytest.raises(UsageError):
        described(tmp_path).fixed_point(0.5, "no such output")


# Off development chains


@pytest.mark.parametrize("chain_id", [1, 5, 1336, 1338, 31336, 31338, 11155111])
def test_python_refuses_every_other_chain_id(chain_id):
    with pytest.raises(FakeProofRefused):
        refuse_chain_id(chain_id)


@pytest.fixture(scope="module")
def foreign():
    with anvil_of(5) as network:
        yield connect(network)


@pytest.fixture(scope="module")
def funded(foreign: Chain) -> KeySigner:
    """A key that is nobody's: the public ones are refused there for other reasons."""
    signer = key_signer(secrets.token_hex(32), source="this test")
    raw(foreign.network.rpc_url, "anvil_setBalance", signer.address, hex(10**20))
    return signer


@pytest.mark.anvil
def test_nothing_fake_is_deployed_or_made_on_another_chain(foreign, funded, tmp_path):
    before = foreign.block_number()
    with pytest.raises(FakeProofRefused):
        deploy_fake(described(tmp_path), foreign, funded, funded)
    with pytest.raises(FakeProofRefused):
        fake_proof(foreign, ZERO_DIGEST, [])
    assert foreign.block_number() == before


@pytest.mark.anvil
def test_the_mock_itself_refuses_another_chain_without_any_help_from_python(foreign, funded):
    with pytest.raises(TransactionReverted, match=r"OnlyOnDevnets\(5\)"):
        deploy_contract(foreign, funded, load_artifact(MOCK), (bytes(32),))
    creation = load_artifact(MOCK).bytecode + encode_constructor(load_artifact(MOCK).abi, (bytes(32),))
    assert not foreign.call(None, creation).success


@pytest.mark.anvil
def test_the_mocks_code_accepts_nothing_on_another_chain_however_it_came_there(foreign, chain, model, prove):
    """Creation code of somebody's own can leave the mock's runtime code anywhere."""
    proof, call = prove(INPUT).proof, "verify"
    adapter = get_version(chain, model.registry, model.known.model_id).adapter
    data = encode_call(load_artifact(MOCK).abi, call, [[int(value) for value in proof.instances], proof.proof])
    assert chain.call(adapter, data).success
    raw(foreign.network.rpc_url, "anvil_setCode", adapter, "0x" + chain.code_at(adapter).hex())
    assert foreign.code_at(adapter) == chain.code_at(adapter)
    refusal = foreign.call(adapter, data)
    assert not refusal.success
    assert refusal.data[-32:] == (5).to_bytes(32, "big")
