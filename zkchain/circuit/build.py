"""From a model and samples to a bundle: choose settings, obtain an SRS, make keys, prove once, seal.

Each stage is kept in a workspace under the cache, so an interrupted compile goes on where it stopped; the bundle
folder itself appears whole or not at all.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import (
    BundleCorrupt,
    BundleForeign,
    BundleNotFound,
    CircuitTooLarge,
    EngineError,
    ProofInvalid,
    UsageError,
)
from ..files import exclusive, sha256_file, write_atomic, write_json
from ..halo2 import ENGINE_VERSION, Prover
from ..halo2.engine import CircuitFiles, InputData
from ..progress import Report, silent
from ..records import Bundle, Model, Srs
from ..scratch import sweep
from ..values import ZERO_DIGEST, Digest, canonical_json, keccak_of, sha256_of
from . import bundle as store
from .bounds import bounds_of
from .budget import UNLIMITED, Limits, budget_of, check_budget, in_words
from .gate import Gate, settle_within, without_samples
from .layout import read_segments
from .options import CompileOptions, refuse_empty_statements
from .speed import machine_speed
from .srs import find_srs, obtain_srs
from .trial import prove_trial
from .tune import SampleSets
from .tune.forms import FormName, write_forms
from .tune.race import Track
from .workspace import Workspace

#: Errors on the judged samples, for the manifest.
_ERRORS = "errors.json"
#: How long circuits are proved for real after the one that was predicted best could not be.
_FALLBACK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileRequest:
    """Everything a bundle follows from."""

    model: Model  #: as the user knows it
    circuit_model: Model  #: with the binding tensors, when bound
    trial_inputs: Sequence[InputData]  #: made-up inputs, bound to nothing: the first that fits is proved for real
    samples: SampleSets  #: for the circuit model, with the user's model's answers
    options: CompileOptions
    gate: Gate
    forms: Mapping[FormName, Model] = field(default_factory=dict)  #: what ezkl may compile; `circuit_model` when empty

    def digest(self) -> Digest:
        """Identifies the request: the same one is compiled once."""
        parts = {
            "format": store.FORMAT,
            "engine": ENGINE_VERSION,
            "zkchain": __version__,
            "model": self.model.spec.digest,
            "circuit_model": self.circuit_model.spec.digest,
            "inputs": keccak_of(json.dumps(self.samples.every()).encode()),
            "options": self.options.to_json(),
        }
        return keccak_of(canonical_json(parts))


def build_bundle(
    request: CompileRequest,
    *,
    prover: Prover,
    home: Path,
    out: Path,
    limits: Limits = UNLIMITED,
    replace_other: bool = False,
    report: Report = silent,
) -> Bundle:
    """Make the bundle at `out`, or return the one that is already there for the same request.

    Raises CircuitTooLarge before any key is made when the circuit is predicted to cost more than `limits` allow,
    VisibilityRefused, UsageError when `out` holds something else, EngineError, SrsError and OSError.
    """
    refuse_empty_statements(request.options)
    folder, out = home / "compile" / request.digest()[2:18], out.resolve()
    claim = home / "compile" / f"out-{sha256_of(str(out).encode())[2:18]}.lock"
    with exclusive(claim), exclusive(folder.with_suffix(".lock")):
        existing = _existing(out, request.digest(), home, replace_other=replace_other)
        if existing is not None:
            report("the bundle is up to date")
            return existing
        return _build(request, Workspace(folder), prover=prover, home=home, out=out, limits=limits, report=report)


def settled_settings(request: CompileRequest, *, prover: Prover, home: Path, report: Report = silent) -> dict[str, Any]:
    """The settings that `build_bundle` would compile; they stay in the cache for it. Raises likewise."""
    folder = home / "compile" / request.digest()[2:18]
    with exclusive(folder.with_suffix(".lock")):
        work = Workspace(folder)
        _stage_settings(work, request, prover, home, report)
        return _read_settings(work)


def _build(
    request: CompileRequest,
    work: Workspace,
    *,
    prover: Prover,
    home: Path,
    out: Path,
    limits: Limits,
    report: Report,
    proved: bool = False,
) -> Bundle:
    """`proved`: the settings in the workspace are of a circuit that was proved already, so there is no next best."""
    _stage_settings(work, request, prover, home, report)
    settings = _read_settings(work)
    try:  # no limit is on seconds, which take a proof to tell
        check_budget(budget_of(settings), limits, settings)
    except CircuitTooLarge:
        work.discard()
        raise
    report(f"predicted: {in_words(budget_of(settings, speed=machine_speed(home, prover, report)))}")
    srs_path, srs = obtain_srs(int(settings["run_args"]["logrows"]), home, prover, report)
    files = _stage_keys(work, prover, srs_path, srs, report)
    try:
        _stage_trial(work, files, request, prover, report)
    except (EngineError, ProofInvalid) as error:
        options = request.options
        if proved or options.tune_seconds is not None or options.stock or options.pinned:
            raise
        report(f"the best circuit cannot be proved: {error.message}; proving the next best ones")
        work.discard()
        racing = replace(request, options=replace(options, tune_seconds=_FALLBACK_SECONDS))
        _stage_settings(work, racing, prover, home, report)
        return _build(request, work, prover=prover, home=home, out=out, limits=limits, report=report, proved=True)
    draft = _draft(request, settings, srs, json.loads(work.path(store.TRIAL).read_text(encoding="ascii")), work)
    sealed = _assemble(draft, files, work, out)
    work.discard()
    return sealed


def _read_settings(work: Workspace) -> dict[str, Any]:
    """The settings that a finished stage left."""
    found: dict[str, Any] = json.loads(work.path(store.SETTINGS).read_text(encoding="utf-8"))
    return found


def _existing(out: Path, request: Digest, home: Path, *, replace_other: bool) -> Bundle | None:
    """The bundle at `out` when it answers this request; None when `out` is free to be written."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        found = store.load_bundle(out)
    except BundleNotFound:
        raise UsageError(f"{out} exists and is not a bundle", remedy="give another --out", found=out) from None
    except (BundleCorrupt, BundleForeign):
        if replace_other:
            return None
        raise
    better = find_srs(found.logrows, home)
    upgraded = (
        found.request_digest == request
        and found.srs.provenance == "dev"
        and better is not None
        and better[1].provenance == "ceremony"
    )
    if found.request_digest == request and not upgraded:
        return found
    if replace_other or upgraded:
        return None
    raise UsageError(
        f"{out} holds another bundle (circuit {found.circuit_digest[:12]})",
        remedy="give another --out, or --force to replace it",
        found=out,
    )


def _stage_settings(work: Workspace, request: CompileRequest, prover: Prover, home: Path, report: Report) -> None:
    def make(scratch: Path) -> None:
        (scratch / store.MODEL).write_bytes(request.circuit_model.onnx)
        forms = write_forms(scratch, request.forms or {"whole": request.circuit_model})
        timed = request.options.tune_seconds is not None
        inputs = request.trial_inputs
        track = Track(prover=prover, home=home, inputs=inputs, report=report) if timed else None
        settled, measured = settle_within(prover, forms, request.samples, request.options, request.gate, track, report)
        shutil.copyfile(settled.model, scratch / store.CIRCUIT_MODEL)
        write_json(scratch / store.SETTINGS, settled.settings)
        write_json(scratch / _ERRORS, settled.fidelity.to_json())
        write_json(scratch / store.FIDELITY, without_samples(measured).to_json())

    work.stage("settings", (store.MODEL, store.CIRCUIT_MODEL, store.SETTINGS, store.FIDELITY, _ERRORS), make)


def _stage_keys(work: Workspace, prover: Prover, srs_path: Path, srs: Srs, report: Report) -> CircuitFiles:
    def make(scratch: Path) -> None:
        shutil.copyfile(work.path(store.SETTINGS), scratch / store.SETTINGS)
        files = replace(store.circuit_files(scratch), srs=srs_path)
        prover.build(work.path(store.CIRCUIT_MODEL), files, report)

    outputs = (store.CIRCUIT, store.PROVING_KEY, store.VERIFYING_KEY)
    work.stage(f"keys-{srs.sha256[2:10]}", outputs, make)
    return replace(store.circuit_files(work.folder), srs=srs_path)


def _stage_trial(work: Workspace, files: CircuitFiles, request: CompileRequest, prover: Prover, report: Report) -> None:
    """One real proof: it shows that the keys work, and measures what a proof costs."""

    def make(scratch: Path) -> None:
        settings = json.loads(files.settings.read_text(encoding="utf-8"))
        proved = prove_trial(prover, files, request.trial_inputs, settings, report)
        trial = {
            "instances": [value.word for value in proved.instances],
            "proof": "0x" + proved.proof.hex(),
            "prove_seconds": proved.prove_seconds,
            "peak_rss_bytes": proved.peak_rss_bytes,
        }
        write_json(scratch / store.TRIAL, trial)

    key = sha256_file(files.proving_key)[2:10]
    work.stage(f"trial-{key}", (store.TRIAL,), make)


def _draft(
    request: CompileRequest, settings: dict[str, object], srs: Srs, trial: dict[str, object], work: Workspace
) -> Bundle:
    own = [sample[: len(request.model.spec.inputs)] for sample in request.samples.every()]
    segments = read_segments(settings, request.circuit_model.spec, request.options.visibility)
    words = trial["instances"]
    assert isinstance(words, list)
    hashes = [words[s.start : s.start + s.count] for s in segments if s.kind == "params_hash"]
    packed = b"".join(bytes.fromhex(word[2:]) for group in hashes for word in group)
    run_args = settings["run_args"]
    assert isinstance(run_args, dict)
    return Bundle.from_json(
        {
            "format": store.FORMAT,
            "zkchain_version": __version__,
            "engine_version": ENGINE_VERSION,
            "request_digest": request.digest(),
            "circuit_digest": ZERO_DIGEST,
            "verifying_key_digest": keccak_of(work.path(store.VERIFYING_KEY).read_bytes()),
            "model": request.model.spec.to_json(),
            "visibility": request.options.visibility.to_json(),
            "binding": request.options.binding,
            "stock": request.options.stock,
            "segments": [segment.to_json() for segment in segments],
            "logrows": run_args["logrows"],
            "rows": settings["num_rows"],
            "input_scales": settings["model_input_scales"],
            "output_scales": settings["model_output_scales"],
            "bounds": [list(edge) for edge in bounds_of(own)],
            "fidelity": json.loads(work.path(_ERRORS).read_text(encoding="ascii")),
            "srs": srs.to_json(),
            "proof_bytes": len(str(trial["proof"])) // 2 - 1,
            "prove_seconds": trial["prove_seconds"],
            "peak_rss_bytes": trial["peak_rss_bytes"],
            "params_digest": keccak_of(packed) if hashes else None,
            "files": [],
        }
    )


def _assemble(draft: Bundle, files: CircuitFiles, work: Workspace, out: Path) -> Bundle:
    """Put the files beside `out`, seal them with a manifest, and rename the whole folder into place."""
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{out.name}.zkchain-"
    sweep(out.parent, prefix)  # the lock on `out` is held: whoever left these is dead
    staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=prefix))
    try:
        target = store.circuit_files(staging)
        for name in (store.MODEL, store.CIRCUIT_MODEL, store.TRIAL, store.FIDELITY):
            shutil.copyfile(work.path(name), staging / name)
        for part in CircuitFiles.__slots__:
            shutil.copyfile(getattr(files, part), getattr(target, part))
        listed = replace(draft, files=store.describe_files(staging))
        sealed = replace(listed, circuit_digest=store.circuit_digest(listed))
        write_atomic(staging / store.MANIFEST, store.manifest_bytes(sealed))
        staging.chmod(0o755)
        if out.exists():
            retired = staging.with_name(staging.name + ".old")
            out.replace(retired)
            shutil.rmtree(retired)
        staging.replace(out)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return sealed
