"""The only code that meets ezkl: one supervised child process a request."""

from .engine import ENGINE_VERSION, Engine
from .prover import TAGGED, CircuitFiles, InputData, Proved, Prover, Surveyed, Witnessed
from .ranges import within_tables
from .supervisor import Limits

__all__ = [
    "ENGINE_VERSION",
    "TAGGED",
    "CircuitFiles",
    "Engine",
    "InputData",
    "Limits",
    "Proved",
    "Prover",
    "Surveyed",
    "Witnessed",
    "within_tables",
]
