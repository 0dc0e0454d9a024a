"""A devnet that is rolled back after each test, a bundle, and records of the test's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.chains import raw
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.networks import resolve_network
from zkchain.chain.signer import dev_signer
from zkchain.config import Config, read_config
from zkchain.halo2 import Engine
from zkchain.pipeline.deploy import Deployed, deploy_bundle
from zkchain.records import Bundle

OWNER = dev_signer(0)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stand:
    config: Config
    prover: Engine
    bundle: Path
    url: str

    @property
    def chain(self) -> Chain:
        return connect(resolve_network("local", self.config))

    @property
    def state(self) -> tuple[int, int]:
        return self.chain.nonce(OWNER.address), self.chain.block_number()

    def deploy(self, network: str = "local", **more: Any) -> Deployed:
        options = {"name": "model", "verifier": "shared", **more}
        return deploy_bundle(self.bundle, network=network, config=self.config, prover=self.prover, **options)

    def command(self, *before: str) -> subprocess.CompletedProcess[str]:
        program = ["-m", *(before or ("zkchain.cli.main",))]
        options = ["--network", "local", "--name", "model", "--verifier", "shared", "--json"]
        return subprocess.run(
            [sys.executable, *program, "deploy", str(self.bundle), *options],
            cwd=self.config.deployments.parent,
            env={"ZKCHAIN_HOME": str(self.config.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def devnet_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    home = tmp_path_factory.mktemp("once")
    yield home, start_devnet(home, engine="embedded").rpc_url
    stop_devnet(home)


@pytest.fixture
def stand(
    devnet_home: tuple[Path, str], tiny_bundle: tuple[Path, Bundle], prover: Engine, tmp_path: Path
) -> Iterator[Stand]:
    """A chain that is rolled back, and records of the test's own."""
    home, url = devnet_home
    mark = raw(url, "evm_snapshot")
    yield Stand(read_config({"ZKCHAIN_HOME": str(home)}, tmp_path), prover, tiny_bundle[0], url)
    assert raw(url, "evm_revert", mark) is True
