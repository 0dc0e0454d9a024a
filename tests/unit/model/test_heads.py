"""A last activation is left out only where labels cannot notice."""

import numpy as np
import onnx
import pytest

from tests.support.zoo_graphs import graph, node
from zkchain.errors import UsageError
from zkchain.model import Sample, evaluate
from zkchain.model.load import normalise


def answers(model: onnx.ModelProto, samples: list[Sample], *, logits: bool):
    return np.asarray([out[0] for out in evaluate(normalise(model, "m", {}, logits=logits), samples)])


def inputs(seed: int = 0) -> list[Sample]:
    return [(row[None],) for row in np.random.default_rng(seed).normal(size=(50, 4)).astype(np.float32)]


@pytest.mark.parametrize("head", ["Softmax", "LogSoftmax"])
def test_the_largest_score_keeps_its_place(head):
    model = graph([node("Relu", ["x"], ["a"]), node(head, ["a"], ["y"], axis=-1)], {"x": (1, 4)}, {"y": (1, 4)})
    plain, raw = (answers(model, inputs(), logits=logits) for logits in (False, True))
    assert (plain.argmax(-1) == raw.argmax(-1)).all()
    np.testing.assert_allclose(raw, np.maximum(np.asarray([x for (x,) in inputs()]), 0))


def test_a_probability_above_one_half_is_a_score_above_zero():
    model = graph([node("Neg", ["x"], ["a"]), node("Sigmoid", ["a"], ["y"])], {"x": (1, 4)}, {"y": (1, 4)})
    plain, raw = (answers(model, inputs(), logits=logits) for logits in (False, True))
    assert ((plain > 0.5) == (raw > 0)).all()


def test_names_and_shapes_stay_and_a_note_says_what_was_done():
    model = graph([node("Sigmoid", ["x"], ["a"]), node("Identity", ["a"], ["y"])], {"x": (1, 4)}, {"y": (1, 4)})
    plain, raw = (normalise(model, "m", {}, logits=logits).spec for logits in (False, True))
    assert plain.outputs == raw.outputs
    assert plain.digest != raw.digest
    assert raw.notes == ("the last Sigmoid is left out: y holds what it was given, in the same order",)


def test_an_output_under_two_names_changes_under_both():
    nodes = [node("Sigmoid", ["x"], ["y"]), node("Identity", ["y"], ["z"])]
    found = normalise(graph(nodes, {"x": (1, 4)}, {"z": (1, 4), "y": (1, 4)}), "m", {}, logits=True)
    assert "z and y holds what it was given" in found.spec.notes[0]
    for (given,), outputs in zip(inputs(), evaluate(found, inputs()), strict=True):
        for output in outputs:
            np.testing.assert_array_equal(output, given)


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([node("Relu", ["x"], ["y"])], ["y"]),
        ([node("Softmax", ["x"], ["a"]), node("Relu", ["a"], ["y"])], ["y"]),
        ([node("Sigmoid", ["x"], ["y"]), node("Mul", ["x", "y"], ["z"])], ["y", "z"]),
        ([node("Sigmoid", ["x"], ["a"]), node("Identity", ["a"], ["y"]), node("Neg", ["a"], ["z"])], ["y", "z"]),
    ],
    ids=["none", "in the middle", "used again", "used behind Identity"],
)
def test_an_activation_that_something_else_needs_is_not_left_out(nodes, outputs):
    with pytest.raises(UsageError, match="Softmax") as caught:
        normalise(graph(nodes, {"x": (1, 4)}, dict.fromkeys(outputs, (1, 4))), "m", {}, logits=True)
    assert "--logits" in caught.value.remedy
