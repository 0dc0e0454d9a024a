"""The embedded devnet's HTTP face, with raw sockets and bad manners."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from zkchain.chain.devnet_server import DevnetServer
from zkchain.chain.embedded import EmbeddedChain

CALL = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "eth_chainId", "params": []}).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[DevnetServer]:
    server = DevnetServer(socket.create_server(("127.0.0.1", 0)), EmbeddedChain())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(
    server: DevnetServer, *, method: str = "POST", body: bytes = CALL, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, "/", body if method == "POST" else None, named)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_it_answers(server: DevnetServer):
    status, headers, body = ask(server)
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"jsonrpc": "2.0", "id": 7, "result": "0x7a69"}


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:8545", "[::1]:8545"])
def test_names_of_this_machine_are_answered(server: DevnetServer, host: str):
    assert ask(server, Host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8545", "127.0.0.1.evil.example:1", "", "localhost.x:1"])
def test_other_host_names_are_refused(server: DevnetServer, host: str):
    """DNS rebinding: the page's own name resolves to 127.0.0.1."""
    status, headers, body = ask(server, Host=host)
    assert status == 403
    assert b"result" not in body
    assert headers["Connection"] == "close"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://[", "x"])
def test_pages_from_elsewhere_are_refused(server: DevnetServer, origin: str):
    status, headers, _ = ask(server, Origin=origin)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:3000"])
def test_pages_from_this_machine_are_answered(server: DevnetServer, origin: str):
    assert ask(server, Origin=origin)[1]["Access-Control-Allow-Origin"] == origin
    status, headers, _ = ask(server, method="OPTIONS", Origin=origin)
    assert status == 204
    assert headers["Access-Control-Allow-Headers"] == "content-type"


def test_only_post_is_answered(server: DevnetServer):
    assert ask(server, method="GET")[0] == 405
    assert ask(server, method="DELETE")[0] == 501


@pytest.mark.parametrize(
    ("length", "status"),
    [("", 411), ("-1", 411), ("1e3", 411), ("²", 411), ("16777217", 413), ("9" * 4000, 413), ("0", 200)],
)
def test_sizes_that_make_no_sense_are_refused_unread(server: DevnetServer, length: str, status: int):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(f"POST / HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: {length}\r\n\r\n".encode("latin-1"))
        assert raw.recv(100).split()[1] == str(status).encode()


def test_one_connection_serves_many_requests(server: DevnetServer):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(5):
        connection.request("POST", "/", CALL)
        assert json.loads(connection.getresponse().read())["result"] == "0x7a69"
    connection.close()


def test_a_client_that_goes_away_leaves_the_server_well(server: DevnetServer, capfd: pytest.CaptureFixture[str]):
    for part in (
        b"POST / HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 100\r\n\r\n{",
        b"GARBAGE\r\n\r\n",
        b"\x00" * 100,
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
            raw.sendall(part)
    assert ask(server)[0] == 200


def test_many_at_once_are_answered_each_with_its_own(server: DevnetServer):
    found: list[Any] = []

    def one(number: int) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "eth_blockNumber", "params": []}).encode()
        found.append((number, json.loads(ask(server, body=body)[2])["id"]))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(number, number) for number in range(20)]
