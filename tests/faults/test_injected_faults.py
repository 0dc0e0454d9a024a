"""The scorecard's scenarios with few transactions; with as many as it promises in the slow suite (make faults).

Those that have to wait, for blocks or for processes, are slow even so; `integration/test_tx_manager.py` tries kills,
spikes, reorganisations and drops one at a time.
"""

import pytest

from benchmarks.faults.__main__ import SCENARIOS
from benchmarks.faults.chain_ids import wrong_chain
from benchmarks.faults.fees import replaced, spiked
from benchmarks.faults.kills import POINTS, killed
from benchmarks.faults.reorgs import reorganised
from benchmarks.faults.sending import lost_answers, node_down, shared_key
from tests.support.chains import need

pytestmark = pytest.mark.anvil

SHORT = {
    "shared": lambda: shared_key(2, 6, rate=0.2),
    "lost": lambda: lost_answers(6),
    "killed": lambda: killed(1, (POINTS[3], POINTS[7])),
    "reorgs": lambda: reorganised(3),
    "fees": lambda: spiked(4),
    "replaced": lambda: replaced(3, 2),
    "down": lambda: node_down(3, 8),
    "chains": lambda: wrong_chain(4),
}


QUICK = {"shared", "lost", "replaced", "chains"}


@pytest.fixture(autouse=True)
def node() -> None:
    need("anvil")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SHORT]
)
def test_nothing_is_lost_doubled_or_called_final_too_early(name):
    row = SHORT[name]()
    assert row.passed, row.cause


def test_every_row_of_the_scorecard_has_a_short_version():
    assert list(SHORT) == list(SCENARIOS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nor_with_as_many_transactions_as_the_scorecard_promises(name):
    row = SCENARIOS[name]()
    assert row.passed, row.cause
