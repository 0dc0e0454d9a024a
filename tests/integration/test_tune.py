"""The tuner on real parts: as precise as ezkl's own pipeline and cheaper, or within the user's bound, or refused."""

import json

import numpy as np
import pytest

from tests.support.zoo_graphs import graph, node
from zkchain.circuit.bundle import load_bundle
from zkchain.circuit.fidelity_report import FidelityBounds, FidelityReport, violations
from zkchain.circuit.options import CompileOptions
from zkchain.circuit.speed import machine_speed
from zkchain.circuit.tune import Goal
from zkchain.circuit.tune.settings import read_pins
from zkchain.config import read_config
from zkchain.errors import BundleCorrupt, EngineRefused, FidelityViolated, ProofInvalid
from zkchain.files import sha256_file
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.tune import tune_model
from zkchain.values import FieldElement


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A two-layer model with samples, and a cache."""
    folder = tmp_path_factory.mktemp("tune")
    random = np.random.default_rng(0)
    weights = {"a": random.normal(size=(4, 6)).astype(np.float32), "b": random.normal(size=(6, 3)).astype(np.float32)}
    nodes = [node("MatMul", ["x", "a"], ["h"]), node("Relu", ["h"], ["r"]), node("MatMul", ["r", "b"], ["y"])]
    (folder / "model.onnx").write_bytes(graph(nodes, {"x": (1, 4)}, {"y": (1, 3)}, weights).SerializeToString())
    np.save(folder / "samples.npy", random.uniform(-1, 1, size=(24, 4)).astype(np.float32))
    return folder, read_config({"ZKCHAIN_HOME": str(folder / "home")}, cwd=folder)


def compiled(place, prover, out, **options):
    folder, config = place
    chosen = CompileOptions(binding=False, **options)
    return compile_model(
        folder / "model.onnx", folder / "samples.npy", config=config, prover=prover, out=out, options=chosen
    ).bundle


def run_args(folder):
    return json.loads((folder / "settings.json").read_text())["run_args"]


def test_a_tuned_circuit_is_cheaper_than_ezkls_own_and_no_less_precise(place, prover, tmp_path):
    ours = compiled(place, prover, tmp_path / "ours")
    stock = compiled(place, prover, tmp_path / "stock", stock=True)
    assert ours.fidelity.max_abs_error <= stock.fidelity.max_abs_error
    assert ours.fidelity.mean_abs_error <= stock.fidelity.mean_abs_error
    sizes = [{file.name: file.size for file in bundle.files}["proving.key"] for bundle in (ours, stock)]
    assert sizes[0] * 15 < sizes[1]


def test_cells_are_counted_alike_each_time(place, prover):
    """Over many short columns: that is where ezkl's own count is left to chance."""
    short = {"logrows": 6, "decomp_base": 56, "decomp_legs": 5, "num_inner_cols": 1}
    laid = prover.survey(place[0] / "model.onnx", [short] * 12, [], 60.0)
    assert len({one.settings["total_assignments"] for one in laid}) == 1


def test_what_makes_a_circuit_sound_is_never_up_for_choice(place, prover, tmp_path):
    compiled(place, prover, tmp_path / "ours", goal=Goal(max_error=0.5))
    chosen = run_args(tmp_path / "ours")
    assert chosen["ignore_range_check_inputs_outputs"] is False
    assert chosen["check_mode"] == run_args_of_stock(place, prover, tmp_path)["check_mode"]


def run_args_of_stock(place, prover, tmp_path):
    compiled(place, prover, tmp_path / "stock", stock=True)
    return run_args(tmp_path / "stock")


@pytest.mark.parametrize("limit", [0.5, 0.05, 0.002])
def test_an_error_bound_is_met(place, prover, tmp_path, limit):
    assert compiled(place, prover, tmp_path / "ours", goal=Goal(max_error=limit)).fidelity.max_abs_error <= limit


def test_a_bound_that_nothing_meets_is_a_negative_verdict_and_leaves_nothing(place, prover, tmp_path):
    with pytest.raises(FidelityViolated) as caught:
        compiled(place, prover, tmp_path / "ours", goal=Goal(max_error=1e-9))
    assert caught.value.exit_code == 1
    assert caught.value.facts["allowed_error"] == 1e-9
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [{"stock": True}, {"pinned": (("input_scale", "5"), ("param_scale", "5"))}])
def test_a_bound_also_judges_what_is_not_tuned(place, prover, tmp_path, kind):
    with pytest.raises(FidelityViolated):
        compiled(place, prover, tmp_path / "ours", goal=Goal(max_error=1e-9), **kind)


@pytest.mark.slow
def test_gas_is_the_least_where_gas_is_asked_for(place, prover, tmp_path):
    proofs = {
        goal: compiled(place, prover, tmp_path / goal, goal=Goal(optimize=goal)).proof_bytes
        for goal in ("gas", "balanced", "prove")
    }
    assert proofs["gas"] == min(proofs.values())


def test_pinned_settings_are_taken_as_they_are(place, prover, tmp_path):
    pinned = (("decomp_base", "1024"), ("decomp_legs", "3"), ("input_scale", "7"), ("logrows", "12"))
    compiled(place, prover, tmp_path / "ours", pinned=pinned)
    chosen = run_args(tmp_path / "ours")
    assert {name: chosen[name] for name, _ in pinned} == {name: json.loads(text) for name, text in pinned}


def test_pinned_settings_that_cannot_hold_the_samples_are_refused(place, prover, tmp_path):
    with pytest.raises(EngineRefused, match="pinned settings"):
        compiled(place, prover, tmp_path / "ours", pinned=(("decomp_base", "2"), ("decomp_legs", "2")))


def test_inputs_at_one_and_a_half_times_the_calibrated_range_still_prove(place, prover, tmp_path):
    bundle = compiled(place, prover, tmp_path / "ours")
    _, config = place
    wide = np.asarray([[1.5, -1.5, 1.5, -1.5]], np.float32)
    np.save(tmp_path / "wide.npy", wide)
    proved = prove_input(
        tmp_path / "ours", tmp_path / "wide.npy", config=config, prover=prover, out=tmp_path / "wide.proof.json"
    )
    scale = bundle.output_scales[0]
    found = [FieldElement(value).to_float(scale=scale) for value in proved.proof.instances]
    assert len(found) == 3


def test_a_tuning_run_proves_finalists_and_draws_what_it_tried(place, prover, tmp_path):
    folder, config = place
    result = tune_model(
        folder / "model.onnx",
        folder / "samples.npy",
        config=config,
        prover=prover,
        options=CompileOptions(binding=False),
        seconds=30,
        report_path=tmp_path / "page.html",
        settings_path=tmp_path / "settings.json",
    )
    laps = [finalist.lap for finalist in result.tuned.finalists if finalist.lap]
    assert len(laps) > 1
    assert result.tuned.winner.lap in laps
    for finalist in result.tuned.finalists:
        predicted = finalist.candidate.cost.proving_key_bytes
        assert abs(finalist.lap.proving_key_bytes / predicted - 1) < 0.05
    page = (tmp_path / "page.html").read_text()
    assert "Pareto" in page
    assert page.count("<svg") == 1
    assert json.loads((tmp_path / "settings.json").read_text()) == result.tuned.winner.settings


@pytest.fixture(scope="module")
def curved(tmp_path_factory):
    """A logistic regression with samples far out, which needs a wide table, and a cache."""
    folder = tmp_path_factory.mktemp("curved")
    random = np.random.default_rng(0)
    weights = {"a": random.normal(size=(4, 2)).astype(np.float32) * 3}
    nodes = [node("MatMul", ["x", "a"], ["h"]), node("Sigmoid", ["h"], ["y"])]
    (folder / "model.onnx").write_bytes(graph(nodes, {"x": (1, 4)}, {"y": (1, 2)}, weights).SerializeToString())
    np.save(folder / "samples.npy", random.uniform(-1, 1, size=(24, 4)).astype(np.float32))
    return folder, read_config({"ZKCHAIN_HOME": str(folder / "home")}, cwd=folder)


def test_rows_that_are_not_pinned_are_as_many_as_the_values_met_need(curved, prover, tmp_path):
    """And not as many as the widest table that ezkl would lay out by itself."""
    pinned = (("input_scale", "5"), ("param_scale", "5"), ("decomp_base", "128"), ("decomp_legs", "4"))
    bundle = compiled(curved, prover, tmp_path / "ours", pinned=pinned)
    low, high = run_args(tmp_path / "ours")["lookup_range"]
    assert high - low < 2**bundle.logrows <= 2**12


def test_a_tree_can_be_held_to_an_error_that_its_own_jumps_exceed(prover, tmp_path):
    """One split, on which side of which two inputs lie that no fixed point tells apart."""
    nodes = [node("Greater", ["x", "at"], ["over"]), node("Cast", ["over"], ["y"], to=1)]
    weights = {"at": np.asarray([[0.3001]], dtype=np.float32)}
    (tmp_path / "model.onnx").write_bytes(graph(nodes, {"x": (1, 1)}, {"y": (1, 1)}, weights).SerializeToString())
    np.save(tmp_path / "samples.npy", np.linspace(-1, 1, 24, dtype=np.float32)[:, None])
    place = tmp_path, read_config({"ZKCHAIN_HOME": str(tmp_path / "home")}, cwd=tmp_path)
    compiled(place, prover, tmp_path / "ours", goal=Goal(max_error=0.01))


class Watching:
    """A prover that keeps which models it was asked to run, and on how many inputs."""

    def __init__(self, prover):
        self._prover, self.runs = prover, []

    def __getattr__(self, name):
        return getattr(self._prover, name)

    def survey(self, model, variants, inputs, *arguments):
        self.runs += [(model.stem, len(inputs))] * len(variants)
        return self._prover.survey(model, variants, inputs, *arguments)


def test_a_form_that_cannot_be_cheaper_is_laid_out_but_not_run(prover, tmp_path):
    """Sixteen tanh of small numbers: a narrow table would save nothing, and takes digits of each."""
    weights = {"a": np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32) / 8}
    nodes = [node("MatMul", ["x", "a"], ["h"]), node("Tanh", ["h"], ["y"])]
    (tmp_path / "model.onnx").write_bytes(graph(nodes, {"x": (1, 16)}, {"y": (1, 16)}, weights).SerializeToString())
    np.save(tmp_path / "samples.npy", np.random.default_rng(1).uniform(-1, 1, size=(24, 16)).astype(np.float32))
    place = tmp_path, read_config({"ZKCHAIN_HOME": str(tmp_path / "home")}, cwd=tmp_path)
    watching = Watching(prover)
    compiled(place, watching, tmp_path / "ours", goal=Goal(max_error=0.05))
    assert ("narrow", 0) in watching.runs
    assert [run for run in watching.runs if run[0] == "narrow" and run[1]] == [("narrow", 4)]  # whether it agrees


@pytest.mark.slow
def test_few_exponentials_are_looked_up_in_a_narrow_table(curved, prover, tmp_path):
    bundle = compiled(curved, prover, tmp_path / "ours")
    low, high = run_args(tmp_path / "ours")["lookup_range"]
    assert bundle.logrows <= 12
    assert high - low < 2**12
    assert (tmp_path / "ours" / "circuit.onnx").read_bytes() != (tmp_path / "ours" / "model.onnx").read_bytes()
    np.save(tmp_path / "far.npy", np.full((1, 4), -1.5, np.float32))
    proved = prove_input(
        tmp_path / "ours", tmp_path / "far.npy", config=curved[1], prover=prover, out=tmp_path / "far.proof.json"
    )
    found = [FieldElement(value).to_float(scale=bundle.output_scales[0]) for value in proved.proof.instances]
    assert all(0 <= value <= 1 for value in found)


@pytest.mark.slow
def test_settings_of_a_narrow_circuit_pin_its_form_too(curved, prover, tmp_path):
    first = compiled(curved, prover, tmp_path / "first")
    again = compiled(curved, prover, tmp_path / "again", pinned=read_pins(tmp_path / "first" / "settings.json"))
    assert again.verifying_key_digest == first.verifying_key_digest


def test_a_bundle_carries_what_the_gate_saw_and_no_single_answer(place, prover, tmp_path):
    bundle = compiled(place, prover, tmp_path / "ours", goal=Goal(max_error=0.05))
    report = FidelityReport.from_json(json.loads((tmp_path / "ours" / "fidelity.json").read_text()))
    assert [section.name for section in report.sections] == ["data", "ties", "random", "corners", "outside"]
    assert all(section.samples for section in report.sections)
    assert not violations(report, FidelityBounds(max_error=0.05))
    assert not any(output.points for section in report.sections for output in section.outputs)
    sizes = {file.name: file.sha256 for file in bundle.files}
    assert sizes["fidelity.json"] == sha256_file(tmp_path / "ours" / "fidelity.json")


def test_a_changed_fidelity_report_is_found(place, prover, tmp_path):
    compiled(place, prover, tmp_path / "ours")
    path = tmp_path / "ours" / "fidelity.json"
    path.write_text(path.read_text().replace('"flipped": 0', '"flipped": 1', 1))
    with pytest.raises(BundleCorrupt, match=r"fidelity\.json"):
        load_bundle(tmp_path / "ours")


@pytest.fixture(scope="module")
def deceiving(tmp_path_factory):
    """A model with an output that is large only where no sample is, and rounded away at low scales; and a cache."""
    folder = tmp_path_factory.mktemp("deceiving")
    weights = {
        "sum": np.asarray([[1], [1]], np.float32),
        "edge": np.asarray([[-1]], np.float32),
        "small": np.asarray([[0.003]], np.float32),
        "large": np.asarray([[0, 1000]], np.float32),
        "plain": np.asarray([[1, -1], [0, 0]], np.float32),
    }
    nodes = [
        node("MatMul", ["x", "sum"], ["s"]),
        node("Add", ["s", "edge"], ["over"]),
        node("Relu", ["over"], ["t"]),
        node("MatMul", ["t", "small"], ["h"]),
        node("Relu", ["h"], ["kept"]),
        node("MatMul", ["kept", "large"], ["extra"]),
        node("MatMul", ["x", "plain"], ["logits"]),
        node("Add", ["logits", "extra"], ["y"]),
    ]
    (folder / "model.onnx").write_bytes(graph(nodes, {"x": (1, 2)}, {"y": (1, 2)}, weights).SerializeToString())
    random = np.random.default_rng(0)
    along, sums = random.uniform(-1, 1, size=40), random.uniform(-0.2, 0.2, size=40)
    np.save(folder / "samples.npy", np.stack([along, np.clip(sums - along, -1, 1)], axis=1).astype(np.float32))
    return folder, read_config({"ZKCHAIN_HOME": str(folder / "home")}, cwd=folder)


def test_a_backdoor_of_low_scales_is_not_published(deceiving, prover, tmp_path):
    pins = (("input_scale", "6"), ("param_scale", "6"), ("decomp_base", "128"), ("decomp_legs", "4"))
    with pytest.raises(FidelityViolated) as caught:
        compiled(deceiving, prover, tmp_path / "ours", goal=Goal(max_error=0.2), pinned=pins)
    assert caught.value.facts["section"] in ("random", "corners", "ties")
    assert not (tmp_path / "ours").exists()


@pytest.mark.slow
def test_the_tuner_takes_a_finer_circuit_where_made_up_inputs_need_one(deceiving, prover, tmp_path):
    compiled(deceiving, prover, tmp_path / "ours", goal=Goal(max_error=0.2))
    report = FidelityReport.from_json(json.loads((tmp_path / "ours" / "fidelity.json").read_text()))
    assert not violations(report, FidelityBounds(max_error=0.2))


class Balking:
    """A prover that cannot prove the first circuit that it is asked to."""

    def __init__(self, prover, error):
        self._prover, self._error, self._first, self.proofs = prover, error, None, 0

    def __getattr__(self, name):
        return getattr(self._prover, name)

    def prove(self, files, *arguments, tag):
        settings = files.settings.read_bytes()
        self._first = self._first or settings
        if settings == self._first:
            raise self._error
        self.proofs += 1
        return self._prover.prove(files, *arguments, tag=tag)


def test_where_the_best_circuit_cannot_be_proved_the_next_best_is_taken(place, prover, tmp_path):
    machine_speed(place[1].home, prover)  # which is measured by proofs of another circuit
    balking = Balking(prover, ProofInvalid("the proof does not hold"))
    first = compiled(place, balking, tmp_path / "ours", goal=Goal(max_error=0.1, optimize="prove"))
    assert balking.proofs > 1
    calls = balking.proofs
    assert compiled(place, balking, tmp_path / "ours", goal=Goal(max_error=0.1, optimize="prove")) == first
    assert balking.proofs == calls


@pytest.mark.slow
def test_a_circuit_whose_settings_were_given_is_not_exchanged_for_another(place, prover, tmp_path):
    machine_speed(place[1].home, prover)
    error = ProofInvalid("the proof does not hold")
    pins = (("input_scale", "6"), ("param_scale", "6"), ("decomp_base", "128"), ("decomp_legs", "4"))
    with pytest.raises(ProofInvalid):
        compiled(place, Balking(prover, error), tmp_path / "ours", pinned=pins)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_finalist_that_cannot_be_proved_does_not_win(place, prover):
    folder, config = place
    options = CompileOptions(binding=False, goal=Goal(max_error=0.1))
    arguments = {"config": config, "options": options, "seconds": 60.0}
    best = tune_model(folder / "model.onnx", folder / "samples.npy", prover=prover, **arguments).tuned
    balking = Balking(prover, EngineRefused("a column is too short", operation="prove"))
    others = tune_model(folder / "model.onnx", folder / "samples.npy", prover=balking, **arguments).tuned
    assert best.candidates == others.candidates
    assert all(finalist.lap is not None for finalist in others.finalists)
    assert best.finalists[0].candidate not in [finalist.candidate for finalist in others.finalists]
