"""The only code that meets ezkl: one supervised child process a request."""

from .engine import ENGINE_VERSION, Engine, Proved, Prover, Witnessed
from .ranges import within_tables
from .supervisor import Limits

__all__ = ["ENGINE_VERSION", "Engine", "Limits", "Proved", "Prover", "Witnessed", "within_tables"]
