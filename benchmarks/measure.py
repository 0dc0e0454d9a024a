"""One row: a model through both pipelines, by the command line, one after the other."""

import json
import os
import shutil
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zkchain.circuit.bundle import SETTINGS
from zkchain.circuit.srs import obtain_srs, srs_folder
from zkchain.errors import ZkchainError
from zkchain.halo2 import Prover

from . import command, fidelity
from .gas import verify_gas
from .records import FLAGS, Figures, Options, Outcome, Side
from .zoo.recipe import ModelFiles, Recipe

#: Run arguments that say what was chosen.
_LAYOUT = ("decomp_base", "decomp_legs", "num_inner_cols", "input_scale", "param_scale", "scale_rebase_multiplier")
#: No circuit of the engine has fewer rows than this.
_LEAST_LOGROWS = 6
#: A proof that takes longer is made once: its noise is small beside it.
_LONG_PROOF_SECONDS = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how a run measures."""

    folder: Path  #: for everything that can be thrown away
    options: Options
    limit: float  #: seconds for one command
    prover: Prover
    say: Say

    @property
    def home(self) -> Path:
        """The cache that keeps the SRS files from run to run."""
        return self.folder / "home"


def prepare_srs(bench: Bench, max_logrows: int) -> None:
    """Make every SRS that either side may want, so that no measured command does."""
    for k in range(_LEAST_LOGROWS, max_logrows + 1):
        bench.say(f"SRS for 2^{k} rows")
        obtain_srs(k, bench.home, bench.prover)


def measure(recipe: Recipe, files: ModelFiles, bench: Bench, first: Side) -> dict[Side, Outcome]:
    """Every side's outcome for one model; `first` goes first in the compiles, and they take turns in the proofs."""
    work = bench.folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    order: tuple[Side, ...] = (first, *(side for side in bench.options.sides if side != first))
    trials = {side: Trial(side, files, bench, work) for side in order}
    steps: list[tuple[str, Callable[[Trial], None]]] = [
        ("compile", Trial.compile),
        *((f"proof {number + 1}", Trial.prove) for number in range(bench.options.repeats)),
        ("verify", Trial.verify),
    ]
    for number, (name, step) in enumerate(steps):
        # In turns: neither is always the one that meets warm caches.
        for side in order if number % 2 == 0 else reversed(order):
            bench.say(f"{recipe.name}: {side}, {name}")
            trials[side].attempt(step)
    bench.say(f"{recipe.name}: held-out samples")
    _compare(recipe, files, trials, bench)
    if bench.options.gas:
        for side in order:
            bench.say(f"{recipe.name}: {side}, gas")
            trials[side].attempt(Trial.weigh)
    shutil.rmtree(work, ignore_errors=True)
    return {side: trials[side].outcome for side in bench.options.sides}


class Trial:
    """One side's way through compile, prove and verify; the first failure ends it."""

    def __init__(self, side: Side, files: ModelFiles, bench: Bench, work: Path) -> None:
        self.outcome = Outcome()
        self.bundle = work / f"{side}.bundle"
        self._side, self._files, self._bench, self._work = side, files, bench, work
        self._home, self._proof = work / f"{side}-home", work / f"{side}.proof.json"
        self._proofs: list[Mapping[str, Any]] = []

    @property
    def alive(self) -> bool:
        """False once anything has failed."""
        return not self.outcome.failed

    def attempt(self, step: Callable[["Trial"], None]) -> None:
        """Take `step`; a failure becomes the outcome."""
        if not self.alive:
            return
        try:
            step(self)
        except (command.CommandFailed, ZkchainError, RuntimeError) as error:
            reason = str(error).replace(str(self._work), "WORK").replace(str(self._bench.folder), "BENCH")
            self.outcome = Outcome(failed=" ".join(reason.split())[:400])

    def compile(self) -> None:
        """Compile in a home of its own that holds nothing but the SRS files."""
        answer, seconds = self._compile()
        if self._new_srs():
            # An SRS was made while the clock ran, because no recipe foresaw its size. Now it is there.
            shutil.rmtree(self.bundle)
            answer, seconds = self._compile()
        arguments = json.loads((self.bundle / SETTINGS).read_bytes())["run_args"]
        self.outcome = Outcome(
            figures=Figures(
                compile_seconds=round(seconds, 2),
                prove_seconds=0.0,
                prove_all=(),
                witness_seconds=0.0,
                peak_rss_bytes=0,
                proving_key_bytes=answer["proving_key_bytes"],
                verifying_key_bytes=answer["verifying_key_bytes"],
                logrows=answer["logrows"],
                rows=answer["rows"],
                instances=answer["instances"],
                layout=" ".join(f"{name}={arguments[name]}" for name in _LAYOUT),
            )
        )

    def prove(self) -> None:
        """Prove the first calibration sample: every circuit holds it."""
        if self._proofs and float(self._proofs[0]["prove_seconds"]) > _LONG_PROOF_SECONDS:
            return
        inputs: list[str | Path] = ["--input", self._files.calibration, "--row", "0"]
        answer, _ = self._run(["prove", self.bundle, *inputs, "--out", self._proof])
        self._proofs.append(answer)
        seconds = [round(float(one["prove_seconds"]), 3) for one in self._proofs]
        self._note(
            prove_seconds=round(statistics.median(seconds), 3),
            prove_all=tuple(seconds),
            witness_seconds=round(statistics.median(float(one["witness_seconds"]) for one in self._proofs), 4),
            peak_rss_bytes=int(statistics.median(int(one["peak_rss_bytes"]) for one in self._proofs)),
        )

    def verify(self) -> None:
        """A proof that does not verify makes every other figure void."""
        answer, _ = self._run(["verify", self._proof, "--bundle", self.bundle])
        if answer.get("valid") is not True:
            raise command.CommandFailed(f"the proof is not valid: {answer.get('reason', '')}")

    def weigh(self) -> None:
        """Measure verification on chain."""
        self._note(gas=verify_gas(self.bundle, prover=self._bench.prover, home=self._home))

    def note_errors(self, errors: Any) -> None:
        """Add the held-out errors."""
        self._note(errors=errors)

    def _note(self, **changes: Any) -> None:
        assert self.outcome.figures is not None
        self.outcome = Outcome(figures=replace(self.outcome.figures, **changes))

    def _compile(self) -> tuple[dict[str, Any], float]:
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(parents=True)
        for path in srs_folder(self._bench.home).glob("k*.srs"):
            target = srs_folder(self._home) / path.name
            target.parent.mkdir(exist_ok=True)
            os.link(path, target)
        samples: list[str | Path] = ["--samples", self._files.calibration, "--out", self.bundle]
        return self._run(["compile", self._files.model, *samples, *FLAGS[self._side]])

    def _new_srs(self) -> bool:
        """Whether the compile made an SRS; it is kept for what comes."""
        fresh = [path for path in srs_folder(self._home).glob("k*.srs") if path.stat().st_nlink == 1]
        for path in fresh:
            os.link(path, srs_folder(self._bench.home) / path.name)
        return bool(fresh)

    def _run(self, arguments: list[str | Path]) -> tuple[dict[str, Any], float]:
        return command.run(arguments, home=self._home, limit=self._bench.limit)


def _compare(recipe: Recipe, files: ModelFiles, trials: Mapping[Side, Trial], bench: Bench) -> None:
    """Held-out errors of every side that has not failed."""
    truth = fidelity.float_answers(files.model, files.held_out)
    answers: dict[Side, fidelity.Answers] = {}

    def ask(side: Side) -> Callable[[Trial], None]:
        return lambda trial: answers.update({side: fidelity.circuit_answers(trial.bundle, truth, bench.prover)})

    for side, trial in trials.items():
        trial.attempt(ask(side))
    for side, mine in answers.items():
        trials[side].note_errors(fidelity.errors(mine, list(answers.values()), truth, recipe.answer))
