"""From a model and samples to a bundle: choose settings, obtain an SRS, make keys, prove once, seal.

Each stage is kept in a workspace under the cache, so an interrupted compile goes on where it stopped; the bundle
folder itself appears whole or not at all.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import (
    BundleCorrupt,
    BundleForeign,
    BundleNotFound,
    CircuitTooLarge,
    EngineAborted,
    EngineCrashed,
    EnginePanicked,
    EngineRefused,
    ProofInvalid,
    UsageError,
)
from ..files import exclusive, sha256_file, write_json
from ..halo2 import Prover
from ..halo2.engine import CircuitFiles
from ..progress import Report, silent
from ..records import Bundle, Srs
from ..values import Digest, sha256_of
from . import bundle as store
from .budget import UNLIMITED, Limits, budget_of, check_budget, in_words
from .gate import settle_within, without_samples
from .options import CompileOptions, refuse_empty_statements
from .request import CompileRequest
from .seal import ERRORS, draft_manifest, seal_bundle
from .speed import machine_speed
from .srs import find_srs, obtain_srs
from .trial import prove_trial
from .tune.forms import write_forms
from .tune.race import Track
from .workspace import Workspace

#: How long circuits are proved for real after the one that was predicted best could not be.
_FALLBACK_SECONDS = 60.0
#: What says something of the circuit, and not of the machine or of a limit.
_UNPROVABLE = (EngineAborted, EngineCrashed, EnginePanicked, EngineRefused, ProofInvalid)


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
    folder, out = _workspace(request, home), out.resolve()
    claim = home / "compile" / f"out-{sha256_of(str(out).encode())[2:18]}.lock"
    with exclusive(claim), exclusive(folder.with_suffix(".lock")):
        existing = _existing(out, request.digest(), home, replace_other=replace_other)
        if existing is not None:
            report("the bundle is up to date")
            return existing
        return _build(request, Workspace(folder), prover=prover, home=home, out=out, limits=limits, report=report)


def settled_settings(request: CompileRequest, *, prover: Prover, home: Path, report: Report = silent) -> dict[str, Any]:
    """The settings that `build_bundle` would compile; they stay in the cache for it. Raises likewise."""
    folder = _workspace(request, home)
    with exclusive(folder.with_suffix(".lock")):
        work = Workspace(folder)
        _stage_settings(work, request, prover, home, report)
        return _read_settings(work)


def forget_settings(request: CompileRequest, home: Path) -> None:
    """Take from the cache what `settled_settings` left there, when it is not to be compiled."""
    folder = _workspace(request, home)
    with exclusive(folder.with_suffix(".lock")):
        Workspace(folder).discard()


def _workspace(request: CompileRequest, home: Path) -> Path:
    return home / "compile" / request.digest()[2:18]


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
    except _UNPROVABLE as error:
        if proved or not _has_others(request.options):
            raise
        report(f"the best circuit cannot be proved: {error.message}; proving the next best ones")
        work.discard()
        try:
            _stage_settings(work, _racing(request), prover, home, report)
        except EngineRefused:
            raise error from None  # there is no other, so that the first one's trouble is what there is to say
        return _build(request, work, prover=prover, home=home, out=out, limits=limits, report=report, proved=True)
    draft = draft_manifest(request, settings, srs, json.loads(work.path(store.TRIAL).read_text(encoding="ascii")), work)
    sealed = seal_bundle(draft, files, work, out)
    work.discard()
    return sealed


def _has_others(options: CompileOptions) -> bool:
    """Whether the circuit was the first of a ranking that nobody has proved yet."""
    return not options.stock and not options.pinned and options.tune_seconds is None


def _racing(request: CompileRequest) -> CompileRequest:
    return replace(request, options=replace(request.options, tune_seconds=_FALLBACK_SECONDS))


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
        (scratch / store.MODEL).write_bytes(request.model.onnx)
        forms = write_forms(scratch, request.forms or {"whole": request.model})
        timed = request.options.tune_seconds is not None
        inputs, binding = request.trial_inputs, request.options.binding
        track = Track(prover=prover, home=home, inputs=inputs, binding=binding, report=report) if timed else None
        settled, measured = settle_within(prover, forms, request.samples, request.options, request.gate, track, report)
        shutil.copyfile(settled.model, scratch / store.CIRCUIT_MODEL)
        write_json(scratch / store.SETTINGS, settled.settings)
        write_json(scratch / ERRORS, settled.fidelity.to_json())
        write_json(scratch / store.FIDELITY, without_samples(measured).to_json())

    work.stage("settings", (store.MODEL, store.CIRCUIT_MODEL, store.SETTINGS, store.FIDELITY, ERRORS), make)


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
        binding = request.options.binding
        proved = prove_trial(prover, files, request.trial_inputs, settings, report, binding=binding)
        trial = {
            "instances": [value.word for value in proved.instances],
            "proof": "0x" + proved.proof.hex(),
            "prove_seconds": proved.prove_seconds,
            "peak_rss_bytes": proved.peak_rss_bytes,
        }
        write_json(scratch / store.TRIAL, trial)

    key = sha256_file(files.proving_key)[2:10]
    work.stage(f"trial-{key}", (store.TRIAL,), make)
