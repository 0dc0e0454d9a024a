"""The parts of the benchmark that measure nothing: ratios and means, resuming, the page and the chart."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.fidelity import Truth, errors
from benchmarks.page import BEGIN, END, section, with_section
from benchmarks.plot import chart
from benchmarks.records import Errors, Figures, Gas, Identity, Machine, Options, Outcome, Results, Row
from benchmarks.store import OtherMachine, measured_row, read_results, resumed, with_row, write_results
from benchmarks.summary import geometric_mean, ratios, summarise
from zkchain.records import Model, ModelSpec, TensorSpec
from zkchain.values import ZERO_DIGEST

ROOT = Path(__file__).resolve().parents[3]
MACHINE = Machine(
    cpu="a cpu", cores=2, memory_gb=8.0, system="Linux x86_64", python="3.12.1", engine="ezkl/1", packages=("numpy==2",)
)
OPTIONS = Options(repeats=3, gas=False, sides=("stock", "ours"))


def figures(prove: float = 4.0, *, rows: int = 100, key: int = 1000, mean: float = 0.01, flips: int | None = 0):
    return Figures(
        compile_seconds=10.0,
        prove_seconds=prove,
        prove_all=(prove,),
        witness_seconds=0.1,
        peak_rss_bytes=2000,
        proving_key_bytes=key,
        verifying_key_bytes=10,
        logrows=15,
        rows=rows,
        instances=7,
        layout="decomp_base=128",
        errors=Errors(samples=64, refused=0, max_abs=mean * 2, mean_abs=mean, flips=flips),
    )


def row(model: str = "mlp", stock: Figures | str = "", ours: Figures | str = "", *, source: str = "0x1") -> Row:
    def outcome(found: Figures | str, default: Figures) -> Outcome:
        return Outcome(failed=found) if isinstance(found, str) and found else Outcome(figures=found or default)

    return Row(
        identity=Identity(model=model, model_digest="0xa", samples_digest="0xb", source_digest=source, options=OPTIONS),
        family="dense",
        parameters=20,
        version="0.1.0 abcdef",
        date="2026-01-02T03:04:05+00:00",
        others=0.0,
        first="stock",
        stock=outcome(stock, figures()),
        ours=outcome(ours, figures(1.0, key=100, mean=0.02)),
    )


# --- ratios ------------------------------------------------------------------------------------------------------


def test_a_ratio_is_stock_over_ours():
    assert ratios(row()) == {"prove": 4.0, "compile": 1.0, "key": 10.0, "memory": 1.0, "error": 0.5}


def test_what_one_side_lacks_or_has_as_zero_gives_no_ratio():
    exact = figures(mean=0.0)
    weighed = replace(figures(), gas=Gas(verify=500_000, verifier="own", code_bytes=10_000))
    assert "error" not in ratios(row(ours=exact))
    assert "gas" not in ratios(row(stock=weighed))
    assert ratios(row(stock=weighed, ours=replace(weighed, gas=Gas(verify=250_000, verifier="own", code_bytes=1))))[
        "gas"
    ] == pytest.approx(2)


def test_a_failed_side_gives_no_ratio_and_is_named_with_its_reason():
    failed = row(stock="it hangs")
    assert ratios(failed) == {}
    summary = summarise([failed, row("other")])
    assert summary["all"]["models"] == 1
    assert summary["failed"] == {"stock": {"mlp": "it hangs"}, "ours": {}}


@pytest.mark.parametrize(("values", "mean"), [([], None), ([3.0], 3.0), ([2.0, 8.0], 4.0), ([0.1, 10.0], 1.0)])
def test_the_mean_is_geometric(values, mean):
    assert geometric_mean(values) == (None if mean is None else pytest.approx(mean))


def test_models_are_grouped_by_stock_rows_and_the_worst_is_named():
    rows = [
        row("a", figures(2.0, rows=4999), figures(1.0)),
        row("b", figures(8.0, rows=10), figures(1.0)),
        row("c", figures(0.5, rows=5000), figures(1.0)),
    ]
    summary = summarise(rows)
    assert (summary["small"]["models"], summary["larger"]["models"], summary["all"]["models"]) == (2, 1, 3)
    assert summary["small"]["ratios"]["prove"] == {"models": 2, "mean": 4.0, "worst": 2.0, "worst_model": "a"}
    assert summary["all"]["ratios"]["prove"]["worst_model"] == "c"


def test_flips_are_counted_where_answers_are_read():
    rows = [row("a", figures(flips=2), figures(flips=5)), row("b", figures(flips=None), figures(flips=None))]
    assert summarise(rows)["all"]["flips"] == {"stock": 2, "ours": 5}


# --- resuming ----------------------------------------------------------------------------------------------------


def test_results_come_back_from_the_file_as_they_were(tmp_path):
    results = Results(machine=MACHINE, rows=(row("a"), row("b", stock="no")))
    write_results(tmp_path / "r.json", results)
    assert read_results(tmp_path / "r.json") == results
    written = json.loads((tmp_path / "r.json").read_text())
    assert written["rows"][0]["ratios"]["ours"]["prove"] == 4.0
    assert written["summary"]["ours"]["all"]["models"] == 1


def test_a_row_is_found_only_by_everything_it_was_measured_on():
    results = Results(machine=MACHINE, rows=(row(),))
    same = row().identity
    assert measured_row(results, same) == row()
    for change in (
        {"model_digest": "0xc"},
        {"samples_digest": "0xc"},
        {"source_digest": "0x2"},
        {"options": replace(OPTIONS, sides=("stock", "ours", "loose"))},
    ):
        assert measured_row(results, replace(same, **change)) is None


def test_a_new_row_takes_the_place_of_the_same_models_older_one():
    results = Results(machine=MACHINE, rows=(row("b"), row("gone")))
    for new in (row("a"), row("b", source="0x2")):
        results = with_row(results, new, ["a", "b"])
    assert [one.identity.model for one in results.rows] == ["a", "b", "gone"]
    assert results.rows[1].identity.source_digest == "0x2"


def test_figures_of_another_machine_are_not_gone_on_from(tmp_path):
    write_results(tmp_path / "r.json", Results(machine=MACHINE, rows=(row(),)))
    assert resumed(tmp_path / "r.json", MACHINE).rows == (row(),)
    with pytest.raises(OtherMachine, match="a cpu"):
        resumed(tmp_path / "r.json", replace(MACHINE, cores=64))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine": {}, "rows": [{"older": 1}]}', '{"rows": 1}'])
def test_a_file_of_another_shape_is_begun_anew(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    assert resumed(tmp_path / "r.json", MACHINE) == Results(machine=MACHINE)


# --- held-out errors ---------------------------------------------------------------------------------------------


def truth(*outputs: tuple[float, ...]) -> Truth:
    tensors = (TensorSpec(name="y", shape=(1, len(outputs[0])), dtype="float", onnx_type="FLOAT"),)
    spec = ModelSpec(name="m", digest=ZERO_DIGEST, inputs=(), outputs=tensors, opset=18, operators=(), parameters=0)
    return Truth(model=Model(spec=spec, onnx=b""), inputs=(), outputs=tuple((np.asarray([one]),) for one in outputs))


def circuit(*outputs: tuple[float, ...] | None):
    return [None if one is None else (np.asarray(one),) for one in outputs]


def test_errors_are_those_of_samples_that_every_side_can_prove():
    exact = truth((0.0, 1.0), (0.0, 2.0), (0.0, 3.0))
    mine, theirs = circuit((0.5, 1.0), (9.0, 9.0), None), circuit((0.0, 1.0), None, (0.0, 3.0))
    found = errors(mine, [mine, theirs], exact, "classes")
    assert found == Errors(samples=1, refused=1, max_abs=0.5, mean_abs=0.25, flips=0)


@pytest.mark.parametrize(
    ("answer", "exact", "mine", "flips"),
    [
        ("classes", (0.0, 1.0), (2.0, 1.0), 1),
        ("logit", (0.1,), (-0.1,), 1),
        ("logit", (0.6,), (0.4,), 0),
        ("probability", (0.6,), (0.4,), 1),
        ("values", (0.1,), (-0.1,), None),
    ],
)
def test_a_flip_is_an_answer_that_reads_differently(answer, exact, mine, flips):
    assert errors(circuit(mine), [circuit(mine)], truth(exact), answer).flips == flips


def test_no_common_sample_is_no_error_and_says_so():
    assert errors(circuit(None), [circuit(None)], truth((1.0,)), "logit").samples == 0


# --- the page and the chart --------------------------------------------------------------------------------------


def test_the_page_keeps_what_stands_around_its_generated_part():
    page = with_section(f"before\n{BEGIN}\nold\n{END}\nafter\n", "new")
    assert page == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="marks"):
        with_section("no marks", "new")


def test_the_committed_page_has_its_marks():
    with_section((ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8"), "")


def test_every_model_stands_in_the_section_and_failures_with_their_reason():
    text = section(Results(machine=MACHINE, rows=(row("a"), row("b", ours="too | large"))), "all")
    assert "| a | 100 → 100 |" in text
    assert "- b: ours failed: too | large" in text


def test_a_side_with_a_goal_of_its_own_has_its_means_its_ratios_and_its_failures():
    loose = Outcome(figures=figures(0.5, key=50, mean=0.02))
    rows = (replace(row("a"), loose=loose), replace(row("b"), loose=Outcome(failed="too coarse")), row("c"))
    text = section(Results(machine=MACHINE, rows=rows), "all")
    assert "| 1 models, < 5,000 stock rows, `--max-error 0.01` | 8 (8, a) |" in text
    assert "| a | 4 | 10 |  | 8 | 20 |  |" in text
    assert "- b: loose failed: too coarse" in text
    assert summarise(rows, "thrifty")["all"]["models"] == 0


def test_an_empty_file_has_a_section_too():
    assert "no row yet" in section(Results(machine=MACHINE), "all")


def test_the_chart_is_well_formed_and_names_every_compared_model():
    text = chart([row("a<b"), row("slow", figures(0.001), figures(1.0)), row("failed", stock="no")])
    words = [element.text for element in ElementTree.fromstring(text).iter() if element.text]
    assert {"a<b", "slow"} <= set(words)
    assert "failed" not in words


def test_a_chart_of_nothing_is_well_formed():
    ElementTree.fromstring(chart([]))


# --- the tree ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").rglob("*.py")), ids=lambda path: path.name)
def test_a_module_has_room_to_spare(path):
    assert path.read_text(encoding="utf-8").count("\n") <= 300


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "results").glob("*.json")), ids=lambda path: path.name)
def test_committed_results_can_be_read(path):
    assert read_results(path) is not None
