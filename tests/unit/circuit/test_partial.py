"""One bad item does not hide the others."""

import pytest

from zkchain.circuit.partial import answers_or_none
from zkchain.errors import EngineKilled, EngineRefused


class Runner:
    """Doubles every number, but nothing of a batch with a bad one in it."""

    def __init__(self, bad, error=EngineRefused):
        self.bad, self.error, self.runs = bad, error, 0

    def __call__(self, batch):
        self.runs += 1
        if self.bad & set(batch):
            raise self.error("no")
        return [2 * item for item in batch]


def refused(error):
    return isinstance(error, EngineRefused)


@pytest.mark.parametrize("bad", [set(), {0}, {63}, {5, 6}, {1, 30, 62}, set(range(64))])
def test_every_good_item_is_answered_in_its_place(bad):
    run = Runner(bad)
    assert answers_or_none(run, range(64), refused) == [None if item in bad else 2 * item for item in range(64)]
    assert run.runs <= 1 + 2 * 6 * len(bad)


def test_nothing_is_run_for_nothing():
    run = Runner(set())
    assert answers_or_none(run, [], refused) == []
    assert run.runs == 0


def test_other_errors_pass_at_once():
    run = Runner({3}, EngineKilled)
    with pytest.raises(EngineKilled):
        answers_or_none(run, range(8), refused)
    assert run.runs == 1
