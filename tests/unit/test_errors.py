"""The error tree: its drawing, its codes, and what an error says."""

import json
import re
from pathlib import Path

import pytest

from scripts.write_error_reference import MARK, PAGE, reference, tree
from zkchain import errors
from zkchain.errors import ConnectionFailed, FidelityViolated, LineageBroken, UsageError, ZkchainError, base

GOLDEN = Path(__file__).parents[1] / "golden" / "error_codes.json"
KINDS = list(tree())


def drawing(kind: type[ZkchainError] = ZkchainError, indent: str = "") -> list[str]:
    """The lines below `kind` as the package's docstring draws them."""
    lines = []
    children = [child for child in KINDS if child.__base__ is kind]
    for child in children:
        last = child is children[-1]
        lines.append(f"{indent}{'└── ' if last else '├── '}{child.__name__}")
        lines += drawing(child, indent + ("    " if last else "│   "))
    return lines


def test_the_drawing_is_the_tree():
    drawn = [line[4:] for line in (base.__doc__ or "").splitlines() if re.match(r"    \S", line) or "── " in line]
    assert drawn == ["ZkchainError", *drawing()]


def test_every_class_is_exported_and_nothing_else():
    assert sorted(errors.__all__) == sorted(kind.__name__ for kind in KINDS)
    assert all(getattr(errors, kind.__name__) is kind for kind in KINDS)


def test_no_two_classes_share_a_code():
    codes = [kind.code for kind in KINDS]
    assert sorted(set(codes)) == sorted(codes)
    assert all("code" in vars(kind) for kind in KINDS), "a code is never inherited"


def test_codes_and_exit_codes_are_what_they_always_were():
    """A new error is a new line in the golden file; a changed or missing line breaks somebody's script."""
    assert json.loads(GOLDEN.read_text()) == {kind.code: [kind.__name__, kind.exit_code] for kind in KINDS}


#: Errors that are an answer: the work was done, and what was found is not what was asked for.
VERDICTS = {FidelityViolated, LineageBroken}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_class_fits_the_tree(kind):
    parent = kind.__base__
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", kind.code)
    assert kind.exit_code >= (1 if kind in VERDICTS else 2), "0 is success and 1 a negative verdict"
    assert kind.exit_code != 70, "a bug"
    assert (kind.__doc__ or "").strip()
    if parent is not Exception and issubclass(parent, ZkchainError) and "." in kind.code:
        assert kind.code.split(".")[0] == parent.code.split(".")[0]
        assert kind.exit_code == parent.exit_code or kind in VERDICTS


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not any(k.__base__ is kind for k in KINDS)], ids=lambda kind: kind.__name__
)
def test_a_class_without_children_knows_a_remedy(kind):
    assert kind.default_remedy


def test_an_error_says_what_was_found_and_what_to_do():
    error = UsageError("found 3 files, expected 1", count=3, names=("a", Path("b")), odd={1})
    assert str(error) == error.message == "found 3 files, expected 1"
    assert error.to_json() == {
        "error": "usage",
        "message": "found 3 files, expected 1",
        "remedy": "run the command with --help",
        "facts": {"count": 3, "names": ["a", "b"], "odd": [1]},
    }


def test_a_remedy_of_its_own_replaces_the_usual_one():
    assert ConnectionFailed("no answer", remedy="start the node").remedy == "start the node"
    assert ConnectionFailed("no answer", remedy="").remedy == ""


def test_facts_of_any_kind_become_json():
    facts = {"none": None, "path": Path("/x"), "nested": [(1, {2})], "error": ValueError("why"), "flag": True, "f": 0.5}
    written = json.loads(json.dumps(UsageError("x", **facts).to_json()))["facts"]
    assert written == {"none": None, "path": "/x", "nested": [[1, [2]]], "error": "why", "flag": True, "f": 0.5}


def test_the_page_about_errors_is_current():
    written, mark, generated = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert written
    assert mark + generated == reference()
