"""Small federations for tests: a layout that makes small circuits, and plans with data that a model can learn."""

from pathlib import Path

import numpy as np

from zkchain.training.architecture import Architecture
from zkchain.training.layout import BoundKind, Layout
from zkchain.training.network import Loss, Network

#: Enough for any test's plan, and prints the same on every machine.
_HEADER = "name = {name!r}\nnetwork = 'local'\nrounds = {rounds}\n"


def small_layout(
    *,
    sizes: tuple[int, ...] = (3, 1),
    loss: Loss = "logistic",
    network: Network | None = None,
    batch: int = 4,
    noisy: bool = True,
    bound: BoundKind = "none",
    limit: float = 0.0,
    divisor: float = 8.0,
    attempts: int = 1,
) -> Layout:
    return Layout(
        architecture=network or Architecture(sizes=sizes, loss=loss),
        batch=batch,
        scale=10,
        clip=1.0,
        noisy=noisy,
        clients=3,
        uses=1,
        divisor=divisor,
        attempts=attempts,
        bound=bound,
        limit=limit,
    )


def learnable(seed: int, count: int, features: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Samples whose answer is on which side of a plane they lie."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)) / np.sqrt(features)
    y = (x.sum(axis=1) > 0).astype(float)
    return x, y[:, None]


def write_table(path: Path, x: np.ndarray, y: np.ndarray) -> None:
    header = ",".join([*(f"x{n}" for n in range(x.shape[1])), *(f"y{n}" for n in range(y.shape[1]))])
    np.savetxt(path, np.hstack([x, y]), delimiter=",", header=header, comments="", fmt="%.9g")


def write_plan(
    folder: Path,
    *,
    name: str = "tests",
    rounds: int = 1,
    owners: int = 3,
    aggregation: str = "mpc",
    private: bool = True,
    quorum: int | None = None,
    samples: int = 8,
    uses: int = 1,
    attempts: int = 1,
    extra: str = "",
) -> Path:
    """A plan of `owners` who have `samples` samples each, in batches of four, with data and test samples beside it.

    A second attempt at a round takes longer salt, with which the circuits are twice as large.
    """
    lines = [_HEADER.format(name=name, rounds=rounds)]
    lines.append("[model]\nlayers = [3, 1]\nloss = 'logistic'\n")
    lines.append(f"[data]\nbatch = 4\nuses = {uses}\ntest = 'test.csv'\n")
    lines.append(
        f"[training]\ndivisor = 4.0\naggregation = '{aggregation}'\nquorum = {quorum or owners}\n"
        f"attempts = {attempts}\n{extra}\n"
    )
    if private:
        lines.append("[privacy]\nepsilon = 8.0\ndelta = 1e-5\naccountant = 'rdp'\ncandidates = 2\n")
    for number in range(owners):
        x, y = learnable(number + 1, samples)
        write_table(folder / f"owner{number}.csv", x, y)
        lines.append(f"[[owners]]\nname = 'owner{number}'\ndata = 'owner{number}.csv'\n")
    write_table(folder / "test.csv", *learnable(99, 64))
    plan = folder / "plan.toml"
    plan.write_text("\n".join(lines), encoding="utf-8")
    return plan


def address_owners(plan: Path, *addresses: object, network: str = "local") -> Path:
    """Give the first owners of a plan these addresses, and keys in variables OWNER0_KEY, OWNER1_KEY and so on."""
    text = plan.read_text(encoding="utf-8").replace("'local'", f"'{network}'")
    for number, one in enumerate(addresses):
        shown = f"'{one}'" if isinstance(one, str) else one
        owner = f"name = 'owner{number}'\n"
        text = text.replace(owner, f"{owner}address = {shown}\nsigner = 'env:OWNER{number}_KEY'\n")
    plan.write_text(text, encoding="utf-8")
    return plan
