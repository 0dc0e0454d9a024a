"""The binding: two tensors at the end, and the same answers as before."""

import numpy as np
import onnx
import pytest

from tests.support.zoo import PROVING
from tests.support.zoo_graphs import INT, graph, node
from zkchain.errors import ModelInvalid
from zkchain.model import evaluate, load_model, with_binding
from zkchain.model.load import normalise


@pytest.mark.parametrize("entry", PROVING[::5], ids=lambda entry: entry.name)
def test_binding_tensors_come_last_and_change_no_answer(entry, tmp_path):
    model = load_model(entry.write_model(tmp_path), dims=entry.dims)
    bound = with_binding(model)
    onnx.checker.check_model(onnx.load_from_string(bound.onnx), full_check=True)
    assert bound.spec.inputs[:-1] == model.spec.inputs
    assert bound.spec.outputs[:-1] == model.spec.outputs
    for tensor, name in ((bound.spec.inputs[-1], "zkchain_binding"), (bound.spec.outputs[-1], "zkchain_binding_out")):
        assert (tensor.name, tensor.shape, tensor.dtype) == (name, (1, 9), "int")
    assert bound.spec.digest != model.spec.digest
    assert bound.spec.notes == model.spec.notes
    limbs = np.arange(9).reshape(1, 9) * 2**27
    sample = tuple(entry.samples(1)[0][tensor.name] for tensor in model.spec.inputs)
    (before,), (after,) = evaluate(model, [sample]), evaluate(bound, [(*sample, limbs)])
    for one, other in zip(before, after[:-1], strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(after[-1], limbs)


def test_binding_twice_is_refused():
    model = normalise(graph([node("Relu", ["x"], ["y"])], {"x": (1, 2)}, {"y": (1, 2)}), "m", {})
    with pytest.raises(ModelInvalid, match="zkchain_binding"):
        with_binding(with_binding(model))


@pytest.mark.parametrize("name", ["zkchain_binding", "zkchain_binding_out"])
def test_a_model_that_uses_a_reserved_name_is_refused(name):
    nodes = [node("Relu", ["x"], [name]), node("Neg", [name], ["y"])]
    with pytest.raises(ModelInvalid, match=name):
        with_binding(normalise(graph(nodes, {"x": (1, 2)}, {"y": (1, 2)}), "m", {}))
    as_input = graph([node("Neg", [name], ["y"])], {name: (1, 9)}, {"y": (1, 9)}, kinds={name: INT, "y": INT})
    with pytest.raises(ModelInvalid, match=name):
        with_binding(normalise(as_input, "m", {}))
