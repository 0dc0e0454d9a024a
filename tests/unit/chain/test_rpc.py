"""Foreign trouble stops at the adapter: every kind of bad answer has its own error, and no secret gets out."""

import inspect
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
import web3.exceptions

from tests.support.rpc_server import RawAnswer, RpcAnswer, rpc_server
from zkchain.chain.client import Chain, chain_id_of, connect
from zkchain.chain.pool import Pool
from zkchain.chain.rpc import ExecutionRefused, _translated, open_endpoint, request
from zkchain.chain.transport import BoundedAdapter
from zkchain.chain.urls import check_url, shown, without_secrets
from zkchain.errors import (
    ChainError,
    ConfigError,
    ConnectionFailed,
    HeadStale,
    InsufficientFunds,
    RpcError,
    WrongChain,
    ZkchainError,
)
from zkchain.records import Network
from zkchain.values import Address

SOMEONE = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
TOKEN = "s3cr3tTOKEN0123456789"


def network(url: str, chain_id: int = 31337) -> Network:
    return Network(name="test", rpc_url=url, chain_id=chain_id)


def chain_at(url: str) -> Chain:
    target = network(url)
    return Chain(target, Pool([open_endpoint(target, 5)], target.chain_id))


def always(result):
    def answer(method, params):
        if isinstance(result, Exception):
            raise result
        return result

    return answer


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (RawAnswer(429, b"slow down"), ConnectionFailed, "HTTP status 429"),
        (RawAnswer(503, b"<html>"), ConnectionFailed, "HTTP status 503"),
        (RawAnswer(401, TOKEN.encode()), ConnectionFailed, "HTTP status 401"),
        (RawAnswer(200, b"<html>login</html>"), RpcError, "not JSON"),
        (RawAnswer(200, b""), RpcError, "not JSON"),
        (RawAnswer(200, b'{"jsonrpc": "2.0", "id": 0, "resu'), RpcError, "not JSON"),
        (RawAnswer(200, b"[]"), RpcError, "neither a result nor an error"),
        (RawAnswer(200, b"{}"), RpcError, "neither a result nor an error"),
        (RawAnswer(200, b"\xff\xfe"), RpcError, "not JSON"),
        (RawAnswer(200, b"[" * 200_000), RpcError, "not JSON"),
        (RawAnswer(302, b"", {"Location": "http://127.0.0.1:9/"}), ConnectionFailed, "elsewhere"),
        (RpcAnswer({"code": -32601, "message": "no such method"}), RpcError, "no such method"),
        (RpcAnswer("only text"), RpcError, "only text"),
        (RpcAnswer({"code": -32000, "message": "insufficient funds for gas"}), InsufficientFunds, "insufficient"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_bad_answer_has_its_error(reply: Exception, error: type[ChainError], words: str):
    with rpc_server(always(reply)) as url, pytest.raises(error, match=words) as caught:
        chain_at(url).block_number()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("result", [None, "0xzz", "", {}, [], "zz", True])
def test_a_result_that_is_no_number_is_an_rpc_error(result: object):
    with rpc_server(always(result)) as url, pytest.raises(RpcError):
        chain_at(url).block_number()


@pytest.mark.parametrize("result", [None, 5, "0x0", "0xzz"])
def test_a_result_that_is_no_data_is_an_rpc_error(result: object):
    with rpc_server(always(result)) as url, pytest.raises(RpcError):
        chain_at(url).code_at(SOMEONE)


def test_a_receipt_of_another_transaction_is_an_rpc_error():
    receipt = {"transactionHash": "0x" + "22" * 32, "blockNumber": "0x1", "status": "0x1"}
    with rpc_server(always(receipt)) as url, pytest.raises(RpcError, match="asked for the receipt"):
        chain_at(url).receipt("0x" + "11" * 32)


@pytest.mark.parametrize("reply", [{"id": 77, "result": "0x1"}, {"id": "x", "error": {"message": "no"}}])
def test_the_answer_to_another_question_is_an_rpc_error(reply: dict[str, object]):
    """T94"""
    body = json.dumps({"jsonrpc": "2.0", **reply}).encode()
    with rpc_server(always(RawAnswer(200, body))) as url, pytest.raises(RpcError):
        chain_at(url).block_number()


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch):
    """T94"""
    monkeypatch.setattr(BoundedAdapter.__init__, "__defaults__", (1000,))
    with rpc_server(always("0x" + "0" * 2000)) as url, pytest.raises(RpcError, match="more than anyone asked for"):
        chain_at(url).block_number()


@contextmanager
def dripping(answer: bytes) -> Iterator[str]:
    """A server that gives a byte of its answer every tenth of a second."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

    def drip(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
            for byte in answer:
                connection.sendall(bytes([byte]))
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def test_an_answer_that_drips_is_given_up_in_time():
    """T94: no single read takes long, all of them together do."""
    with dripping(b'{"jsonrpc": "2.0", "id": 0, "result": "0x1"}' + b" " * 1000) as url:
        target = network(url)
        began = time.monotonic()
        with pytest.raises(ConnectionFailed, match="in time"):
            request(open_endpoint(target, 0.5), "eth_chainId")
        assert time.monotonic() - began < 5


def test_trouble_that_passes_is_asked_again_and_trouble_that_stays_is_not():
    """T94"""
    replies: list[Exception | None] = [RawAnswer(429, b""), RawAnswer(200, b"<html>"), None]
    asked = []

    def answer(method, params):
        asked.append(method)
        reply = replies.pop(0)
        if reply is not None:
            raise reply
        return "0x10"

    with rpc_server(answer) as url:
        assert chain_at(url).block_number() == 16
        assert len(asked) == 3
        for status in (401, 403, 404):
            replies[:], asked[:] = [RawAnswer(status, b"")] * 3, []
            with pytest.raises(ConnectionFailed):
                chain_at(url).block_number()
            assert len(asked) == 1


def test_a_send_is_never_tried_again():
    asked = []

    def answer(method, params):
        asked.append(method)
        raise RawAnswer(503, b"")

    with rpc_server(answer) as url, pytest.raises(ConnectionFailed):
        chain_at(url).send_raw(b"\x02")
    assert asked == ["eth_sendRawTransaction"]


def head_of(number: int, age: float = 0.0) -> dict[str, str]:
    return {"number": hex(number), "gasLimit": "0x1c9c380", "timestamp": hex(int(time.time() - age))}


def test_a_head_that_is_old_where_blocks_come_by_themselves_is_refused():
    """T89"""
    with rpc_server(always(head_of(5, age=3600))) as url:
        with pytest.raises(HeadStale):
            Chain(network(url, 1), Pool([open_endpoint(network(url, 1), 5)], 1)).fresh_head()
        # On chains whose blocks come when they are needed it says nothing.
        assert Chain(network(url, 99), Pool([open_endpoint(network(url, 99), 5)], 99)).fresh_head().number == 5


def test_an_endpoint_that_has_fallen_behind_is_left_for_one_that_has_not():
    """T89"""
    heights = {"first": 1000, "second": 1000}

    def node(name: str):
        return lambda method, params: "0x63" if method == "eth_chainId" else head_of(heights[name])

    with rpc_server(node("first")) as first, rpc_server(node("second")) as second:
        target = Network(name="far", rpc_url=first, chain_id=99, fallback_urls=(second,))
        chain = connect(target)
        assert chain.fresh_head().number == 1000
        heights["first"] = 900
        assert chain.fresh_head().number == 1000
        heights["second"] = 900
        with pytest.raises(HeadStale) as caught:
            chain.fresh_head()
        assert caught.value.facts["block"] == 900


def test_nobody_listening_is_a_failed_connection():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailed, match="could not be reached"):
        connect(network(f"http://127.0.0.1:{port}"))


def test_a_node_that_does_not_answer_is_a_failed_connection():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = network(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ConnectionFailed, match="in time"):
            connect(target, timeout=0.2)


def test_tls_to_a_plain_server_is_a_failed_connection():
    with rpc_server(always("0x1")) as url, pytest.raises(ConnectionFailed):
        connect(network(url.replace("http://", "https://")))


def test_another_chain_id_is_refused_at_connect():
    with rpc_server(always("0x1")) as url:
        with pytest.raises(WrongChain) as caught:
            connect(network(url))
        assert caught.value.facts == {"expected": 31337, "found": 1}
        assert connect(network(url, 1)).network.chain_id == 1
        assert chain_id_of(network(url)) == 1


@pytest.mark.parametrize(
    ("error", "data"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x1234"}, b"\x12\x34"),
        ({"code": 3, "message": "execution reverted"}, b""),
        ({"code": -32000, "message": "execution reverted"}, b""),
        ({"code": -32015, "message": "VM execution error.", "data": "Reverted 0x1234"}, b"\x12\x34"),
        ({"code": -32603, "message": "call failed", "data": {"data": "0x1234", "message": "x"}}, b"\x12\x34"),
        ({"code": -32000, "message": "out of gas"}, b""),
        ({"code": -32000, "message": "EVM error PrecompileError"}, b""),
        ({"code": -32000, "message": "execution halted: VMError"}, b""),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_refused_call_is_a_result_with_its_data(error: dict[str, object], data: bytes):
    with rpc_server(always(RpcAnswer(error))) as url:
        result = chain_at(url).call(SOMEONE, b"")
        assert not result.success
        assert result.data == data
        with pytest.raises(ExecutionRefused):
            chain_at(url).estimate_gas(SOMEONE, b"", SOMEONE)


def test_a_refusal_makes_no_sense_where_no_code_runs():
    """Nobody catches it there, and it is not of the error tree."""
    with rpc_server(always(RpcAnswer({"code": 3, "message": "execution reverted"}))) as url:
        for question in (chain_at(url).head, chain_at(url).gas_price, lambda: chain_at(url).nonce(SOMEONE)):
            with pytest.raises(RpcError, match="reverted"):
                question()


@pytest.mark.parametrize("message", ["rate limit", "header not found", "method not supported"])
def test_trouble_of_the_node_is_not_taken_for_a_refusal(message: str):
    """A smoke test must not count a tired node as "the verifier refused"."""
    with (
        rpc_server(always(RpcAnswer({"code": -32000, "message": message}))) as url,
        pytest.raises(RpcError, match=message),
    ):
        chain_at(url).call(SOMEONE, b"")


SECRET_URLS = [
    "http://127.0.0.1:{port}/v3/" + TOKEN,
    "http://127.0.0.1:{port}/?apikey=" + TOKEN,
    "http://user:" + TOKEN + "@127.0.0.1:{port}/",
    "http://" + TOKEN + "@127.0.0.1:{port}/path",
    "http://127.0.0.1:{port}/#" + TOKEN,
]


def texts_of(error: BaseException | None) -> str:
    """Everything that a report could print of an error: message, facts, repr, and its causes."""
    parts = []
    while error is not None:
        parts += [str(error), repr(error)]
        if isinstance(error, ZkchainError):
            parts += [str(error.to_json()), str(error.facts)]
        error = error.__cause__
    return "\n".join(parts)


@pytest.mark.parametrize("template", SECRET_URLS)
@pytest.mark.parametrize("mood", ["down", "500", "echo", "html", "wrong chain"])
def test_tokens_of_the_url_never_reach_a_message(template: str, mood: str):
    def answer(method, params):
        if mood == "echo":
            raise RpcAnswer({"code": -32000, "message": f"bad key {TOKEN} in {template}"})
        if mood == "wrong chain":
            return "0x5"
        raise RawAnswer(500 if mood == "500" else 200, TOKEN.encode())

    with rpc_server(answer) as url:
        port = url.rpartition(":")[2]
        target = network(template.format(port="1" if mood == "down" else port))
        with pytest.raises(ChainError) as caught:
            connect(target)
        assert TOKEN not in texts_of(caught.value)
        assert TOKEN not in repr(open_endpoint(target, 1))
        assert TOKEN not in repr(Chain(target, Pool([open_endpoint(target, 1)], target.chain_id)))
    assert "127.0.0.1" in str(caught.value) or mood == "wrong chain"


@pytest.mark.parametrize(
    "url", ["", "localhost:8545", "ftp://host/", "http://", "file:///etc/passwd", "ws://host", "http://h:99999", TOKEN]
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url: str):
    with pytest.raises(ConfigError) as caught:
        check_url(url)
    assert not url or f"{url} " not in str(caught.value).replace("http:// or https:// URL", "")


def test_shown_keeps_scheme_host_and_port_only():
    assert shown("https://u:p@node.example:8545/v3/key?x=1#f") == "https://node.example:8545"
    assert shown("http://[::1]:8545/key") == "http://[::1]:8545"
    assert without_secrets("x p y", "http://u:p@h") == "x … y"


def test_a_proxy_of_the_environment_does_not_get_between_us_and_this_machine(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with rpc_server(always("0x7a69")) as url:
        assert connect(network(url)).network.chain_id == 31337


def _exceptions_of(module: object) -> list[type[Exception]]:
    return [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)]


def _made(kind: type[Exception]) -> Exception:
    try:
        return kind("some text")
    except TypeError:
        return kind.__new__(kind)


@pytest.mark.parametrize(
    "kind",
    [*_exceptions_of(requests.exceptions), *_exceptions_of(web3.exceptions), ssl.SSLError, OSError, TimeoutError],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_no_exception_of_the_libraries_is_missed(kind: type[Exception]):
    """When a library gains an exception that the table does not cover, this fails."""
    if issubclass(kind, Warning) or not kind.__module__.startswith(("requests", "web3", "ssl", "builtins")):
        return
    endpoint = open_endpoint(network("http://127.0.0.1:1"), 1)
    translated = _translated(endpoint, _made(kind))
    assert isinstance(translated, (ConnectionFailed, RpcError))


def test_a_bug_of_ours_stays_a_bug(monkeypatch: pytest.MonkeyPatch):
    endpoint = open_endpoint(network("http://127.0.0.1:1"), 1)
    monkeypatch.setattr(type(endpoint.provider), "make_request", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        request(endpoint, "eth_chainId")


@pytest.mark.parametrize("template", ["http://{}/v3/{}", "http://u:{1}@{0}", "http://{}/?key={}"])
def test_tokens_of_the_url_never_reach_the_logs_of_libraries(template: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with rpc_server(lambda method, params: "0x7a69") as url:
        target = network(template.format(url.removeprefix("http://"), TOKEN))
        assert request(open_endpoint(target, 5), "eth_chainId") == "0x7a69"
    assert "urllib3.connectionpool" in {record.name for record in caplog.records}
    assert TOKEN not in caplog.text
