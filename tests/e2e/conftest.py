"""One project for the whole folder: a tiny model compiled, deployed, proved, verified and submitted by processes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.tiny import tiny_onnx

from .runner import Result, Zkchain, stop

SAMPLES = [[0.5, -0.25], [0.1, 0.2], [-0.7, 0.9], [1.0, -1.0]]


@dataclass(frozen=True, slots=True)
class Journey:
    """The steps of the whole path, in their order, and where they were made."""

    zkchain: Zkchain
    steps: dict[str, Result]

    @property
    def folder(self) -> Path:
        return self.zkchain.cwd

    @property
    def rpc_url(self) -> str:
        return str(self.steps["deploy"].json["rpc_url"])


def write_inputs(folder: Path) -> None:
    """A model, samples for it, and one input."""
    (folder / "tiny.onnx").write_bytes(tiny_onnx())
    flat = [value for row in SAMPLES for value in row]
    (folder / "samples.json").write_text(json.dumps({"input_data": [flat]}))
    (folder / "input.json").write_text(json.dumps({"input_data": [SAMPLES[0]]}))


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """The whole path, each step a process with --json. The devnet it starts is stopped at the end."""
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("project"), home=tmp_path_factory.mktemp("home"))
    write_inputs(zkchain.cwd)
    bundle, proof, network = "tiny.bundle", "tiny.proof.json", ("--network", "local")
    commands: dict[str, tuple[str, ...]] = {
        "inspect": ("inspect", "tiny.onnx"),
        "compile": ("compile", "tiny.onnx", "--samples", "samples.json"),
        "dry run": ("deploy", bundle, *network, "--dry-run"),
        "deploy": ("deploy", bundle, *network),
        "prove": ("prove", bundle, "--input", "input.json", *network),
        "verify with bundle": ("verify", proof, "--bundle", bundle),
        "verify on network": ("verify", proof, *network),
        "audit": ("audit", "tiny", *network, "--bundle", bundle, "--standard-json", "standard"),
        "submit": ("submit", proof, *network),
        "submit again": ("submit", proof, *network),
        "events": ("events", *network),
    }
    try:
        yield Journey(zkchain, {name: zkchain.process(*command, "--json") for name, command in commands.items()})
    finally:
        zkchain.here("devnet", "--stop")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list]:
    """Processes that a test starts: whatever is left of them at the end is stopped."""
    processes: list = []
    yield processes
    for process in processes:
        if process.poll() is None:
            stop(process)
        process.stdout.close()
        process.stderr.close()
