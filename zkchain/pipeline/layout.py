"""A circuit's instance layout in the registry's terms."""

from collections.abc import Sequence

from ..chain.registry import NO_BINDING, ModelLayout
from ..circuit.layout import binding_start
from ..records import Segment


def layout_of(segments: Sequence[Segment]) -> ModelLayout:
    """Where each part of a statement lies among the instances, for the registry."""

    def span(*kinds: str) -> tuple[int, int]:
        found = [segment for segment in segments if segment.kind in kinds]
        return (found[0].start, sum(segment.count for segment in found)) if found else (0, 0)

    inputs, outputs, params = span("input", "input_hash"), span("output", "output_hash"), span("params_hash")
    bound = binding_start(tuple(segments))
    return ModelLayout(
        instance_count=sum(segment.count for segment in segments),
        input_start=inputs[0],
        input_count=inputs[1],
        output_start=outputs[0],
        output_count=outputs[1],
        binding_start=NO_BINDING if bound is None else bound,
        params_start=params[0],
        params_count=params[1],
    )
