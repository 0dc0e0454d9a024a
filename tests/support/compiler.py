"""The compiler for tests of what is done with code: it is asked the same thing once a session."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from zkchain.solidity import soljson


@pytest.fixture(scope="session")
def compiled() -> dict[tuple[str, str], str]:
    """What was compiled in this session: compiler and request to answer."""
    return {}


@pytest.fixture(scope="module")
def compiles_once(compiled: dict[tuple[str, str], str]) -> Iterator[None]:
    """An audit compiles every contract anew, for ten seconds each time. That it gives the same is unit/solidity's."""
    run = soljson._run_racer

    def remembered(racer: Callable[[], Any], source: str, request: str) -> str:
        key = (source, request)
        if key not in compiled:
            compiled[key] = run(racer, source, request)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soljson, "_run_racer", remembered)
        yield
