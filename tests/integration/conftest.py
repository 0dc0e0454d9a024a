"""What holds for the whole folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.txs import Node, anvil


@pytest.fixture(scope="module", autouse=True)
def fast(compiles_once: None) -> None:
    """No contract is compiled twice."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with anvil(tmp_path_factory.mktemp("anvil")) as node:
        yield node


@pytest.fixture
def node(running: Node, tmp_path: Path) -> Node:
    """The module's node with journals of the test's own."""
    return Node(running.url, tmp_path / "accounts")
