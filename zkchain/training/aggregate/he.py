"""Sum by homomorphic encryption: clients encrypt, one process adds, another that holds the key decrypts the sum.

Who holds the key must not see single ciphertexts, so the key holder and the adder must not collude; nor may whoever
moves the files, which here is the coordinator.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...progress import Report, silent
from ...scratch import scratch_folder
from .extras import need
from .limits import Limits, check_task
from .processes import Parties, PartyCommand
from .vectors import read_sum

#: With two, each could take its own value off the sum and have the other's.
LEAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HeAggregator:
    """BFV by tenseal; the key is of this sum alone and dies with its holder."""

    scratch: Path
    limits: Limits
    command: PartyCommand

    def total(self, updates: Sequence[Path], *, length: int, bound: int, report: Report = silent) -> tuple[int, ...]:
        """See `Aggregator`."""
        check_task(len(updates), length, bound, least=LEAST)
        need("tenseal")
        with scratch_folder(self.scratch) as folder, Parties(self.limits, self.command) as parties:
            task = {"length": length, "bound": bound}
            report("making a key")
            owner, adder = folder / "key-holder", folder / "adder"
            holder = parties.start("the key holder", "he-key", owner, owner, task)
            parties.hear([holder])
            shared = {**task, "key": str(owner / "public.key")}
            report("encrypting updates")
            parts = self._encrypt(parties, updates, folder, shared)
            report("adding ciphertexts")
            summing = parties.start("the adder", "he-adder", adder, adder, {**shared, "parts": parts})
            parties.hear([summing])
            report("decrypting the sum")
            parties.tell(holder, {"sum": str(adder / "sum.bin")})
            parties.hear([holder])
            return read_sum(owner / "sum.json", length=length, limit=bound * len(updates))

    def _encrypt(self, parties: Parties, updates: Sequence[Path], folder: Path, shared: dict[str, object]) -> list[str]:
        """Have the clients encrypt, as many at a time as there are processors; the ciphertext files."""
        parts = []
        together = os.cpu_count() or 1
        for first in range(0, len(updates), together):
            running = []
            for position in range(first, min(first + together, len(updates))):
                home = folder / f"client-{position}"
                parts.append(str(home / "update.bin"))
                request = {**shared, "position": position, "out": parts[-1]}
                running.append(parties.start(f"client {position}", "he-client", updates[position], home, request))
            parties.hear(running)
            parties.release(running)
        return parts
