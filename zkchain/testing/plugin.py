"""The pytest plugin: fixtures around a devnet and a model. Loading it imports nothing of zkchain but its settings."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from . import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..chain.client import Chain
    from ..chain.devnet_state import DevnetInfo
    from ..chain.signer import KeySigner, Signer
    from ..circuit.options import CompileOptions
    from ..config import Config
    from .contracts import DeployedContract
    from .fault_plan import Rule
    from .fault_proxy import FaultProxy
    from .live import DeployedModel
    from .models import CompiledModel
    from .prove import Prove


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the flags and ini keys."""
    settings.add_options(parser)


@pytest.fixture(scope="session")
def zkchain_config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """zkchain's settings for the run: a home and a folder of deployment records of its own."""
    from ..config import read_config

    root = tmp_path_factory.mktemp("zkchain")
    return replace(read_config(), home=root / "home", deployments=root / "deployments", networks={})


@pytest.fixture(scope="session")
def devnet(request: pytest.FixtureRequest, zkchain_config: Config) -> Iterator[DevnetInfo]:
    """A devnet for the run, stopped afterwards. Tests take `chain`, which is rolled back."""
    from ..chain.devnet import start_devnet, stop_devnet

    yield start_devnet(zkchain_config.home, engine=settings.engine_of(request.config))
    stop_devnet(zkchain_config.home)


@pytest.fixture
def chain(devnet: DevnetInfo) -> Iterator[Chain]:
    """A connection to the devnet. What the test does there is undone afterwards."""
    from .devnet import network_of, rolled_back

    with rolled_back(network_of(devnet)) as connected:
        yield connected


@pytest.fixture(scope="session")
def accounts() -> tuple[KeySigner, ...]:
    """The ten development accounts, each with ether. The first one deploys and owns the model."""
    from ..chain.dev_accounts import DEV_ADDRESSES
    from ..chain.signer import dev_signer

    return tuple(dev_signer(index) for index in range(len(DEV_ADDRESSES)))


@pytest.fixture(scope="session")
def account(accounts: tuple[KeySigner, ...]) -> KeySigner:
    """The account that a test acts for, which is not the model's owner."""
    return accounts[1]


@pytest.fixture(scope="session")
def model_source(request: pytest.FixtureRequest) -> settings.ModelSource:
    """The model under test: the ini keys zkchain_model and zkchain_samples. Override it to choose by other means."""
    return settings.source_of(request.config)


@pytest.fixture(scope="session")
def compile_options() -> CompileOptions:
    """How the model is compiled. Override it for another visibility, say."""
    from ..circuit.options import CompileOptions

    return CompileOptions()


@pytest.fixture(scope="session")
def compiled_model(
    request: pytest.FixtureRequest,
    model_source: settings.ModelSource,
    compile_options: CompileOptions,
    zkchain_config: Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> CompiledModel:
    """The model's bundle, kept in pytest's cache between runs; with the fake prover, only its description."""
    from .models import compile_source, describe_fake

    if settings.prover_of(request.config) == "fake":
        return describe_fake(model_source, compile_options)
    cache = settings.cache_folder(request.config, lambda: tmp_path_factory.mktemp("compiled"))
    return compile_source(model_source, compile_options, config=zkchain_config, cache=cache)


@pytest.fixture(scope="session")
def _first_deployment(
    compiled_model: CompiledModel, devnet: DevnetInfo, zkchain_config: Config, accounts: tuple[KeySigner, ...]
) -> DeployedModel:
    """The model on the devnet before any test has touched it, so that no rollback removes it."""
    from ..chain.client import connect
    from .devnet import network_of, with_devnet

    return _deployed(compiled_model, connect(network_of(devnet)), with_devnet(zkchain_config, devnet), accounts)


@pytest.fixture
def deployed_model(
    _first_deployment: DeployedModel,
    chain: Chain,
    account: Signer,
    devnet: DevnetInfo,
    zkchain_config: Config,
    accounts: tuple[KeySigner, ...],
) -> DeployedModel:
    """The model behind registry and gateway on the test's chain."""
    from .devnet import with_devnet

    model = replace(_first_deployment, chain=chain, signer=account)
    if model.stands():
        return model
    # A test asked for it by name when its chain was there already, and took it along when it was rolled back.
    settled = with_devnet(zkchain_config, devnet)
    return replace(_deployed(model.compiled, chain, settled, accounts), signer=account)


@pytest.fixture
def prove(
    deployed_model: DeployedModel,
    devnet: DevnetInfo,
    zkchain_config: Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Prove:
    """Proves one answer of the model for the test's account."""
    from .devnet import with_devnet
    from .prove import FakeProve, RealProve

    folder = tmp_path_factory.mktemp("proofs")
    if deployed_model.compiled.fake:
        return FakeProve(model=deployed_model, folder=folder)
    return RealProve(model=deployed_model, config=with_devnet(zkchain_config, devnet), folder=folder)


@pytest.fixture
def deploy(chain: Chain, account: Signer) -> Callable[..., DeployedContract]:
    """Compiles a Solidity file of yours, deploys its contract and gives a handle: `deploy(path, *arguments)`.

    The contract is the one called as the file; `name=` takes another, `signer=` another deployer.
    """
    from .contracts import compiled, deployed

    def made(path: Path, *arguments: Any, name: str | None = None, signer: Signer | None = None) -> DeployedContract:
        return deployed(chain, signer or account, compiled(path, name or path.stem), arguments)

    return made


@pytest.fixture
def fault_proxy(devnet: DevnetInfo) -> Iterator[Callable[..., FaultProxy]]:
    """Starts proxies in front of the devnet that misbehave: `fault_proxy(*rules, seed=0, strict=False)`."""
    from .fault_proxy import fault_proxy

    with ExitStack() as stack:

        def started(*rules: Rule, seed: int = 0, strict: bool = False) -> FaultProxy:
            return stack.enter_context(fault_proxy(devnet.rpc_url, *rules, seed=seed, strict=strict))

        yield started


def _deployed(compiled: CompiledModel, chain: Chain, config: Config, accounts: tuple[KeySigner, ...]) -> DeployedModel:
    from .live import deploy_fake, deploy_real

    owner = accounts[0]
    if compiled.folder is None:
        return deploy_fake(compiled, chain, owner, owner)
    return deploy_real(compiled, chain, owner, config, compiled.folder)
