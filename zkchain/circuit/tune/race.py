"""Finalists proved for real: the cost model ranks circuits, a stopwatch decides between those it ranks alike."""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import EngineError, ProofInvalid
from ...files import write_json
from ...halo2 import InputData, Prover
from ...progress import Report, silent
from ...record import Record
from .. import bundle as store
from ..srs import obtain_srs
from ..trial import prove_trial
from .forms import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap(Record):
    """What one finalist cost on this machine."""

    setup_seconds: float
    prove_seconds: float
    proving_key_bytes: int
    proof_bytes: int
    peak_rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Where finalists are proved: inputs that are nobody's, and the cache that holds the SRS."""

    prover: Prover
    home: Path
    inputs: Sequence[InputData]
    binding: bool
    report: Report = silent

    def run(self, form: Form, settings: Mapping[str, Any]) -> Lap | None:
        """Make keys for `settings` and prove once; None when this finalist cannot be proved here."""
        folder = form.path.with_name("race")
        folder.mkdir()
        try:
            files = store.circuit_files(folder)
            write_json(files.settings, dict(settings))
            srs, _ = obtain_srs(int(settings["run_args"]["logrows"]), self.home, self.prover, self.report)
            shutil.copyfile(srs, files.srs)
            setup = self.prover.build(form.path, files, self.report)
            proved = prove_trial(self.prover, files, self.inputs, settings, self.report, binding=self.binding)
            return Lap(
                setup_seconds=setup,
                prove_seconds=proved.prove_seconds,
                proving_key_bytes=files.proving_key.stat().st_size,
                proof_bytes=len(proved.proof),
                peak_rss_bytes=proved.peak_rss_bytes,
            )
        except (EngineError, ProofInvalid) as error:
            self.report(f"a finalist drops out: {error.message}")
            return None
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class Clock:
    """Seconds left of a budget."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left; negative once they are used up."""
        return self._end - time.monotonic()
