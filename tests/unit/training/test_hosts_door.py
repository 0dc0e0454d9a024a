"""The board's door when it is stormed: strangers that shake no hand keep no member out."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.hosts import make_tls
from zkchain.errors import BoardUnreachable
from zkchain.training.hosts import server as server_module
from zkchain.training.hosts.caller import BoardCaller
from zkchain.training.hosts.handshakes import Handshakes
from zkchain.training.hosts.identity import COORDINATOR, make_member, read_identity
from zkchain.training.hosts.server import Answer, BoardServer

need_training()

NAMES = [COORDINATOR, "north"]
IDLE = 300


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return make_tls(tmp_path, NAMES)


@pytest.fixture
def board(folders: dict[str, Path]) -> Iterator[BoardServer]:
    identity = read_identity(folders[COORDINATOR], COORDINATOR, NAMES)
    with BoardServer(identity, "127.0.0.1", 0, most_bytes=1000, answer=lambda one: Answer.of({})) as server:
        yield server


def north(folder: Path, port: int, patience: float) -> BoardCaller:
    identity = read_identity(folder, "north", NAMES)
    return BoardCaller(f"https://127.0.0.1:{port}", identity, most_bytes=1000, patience=patience)


def is_closed(connection: socket.socket) -> bool:
    """Whether the other end has hung up."""
    connection.settimeout(0.0)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_a_flood_of_idle_connections_keeps_no_member_out(board: BoardServer, folders: dict[str, Path]) -> None:
    with contextlib.ExitStack() as stack:
        flood = [
            stack.enter_context(socket.create_connection(("127.0.0.1", board.port), timeout=10)) for _ in range(IDLE)
        ]
        assert north(folders["north"], board.port, patience=0).federation() == {}
        assert is_closed(flood[0]), "the oldest gave way"
        assert sum(not is_closed(one) for one in flood) <= server_module._MOST_HANDSHAKES
    assert north(folders["north"], board.port, patience=0).federation() == {}


def test_a_handshake_that_drips_is_hung_up_on_in_time(board: BoardServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_HANDSHAKE_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", board.port), timeout=10) as connection:
        began = time.monotonic()
        with contextlib.suppress(OSError):  # hung up on while it sends
            connection.sendall(b"\x16\x03\x01\x02\x00")  # the head of a record that is never whole
            while not is_closed(connection) and time.monotonic() < began + 10:
                connection.settimeout(1)
                connection.sendall(b"\x01")
                time.sleep(0.05)
        assert time.monotonic() < began + 5


def test_one_host_with_many_handshakes_loses_its_own_oldest() -> None:
    handshakes = Handshakes(3)
    pairs = [socket.socketpair() for _ in range(5)]
    for (near, _), host in zip(pairs, ("honest", "flood", "flood", "flood", "other"), strict=True):
        handshakes.begin(near, host)
    assert [is_closed(far) for _, far in pairs] == [False, True, True, False, False]
    handshakes.end(pairs[0][0])
    handshakes.begin(pairs[0][0], "honest")
    handshakes.end(pairs[1][0])  # it was hung up on before
    assert [is_closed(far) for _, far in pairs] == [False, True, True, False, False]
    for pair in pairs:
        for one in pair:
            one.close()


class MoodyDoor:
    """A port that hangs up on the first `times` who come, and lets the others through to a board."""

    def __init__(self, port: int, times: int) -> None:
        self._to, self._times, self.came = port, times, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                self.came += 1
                with near:
                    near.recv(1 << 16) if self.came <= self._times else self._carry(near)

    def _carry(self, near: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._to)) as far:
            back = threading.Thread(target=_forward, args=(far, near), daemon=True)
            back.start()
            _forward(near, far)
            back.join(timeout=10)


def _forward(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_a_member_that_is_hung_up_on_in_the_handshake_comes_again(board: BoardServer, folders: dict[str, Path]) -> None:
    door = MoodyDoor(board.port, times=2)
    try:
        assert north(folders["north"], door.port, patience=30).federation() == {}
        assert door.came == 3
    finally:
        door.close()


def test_a_member_that_is_always_hung_up_on_says_so_once_its_patience_is_over(
    board: BoardServer, folders: dict[str, Path]
) -> None:
    door = MoodyDoor(board.port, times=1000)
    try:
        with pytest.raises(BoardUnreachable, match="hung up during the handshake"):
            north(folders["north"], door.port, patience=0).federation()
    finally:
        door.close()


def test_a_certificate_that_is_refused_is_not_tried_again(
    board: BoardServer, folders: dict[str, Path], tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    make_member(stranger, "north", "tests")
    (stranger / f"{COORDINATOR}.pem").write_bytes((folders[COORDINATOR] / f"{COORDINATOR}.pem").read_bytes())
    began = time.monotonic()
    with pytest.raises(BoardUnreachable, match="TLS was refused"):
        north(stranger, board.port, patience=300).federation()
    assert time.monotonic() < began + 30
