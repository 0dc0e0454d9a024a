"""The examples' scripts as modules: they are files that a user runs, not a package."""

import importlib.util
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(example: str, script: str) -> ModuleType:
    """`examples/<example>/<script>.py`, run once as a module of its own."""
    path = EXAMPLES / example / f"{script}.py"
    spec = importlib.util.spec_from_file_location(f"{example}_{script}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
