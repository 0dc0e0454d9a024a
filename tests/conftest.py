"""Fixtures that every folder may use."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.support.homes import POOL

pytest_plugins = [
    "tests.support.bundles",
    "tests.support.chains",
    "tests.support.compiler",
    "tests.support.stands",
]

#: Say how the tests run, and so stay.
KEPT = {"ZKCHAIN_REQUIRE_ANVIL", "ZKCHAIN_REQUIRE_TRAINING", "ZKCHAIN_UPDATE_GOLDEN"}


@pytest.fixture(scope="session", autouse=True)
def settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the settings, keys or cache of whoever runs it, nor leaves anything in that cache."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - KEPT:
            if name.startswith("ZKCHAIN_"):
                patch.delenv(name)
        patch.setenv("ZKCHAIN_HOME", str(tmp_path_factory.mktemp("zkchain-home")))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What `furnished` homes share lies where the folders of all workers lie."""
    mine = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(POOL, str((mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "pool"))
        yield


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell starts its background jobs with SIGINT ignored, which every program of a test would inherit."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
