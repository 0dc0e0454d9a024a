"""What a verified round of private training costs: examples/health from its plan, and the same training without proofs.

    python -m benchmarks.training

Runs the federation of four hospitals in a folder and on a devnet of its own, then peers on the same samples: opacus'
DP-SGD on the pooled data at the same epsilon and delta, and the same rounds without noise, proofs or a chain, in NumPy
and with flwr's SecAgg+ at its defaults.
Attacks are measured as benchmarks/attacks.py says. The circuits are measured in other shapes (benchmarks/shapes.py),
and a round of a network of a thousand parameters is run. Writes benchmarks/training.json.
"""

import argparse
import datetime
import os
import shutil
import statistics
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from zkchain.chain.devnet import stop_devnet
from zkchain.chain.training import ledger_events
from zkchain.config import read_config
from zkchain.files import write_json
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.run import run_plan
from zkchain.pipeline.training.setup import open_federation
from zkchain.training.accounting import noise_for
from zkchain.training.dataset import read_table
from zkchain.training.gradients import clipped_sum
from zkchain.training.methods import method_of
from zkchain.training.network import Network
from zkchain.training.plan import Plan, read_plan
from zkchain.values import digest

from .attacks import MODES, attack, from_table, noise_like
from .flower import Fit, flower_alone
from .machine import this_machine
from .shapes import shapes

#: Samples and their answers.
Table = tuple[np.ndarray, np.ndarray]
ROOT = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).with_name("training.json")
_HEALTH = ROOT / "examples" / "health"
#: What private training is made with.
_PACKAGES = ("torch", "onnxscript", "opacus", "tenseal", "mpyc", "flwr")
#: What of a single round says something.
_OF_THOUSAND = ("samples_in_a_round", "parameters", "round_seconds", "step_proof_seconds", "gas", "circuits")
#: Which of the ledger's events tells of which transaction.
_TRANSACTIONS = {
    "NoiseCommitted": "commitNoise",
    "UpdateProved": "submit",
    "RoundClosed": "close",
    "DataRegistered": "registerData",
}


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks" / "training")
    folder = parser.parse_args().folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_HEALTH / "data", folder / "data")
    plan = folder / "plan.toml"
    shutil.copyfile(_HEALTH / "plan.toml", plan)
    os.environ["ZKCHAIN_HOME"] = str(folder / "home")
    config = read_config(cwd=folder)
    try:
        found = {
            "machine": this_machine(*_PACKAGES).to_json(),
            "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
            **federation(plan),
            "peers": peers(plan),
            "attacks": attacks(read_plan(plan)),
            "thousand_parameters": {name: value for name, value in thousand(plan).items() if name in _OF_THOUSAND},
            "shapes": shapes(read_plan(plan).layout, prover=make_engine(config), home=config.home),
        }
    finally:
        stop_devnet(folder / "home")
    print(found)
    write_json(RESULT, found)
    shutil.rmtree(folder, ignore_errors=True)


def federation(plan: Path) -> dict[str, Any]:
    """The whole federation: seconds, gas, privacy, accuracy."""
    config = read_config(cwd=plan.parent)
    prover = make_engine(config)
    started = time.monotonic()
    run = load_federation(plan)
    standing = open_federation(run, config=config, prover=prover)
    ready = time.monotonic()
    trained = run_plan(plan, config=config, prover=prover)
    gas: dict[str, list[int]] = defaultdict(list)
    for event in ledger_events(standing.site.chain, standing.ledger, standing.opened.block):
        if event.name in _TRANSACTIONS:
            receipt = standing.site.chain.receipt(digest(event.tx_hash))
            assert receipt is not None
            gas[_TRANSACTIONS[event.name]].append(receipt.gas_used)
    medians = {name: int(statistics.median(values)) for name, values in sorted(gas.items())}
    circuits = (standing.circuits.step, standing.circuits.server, standing.circuits.weights)
    return {
        "clients": len(run.plan.owners),
        "samples_in_a_round": run.plan.batch * len(run.plan.owners),
        "parameters": run.plan.architecture.parameters,
        "setup_seconds": round(ready - started, 1),
        "round_seconds": [round(item.seconds, 1) for item in trained.rounds],
        "sum_seconds": [round(item.sum_seconds, 2) for item in trained.rounds],
        "server_proof_seconds": [round(item.prove_seconds, 2) for item in trained.rounds],
        "step_proof_seconds": [round(second, 2) for client in trained.clients for second in client.prove_seconds],
        "gas": medians,
        "gas_a_client_and_round": medians["commitNoise"] + medians["submit"],
        "circuits": {circuit.role: {"logrows": circuit.logrows, "rows": circuit.rows} for circuit in circuits},
        "epsilon": trained.epsilon,
        "delta": trained.delta,
        "accuracy": trained.accuracy,
    }


def thousand(plan: Path) -> dict[str, Any]:
    """One round of the same hospitals with a hidden layer of 31: 993 parameters, eight samples an owner."""
    text = plan.read_text(encoding="utf-8")
    for before, after in (
        ('name = "triage"', 'name = "wide"'),
        ("layers = [30, 1]", "layers = [30, 31, 1]"),
        ("batch = 27", "batch = 8"),
        ("rounds = 8", "rounds = 1"),
    ):
        assert before in text
        text = text.replace(before, after)
    wide = plan.with_name("wide.toml")
    wide.write_text(text, encoding="utf-8")
    return federation(wide)


def peers(path: Path) -> dict[str, Any]:
    """The same samples without proofs: opacus' DP-SGD on all of them together, and rounds in floating point."""
    plan, folder = read_plan(path), path.parent
    tables = [read_table(folder / owner.data, 1) for owner in plan.owners]
    test = read_table(folder / plan.test, 1)
    started = time.monotonic()
    weights = np.zeros(plan.architecture.parameters)
    for number in range(plan.rounds):
        weights = weights + sum(_step(plan, number, x, y, weights) for x, y in tables)
    plain = time.monotonic() - started
    x, y = (np.concatenate(column) for column in zip(*tables, strict=True))
    assert plan.privacy is not None
    started = time.monotonic()
    accuracies = [opacus_alone(x, y, test, plan.privacy.epsilon, plan.privacy.delta, seed) for seed in range(3)]
    return {
        "no privacy, no proofs": {"accuracy": _accuracy(plan.architecture, weights, test), "seconds": round(plain, 3)},
        "plain flwr SecAgg+, no noise, no proofs": secagg_alone(plan, tables, test),
        "opacus alone, data in one place": {
            "accuracy": round(statistics.mean(accuracies), 4),
            "seconds": round((time.monotonic() - started) / len(accuracies), 1),
            "epsilon": plan.privacy.epsilon,
        },
    }


def secagg_alone(plan: Plan, tables: list[Table], test: Table) -> dict[str, float]:
    """Rounds by flwr alone: each owner hands in the weights that would follow if all owners had its samples."""

    def fit(number: int, x: np.ndarray, y: np.ndarray) -> Fit:
        return lambda weights: weights + len(tables) * _step(plan, number, x, y, weights)

    fits = [[fit(number, x, y) for x, y in tables] for number in range(plan.rounds)]
    found = flower_alone(np.zeros(plan.architecture.parameters), fits, plan.batch)
    return {
        "accuracy": _accuracy(plan.architecture, found.weights, test),
        "round_seconds": round(found.seconds, 3),
        "largest_error_of_a_sum": float(f"{found.error:.3g}"),
        "in_units_of_the_grid": round(found.error * 2**plan.scale, 2),
    }


def opacus_alone(x: np.ndarray, y: np.ndarray, test: Table, epsilon: float, delta: float, seed: int) -> float:
    """Accuracy of opacus' own DP-SGD: 20 epochs of batches of 32, clip 1."""
    import torch
    from opacus import PrivacyEngine
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(seed)
    data = TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))
    model = torch.nn.Linear(x.shape[1], 1)
    model, optimizer, loader = PrivacyEngine(accountant="prv").make_private_with_epsilon(
        module=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
        data_loader=DataLoader(data, batch_size=32),
        target_epsilon=epsilon,
        target_delta=delta,
        epochs=20,
        max_grad_norm=1.0,
    )
    for _ in range(20):
        for features, answers in loader:
            optimizer.zero_grad()
            loss: Any = torch.nn.functional.binary_cross_entropy_with_logits(model(features), answers)
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        found = model(torch.tensor(test[0], dtype=torch.float32)).numpy()
    return float(((found > 0) == (test[1] > 0.5)).mean())


def attacks(plan: Plan) -> dict[str, Any]:
    """Membership and inversion, simulated, at the plan's epsilon and with each batch in as many rounds as it has.

    On patients, and on what can only be remembered.
    """
    assert plan.privacy is not None
    noise = noise_for(plan.privacy.epsilon, plan.uses, plan.privacy.delta)
    batches = plan.rounds // plan.uses
    patients = np.concatenate([np.loadtxt(p, delimiter=",", skiprows=1) for p in sorted((_HEALTH / "data").glob("*"))])
    draws = {"patients": from_table(patients[:, :-1], patients[:, -1:]), "random answers": noise_like}
    return {
        name: [
            {key: value if isinstance(value, str) else round(value, 4) for key, value in asdict(found).items()}
            for found in (
                attack(mode, draw, noise=noise, batches=batches, uses=plan.uses, trials=60, seed=1) for mode in MODES
            )
        ]
        for name, draw in draws.items()
    }


def _step(plan: Plan, number: int, x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What an owner's batch of a round adds to the weights."""
    batch = number % -(-len(x) // plan.batch)  # in turn, as the ledger has it
    rows = slice(batch * plan.batch, (batch + 1) * plan.batch)
    gradients = method_of(plan.architecture).gradients(plan.architecture, weights, x[rows], y[rows])
    return clipped_sum(gradients, plan.clip) / plan.divisor


def _accuracy(net: Network, weights: np.ndarray, test: Table) -> float:
    return round(float(((net.forward(weights, test[0]) > 0.5) == (test[1] > 0.5)).mean()), 4)


if __name__ == "__main__":
    main()
