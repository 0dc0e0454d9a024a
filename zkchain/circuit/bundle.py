"""A bundle on disk: write it whole, load it only when every hash matches."""

import json
from pathlib import Path

from ..errors import BundleCorrupt, BundleForeign, BundleNotFound
from ..files import parse_json, sha256_file
from ..halo2 import ENGINE_VERSION
from ..halo2.engine import CircuitFiles
from ..records import Bundle, BundleFile
from ..values import Digest, FieldElement, canonical_json, keccak_of
from .consistency import check_agreement
from .srs_file import describe_srs

MANIFEST = "manifest.json"
#: Increased when a manifest's meaning changes; others are refused.
FORMAT = 3

MODEL, CIRCUIT, SETTINGS = "model.onnx", "circuit.ezkl", "settings.json"
#: What the circuit was compiled from: the model, or a form of it that makes a smaller circuit.
CIRCUIT_MODEL = "circuit.onnx"
PROVING_KEY, VERIFYING_KEY, SRS_FILE = "proving.key", "verifying.key", "srs.bin"
#: Instances and proof of a made-up input, bound to nothing: the honest case of a verifier's smoke test.
TRIAL = "trial.json"
#: What the gate saw before the keys were made (`FidelityReport`).
FIDELITY = "fidelity.json"
FILES = (MODEL, CIRCUIT_MODEL, CIRCUIT, SETTINGS, PROVING_KEY, VERIFYING_KEY, SRS_FILE, TRIAL, FIDELITY)


def circuit_files(folder: Path) -> CircuitFiles:
    """Where a bundle keeps what the prover needs."""
    return CircuitFiles(
        circuit=folder / CIRCUIT,
        settings=folder / SETTINGS,
        proving_key=folder / PROVING_KEY,
        verifying_key=folder / VERIFYING_KEY,
        srs=folder / SRS_FILE,
    )


def read_trial(folder: Path) -> tuple[tuple[FieldElement, ...], bytes]:
    """Instances and proof of the bundle's trial; load the bundle first, which checks the file's hash."""
    trial = json.loads((folder / TRIAL).read_text(encoding="ascii"))
    return tuple(FieldElement.from_word(word) for word in trial["instances"]), bytes.fromhex(trial["proof"][2:])


def describe_files(folder: Path) -> tuple[BundleFile, ...]:
    """Size and SHA-256 of every file that belongs to a bundle."""
    return tuple(
        BundleFile(name=name, size=(folder / name).stat().st_size, sha256=sha256_file(folder / name)) for name in FILES
    )


def manifest_bytes(bundle: Bundle) -> bytes:
    """The manifest file: the record and a digest of it, so that a change anywhere in it is found."""
    body = bundle.to_json()
    sealed = {"bundle": body, "manifest_digest": keccak_of(canonical_json(body))}
    return (json.dumps(sealed, indent=2, sort_keys=True) + "\n").encode()


def read_manifest(folder: Path) -> Bundle:
    """The manifest alone, checked against its own digest. Raises BundleNotFound, BundleCorrupt, BundleForeign."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleNotFound(f"{folder} holds no bundle: {MANIFEST} is missing", folder=folder)
    try:
        raw = path.read_bytes()
        sealed = parse_json(raw)
        body = dict(sealed["bundle"])
        intact = sealed["manifest_digest"] == keccak_of(canonical_json(body))
        intact = intact and raw == (json.dumps(sealed, indent=2, sort_keys=True) + "\n").encode()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleCorrupt(f"{path} cannot be read: {error}", file=MANIFEST) from error
    if not intact:
        raise BundleCorrupt(f"{path} differs from its own digest", file=MANIFEST)
    if body.get("format") != FORMAT or body.get("engine_version") != ENGINE_VERSION:
        raise BundleForeign(
            f"{folder} is of format {body.get('format')} for {body.get('engine_version')}; "
            f"this release reads format {FORMAT} for {ENGINE_VERSION}",
            folder=folder,
        )
    try:
        return Bundle.from_json(body)
    except (ValueError, TypeError, KeyError) as error:
        raise BundleCorrupt(f"{path} is not a manifest: {error}", file=MANIFEST) from error


def load_bundle(folder: Path) -> Bundle:
    """A bundle whose every file has the size and SHA-256 of its manifest.

    Raises BundleNotFound, BundleForeign, and BundleCorrupt naming the first file that differs.
    """
    bundle = read_manifest(folder)
    if {file.name for file in bundle.files} != set(FILES):
        raise BundleCorrupt(f"{folder}: the manifest does not list the files of a bundle", file=MANIFEST)
    for file in bundle.files:
        path = folder / file.name
        if not path.is_file():
            raise BundleCorrupt(f"{path} is missing", file=file.name)
        if path.stat().st_size != file.size or sha256_file(path) != file.sha256:
            raise BundleCorrupt(f"{path} is not the file that the manifest describes", file=file.name)
    if keccak_of((folder / VERIFYING_KEY).read_bytes()) != bundle.verifying_key_digest:
        raise BundleCorrupt(f"{folder}: the verifying key is not the one of the circuit digest", file=VERIFYING_KEY)
    if describe_srs(folder / SRS_FILE) != bundle.srs:
        raise BundleCorrupt(f"{folder}: the SRS is not what the manifest says of it", file=SRS_FILE)
    check_agreement(folder, bundle, settings=SETTINGS, trial=TRIAL, model=MODEL)
    if circuit_digest(bundle) != bundle.circuit_digest:
        raise BundleCorrupt(f"{folder}: the circuit digest does not follow from the manifest", file=MANIFEST)
    return bundle


def circuit_digest(bundle: Bundle) -> Digest:
    """keccak256 over everything that changes the meaning of a valid proof."""
    settings = next(file.sha256 for file in bundle.files if file.name == SETTINGS)
    return keccak_of(
        canonical_json(
            {
                "model": bundle.model.digest,
                "settings": settings,
                "visibility": bundle.visibility.to_json(),
                "binding": bundle.binding,
                "segments": [segment.to_json() for segment in bundle.segments],
                "srs": list(bundle.srs.g2_point),
                "verifying_key": bundle.verifying_key_digest,
                "params": bundle.params_digest,
                "engine": bundle.engine_version,
            }
        )
    )
