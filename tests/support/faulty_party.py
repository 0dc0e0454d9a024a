"""A party that fails as its first argument says when its path or folder is that of client 1, and is real otherwise."""

import os
import runpy
import signal
import sys
import time
from pathlib import Path

how = sys.argv.pop(1)
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
runpy.run_module("zkchain.training.aggregate.party", run_name="__main__")
