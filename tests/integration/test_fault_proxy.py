"""Each fault of the proxy, seen from outside, in front of real nodes."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.chains import anvil_of, raw
from zkchain.chain.client import Chain, connect
from zkchain.chain.gas import TX_GAS_CAP
from zkchain.chain.signer import SignedTx, dev_signer
from zkchain.errors import ConnectionFailed, RpcError, WrongChain
from zkchain.records import Network
from zkchain.testing.fault_plan import Rule
from zkchain.testing.fault_proxy import FaultProxy, fault_proxy
from zkchain.testing.faults import (
    Body,
    Delay,
    DropAfter,
    DropBefore,
    Duplicate,
    Fault,
    HttpStatus,
    Huge,
    OneOf,
    Reorder,
    Rewrite,
    RpcRefusal,
    Silence,
    Slow,
)
from zkchain.testing.node_texts import NODE_TEXTS
from zkchain.testing.rewrites import always, frozen, scaled, with_field

SEND = "eth_sendRawTransaction"
OWNER, GWEI = dev_signer(0), 10**9


@pytest.fixture
def proxied(chain: Chain) -> Iterator[Callable[..., FaultProxy]]:
    """A proxy in front of the session's devnet, for one fault of one method."""
    opened = []

    def opener(*rules: Rule, **options: Any) -> FaultProxy:
        opened.append(fault_proxy(chain.network.rpc_url, *rules, **options))
        return opened[-1].__enter__()

    yield opener
    for one in opened:
        one.__exit__(None, None, None)


def ask(url: str, method: str, *params: Any, timeout: float = 20) -> requests.Response:
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, json=body, timeout=timeout)


def result(url: str, method: str, *params: Any) -> Any:
    return ask(url, method, *params).json()["result"]


def signed(nonce: int, *, fee: int = 10 * GWEI, tip: int = GWEI, gas: int = 21_000) -> SignedTx:
    fields = {"chainId": 31337, "value": 0, "data": "0x", "to": OWNER.address}
    return OWNER.sign({**fields, "nonce": nonce, "gas": gas, "maxFeePerGas": fee, "maxPriorityFeePerGas": tip})


def hexed(tx: SignedTx) -> str:
    return "0x" + tx.raw.hex()


def test_without_rules_it_is_the_node(chain, proxied):
    proxy = proxied()
    direct = ask(chain.network.rpc_url, "eth_getBlockByNumber", "latest", False).json()
    assert ask(proxy.url, "eth_getBlockByNumber", "latest", False).json() == direct
    assert ask(proxy.url, "no_such_method").json() == ask(chain.network.rpc_url, "no_such_method").json()
    batch = [{"jsonrpc": "2.0", "id": number, "method": "eth_chainId", "params": []} for number in (1, 2)]
    assert [item["result"] for item in requests.post(proxy.url, json=batch, timeout=20).json()] == ["0x7a69"] * 2
    assert proxy.seen == {"eth_getBlockByNumber": 1, "no_such_method": 1, "batch": 1}
    assert proxy.struck == []


def test_what_is_dropped_before_the_node_never_reaches_it(chain, proxied):
    proxy = proxied(Rule(fault=DropBefore(), methods={SEND}))
    with pytest.raises(requests.ConnectionError):
        ask(proxy.url, SEND, hexed(signed(0)))
    assert chain.nonce(OWNER.address) == 0
    assert result(proxy.url, "eth_chainId") == "0x7a69"
    assert proxy.struck == [(SEND, DropBefore())]


@pytest.mark.parametrize(
    "fault",
    [
        DropAfter(),
        Silence(0.2, after=True),
        HttpStatus(502, after=True),
        Body("empty", after=True),
        RpcRefusal("geth", "known", after=True),
    ],
    ids=str,
)
def test_what_is_lost_afterwards_has_happened(chain, proxied, fault):
    proxy = proxied(Rule(fault=fault, methods={SEND}))
    try:
        assert "result" not in ask(proxy.url, SEND, hexed(signed(0))).text
    except requests.ConnectionError:
        assert isinstance(fault, DropAfter | Silence)
    assert chain.nonce(OWNER.address) == 1


def test_a_request_that_is_doubled_reaches_the_node_twice(chain, proxied):
    proxy = proxied(Rule(fault=Duplicate(), methods={SEND, "evm_mine"}))
    before = chain.block_number()
    assert "result" in ask(proxy.url, "evm_mine").json()
    assert chain.block_number() == before + 2
    assert "error" in ask(proxy.url, SEND, hexed(signed(0))).json()  # what the node says to the second one
    assert chain.nonce(OWNER.address) == 1


def test_a_delayed_answer_comes_late(proxied):
    proxy = proxied(Rule(fault=Delay(0.4), methods={"eth_chainId"}))
    started = time.monotonic()
    assert result(proxy.url, "eth_chainId") == "0x7a69"
    assert time.monotonic() - started >= 0.4


def test_a_reordered_send_comes_after_the_next_one(chain, proxied):
    """The first one to arrive has the second nonce, which no node takes before the first."""
    proxy = proxied(Rule(fault=Reorder(10.0), methods={SEND}, limit=1))
    answers: dict[str, dict[str, Any]] = {}
    early = threading.Thread(target=lambda: answers.update(early=ask(proxy.url, SEND, hexed(signed(1))).json()))
    early.start()
    while not proxy.struck:
        time.sleep(0.01)
    answers["late"] = ask(proxy.url, SEND, hexed(signed(0))).json()
    early.join()
    assert answers["early"].get("result") == signed(1).hash
    assert answers["late"].get("result") == signed(0).hash
    assert chain.nonce(OWNER.address) == 2


def test_a_reordered_request_that_nothing_overtakes_goes_on_alone(proxied):
    assert result(proxied(Rule(fault=Reorder(0.1))).url, "eth_chainId") == "0x7a69"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_http_errors_have_their_status_and_header(proxied, status):
    found = ask(proxied(Rule(fault=HttpStatus(status, retry_after=3))).url, "eth_chainId")
    assert (found.status_code, found.headers["Retry-After"]) == (status, "3")


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        (Body("html"), RpcError),
        (Body("empty"), RpcError),
        (Body("truncated"), RpcError),
        (Body("no result"), RpcError),
        (Body("a list"), RpcError),
        (HttpStatus(429), ConnectionFailed),
        (HttpStatus(503), ConnectionFailed),
        (DropBefore(), ConnectionFailed),
        (RpcRefusal("besu", "funds"), RpcError),
        (Rewrite(always("0x1")), WrongChain),
        (Rewrite(always(None)), RpcError),
    ],
    ids=["html", "empty", "truncated", "no result", "a list", "429", "503", "dropped", "refused", "chain", "null"],
)
def test_our_client_names_each_of_them(proxied, fault, ours):
    network = Network(name="odd", rpc_url=proxied(Rule(fault=fault)).url, chain_id=31337)
    with pytest.raises(ours):
        connect(network)


def test_a_wrong_id_is_the_answer_to_somebody_else(proxied):
    found = ask(proxied(Rule(fault=Body("wrong id"))).url, "eth_chainId").json()
    assert found == {"jsonrpc": "2.0", "id": "somebody else's", "result": "0x7a69"}


def test_a_huge_body_is_as_huge_as_it_says(proxied):
    proxy = proxied(Rule(fault=Huge(5 * 2**20)))
    with requests.post(proxy.url, json={"method": "eth_chainId"}, timeout=20, stream=True) as answer:
        assert sum(len(piece) for piece in answer.iter_content(2**16)) >= 5 * 2**20


def test_a_slow_body_comes_byte_by_byte_and_whole(proxied):
    started = time.monotonic()
    assert result(proxied(Rule(fault=Slow(0.01))).url, "eth_chainId") == "0x7a69"
    assert time.monotonic() - started >= 0.3
    proxy = proxied(Rule(fault=Slow(5.0)))
    with pytest.raises(requests.RequestException):
        # The timeout is between bytes; whoever wants a deadline has to keep time.
        ask(proxy.url, "eth_chainId", timeout=0.3)


def test_results_are_rewritten(proxied):
    rules = {
        "eth_chainId": always("0x1"),
        "eth_blockNumber": frozen(),
        "eth_estimateGas": scaled(0.5),
        "eth_getBlockByNumber": with_field("hash", "0x" + "ab" * 32),
    }
    proxy = proxied(*(Rule(fault=Rewrite(change), methods={method}) for method, change in rules.items()))
    assert result(proxy.url, "eth_chainId") == "0x1"
    head = result(proxy.url, "eth_blockNumber")
    result(proxy.url, "evm_mine")
    assert result(proxy.url, "eth_blockNumber") == head
    assert int(result(proxy.url, "eth_estimateGas", {"to": OWNER.address}), 16) < 21_000
    assert result(proxy.url, "eth_getBlockByNumber", "latest", False)["hash"] == "0x" + "ab" * 32


@pytest.mark.parametrize("client", NODE_TEXTS)
def test_every_client_says_it_in_its_own_words(proxied, client):
    for refusal, text in NODE_TEXTS[client].items():
        proxy = proxied(Rule(fault=RpcRefusal(client, refusal), methods={SEND}))
        assert ask(proxy.url, SEND, "0x").json()["error"] == {"code": text.code, "message": text.message}


def test_several_faults_take_turns(proxied):
    faults: tuple[Fault, ...] = (HttpStatus(429), Body("html"))
    proxy = proxied(Rule(fault=OneOf(faults)))
    found = [ask(proxy.url, "eth_chainId") for _ in range(4)]
    assert [(one.status_code, one.text[:3]) for one in found] == [(429, "ups"), (200, "<!D")] * 2


def test_the_same_seed_makes_a_run_again(proxied):
    rule = Rule(fault=HttpStatus(500), rate=0.3)
    runs = [proxied(rule, seed=seed) for seed in (5, 5, 6)]
    fates = [[ask(proxy.url, "eth_chainId").status_code for _ in range(40)] for proxy in runs]
    assert fates[0] == fates[1] != fates[2]
    assert 200 in fates[0]
    assert 500 in fates[0]


def test_a_node_that_is_down_refuses_connections_and_comes_back_at_the_same_address(proxied):
    proxy = proxied()
    place = urlsplit(proxy.url)
    with requests.Session() as kept:
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        assert kept.post(proxy.url, json=body, timeout=5).ok
        proxy.down()
        with pytest.raises(requests.ConnectionError):
            kept.post(proxy.url, json=body, timeout=5)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port), timeout=5)
    proxy.up()
    assert result(proxy.url, "eth_chainId") == "0x7a69"
    proxy.obey(Rule(fault=HttpStatus(500)))
    assert ask(proxy.url, "eth_chainId").status_code == 500


def test_a_node_that_is_gone_behind_the_proxy_is_a_bad_gateway():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with fault_proxy(f"http://127.0.0.1:{port}") as proxy:
        assert ask(proxy.url, "eth_chainId").status_code == 502


# geth's rules on top of anvil


@pytest.fixture(scope="module")
def idle() -> Iterator[Network]:
    """An anvil that mines only when told, so that transactions stay in its pool."""
    with anvil_of(31337, "--no-mining") as network:
        yield network


@pytest.fixture
def strict(idle: Network) -> Iterator[FaultProxy]:
    mark = raw(idle.rpc_url, "evm_snapshot")
    with fault_proxy(idle.rpc_url, strict=True) as proxy:
        yield proxy
    raw(idle.rpc_url, "anvil_dropAllTransactions")
    assert raw(idle.rpc_url, "evm_revert", mark)


def said(proxy: FaultProxy, tx: SignedTx) -> str:
    found = ask(proxy.url, SEND, hexed(tx)).json()
    if "result" in found:
        assert found["result"] == tx.hash
        return "accepted"
    return str(found["error"]["message"])


@pytest.mark.anvil
@pytest.mark.parametrize(
    ("fee", "tip", "words"),
    [
        (1_100, 110, "accepted"),
        (1_099, 110, "replacement transaction underpriced"),
        (1_100, 109, "replacement transaction underpriced"),
        (1_000, 110, "replacement transaction underpriced"),
        (2_000, 100, "replacement transaction underpriced"),
    ],
)
def test_a_replacement_raises_both_fees_by_a_tenth(strict, fee, tip, words):
    assert said(strict, signed(0, fee=1_000 * GWEI, tip=100 * GWEI)) == "accepted"
    assert said(strict, signed(0, fee=fee * GWEI, tip=tip * GWEI)) == words
    assert strict.pool is not None
    assert strict.pool.replacements == 1
    assert strict.pool.refused == ([] if words == "accepted" else [words])


@pytest.mark.anvil
def test_anvil_alone_is_laxer(idle, strict):
    """Or this layer would not be needed."""
    assert said(strict, signed(0, fee=1_000 * GWEI, tip=100 * GWEI)) == "accepted"
    lax = ask(idle.rpc_url, SEND, hexed(signed(0, fee=1_001 * GWEI, tip=100 * GWEI))).json()
    assert "result" in lax


@pytest.mark.anvil
def test_what_is_pending_is_known_and_what_was_mined_used_its_nonce(idle, strict):
    first = signed(0)
    assert said(strict, first) == "accepted"
    assert said(strict, first) == "already known"
    raw(idle.rpc_url, "evm_mine")
    for late in (first, signed(0, fee=100 * GWEI, tip=50 * GWEI)):
        assert said(strict, late) == "nonce too low: next nonce 1, tx nonce 0"


@pytest.mark.anvil
def test_what_the_node_lost_can_be_sent_again_at_any_price(idle, strict):
    first = signed(0, fee=100 * GWEI)
    assert said(strict, first) == "accepted"
    raw(idle.rpc_url, "anvil_dropTransaction", first.hash)
    assert said(strict, signed(0, fee=50 * GWEI)) == "accepted"


@pytest.mark.anvil
@pytest.mark.parametrize(
    ("tx", "words"),
    [
        (signed(0, gas=TX_GAS_CAP + 1), "gas limit too high"),
        (signed(0, fee=GWEI, tip=2 * GWEI), "max priority fee per gas higher than max fee per gas"),
        (signed(0, tip=0), "gas tip cap 0, minimum needed 1"),
    ],
)
def test_fees_and_gas_are_limited(strict, tx, words):
    assert words in said(strict, tx)


@pytest.mark.anvil
def test_a_gap_waits_as_it_does_in_geths_queue(idle, strict):
    assert said(strict, signed(1)) == "accepted"
    assert said(strict, signed(0)) == "accepted"
    raw(idle.rpc_url, "evm_mine")
    assert raw(idle.rpc_url, "eth_getTransactionCount", OWNER.address, "latest") == "0x2"


@pytest.mark.anvil
def test_what_is_no_transaction_is_left_to_the_node(strict):
    assert "error" in json.loads(ask(strict.url, SEND, "0x00").text)
