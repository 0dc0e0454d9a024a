"""The samples of a tuning run, by what they are for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...halo2 import InputData
from ..fidelity import References

#: Cells over which candidates are judged, and the winner checked: the same everywhere, unlike a limit in seconds.
_JUDGED_CELLS, _CALIBRATION_CELLS = 800_000, 1_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSets:
    """Inputs for the circuit's model. What a circuit is judged on is not what it was calibrated on."""

    calibration: Sequence[InputData]  #: sets the ranges
    judged: Sequence[InputData]  #: measures the error
    references: References  #: the float model's answers to `judged`
    widest: Sequence[InputData]  #: those that need the most room
    stretched: Sequence[InputData]  #: beyond the calibrated range: a circuit should hold these too

    def affordable(self, cells: int) -> "SampleSets":
        """Fewer samples for a circuit of many cells: running one takes about a second per 500,000 cells."""
        judged = min(max(_JUDGED_CELLS // max(cells, 1), 2), len(self.judged))
        calibration = min(max(_CALIBRATION_CELLS // max(cells, 1), 4), len(self.calibration))
        return replace(
            self,
            calibration=self.calibration[:calibration],
            judged=self.judged[:judged],
            references=self.references[:judged],
        )

    def every(self) -> list[InputData]:
        """All of them."""
        return [*self.calibration, *self.judged, *self.widest, *self.stretched]
