"""The table of faults names every fault once, and tests that exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE = TESTS / "faults" / "README.md"
ROWS = re.findall(r"^\| (T\d\d) \| ([^|]+) \| (.+) \|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
#: Faults that cannot happen here, with the reason in place of a test.
IMPOSSIBLE = {"T18", "T49"}
FORGE = "\n".join(path.read_text(encoding="utf-8") for path in (TESTS / "contracts").rglob("*.sol"))


def test_every_fault_is_listed_once():
    assert [fault for fault, _, _ in ROWS] == [f"T{number:02}" for number in range(1, 51)]


@pytest.mark.parametrize(("fault", "tests"), [(fault, tests) for fault, _, tests in ROWS if fault not in IMPOSSIBLE])
def test_every_test_that_is_named_exists(fault: str, tests: str):
    named = re.findall(r"`([^`]+)`", tests)
    assert any("::" in name or name.endswith(".py") for name in named)
    for name in named:
        place, _, test = name.partition("::")
        if place == "forge":
            assert f"function {test}(" in FORGE, name
        elif place.endswith(".py"):
            path = TESTS / place if "/" in place else TESTS / "faults" / place
            assert path.is_file(), name
            assert not test or f"def {test}(" in path.read_text(encoding="utf-8"), name
