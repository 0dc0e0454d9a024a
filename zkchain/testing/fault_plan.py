"""When a fault strikes: by method, by chance or by count, and the same again for the same seed."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A fault and the requests it strikes."""

    fault: Fault
    methods: Collection[str] = ()  #: none: all of them
    rate: float = 1.0  #: share of those requests, by chance
    skip: int = 0  #: so many are left alone first
    limit: int | None = None  #: and it strikes at most so often

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a rate of {self.rate} is no share")


class FaultPlan:
    """Rules in order; the first that strikes a request decides.

    Chance is drawn from seed, rule and how many requests the rule has met, so that the n-th request of a method meets
    the same fate in every run with this seed, however other methods are interleaved.
    """

    def __init__(self, rules: Sequence[Rule], seed: int) -> None:
        self._rules, self._seed = tuple(rules), seed
        self._met = [0] * len(self._rules)
        self._struck = [0] * len(self._rules)

    def fault_for(self, method: str) -> Fault | None:
        """The fault that the next request of `method` meets; None for none."""
        for index, rule in enumerate(self._rules):
            if rule.methods and method not in rule.methods:
                continue
            turn = self._met[index]
            self._met[index] += 1
            if turn < rule.skip or (rule.limit is not None and self._struck[index] >= rule.limit):
                continue
            # Any stable hash of the four would do; Random is only a convenient one.
            if rule.rate < 1 and random.Random(f"{self._seed}/{index}/{method}/{turn}").random() >= rule.rate:  # noqa: S311
                continue
            self._struck[index] += 1
            return rule.fault
        return None
