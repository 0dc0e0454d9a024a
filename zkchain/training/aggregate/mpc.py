"""Sum by secret sharing: the coordinator starts the clients and reads nothing but the sum."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import PartyFailed
from ...progress import Report, silent
from ...scratch import scratch_folder
from .extras import need
from .limits import Limits, check_task
from .processes import Parties, PartyCommand
from .vectors import read_sum

#: With two, each could take its own value off the sum and have the other's.
LEAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MpcAggregator:
    """One process a client, mpyc between them, an honest majority that keeps to the protocol."""

    scratch: Path
    limits: Limits
    command: PartyCommand

    def total(self, updates: Sequence[Path], *, length: int, bound: int, report: Report = silent) -> tuple[int, ...]:
        """See `Aggregator`. Every client opens the sum, and all must have opened the same."""
        check_task(len(updates), length, bound, least=LEAST)
        need("mpyc")
        clients = range(len(updates))
        with scratch_folder(self.scratch) as folder, Parties(self.limits, self.command) as parties:
            homes = [folder / f"client-{position}" for position in clients]
            task = {"length": length, "bound": bound, "parties": len(updates)}
            report("starting the clients")
            running = [
                parties.start(
                    f"client {position}",
                    "shamir",
                    updates[position],
                    homes[position],
                    {**task, "position": position, "out": str(homes[position] / "sum.json")},
                )
                for position in clients
            ]
            ports = [said.get("port") for said in parties.hear(running)]
            report("summing shares")
            token = secrets.token_hex(32)
            for party in running:
                parties.tell(party, {"ports": ports, "token": token})
            parties.hear(running)
            sums = [read_sum(home / "sum.json", length=length, limit=bound * len(updates)) for home in homes]
        if len(set(sums)) != 1:
            raise PartyFailed("the clients opened different sums", remedy="run the round again")
        return sums[0]
