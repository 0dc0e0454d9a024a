"""`zkchain fidelity`: within bounds, outside of them, and what it says when it cannot judge."""

import hashlib
import json
from pathlib import Path

import pytest

from .conftest import SAMPLES

RUN = ("fidelity", "tiny.bundle", "--data", "samples.json", "--json")


def test_without_bounds_it_reports_on_every_section(journey):
    result = journey.zkchain.process(*RUN)
    assert result.exit_code == 0, result.err
    facts = result.json
    assert facts["within"]
    assert facts["violations"] == []
    assert facts["samples"] == len(SAMPLES)
    assert 0 < facts["mean_abs_error"] <= facts["p99_abs_error"] <= facts["max_abs_error"] <= 0.02
    assert facts["flips"] == facts["beyond_tables"] == 0
    assert list(facts["sections"]) == ["data", "ties", "random", "corners", "outside"]
    assert all(section["answered"] == section["samples"] > 0 for section in facts["sections"].values())
    assert facts["sections"]["data"]["errors"]["max"] == facts["max_abs_error"]
    assert list(facts["sections"]["random"]["outputs"]) == ["y"]
    assert facts["report"] is None


def test_it_finds_no_more_error_than_compile_which_judges_variations_of_the_same_samples_too(journey):
    compiled = journey.steps["compile"].json
    facts = journey.zkchain.here(*RUN).json
    assert 0 < facts["max_abs_error"] <= compiled["max_abs_error"]
    assert facts["samples"] < compiled["samples"]


def test_bounds_that_hold_are_exit_code_0_and_those_that_do_not_are_1(journey):
    assert journey.zkchain.here(*RUN, "--max-error", "0.1", "--max-flip", "0.5").exit_code == 0
    result = journey.zkchain.here(*RUN, "--max-error", "0")
    assert result.exit_code == 1
    assert not result.json["within"]
    assert {broken["section"] for broken in result.json["violations"]} == {"data", "ties", "random", "corners"}
    assert {broken["measure"] for broken in result.json["violations"]} == {"error"}


def test_the_report_is_written_within_bounds_or_not_and_has_the_hash_that_is_said(journey, tmp_path):
    hashes = []
    for name in ("one.html", "two.html"):
        page = tmp_path / name
        facts = journey.zkchain.here(*RUN, "--max-error", "0", "--report", page).json
        assert facts["report"] == str(page)
        assert facts["report_sha256"] == "0x" + hashlib.sha256(page.read_bytes()).hexdigest()
        hashes.append(facts["report_sha256"])
    assert hashes[0] == hashes[1]
    assert "<title>Fidelity of tiny</title>" in page.read_text()


def test_a_person_reads_a_line_for_each_section_and_why_a_bound_does_not_hold(journey):
    result = journey.zkchain.here(*RUN[:-1], "--max-error", "0")
    assert [line.split()[0] for line in result.out.splitlines()[:5]] == ["data", "ties", "random", "corners", "outside"]
    assert "bounds" in result.out
    assert "NOT WITHIN" in result.out
    assert "data: the error reaches " in result.out


def test_data_that_the_circuit_cannot_hold_are_counted_and_break_bounds(journey, tmp_path):
    data = tmp_path / "wild.json"
    data.write_text(json.dumps({"input_data": [[*SAMPLES[0], 1e30, -1e30]]}))
    facts = journey.zkchain.here("fidelity", "tiny.bundle", "--data", data, "--json").json
    assert (facts["samples"], facts["beyond_tables"], facts["within"]) == (2, 1, True)
    judged = journey.zkchain.here("fidelity", "tiny.bundle", "--data", data, "--max-error", "1", "--json")
    assert judged.exit_code == 1
    assert [broken["measure"] for broken in judged.json["violations"]] == ["unanswered"]


def test_every_key_is_documented(journey):
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    facts = journey.zkchain.here(*RUN).json
    assert [key for key in facts if f"`{key}`" not in page] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("fidelity", "none.bundle", "--data", "samples.json"), "bundle.not_found"),
        (("fidelity", "tiny.bundle", "--data", "none.json"), "samples.not_found"),
        (("fidelity", "tiny.bundle", "--data", "tiny.onnx"), "samples.unreadable"),
        (("fidelity", "tiny.bundle"), "usage"),
        (("fidelity", "tiny.bundle", "--data", "samples.json", "--max-error", "-1"), "usage"),
        (("fidelity", "tiny.bundle", "--data", "samples.json", "--max-error", "nan"), "usage"),
        (("fidelity", "tiny.bundle", "--data", "samples.json", "--max-flip", "2"), "usage"),
        (("fidelity", "tiny.bundle", "--data", "samples.json", "--max-flip", "some"), "usage"),
        (("fidelity", "tiny.bundle", "--data", "samples.json", "--report", "/sys/page.html"), "file.forbidden"),
        (("fidelity", "tiny.bundle", "--data", "samples.json", "--report", "tiny.bundle"), "file"),
    ],
)
def test_what_it_cannot_judge_is_a_typed_error(journey, arguments, code):
    result = journey.zkchain.here(*arguments, "--json")
    assert result.json["error"] == code
    assert result.exit_code >= 2
