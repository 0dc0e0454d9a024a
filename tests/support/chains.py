"""Devnets for tests: one a session and engine, rolled back after each test."""

import os
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # web3 7 imports a module of websockets that warns about itself; nothing of ours uses it.
    warnings.simplefilter("ignore", DeprecationWarning)
    import web3  # noqa: F401

from zkchain.chain.anvil import anvil_command, find_anvil
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.devnet_state import DevnetInfo, Engine
from zkchain.chain.rpc import open_endpoint, request
from zkchain.chain.signer import KeySigner, dev_signer
from zkchain.errors import ChainError
from zkchain.records import Network

ENGINES = ["embedded", pytest.param("anvil", marks=pytest.mark.anvil)]


def need(engine: Engine) -> None:
    """Skip when the engine is not installed, unless ZKCHAIN_REQUIRE_ANVIL=1 says that it must be."""
    if engine == "anvil" and find_anvil() is None:
        if os.environ.get("ZKCHAIN_REQUIRE_ANVIL") == "1":
            pytest.fail("ZKCHAIN_REQUIRE_ANVIL is 1, but anvil was not found")
        pytest.skip("anvil is not installed")


def network_of(info: DevnetInfo, *, name: str = "local") -> Network:
    return Network(name=name, rpc_url=info.rpc_url, chain_id=info.chain_id)


def raw(url: str, method: str, *params: Any) -> Any:
    """A JSON-RPC call that `Chain` has no method for."""
    return request(open_endpoint(Network(name="raw", rpc_url=url, chain_id=31337), 30), method, params)


@contextmanager
def anvil_of(chain_id: int, *flags: str) -> Iterator[Network]:
    """An anvil of its own with this chain id."""
    need("anvil")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    binary = find_anvil()
    assert binary is not None
    command = [*anvil_command(binary, port, chain_id), *flags]
    network = Network(name=f"chain{chain_id}", rpc_url=f"http://127.0.0.1:{port}", chain_id=chain_id)
    with subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, start_new_session=True) as node:
        try:
            _await(network)
            yield network
        finally:
            node.kill()


def _await(network: Network) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            connect(network)
            return
        except ChainError:
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.05)


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    need(request.param)
    return request.param


@pytest.fixture(scope="session")
def devnet(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevnetInfo]:
    """A devnet of this engine for the session. Use `chain` unless the test only reads."""
    home: Path = tmp_path_factory.mktemp(f"devnet-{engine}")
    yield start_devnet(home, engine=engine)
    stop_devnet(home)


@pytest.fixture
def chain(devnet: DevnetInfo) -> Iterator[Chain]:
    """A connection to the session's devnet, which is rolled back afterwards."""
    mark = raw(devnet.rpc_url, "evm_snapshot")
    yield connect(network_of(devnet))
    assert raw(devnet.rpc_url, "evm_revert", mark) is True


@pytest.fixture
def signer() -> KeySigner:
    return dev_signer(0)
