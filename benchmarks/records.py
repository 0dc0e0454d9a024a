"""What a run writes down, as records: JSON both ways, and refused when it is of another shape."""

from dataclasses import dataclass
from typing import Literal

from zkchain.record import Record

Side = Literal["stock", "ours", "loose", "thrifty"]
#: What each side gives to `zkchain compile` besides the model and its samples.
FLAGS: dict[Side, tuple[str, ...]] = {
    "stock": ("--stock", "--visibility", "input=private"),
    "ours": (),
    "loose": ("--max-error", "0.01"),
    "thrifty": ("--optimize", "gas"),
}
SIDES: tuple[Side, ...] = tuple(FLAGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Record):
    """What a figure depends on besides the code."""

    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str
    engine: str
    packages: tuple[str, ...]  #: name==version


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Record):
    """How a row was measured."""

    repeats: int
    gas: bool
    sides: tuple[Side, ...]  #: stock and ours, and perhaps others


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors(Record):
    """A circuit against onnxruntime on held-out samples."""

    samples: int  #: compared: those that every side's circuit can prove
    refused: int  #: samples with a value outside this circuit's tables: it has no proof for them
    max_abs: float
    mean_abs: float
    flips: int | None  #: answers read differently; None where an answer is just values


@dataclass(frozen=True, slots=True, kw_only=True)
class Gas(Record):
    """Verification of one proof by the adapter, as a transaction of its own pays for it."""

    verify: int
    verifier: Literal["own", "shared"]
    code_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Record):
    """One pipeline's figures for one model. Seconds of proofs are medians over the repeats."""

    compile_seconds: float  #: the whole command, SRS excluded
    prove_seconds: float
    prove_all: tuple[float, ...]
    witness_seconds: float
    peak_rss_bytes: int
    proving_key_bytes: int
    verifying_key_bytes: int
    logrows: int
    rows: int
    instances: int
    layout: str  #: what was chosen, in run_args' own words
    errors: Errors | None = None
    gas: Gas | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Record):
    """Figures, or why there are none."""

    figures: Figures | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Record):
    """What a row was measured on: a row with the same identity is not measured again."""

    model: str
    model_digest: str
    samples_digest: str
    source_digest: str  #: of zkchain's own modules
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Record):
    """One model, every side."""

    identity: Identity
    family: str
    parameters: int
    version: str  #: of zkchain, for people: version and commit
    date: str
    others: float  #: cores that other processes kept busy while the row was measured: above 0, figures are noisy
    first: Side
    stock: Outcome
    ours: Outcome
    loose: Outcome | None = None
    thrifty: Outcome | None = None

    @property
    def outcomes(self) -> dict[Side, Outcome]:
        """Those that were measured."""
        found = {side: getattr(self, side) for side in SIDES}
        return {side: outcome for side, outcome in found.items() if outcome is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Results(Record):
    """A results file, without the summary that is computed from it."""

    machine: Machine
    rows: tuple[Row, ...] = ()
