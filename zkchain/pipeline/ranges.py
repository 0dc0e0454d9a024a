"""Bounds of a model's public tensors as the registry keeps them, so that the gateway refuses what lies outside."""

import math
from collections.abc import Mapping, Sequence

from ..chain.registry import ContractAt, InstanceRange, get_ranges
from ..errors import DeploymentTaken, UsageError
from ..records import Bundle, Segment
from ..solidity.artifacts import load_artifact
from ..values import Address, Digest
from .site import Site

#: Lowest and highest allowed value of a tensor; None for those that its circuit was calibrated on.
Bounds = Mapping[str, tuple[float, float] | None]
#: Both allowed numbers of a range are an int96 in the registry.
_LIMIT = 2**95 - 1


def ranges_of(bundle: Bundle, bounds: Bounds) -> tuple[InstanceRange, ...]:
    """One range for each bounded tensor, in the order of the instances, outward to whole field elements.

    Raises UsageError for a tensor that proofs do not show, or whose bounds are unknown, upside down or too far apart.
    """
    shown = {part.tensor: part for part in bundle.segments if part.kind in ("input", "output")}
    unknown = sorted(set(bounds) - set(shown))
    if unknown:
        known = ", ".join(shown) or "none"
        raise UsageError(
            f"no range can be put on {', '.join(unknown)}: proofs of this circuit show the tensors {known}",
            remedy="bound a public tensor, or compile with --visibility input=public",
        )
    return tuple(_range(part, _bounds(bundle, part, bounds[name])) for name, part in shown.items() if name in bounds)


def _bounds(bundle: Bundle, part: Segment, given: tuple[float, float] | None) -> tuple[float, float]:
    if given is not None:
        return given
    names: Sequence[str] = [tensor.name for tensor in bundle.model.inputs]
    if part.kind != "input":
        raise UsageError(
            f"the circuit was calibrated on inputs; {part.tensor} is an output", remedy="say NAME=LOW:HIGH"
        )
    return bundle.bounds[names.index(part.tensor)]


def _range(part: Segment, bounds: tuple[float, float]) -> InstanceRange:
    low, high = bounds
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise UsageError(f"the range {low}:{high} of {part.tensor} is empty")
    lowest, highest = math.floor(math.ldexp(low, part.scale)), math.ceil(math.ldexp(high, part.scale))
    if max(-lowest, highest) > _LIMIT:
        raise UsageError(f"the range {low}:{high} of {part.tensor} is wider than the registry can hold")
    return InstanceRange(start=part.start, count=part.count, low=lowest, high=highest)


def refuse_other_ranges(
    site: Site, title: str, registry: Address, model_id: Digest, ranges: Sequence[InstanceRange]
) -> None:
    """Raise DeploymentTaken when `ranges` were asked for and the version was registered with others."""
    found = get_ranges(site.chain, ContractAt(registry, load_artifact("ModelRegistry").abi), model_id)
    if ranges and found != tuple(ranges):
        raise DeploymentTaken(
            f"{title!r} on {site.network.name!r} is registered with {len(found)} other ranges, and what is registered "
            "never changes",
            remedy="choose another --name for a second deployment, or leave --range out",
            name=title,
        )
