"""What a report says of a circuit whose every answer is known, and what bounds make of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zkchain.circuit.fidelity import measure_fidelity
from zkchain.circuit.fidelity_page import render_report
from zkchain.circuit.fidelity_report import (
    JUDGED,
    Errors,
    FidelityBounds,
    FidelityReport,
    Violation,
    violations,
)
from zkchain.circuit.probes import ProbeSet
from zkchain.errors import EngineKilled, EngineRefused
from zkchain.halo2 import Witnessed
from zkchain.records import TensorSpec
from zkchain.values import FieldElement

SCALE = 4
LOGITS = TensorSpec(name="logits", shape=(1, 2), dtype="float", onnx_type="FLOAT")
CLASS = TensorSpec(name="class", shape=(1,), dtype="int", onnx_type="INT64")
SETTINGS = {
    "model_output_scales": [SCALE, 0, 0],
    "required_lookups": ["Sigmoid"],
    "required_range_checks": [[-1, 1], [0, 127]],
    "run_args": {"lookup_range": [-100, 200], "decomp_base": 128, "decomp_legs": 4},
}
HUGE, FORBIDDEN = 9.0, 99.0


class Rounding:
    """Stands for a prover: the second logit is the input rounded down to the scale, the first its negative.

    Inputs of HUGE or more leave the tables; one of FORBIDDEN or more makes the whole batch fail.
    """

    def __init__(self):
        self.batches = 0

    def witness(self, model, settings, inputs, report=None):
        self.batches += 1
        if any(data[0][0] >= FORBIDDEN for data in inputs):
            raise EngineRefused("too large", operation="witness")
        return tuple(self._one(data[0][0]) for data in inputs)

    def _one(self, value):
        felt = int(np.floor(value * 2**SCALE))
        outputs = ((-felt, felt), (int(felt > -felt),), (0,) * 9)
        return Witnessed(
            seconds=0.0,
            outputs=tuple(tuple(FieldElement.from_int(each) for each in tensor) for tensor in outputs),
            lookup_low=min(felt, 0),
            lookup_high=10**6 if value >= HUGE else max(felt, 0),
            range_high=127,
            peak_rss_bytes=0,
        )


def probes(name, values):
    inputs = tuple((np.asarray([[value]]),) for value in values)
    references = tuple((np.asarray([[-value, value]]), np.asarray([int(value > -value)])) for value in values)
    return ProbeSet(name=name, inputs=inputs, references=references)


def measure(tmp_path, prover=None, outputs=(LOGITS, CLASS), settings=SETTINGS, **sections) -> FidelityReport:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    sets = [probes(name, values) for name, values in sections.items()]
    return measure_fidelity(
        prover or Rounding(), Path("model"), path, sets, outputs, encode=lambda sample: [sample[0].ravel().tolist()]
    )


def test_errors_and_ranges_are_those_of_the_answers(tmp_path):
    data = measure(tmp_path, data=[0.0, 0.5, 1 / 32, -1 / 64]).section("data")
    assert data.samples == data.answered == 4
    assert data.errors == data.outputs[0].errors
    wrong = np.asarray([0, 0, 0, 0, 1 / 32, 1 / 32, 3 / 64, 3 / 64])
    quantiles = np.quantile(wrong, (0.5, 0.95, 0.99))
    assert data.errors == Errors(max=3 / 64, mean=wrong.mean(), median=quantiles[0], p95=quantiles[1], p99=quantiles[2])
    logits = data.outputs[0]
    assert (logits.name, logits.elements, logits.whole) == ("logits", 2, False)
    assert (logits.float_low, logits.float_high) == (-0.5, 0.5)
    assert (logits.circuit_low, logits.circuit_high) == (-0.5, 0.5)
    assert sum(logits.histogram) == 8
    assert set(logits.points) == {
        *((value, value) for value in (0.0, 0.5, -0.5)),
        (1 / 32, 0.0),
        (-1 / 32, 0.0),
        (-1 / 64, -1 / 16),
        (1 / 64, 1 / 16),
    }


def test_whole_outputs_are_counted_by_flips_and_not_by_errors(tmp_path):
    report = measure(tmp_path, data=[0.5, 1 / 32])
    data = report.section("data")
    assert data.outputs[1].whole
    assert data.outputs[1].errors.max == 1.0
    assert data.errors.max == 1 / 32
    assert (data.flipped, data.outputs[1].flipped, data.flips) == (1, 1, 0.5)


def test_the_headroom_is_seen_per_section(tmp_path):
    report = measure(tmp_path, data=[1.0, -2.0], outside=[10.0])
    assert report.tables.lookup == (-100, 200)
    assert report.tables.digit_high == 127
    assert report.tables.decomposed_bits == 28
    assert (report.section("data").lookup_low, report.section("data").lookup_high) == (-32, 16)
    assert report.section("outside").lookup_high == 10**6


def test_what_cannot_be_proved_is_counted_and_not_compared(tmp_path):
    data = measure(tmp_path, data=[1.0, 10.0, 100.0, 2.0, 11.0]).section("data")
    assert (data.samples, data.answered, data.beyond_tables, data.refused) == (5, 2, 2, 1)
    assert data.errors.max == 0.0
    assert data.outputs[0].float_high == 2.0


def test_nothing_provable_leaves_nothing_to_compare(tmp_path):
    data = measure(tmp_path, data=[100.0, 100.0]).section("data")
    assert (data.answered, data.refused, data.outputs, data.errors) == (0, 2, (), Errors())


@pytest.mark.parametrize(("beside", "error"), [((), 4.0), ((1.0,), 0.0), ((3.0, 0.75), 0.25)])
def test_at_a_tie_the_nearest_of_the_answers_beside_it_is_what_counts(tmp_path, beside, error):
    """The circuit says 1, the float model 5; what it says right beside that is as good, and nothing else is."""
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(SETTINGS))
    answers = probes("ties", [5.0, *beside]).references
    ties = ProbeSet(name="ties", inputs=probes("ties", [1.0]).inputs, references=answers[:1], neighbours=(answers[1:],))
    found = measure_fidelity(
        Rounding(), Path("model"), path, [probes("data", [1.0]), ties], (LOGITS, CLASS),
        encode=lambda sample: [sample[0].ravel().tolist()],
    )  # fmt: skip
    assert found.section("ties").errors.max == error


def test_a_section_without_inputs_is_empty(tmp_path):
    outside = measure(tmp_path, data=[1.0], outside=[]).section("outside")
    assert (outside.samples, outside.flips, outside.outputs) == (0, 0.0, ())


def test_a_large_data_set_is_run_in_batches(tmp_path):
    prover = Rounding()
    assert measure(tmp_path, prover, data=[0.25] * 300).section("data").samples == 300
    assert prover.batches == 3


@pytest.mark.parametrize("error", [EngineKilled("gone"), EngineRefused("no layout", operation="compile_only")])
def test_what_is_no_fault_of_an_input_is_an_error(tmp_path, error):
    class Broken(Rounding):
        def witness(self, model, settings, inputs, report=None):
            raise error

    with pytest.raises(type(error)):
        measure(tmp_path, Broken(), data=[1.0])


def test_a_flip_is_explained_when_the_errors_on_the_data_could_cause_it(tmp_path):
    # The largest error on the data is 1/32: gaps of up to 1/16 are explained by it.
    report = measure(tmp_path, outputs=(LOGITS,), data=[1 / 32 + 1], random=[1 / 33, 1 / 20, 0.5], corners=[1 / 17])
    assert (report.section("random").flipped, report.section("random").unexplained) == (2, 1)
    assert (report.section("corners").flipped, report.section("corners").unexplained) == (1, 1)


def test_a_whole_number_flips_unexplained_except_at_a_tie(tmp_path):
    report = measure(tmp_path, outputs=(LOGITS, CLASS), data=[1 / 32 + 1], ties=[1 / 33], random=[1 / 33])
    assert (report.section("ties").flipped, report.section("ties").unexplained) == (1, 0)
    assert (report.section("random").flipped, report.section("random").unexplained) == (1, 1)


def test_a_report_is_json_both_ways(tmp_path):
    report = measure(tmp_path, data=[1.0, 10.0], random=[0.3])
    assert FidelityReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    with pytest.raises(KeyError):
        report.section("corners")


class TestBounds:
    """Judged by the numbers of a report, changed here one at a time."""

    @pytest.fixture
    def report(self, tmp_path):
        return measure(tmp_path, data=[1.0, 2.0], ties=[1.0], random=[1.0], corners=[1.0], outside=[1.0])

    def changed(self, report, name, **values):
        sections = tuple(replace(found, **values) if found.name == name else found for found in report.sections)
        return replace(report, sections=sections)

    def test_no_bounds_are_never_broken(self, report):
        worst = self.changed(report, "data", errors=Errors(max=1e9), flipped=2, refused=2)
        assert violations(worst, FidelityBounds()) == ()

    @pytest.mark.parametrize("name", JUDGED)
    def test_an_error_beyond_the_bound_is_found_in_every_judged_section(self, report, name):
        worse = self.changed(report, name, errors=Errors(max=0.2))
        assert violations(worse, FidelityBounds(max_error=0.2)) == ()
        expected = Violation(section=name, measure="error", found=0.2, allowed=0.1)
        assert violations(worse, FidelityBounds(max_error=0.1)) == (expected,)

    def test_the_outside_is_not_judged(self, report):
        worse = self.changed(report, "outside", errors=Errors(max=9.0), unexplained=1, flipped=1)
        assert violations(worse, FidelityBounds(max_error=0.0, max_flip=0.0)) == ()

    def test_every_flip_of_the_data_counts(self, report):
        worse = self.changed(report, "data", flipped=1)
        assert violations(worse, FidelityBounds(max_flip=0.5)) == ()
        (broken,) = violations(worse, FidelityBounds(max_flip=0.49))
        assert (broken.measure, broken.found) == ("flips", 0.5)

    def test_of_made_up_inputs_only_unexplained_flips_count(self, report):
        assert violations(self.changed(report, "random", flipped=1), FidelityBounds(max_flip=0.0)) == ()
        worse = self.changed(report, "random", flipped=1, unexplained=1)
        assert [broken.section for broken in violations(worse, FidelityBounds(max_flip=0.5))] == ["random"]

    def test_data_without_an_answer_are_within_no_bound_of_error_and_count_as_flipped(self, report):
        worse = self.changed(report, "data", refused=1)
        assert [broken.measure for broken in violations(worse, FidelityBounds(max_error=1.0))] == ["unanswered"]
        assert [broken.measure for broken in violations(worse, FidelityBounds(max_flip=0.4))] == ["flips"]
        assert violations(worse, FidelityBounds(max_flip=0.5)) == ()

    @pytest.mark.parametrize("bad", [{"max_error": -0.1}, {"max_flip": 1.5}, {"max_flip": float("nan")}])
    def test_senseless_bounds_are_refused(self, bad):
        with pytest.raises(ValueError, match="must be"):
            FidelityBounds(**bad)

    def test_nan_is_no_bound_for_errors(self):
        with pytest.raises(ValueError, match="must be"):
            FidelityBounds(max_error=float("nan"))


class TestPage:
    """The page says what the report says, and nothing of when or where it was made."""

    def test_it_is_the_same_for_the_same_report(self, tmp_path):
        pages = {
            render_report("m", measure(tmp_path, data=[1.0, 0.3], outside=[10.0]), FidelityBounds()) for _ in range(2)
        }
        assert len(pages) == 1

    def test_names_of_models_and_outputs_are_escaped(self, tmp_path):
        evil = replace(LOGITS, name="<b>logits</b>")
        html = render_report("<i>m</i>", measure(tmp_path, outputs=(evil,), data=[1.0, 0.3]), FidelityBounds())
        assert "<b>" not in html
        assert "<i>" not in html
        assert "&lt;b&gt;logits&lt;/b&gt;" in html

    def test_it_says_whether_bounds_hold_and_which_do_not(self, tmp_path):
        report = measure(tmp_path, data=[1.0, 1 / 32])
        assert "No bounds were given" in render_report("m", report, FidelityBounds())
        assert "Within bounds" in render_report("m", report, FidelityBounds(max_error=1.0, max_flip=1.0))
        html = render_report("m", report, FidelityBounds(max_error=0.01))
        assert "Not within bounds" in html
        assert "Bounds that do not hold" in html

    def test_it_counts_what_cannot_be_proved(self, tmp_path):
        html = render_report("m", measure(tmp_path, data=[1.0, 10.0, 100.0]), FidelityBounds())
        assert "Of 3 inputs, 1 leave the circuit&#x27;s tables and 1 are refused outright" in html

    def test_a_circuit_without_lookups_has_no_picture_of_their_headroom(self, tmp_path):
        with_tables = render_report("m", measure(tmp_path, data=[1.0]), FidelityBounds())
        without = measure(tmp_path, settings={**SETTINGS, "required_lookups": []}, data=[1.0])
        assert "Share of the lookup tables used" in with_tables
        assert "Share of the lookup tables used" not in render_report("m", without, FidelityBounds())

    def test_only_the_worst_of_many_outputs_get_pictures_and_all_get_a_row(self, tmp_path):
        report = measure(tmp_path, data=[1.0, 0.3])
        section = report.section("data")
        outputs = tuple(
            replace(section.outputs[0], name=f"out{index}", errors=Errors(max=float(index))) for index in range(9)
        )
        html = render_report("m", replace(report, sections=(replace(section, outputs=outputs),)), FidelityBounds())
        assert [f"<h3>out{index}</h3>" in html for index in range(9)] == [False] * 5 + [True] * 4
        assert all(f'<th scope="row">out{index}</th>' in html for index in range(9))
