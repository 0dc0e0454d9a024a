from hypothesis import given
from hypothesis import strategies as st

from zkchain.chain.batch import gas_for_shares


@given(costs=st.lists(st.integers(min_value=1, max_value=2_000_000), min_size=1, max_size=40), data=st.data())
def test_everyone_has_enough_whatever_those_before_it_take_of_their_shares(costs: list[int], data: st.DataObject):
    left = gas_for_shares(costs)
    for index, cost in enumerate(costs):
        share = left // (len(costs) - index)
        assert share >= cost
        left -= cost - data.draw(st.integers(min_value=0, max_value=cost))  # at most what was estimated


@given(costs=st.lists(st.integers(min_value=1, max_value=2_000_000), min_size=1, max_size=40))
def test_the_share_is_no_more_than_enough(costs: list[int]):
    left = gas_for_shares(costs) - 1
    short = False
    for index, cost in enumerate(costs):
        short = short or left < (len(costs) - index) * cost
        left -= cost
    assert short
