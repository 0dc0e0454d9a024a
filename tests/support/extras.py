"""Libraries of the extras "training" and "fl", without which what needs them is skipped: but not where they must be."""

import importlib.util
import os

import pytest

NAMES = ("cryptography", "flwr", "mpyc", "onnxscript", "opacus", "tenseal", "torch")


def need_training() -> None:
    """Skip when the extras are not installed, unless ZKCHAIN_REQUIRE_TRAINING=1 says that it must be.

    mpyc is looked for and not imported: it would read this process's arguments as its own.
    """
    missing = [name for name in NAMES if importlib.util.find_spec(name) is None]
    if not missing:
        return
    if os.environ.get("ZKCHAIN_REQUIRE_TRAINING") == "1":
        pytest.fail(f"ZKCHAIN_REQUIRE_TRAINING is 1, but {', '.join(missing)} was not found")
    pytest.skip("needs what pip install 'zkchain[training,fl]' brings", allow_module_level=True)
