"""What must hold of any file and any values."""

import json
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tiny import tiny_onnx
from tests.support.zoo import ZOO
from tests.support.zoo_graphs import single
from tests.unit.model.test_lower import assert_same
from zkchain.errors import ModelError, ModelTooLarge, ModelUnreadable, SampleError
from zkchain.model import check_operators, load_model, read_samples, to_input_data
from zkchain.model.wire import scan_model
from zkchain.records import ModelSpec, TensorSpec
from zkchain.values import ZERO_DIGEST

_SEEDS = [
    tiny_onnx(),
    *(
        entry.build().SerializeToString()
        for entry in ZOO
        if entry.name in {"functions", "refused_if", "sklearn_tree", "attention_operator", "pad_reflect", "lstm"}
    ),
]

shapes = st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple)


def loaded(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(data)
        check_operators(load_model(path))
        assert list(Path(folder).iterdir()) == [path]


@given(st.binary(max_size=300))
def test_any_bytes_are_scanned_or_refused(data):
    try:
        scan_model(data)
    except (ModelUnreadable, ModelTooLarge):
        return


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_SEEDS), st.data())
def test_a_model_with_changed_bytes_loads_or_is_refused_by_a_typed_error(seed, data):
    changed = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    try:
        loaded(bytes(changed))
    except ModelError:
        return


@pytest.mark.parametrize("seed", _SEEDS[:3], ids=["tiny", "second", "third"])
def test_a_model_cut_short_anywhere_loads_or_is_refused_by_a_typed_error(seed):
    for length in range(0, len(seed), max(1, len(seed) // 150)):
        with pytest.raises(ModelError):
            loaded(seed[:length])


@st.composite
def tensors(draw):
    """A tensor's spec and an array that fits it."""
    kind, onnx_type, numbers = draw(
        st.sampled_from(
            [
                ("float", "FLOAT", st.floats(-1e6, 1e6, width=32)),
                ("int", "INT64", st.integers(-(2**53), 2**53)),
                ("bool", "BOOL", st.booleans()),
            ]
        )
    )
    shape = draw(shapes)
    count = math.prod(shape)
    values = draw(st.lists(numbers, min_size=count, max_size=count))
    dtype = {"float": np.float32, "int": np.int64, "bool": np.bool_}[kind]
    return (kind, onnx_type, shape), np.asarray(values, dtype=dtype).reshape(shape)


@settings(max_examples=100, deadline=None)
@given(st.lists(tensors(), min_size=1, max_size=3), st.sampled_from(["names", "ezkl", "npz", "flat"]))
def test_what_is_written_in_any_format_is_read_back_exactly(drawn, form):
    inputs = tuple(
        TensorSpec(name=f"t{index}", shape=shape, dtype=kind, onnx_type=onnx_type)
        for index, ((kind, onnx_type, shape), _) in enumerate(drawn)
    )
    spec = ModelSpec(name="m", digest=ZERO_DIGEST, inputs=inputs, outputs=(), opset=1, operators=(), parameters=0)
    arrays = {tensor.name: array for tensor, (_, array) in zip(inputs, drawn, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("s.npz" if form == "npz" else "s.json")
        if form == "npz":
            np.savez(path, **arrays)
        elif form == "ezkl":
            path.write_text(json.dumps({"input_data": to_input_data(tuple(arrays.values()))}))
        else:
            plain = {name: (a.ravel() if form == "flat" else a).tolist() for name, a in arrays.items()}
            path.write_text(json.dumps(plain))
        (sample,) = read_samples(path, spec)
    for found, (_, wanted) in zip(sample, drawn, strict=True):
        assert found.shape == wanted.shape
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "input_data", "y"]), inner),
    max_leaves=12,
)


@given(json_values)
def test_any_json_gives_samples_that_fit_or_a_typed_error(value):
    tensor = TensorSpec(name="x", shape=(1, 2), dtype="float", onnx_type="FLOAT")
    spec = ModelSpec(name="m", digest=ZERO_DIGEST, inputs=(tensor,), outputs=(), opset=1, operators=(), parameters=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.json"
        path.write_text(json.dumps(value))
        try:
            samples = read_samples(path, spec)
        except SampleError:
            return
    for (array,) in samples:
        assert array.shape == (1, 2)
        assert np.isfinite(array).all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rewritten_moves_of_elements_agree_with_onnxruntime(data):
    shape = data.draw(st.lists(st.integers(2, 4), min_size=1, max_size=3))
    x = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    operator = data.draw(st.sampled_from(["Tile", "Pad", "Expand"]))
    settings_: dict[str, object] = {}
    if operator == "Tile":
        weight = data.draw(st.lists(st.integers(1, 3), min_size=len(shape), max_size=len(shape)))
    elif operator == "Pad":
        settings_["mode"] = data.draw(st.sampled_from(["reflect", "edge"]))
        weight = data.draw(st.lists(st.integers(0, min(shape) - 1), min_size=2 * len(shape), max_size=2 * len(shape)))
    else:
        weight = [*data.draw(st.lists(st.integers(1, 3), max_size=2)), *shape]
    assert_same(single(operator, shape, [np.asarray(weight)], **settings_)(), [{"x": x}])
