"""Sum by SecAgg+, flwr's: clients mask their updates, a server adds them up, and shares of the masks open the sum.

Masks cancel in the sum of all clients, so a client that is lost before its masked vector is there ends the sum by its
name. One that is lost afterwards does not: the others' shares open its mask, and the sum is that of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...progress import Report, silent
from ...scratch import scratch_folder
from .extras import need_flower
from .limbs import threshold
from .limits import Limits, check_task
from .processes import Parties, Party, PartyCommand
from .vectors import read_sum

#: With two, each could take its own value off the sum and have the other's.
LEAST = 3
#: How long the sum waits for a client of which it has all but its shares, once there are enough of them.
PATIENCE = 10.0
_STAGES = ("agreeing on keys", "sharing seeds of masks", "adding masked updates")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecAggAggregator:
    """One process a client and one for the server, which sees masked vectors alone; the coordinator carries files."""

    scratch: Path
    limits: Limits
    command: PartyCommand

    def total(self, updates: Sequence[Path], *, length: int, bound: int, report: Report = silent) -> tuple[int, ...]:
        """See `Aggregator`."""
        check_task(len(updates), length, bound, least=LEAST)
        need_flower()
        with scratch_folder(self.scratch) as folder, Parties(self.limits, self.command) as parties:
            report("starting the clients")
            homes = [folder / f"client-{position}" for position in range(len(updates))]
            task = {"length": length, "bound": bound, "clients": len(updates)}
            running = [
                parties.start(
                    f"client {position}",
                    "secagg-client",
                    updates[position],
                    home,
                    {**task, "position": position, "out": str(home)},
                )
                for position, home in enumerate(homes)
            ]
            desk = folder / "server"
            server = parties.start("the server", "secagg-server", desk, desk, {"clients": len(updates)})
            parties.hear(running)
            for step, stage in enumerate(_STAGES):
                report(stage)
                _deliver(parties, server, running, desk, step)
                parties.hear(running)
                parties.tell(server, {"answers": [str(home / f"{step}.bin") for home in homes]})
            report("opening the sum")
            self._open(parties, server, running, desk, homes, report)
            return read_sum(desk / "sum.json", length=length, limit=bound * len(updates))

    def _open(
        self,
        parties: Parties,
        server: Party,
        running: Sequence[Party],
        desk: Path,
        homes: Sequence[Path],
        report: Report,
    ) -> None:
        """Have the masks taken off by the shares of those who are left."""
        step = len(_STAGES)
        _deliver(parties, server, running, desk, step)
        heard = parties.hear_those_left(running, least=threshold(len(running)), patience=PATIENCE)
        lost = [party.name for party in running if party not in heard]
        if lost:
            report(f"opening the sum without {', '.join(lost)}, whose masked update is in it")
        answers = [home / f"{step}.bin" for party, home in zip(running, homes, strict=True) if party in heard]
        parties.tell(server, {"answers": [str(answer) for answer in answers]})
        parties.hear([server])


def _deliver(parties: Parties, server: Party, running: Sequence[Party], desk: Path, step: int) -> None:
    """Wait until the server has written the messages of this step, and tell each client where its own lies."""
    parties.hear([server])
    for position, party in enumerate(running):
        parties.tell(party, {"message": str(desk / f"{step}-{position}.bin")})
