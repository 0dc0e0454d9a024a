"""Whether a witness stays within a circuit's tables: beyond them `gen_witness` passes and the prover hangs for ever."""

from collections.abc import Mapping
from typing import Any

from .prover import Witnessed


def within_tables(witness: Witnessed, settings: Mapping[str, Any]) -> bool:
    """True when every looked-up and every range-checked value of `witness` has a row in the circuit's tables."""
    low, high = settings["run_args"]["lookup_range"]
    widest_check = max((top for _, top in settings["required_range_checks"]), default=0)
    looked_up = not settings["required_lookups"] or low <= witness.lookup_low <= witness.lookup_high <= high
    return looked_up and witness.range_high <= widest_check
