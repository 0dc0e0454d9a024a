"""The fidelity gate: before any key is made, a circuit is run beside the float model, on data and on made-up inputs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import FidelityViolated
from ..files import write_json
from ..halo2 import InputData, Prover
from ..progress import Report, silent
from ..records import TensorSpec
from .fidelity import measure_fidelity
from .fidelity_report import FidelityBounds, FidelityReport, Violation, violations
from .options import CompileOptions
from .probes import Inputs, ProbeSet
from .settle import Settled, settle
from .tune import SampleSets
from .tune.forms import Form
from .tune.race import Track
from .tune.steps import Surveys

#: Cells over which the gate runs, about a second; the same everywhere, unlike a limit in seconds.
_CELLS = 400_000
#: Inputs of each kind that are run however large the circuit is.
_LEAST = 2
#: Circuits that are tuned until one is faithful on made-up inputs too.
_ATTEMPTS = 4
#: How much smaller than the last one's the error on the samples of the next circuit is to be: for labels so many times,
#: for errors as many times as the bound was passed on the made-up inputs, and a little more.
_FINER, _LITTLE_MORE = 8.0, 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a circuit is judged by."""

    probes: Callable[[], Sequence[ProbeSet]]  #: the data first; made when they are needed
    outputs: Sequence[TensorSpec]  #: of the user's model
    encode: Callable[[Inputs], InputData]  #: an input as the circuit takes it

    def measure(self, prover: Prover, settled: Settled, report: Report = silent) -> FidelityReport:
        """The circuit against the float model on as many probes as its size affords. Raises EngineError."""
        path = settled.model.with_name("gate-settings.json")
        write_json(path, settled.settings)
        sets = _affordable(self.probes(), int(settled.settings["total_assignments"]))
        measured = measure_fidelity(prover, settled.model, path, sets, self.outputs, encode=self.encode, report=report)
        path.unlink()
        return measured


def settle_within(
    prover: Prover,
    forms: Sequence[Form],
    samples: SampleSets,
    options: CompileOptions,
    gate: Gate,
    track: Track | None = None,
    report: Report = silent,
) -> tuple[Settled, FidelityReport]:
    """Settings that keep the bounds of `options` wherever the gate looks, and what it saw there.

    Raises FidelityViolated and EngineError.
    """
    bounds = FidelityBounds(max_error=options.goal.max_error, max_flip=options.goal.max_flip)
    known = Surveys()
    settled = settle(prover, forms, samples, options, track, report, known)
    for attempt in range(_ATTEMPTS):
        measured = gate.measure(prover, settled, report)
        broken = violations(measured, bounds)
        if not broken:
            return settled, measured
        finer = settled.fidelity.max_abs_error / _times_finer(broken)
        if options.stock or options.pinned or not finer or attempt == _ATTEMPTS - 1:
            break
        report(f"not faithful enough on {broken[0].section} inputs; trying finer circuits")
        try:
            chosen = replace(options, goal=replace(options.goal, max_error=finer))
            settled = settle(prover, forms, samples, chosen, track, report, known)
        except FidelityViolated:
            break  # there is nothing finer: what was found on the way is what there is to say
    raise _violated(broken)


def _times_finer(broken: Sequence[Violation]) -> float:
    """How many times smaller the error has to be; no bound of zero is passed by a number of times."""
    if any(one.measure != "error" or not one.allowed for one in broken):
        return _FINER
    return _LITTLE_MORE * max(one.found / one.allowed for one in broken)


def without_samples(measured: FidelityReport) -> FidelityReport:
    """The report without single answers: a bundle is handed on, and its samples may be private."""
    sections = (
        replace(section, outputs=tuple(replace(output, points=()) for output in section.outputs))
        for section in measured.sections
    )
    return replace(measured, sections=tuple(sections))


def _affordable(sets: Sequence[ProbeSet], cells: int) -> list[ProbeSet]:
    """Evenly picked inputs of each set, fewer for a circuit of many cells: half of them of the data."""
    runs = _CELLS // max(cells, 1)
    shares = [runs // 2, *[runs // 2 // max(len(sets) - 1, 1)] * (len(sets) - 1)]
    return [_picked(probes, max(share, _LEAST)) for probes, share in zip(sets, shares, strict=True)]


def _picked(probes: ProbeSet, count: int) -> ProbeSet:
    step = max(-(-len(probes.inputs) // count), 1)
    return replace(
        probes,
        inputs=probes.inputs[::step],
        references=probes.references[::step],
        neighbours=probes.neighbours[::step],
    )


def _violated(broken: Sequence[Violation]) -> FidelityViolated:
    first = broken[0]
    words = {
        "error": f"an error of {first.found:.3g}; allowed is {first.allowed:.3g}",
        "flips": f"{first.found:.2%} of the labels changed; allowed are {first.allowed:.2%}",
        "unanswered": f"{first.found:.2%} of the samples cannot be proved",
    }
    return FidelityViolated(
        f"on {first.section} inputs the circuit shows {words[first.measure]}",
        section=first.section,
        measure=first.measure,
        found=first.found,
        allowed=first.allowed,
    )
