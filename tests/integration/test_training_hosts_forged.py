"""An owner on another host that forges noise: the coordinator leaves the round and goes on without it by itself."""

import socket
import threading
from pathlib import Path
from types import MethodType

import pytest

from tests.support.extras import need_training
from tests.support.forgers import Forger
from tests.support.hosts import write_hosts
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.errors import ClientStruck, ZkchainError
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.hosts import coordinate_hosts
from zkchain.pipeline.training.hosts_client import HostClient, join_hosts
from zkchain.pipeline.training.run import Trained
from zkchain.pipeline.training.setup import circuits_of

need_training()

OWNERS, FORGER = 4, 1
#: Long enough to prove on a busy machine; a round that is spoiled is left after both.
WINDOWS = "[windows]\nsubmit = 90\nclose = 60\n"


@pytest.mark.slow
def test_a_forger_on_another_host_is_shut_out_and_the_next_round_is_closed_without_it(tmp_path: Path) -> None:
    chain = tmp_path / "chain"
    try:
        run(tmp_path, start_devnet(chain).rpc_url)
    finally:
        stop_devnet(chain)


def run(folder: Path, rpc_url: str) -> None:
    first, *hosts = write_hosts(folder, owners=OWNERS, rpc_url=rpc_url, extra=WINDOWS, quorum=OWNERS - 1, attempts=2)
    prover = make_engine(first.config)
    circuits_of(load_federation(first.plan), config=first.config, prover=prover)
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
    trained: list[Trained] = []
    said: list[str] = []

    def coordinate() -> None:
        report = lambda stage, fraction=None: said.append(stage)  # noqa: E731
        found = coordinate_hosts(
            first.plan, listen=place, tls=first.tls, config=first.config, prover=prover, report=report
        )
        trained.append(found)

    failures: dict[str, ZkchainError] = {}

    def take_part(client: HostClient, name: str) -> None:
        try:
            client.take_part(1)
        except ZkchainError as error:
            failures[name] = error

    works = [threading.Thread(target=coordinate, daemon=True)]
    works[0].start()
    for number, host in enumerate(hosts):
        own = make_engine(host.config)
        board = f"https://{place}"
        client = join_hosts(
            host.plan, host.name, board=board, tls=host.tls, listen=None, config=host.config, prover=own
        )
        if number == FORGER:
            client._commit_noise = MethodType(Forger._commit_noise, client)  # type: ignore[method-assign]
        works.append(threading.Thread(target=take_part, args=(client, host.name), daemon=True))
        works[-1].start()
    for work in works:
        work.join(timeout=500)
        assert not work.is_alive(), said
    assert {name: type(error) for name, error in failures.items()} == {"owner1": ClientStruck}
    (found,) = trained
    assert (found.shut_out, [(one.round, one.updates) for one in found.rounds]) == (("owner1",), [(2, OWNERS - 1)])
    assert any("round 1 cannot be closed" in one and "owner1, now shut out; the next round" in one for one in said)
