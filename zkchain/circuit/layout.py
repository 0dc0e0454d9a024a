"""Which instance means what: the segments of a proof's public instances, read off a circuit's settings.

ezkl puts hashes of inputs and of the parameters first, then public inputs, then outputs, hashed or public. A public
tensor gives one instance an element; a hashed tensor, and the hashed parameters as a whole, give one Poseidon hash.
The tag of the binding, where there is one, comes last.
"""

from collections.abc import Mapping
from typing import Any

from ..records import ModelSpec, Segment, SegmentKind, TensorSpec, Visibility


def read_segments(
    settings: Mapping[str, Any], model: ModelSpec, visibility: Visibility, *, binding: bool
) -> tuple[Segment, ...]:
    """Segments in instance order. Scales are in bits."""
    segments: list[Segment] = []

    def add(kind: SegmentKind, tensor: TensorSpec | None, scale: int) -> None:
        hashed = kind.endswith("_hash")
        segments.append(
            Segment(
                kind=kind,
                tensor=tensor.name if tensor else "",
                start=sum(segment.count for segment in segments),
                count=1 if hashed or tensor is None else tensor.elements,
                shape=() if hashed or tensor is None else tensor.shape,
                dtype="int" if hashed or tensor is None else tensor.dtype,
                scale=0 if hashed else scale,
                signed=not (hashed or kind == "binding"),
            )
        )

    if visibility.input == "hashed":
        for tensor in model.inputs:
            add("input_hash", tensor, 0)
    if visibility.params == "hashed":
        add("params_hash", None, 0)
    for tensor, scale in zip(model.inputs, settings["model_input_scales"], strict=True):
        if visibility.input == "public":
            add("input", tensor, scale)
    for tensor, scale in zip(model.outputs, settings["model_output_scales"], strict=True):
        if visibility.output == "public":
            add("output", tensor, scale)
        else:
            add("output_hash", tensor, 0)
    if binding:
        add("binding", None, 0)
    return tuple(segments)


def binding_start(segments: tuple[Segment, ...]) -> int | None:
    """Where the tag of the binding stands; None without one."""
    return next((segment.start for segment in segments if segment.kind == "binding"), None)
