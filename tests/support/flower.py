"""flwr in the process of a test: without its telemetry, and without the warnings that typer makes about click."""

import importlib
import os
import warnings
from types import ModuleType


def flower_module(name: str) -> ModuleType:
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"  # read while flwr is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(name)
