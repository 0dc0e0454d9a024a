"""`python -m tests.support.killed MODULE FUNCTION before|after N ARGUMENTS...`: zkchain that is killed at one point.

The process ends by SIGKILL when the function is called for the Nth time, or has just returned. FUNCTION may be a
method, by its class.
"""

import importlib
import os
import signal
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore", DeprecationWarning)


def arm(module: str, function: str, when: str, count: int) -> None:
    """Replace the function by one that ends this process."""
    owner: Any = importlib.import_module(module)
    *classes, function = function.split(".")
    for name in classes:
        owner = getattr(owner, name)
    real, calls = getattr(owner, function), 0

    def lethal(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **more)
        if calls == count and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, function, lethal)


if __name__ == "__main__":
    arm(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    from zkchain.cli.main import run

    sys.exit(run(sys.argv[5:]))
