"""`zkchain train register` that is killed on its way: the same command ends what was begun, and nothing twice."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tests.support.chains import need, raw
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.homes import furnished
from tests.support.txs import until
from zkchain.chain.client import connect
from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.logs import Log
from zkchain.chain.networks import resolve_network
from zkchain.config import Config, read_config
from zkchain.pipeline.training.bridging import read_hashed
from zkchain.pipeline.training.folder import read_openings
from zkchain.values import address

from .runner import Zkchain

need_training()

ROOT = Path(__file__).parents[2]
REGISTER = "zkchain.pipeline.training.register"
HASHED = ("--commitment", "poseidon", "--batch", "4", "--network", "local", "--signer", "dev:1")
#: How data are registered, and where what opens them lies.
WAYS = {"kzg": ((), "data.json"), "poseidon": (HASHED, "poseidon.json")}
#: Where the command can end without a chance to say goodbye. First the registry is sent, then the root.
POINTS = {
    "while the batches are committed to": {
        "kzg": ("zkchain.training.committing", "commit_vectors", "before", 1),
        "poseidon": (REGISTER, "hash_table", "before", 1),
    },
    "committed, not written": {
        "kzg": (REGISTER, "save_openings", "before", 1),
        "poseidon": (REGISTER, "save_hashed", "before", 1),
    },
    "half written": dict.fromkeys(WAYS, ("os", "fsync", "after", 1)),
    "written": {
        "kzg": (REGISTER, "save_openings", "after", 1),
        "poseidon": (REGISTER, "save_hashed", "after", 1),
    },
    "the registry signed, not sent": dict.fromkeys(WAYS, ("zkchain.chain.tx.launch", "hand_over", "before", 1)),
    "the registry placed": dict.fromkeys(WAYS, (REGISTER, "act", "before", 1)),
    "the root signed, not sent": dict.fromkeys(WAYS, ("zkchain.chain.tx.launch", "hand_over", "before", 2)),
    "the root sent": dict.fromkeys(WAYS, ("zkchain.chain.tx.launch", "hand_over", "after", 2)),
    "the root registered": dict.fromkeys(WAYS, (REGISTER, "act", "after", 1)),
}


@dataclass(frozen=True)
class Stand:
    """A project whose owner registers data on a devnet."""

    zkchain: Zkchain
    config: Config
    url: str

    def command(self, way: str, *program: str, stderr: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        words = ("train", "register", "owner0.csv", "--as", "owner0", *WAYS[way][0], "--json")
        return subprocess.Popen(
            [sys.executable, "-m", *(program or ("zkchain.cli.main",)), *words],
            cwd=self.zkchain.cwd,
            env=self.zkchain.environment({"PYTHONPATH": str(ROOT)}),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def killed(self, way: str, module: str, function: str, when: str, count: int) -> None:
        process = self.command(way, "tests.support.killed", module, function, when, str(count))
        _, err = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, err

    def done(self, way: str) -> dict[str, str]:
        process = self.command(way)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, (out, err)
        found: dict[str, str] = json.loads(out)
        return found

    def registered(self, registry: str) -> list[Log]:
        """Every root that anybody has registered there."""
        chain = connect(resolve_network("local", self.config))
        return list(chain.logs(address(registry), [], 0))

    def expect_whole(self, way: str, result: dict[str, str]) -> None:
        """One root on chain, openings that fit it, and nothing of what was begun before."""
        path = Path(result["openings"])
        root = (read_openings(path) if way == "kzg" else read_hashed(path)).statement.root
        assert result["root"] == root
        (log,) = self.registered(result["registry"])
        assert log.topics[2] == root
        assert sorted(one.name for one in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]
        assert all(one.stat().st_mode & 0o077 == 0 for one in (path, path.parent))
        assert [one for one in self.zkchain.home.rglob("run-*") if one.is_dir()] == [], "witnesses that were left"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """With every circuit built, so that what is written first are openings."""
    folder = tmp_path_factory.mktemp("register")
    zkchain = Zkchain(cwd=folder, home=furnished(folder / "home"))
    write_plan(folder)
    config = read_config({"ZKCHAIN_HOME": str(zkchain.home)}, cwd=folder)
    url = start_devnet(zkchain.home, engine="embedded").rpc_url
    stand, mark = Stand(zkchain, config, url), raw(url, "evm_snapshot")
    for way in WAYS:
        stand.done(way)
    assert raw(url, "evm_revert", mark) is True
    yield stand
    stop_devnet(zkchain.home)


@pytest.fixture
def stand(node: Stand) -> Iterator[Stand]:
    """A chain that is rolled back, and an owner who has registered nothing."""
    mark = raw(node.url, "evm_snapshot")
    for folder in (node.config.home / "data", node.config.deployments):
        shutil.rmtree(folder, ignore_errors=True)
    yield node
    assert raw(node.url, "evm_revert", mark) is True


CASES = [pytest.param(way, point, id=f"{way}: {point}") for point in POINTS for way in WAYS]
#: One that is about files, and one that is about the chain.
SOME = {("kzg", "half written"), ("poseidon", "the root sent")}


def killed_and_ended(stand: Stand, way: str, point: str) -> None:
    kept = stand.config.home / "data" / "owner0"
    stand.killed(way, *POINTS[point][way])
    left = sorted(one.name for one in kept.iterdir())
    assert any(name.endswith(".tmp") for name in left) == (point == "half written")
    before = (kept / WAYS[way][1]).read_bytes() if WAYS[way][1] in left else None
    done = stand.done(way)
    assert before in (None, Path(done["openings"]).read_bytes())
    stand.expect_whole(way, done)
    again = stand.done(way)
    assert (again["root"], again["tx_hash"]) == (done["root"], "")
    stand.expect_whole(way, again)


@pytest.mark.parametrize(("way", "point"), [case for case in CASES if tuple(case.values) in SOME])
def test_a_registration_that_was_killed_is_ended_by_the_same_command(stand: Stand, way: str, point: str) -> None:
    killed_and_ended(stand, way, point)


@pytest.mark.slow
@pytest.mark.parametrize(("way", "point"), CASES)
def test_a_registration_killed_anywhere_is_ended_by_the_same_command(stand: Stand, way: str, point: str) -> None:
    killed_and_ended(stand, way, point)


@pytest.mark.parametrize("way", WAYS)
def test_two_processes_register_one_root(stand: Stand, way: str) -> None:
    both = [stand.command(way), stand.command(way)]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    found = [json.loads(out) for out, _ in said]
    assert found[0]["root"] == found[1]["root"]
    assert [one["tx_hash"] for one in found].count("") == 1
    stand.expect_whole(way, found[0])


@pytest.mark.anvil
@pytest.mark.parametrize("way", WAYS)
def test_a_root_that_waits_in_the_pool_is_waited_for_and_sent_once(tmp_path: Path, way: str) -> None:
    """Killed after it was sent and before it is mined: the chain does not know of it when the command asks again."""
    need("anvil")
    zkchain = Zkchain(cwd=tmp_path, home=furnished(tmp_path / "home"))
    write_plan(tmp_path)
    config = read_config({"ZKCHAIN_HOME": str(zkchain.home)}, cwd=tmp_path)
    url = start_devnet(zkchain.home, engine="anvil").rpc_url
    stand, account = Stand(zkchain, config, url), DEV_ADDRESSES[1]
    try:
        first = stand.done(way)  # places the registry
        (zkchain.home / "data" / "owner0" / WAYS[way][1]).unlink()
        sent = int(raw(url, "eth_getTransactionCount", account, "latest"), 16)
        raw(url, "evm_setAutomine", False)
        stand.killed(way, "zkchain.chain.tx.launch", "hand_over", "after", 1)
        with (tmp_path / "said").open("w+") as said:
            again = stand.command(way, stderr=said)
            waits = lambda: "waiting for what was sent" in (tmp_path / "said").read_text()  # noqa: E731
            until(lambda: waits() or again.poll() is not None, seconds=120)
        raw(url, "evm_setAutomine", True)
        raw(url, "anvil_mine", "0x1")
        out, _ = again.communicate(timeout=120)
        assert again.returncode == 0, out
        assert int(raw(url, "eth_getTransactionCount", account, "latest"), 16) == sent + 1
        roots = [log.topics[2] for log in stand.registered(first["registry"])]
        assert roots == [first["root"], json.loads(out)["root"]]
    finally:
        stop_devnet(zkchain.home)
