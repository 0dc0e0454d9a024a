"""Whether the parts of a bundle agree: a manifest whose every hash is right can still describe another circuit."""

from math import prod
from pathlib import Path
from typing import Any

from ..errors import BundleCorrupt
from ..files import parse_json
from ..records import Bundle
from ..values import FieldElement, keccak_of
from .layout import read_segments

#: ezkl's numbers have at most 127 bits and a sign. A hash as small as that would be one in 2^125.
_HASHES_FROM = 2**127
#: What a settings file of the wrong form raises when it is read as one.
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)


def check_agreement(folder: Path, bundle: Bundle, *, settings: str, trial: str, model: str) -> None:
    """Raise BundleCorrupt naming the file that says something else than the manifest; the files' names are given."""
    _check_settings(folder / settings, bundle)
    _check_trial(folder / trial, bundle)
    hashes = {file.name: file.sha256 for file in bundle.files}
    if hashes[model] != bundle.model.digest:
        raise BundleCorrupt(f"{folder / model} is not the model of the manifest", file=model)


def _check_settings(path: Path, bundle: Bundle) -> None:
    try:
        found = parse_json(path.read_bytes())
        stated = {
            "logrows": found["run_args"]["logrows"],
            "rows": found["num_rows"],
            "input_scales": tuple(found["model_input_scales"]),
            "output_scales": tuple(found["model_output_scales"]),
            "shapes": [prod(shape) for shape in found["model_instance_shapes"]],
            "segments": read_segments(found, bundle.model, bundle.visibility, binding=bundle.binding),
        }
        visibility = {
            part: _visibility(found["run_args"][f"{name}_visibility"])
            for part, name in (("input", "input"), ("output", "output"), ("params", "param"))
        }
    except _MALFORMED as error:
        raise BundleCorrupt(f"{path} is not a settings file: {error}", file=path.name) from error
    # A public cell that belongs to no tensor is free: whatever its maker likes can be proved there.
    if stated.pop("shapes") != [s.count for s in bundle.segments if s.kind in ("input", "output", "binding")]:
        raise BundleCorrupt(f"{path}: its instances are not those of the manifest", file=path.name, what="instances")
    for name, value in stated.items():
        if value != getattr(bundle, name):
            raise BundleCorrupt(f"{path}: its {name} are not those of the manifest", file=path.name, what=name)
    for part, value in visibility.items():
        if not value.startswith(getattr(bundle.visibility, part)):
            raise BundleCorrupt(f"{path}: its {part} visibility is not that of the manifest", file=path.name, what=part)


def _visibility(value: Any) -> str:
    """ezkl writes "Public" and the like, or {"Hashed": {...}}, or a text of the same with a slash."""
    (name,) = value if isinstance(value, dict) else (value,)
    return str(name).partition("/")[0].partition("{")[0].strip().lower()


def _check_trial(path: Path, bundle: Bundle) -> None:
    try:
        stored = parse_json(path.read_bytes())
        instances = [FieldElement.from_word(word) for word in stored["instances"]]
        proof = bytes.fromhex(stored["proof"].removeprefix("0x"))
    except _MALFORMED as error:
        raise BundleCorrupt(f"{path} is not a trial proof: {error}", file=path.name) from error
    if len(instances) != bundle.instances or len(proof) != bundle.proof_bytes:
        raise BundleCorrupt(f"{path}: its sizes are not those of the manifest", file=path.name)
    for segment in bundle.segments:
        found = {
            abs(value.signed) >= _HASHES_FROM for value in instances[segment.start : segment.start + segment.count]
        }
        if found != {segment.kind.endswith("_hash")}:
            what = f"its instances are not in the manifest's order: {segment.kind} {segment.tensor}".rstrip()
            raise BundleCorrupt(f"{path}: {what} cannot be where it should", file=path.name)
    hashed = [s for s in bundle.segments if s.kind == "params_hash"]
    words = b"".join(bytes.fromhex(value.word[2:]) for s in hashed for value in instances[s.start : s.start + s.count])
    if (keccak_of(words) if hashed else None) != bundle.params_digest:
        raise BundleCorrupt(f"{path}: its parameter hash is not that of the manifest", file=path.name)
