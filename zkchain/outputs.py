"""What a proof's instances say in the model's own terms: from instances and pinned scales only."""

from collections.abc import Sequence

from .records import Segment
from .values import FieldElement

OutputValue = float | int | bool | str


def decode_outputs(segments: Sequence[Segment], instances: Sequence[FieldElement]) -> dict[str, list[OutputValue]]:
    """Output name to flat list of values: floats for scaled tensors, whole numbers or booleans for others.

    A hashed output gives its Poseidon hash as a 32-byte word.
    """
    return {
        segment.tensor: [decode(segment, value) for value in instances[segment.start : segment.start + segment.count]]
        for segment in segments
        if segment.kind in ("output", "output_hash")
    }


def decode(segment: Segment, value: FieldElement) -> OutputValue:
    """One instance of `segment`."""
    if segment.kind == "output_hash":
        return value.word
    if segment.dtype == "bool" and value in (0, 1):
        return bool(value)
    if segment.dtype != "float" and segment.scale == 0:
        return value.signed
    return value.to_float(scale=segment.scale)
