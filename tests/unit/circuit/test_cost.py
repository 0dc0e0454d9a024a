"""The cost model against measured circuits of models that its weights were not fitted to."""

import json

import pytest

from scripts.fit_cost import WEIGHTS, fitted, held_out, read_rows
from zkchain.circuit.cost import predict

ROWS = read_rows()
UNSEEN = [row for row in ROWS if held_out(row["model"])]


def error(row, quantity):
    return getattr(predict(row["settings"]), quantity) / row[quantity] - 1


def test_a_third_of_the_models_is_held_out_and_many_are_measured():
    models = {row["model"] for row in ROWS}
    assert len(ROWS) >= 40
    assert len({row["model"] for row in UNSEEN}) * 5 >= len(models)
    assert len(UNSEEN) >= 10


def test_the_weights_are_those_fitted_to_the_other_models():
    shipped, found = json.loads(WEIGHTS.read_text()), fitted(ROWS)
    assert shipped.keys() == found.keys()
    assert shipped["circuits"] == found["circuits"] == len(ROWS) - len(UNSEEN)
    for quantity, weights in found.items():
        if isinstance(weights, dict):
            assert shipped[quantity] == pytest.approx(weights, rel=1e-3)


@pytest.mark.parametrize("row", UNSEEN, ids=lambda row: f"{row['model']}-2^{row['settings']['run_args']['logrows']}")
def test_a_circuit_of_a_model_that_was_held_out_costs_what_was_predicted(row):
    assert abs(error(row, "proving_key_bytes")) <= 0.02
    assert abs(error(row, "verifying_key_bytes")) <= 0.02
    assert abs(error(row, "proof_bytes")) <= 0.02
    assert abs(error(row, "verify_gas")) <= 0.03
    assert abs(error(row, "peak_rss_bytes")) <= 0.25
    assert abs(error(row, "verifier_code_bytes")) <= 0.25
    assert 0.5 <= error(row, "prove_seconds") + 1 <= 2
    assert 0.5 <= error(row, "setup_seconds") + 1 <= 2
