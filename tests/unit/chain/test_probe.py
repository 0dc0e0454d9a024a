"""The probe against good chains, against an old one, and against chains that lack, or fake, a precompile."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.chains import need, raw
from tests.support.rpc_server import RpcAnswer, rpc_server
from zkchain.chain.anvil import anvil_command, find_anvil
from zkchain.chain.client import Chain, connect
from zkchain.chain.probe import PROBE_VECTORS, probe_chain, probe_instructions, probe_limits, probe_precompiles
from zkchain.errors import ChainUnfit, ConnectionFailed, RpcError
from zkchain.records import Network


def test_a_devnet_is_fit(chain: Chain):
    probe_chain(chain)
    probe_limits(chain)


@contextmanager
def anvil(*options: str) -> Iterator[Chain]:
    """A node with these options."""
    need("anvil")
    binary = find_anvil()
    assert binary is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([*anvil_command(binary, port, 31337), *options]) as node:
        try:
            yield patient(Network(name="old", rpc_url=f"http://127.0.0.1:{port}", chain_id=31337))
        finally:
            node.terminate()


@pytest.mark.anvil
@pytest.mark.parametrize(("fork", "fit"), [("paris", False), ("shanghai", True)])
def test_a_chain_before_shanghai_is_unfit(fork: str, fit: bool):
    with anvil("--hardfork", fork) as chain:
        if fit:
            probe_chain(chain)
        else:
            with pytest.raises(ChainUnfit, match=r"'old'.*PUSH0"):
                probe_chain(chain)


@pytest.mark.anvil
@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--code-size-limit", "24575", "no contract of 24,576 bytes"),
        ("--gas-limit", "5999999", "5,999,999 gas in a block"),
    ],
)
def test_a_chain_that_is_too_narrow_for_a_verifier_is_unfit(option: str, value: str, reason: str):
    with anvil(option, value) as chain:
        probe_chain(chain)
        with pytest.raises(ChainUnfit, match=reason):
            probe_limits(chain)
    with anvil(option, str(int(value) + 1)) as chain:
        probe_limits(chain)


def patient(network: Network) -> Chain:
    for _ in range(100):
        try:
            return connect(network)
        except ConnectionFailed:
            time.sleep(0.1)
    return connect(network)


@pytest.mark.parametrize("answer", ["0x", "0x" + "00" * 32], ids=["nothing", "zero"])
def test_a_node_that_makes_up_an_answer_is_unfit(devnet, answer: str):
    with rpc_server(lambda method, _: answer if method == "eth_call" else "0x7a69") as url:
        chain = connect(Network(name="odd", rpc_url=url, chain_id=31337))
        with pytest.raises(ChainUnfit, match="PUSH0"):
            probe_instructions(chain)


def test_there_is_a_right_and_a_wrong_input_for_each_precompile():
    for precompile in (5, 6, 7, 8):
        mine = [vector for vector in PROBE_VECTORS if vector.precompile == precompile]
        answers = {vector.answer for vector in mine}
        assert len(answers) > 1
        assert precompile == 5 or None in answers


def faked(real: str, precompile: int, answer):
    """The real chain, but for one precompile."""

    def rewritten(method, params):
        if method == "eth_call" and int(params[0]["to"], 16) == precompile:
            return answer(params)
        if method == "eth_chainId":
            return "0x7a69"
        return raw(real, method, *params)

    def guarded(method, params):
        from zkchain.chain.rpc import ExecutionRefused

        try:
            return rewritten(method, params)
        except ExecutionRefused as refused:
            raise RpcAnswer({"code": 3, "message": "execution reverted", "data": "0x"}) from refused

    return guarded


def refuse(params):
    raise RpcAnswer({"code": -32000, "message": "execution reverted"})


ANSWERS = {
    "nothing, as an address without code": lambda params: "0x",
    "always one": lambda params: "0x" + "00" * 31 + "01",
    "always zero": lambda params: "0x" + "00" * 32,
    "its input": lambda params: params[0]["data"],
    "a refusal": refuse,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("precompile", [5, 6, 7, 8])
def test_a_precompile_that_is_missing_or_faked_makes_the_chain_unfit(devnet, precompile: int, answer):
    """T22"""
    with rpc_server(faked(devnet.rpc_url, precompile, answer)) as url:
        chain = connect(Network(name="odd-rollup", rpc_url=url, chain_id=31337))
        with pytest.raises(ChainUnfit, match=f"odd-rollup.*0x0{precompile}") as caught:
            probe_precompiles(chain)
    assert caught.value.facts["precompile"] == precompile


def test_a_node_that_does_not_answer_gives_no_verdict(devnet):
    def tired(params):
        raise RpcAnswer({"code": -32005, "message": "rate limited"})

    with rpc_server(faked(devnet.rpc_url, 8, tired)) as url, pytest.raises(RpcError):
        probe_precompiles(connect(Network(name="tired", rpc_url=url, chain_id=31337)))
