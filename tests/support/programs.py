"""Programs that some tests need beside Python."""

import os
import shutil

import pytest


def required(name: str) -> str:
    """Where the program is. Skip when it is missing, unless ZKCHAIN_REQUIRE_ANVIL=1 says that no tool may be."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("ZKCHAIN_REQUIRE_ANVIL") == "1":
            pytest.fail(f"ZKCHAIN_REQUIRE_ANVIL is 1, but {name} was not found")
        pytest.skip(f"{name} is not installed")
    return found
