"""A child that fails in the way its first argument names; the last one is the channel's file descriptor."""

import ctypes
import json
import os
import signal
import sys
import time

mode, channel = sys.argv[1], os.fdopen(int(sys.argv[-1]), "w")
request = json.loads(sys.stdin.read())


def emit(message: dict[str, object]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


if mode == "result-then-segfault":
    emit({"stage": "working"})
    emit({"result": {"answer": 42}})
    ctypes.string_at(0)
elif mode == "segfault":
    ctypes.string_at(0)
elif mode == "abort":
    os.abort()
elif mode == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif mode == "exit":
    sys.exit(3)
elif mode == "hang":
    time.sleep(600)
elif mode == "half-a-message":
    channel.write('{"result": {"answer"')
    channel.flush()
    os._exit(0)
elif mode == "not-json":
    channel.write("no json\n")
    channel.flush()
    os._exit(0)
