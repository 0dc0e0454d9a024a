"""T17: a watcher who copies what is pending, and pays more, gets nothing."""

import pytest

from tests.support.chains import need, network_of, raw
from tests.support.world import OTHER, OWNER, World, deployed, submission
from zkchain.chain.abi import decode_error
from zkchain.chain.client import connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.gateway import record_of, statement_of
from zkchain.chain.transact import broadcast, prepare, sign_checked
from zkchain.values import Digest

GAS = 1_500_000
TIP = 10**9


@pytest.fixture(scope="module")
def world(tmp_path_factory, circuit):
    need("anvil")  # whose blocks can be withheld
    home = tmp_path_factory.mktemp("mempool")
    info = start_devnet(home, engine="anvil")
    yield deployed(connect(network_of(info)), circuit, "shared"), info.rpc_url
    stop_devnet(home)


def sent(world: World, signer, data: bytes, tip: int) -> Digest:
    """Broadcast without waiting; nothing is estimated, as a watcher in a hurry does it."""
    tx = prepare(world.chain, signer.address, to=world.gateway.address, data=data, gas=GAS, abis=())
    signed = sign_checked(signer, {**tx, "maxPriorityFeePerGas": tip, "maxFeePerGas": tx["maxFeePerGas"] + tip})
    broadcast(world.chain, signed)
    return signed.hash


def pending(url: str) -> list[dict]:
    block = raw(url, "eth_getBlockByNumber", "pending", True)
    return block["transactions"]


@pytest.mark.anvil
@pytest.mark.parametrize("times", [2, 100])
def test_a_copied_submission_with_a_higher_tip_never_gets_the_record(world, times):
    here, url = world
    proof = here.prove(here.bound(nonce=times))
    statement = statement_of(here.chain, here.gateway, here.model.model_id, proof.instances)
    raw(url, "evm_setAutomine", False)
    try:
        honest = sent(here, OWNER, submission(here, proof), TIP)
        (seen,) = [tx for tx in pending(url) if tx["hash"] == honest]
        copied = sent(here, OTHER, bytes.fromhex(seen["input"][2:]), times * TIP)
        # The same for another account, should the gateway take the sender's word for it.
        relabelled = seen["input"].replace(OWNER.address[2:].lower(), OTHER.address[2:].lower())
        assert relabelled != seen["input"]
        raw(url, "evm_mine")
    finally:
        raw(url, "evm_setAutomine", True)
    first, second = here.chain.raw_receipt(copied), here.chain.raw_receipt(honest)
    assert first is not None
    assert second is not None
    assert int(first["transactionIndex"], 16) < int(second["transactionIndex"], 16)  # it did come first
    assert (int(first["status"], 16), int(second["status"], 16)) == (0, 1)
    record = record_of(here.chain, here.gateway, statement)
    assert record is not None
    assert record.account.lower() == OWNER.address.lower()
    refused = here.chain.call(here.gateway.address, bytes.fromhex(relabelled[2:]), sender=OTHER.address)
    error = decode_error(here.gateway.abi, refused.data)
    assert error is not None
    assert error[0] in ("BindingMismatch", "AlreadyRecorded")
