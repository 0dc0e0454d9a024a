"""A federation that trains a small convolutional network named by its plan, from the plan to the published model."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.federations import write_table
from tests.support.homes import furnished
from tests.support.modules import MODULES, module_file
from zkchain.chain.devnet import stop_devnet

from .runner import Zkchain

need_training()

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

_PLAN = """\
name = 'pictures'
network = 'local'
rounds = 1
[model]
torch = 'model.py:build'
input = [1, 6, 6]
loss = 'logistic'
[data]
batch = 2
test = 'test.csv'
[training]
divisor = 4.0
aggregation = 'mpc'
[privacy]
epsilon = 8.0
accountant = 'rdp'
candidates = 2
"""


def write_plan(folder: Path) -> None:
    """Three owners of two pictures each, which are brighter above or below."""
    lines = [_PLAN]
    for number, name in enumerate(("owner0", "owner1", "owner2", "test")):
        rng, count = np.random.default_rng(number), 64 if name == "test" else 2
        pictures = rng.normal(size=(count, 6, 6)) / 6
        above = pictures[:, :3].sum((1, 2)) > pictures[:, 3:].sum((1, 2))
        write_table(folder / f"{name}.csv", pictures.reshape(count, -1), above.astype(float)[:, None])
        if name != "test":
            lines.append(f"[[owners]]\nname = '{name}'\ndata = '{name}.csv'\n")
    module_file(folder, MODULES["pictures"][0])
    (folder / "plan.toml").write_text("\n".join(lines), encoding="utf-8")


def test_a_convolutional_network_is_trained_proved_published_and_traced(tmp_path: Path) -> None:
    zkchain = Zkchain(cwd=tmp_path / "federation", home=furnished(tmp_path / "home"))
    zkchain.cwd.mkdir()
    write_plan(zkchain.cwd)
    try:
        trained = zkchain.process("train", "run", "plan.toml", "--json").json
        assert (trained["done"], [client["rounds"] for client in trained["clients"]]) == (1, [1, 1, 1])
        assert 0 < trained["epsilon"] <= 8.0
        checks = zkchain.process("train", "verify", "plan.toml", "--json").json["checks"]
        assert [check["what"] for check in checks].count("step proof") == 3
        assert all(check["holds"] for check in checks)
        published = zkchain.process("train", "publish", "plan.toml", "--json").json
        traced = zkchain.process("train", "audit", "picturesModel", "--plan", "plan.toml", "--json").json
        assert (traced["problems"], traced["poseidon"]) == ([], published["poseidon"])
        module_file(zkchain.cwd, "nn.Sequential(nn.Flatten(), nn.Linear(36, 1))")
        other = zkchain.process("train", "verify", "plan.toml", "--json")
        assert (other.json["error"], other.exit_code) == ("training.plan", 17)
    finally:
        stop_devnet(zkchain.home)
