"""What follows from a predicted cost, and what is refused for it."""

import copy

import pytest

from scripts.fit_cost import read_rows
from zkchain.circuit.budget import UNLIMITED, Limits, budget_of, check_budget, in_words, nearest_fit
from zkchain.circuit.shape import least_logrows
from zkchain.errors import CircuitTooLarge

#: Of a measured circuit, with what the measurements leave out.
SETTINGS = {
    **next(row["settings"] for row in read_rows() if row["settings"]["run_args"]["logrows"] >= 13),
    **dict.fromkeys(("total_shuffle_col_size", "total_dynamic_col_size", "max_dynamic_input_len"), 0),
}
BUDGET = budget_of(SETTINGS)


def test_a_budget_within_all_limits_is_not_refused():
    check_budget(BUDGET, UNLIMITED)
    check_budget(BUDGET, Limits(memory_bytes=2**40, disk_bytes=2**40))


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        ("memory_bytes", BUDGET.peak_rss_bytes),
        ("disk_bytes", BUDGET.disk_bytes),
        ("transaction_gas", BUDGET.verify_gas),
        ("calldata_bytes", BUDGET.calldata_bytes),
    ],
)
def test_one_over_any_limit_is_refused_with_its_numbers(limit, found):
    check_budget(BUDGET, Limits(**{limit: found}))
    with pytest.raises(CircuitTooLarge) as caught:
        check_budget(BUDGET, Limits(**{limit: found - 1}), SETTINGS)
    assert caught.value.facts["over"] == limit
    assert caught.value.facts["found"] == found
    assert caught.value.facts["allowed"] == found - 1


def test_the_remedy_names_the_nearest_size_that_fits():
    limits = Limits(memory_bytes=BUDGET.peak_rss_bytes - 1)
    change = nearest_fit(SETTINGS, limits)
    fitting = copy.deepcopy(SETTINGS)
    fitting["run_args"].update(change)
    check_budget(budget_of(fitting), limits)
    with pytest.raises(CircuitTooLarge) as caught:
        check_budget(BUDGET, limits, SETTINGS)
    assert all(f"{name} {value}" in caught.value.remedy for name, value in change.items())


def test_where_nothing_fits_the_remedy_says_so():
    with pytest.raises(CircuitTooLarge) as caught:
        check_budget(BUDGET, Limits(memory_bytes=1), SETTINGS)
    assert caught.value.facts["fitting"] is None
    assert "--max-error" in caught.value.remedy


def test_no_size_is_proposed_that_cannot_hold_what_is_whole():
    change = nearest_fit(SETTINGS, Limits(disk_bytes=BUDGET.disk_bytes - 1))
    assert change is None or change["logrows"] >= least_logrows(SETTINGS)


def test_a_faster_machine_takes_less_time_and_nothing_else_changes():
    fast = budget_of(SETTINGS, speed=2.0)
    assert fast.prove_seconds == pytest.approx(BUDGET.prove_seconds / 2)
    assert fast.setup_seconds == pytest.approx(BUDGET.setup_seconds / 2)
    assert fast.verify_gas == BUDGET.verify_gas
    assert fast.peak_rss_bytes == BUDGET.peak_rss_bytes


def test_calldata_costs_more_from_glamsterdam_on():
    assert BUDGET.glamsterdam_verify_gas >= 21_000 + 64 * BUDGET.calldata_bytes
    assert BUDGET.verify_gas >= 21_000 + 40 * BUDGET.calldata_bytes
    assert BUDGET.glamsterdam_deploy_state_gas == 1_530 * BUDGET.verifier_code_bytes


def test_too_much_code_is_no_refusal_since_the_shared_verifier_takes_its_place():
    assert BUDGET.needs_shared_verifier(Limits(code_bytes=BUDGET.verifier_code_bytes - 1))
    assert not BUDGET.needs_shared_verifier(Limits(code_bytes=BUDGET.verifier_code_bytes))
    check_budget(BUDGET, Limits(code_bytes=1))


def test_a_budget_is_said_in_one_line():
    assert "\n" not in in_words(BUDGET)
    assert f"{BUDGET.verify_gas:,} gas" in in_words(BUDGET)
