"""Other people's tools on our devnet: web3's own high-level API must work on both engines alike."""

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError

from tests.support.chains import raw
from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key
from zkchain.chain.devnet_state import DevnetInfo
from zkchain.solidity.artifacts import load_artifact


@pytest.fixture
def w3(devnet: DevnetInfo):
    mark = raw(devnet.rpc_url, "evm_snapshot")
    yield Web3(HTTPProvider(devnet.rpc_url))
    assert raw(devnet.rpc_url, "evm_revert", mark) is True


def test_the_basics(w3: Web3):
    assert w3.is_connected()
    assert w3.eth.chain_id == 31337
    assert w3.net.version == "31337"
    assert tuple(w3.eth.accounts[:10]) == DEV_ADDRESSES
    assert w3.eth.get_balance(DEV_ADDRESSES[0]) > 10**18
    assert w3.eth.syncing is False
    assert w3.eth.gas_price > 0
    assert w3.eth.max_priority_fee >= 0
    assert len(w3.eth.fee_history(1, "latest", [50])["baseFeePerGas"]) == 2
    assert w3.eth.get_block("latest")["gasLimit"] >= 30_000_000
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction("0x" + "77" * 32)


def test_a_contract_is_deployed_called_and_refuses_by_name(w3: Web3):
    artifact = load_artifact("ModelRegistry")
    factory = w3.eth.contract(abi=list(artifact.abi), bytecode="0x" + artifact.bytecode.hex())
    tx_hash = factory.constructor().transact({"from": DEV_ADDRESSES[0]})
    receipt = w3.eth.wait_for_transaction_receipt(tx_hash, timeout=10)
    assert receipt["status"] == 1
    registry = factory(receipt["contractAddress"])
    assert registry.functions.modelIdOf(DEV_ADDRESSES[0], bytes(32), DEV_ADDRESSES[1]).call() > 0
    with pytest.raises((ContractLogicError, Web3RPCError)) as caught:
        registry.functions.getVersion(7).call()
    assert "0x6d710e14" in str(caught.value.args) + str(getattr(caught.value, "data", ""))  # ModelNotFound(uint256)


def test_a_transaction_signed_elsewhere_is_taken(w3: Web3):
    account = Account.from_key(dev_key(2))
    tx = {
        "to": DEV_ADDRESSES[3],
        "value": 5,
        "gas": 21000,
        "nonce": w3.eth.get_transaction_count(account.address),
        "chainId": 31337,
        "maxFeePerGas": w3.eth.gas_price * 3,
        "maxPriorityFeePerGas": w3.eth.max_priority_fee,
    }
    tx_hash = w3.eth.send_raw_transaction(account.sign_transaction(tx).raw_transaction)
    receipt = w3.eth.wait_for_transaction_receipt(tx_hash, timeout=10)
    assert receipt["from"] == account.address
    found = w3.eth.get_transaction(tx_hash)
    assert found["value"] == 5
    assert found["type"] == 2
    block = w3.eth.get_block(receipt["blockNumber"], full_transactions=True)
    assert block["transactions"][0]["hash"] == tx_hash
    assert w3.eth.get_block(block["hash"])["number"] == receipt["blockNumber"]


def test_batches_are_answered(w3: Web3):
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_block("latest"))
        batch.add(w3.eth.get_balance(DEV_ADDRESSES[0]))
        block, balance = batch.execute()
    assert block["number"] >= 0
    assert balance > 0
