"""The board's door, with real TLS: members are told, and strangers, impostors and plain HTTP get nothing at all."""

import contextlib
import http.client
import json
import shutil
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.hosts import make_tls
from zkchain.errors import BoardUnreachable, IdentityRefused, PartyFailed, PartyTimeout, UsageError
from zkchain.training.hosts.caller import BoardCaller
from zkchain.training.hosts.identity import COORDINATOR, Identity, make_member, read_identity
from zkchain.training.hosts.meeting import HandedIn, Meeting, Place
from zkchain.training.hosts.server import Answer, Asked, BoardServer

need_training()

NAMES = [COORDINATOR, "north", "south", "west"]
SECRET = "weights-that-are-for-members"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return make_tls(tmp_path, NAMES)


@pytest.fixture
def asked() -> list[Asked]:
    return []


@pytest.fixture
def board(folders: dict[str, Path], asked: list[Asked]) -> Iterator[BoardServer]:
    def answer(one: Asked) -> Answer:
        asked.append(one)
        return Answer.of({"secret": SECRET, "to": one.name})

    identity = read_identity(folders[COORDINATOR], COORDINATOR, NAMES)
    with BoardServer(identity, "127.0.0.1", 0, most_bytes=1000, answer=answer) as server:
        yield server


def member(folder: Path, name: str) -> Identity:
    return read_identity(folder, name, NAMES)


def caller(board: BoardServer, identity: Identity) -> BoardCaller:
    return BoardCaller(f"https://127.0.0.1:{board.port}", identity, most_bytes=10_000, patience=0)


def test_a_member_is_told_and_known_by_its_certificate(board: BoardServer, folders: dict[str, Path]) -> None:
    for name in NAMES[1:]:
        assert caller(board, member(folders[name], name)).federation() == {"secret": SECRET, "to": name}


def test_a_stranger_is_told_nothing(
    board: BoardServer, folders: dict[str, Path], asked: list[Asked], tmp_path: Path
) -> None:
    """One with a certificate of its own in a member's name, who even has those of everybody else."""
    folder = tmp_path / "stranger"
    make_member(folder, "north", "tests")
    for name in (COORDINATOR, "south", "west"):
        shutil.copy(folders[name] / f"{name}.pem", folder)
    with pytest.raises(BoardUnreachable, match="cannot be used") as refused:
        caller(board, member(folder, "north")).federation()
    assert SECRET not in str(refused.value.to_json())
    assert asked == []


def test_whoever_shows_no_certificate_is_told_nothing(board: BoardServer, asked: list[Asked]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", board.port, context=context, timeout=10)

    def ask() -> None:  # the server hangs up on it before, while or after it asks
        connection.connect()
        connection.sock.sendall(b"GET /federation HTTP/1.1\r\n\r\n")
        connection.sock.recv(1000)

    with pytest.raises(OSError):
        ask()
    connection.close()
    assert asked == []


def test_plain_http_is_told_nothing(board: BoardServer, asked: list[Asked]) -> None:
    with socket.create_connection(("127.0.0.1", board.port), timeout=10) as connection:
        connection.sendall(b"GET /federation HTTP/1.1\r\nHost: board\r\n\r\n")
        said = b""
        with contextlib.suppress(ConnectionError):  # being hung up on may be sudden
            while chunk := connection.recv(1000):
                said += chunk
    assert b"HTTP" not in said
    assert SECRET.encode() not in said
    assert asked == []


def test_a_member_cannot_pose_as_another(board: BoardServer, folders: dict[str, Path], tmp_path: Path) -> None:
    """It has the other's certificate, as all have, and not its key; what it says counts for nothing."""
    folder = tmp_path / "impostor"
    shutil.copytree(folders["south"], folder)
    shutil.copy(folder / "south.key", folder / "north.key")
    with pytest.raises(IdentityRefused, match="does not belong"):
        member(folder, "north")
    south = caller(board, member(folders["south"], "south"))
    assert south._json("GET", "/federation?as=north")["to"] == "south"
    assert south._json("POST", "/sum/1/north", b'{"name": "north"}')["to"] == "south"


def test_a_coordinators_certificate_is_not_a_members(board: BoardServer, folders: dict[str, Path]) -> None:
    with pytest.raises(BoardUnreachable, match="403"):
        caller(board, member(folders[COORDINATOR], COORDINATOR)).federation()


def test_a_member_does_not_speak_with_one_who_is_not_the_coordinator(folders: dict[str, Path]) -> None:
    impostor = member(folders["west"], "west")
    with (
        BoardServer(impostor, "127.0.0.1", 0, most_bytes=100, answer=lambda one: Answer.of({})) as other,
        pytest.raises(BoardUnreachable, match="is not the coordinator"),
    ):
        caller(other, member(folders["north"], "north")).federation()


def test_more_than_a_member_has_to_say_is_not_read(board: BoardServer, folders: dict[str, Path]) -> None:
    north = caller(board, member(folders["north"], "north"))
    with pytest.raises(BoardUnreachable, match="413"):
        north._json("POST", "/sum/1/opened", bytes(1001))


def test_those_who_shake_no_hand_keep_nobody_waiting(board: BoardServer, folders: dict[str, Path]) -> None:
    silent = [socket.create_connection(("127.0.0.1", board.port)) for _ in range(20)]
    assert caller(board, member(folders["north"], "north")).federation()["to"] == "north"
    for connection in silent:
        connection.close()


@pytest.mark.parametrize(
    "url", ["http://host:1", "https://host", "host:1", "https://u@host:1", "https://h:1/x", "https://h:x"]
)
def test_a_board_without_tls_or_port_is_refused(folders: dict[str, Path], url: str) -> None:
    with pytest.raises(UsageError, match=r"https://HOST:PORT"):
        BoardCaller(url, member(folders["north"], "north"), most_bytes=1, patience=0)


def test_a_key_is_private_and_is_never_overwritten(tmp_path: Path) -> None:
    assert make_member(tmp_path / "tls", "north", "tests")
    key = tmp_path / "tls" / "north.key"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    assert not make_member(tmp_path / "tls", "north", "tests")
    assert key.read_bytes() == before
    (tmp_path / "tls" / "north.pem").unlink()
    with pytest.raises(IdentityRefused, match="the key of north alone"):
        make_member(tmp_path / "tls", "north", "tests")


def test_an_identity_that_is_not_whole_is_refused(folders: dict[str, Path]) -> None:
    north = folders["north"]
    (north / "north.key").chmod(0o640)
    with pytest.raises(IdentityRefused, match="mode 0640"):
        member(north, "north")
    (north / "north.key").chmod(0o600)
    shutil.copy(north / "south.pem", north / "west.pem")
    with pytest.raises(IdentityRefused, match="same certificate"):
        member(north, "north")
    (north / "west.pem").write_text("no certificate")
    with pytest.raises(IdentityRefused, match="something else"):
        member(north, "north")
    (north / "west.pem").unlink()
    with pytest.raises(IdentityRefused, match="west is not at"):
        member(north, "north")


PLACE = Place(host="127.0.0.1", port=4000)


def met() -> Meeting:
    meeting = Meeting(1, NAMES[1:], length=2, limit=10)
    for name in NAMES[1:]:
        assert meeting.told(name).stage == "meet"
        meeting.arrive(name, PLACE)
    assert meeting.told("north").stage == "sum"
    assert meeting.told("north").places == (PLACE,) * 3
    return meeting


def test_a_sum_counts_when_all_opened_the_same() -> None:
    meeting = met()
    for name in NAMES[1:]:
        meeting.hand_in(name, [1, -10])
    assert meeting.wait(1) == (HandedIn(values=(1, -10), names=("north", "south", "west")),)
    meeting.end()
    assert meeting.told("north").stage == "over"


def test_who_opened_another_sum_or_none_is_noticed() -> None:
    meeting = met()
    meeting.hand_in("north", [1, 3])
    meeting.hand_in("south", [1, 2])
    meeting.hand_in("south", [1, 3])  # too late: what was handed in first counts
    with pytest.raises(PartyTimeout, match="west") as late:
        meeting.wait(0.2)
    assert late.value.facts["parties"] == ["west"]
    meeting.hand_in("west", [1, 2])
    assert meeting.wait(1) == (
        HandedIn(values=(1, 2), names=("south", "west")),
        HandedIn(values=(1, 3), names=("north",)),
    )


def test_who_never_came_is_named_before_those_who_wait_for_it() -> None:
    meeting = Meeting(1, NAMES[1:], length=2, limit=10)
    for name in ("north", "west"):
        meeting.arrive(name, PLACE)
    with pytest.raises(PartyTimeout, match=r"opened the sum: south$"):
        meeting.wait(0.2)


def test_who_gives_up_and_who_goes_silent_is_named() -> None:
    meeting = met()
    meeting.fail("south", "the connection to west\x1b[31m was lost" + "x" * 1000)
    with pytest.raises(PartyFailed, match=r"^south could not go on with the sum: the connection to west") as failed:
        meeting.wait(1)
    assert len(failed.value.message) < 300
    assert "\x1b" not in failed.value.message
    meeting = met()
    meeting._seen["west"] -= 100
    with pytest.raises(PartyFailed, match="silent during the sum: west"):
        meeting.wait(1)


@pytest.mark.parametrize("values", [[1], [1, 11], [1, 2.0], [1, True], [1, "2"], []])
def test_what_is_no_sum_is_not_taken(values: list[int]) -> None:
    with pytest.raises(ValueError, match="not a sum"):
        met().hand_in("north", values)


@pytest.mark.parametrize(
    "place",
    [{"host": "a b", "port": 1}, {"host": "", "port": 1}, {"host": "a", "port": 0}, {"host": "a\r\n", "port": 9}],
)
def test_what_is_no_place_is_not_taken(place: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a host and a port"):
        Place.from_json(json.loads(json.dumps(place)))
    assert replace(PLACE, port=1).port == 1
