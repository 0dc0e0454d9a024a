"""A federation across hosts, as far as folders, homes and TLS on loopback can be hosts: only the chain is shared."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.hosts import Host, Wire, share_circuits, write_hosts
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.training import model_round, round_of
from zkchain.errors import BoardUntrue, RoundFailed
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.hosts import HostCoordinator, members_of
from zkchain.pipeline.training.hosts_client import HostClient, join_hosts
from zkchain.training.hosts.identity import COORDINATOR, read_identity
from zkchain.training.hosts.server import Answer, Asked, BoardServer

need_training()

OWNERS = 3


class Federation:
    """All of it: the coordinator with its board open, behind a wire that is listened to, and each owner's client."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        first = hosts[0]
        federation = load_federation(first.plan)
        self.coordinator = HostCoordinator(federation, config=first.config, prover=make_engine(first.config))
        self.identity = read_identity(first.tls, COORDINATOR, members_of(federation.plan))
        for host in hosts[1:]:
            share_circuits(first.config, host.config)

    def join(self, which: int, port: int, **more: str) -> HostClient:
        host = self.hosts[1 + which]
        listen = more.get("listen")
        return join_hosts(
            host.plan,
            host.name,
            board=f"https://127.0.0.1:{port}",
            tls=host.tls,
            listen=listen,
            config=host.config,
            prover=make_engine(host.config),
        )


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, failures


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("chain")
    yield start_devnet(home).rpc_url
    stop_devnet(home)


def numbers_in(path: Path, key: str = "values") -> list[int]:
    return list(json.loads(path.read_text())[key])


def forms(values: list[int]) -> list[bytes]:
    """How a run of numbers could look in plain: as JSON either way, or as fixed-size words of either order."""
    found = [json.dumps(values).encode(), ",".join(map(str, values)).encode(), json.dumps(values, indent=2).encode()]
    for size in (4, 5, 6, 7, 8, 16, 32):
        for order in ("little", "big"):
            found.append(b"".join(value.to_bytes(size, order, signed=True) for value in values))  # type: ignore[arg-type]
    return found


def test_a_round_across_hosts_ends_with_a_new_model_and_nothing_plain_on_the_wire(tmp_path: Path, chain: str) -> None:
    hosts = write_hosts(tmp_path, owners=OWNERS, rpc_url=chain)
    federation = Federation(hosts)
    coordinator = federation.coordinator
    with coordinator.opened_board(federation.identity, "127.0.0.1", 0) as server:
        wire = Wire(server.port)
        clients = [federation.join(n, wire.port) for n in range(OWNERS)]
        running = [in_thread(lambda client=client: client.take_part(1)) for client in clients]
        closed = coordinator.run_round()
        for thread, failures in running:
            thread.join(timeout=60)
            assert failures == []
        wire.close()
    assert closed.updates == OWNERS
    assert model_round(coordinator.site.chain, coordinator.ledger) == 1
    ledger = coordinator.ledger.address
    assert len(wire.seen) > 10_000
    for host in hosts[1:]:
        own = load_federation(host.plan)
        assert sorted(path.name for path in (own.root / "parties").iterdir()) == [host.name]
        update = numbers_in(own.update(host.name, ledger, 1))
        assert not any(form in wire.seen for form in forms(update[:3]))
        weights = list(own.weights(ledger, 0).values)
        assert weights[3:] == list(coordinator.federation.weights(ledger, 0).values)[3:]
        assert not any(form in wire.seen for form in forms(weights[-3:]))
        for path in own.root.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path
    assert not (load_federation(hosts[0].plan).root / "parties").exists(), "the coordinator has no update"
