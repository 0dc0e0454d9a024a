"""Whether the circuits of a federation commit to a vector as each other do, before any key is made.

Commitments chain only between tensors of the same numbers in the same order, so of one scale, one length and no
padding; KZG ones also only at the same number of rows and blinding rows, one column a tensor.
"""

from collections.abc import Mapping
from typing import Any, Literal

from ..errors import ChainingBroken
from .grid import HASH_LIMBS
from .layout import Layout

Role = Literal["step", "server", "weights", "bridge"]
#: Whose proofs carry a hash of their output instead of a commitment to it.
HASHED: tuple[Role, ...] = ("weights", "bridge")
#: Rows at the end of every column that hold no values, and some to spare.
KEPT_ROWS = 32
_COMMITTED = "KZGCommit"


def check_chaining(role: Role, settings: Mapping[str, Any], layout: Layout, k: int) -> None:
    """Whether a circuit's settings are as the other circuits of 2**k rows need them.

    Raises ChainingBroken naming what differs, what was found and what is allowed.
    """
    args, lengths = settings["run_args"], lengths_of(role, layout)
    hashed = role in HASHED
    for what, found, allowed in (
        ("a factor between scales of", args["scale_rebase_multiplier"], 1),
        ("inputs at scales", sorted(set(settings["model_input_scales"])), [layout.scale]),
        ("outputs at scales", sorted(set(settings["model_output_scales"])), [layout.scale]),
        ("inputs that are", _shown(args["input_visibility"]), _COMMITTED),
        ("outputs that are", _shown(args["output_visibility"]), "Hashed" if hashed else _COMMITTED),
        ("tensors of lengths", list(settings["module_sizes"]["polycommit"]), lengths),
        ("rows by their logarithm", int(args["logrows"]), k),
        ("blinding rows", settings["num_blinding_factors"], None),
    ):
        if found != allowed:
            raise ChainingBroken(
                f"the {role} circuit has {what} {found}, the federation has {allowed}",
                role=role,
                what=what,
                found=found,
                allowed=allowed,
            )
    longest, most = max(lengths), 2**k - KEPT_ROWS
    if longest > most:
        raise ChainingBroken(
            f"the {role} circuit has a tensor of {longest:,} numbers, and one column of 2^{k} rows holds {most:,}",
            remedy="leave training.logrows out of the plan, or raise it",
            role=role,
            found=longest,
            allowed=most,
        )


def lengths_of(role: Role, layout: Layout) -> list[int]:
    """Numbers in each tensor that a proof commits to: inputs, and the output where it is not hashed."""
    step = [layout.data_length, layout.weights_length, layout.noise_length, layout.factor_length, layout.update_length]
    server = [layout.weights_length, layout.update_length, layout.weights_length]
    bridge = [layout.data_length, HASH_LIMBS + layout.bridge_salt]
    return {"step": step, "server": server, "weights": [layout.weights_length], "bridge": bridge}[role]


def _shown(visibility: object) -> object:
    """The name of one that comes with more."""
    return next(iter(visibility)) if isinstance(visibility, Mapping) else visibility
