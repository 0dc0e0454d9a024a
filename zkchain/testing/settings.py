"""What a test suite asks of the plugin, read from pytest's configuration. Imports nothing heavy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import pytest

ProverName = Literal["real", "fake"]
EngineName = Literal["embedded", "anvil"]

_MODEL, _SAMPLES, _PROVER, _ENGINE = "zkchain_model", "zkchain_samples", "zkchain_prover", "zkchain_engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """The files that a model is compiled from. `dims` fixes unknown dimensions by name."""

    model: Path
    samples: Path
    dims: tuple[tuple[str, int], ...] = ()


def add_options(parser: pytest.Parser) -> None:
    """Register flags and ini keys; a flag goes before the key."""
    group = parser.getgroup("zkchain")
    group.addoption("--zkchain-prover", choices=get_args(ProverName), help="prove for real, or fake it (devnets only)")
    group.addoption("--zkchain-engine", choices=get_args(EngineName), help="which devnet the tests run on")
    parser.addini(_MODEL, "ONNX file that `compiled_model` is made from, relative to the ini file")
    parser.addini(_SAMPLES, "samples to compile it with, relative to the ini file")
    parser.addini(_PROVER, "real or fake", default="real")
    parser.addini(_ENGINE, "embedded or anvil", default="embedded")


def prover_of(config: pytest.Config) -> ProverName:
    """Which prover the run uses. Raises pytest.UsageError."""
    return cast("ProverName", _choice(config, _PROVER, get_args(ProverName)))


def engine_of(config: pytest.Config) -> EngineName:
    """Which devnet the run uses. Raises pytest.UsageError."""
    return cast("EngineName", _choice(config, _ENGINE, get_args(EngineName)))


def source_of(config: pytest.Config) -> ModelSource:
    """The configured model. Raises pytest.UsageError when there is none, or a file is missing."""
    return ModelSource(model=_file(config, _MODEL), samples=_file(config, _SAMPLES))


def cache_folder(config: pytest.Config, temporary: Callable[[], Path]) -> Path:
    """A folder of pytest's cache, which survives the run; a temporary one where the cache is turned off."""
    cache = getattr(config, "cache", None)
    return temporary() if cache is None else Path(cache.mkdir("zkchain"))


def _choice(config: pytest.Config, key: str, allowed: tuple[str, ...]) -> str:
    found = str(config.getoption(f"--{key.replace('_', '-')}") or config.getini(key))
    if found not in allowed:
        raise pytest.UsageError(f"{key} is {found!r}; it must be {' or '.join(allowed)}")
    return found


def _file(config: pytest.Config, key: str) -> Path:
    text = str(config.getini(key))
    if not text:
        raise pytest.UsageError(
            f"{key} is not set: say in pytest's configuration which model to test with, "
            "or override the fixture model_source"
        )
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    path = base / text
    if not path.is_file():
        raise pytest.UsageError(f"{key}: there is no file {path}")
    return path
