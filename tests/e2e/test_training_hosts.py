"""The commands of a federation across hosts, each member a process in a folder and a home of its own."""

import json
import socket
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.hosts import write_hosts
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import circuits_of
from zkchain.training.hosts.identity import COORDINATOR

from .runner import Zkchain

need_training()

OWNERS, ROUNDS = 3, 2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.slow
def test_members_that_share_no_folder_train_together(tmp_path: Path) -> None:
    chain = tmp_path / "chain"
    running = []
    try:
        hosts = write_hosts(tmp_path, owners=OWNERS, rpc_url=start_devnet(chain).rpc_url, rounds=ROUNDS)
        first = hosts[0]
        circuits_of(load_federation(first.plan), config=first.config, prover=make_engine(first.config))
        place = f"127.0.0.1:{free_port()}"
        for host in hosts:
            words = ("--tls", "tls", "--json")
            if host.name == COORDINATOR:
                words = ("coordinator", "plan.toml", "--listen", place, *words)
            else:
                words = ("client", "plan.toml", "--as", host.name, "--board", f"https://{place}", *words)
            running.append(Zkchain(host.folder, host.config.home).start("train", *words))
        said = [process.communicate(timeout=540) for process in running]
    finally:
        for process in running:
            process.kill()
        stop_devnet(chain)
    assert [process.returncode for process in running] == [0] * len(hosts), said
    trained, *taken = [json.loads(out) for out, _ in said]
    assert (trained["done"], len(trained["rounds"])) == (ROUNDS, ROUNDS)
    assert trained["accuracy"] > 0.5
    assert [one["rounds"] for one in taken] == [ROUNDS] * OWNERS
    assert "BEGIN" not in str(said)
    for host in hosts[1:]:
        parties = load_federation(host.plan).root / "parties"
        assert [path.name for path in parties.iterdir()] == [host.name]
