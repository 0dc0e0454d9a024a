"""Pinned settings: what may be chosen, what is refused, what stays ours."""

import json

import pytest

from zkchain.circuit.tune.settings import canonical, read_pins
from zkchain.errors import UsageError


def written(tmp_path, value):
    path = tmp_path / "settings.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_known_run_args_are_taken_and_others_left(tmp_path):
    path = written(tmp_path, {"run_args": {"logrows": 9, "input_scale": 7, "input_visibility": "Public"}})
    assert read_pins(path) == (("input_scale", "7"), ("logrows", "9"))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "{}",
        {"run_args": []},
        {"run_args": {}},
        {"run_args": {"logrows": "9"}},
        {"run_args": {"logrows": True}},
        {"run_args": {"lookup_range": [1]}},
        {"run_args": {"lookup_range": [5, 1]}},
        {"run_args": {"ignore_range_check_inputs_outputs": True, "logrows": 9}},
    ],
)
def test_what_is_no_settings_file_or_unsafe_is_refused(tmp_path, value):
    with pytest.raises(UsageError):
        read_pins(written(tmp_path, value))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError):
        read_pins(tmp_path / "absent.json")


def test_one_choice_has_one_form():
    one = {"timestamp": 5, "required_lookups": ["b", {"a": 1}], "required_range_checks": [[0, 1], [-1, 1]]}
    other = {"timestamp": 6, "required_lookups": [{"a": 1}, "b"], "required_range_checks": [[-1, 1], [0, 1]]}
    assert canonical(one) == canonical(other)
