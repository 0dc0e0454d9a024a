"""The samples of a tuning run, by what they are for."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...halo2 import InputData
from ..fidelity import References


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSets:
    """Inputs for the circuit's model. What a circuit is judged on is not what it was calibrated on."""

    calibration: Sequence[InputData]  #: sets the ranges
    judged: Sequence[InputData]  #: measures the error
    references: References  #: the float model's answers to `judged`
    widest: Sequence[InputData]  #: those that need the most room
    stretched: Sequence[InputData]  #: beyond the calibrated range: a circuit should hold these too
    floor_bits: int = 1  #: room that the binding needs, whatever the model does

    def every(self) -> list[InputData]:
        """All of them."""
        return [*self.calibration, *self.judged, *self.widest, *self.stretched]
