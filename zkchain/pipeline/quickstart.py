"""Use case: the whole path on a model that ships with the package."""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import UsageError
from ..files import write_atomic
from ..halo2 import Prover
from ..progress import Report, silent
from ..proof.check import Verdict
from .compile import Compiled, compile_model
from .deploy import Deployed, deploy_bundle
from .prove import ProveResult, prove_input
from .submit import Submitted, submit_proof
from .verify import verify_on_network

NETWORK = "local"
_FILES = ("model.onnx", "samples.json", "input.json", "about.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quickstart:
    """What each stage of the tour gave."""

    about: dict[str, Any]
    folder: Path
    compiled: Compiled
    deployed: Deployed
    proved: ProveResult
    verdict: Verdict
    submitted: Submitted


def run_quickstart(workdir: Path, *, config: Config, prover: Prover, report: Report = silent) -> Quickstart:
    """Copy the shipped model to `workdir`, then compile, deploy, prove, verify and submit on the local devnet.

    Running it again reuses the bundle and the deployment, and records a new proof. Raises whatever the stages raise.
    """
    folder = workdir.absolute()
    _copy_model(folder)
    compiled = compile_model(
        folder / "model.onnx",
        folder / "samples.json",
        config=config,
        prover=prover,
        out=folder / "model.bundle",
        replace_other=True,
        report=report,
    )
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    deployed = deploy_bundle(
        compiled.folder,
        network=NETWORK,
        name=about["name"],
        config=config,
        prover=prover,
        replace_other=True,
        report=report,
    )
    proved = prove_input(
        compiled.folder,
        folder / "input.json",
        config=config,
        prover=prover,
        out=folder / "proof.json",
        network=NETWORK,
        report=report,
    )
    verdict = verify_on_network(proved.path, NETWORK, config=config, report=report)
    submitted = submit_proof(proved.path, NETWORK, config=config, report=report)
    return Quickstart(
        about=about,
        folder=folder,
        compiled=compiled,
        deployed=deployed,
        proved=proved,
        verdict=verdict,
        submitted=submitted,
    )


def _copy_model(folder: Path) -> None:
    """Put the shipped files into `folder`; where one of them is the user's own, none is written."""
    shipped = resources.files(__package__).joinpath("data")
    contents = {folder / name: shipped.joinpath(name).read_bytes() for name in _FILES}
    for target, content in contents.items():
        if target.exists() and target.read_bytes() != content:
            raise UsageError(f"{target} is a file of your own", remedy="give an empty or a new --workdir", file=target)
    for target, content in contents.items():
        write_atomic(target, content)
