"""What the coordinator's board answers to members: what was set up, weights, and the sum they are called to.

It also keeps what they show of data that they had registered before, and shows it to all of them.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...errors import RoundFailed
from ...files import parse_json
from ...training.bridge import Bridge, with_part
from ...training.hosts.meeting import Meeting, Place
from ...training.hosts.server import Answer, Asked
from ...training.layout import Layout
from .bridging import bridge_at, save_bridge
from .folder import Federation

#: Most bytes of a number in an answer with what stands around it, and of everything else in it.
_NUMBER_BYTES, _FRAME_BYTES = 64, 1 << 16


def most_bytes(layout: Layout) -> int:
    """Most that a member and the board have to say to each other at a time."""
    longest = max(layout.update_length, layout.architecture.parameters + layout.weights_salt)
    return _NUMBER_BYTES * longest + _FRAME_BYTES


class Board:
    """Answers one federation's members; called in the threads of a server."""

    def __init__(self, federation: Federation) -> None:
        self._federation, self._run = federation, federation.opened().run
        self._meeting: Meeting | None = None
        self._bridging = threading.Lock()
        self._bridged = {owner.name for owner in federation.plan.owners if owner.commitment == "poseidon"}
        self._parsed: dict[str, tuple[tuple[int, int], Bridge | None]] = {}

    def call(self, meeting: Meeting) -> None:
        """Call the clients of a sum; what was called before is over."""
        if self._meeting is not None:
            self._meeting.end()
        self._meeting = meeting

    def answer(self, asked: Asked) -> Answer:
        """What `asked.name`, who has shown a member's certificate, gets."""
        try:
            match asked.path.split("/")[1:]:
                case ["federation"] if not asked.post:
                    return Answer.of(self._federation.opened().to_json())
                case ["weights", number] if not asked.post and number.isascii() and number.isdigit():
                    return Answer.of(self._federation.weights(self._run, int(number)).to_json())
                case ["bridge", number] if asked.post and number.isascii() and number.isdigit():
                    return self._bridge(asked, int(number))
                case ["bridge", name, number] if not asked.post and number.isascii() and number.isdigit():
                    return self._shown(name, int(number))
                case ["sum"] if not asked.post:
                    return self._for_clients(asked, None, lambda meeting: meeting.told(asked.name).to_json())
                case ["sum", attempt, what] if asked.post:
                    return self._for_clients(asked, attempt, lambda meeting: _heard(meeting, asked, what))
                case _:
                    return Answer(404)
        except RoundFailed:
            return Answer(404)
        except (ValueError, KeyError, TypeError, RecursionError):
            return Answer(400)

    def _bridge(self, asked: Asked, number: int) -> Answer:
        """Keep what an owner shows of its own data, where the plan asks for it; whether it holds is seen later."""
        if asked.name not in self._bridged:
            return Answer(403)
        part = Bridge.from_json(parse_json(asked.body))
        with self._bridging:
            kept = bridge_at(self._federation, asked.name)
            save_bridge(self._federation, asked.name, with_part(kept, number, part))
        return Answer.of({})

    def _shown(self, name: str, number: int) -> Answer:
        """A batch of what an owner shows all members. A file is read once for all of its batches."""
        if name not in self._bridged:
            return Answer(404)
        try:
            found = self._federation.bridge(name).stat()
        except OSError:
            return Answer(404)
        version = (found.st_mtime_ns, found.st_ino)
        known, bridge = self._parsed.get(name, (None, None))
        if known != version:
            bridge = bridge_at(self._federation, name)
            self._parsed[name] = (version, bridge)
        if bridge is None or number >= len(bridge.batches):
            return Answer(404)
        return Answer.of(replace(bridge, batches=(bridge.batches[number],)).to_json())

    def _for_clients(self, asked: Asked, attempt: str | None, then: Callable[[Meeting], Any]) -> Answer:
        """Only a client of the sum learns of it, and only an attempt that goes on is heard."""
        meeting = self._meeting
        if meeting is None:
            return Answer(404)
        if asked.name not in meeting.names:
            return Answer(403)
        if attempt is not None and attempt != meeting.attempt:
            return Answer(409)
        return Answer.of(then(meeting))


def _heard(meeting: Meeting, asked: Asked, what: str) -> dict[str, object]:
    said = parse_json(asked.body)
    if what == "place":
        meeting.arrive(asked.name, Place.from_json(said))
    elif what == "opened":
        meeting.hand_in(asked.name, list(said["values"]))
    elif what == "failed":
        meeting.fail(asked.name, str(said["why"]))
    else:
        raise ValueError(what)
    return {}
