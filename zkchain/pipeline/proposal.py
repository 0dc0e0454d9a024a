"""What a Safe is asked to do, as files for its Transaction Builder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..chain.safe import Safe, SafeCall, builder_file
from ..files import write_json
from ..record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Record):
    """Calls for a Safe to make, in their order, and the files that hold them: one for each transaction."""

    safe: Safe
    chain_id: int
    files: tuple[str, ...]
    calls: tuple[SafeCall, ...]


def write_proposal(
    groups: Sequence[Sequence[SafeCall]], safe: Safe, chain_id: int, what: str, out: Path
) -> tuple[str, ...]:
    """A file for each transaction. Raises OSError."""
    written = []
    for number, calls in enumerate(groups, start=1):
        many = len(groups) > 1
        path = out.with_name(f"{out.name.removesuffix('.json')}-{number}.json") if many else out
        document = builder_file(
            chain_id,
            safe.address,
            calls,
            name=f"{what} ({number} of {len(groups)})" if many else what,
            description="; ".join(call.what for call in calls),
            created_ms=int(time.time() * 1000),
        )
        write_json(path, document)
        written.append(str(path))
    return tuple(written)
