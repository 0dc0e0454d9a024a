"""Run arguments and settings: ezkl's own choice, a pinned choice, and one canonical form."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...files import parse_json
from ...halo2 import TAGGED, InputData, Prover
from ...progress import Report, silent
from ...records import Visibility

#: Not a run argument, but tells which form of a model the settings were made for.
CELLS = "total_assignments"

#: What a pinned settings file may choose. Everything else that changes what a proof means stays ours.
_PINNABLE: dict[str, type] = {
    "input_scale": int,
    "param_scale": int,
    "scale_rebase_multiplier": int,
    "lookup_range": list,
    "logrows": int,
    "num_inner_cols": int,
    "decomp_base": int,
    "decomp_legs": int,
    "disable_freivalds": bool,
    "bounded_log_lookup": bool,
    "rebase_frac_zero_constants": bool,
    CELLS: int,
}


def stock_settings(
    prover: Prover, model: Path, data: InputData, fixed: Mapping[str, object], report: Report = silent
) -> dict[str, Any]:
    """ezkl's own pipeline: default run arguments but for `fixed`, then `calibrate_settings` with target resources."""
    return canonical(prover.make_settings(model, fixed, data, {}, report))


def fixed_args(visibility: Visibility, *, binding: bool) -> dict[str, object]:
    """The run arguments that say who sees what, and whether proofs carry a binding's tag."""
    return {
        TAGGED: binding,
        "input_visibility": visibility.input,
        "output_visibility": visibility.output,
        "param_visibility": visibility.params,
    }


def canonical(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without their timestamp and with their unordered lists sorted: the same choice, the same keys.

    ezkl fills these lists from hash sets, and their order decides the order of columns in the verifying key.
    """
    fixed = dict(settings)
    fixed["timestamp"] = 0
    for name in ("required_lookups", "required_range_checks"):
        fixed[name] = sorted(fixed[name], key=repr)
    return fixed


def read_pins(path: Path) -> tuple[tuple[str, str], ...]:
    """The run arguments of a settings file, ezkl's or a bundle's, as JSON text by name.

    Raises UsageError naming what cannot be pinned.
    """
    name = path.name
    try:
        settings = parse_json(path.read_bytes())
        found = settings["run_args"]
        chosen = {key: found[key] for key in _PINNABLE if key in found}
        if "total_assignments" in settings:
            chosen[CELLS] = settings["total_assignments"]
        unsafe = bool(found.get("ignore_range_check_inputs_outputs"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is not a settings file with run_args", remedy="give a settings.json") from error
    if unsafe:
        raise UsageError(
            f"{name} sets ignore_range_check_inputs_outputs, which leaves inputs and outputs unchecked",
            remedy="set it to false",
        )
    for key, value in chosen.items():
        wanted = _PINNABLE[key]
        if type(value) is not wanted or (wanted is list and not _is_range(value)):
            raise UsageError(f"{name}: {key} is {json.dumps(value)}, not of type {wanted.__name__}", found=key)
    if not chosen:
        raise UsageError(f"{name} pins nothing; known are {', '.join(_PINNABLE)}", remedy="give a settings.json")
    return tuple(sorted((key, json.dumps(value)) for key, value in chosen.items()))


def _is_range(value: Any) -> bool:
    return len(value) == 2 and all(type(edge) is int for edge in value) and value[0] <= value[1]
