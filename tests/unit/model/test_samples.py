"""Samples: every format, and everything that must be refused, by tensor."""

import json
from pathlib import Path

import numpy as np
import pytest

from zkchain.errors import (
    SamplesNotFound,
    SamplesUnreadable,
    ShapeMismatch,
    TensorMismatch,
    TypeMismatch,
    ValueOutOfRange,
)
from zkchain.model import read_samples, sample_files, to_input_data
from zkchain.model.samples import MAX_INTEGER
from zkchain.records import ModelSpec, TensorSpec
from zkchain.values import ZERO_DIGEST


def tensor(name, shape, dtype="float", onnx_type="FLOAT"):
    return TensorSpec(name=name, shape=shape, dtype=dtype, onnx_type=onnx_type)


def spec(*inputs):
    return ModelSpec(name="m", digest=ZERO_DIGEST, inputs=inputs, outputs=(), opset=18, operators=(), parameters=0)


ONE = spec(tensor("x", (1, 2)))
TWO = spec(tensor("a", (2,)), tensor("b", (1, 3), "int", "INT64"))
INTS = spec(tensor("x", (1, 2), "int", "INT64"))
BYTES = spec(tensor("x", (1, 2), "int", "UINT8"))
BOOLS = spec(tensor("x", (1, 2), "bool", "BOOL"))
SCALAR = spec(tensor("x", ()))


def save(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content)
    elif name.endswith(".npz"):
        np.savez(path, **content)
    elif name.endswith(".npy"):
        np.save(path, content)
    else:
        path.write_text(json.dumps(content))
    return path


def values(samples):
    return [[array.tolist() for array in sample] for sample in samples]


@pytest.mark.parametrize(
    ("model", "name", "content", "found"),
    [
        (ONE, "s.json", {"input_data": [[1, 2.5]]}, [[[[1, 2.5]]]]),
        (ONE, "s.json", {"input_data": [[1, 2, 3, 4]]}, [[[[1, 2]]], [[[3, 4]]]]),
        (TWO, "s.json", {"input_data": [[1, 2], [3, 4, 5]]}, [[[1, 2], [[3, 4, 5]]]]),
        (
            TWO,
            "s.json",
            {"input_data": [[1, 2, 6, 7], [3, 4, 5, 8, 9, 0]]},
            [[[1, 2], [[3, 4, 5]]], [[6, 7], [[8, 9, 0]]]],
        ),
        (ONE, "s.json", {"x": [1, 2]}, [[[[1, 2]]]]),
        (ONE, "s.json", {"x": [[1, 2]]}, [[[[1, 2]]]]),
        (ONE, "s.json", {"x": [[1, 2], [3, 4]]}, [[[[1, 2]]], [[[3, 4]]]]),
        (ONE, "s.json", {"x": [[[1, 2]], [[3, 4]]]}, [[[[1, 2]]], [[[3, 4]]]]),
        (ONE, "s.json", [{"x": [1, 2]}, {"x": [[3, 4]]}], [[[[1, 2]]], [[[3, 4]]]]),
        (INTS, "s.json", {"x": [3.0, -4]}, [[[[3, -4]]]]),
        (INTS, "s.json", {"x": [MAX_INTEGER, -MAX_INTEGER]}, [[[[MAX_INTEGER, -MAX_INTEGER]]]]),
        (BOOLS, "s.json", {"x": [True, 0]}, [[[[True, False]]]]),
        (SCALAR, "s.json", {"x": 1.5}, [[1.5]]),
        (SCALAR, "s.json", {"x": [1.5, 2.5]}, [[1.5], [2.5]]),
        (SCALAR, "s.json", {"input_data": [[1.5]]}, [[1.5]]),
        (spec(tensor("input_data", (1, 2))), "s.json", {"input_data": [1, 2]}, [[[[1, 2]]]]),
        (ONE, "s.npy", np.asarray([[1.0, 2.0], [3.0, 4.0]]), [[[[1, 2]]], [[[3, 4]]]]),
        (ONE, "s.npy", np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]), [[[[1, 2]]], [[[3, 4]]]]),
        (BOOLS, "s.npy", np.asarray([True, False]), [[[[True, False]]]]),
        (TWO, "s.npz", {"a": np.asarray([1.0, 2]), "b": np.asarray([[3, 4, 5]])}, [[[1, 2], [[3, 4, 5]]]]),
        (ONE, "s.csv", "first,second\n1,2.5\n3,4\n", [[[[1, 2.5]]], [[[3, 4]]]]),
        (ONE, "s.csv", "1,2\r\n\r\n3,4", [[[[1, 2]]], [[[3, 4]]]]),
        (ONE, "s.csv", "\ufeff1,-2e-1\n", [[[[1, np.float32(-0.2)]]]]),
        (INTS, "s.csv", "9007199254740992,-2\n", [[[[MAX_INTEGER, -2]]]]),
        (ONE, "S.JSON", '{"input_data": [[1, 2]]}', [[[[1, 2]]]]),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, (str, dict, list)) else None,
)
def test_every_format_reads_to_the_models_own_shapes_and_types(tmp_path, model, name, content, found):
    samples = read_samples(save(tmp_path, name, content), model)
    assert values(samples) == found
    for sample in samples:
        for array, wanted in zip(sample, model.inputs, strict=True):
            assert array.shape == wanted.shape
            assert {"f": "float", "i": "int", "u": "int", "b": "bool"}[array.dtype.kind] == wanted.dtype


@pytest.mark.parametrize(
    ("model", "name", "content", "error"),
    [
        (ONE, "s.json", "", SamplesUnreadable),
        (ONE, "s.json", "{", SamplesUnreadable),
        (ONE, "s.json", b"\xff\xfe{}", SamplesUnreadable),
        (ONE, "s.json", "[]", SamplesUnreadable),
        (ONE, "s.json", "7", SamplesUnreadable),
        (ONE, "s.json", "[[1, 2]]", SamplesUnreadable),
        (ONE, "s.json", '{"x": [1, 2], "x": [3, 4]}', SamplesUnreadable),
        (ONE, "s.json", "[" * 100_000, SamplesUnreadable),
        (ONE, "s.json", '{"a":' * 100_000, SamplesUnreadable),
        (ONE, "s.json", '{"x": [1' + "0" * 5000 + ", 2]}", SamplesUnreadable),
        (ONE, "s.json", '{"x": [NaN, 2]}', ValueOutOfRange),
        (ONE, "s.json", '{"x": [Infinity, 2]}', ValueOutOfRange),
        (ONE, "s.json", '{"x": [1e999, 2]}', ValueOutOfRange),
        (ONE, "s.json", '{"x": [1e39, 2]}', ValueOutOfRange),
        (ONE, "s.json", '{"x": [1' + "0" * 400 + ", 2]}", ValueOutOfRange),
        (ONE, "s.json", {"input_data": []}, TensorMismatch),
        (ONE, "s.json", {"input_data": [[1, 2], [3]]}, TensorMismatch),
        (ONE, "s.json", {"input_data": {"x": [1, 2]}}, SamplesUnreadable),
        (ONE, "s.json", {"input_data": [1, 2]}, SamplesUnreadable),
        (ONE, "s.json", {"input_data": [[[1, 2], [3, 4]]]}, ShapeMismatch),
        (ONE, "s.json", {"input_data": [[]]}, ShapeMismatch),
        (ONE, "s.json", {"input_data": [[1]]}, ShapeMismatch),
        (ONE, "s.json", {"input_data": [[1, 2, 3]]}, ShapeMismatch),
        (TWO, "s.json", {"input_data": [[1, 2, 3, 4], [3, 4, 5]]}, ShapeMismatch),
        (ONE, "s.json", {}, TensorMismatch),
        (ONE, "s.json", {"y": [1, 2]}, TensorMismatch),
        (ONE, "s.json", {"x": [1, 2], "y": [1]}, TensorMismatch),
        (ONE, "s.json", {"x": [1, 2], "input_data": [[1, 2]]}, TensorMismatch),
        (TWO, "s.json", {"a": [1, 2]}, TensorMismatch),
        (ONE, "s.json", {"x": []}, ShapeMismatch),
        (ONE, "s.json", {"x": [[]]}, ShapeMismatch),
        (ONE, "s.json", {"x": [1, 2, 3]}, ShapeMismatch),
        (ONE, "s.json", {"x": [[1], [2]]}, ShapeMismatch),
        (ONE, "s.json", {"x": [[1, 2], [3]]}, ShapeMismatch),
        (ONE, "s.json", {"x": [1, [2]]}, ShapeMismatch),
        (ONE, "s.json", {"x": [[1, 2], 3]}, ShapeMismatch),
        (ONE, "s.json", {"x": 3}, ShapeMismatch),
        (ONE, "s.json", {"x": [True, 2]}, TypeMismatch),
        (ONE, "s.json", {"x": ["1", 2]}, TypeMismatch),
        (ONE, "s.json", {"x": [None, 2]}, TypeMismatch),
        (ONE, "s.json", {"x": [{}, 2]}, TypeMismatch),
        (ONE, "s.json", {"x": None}, TypeMismatch),
        (INTS, "s.json", {"x": [1.5, 2]}, TypeMismatch),
        (INTS, "s.json", {"x": [True, 2]}, TypeMismatch),
        (INTS, "s.json", {"x": [2**63, 2]}, ValueOutOfRange),
        (INTS, "s.json", {"x": [MAX_INTEGER + 1, 2]}, ValueOutOfRange),
        (INTS, "s.json", {"x": [1e300, 2]}, ValueOutOfRange),
        (INTS, "s.json", '{"x": [1e999, 2]}', ValueOutOfRange),
        (BYTES, "s.json", {"x": [256, 2]}, ValueOutOfRange),
        (BYTES, "s.json", {"x": [-1, 2]}, ValueOutOfRange),
        (BOOLS, "s.json", {"x": [2, 0]}, ValueOutOfRange),
        (BOOLS, "s.json", {"x": [0.5, 0]}, TypeMismatch),
        (ONE, "s.npy", np.asarray(["a", "b"]), TypeMismatch),
        (ONE, "s.npy", np.asarray([1j, 2]), TypeMismatch),
        (ONE, "s.npy", np.asarray([np.nan, 2]), ValueOutOfRange),
        (ONE, "s.npy", np.asarray([1e39, 2]), ValueOutOfRange),
        (ONE, "s.npy", np.asarray([True, False]), TypeMismatch),
        (ONE, "s.npy", np.zeros((0, 2)), ShapeMismatch),
        (ONE, "s.npy", np.zeros((2, 1, 2, 1)), ShapeMismatch),
        (INTS, "s.npy", np.asarray([1.0, 2.0]), TypeMismatch),
        (INTS, "s.npy", np.asarray([2**64 - 1, 0], np.uint64), ValueOutOfRange),
        (TWO, "s.npy", np.asarray([1.0, 2.0]), TensorMismatch),
        (ONE, "s.npy", b"\x93NUMPY\x01\x00", SamplesUnreadable),
        (ONE, "s.npy", b"PK\x03\x04", SamplesUnreadable),
        (ONE, "s.npz", b"PK\x03\x04", SamplesUnreadable),
        (ONE, "s.npz", {"y": np.asarray([1.0, 2])}, TensorMismatch),
        (ONE, "s.csv", "a,b\n", SamplesUnreadable),
        (ONE, "s.csv", "\n", SamplesUnreadable),
        (ONE, "s.csv", "1,2\n3\n", SamplesUnreadable),
        (ONE, "s.csv", "1,2,3\n", ShapeMismatch),
        (ONE, "s.csv", "1,b\n", TypeMismatch),
        (ONE, "s.csv", "1,2\n3,1_000\n", TypeMismatch),
        (ONE, "s.csv", "nan,2\n", ValueOutOfRange),
        (ONE, "s.csv", "inf,2\n", ValueOutOfRange),
        (INTS, "s.csv", "1.5,2\n", TypeMismatch),
        (INTS, "s.csv", "inf,2\n", ValueOutOfRange),
        (ONE, "s.csv", b"\xff\xfe1,2", SamplesUnreadable),
        (ONE, "s.csv", '"1,2\n', SamplesUnreadable),
        (TWO, "s.csv", "1,2\n", TensorMismatch),
        (ONE, "s.txt", "1,2\n", SamplesUnreadable),
        (ONE, "s", "1,2\n", SamplesUnreadable),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, (str, dict, list)) else None,
)
def test_what_does_not_fit_is_refused(tmp_path, model, name, content, error):
    with pytest.raises(error) as caught:
        read_samples(save(tmp_path, name, content), model)
    assert type(caught.value) is error
    assert caught.value.remedy
    assert len(caught.value.message) < 500


def test_a_missing_file_a_folder_and_a_fifo_are_not_found(tmp_path):
    import os

    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "folder.json").mkdir()
    for name in ("none.json", "fifo.json", "folder.json", "zero\0byte.json"):
        with pytest.raises(SamplesNotFound):
            read_samples(tmp_path / name, ONE)


def test_the_size_limit_is_exact(tmp_path, monkeypatch):
    path = save(tmp_path, "s.json", {"x": [1, 2]})
    monkeypatch.setattr(sample_files, "MAX_BYTES", path.stat().st_size)
    read_samples(path, ONE)
    monkeypatch.setattr(sample_files, "MAX_BYTES", path.stat().st_size - 1)
    with pytest.raises(SamplesUnreadable):
        read_samples(path, ONE)


@pytest.mark.parametrize(
    ("model", "name", "content", "secret"),
    [
        (ONE, "s.json", {"x": ["S3CRET", 2]}, "S3CRET"),
        (INTS, "s.json", {"x": [4711.25, 2]}, "4711"),
        (INTS, "s.json", {"x": [4711 * 10**16, 2]}, "4711"),
        (BYTES, "s.json", {"x": [4711, 2]}, "4711"),
        (ONE, "s.csv", "1,S3CRET\n", "S3CRET"),
        (ONE, "s.json", {"x": [4711e36, 2]}, "4711"),
    ],
)
def test_refusals_do_not_repeat_private_values(tmp_path, model, name, content, secret):
    with pytest.raises((TypeMismatch, ValueOutOfRange)) as caught:
        read_samples(save(tmp_path, name, content), model)
    assert secret not in json.dumps(caught.value.to_json()).replace(str(tmp_path), "")


def test_the_engine_gets_flat_lists_with_booleans_as_numbers():
    sample = (np.asarray([[1.5, 2]], np.float32), np.asarray([[True], [False]]), np.asarray(7))
    assert to_input_data(sample) == [[1.5, 2.0], [1, 0], [7]]
    assert json.dumps(to_input_data(sample)) == "[[1.5, 2.0], [1, 0], [7]]"
