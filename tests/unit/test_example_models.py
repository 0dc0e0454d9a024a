"""The example models: trained as they say, as good as they say, and the one in the package is one of them."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.support.examples import EXAMPLES, load

SHIPPED = Path(__file__).parents[2] / "zkchain" / "pipeline" / "data"
NAMES = ("health_triage", "credit_scoring", "sensor_anomaly", "digits")
FILES = ("model.onnx", "samples.json", "input.json", "about.json")


def about(name):
    return json.loads((EXAMPLES / name / "about.json").read_text())


def tensors(name, file):
    return json.loads((EXAMPLES / name / file).read_text())


def decisions(name, rows):
    """What the committed model decides, with nothing of the training code."""
    session = onnxruntime.InferenceSession((EXAMPLES / name / "model.onnx").read_bytes())
    (tensor,) = session.get_inputs()
    outputs = np.vstack([session.run(None, {tensor.name: row[None].astype(np.float32)})[0] for row in rows])
    threshold = about(name)["threshold"]
    return outputs.argmax(axis=1) if threshold is None else (outputs[:, 0] >= threshold).astype(int)


@pytest.mark.parametrize("name", NAMES)
def test_training_again_gives_the_stated_accuracy_on_the_same_data_and_the_same_model_each_time(name, tmp_path):
    train = load(name, "train")
    accuracy = train.main(tmp_path / "first")
    # Another machine's arithmetic may move a weight in its last digits, and with it a row at the border.
    assert accuracy == pytest.approx(about(name)["held_out_accuracy"], abs=0.02)
    for file in ("samples.json", "input.json"):
        assert (tmp_path / "first" / file).read_bytes() == (EXAMPLES / name / file).read_bytes()
    train.main(tmp_path / "second")
    for file in FILES:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_model_has_exactly_the_stated_accuracy_and_beats_guessing(name):
    _, rows, _, labels = load(name, "train").data()
    stated = about(name)
    accuracy = (decisions(name, rows) == labels).mean()
    assert len(labels) == stated["held_out"]
    assert round(float(accuracy), 4) == stated["held_out_accuracy"]
    assert accuracy > np.bincount(labels).max() / len(labels) + 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_states_the_accuracy_and_how_much_was_held_out(name):
    text = (EXAMPLES / name / "README.md").read_text()
    assert f"{about(name)['held_out_accuracy']:.4f} on {about(name)['held_out']:,} " in text


@pytest.mark.parametrize("name", NAMES)
def test_calibration_never_saw_what_accuracy_is_measured_on(name):
    _, held_out, _, _ = load(name, "train").data()
    (samples,) = tensors(name, "samples.json").values()
    unseen = {tuple(row) for row in np.round(held_out, 6).tolist()}
    assert len(samples) >= 32
    assert not unseen.intersection(map(tuple, samples))


@pytest.mark.parametrize("name", NAMES)
def test_samples_and_input_are_finite_and_of_the_model_s_only_tensor(name):
    session = onnxruntime.InferenceSession((EXAMPLES / name / "model.onnx").read_bytes())
    (tensor,) = session.get_inputs()
    for file in ("samples.json", "input.json"):
        ((key, rows),) = tensors(name, file).items()
        assert key == tensor.name
        assert {len(row) for row in rows} == {tensor.shape[1]}
        assert np.isfinite(rows).all()
    assert len(rows) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_model_is_small_enough_for_a_quick_proof(name):
    assert (EXAMPLES / name / "model.onnx").stat().st_size < 10_000


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_model_is_the_triage_example(name):
    assert (SHIPPED / name).read_bytes() == (EXAMPLES / "health_triage" / name).read_bytes()


def test_nothing_else_is_shipped_beside_the_model():
    assert sorted(path.name for path in SHIPPED.iterdir()) == sorted(FILES)
