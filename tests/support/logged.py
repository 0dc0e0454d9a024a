"""`python -m tests.support.logged LOG [MODULE:FUNCTION] ARGUMENTS...`: zkchain, its logs at DEBUG in a file.

A function that is named has a bug: it raises what nobody expects.
"""

import importlib
import logging
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore", DeprecationWarning)


def break_down(where: str) -> None:
    module, _, function = where.partition(":")

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("a bug")

    setattr(importlib.import_module(module), function, broken)


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, filename=sys.argv[1])
    arguments = sys.argv[2:]
    if arguments and ":" in arguments[0]:
        break_down(arguments.pop(0))
    from zkchain.cli import main

    sys.argv = ["zkchain", *arguments]
    main.main()
