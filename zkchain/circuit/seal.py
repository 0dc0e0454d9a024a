"""From finished stages to a bundle: the manifest, and the folder that appears whole or not at all."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from .. import __version__
from ..files import write_atomic
from ..halo2 import ENGINE_VERSION
from ..halo2.engine import CircuitFiles
from ..records import Bundle, Srs
from ..scratch import sweep
from ..values import ZERO_DIGEST, keccak_of
from . import bundle as store
from .bounds import bounds_of
from .layout import read_segments
from .request import CompileRequest
from .workspace import Workspace

#: Errors on the judged samples, for the manifest.
ERRORS = "errors.json"


def draft_manifest(
    request: CompileRequest, settings: dict[str, object], srs: Srs, trial: dict[str, object], work: Workspace
) -> Bundle:
    """The manifest of what the workspace holds, without the files' hashes and what follows from them."""
    segments = read_segments(settings, request.model.spec, request.options.visibility, binding=request.options.binding)
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
            "bounds": [list(edge) for edge in bounds_of(request.samples.every())],
            "fidelity": json.loads(work.path(ERRORS).read_text(encoding="ascii")),
            "srs": srs.to_json(),
            "proof_bytes": len(str(trial["proof"])) // 2 - 1,
            "prove_seconds": trial["prove_seconds"],
            "peak_rss_bytes": trial["peak_rss_bytes"],
            "params_digest": keccak_of(packed) if hashes else None,
            "files": [],
        }
    )


def seal_bundle(draft: Bundle, files: CircuitFiles, work: Workspace, out: Path) -> Bundle:
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
