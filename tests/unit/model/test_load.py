"""Loading: what is refused, what is changed and said aloud, and what makes the digest."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.support.bad_models import BAD_MODELS
from tests.support.tiny import tiny_onnx
from tests.support.zoo import PROVING, REFUSED, ZOO
from tests.support.zoo_graphs import graph, node, random_weights
from zkchain.errors import ExternalDataRefused, ModelTooLarge, ZkchainError
from zkchain.model import files, load_model
from zkchain.model.wire import MAX_FIELDS, MAX_NODES, scan_model
from zkchain.values import sha256_of


def load(entry, folder):
    return load_model(entry.write_model(folder), dims=entry.dims)


def named(name):
    return next(entry for entry in ZOO if entry.name == name)


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def save(folder, model):
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("bad", BAD_MODELS, ids=lambda bad: bad.name)
def test_a_bad_model_is_refused_with_a_reason_and_a_remedy(bad, tmp_path):
    path = bad.write(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(bad.error) as caught:
        load_model(path, dims=bad.dims)
    assert type(caught.value) is bad.error
    assert bad.says in caught.value.message
    assert caught.value.remedy
    assert len(caught.value.message) < 700
    assert sorted(tmp_path.rglob("*")) == before, "loading left or ran something"


def test_there_are_enough_bad_models_and_every_one_has_its_own_name():
    assert len({bad.name for bad in BAD_MODELS}) == len(BAD_MODELS) >= 60


def test_the_zoo_is_large_and_every_graph_has_its_own_name():
    assert len({entry.name for entry in ZOO}) == len(ZOO)
    assert len(PROVING) >= 45
    assert {"mlp_relu", "torch_cnn", "sklearn_tree", "xgboost_classifier"} <= {entry.name for entry in PROVING}


@pytest.mark.parametrize("entry", PROVING, ids=lambda entry: entry.name)
def test_a_good_model_loads_to_bytes_that_need_nothing_else(entry, tmp_path):
    model = load(entry, tmp_path)
    again = onnx.load_from_string(model.onnx)
    onnx.checker.check_model(again, full_check=True)
    assert model.spec.digest == sha256_of(model.onnx)
    assert not again.functions
    assert all(tensor.data_location != onnx.TensorProto.EXTERNAL for tensor in again.graph.initializer)
    for tensor in (*model.spec.inputs, *model.spec.outputs):
        assert all(size >= 1 for size in tensor.shape)


@pytest.mark.parametrize("entry", PROVING[::7], ids=lambda entry: entry.name)
def test_the_same_file_has_the_same_digest_each_time(entry, tmp_path):
    assert load(entry, tmp_path).spec.digest == load(entry, tmp_path).spec.digest


@pytest.mark.parametrize("name", ["mlp_relu", "batch_left_open", "external_data", "functions", "constant_nodes"])
def test_normalised_bytes_load_to_themselves(name, tmp_path):
    first = load(named(name), tmp_path)
    path = tmp_path / "again.onnx"
    path.write_bytes(first.onnx)
    assert load_model(path).onnx == first.onnx


def test_the_digest_ignores_documentation_but_not_a_weight(tmp_path):
    model = onnx.load_from_string(tiny_onnx())
    plain = load_model(save(tmp_path, model)).spec.digest
    model.doc_string, model.producer_name, model.graph.node[0].doc_string = "a", "b", "c"
    model.metadata_props.add(key="author", value="me")
    assert load_model(save(tmp_path, model)).spec.digest == plain
    values = onnx.numpy_helper.to_array(model.graph.initializer[0]).copy()
    values[0, 0] = np.nextafter(values[0, 0], np.float32(9))
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(values, "w"))
    assert load_model(save(tmp_path, model)).spec.digest != plain


def test_fields_that_no_parser_knows_do_not_reach_the_digest(tmp_path):
    plain, odd = tmp_path / "plain.onnx", tmp_path / "odd.onnx"
    plain.write_bytes(tiny_onnx())
    odd.write_bytes(tiny_onnx() + b"\xfa\x7f\x03abc")
    assert load_model(odd).spec.digest == load_model(plain).spec.digest


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("batch_left_open", "dimension batch of input x set to 1"),
        ("batch_of_three", "dimension batch of input x set to 3"),
        ("weights_as_inputs", "weight w was listed as an input and is fixed now"),
        ("tile", "Tile x1 is computed by simpler operators"),
        ("mlp_mish", "Mish x1 is computed by simpler operators"),
        ("attention_operator", "Attention is computed as ONNX defines it"),
    ],
)
def test_what_loading_changes_is_said(name, note, tmp_path):
    assert note in load(named(name), tmp_path).spec.notes


def test_an_unchanged_model_has_no_notes(tmp_path):
    assert load(named("mlp_relu"), tmp_path).spec.notes == ()


def test_a_dimension_without_a_symbol_is_fixed_by_input_and_axis(tmp_path):
    model = graph([node("Relu", ["x"], ["y"])], {"x": (None, 4)}, {"y": (None, 4)})
    path = save(tmp_path, model)
    assert load_model(path, dims={"x.0": 5}).spec.outputs[0].shape == (5, 4)
    assert load_model(path).spec.outputs[0].shape == (1, 4)


def test_the_spec_counts_operators_and_parameters(tmp_path):
    spec = load(named("mlp_relu"), tmp_path).spec
    assert dict(spec.operators) == {"Gemm": 2, "Relu": 1}
    assert spec.parameters == 4 * 6 + 6 + 6 * 3 + 3
    assert spec.opset == 18


def test_external_data_in_a_subfolder_is_inlined(tmp_path):
    entry = named("external_data")
    (tmp_path / "deep").mkdir()
    model = entry.build()
    onnx.save(model, tmp_path / "model.onnx", save_as_external_data=True, location="deep/w.bin", size_threshold=0)
    inside = load(named("external_data"), tmp_path).spec.digest
    assert load_model(tmp_path / "model.onnx").spec.digest == inside


def test_external_data_counts_towards_the_size_limit(tmp_path, monkeypatch):
    path = named("external_data").write_model(tmp_path)
    size = path.stat().st_size
    monkeypatch.setattr(files, "MAX_BYTES", size + 31)  # the weights take 32
    with pytest.raises(ExternalDataRefused):
        load_model(path)
    monkeypatch.setattr(files, "MAX_BYTES", size + 32)
    load_model(path)


def test_a_model_in_the_working_directory_finds_its_data(tmp_path, monkeypatch):
    path = named("external_data").write_model(tmp_path)
    monkeypatch.chdir(tmp_path)
    load_model(path.relative_to(tmp_path))


def test_loading_leaves_no_descriptor_open(tmp_path):
    path = named("external_data").write_model(tmp_path)
    load_model(path)
    before = descriptors()
    for bad in BAD_MODELS:
        if bad.error is ExternalDataRefused:
            folder = tmp_path / bad.name
            folder.mkdir()
            with pytest.raises(ZkchainError):
                load_model(bad.write(folder))
    load_model(path)
    assert descriptors() == before


def nodes_of(count):
    body = b"\x0a\x00" * count
    length, size = bytearray(), len(body)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return b"\x3a" + bytes([*length, size]) + body


def test_the_cap_on_nodes_is_exact():
    scan_model(nodes_of(MAX_NODES))
    with pytest.raises(ModelTooLarge, match=f"{MAX_NODES:,} nodes"):
        scan_model(nodes_of(MAX_NODES + 1))


def test_the_cap_on_fields_is_exact():
    scan_model(b"\x08\x01" * MAX_FIELDS)
    with pytest.raises(ModelTooLarge, match="fields"):
        scan_model(b"\x08\x01" * (MAX_FIELDS + 1))


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry.name)
def test_the_error_of_a_model_without_a_circuit_is_plain_json(entry, tmp_path):
    from zkchain.model import check_operators

    with pytest.raises(entry.refusal.error) as caught:
        check_operators(load(entry, tmp_path))
    assert json.loads(json.dumps(caught.value.to_json()))["error"] == entry.refusal.error.code
    assert entry.refusal.operator in caught.value.message
    assert entry.refusal.node in caught.value.message


def test_weights_that_nothing_uses_are_dropped(tmp_path):
    weights = {"w": random_weights(4, 2), "idle": random_weights(9, 9)}
    model = graph([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 4)}, {"y": (1, 2)}, weights)
    assert load_model(save(tmp_path, model)).spec.parameters == 8
