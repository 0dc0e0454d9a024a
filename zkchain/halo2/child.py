"""The child process: read one request, do it, hand over the result, leave without running any exit code.

ezkl can segfault while the interpreter shuts down, after all work is done; so the result is flushed first
and the process leaves by `os._exit`, which runs no destructors.

Protocol: one JSON object on standard input; JSON lines on the file descriptor named by argv[1]:
``{"stage": ...}`` any number of times, then ``{"result": ...}`` or ``{"failure": {"kind", "message"}}`` once.
"""

import json
import os
import sys
from typing import Any

from .limits import apply_limits, die_with_parent, peak_rss_bytes

#: What lays circuits out and counts their cells. With several threads ezkl's count depends on which of them came first
#: to the end of a column: the same request would have other settings each time. One thread is hardly slower here.
#: Not `make_settings`, which calibrates on all of them: what ezkl's own pipeline settles on stays as it makes it.
_COUNTING = ("survey", "least_bits")


def main() -> None:
    """Serve one request."""
    channel = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")

    def emit(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    request = json.loads(sys.stdin.read())
    die_with_parent(request["parent_pid"])
    apply_limits(request["memory_bytes"], request["cpu_seconds"])
    try:
        if request["operation"] in _COUNTING:
            os.environ["RAYON_NUM_THREADS"] = "1"
        from .operations import OPERATIONS

        result = OPERATIONS[request["operation"]](request["arguments"], lambda stage: emit({"stage": stage}))
        emit({"result": {**result, "peak_rss_bytes": peak_rss_bytes()}})
    except BaseException as error:  # noqa: BLE001 - a Rust panic arrives as a BaseException
        emit({"failure": {"kind": type(error).__name__, "message": str(error)[:2000]}})
    os._exit(0)


if __name__ == "__main__":
    main()
