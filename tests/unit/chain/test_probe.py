"""The probe against good chains and against chains that lack, or fake, a precompile."""

import pytest

from tests.support.chains import raw
from tests.support.rpc_server import RpcAnswer, rpc_server
from zkchain.chain.client import Chain, connect
from zkchain.chain.probe import PROBE_VECTORS, probe_precompiles
from zkchain.errors import ChainUnfit, RpcError
from zkchain.records import Network


def test_a_devnet_is_fit(chain: Chain):
    probe_precompiles(chain)


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
