"""One client's side of a sum with clients on other hosts: its party runs here, on its own update."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...scratch import scratch_folder
from .extras import need
from .limits import Limits, check_task
from .links import Place
from .mpc import LEAST
from .processes import Parties, PartyCommand
from .vectors import read_sum

#: Says the port at which this client's party listens, and gives the token and all places once they are known.
Meet = Callable[[int], tuple[str, Sequence[Place]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnParty:
    """Who this client is in a sum, and where its party may write and listen."""

    scratch: Path
    tls: Path
    names: Sequence[str]  #: of all clients of the sum, in its order
    position: int
    host: str
    port: int  #: 0 for any
    limits: Limits
    command: PartyCommand = field(default_factory=PartyCommand)

    def total(
        self,
        update: Path,
        *,
        length: int,
        bound: int,
        meet: Meet,
        opened: Callable[[tuple[int, ...]], None],
        waiting: Callable[[], object],
    ) -> tuple[int, ...]:
        """The sum, as this client opened it.

        `meet` and `opened`, which is given the sum and returns when all have theirs, may take their time and raise;
        `waiting` is called meanwhile, and raises when the sum is given up. Raises AggregationError, ExtraMissing,
        IdentityRefused and Cancelled.
        """
        check_task(len(self.names), length, bound, least=LEAST)
        need("mpyc")
        name, limit = self.names[self.position], bound * len(self.names)
        with scratch_folder(self.scratch) as folder, Parties(self.limits, self.command) as parties:
            home = folder / "party"
            request = {
                "position": self.position,
                "parties": len(self.names),
                "names": list(self.names),
                "length": length,
                "bound": bound,
                "host": self.host,
                "port": self.port,
                "tls": str(self.tls),
                "out": str(home / "sum.json"),
            }
            party = parties.start(name, "shamir-hosts", update, home, request)
            (said,) = parties.hear([party], waiting)
            token, places = meet(int(said["port"]))
            parties.tell(party, {"token": token, "places": [list(place) for place in places]})
            parties.hear([party], waiting)
            total = read_sum(home / "sum.json", length=length, limit=limit)
            opened(total)
            return total
