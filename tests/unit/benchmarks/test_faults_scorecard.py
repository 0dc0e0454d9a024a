"""The committed scorecard, and what makes a row pass."""

import time

from benchmarks.faults.__main__ import MARK, PAGE, RESULTS, SCENARIOS, read_scorecard
from benchmarks.faults.node import Landed, counted
from benchmarks.faults.score import attempted, judged, table


def landed(nonce: int, data: str) -> Landed:
    return Landed(nonce=nonce, data=data, hash="0x", block=1, block_hash="0x", creation=False)


def test_the_committed_scorecard_has_every_row_and_one_that_fails_says_why():
    rows = read_scorecard(RESULTS)
    assert list(rows) == sorted(SCENARIOS)
    assert all(measured.row.passed == (measured.row.cause == "") for measured in rows.values())


def test_the_page_shows_the_committed_scorecard():
    rows = read_scorecard(RESULTS)
    assert PAGE.read_text(encoding="utf-8").endswith(f"{MARK}\n\n{table([rows[name].row for name in SCENARIOS])}\n")


def test_a_row_passes_when_every_figure_is_the_wanted_one():
    row = judged("a", "b", {"landed": 2, "shown": 9}, {"landed": 2}, time.monotonic(), "not shown")
    assert (row.passed, row.cause) == (True, "")
    row = judged("a", "b", {"landed": 1}, {"landed": 2}, time.monotonic(), "why")
    assert (row.passed, row.cause) == (False, "landed is 1, not 2; why")
    assert "**failed**: landed is 1" in table([row])


def test_a_scenario_that_breaks_is_a_row_that_fails():
    def breaks():
        raise RuntimeError("no node")

    row = attempted("x", breaks)
    assert (row.passed, row.cause) == (False, "RuntimeError: no node")


def test_gaps_and_duplicates_are_counted():
    found = counted([landed(0, "a"), landed(2, "b"), landed(2, "b"), landed(5, "c")], {"a", "b", "d"})
    assert found == {"landed": 2, "landed twice": 1, "nonces": 3, "gaps": 3, "duplicate nonces": 1}
    assert counted([], {"a"}) == {"landed": 0, "landed twice": 0, "nonces": 0, "gaps": 0, "duplicate nonces": 0}
