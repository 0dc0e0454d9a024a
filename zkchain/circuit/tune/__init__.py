"""The tuner: the cheapest circuit that is precise enough, found by trying, not by rule."""

from .goal import Bound, Goal
from .samples import SampleSets
from .search import Tuned, tune

__all__ = ["Bound", "Goal", "SampleSets", "Tuned", "tune"]
