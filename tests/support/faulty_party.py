"""A party that fails as its first argument says when its folder is that of client 1, and is real otherwise.

With "dies-at-STEP" and "hangs-at-STEP" it takes part in a sum by SecAgg+ until it would answer for that step, from 0;
with "all-die-at-STEP" every client does.
"""

import os
import runpy
import signal
import sys
import time
from pathlib import Path

how = sys.argv.pop(1)


def leave_at(step: str) -> None:
    """Have the client of a sum by SecAgg+ die or hang instead of answering."""
    from zkchain.training.aggregate import roles_secagg_client

    write = roles_secagg_client.write_message

    def answer(path: Path, message: object) -> None:
        if path.stem == step and how.startswith("hangs"):
            time.sleep(600)
        if path.stem == step:
            os._exit(3)
        write(path, message)

    roles_secagg_client.write_message = answer


if Path.cwd().name in ("client-1", "adder"):
    if how == "exit":
        os._exit(3)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "hang":
        time.sleep(600)
    if how == "rubbish":
        print("no message", flush=True)
        time.sleep(600)
    if how == "flood":
        sys.stdout.write("x" * 200_000)
        sys.stdout.flush()
        time.sleep(600)
    if how == "raise":
        print('{"failure": "ValueError"}', flush=True)
        time.sleep(600)
    if "-at-" in how:
        leave_at(how[-1])
if Path.cwd().name.startswith("client-") and how.startswith("all-die-at-"):
    leave_at(how[-1])
runpy.run_module("zkchain.training.aggregate.party", run_name="__main__")
