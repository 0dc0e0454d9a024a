"""What holds for the whole folder."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def fast(compiles_once: None) -> None:
    """No contract is compiled twice."""
