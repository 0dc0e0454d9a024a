"""What was measured of private training is within what it is for."""

import json
from pathlib import Path
from typing import Any

import pytest

FIGURES = json.loads((Path(__file__).parents[3] / "benchmarks" / "training.json").read_text(encoding="utf-8"))


@pytest.fixture
def figures() -> dict[str, Any]:
    return dict(FIGURES)


def test_the_model_is_good_and_private(figures: dict[str, Any]) -> None:
    assert (figures["clients"], figures["delta"]) == (4, 1e-5)
    assert figures["accuracy"] >= 0.95
    assert figures["epsilon"] <= 3.0


def test_a_round_takes_less_than_a_minute(figures: dict[str, Any]) -> None:
    assert max(figures["round_seconds"]) <= 60
    assert len(figures["round_seconds"]) == 8


def test_a_round_costs_no_more_gas_than_it_may(figures: dict[str, Any]) -> None:
    gas = figures["gas"]
    assert figures["gas_a_client_and_round"] == gas["commitNoise"] + gas["submit"] <= 620_000
    assert gas["close"] <= 650_000


def test_attacks_on_patients_do_no_better_than_a_coin_and_better_without_noise(figures: dict[str, Any]) -> None:
    by_mode = {found["mode"]: found for found in figures["attacks"]["patients"]}
    assert max(by_mode["private"]["model_auc"], by_mode["private"]["transcript_auc"]) <= 0.55
    for worse, better in (("clear", "aggregated"), ("aggregated", "private")):
        assert by_mode[worse]["transcript_auc"] > by_mode[better]["transcript_auc"]
        assert by_mode[worse]["inversion_error"] < by_mode[better]["inversion_error"]


def test_the_shape_in_use_costs_the_least_gas_and_beats_what_ezkl_takes(figures: dict[str, Any]) -> None:
    used, *others = figures["shapes"]
    assert (used["num_inner_cols"], used["rows"]) == (1, figures["circuits"]["step"]["rows"])
    assert all(used["step"]["verify_gas"] < other["step"]["verify_gas"] for other in others)
    (stock,) = (shape for shape in others if (shape["num_inner_cols"], shape["decomp_base"]) == (2, 2**14))
    for role in ("step", "server"):
        assert used[role]["processor_seconds"] < stock[role]["processor_seconds"]
        assert used[role]["proof_bytes"] < stock[role]["proof_bytes"]


def test_a_round_of_a_thousand_parameters_was_closed(figures: dict[str, Any]) -> None:
    found = figures["thousand_parameters"]
    assert 950 <= found["parameters"] <= 1000
    assert len(found["round_seconds"]) == 1
    assert len(found["step_proof_seconds"]) == figures["clients"]
    assert found["gas"]["close"] <= 650_000
