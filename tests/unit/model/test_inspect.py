"""Inspection, and the measured table of operators."""

import json
import math
from importlib import resources

import pytest

from tests.support.zoo import REFUSED, ZOO
from zkchain.errors import ModelError, UnsupportedOperator
from zkchain.halo2 import ENGINE_VERSION
from zkchain.model import check_operators, inspect_model, load_model
from zkchain.model.inspect import Inspection
from zkchain.model.lower import LOWERINGS


def named(name):
    return next(entry for entry in ZOO if entry.name == name)


def table():
    return json.loads(resources.files("zkchain.model").joinpath("operators.json").read_text())


def test_an_inspection_describes_a_good_model(tmp_path):
    path = named("mlp_relu").write_model(tmp_path)
    found = inspect_model(path)
    assert found.spec == load_model(path).spec
    assert found.unsupported == ()
    assert found.dims_to_fix == ()
    assert found.multiplications == 4 * 6 + 6 * 3
    assert found.predicted_logrows == math.ceil(math.log2(found.predicted_rows + 10))
    assert Inspection.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_model_that_looks_values_up_is_as_large_as_its_table(tmp_path):
    found = inspect_model(named("mlp_softmax").write_model(tmp_path))
    assert found.predicted_rows < 2**13 <= 2**found.predicted_logrows


def test_an_inspection_lists_the_dimensions_that_are_open_before_they_are_fixed(tmp_path):
    path = named("batch_left_open").write_model(tmp_path)
    assert inspect_model(path).dims_to_fix == ("batch",)
    assert inspect_model(path, {"batch": 3}).spec.inputs[0].shape == (3, 4)


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry.name)
def test_what_has_no_circuit_is_listed_with_operator_and_node(entry, tmp_path):
    path = entry.write_model(tmp_path)
    try:
        found = inspect_model(path)
    except ModelError as error:
        assert isinstance(error, entry.refusal.error)  # noqa: PT017 - operators that ONNX lacks have no shapes to show
        return
    assert (entry.refusal.operator, entry.refusal.node) in {(one.operator, one.node) for one in found.unsupported}
    with pytest.raises(UnsupportedOperator):
        check_operators(load_model(path))


def test_a_bigger_layer_predicts_a_bigger_circuit(tmp_path):
    small, large = (inspect_model(named(name).write_model(tmp_path)) for name in ("linear", "cnn"))
    assert small.multiplications < large.multiplications
    assert small.predicted_rows < large.predicted_rows


def test_the_table_was_measured_with_the_engine_we_run():
    assert table()["engine"] == ENGINE_VERSION


def test_supported_operators_are_those_with_a_passing_case():
    measured = table()["operators"]
    assert len(measured) > 150
    assert table()["supported"] == sorted(name for name, result in measured.items() if result["passed"])
    for name, result in measured.items():
        assert 0 <= result["passed"] <= result["tried"], name
        assert result["failing"] or result["passed"] == result["tried"], name


def test_every_operator_that_the_engine_gets_wrong_is_rewritten_or_has_a_condition():
    from zkchain.model.conditions import RULES

    #: float16 rounding of the reference itself, and an epsilon beyond the fixed-point resolution of the case.
    judged = {"Celu", "InstanceNormalization"}
    wrong = {
        name
        for name, result in table()["operators"].items()
        if result["passed"] and "WRONG ANSWER" in result["failing"].values()
    }
    assert wrong - judged <= set(LOWERINGS) | set(RULES)
