"""A cursor's file: who may open it, what is kept in it, and what becomes of a bad one."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forks import GATEWAY, Block, log
from zkchain.chain.cursors import REMEMBERED, Cursor, Position, open_cursor
from zkchain.chain.logs import Log, log_of
from zkchain.errors import CursorLost, CursorTaken, FileForbidden, UsageError
from zkchain.values import Digest, keccak_of

GENESIS = Digest("0x" + "ab" * 32)
HERE = GATEWAY.address


def opened(folder: Path, name: str = "billing", chain_id: int = 5, genesis: Digest = GENESIS) -> Cursor:
    return open_cursor(folder, name, chain_id, genesis)


def events(number: int, count: int = 1) -> list[Log]:
    block = Block(number, keccak_of(b"%d" % number), keccak_of(b""), count)
    return [log_of(log(block, index)) for index in range(count)]


def advance(cursor: Cursor, number: int, count: int = 0) -> None:
    cursor.advance(HERE, number, keccak_of(b"%d" % number), events(number, count))


def told(cursor: Cursor) -> list[tuple[int, bool, int, int]]:
    return [(notice.sequence, notice.removed, notice.log.block, notice.log.log_index) for notice in cursor.pending()]


def test_a_cursor_begins_before_its_first_block_and_keeps_its_place(tmp_path: Path):
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 7)
        assert cursor.position(HERE) == Position(7, 6)
        advance(cursor, 7, 2)
        assert told(cursor) == [(1, False, 7, 0), (2, False, 7, 1)]
        cursor.acknowledge(1)
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 100)  # it stands somewhere already
        assert cursor.position(HERE) == Position(7, 7)
        assert cursor.hash_at(HERE, 7) == keccak_of(b"7")
        assert told(cursor) == [(2, False, 7, 1)]
        (notice,) = cursor.pending()
        assert notice.log == events(7, 2)[1]


def test_what_was_taken_back_is_told_of_the_latest_first_and_once(tmp_path: Path):
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 0)
        for number in range(4):
            advance(cursor, number, 2)
        cursor.acknowledge(5)
        cursor.rewind(HERE, 1)
        assert cursor.position(HERE).number == 1
        assert cursor.hash_at(HERE, 2) is None
        removals = [(9, True, 3, 1), (10, True, 3, 0), (11, True, 2, 1), (12, True, 2, 0)]
        assert told(cursor) == [(6, False, 2, 1), (7, False, 3, 0), (8, False, 3, 1), *removals]
        cursor.rewind(HERE, 1)
        advance(cursor, 2, 1)
        assert told(cursor)[7:] == [(13, False, 2, 0)]


def test_contracts_stand_in_different_places(tmp_path: Path):
    other = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 0)
        cursor.begin(other, 3)
        advance(cursor, 0, 1)
        cursor.rewind(other, 0)
        assert cursor.position(HERE) == Position(0, 0)
        assert told(cursor) == [(1, False, 0, 0)]


def test_a_cursor_does_not_grow_with_the_chain(tmp_path: Path):
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 0)
        for number in range(3 * REMEMBERED):
            advance(cursor, number, 1)
            if number > 10:
                cursor.acknowledge(number - 10)
        assert cursor.hash_at(HERE, 2 * REMEMBERED - 2) is None
        assert cursor.hash_at(HERE, 2 * REMEMBERED) is not None
        assert len(told(cursor)) == 11
    (path,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM notices").fetchone()[0] <= REMEMBERED + 2
    file.close()


def test_another_chain_and_another_name_are_other_cursors(tmp_path: Path):
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 0)
        advance(cursor, 0, 1)
    for change in ({"name": "audit"}, {"chain_id": 6}, {"genesis": Digest("0x" + "cd" * 32)}):
        with opened(tmp_path, **change) as cursor:
            assert told(cursor) == []


def test_a_cursor_is_open_once(tmp_path: Path):
    with opened(tmp_path):
        with pytest.raises(CursorTaken):
            opened(tmp_path)
        script = (
            "import sys; from pathlib import Path; from zkchain.chain.cursors import open_cursor\n"
            "from zkchain.errors import CursorTaken\n"
            f"try: open_cursor(Path(sys.argv[1]), 'billing', 5, {GENESIS!r})\n"
            "except CursorTaken: sys.exit(7)\n"
        )
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, tmp_path], check=False, timeout=60)
        assert done.returncode == 7
    with opened(tmp_path):
        pass


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", ".hidden", "é", "x" * 49, "a\n"])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str):
    with pytest.raises(UsageError):
        opened(tmp_path / "new", name)
    assert not (tmp_path / "new").exists()


def damaged(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)


def of_another_version(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 2")
    file.close()


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE positions")
    file.close()


@pytest.mark.parametrize(
    "spoil", [damaged, of_another_version, of_another_program, lambda path: path.write_text("x" * 2000)]
)
def test_a_bad_file_is_refused_and_left_alone(tmp_path: Path, spoil):
    with opened(tmp_path):
        pass
    (path,) = tmp_path.glob("*.sqlite")
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(CursorLost), opened(tmp_path) as cursor:
        cursor.begin(HERE, 0)
    assert path.read_bytes() == before


def test_a_log_that_cannot_be_read_is_a_damaged_cursor(tmp_path: Path):
    with opened(tmp_path) as cursor:
        cursor.begin(HERE, 0)
        advance(cursor, 0, 1)
    (path,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE notices SET log = '{}'")
    file.close()
    with opened(tmp_path) as cursor, pytest.raises(CursorLost):
        cursor.pending()


def test_a_folder_in_the_files_place_is_forbidden(tmp_path: Path):
    (tmp_path / f"5-{GENESIS[2:10]}-billing.sqlite").mkdir()
    with pytest.raises(FileForbidden):
        opened(tmp_path)
