"""Transactions on both engines, and through a proxy that lies, loses and repeats."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.chains import network_of, raw
from tests.support.rpc_server import RawAnswer, RpcAnswer, rpc_server
from tests.support.txs import until
from zkchain.chain.anvil import anvil_command, find_anvil
from zkchain.chain.client import Chain, connect
from zkchain.chain.deploy import deploy_code, deploy_contract
from zkchain.chain.devnet_state import DevnetInfo
from zkchain.chain.signer import KeySigner, SignedTx, dev_signer, key_signer
from zkchain.chain.transact import broadcast, prepare, send, sign_checked
from zkchain.errors import (
    ContractTooLarge,
    DeploymentDrift,
    DevKeyRefused,
    InsufficientFunds,
    NonceTaken,
    RpcError,
    TransactionError,
    TransactionReverted,
    TransactionUnknown,
    WrongChain,
)
from zkchain.records import ContractArtifact, Network
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import Digest

OWNER = dev_signer(0)
FRIEND = dev_signer(1).address
POOR = key_signer("5e" * 32, source="test")


def runtime_of(code: str) -> bytes:
    """Creation code that deploys these bytes."""
    body = bytes.fromhex(code)
    return bytes.fromhex(f"61{len(body):04x}80600a3d393df3") + body


#: Reverts with Panic(0x11), with Error("no"), with nothing; burns all gas.
PANIC = runtime_of("634e487b7160e01b600052601160045260246000fd")
SILENT = runtime_of("60006000fd")
BURNER = runtime_of("5b600056")

Rewrite = Callable[[str, list[Any], Callable[[], Any]], Any]


@contextmanager
def through(url: str, rewrite: Rewrite) -> Iterator[Chain]:
    """A connection by way of a proxy; `rewrite` gets method, params, and a function that asks the real node."""

    def answer(method: str, params: list[Any]) -> Any:
        def ask() -> Any:
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as response:
                reply = json.load(response)
            if "error" in reply:
                raise RpcAnswer(reply["error"])
            return reply["result"]

        return rewrite(method, params, ask)

    with rpc_server(answer) as proxy:
        yield connect(Network(name="proxied", rpc_url=proxy, chain_id=31337))


def test_a_transfer_of_nothing_is_mined(chain: Chain, signer: KeySigner):
    stages: list[str] = []
    receipt = send(chain, signer, to=FRIEND, data=b"", report=lambda stage, part=None: stages.append(stage))
    assert receipt.status == 1
    assert receipt.gas_used == 21000
    assert receipt.sender == signer.address
    assert receipt.contract_address is None
    assert stages == ["preparing transaction", "sending transaction", "waiting for receipt"]
    assert chain.nonce(signer.address) == 1


def test_the_hash_is_known_before_anything_is_sent(chain: Chain, signer: KeySigner):
    signed = sign_checked(signer, prepare(chain, signer.address, to=FRIEND, data=b"", gas=None, abis=()))
    assert not chain.knows(signed.hash)
    broadcast(chain, signed)
    until(lambda: chain.receipt(signed.hash) is not None)


def test_sending_the_same_bytes_again_has_one_effect(chain: Chain, signer: KeySigner):
    """T79"""
    signed = sign_checked(signer, prepare(chain, signer.address, to=FRIEND, data=b"", gas=None, abis=()))
    broadcast(chain, signed)
    broadcast(chain, signed)
    assert chain.nonce(signer.address) == 1


def test_a_used_nonce_is_refused(chain: Chain, signer: KeySigner):
    tx = prepare(chain, signer.address, to=FRIEND, data=b"", gas=None, abis=())
    broadcast(chain, sign_checked(signer, tx))
    until(lambda: chain.mined_nonce(signer.address) == 1)  # an anvil makes a block a moment later
    with pytest.raises(NonceTaken, match="nonce too low"):
        broadcast(chain, sign_checked(signer, {**tx, "data": "0x01", "gas": 30000}))


def test_an_empty_account_cannot_pay(chain: Chain):
    with pytest.raises(InsufficientFunds) as caught:
        send(chain, POOR, to=FRIEND, data=b"")
    assert caught.value.facts["balance"] == 0
    tx = {**prepare(chain, OWNER.address, to=FRIEND, data=b"", gas=None, abis=()), "nonce": 0}
    with pytest.raises(InsufficientFunds):
        broadcast(chain, sign_checked(POOR, tx))


@pytest.mark.parametrize(
    ("creation", "words"),
    [(PANIC, "Panic\\(0x11\\)"), (SILENT, "no reason|execution reverted")],
    ids=["panic", "silent"],
)
def test_a_revert_is_found_by_the_estimate_or_after_mining(
    chain: Chain, signer: KeySigner, creation: bytes, words: str
):
    _, address = deploy_code(chain, signer, creation)
    nonce = chain.nonce(signer.address)
    with pytest.raises(TransactionReverted, match=words):
        send(chain, signer, to=address, data=b"")
    assert chain.nonce(signer.address) == nonce
    with pytest.raises(TransactionReverted) as caught:
        send(chain, signer, to=address, data=b"", gas=100_000)
    assert chain.nonce(signer.address) == nonce + 1
    assert chain.knows(caught.value.facts["tx_hash"])


def test_running_out_of_gas_is_said(chain: Chain, signer: KeySigner):
    _, address = deploy_code(chain, signer, BURNER)
    with pytest.raises(TransactionReverted, match="ran out of gas at its limit of 60,000"):
        send(chain, signer, to=address, data=b"", gas=60_000)


@pytest.mark.parametrize("gas", [20_999, 16_777_217, 10**12])
def test_a_limit_that_no_chain_takes_is_refused_before_sending(chain: Chain, signer: KeySigner, gas: int):
    with pytest.raises(TransactionError, match="16,777,216"):
        send(chain, signer, to=FRIEND, data=b"", gas=gas)
    assert chain.nonce(signer.address) == 0


def test_a_contract_is_deployed_and_its_code_checked(chain: Chain, signer: KeySigner):
    registry, gateway = load_artifact("ModelRegistry"), load_artifact("InferenceGateway")
    _, registry_at = deploy_contract(chain, signer, registry, ())
    receipt, gateway_at = deploy_contract(chain, signer, gateway, (registry_at,))
    assert receipt.contract_address == gateway_at
    assert chain.code_at(registry_at) == registry.deployed_bytecode
    assert chain.code_at(gateway_at) != gateway.deployed_bytecode  # the immutable is filled in
    assert len(chain.code_at(gateway_at)) == len(gateway.deployed_bytecode)


def test_a_constructor_that_refuses_is_decoded(chain: Chain, signer: KeySigner):
    with pytest.raises(TransactionReverted) as caught:
        deploy_contract(chain, signer, load_artifact("InferenceGateway"), (FRIEND,))
    assert caught.value.facts["error"] == "NoCode"


@pytest.mark.parametrize("args", [(), (1,), ("0x12",), (FRIEND, FRIEND)])
def test_constructor_arguments_that_do_not_fit_are_refused(chain: Chain, signer: KeySigner, args: tuple[Any, ...]):
    with pytest.raises(ValueError, match="constructor"):
        deploy_contract(chain, signer, load_artifact("InferenceGateway"), args)
    assert chain.nonce(signer.address) == 0


def test_code_that_differs_from_the_artifact_is_found(chain: Chain, signer: KeySigner):
    honest = load_artifact("ModelRegistry")
    wrong = bytearray(honest.deployed_bytecode)
    wrong[100] ^= 1 if wrong[100] != 1 else 2
    other = ContractArtifact.from_json({**honest.to_json(), "deployed_bytecode": "0x" + wrong.hex()})
    with pytest.raises(DeploymentDrift):
        deploy_contract(chain, signer, other, ())
    with pytest.raises(DeploymentDrift):
        deploy_code(chain, signer, SILENT, runtime=b"\x00")
    with pytest.raises(DeploymentDrift):
        deploy_code(chain, signer, bytes.fromhex("60006000f3"))


@pytest.mark.parametrize(("runtime", "creation"), [(24_577, 100), (100, 49_153)], ids=["EIP-170", "EIP-3860"])
def test_a_contract_beyond_the_limits_is_refused_before_sending(
    chain: Chain, signer: KeySigner, runtime: int, creation: int
):
    artifact = ContractArtifact(
        name="Huge",
        abi=(),
        bytecode=bytes(creation),
        deployed_bytecode=bytes(runtime),
        compiler="none",
        solc_input="",
    )
    with pytest.raises(ContractTooLarge):
        deploy_contract(chain, signer, artifact, ())
    assert chain.nonce(signer.address) == 0


def test_a_creation_that_needs_more_gas_than_the_cap_is_too_large(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    """EIP-7825, which neither engine enforces."""

    def expensive(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        return hex(17_000_000) if method == "eth_estimateGas" else ask()

    with through(devnet.rpc_url, expensive) as proxied, pytest.raises(ContractTooLarge, match="16,777,216"):
        deploy_code(proxied, signer, SILENT)
    assert chain.nonce(signer.address) == 0


def test_an_answer_lost_after_forwarding_is_found_by_hash(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    """T77"""

    def lossy(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        result = ask()
        if method == "eth_sendRawTransaction":
            raise RawAnswer(504, b"")
        return result

    with through(devnet.rpc_url, lossy) as proxied:
        assert send(proxied, signer, to=FRIEND, data=b"").status == 1
    assert chain.nonce(signer.address) == 1


def test_a_transaction_that_never_arrived_is_unknown_and_its_hash_is_given(
    devnet: DevnetInfo, chain: Chain, signer: KeySigner
):
    """T78"""

    def swallowing(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_sendRawTransaction":
            raise RawAnswer(504, b"")
        return ask()

    with through(devnet.rpc_url, swallowing) as proxied, pytest.raises(TransactionUnknown) as caught:
        send(proxied, signer, to=FRIEND, data=b"", timeout=0.3)
    assert str(caught.value.facts["tx_hash"]) in str(caught.value)
    assert not chain.knows(Digest(str(caught.value.facts["tx_hash"])))
    assert chain.nonce(signer.address) == 0


def test_a_node_that_fails_while_we_wait_is_asked_again(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    failures = iter([RawAnswer(503, b""), RpcAnswer({"code": -1, "message": "busy"}), None])

    def flapping(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_getTransactionReceipt":
            failure = next(failures, None)
            if failure is not None:
                raise failure
        return ask()

    with through(devnet.rpc_url, flapping) as proxied:
        assert send(proxied, signer, to=FRIEND, data=b"").status == 1


@pytest.mark.parametrize("text", ["already known", "AlreadyKnown: already imported", "nonce too low"])
def test_a_refusal_of_what_the_node_has_already_is_no_failure(
    devnet: DevnetInfo, chain: Chain, signer: KeySigner, text: str
):
    """T76, T79"""

    def forwards_and_complains(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        result = ask()
        if method == "eth_sendRawTransaction":
            raise RpcAnswer({"code": -32000, "message": text})
        return result

    with through(devnet.rpc_url, forwards_and_complains) as proxied:
        assert send(proxied, signer, to=FRIEND, data=b"").status == 1
    assert chain.nonce(signer.address) == 1


def test_another_hash_than_ours_is_not_believed_and_ours_is_looked_up(
    devnet: DevnetInfo, chain: Chain, signer: KeySigner
):
    """T90"""

    def renaming(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        result = ask()
        return "0x" + "77" * 32 if method == "eth_sendRawTransaction" else result

    with through(devnet.rpc_url, renaming) as proxied:
        receipt = send(proxied, signer, to=FRIEND, data=b"")
        assert chain.knows(Digest(receipt.tx_hash))
        signed = sign_checked(signer, prepare(chain, signer.address, to=FRIEND, data=b"", gas=None, abis=()))
        with pytest.raises(RpcError, match="the node calls it"):
            broadcast(proxied, signed)
    assert chain.nonce(signer.address) == 2


def test_the_receipt_of_another_transaction_is_never_believed(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    """T90"""
    other = send(chain, signer, to=FRIEND, data=b"\x01")

    def swapping(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_getTransactionReceipt":
            return raw(devnet.rpc_url, method, other.tx_hash)
        return ask()

    with through(devnet.rpc_url, swapping) as proxied, pytest.raises(TransactionUnknown, match="got that of"):
        send(proxied, signer, to=FRIEND, data=b"", timeout=0.3)


def test_a_chain_id_that_changes_is_found_before_signing(devnet: DevnetInfo, chain: Chain):
    """T91"""
    asked = iter(["0x7a69"])

    def changing(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        return next(asked, "0x1") if method == "eth_chainId" else ask()

    class Watched(KeySigner):
        def sign(self, tx: Any) -> SignedTx:
            raise AssertionError("nothing may be signed")

    with through(devnet.rpc_url, changing) as proxied, pytest.raises(WrongChain):
        send(proxied, Watched(bytes.fromhex("5e" * 32)), to=FRIEND, data=b"")


def test_a_chain_without_a_base_fee_gets_an_old_transaction(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    """T103"""

    def old(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        result = ask()
        if method == "eth_getBlockByNumber":
            result.pop("baseFeePerGas")
        return result

    with through(devnet.rpc_url, old) as proxied:
        tx = prepare(proxied, signer.address, to=FRIEND, data=b"", gas=None, abis=())
        assert "maxFeePerGas" not in tx
        receipt = send(proxied, signer, to=FRIEND, data=b"")
    assert raw(devnet.rpc_url, "eth_getTransactionByHash", receipt.tx_hash)["type"] == "0x0"


def test_a_node_without_an_opinion_on_tips_is_no_trouble(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    def mute(method: str, params: list[Any], ask: Callable[[], Any]) -> Any:
        if method == "eth_maxPriorityFeePerGas":
            raise RpcAnswer({"code": -32601, "message": "method not found"})
        return ask()

    with through(devnet.rpc_url, mute) as proxied:
        assert send(proxied, signer, to=FRIEND, data=b"").status == 1


@dataclass(frozen=True)
class Liar:
    """A signer that claims another account than the one that signs, or another hash."""

    address: Any
    wrong_hash: bool = False

    def sign(self, tx: Any) -> SignedTx:
        signed = OWNER.sign(tx)
        return SignedTx(signed.raw, Digest("0x" + "11" * 32)) if self.wrong_hash else signed


@pytest.mark.parametrize("liar", [Liar(FRIEND), Liar(OWNER.address, wrong_hash=True)], ids=["account", "hash"])
def test_a_signature_that_is_not_what_it_should_be_is_not_sent(chain: Chain, liar: Liar):
    """T102"""
    with pytest.raises(TransactionError, match="nothing was sent"):
        send(chain, liar, to=FRIEND, data=b"")
    assert chain.nonce(OWNER.address) == 0
    assert chain.nonce(FRIEND) == 0


@pytest.mark.anvil
def test_a_development_key_is_refused_on_a_chain_that_is_no_devnet(tmp_path):
    """T101, on a real node with chain id 1 whose development accounts are funded."""
    import os
    import socket
    import subprocess
    import time

    from tests.support.chains import need

    need("anvil")
    binary = find_anvil()
    assert binary is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    node = subprocess.Popen(anvil_command(binary, port, 1), env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    try:
        network = Network(name="main", rpc_url=f"http://127.0.0.1:{port}", chain_id=1)
        deadline = time.monotonic() + 20
        while True:
            try:
                chain = connect(network)
                break
            except Exception:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        with pytest.raises(DevKeyRefused):
            send(chain, OWNER, to=FRIEND, data=b"")
        assert chain.nonce(OWNER.address) == 0
        with pytest.raises(WrongChain):
            connect(Network(name="local", rpc_url=network.rpc_url, chain_id=31337))
    finally:
        node.terminate()
        node.wait(10)


def test_a_second_connection_sees_the_same_chain(devnet: DevnetInfo, chain: Chain, signer: KeySigner):
    send(chain, signer, to=FRIEND, data=b"")
    assert connect(network_of(devnet, name="again")).nonce(signer.address) == 1
