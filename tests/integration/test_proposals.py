"""Deployments and submissions that a Safe is to make: written, tested, and neither signed nor sent."""

import json
from pathlib import Path

import pytest

from tests.support.safes import RealSafe, StandIn, real_safe, stand_in_safe
from tests.support.stands import OWNER, Stand
from zkchain.chain.safe import checksum, read_safe, safe_tx_hash
from zkchain.circuit.bundle import read_trial
from zkchain.errors import AlreadyRecorded, DeploymentTaken, ProofRejected, SafeUnfit
from zkchain.pipeline.deploy import Deployed
from zkchain.pipeline.deployments import check_recorded, list_recorded
from zkchain.pipeline.order import Order
from zkchain.pipeline.proposal import Proposal
from zkchain.pipeline.propose import propose_deployment
from zkchain.pipeline.propose_submission import propose_submission
from zkchain.pipeline.submit import list_inferences
from zkchain.proof.codec import write_proof
from zkchain.records import Proof
from zkchain.values import Address, address

#: A file that Safe's own application has written.
FROM_THE_BUILDER = {
    "version": "1.0",
    "chainId": "1",
    "createdAt": 1761326849944,
    "meta": {
        "name": "Transactions Batch",
        "description": "",
        "txBuilderVersion": "1.18.2",
        "createdFromSafeAddress": "0xA77DE01e157f9f57C7c4A326eeE9C4874D0598b6",
        "createdFromOwnerAddress": "",
        "checksum": "0x8b5032f716845c8b08bab3d63dbd9ba92e056f3557793cd041e59b84e16aa989",
    },
    "transactions": [
        {
            "to": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
            "value": "0",
            "data": None,
            "contractMethod": {
                "inputs": [
                    {"internalType": "address", "name": "spender", "type": "address"},
                    {"internalType": "uint256", "name": "value", "type": "uint256"},
                ],
                "name": "approve",
                "payable": False,
            },
            "contractInputsValues": {
                "spender": "0x474e5Ded6b5D078163BFB8F6dBa355C3aA5478C8",
                "value": "100000000000",
            },
        }
    ],
}


def propose(stand: Stand, safe: Address, folder: Path, **more: object) -> tuple[Deployed, Proposal | None]:
    options = {"name": "model", "verifier": "shared", "salt": "by the Safe", **more}
    order = Order(folder=stand.bundle, network="local", **options)
    return propose_deployment(order, safe, out=folder / "p.json", config=stand.config, prover=stand.prover)


def unbound_proof(stand: Stand, path: Path, *, flip: bool = False) -> Path:
    """The bundle's own trial proof as a file."""
    instances, proof = read_trial(stand.bundle)
    digest = json.loads((stand.bundle / "manifest.json").read_text())["bundle"]["circuit_digest"]
    spoiled = proof[:-1] + bytes([proof[-1] ^ flip])
    write_proof(path, Proof(circuit_digest=digest, instances=instances, proof=spoiled, binding=None))
    return path


def made_by(stand: Stand, safe: RealSafe | StandIn, folder: Path) -> None:
    """The whole way: proposed, executed, completed, and used."""
    before, funds = stand.state, stand.chain.balance(OWNER.address)
    plan, proposal = propose(stand, safe.address, folder)
    assert (stand.state, stand.chain.balance(OWNER.address)) == (before, funds)
    assert not stand.config.deployments.exists()
    assert proposal is not None
    (file,) = proposal.files
    batch = json.loads(Path(file).read_text())
    assert batch["meta"]["checksum"] == checksum(batch)
    assert batch["chainId"] == "31337"
    assert [item["to"] for item in batch["transactions"]] == [call.to for call in proposal.calls]
    if isinstance(safe, RealSafe):
        safe.execute_file(Path(file))
    else:
        safe.execute_file(Path(file), [call.safe_tx_hash for call in proposal.calls])
    after = stand.state
    done, nothing = propose(stand, safe.address, folder)
    assert nothing is None
    assert stand.state == after
    assert done.contracts.items() <= plan.contracts.items()
    assert done.model_id == plan.model_id
    checks = check_recorded("local", stand.config)
    assert {check.name for check in checks} == set(plan.contracts)
    assert not any(check.trouble for check in checks)
    assert propose(stand, safe.address, folder)[1] is None
    proof = unbound_proof(stand, folder / "proof.json")
    asked = propose_submission(proof, "local", safe.address, out=None, config=stand.config)
    assert stand.state == after
    assert asked.files == (str(folder / "proof.safe.json"),)
    call = json.loads(Path(asked.files[0]).read_text())["transactions"][0]
    if isinstance(safe, RealSafe):
        safe.execute(call["to"], bytes.fromhex(call["data"][2:]), asked.calls[0].safe_tx_hash)
    else:
        safe.execute_file(Path(asked.files[0]), [asked.calls[0].safe_tx_hash])
    (event,) = list_inferences("local", config=stand.config)
    assert event.account == safe.address
    with pytest.raises(AlreadyRecorded):
        propose_submission(proof, "local", safe.address, out=None, config=stand.config)


def test_a_safe_deploys_and_submits_what_was_proposed_to_it(stand: Stand, tmp_path: Path):
    made_by(stand, stand_in_safe(stand.chain), tmp_path)


@pytest.mark.slow
def test_the_real_safe_deploys_and_submits_what_was_proposed_to_it(stand: Stand, tmp_path: Path):
    (tmp_path / "package").mkdir()
    made_by(stand, real_safe(stand.chain, tmp_path / "package"), tmp_path)


def test_without_a_salt_a_proposal_uses_what_stands_already(stand: Stand, tmp_path: Path):
    deployed = stand.deploy(name="neighbour")
    safe = stand_in_safe(stand.chain)
    plan, proposal = propose(stand, safe.address, tmp_path, salt=None)
    assert proposal is not None
    assert [call.what.split()[:2] for call in proposal.calls] == [
        ["create", "modelKey"],
        ["create", "model"],
        ["register", "model"],
    ]
    safe.execute_file(Path(proposal.files[0]), [call.safe_tx_hash for call in proposal.calls])
    done, _ = propose(stand, safe.address, tmp_path, salt=None)
    assert done.contracts["ModelRegistry"] == deployed.contracts["ModelRegistry"]
    assert done.contracts["model"] == plan.contracts["model"]
    assert not any(check.trouble for check in check_recorded("local", stand.config))


def test_what_a_safe_has_done_in_part_is_not_proposed_again(stand: Stand, tmp_path: Path):
    safe = stand_in_safe(stand.chain)
    _, proposal = propose(stand, safe.address, tmp_path)
    assert proposal is not None
    half = json.loads(Path(proposal.files[0]).read_text())
    half["transactions"] = half["transactions"][:2]
    (tmp_path / "half.json").write_text(json.dumps(half))
    safe.execute_file(tmp_path / "half.json", [call.safe_tx_hash for call in proposal.calls[:2]])
    _, rest = propose(stand, safe.address, tmp_path)
    assert rest is not None
    assert rest.calls == proposal.calls[2:]
    assert list_recorded(stand.config) == ()


def test_a_model_of_somebody_else_is_not_taken_for_the_safes(stand: Stand, tmp_path: Path):
    stand.deploy(salt="by the Safe")
    safe = stand_in_safe(stand.chain)
    with pytest.raises(DeploymentTaken, match=OWNER.address):
        propose(stand, safe.address, tmp_path)
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize(
    ("version", "salt", "words"),
    [("1.2.0", bytes(32), "1.3.0 is the oldest"), ("x", bytes(32), "no Safe"), ("1.3.0", b"\1" * 32, "does not hash")],
)
def test_what_is_no_safe_that_will_do_is_refused(stand: Stand, tmp_path: Path, version: str, salt: bytes, words: str):
    safe = stand_in_safe(stand.chain, version=version, salt=salt)
    with pytest.raises(SafeUnfit, match=words):
        propose(stand, safe.address, tmp_path)
    assert list(tmp_path.glob("*.json")) == []


def test_an_account_without_code_is_no_safe(stand: Stand):
    with pytest.raises(SafeUnfit, match="no Safe"):
        read_safe(stand.chain, OWNER.address)


def test_a_proof_that_the_gateway_refuses_is_not_proposed(stand: Stand, tmp_path: Path):
    stand.deploy()
    safe = stand_in_safe(stand.chain)
    proof = unbound_proof(stand, tmp_path / "proof.json", flip=True)
    with pytest.raises(ProofRejected):
        propose_submission(proof, "local", safe.address, out=None, config=stand.config)
    assert not (tmp_path / "proof.safe.json").exists()


def test_the_checksum_is_the_builders():
    assert checksum(FROM_THE_BUILDER) == FROM_THE_BUILDER["meta"]["checksum"]


def test_every_part_of_a_call_is_in_its_hash():
    safe, to = address("0x" + "11" * 20), address("0x" + "22" * 20)
    first = safe_tx_hash(1, safe, to, b"data", 5)
    others = [
        safe_tx_hash(2, safe, to, b"data", 5),
        safe_tx_hash(1, to, to, b"data", 5),
        safe_tx_hash(1, safe, safe, b"data", 5),
        safe_tx_hash(1, safe, to, b"datb", 5),
        safe_tx_hash(1, safe, to, b"data", 6),
    ]
    assert len({first, *others}) == 6
