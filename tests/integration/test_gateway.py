"""The whole chain side with a real proof: registry, gateway, adapters, generated verifiers, a consumer."""

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tests.support.circuits import TinyCircuit, build_tiny
from tests.support.evm import OTHER, SENDER, Evm, calldata
from tests.support.gateway import BINDING, Binding, Stage, stage
from zkchain.proof.binding import binding_tag
from zkchain.records import Binding as BindingRecord
from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.keydata import parse_vka
from zkchain.solidity.solc import find_compiler
from zkchain.values import Digest, FieldElement, address

NOW = 1_700_000_000


def selector(text: str) -> bytes:
    return keccak(text=text)[:4]


@pytest.fixture(scope="module")
def circuit(tmp_path_factory: pytest.TempPathFactory) -> TinyCircuit:
    return build_tiny(tmp_path_factory.mktemp("circuit"), seed=3)


@pytest.fixture(params=["own", "shared"])
def site(request, circuit: TinyCircuit) -> Stage:
    shared = request.param == "shared"
    return stage(Evm(timestamp=NOW), circuit, shared=shared, compiler=None if shared else find_compiler())


@pytest.fixture
def mine() -> Binding:
    return Binding(account=SENDER, nonce=7, deadline=NOW + 60)


def test_a_bound_proof_becomes_a_record_and_the_standard_event(
    site: Stage, circuit: TinyCircuit, mine: Binding
) -> None:
    instances, proof = circuit.prove(site.tag(mine))
    done = site.submit(instances, proof, mine)
    assert done.ok
    ((topics, data),) = site.evm.logs()
    assert site.record(done.data) == (SENDER, NOW, True)
    tag = keccak(instances[1].to_bytes(32, "big"))
    parts = [keccak(text="zkchain.input.v1"), 31337, site.gateway, site.model_id, keccak(b""), tag]
    assert topics == (
        keccak(text="InferenceVerified(uint256,bytes32,bytes,address)"),
        site.model_id.to_bytes(32, "big"),
        keccak(encode(["bytes32", "uint256", "address", "uint256", "bytes32", "bytes32"], parts)),
        bytes(12) + bytes.fromhex(SENDER[2:]),
    )
    assert decode(["bytes"], data) == (instances[0].to_bytes(32, "big"),)


def test_the_proof_of_one_sender_is_refused_for_another(site: Stage, circuit: TinyCircuit, mine: Binding) -> None:
    instances, proof = circuit.prove(site.tag(mine))
    stolen = site.submit(instances, proof, mine, sender=OTHER)
    assert stolen.data[:4] == selector("WrongAccount(address,address)")
    rewritten = site.submit(instances, proof, Binding(OTHER, nonce=7, deadline=NOW + 60), sender=OTHER)
    assert rewritten.data == selector("BindingMismatch()")
    theirs = Binding(OTHER, nonce=7, deadline=NOW + 60)
    relabelled = [instances[0], site.tag(theirs)]
    assert site.submit(relabelled, proof, theirs, sender=OTHER).data == selector("InvalidProof()")


def test_a_statement_is_recorded_once_even_with_a_fresh_proof(site: Stage, circuit: TinyCircuit, mine: Binding) -> None:
    instances, proof = circuit.prove(site.tag(mine))
    _, second = circuit.prove(site.tag(mine))
    assert second != proof
    assert site.check(instances, second).ok
    statement = site.submit(instances, proof, mine).data
    for replay in (proof, second):
        again = site.submit(instances, replay, mine)
        assert again.data == selector("AlreadyRecorded(bytes32)") + statement


def test_a_proof_for_another_chain_gateway_or_model_is_refused(
    site: Stage, circuit: TinyCircuit, mine: Binding
) -> None:
    """The tag of the other place stands in the proof, and the same binding is shown here."""
    other_chain = stage(Evm(chain_id=1337, timestamp=NOW), circuit, shared=True)
    evm = site.evm
    gateway = evm.deploy(load_artifact("InferenceGateway").bytecode + encode(["address"], [site.registry]))
    other_gateway = Stage(evm, site.registry, gateway, site.adapter, site.model_id, {})
    other_model = Stage(evm, site.registry, site.gateway, site.adapter, site.model_id + 1, {})
    assert other_gateway.tag(mine) != site.tag(mine) != other_chain.tag(mine)
    for place in (other_chain, other_gateway, other_model):
        instances, proof = circuit.prove(place.tag(mine))
        assert site.check(instances, proof).ok
        assert site.submit(instances, proof, mine).data == selector("BindingMismatch()")


def test_a_changed_output_or_proof_is_refused_and_leaves_no_record(
    site: Stage, circuit: TinyCircuit, mine: Binding
) -> None:
    instances, proof = circuit.prove(site.tag(mine))
    better = [(instances[0] + 1) % 2**250, *instances[1:]]
    assert site.submit(better, proof, mine).data == selector("InvalidProof()")
    assert site.submit(instances, proof[:-1], mine).data == selector("InvalidProof()")
    assert site.submit(instances, proof + bytes(32), mine).data == selector("InvalidProof()")
    assert site.submit(instances, b"", mine).data == selector("InvalidProof()")
    assert site.submit(instances, proof, mine).ok


def test_calldata_behind_the_arguments_is_refused(site: Stage, circuit: TinyCircuit, mine: Binding) -> None:
    """Whoever reads the calldata of an accepted transaction reads exactly what was checked."""
    instances, proof = circuit.prove(site.tag(mine))
    data = calldata("submit(uint256,uint256[],bytes," + BINDING + ")", [site.model_id, instances, proof, mine.fields])
    for junk in (b"\x00", b"\xa5" * 1024):
        refused = site.evm.call(site.gateway, data + junk, static=False)
        assert refused.data == selector("NonCanonicalCalldata()")
    assert site.evm.call(site.gateway, data, static=False).ok


def test_the_gateway_and_the_prover_compute_the_same_tag(site: Stage) -> None:
    request = Binding(request=keccak(text="request"), nonce=2**256 - 1, deadline=2**64 - 1)
    for binding in (Binding(account=SENDER, nonce=7, deadline=NOW), request):
        record = BindingRecord(
            chain_id=31337,
            gateway=address(site.gateway),
            model_id=Digest(f"0x{site.model_id:064x}"),
            account=address(binding.account),
            request=Digest("0x" + binding.request.hex()),
            nonce=binding.nonce,
            deadline=binding.deadline,
        )
        assert binding_tag(record) == site.tag(binding)


def test_a_credit_line_opens_on_a_proved_score_and_only_for_its_owner(
    site: Stage, circuit: TinyCircuit, mine: Binding
) -> None:
    instances, proof = circuit.prove(site.tag(mine))
    score = FieldElement(instances[0]).signed
    types = ["address", "uint256", "int256", "uint256", "uint64"]
    creation = load_artifact("CreditGate").bytecode
    gate = site.evm.deploy(creation + encode(types, [site.gateway, site.model_id, score, 500, 3600]))
    strict = site.evm.deploy(creation + encode(types, [site.gateway, site.model_id, score + 1, 500, 3600]))
    opening = calldata("open(uint256[])", [instances])
    assert site.evm.call(gate, opening, static=False).data[:4] == selector("NotRecorded(bytes32)")
    assert site.submit(instances, proof, mine).ok
    theft = site.evm.call(gate, opening, sender=OTHER, static=False)
    assert theft.data[:4] == selector("NotYourInference(address,address)")
    assert site.evm.call(strict, opening, static=False).data[:4] == selector("ScoreTooLow(int256,int256)")
    assert site.evm.call(gate, opening, static=False).ok
    line = site.evm.call(gate, calldata("lineOf(address)", [SENDER])).data
    assert int.from_bytes(line, "big") == 500


def test_a_key_of_another_model_registered_by_anyone_does_not_help(circuit: TinyCircuit, tmp_path) -> None:
    """Registration is open; what counts is the digest that the adapter pins."""
    site = stage(Evm(timestamp=NOW), circuit, shared=True)
    other = build_tiny(tmp_path, seed=4)
    shared = "0x" + site.evm.call(site.adapter, calldata("shared()")).data[-20:].hex()
    registered = site.evm.call(
        shared, calldata("registerVka(bytes32[])", [list(parse_vka(other.vka))]), sender=OTHER, static=False
    )
    assert registered.ok
    binding = Binding(account=SENDER, deadline=NOW)
    instances, proof = other.prove(site.tag(binding))
    assert site.submit(instances, proof, binding).data == selector("InvalidProof()")
