"""A party's process: `python -m zkchain.training.aggregate.party ROLE PATH`, started by `processes`.

Standard input gives JSON lines, the first of them the request; standard output takes JSON lines. Nothing that a
library prints can get between them, and no trace of an error leaves the process: it could show a value.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from ...errors import ExtraMissing, ZkchainError
from ...halo2.limits import apply_limits, die_with_parent

#: Role -> the module that plays it, by a function `play(path, request, line)`.
_ROLES = {
    "shamir": "roles_mpc",
    "shamir-hosts": "roles_mpc_hosts",
    "he-key": "roles_he_key",
    "he-client": "roles_he_client",
    "he-adder": "roles_he_adder",
    "secagg-client": "roles_secagg_client",
    "secagg-server": "roles_secagg_server",
}


class Line:
    """What connects a party with whoever started it."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)

    def say(self, message: dict[str, Any]) -> None:
        """Send one message."""
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for the next message. Raises EOFError when no more come: the party has nothing left to do."""
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return dict(json.loads(line))


def library(name: str) -> Any:
    """Import an optional library. Raises ExtraMissing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ExtraMissing(f"{name} is not installed", library=name) from None


def main() -> None:
    """Play one role."""
    line = Line()
    try:
        request = line.hear()
        die_with_parent(request["parent_pid"])
        apply_limits(request["memory_bytes"], request["cpu_seconds"])
        role, path = sys.argv[1:3]
        importlib.import_module(f".{_ROLES[role]}", __package__).play(Path(path), request, line)
        sys.stdin.read()
    except EOFError:
        pass
    except ZkchainError as error:
        line.say({"failure": error.to_json()})
    except BaseException as error:  # noqa: BLE001 - only the kind is told: a message could show a value
        line.say({"failure": type(error).__name__})
    os._exit(0)


if __name__ == "__main__":
    main()
