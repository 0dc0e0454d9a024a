"""The gate against the real engine: a model built to deceive, and one that loses accuracy at a low scale (T34)."""

import json

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from zkchain.circuit.fidelity import measure_fidelity, run_circuit
from zkchain.circuit.fidelity_report import FidelityBounds, violations
from zkchain.circuit.probes import make_probes
from zkchain.model import evaluate, load_model, to_input_data

LAYOUT = {
    "input_visibility": "private",
    "output_visibility": "public",
    "param_visibility": "fixed",
    "decomp_base": 128,
    "decomp_legs": 4,
    "num_inner_cols": 1,
}


def save(path, nodes, weights, inputs):
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value, dtype=np.float32), name) for name, value in weights.items()],
    )
    onnx = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(onnx.SerializeToString())
    return load_model(path)


def settings_at(scale, prover, model, folder):
    """A circuit for `model` at `scale` bits: its model and settings files."""
    onnx, settings = folder / "circuit.onnx", folder / f"settings-{scale}.json"
    onnx.write_bytes(model.onnx)
    run_args = {**LAYOUT, "input_scale": scale, "param_scale": scale}
    settings.write_text(json.dumps(prover.make_settings(onnx, run_args, None, None)))
    return onnx, settings


def backdoored(path):
    """Logits (x0, -x0 + 3 t) with t = relu(x0 + x1 - 1), which is 0 wherever x0 + x1 < 1.

    The 3 is a product of 0.003, which is nothing at 7 bits, and 1000: at a low scale the circuit never says 1 for
    large inputs, and the float model does.
    """
    return save(
        path,
        [
            helper.make_node("MatMul", ["x", "sum"], ["s"]),
            helper.make_node("Add", ["s", "edge"], ["over"]),
            helper.make_node("Relu", ["over"], ["t"]),
            helper.make_node("MatMul", ["t", "small"], ["hidden"]),
            helper.make_node("Relu", ["hidden"], ["kept"]),
            helper.make_node("MatMul", ["kept", "large"], ["extra"]),
            helper.make_node("MatMul", ["x", "plain"], ["logits"]),
            helper.make_node("Add", ["logits", "extra"], ["y"]),
        ],
        {
            "sum": [[1], [1]],
            "edge": [[-1]],
            "small": [[0.003]],
            "large": [[0, 1000]],
            "plain": [[1, -1], [0, 0]],
        },
        inputs=2,
    )


def clean_data(count):
    """Samples that never trigger the backdoor: near the line x0 + x1 = 0."""
    random = np.random.default_rng(0)
    along = random.uniform(-1, 1, size=count)
    along[np.abs(along) < 0.1] = 0.5
    sums = random.uniform(-0.2, 0.2, size=count)
    return [(np.asarray([[a, np.clip(total - a, -1, 1)]], np.float32),) for a, total in zip(along, sums, strict=True)]


@pytest.mark.parametrize(("scale", "caught"), [(7, True), (13, False)])
def test_a_quantisation_backdoor_that_no_sample_shows_is_found_on_made_up_inputs(tmp_path, prover, scale, caught):
    model = backdoored(tmp_path / "backdoor.onnx")
    onnx, settings = settings_at(scale, prover, model, tmp_path)
    probes = make_probes(clean_data(40), [(-1.0, 1.0)], lambda inputs: evaluate(model, inputs))
    report = measure_fidelity(prover, onnx, settings, probes, model.spec.outputs, encode=to_input_data)
    data, random = report.section("data"), report.section("random")
    assert data.flipped == 0
    assert data.errors.max < 0.05
    broken = violations(report, FidelityBounds(max_flip=0.01))
    assert bool(random.unexplained) == bool(broken) == caught
    assert "data" not in {found.section for found in broken}
    assert bool(violations(report, FidelityBounds(max_error=0.1))) == caught


@pytest.mark.slow
def test_a_low_scale_loses_several_per_cent_of_a_classifier_and_the_report_says_which_does_not(tmp_path, prover):
    images, digits = upscaled_digits()
    model = classifier(tmp_path / "digits.onnx", images[:1200], digits[:1200])
    given = [(image.reshape(1, -1),) for image in images[1200:1400]]
    (data, *_) = make_probes(given, [(0.0, 1.0)], lambda inputs: evaluate(model, inputs))
    floats = np.stack([reference[0] for reference in data.references]).reshape(len(given), -1)
    right = (floats.argmax(axis=1) == digits[1200:1400]).mean()
    lost, flips = {}, {}
    for scale in (2, 7):
        onnx, settings = settings_at(scale, prover, model, tmp_path)
        report = measure_fidelity(prover, onnx, settings, [data], model.spec.outputs, encode=to_input_data)
        flips[scale] = report.section("data").flips
        lost[scale] = right - accuracy(prover, onnx, settings, given, digits[1200:1400])
        assert bool(violations(report, FidelityBounds(max_flip=0.001))) == (scale == 2)
    assert right > 0.9
    assert lost[2] > 0.03
    assert flips[2] >= lost[2]
    assert abs(lost[7]) <= 0.001
    assert flips[7] <= 0.001


def accuracy(prover, onnx, settings, inputs, truth):
    witnesses = run_circuit(prover, onnx, settings, [to_input_data(sample) for sample in inputs])
    answers = np.asarray([[value.signed for value in witness.outputs[0]] for witness in witnesses])
    return (answers.argmax(axis=1) == truth).mean()


def upscaled_digits():
    """scikit-learn's 8x8 digits as 28x28 pictures from 0 to 1: (samples, 784) and labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = np.kron(digits.images / 16, np.ones((3, 3)))
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2)))
    return padded.reshape(len(padded), -1).astype(np.float32), digits.target


def classifier(path, images, digits):
    """A 784-56-10 network, trained the same way every time."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.utils._testing import ignore_warnings

    with ignore_warnings(category=ConvergenceWarning):
        trained = MLPClassifier((56,), random_state=0, max_iter=60).fit(images, digits)
    (hidden, last), (first, second) = trained.coefs_, trained.intercepts_
    return save(
        path,
        [
            helper.make_node("Gemm", ["x", "hidden", "first"], ["a"]),
            helper.make_node("Relu", ["a"], ["b"]),
            helper.make_node("Gemm", ["b", "last", "second"], ["y"]),
        ],
        {"hidden": hidden, "first": first, "last": last, "second": second},
        inputs=784,
    )
