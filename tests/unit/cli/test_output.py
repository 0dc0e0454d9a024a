"""Answers and errors on the two streams."""

import json

import pytest

from zkchain.cli.answer import Answer, byte_count
from zkchain.cli.command import command
from zkchain.cli.output import Screen, aligned
from zkchain.errors import CircuitTooLarge

ANSWER = Answer(facts={"logrows": 15, "name": "é"}, lines=["A bundle", ("bundle", "a"), ("circuit digest", "b")])


def test_a_person_gets_lines_with_aligned_values(capsys):
    Screen(json_wanted=False).show(ANSWER)
    assert capsys.readouterr().out == "A bundle\nbundle          a\ncircuit digest  b\n"


def test_a_machine_gets_one_line_of_ascii_json_and_nothing_else(capsys):
    Screen(json_wanted=True).show(ANSWER)
    out, err = capsys.readouterr()
    assert json.loads(out) == ANSWER.facts
    assert out.isascii()
    assert out.count("\n") == 1
    assert err == ""


def test_a_long_answer_stays_on_its_line(capsys):
    Screen(json_wanted=False).show(Answer(facts={}, lines=[("digest", "0x" + "ab" * 300)]))
    assert capsys.readouterr().out.count("\n") == 1
    Screen(json_wanted=True).show(Answer(facts={"digest": "0x" + "ab" * 300}, lines=[]))
    assert capsys.readouterr().out.count("\n") == 1


def test_an_answer_that_json_cannot_say_is_a_bug_and_prints_nothing(capsys):
    with pytest.raises(ValueError, match="JSON"):
        Screen(json_wanted=True).show(Answer(facts={"error": float("nan")}, lines=[]))
    assert capsys.readouterr().out == ""


def test_stages_go_to_stderr_once_each(capsys):
    with Screen(json_wanted=True) as screen:
        for stage, fraction in [("proving", None), ("proving", 0.5), ("checking", None), ("proving", 1.0)]:
            screen.report(stage, fraction)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "proving ...\nchecking ...\nproving ...\n"


def test_an_error_is_a_paragraph_on_stderr_and_an_object_on_stdout(capsys):
    error = CircuitTooLarge("too many rows", rows=70_000, limit=65_536)
    Screen(json_wanted=True).fail(error)
    out, err = capsys.readouterr()
    assert json.loads(out) == error.to_json()
    assert err == f"error: too many rows\n  try: {error.remedy}\n"
    Screen(json_wanted=False).fail(error)
    assert capsys.readouterr() == ("", err)


def test_an_error_after_the_answer_does_not_print_a_second_object(capsys):
    screen = Screen(json_wanted=True)
    screen.show(ANSWER)
    screen.fail(CircuitTooLarge("too many rows"))
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "too many rows" in err


def test_markup_in_foreign_names_is_text(capsys):
    screen = Screen(json_wanted=False)
    screen.report("deploying [red]x[/red]")
    screen.show(Answer(facts={}, lines=[("output [bold]y", "[link=http://a]:smile:")]))
    out, err = capsys.readouterr()
    assert err == "deploying [red]x[/red] ...\n"
    assert out == "output [bold]y  [link=http://a]:smile:\n"


def test_only_neighbouring_labels_are_aligned_with_each_other():
    assert list(aligned([("a", "1"), "", ("longer", "2"), ("b", "3")])) == ["a  1", "", "longer  2", "b       3"]


def test_control_characters_of_labels_and_lines_are_spelt_out():
    assert list(aligned([("output \x1b[2J", "x\x07"), "title \x1b]0;t"])) == [
        "output \\x1b[2J  x\\x07",
        "title \\x1b]0;t",
    ]


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_165_515, "2.2 MB"), (7 * 10**9, "7.0 GB")]
)
def test_sizes_are_said_in_decimal_units(size, text):
    assert byte_count(size) == text


@command("noisy", examples=["zkchain noisy"])
def noisy(screen: Screen) -> Answer:
    """Do what a plan's own code may do."""
    print("hello from the plan")
    return ANSWER


def test_what_others_print_during_the_work_is_not_taken_for_the_answer(capsys):
    noisy.main(["--json"], obj=Screen(json_wanted=True), standalone_mode=False)
    out, err = capsys.readouterr()
    assert json.loads(out) == ANSWER.facts
    assert err == "hello from the plan\n"
