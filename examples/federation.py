"""What the training stories share: data owners train a model together, and a contract acts on its proved answers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from story import NETWORK, Story, fixed_point

from zkchain.chain.client import connect
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.deployments import read_deployment
from zkchain.chain.networks import resolve_network
from zkchain.chain.registry import ContractAt
from zkchain.chain.signers import load_signer
from zkchain.circuit.bundle import load_bundle
from zkchain.config import Config, read_config
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.lineage_page import lineage_page
from zkchain.pipeline.training.publish import Published, publish_model
from zkchain.pipeline.training.run import run_plan
from zkchain.pipeline.training.trace import trace_model
from zkchain.solidity.artifacts import load_artifact

#: Answers are log-odds, and zero is where yes begins.
YES_FROM = 0.0


def write_owners(folder: Path, x: np.ndarray, y: np.ndarray, owners: tuple[str, ...], test: int, digits: int) -> None:
    """Cut samples into one table for each owner and a test set that no owner has."""
    header = ",".join([*(f"f{number}" for number in range(x.shape[1])), "answer"])
    parts = dict(zip(owners, np.array_split(np.arange(len(x) - test), len(owners)), strict=True))
    for name, rows in {**parts, "test": np.arange(len(x) - test, len(x))}.items():
        table = np.column_stack([x[rows], y[rows]])
        np.savetxt(folder / f"{name}.csv", table, delimiter=",", header=header, comments="", fmt=f"%.{digits}f")


def prepared(example: Path, workdir: Path) -> Path:
    """The example's plan with its data in `workdir`; what is there already stays."""
    for source in (example / "plan.toml", *sorted((example / "data").glob("*.csv"))):
        target = workdir / source.relative_to(example)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(source, target)
    return workdir / "plan.toml"


def train(plan: Path, config: Config) -> Published:
    """Run the federation to its end and publish the model."""
    prover = make_engine(config)
    trained = run_plan(plan, config=config, prover=prover, report=tell)
    accuracy = "" if trained.accuracy is None else f"accuracy {trained.accuracy:.4f}, "
    privacy = f"epsilon {trained.epsilon:.6f} at delta {trained.delta:g}" if trained.epsilon else "no noise"
    print(f"trained:  {trained.done} rounds, {accuracy}{privacy}, ledger {trained.ledger}")
    published = publish_model(plan, config=config, prover=prover, report=tell)
    print(f"published: {published.name} of the model after round {published.round}")
    return published


def begin_trained(
    example: Path, workdir: Path, contract: str, arguments: Callable[[int, str], tuple[Any, ...]]
) -> tuple[Story, Published]:
    """Train the example's model, then deploy `contract`, which believes its answers while the ledger has this model.

    `arguments` maps the least answer that means yes, in its fixed point, and the signer's account to the constructor's
    arguments between the model id and the ledger.
    """
    config = read_config(cwd=workdir)
    published = train(prepared(example, workdir), config)
    chain = connect(resolve_network(NETWORK, config))
    signer = load_signer(None, chain.network)
    bundle = load_bundle(Path(published.folder))
    gateway = read_deployment(config.deployments, chain.network, "InferenceGateway").deployment.address
    artifact = load_artifact(contract)
    head = (gateway, int(published.model_id, 16))
    constructor = (*head, *arguments(fixed_point(bundle, YES_FROM), signer.address), published.ledger)
    _, address = deploy_contract(chain, signer, artifact, constructor)
    print(f"deployed: {contract} at {address}, for answers of this model while it is the ledger's")
    story = Story(config, chain, signer, bundle, Path(published.folder), ContractAt(address, artifact.abi))
    return story, published


def question(workdir: Path, answer: int) -> Path:
    """A sample of the test set that has this answer, as an input to prove."""
    table = np.loadtxt(workdir / "data" / "test.csv", delimiter=",", skiprows=1)
    sample = table[table[:, -1] == answer][0]
    path = workdir / "question.json"
    path.write_text(json.dumps({"input_data": [sample[:-1].tolist()]}), encoding="ascii")
    return path


def show_lineage(workdir: Path, published: Published, config: Config) -> Path:
    """Walk back from the model to the data, and draw the way."""
    plan, prover = workdir / "plan.toml", make_engine(config)
    traced = trace_model(published.name, NETWORK, config=config, prover=prover, plan=plan, report=tell)
    page = workdir / "lineage.html"
    page.write_text(lineage_page(traced), encoding="utf-8")
    print(f"lineage:  {len(traced.data)} data sets, {len(traced.problems)} problems: {page.as_uri()}")
    return page


def tell(stage: str, fraction: float | None = None) -> None:
    """One line for each thing that begins."""
    print(f"  {stage}", flush=True)
