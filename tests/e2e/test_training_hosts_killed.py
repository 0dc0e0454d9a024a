"""A coordinator across hosts that is killed in the middle of rounds, and started again by the same command."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.hosts import Host, write_hosts
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import circuits_of

from .runner import Zkchain
from .test_training_hosts import free_port

need_training()

ROOT = Path(__file__).parents[2]
OWNERS, ROUNDS = 3, 2
HOSTS, COORDINATOR = "zkchain.pipeline.training.hosts", "zkchain.pipeline.training.coordinator"
#: One after the other, each in the process that the one before was followed by.
POINTS = {
    "the round is open": (COORDINATOR, "Coordinator.open_round", "after", 1),
    "one client has handed in the sum": (HOSTS, "Meeting.hand_in", "after", 1),
    "the sum is known": (HOSTS, "Meeting.wait", "after", 1),
    "the next model is told and not proved to the ledger": (COORDINATOR, "Coordinator._act", "before", 1),
    "the round is closed": (COORDINATOR, "Coordinator.close", "after", 1),
    "the second sum is known": (HOSTS, "Meeting.wait", "after", 1),
}


class Members:
    """A coordinator who is started again and again, and clients that go on meanwhile."""

    def __init__(self, hosts: list[Host], place: str) -> None:
        self.first, self._place = hosts[0], place
        self.clients = [
            self._start(host, "client", "--as", host.name, "--board", f"https://{place}") for host in hosts[1:]
        ]

    def coordinator(self, *program: str) -> subprocess.Popen[str]:
        return self._start(self.first, "coordinator", "--listen", self._place, program=program)

    def _start(self, host: Host, *words: str, program: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        role, *more = words
        return subprocess.Popen(
            [
                *(sys.executable, "-m", *(program or ("zkchain.cli.main",))),
                *("train", role, "plan.toml", *more, "--tls", "tls", "--json"),
            ],
            cwd=host.folder,
            env=Zkchain(host.folder, host.config.home).environment({"PYTHONPATH": str(ROOT)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> None:
        for process in self.clients:
            process.kill()


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    chain = tmp_path / "chain"
    hosts = write_hosts(tmp_path, owners=OWNERS, rpc_url=start_devnet(chain).rpc_url, rounds=ROUNDS)
    first = hosts[0]
    circuits_of(load_federation(first.plan), config=first.config, prover=make_engine(first.config))
    found = Members(hosts, f"127.0.0.1:{free_port()}")
    yield found
    found.end()
    stop_devnet(chain)


@pytest.mark.slow
def test_a_coordinator_that_is_killed_in_a_round_is_taken_up_and_no_round_is_lost(members: Members) -> None:
    for point in POINTS.values():
        module, function, when, count = point
        killed = members.coordinator("tests.support.killed", module, function, when, str(count))
        out, err = killed.communicate(timeout=400)
        assert killed.returncode == -signal.SIGKILL, (point, out, err)
        assert [process.poll() for process in members.clients] == [None] * OWNERS, "all of them wait"
    last = members.coordinator()
    said = [process.communicate(timeout=400) for process in (last, *members.clients)]
    assert [process.returncode for process in (last, *members.clients)] == [0] * (OWNERS + 1), said
    trained, *taken = [json.loads(out) for out, _ in said]
    assert trained["done"] == ROUNDS
    assert [one["round"] for one in trained["rounds"]] == [ROUNDS], "no round was opened twice, or aborted"
    assert [one["rounds"] for one in taken] == [ROUNDS] * OWNERS
    assert [len(one["prove_seconds"]) for one in taken] == [ROUNDS] * OWNERS, "nobody proved a step twice"
    verified = Zkchain(members.first.folder, members.first.config.home).process(
        "train", "verify", "plan.toml", "--json"
    )
    found = [(check["round"], check["what"]) for check in verified.json["checks"] if check["holds"]]
    assert (verified.exit_code, verified.json["good"]) == (0, True), verified.out
    for number in range(1, ROUNDS + 1):
        assert found.count((number, "step proof")) == OWNERS
        assert found.count((number, "server proof")) == 1
