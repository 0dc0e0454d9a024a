"""When faults strike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkchain.testing.fault_plan import FaultPlan, Rule
from zkchain.testing.faults import Delay, DropAfter, DropBefore, HttpStatus

SEND, CALL = "eth_sendRawTransaction", "eth_call"
METHODS = st.lists(st.sampled_from([SEND, CALL, "eth_chainId"]), max_size=60)


def fates(plan: FaultPlan, methods: list[str]) -> list[tuple[str, object]]:
    return [(method, plan.fault_for(method)) for method in methods]


@settings(deadline=None)
@given(methods=METHODS, seed=st.integers(0, 2**32), rate=st.floats(0, 1))
def test_the_same_seed_gives_the_same_faults(methods, seed, rate):
    rules = [Rule(fault=DropBefore(), methods={SEND}, rate=rate), Rule(fault=Delay(1), rate=rate)]
    assert fates(FaultPlan(rules, seed), methods) == fates(FaultPlan(rules, seed), methods)


@settings(deadline=None)
@given(methods=METHODS, seed=st.integers(0, 2**32), rate=st.floats(0, 1))
def test_what_meets_one_method_does_not_depend_on_how_others_come_between(methods, seed, rate):
    rule = Rule(fault=DropBefore(), methods={SEND}, rate=rate)
    mixed = [fate for method, fate in fates(FaultPlan([rule], seed), methods) if method == SEND]
    alone = [fate for _, fate in fates(FaultPlan([rule], seed), [SEND] * methods.count(SEND))]
    assert mixed == alone


@settings(deadline=None)
@given(skip=st.integers(0, 5), limit=st.integers(0, 5))
def test_so_many_are_left_alone_and_then_so_many_struck(skip, limit):
    plan = FaultPlan([Rule(fault=DropBefore(), skip=skip, limit=limit)], 0)
    struck = [plan.fault_for(CALL) is not None for _ in range(12)]
    assert struck == [skip <= turn < skip + limit for turn in range(12)]


def test_the_first_rule_that_strikes_decides_and_others_methods_are_nobodys():
    plan = FaultPlan([Rule(fault=DropAfter(), methods={SEND}, limit=1), Rule(fault=HttpStatus(429))], 0)
    assert [plan.fault_for(m) for m in (SEND, SEND, CALL)] == [DropAfter(), HttpStatus(429), HttpStatus(429)]
    assert FaultPlan([Rule(fault=DropAfter(), methods={SEND})], 0).fault_for(CALL) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_share_is_about_that_share(seed):
    plan = FaultPlan([Rule(fault=DropBefore(), rate=0.1)], seed)
    assert 60 <= sum(plan.fault_for(CALL) is not None for _ in range(1000)) <= 140


def test_another_seed_gives_other_faults():
    rule = Rule(fault=DropBefore(), rate=0.5)
    assert fates(FaultPlan([rule], 1), [CALL] * 64) != fates(FaultPlan([rule], 2), [CALL] * 64)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(rate):
    with pytest.raises(ValueError, match="share"):
        Rule(fault=DropBefore(), rate=rate)
