"""The circuits of a federation, built so that what one commits to is what the next one reads: under one SRS, too."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import onnx

from ..circuit.srs import obtain_srs
from ..circuit.workspace import Workspace
from ..errors import CircuitUnfit
from ..files import exclusive, sha256_file, write_json
from ..halo2 import ENGINE_VERSION, Prover, Witnessed, within_tables
from ..halo2.engine import CircuitFiles
from ..progress import Report, silent
from ..records import Srs
from ..values import Digest, canonical_json, keccak_of
from .chaining import HASHED, KEPT_ROWS, Role, check_chaining
from .grid import EXACT_BITS, HEADROOM
from .layout import Layout
from .methods import method_of
from .step import bridge_model, server_model, weights_model

#: Rises when other circuits are made for the same layout, so that none is taken from the cache that was made before.
_FORM = 4
#: Sizes that are tried: 2**k rows.
SMALLEST, LARGEST = 11, 18
#: Cells of the largest circuit, in columns of 2**LARGEST: on a machine of 24 GB a proof needs most of that.
_MOST_CELLS = 2**20
#: Cells from which proofs on one machine take turns: several at once need its memory, and one uses all its processors.
_LARGE = 2**17
#: Bits of one digit of a decomposition; each is a row of a table, which has to fit.
_DIGIT_BITS = 13
#: Values, either way, of the table of an activation within a torch module.
_TABLE_REACH = 8
_FILES = ("model.onnx", "settings.json", "circuit.ezkl", "proving.key", "verifying.key")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCircuit:
    """One built circuit."""

    role: Role
    files: CircuitFiles
    digest: Digest
    logrows: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCircuits:
    """A federation's circuits and the SRS that all share."""

    layout: Layout
    step: TrainingCircuit
    server: TrainingCircuit
    weights: TrainingCircuit
    bridge: TrainingCircuit | None  #: where the layout has batches bridged
    srs: Srs

    @property
    def logrows(self) -> int:
        """The size of all of them, by its logarithm."""
        return self.step.logrows


def build_circuits(
    layout: Layout, *, prover: Prover, home: Path, logrows: int | None = None, report: Report = silent
) -> TrainingCircuits:
    """The circuits of `layout`, from the cache or built: of `logrows`, or of the fewest rows that hold them.

    Raises CircuitUnfit, ChainingBroken, SrsError and EngineError.
    """
    by = list(method_of(layout.architecture).by)
    asked = {"layout": layout.to_json(), "logrows": logrows, "engine": ENGINE_VERSION, "form": _FORM, "by": by}
    request = keccak_of(canonical_json(asked))
    folder = home / "training" / "circuits" / request[2:18]
    roles = roles_of(layout)
    with exclusive(folder.with_suffix(".lock")):
        work = Workspace(folder)
        settle_outputs = [f"{role}.{name}" for role in roles for name in _FILES[:2]]
        work.stage("settings", settle_outputs, lambda scratch: _settle(scratch, layout, prover, logrows, report))
        first = json.loads(work.path("step.settings.json").read_text(encoding="utf-8"))
        srs_path, srs = obtain_srs(int(first["run_args"]["logrows"]), home, prover, report)
        for role in roles:
            _stage_keys(work, role, prover, srs_path, srs, report)
        built = {role: _built(work, role, srs_path, srs) for role in roles}
        return TrainingCircuits(
            layout=layout,
            step=built["step"],
            server=built["server"],
            weights=built["weights"],
            bridge=built.get("bridge"),
            srs=srs,
        )


def roles_of(layout: Layout) -> tuple[Role, ...]:
    """Which circuits a federation has."""
    return ("step", "server", "weights", "bridge") if layout.bridged else ("step", "server", "weights")


def statement_of(role: Role) -> str:
    """Under which name the registry has a circuit of this role; docs/training/statements.md says what it means."""
    return f"training.{role}"


def prove_vectors(
    circuit: TrainingCircuit, vectors: Sequence[Sequence[float]], prover: Prover, report: Report = silent
) -> tuple[bytes, tuple[int, ...], tuple[int, ...]]:
    """Prove the circuit on flat inputs; returns the proof, its instances and the output, all exact.

    Raises CircuitUnfit and EngineError for values that the circuit cannot hold.
    """
    settings = json.loads(circuit.files.settings.read_text(encoding="utf-8"))
    outputs: list[tuple[int, ...]] = []

    def accept(witness: Witnessed) -> None:
        if not within_tables(witness, settings):
            raise CircuitUnfit(
                f"a value of the {circuit.role} circuit lies outside of its tables",
                remedy="scale the data down in the plan",
                role=circuit.role,
            )
        outputs.append(tuple(value.signed for value in witness.outputs[0]))

    with _turn(circuit):
        proved = prover.prove(circuit.files, vectors, accept, report)
    return proved.proof, tuple(int(value) for value in proved.instances), outputs[0]


@contextmanager
def _turn(circuit: TrainingCircuit) -> Iterator[None]:
    """Wait until no other process proves a large circuit, if this is one."""
    if circuit.rows < _LARGE:
        yield
        return
    with exclusive(circuit.files.circuit.parent.with_name("turn.lock")):
        yield


def _settle(scratch: Path, layout: Layout, prover: Prover, logrows: int | None, report: Report) -> None:
    models: dict[Role, Callable[[Layout], onnx.ModelProto]] = {
        "step": method_of(layout.architecture).step,
        "server": server_model,
        "weights": weights_model,
        "bridge": bridge_model,
    }
    roles = roles_of(layout)
    for role in roles:
        onnx.save(models[role](layout), str(scratch / f"{role}.model.onnx"))
    k = logrows if logrows is not None else _fewest(scratch, layout, prover, report)
    for role in roles:
        found = prover.make_settings(scratch / f"{role}.model.onnx", run_args(layout, role, k), None, None, report)
        check_chaining(role, found, layout, k)
        write_json(scratch / f"{role}.settings.json", found)


def _fewest(scratch: Path, layout: Layout, prover: Prover, report: Report) -> int:
    """The least size that holds the step, and the bridge if there is one, which hashes all of a batch."""
    sizes: list[Role] = ["step", "bridge"] if layout.bridged else ["step"]
    least, rows = SMALLEST, 0
    for role in sizes:
        for k in range(least, LARGEST + 1):
            model = scratch / f"{role}.model.onnx"
            rows = int(prover.make_settings(model, run_args(layout, role, k), None, None, report)["num_rows"])
            if rows <= 2**k - KEPT_ROWS:
                break
        if rows > _MOST_CELLS:
            raise CircuitUnfit(
                f"a {role} on {layout.batch} samples takes {rows:,} cells, and {_MOST_CELLS:,} is the most there are",
                remedy="take fewer samples a batch, or a smaller model",
                rows=rows,
                most=_MOST_CELLS,
            )
        least = k
    return least


def run_args(layout: Layout, role: Role, k: int) -> dict[str, object]:
    """The engine's settings for a circuit of 2**k rows."""
    digits = min(k - 1, _DIGIT_BITS)
    reach = _TABLE_REACH * 2**layout.scale
    return {
        "input_visibility": "polycommit",
        "output_visibility": "hashed" if role in HASHED else "polycommit",
        "param_visibility": "fixed",
        "input_scale": layout.scale,
        "param_scale": layout.scale,
        "scale_rebase_multiplier": 1,
        "decomp_base": 2**digits,
        "decomp_legs": -(-max(2 * layout.scale + HEADROOM, EXACT_BITS + 1) // digits),  # salt has to fit, too
        "lookup_range": [-reach, reach],
        "num_inner_cols": 1,  # of as many cells, the fewest columns: the smallest proofs, and no slower to make
        "logrows": k,
    }


def _stage_keys(work: Workspace, role: Role, prover: Prover, srs_path: Path, srs: Srs, report: Report) -> None:
    def make(scratch: Path) -> None:
        shutil.copyfile(work.path(f"{role}.settings.json"), scratch / f"{role}.settings.json")
        prover.build(work.path(f"{role}.model.onnx"), _files(scratch, role, srs_path), report)

    outputs = [f"{role}.{name}" for name in _FILES[2:]]
    work.stage(f"{role}-keys-{srs.sha256[2:10]}", outputs, make)


def _files(folder: Path, role: Role, srs: Path) -> CircuitFiles:
    return CircuitFiles(
        circuit=folder / f"{role}.circuit.ezkl",
        settings=folder / f"{role}.settings.json",
        proving_key=folder / f"{role}.proving.key",
        verifying_key=folder / f"{role}.verifying.key",
        srs=srs,
    )


def _built(work: Workspace, role: Role, srs_path: Path, srs: Srs) -> TrainingCircuit:
    files = _files(work.folder, role, srs_path)
    settings = json.loads(files.settings.read_text(encoding="utf-8"))
    meaning = {
        "model": sha256_file(work.path(f"{role}.model.onnx")),
        "settings": sha256_file(files.settings),
        "verifying_key": keccak_of(files.verifying_key.read_bytes()),
        "srs": list(srs.g2_point),
        "engine": ENGINE_VERSION,
    }
    return TrainingCircuit(
        role=role,
        files=files,
        digest=keccak_of(canonical_json(meaning)),
        logrows=int(settings["run_args"]["logrows"]),
        rows=int(settings["num_rows"]),
    )


def commit_vectors(
    circuits: TrainingCircuits, vectors: Sequence[Sequence[int]], prover: Prover, report: Report = silent
) -> tuple[bytes, ...]:
    """What the federation's proofs commit to for these vectors, 64 bytes each. Raises EngineError."""
    return prover.commit(circuits.step.files, vectors, report)
