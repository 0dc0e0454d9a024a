"""A federation across hosts, as far as folders, homes and TLS on loopback can be hosts: only the chain is shared."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.hosts import Host, write_hosts
from tests.support.wire import Wire
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.training import model_round, round_of
from zkchain.errors import BoardUnreachable, BoardUntrue, PartyFailed, RoundFailed, SumUnmatched
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.hosts import HostCoordinator, members_of
from zkchain.pipeline.training.hosts_client import HostClient, join_hosts
from zkchain.pipeline.training.register import Terms, register_hashed
from zkchain.pipeline.training.setup import open_federation
from zkchain.training.bridge import Bridge
from zkchain.training.hosts.identity import COORDINATOR, make_member, read_identity
from zkchain.training.hosts.server import Answer, Asked, BoardServer

need_training()

OWNERS = 3
#: Long enough to prove on a busy machine; a sum that fails is given up soon after.
WINDOWS = "[windows]\nsubmit = 60\nclose = 5\n"


class Federation:
    """The coordinator, and what each owner needs to join it."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        first = hosts[0]
        self.plan = load_federation(first.plan)
        prover = make_engine(first.config)
        standing = open_federation(self.plan, config=first.config, prover=prover)
        self.coordinator = HostCoordinator(standing, config=first.config, prover=prover)
        self.identity = read_identity(first.tls, COORDINATOR, members_of(self.plan.plan))

    def join(self, which: int, port: int) -> HostClient:
        return join(self.hosts[1 + which], port)


def join(host: Host, port: int) -> HostClient:
    return join_hosts(
        host.plan,
        host.name,
        board=f"https://127.0.0.1:{port}",
        tls=host.tls,
        listen=None,
        config=host.config,
        prover=make_engine(host.config),
    )


class Work(threading.Thread):
    """What somebody does meanwhile; `ended` raises what went wrong."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._failures: list[BaseException] = []
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._failures.append(error)

    def check(self) -> None:
        for error in self._failures:
            raise error

    def ended(self) -> None:
        self.join(timeout=120)
        assert not self.is_alive()
        self.check()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("chain")
    yield start_devnet(home).rpc_url
    stop_devnet(home)


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory, chain: str) -> Federation:
    """Its first owner had registered its data before, by hashes; no other host has them."""
    hosts = write_hosts(tmp_path_factory.mktemp("hosts"), owners=OWNERS, rpc_url=chain)
    for host in hosts:
        text = host.plan.read_text(encoding="utf-8")
        hashed = "data = 'registered:early'\ncommitment = 'poseidon'"
        host.plan.write_text(text.replace("data = 'owner0.csv'", hashed), encoding="utf-8")
    first = hosts[1]
    terms = Terms(batch=4, scale=10, targets=1, network="shared", signer="dev:1")
    prover = make_engine(first.config)
    register_hashed(first.folder / "owner0.csv", "early", terms, config=first.config, prover=prover)
    return Federation(hosts)


def numbers_in(path: Path) -> list[int]:
    return list(json.loads(path.read_text())["values"])


def forms(values: list[int]) -> list[bytes]:
    """How a run of numbers could look in plain: as JSON of any layout, or as words of any size and order."""
    found = [json.dumps(values)[1:-1].encode(), ",".join(map(str, values)).encode()]
    found += [b"".join(value.to_bytes(size, "little", signed=True) for value in values) for size in (4, 6, 8, 16, 32)]
    found += [b"".join(value.to_bytes(size, "big", signed=True) for value in values) for size in (4, 6, 8, 16, 32)]
    return found


#: Files in which an owner keeps what nobody else may see.
KEPT = ("data", "round-0001.noise", "round-0001.secrets")


def test_a_round_across_hosts_ends_with_a_new_model_and_nothing_plain_on_the_wire(federation: Federation) -> None:
    coordinator, hosts = federation.coordinator, federation.hosts
    with coordinator.opened_board(federation.identity, "127.0.0.1", 0) as server:
        wire = Wire(server.port)
        clients = [federation.join(n, wire.port) for n in range(OWNERS)]
        works = [Work(lambda client=client: client.take_part(1)) for client in clients]  # type: ignore[misc]
        closed = coordinator.run_round(lambda: [work.check() for work in works] and None)
        for work in works:
            work.ended()
        wire.close()
    assert closed.updates == OWNERS
    assert model_round(coordinator.site.chain, coordinator.ledger) == 1
    run, seen = coordinator.opened.run, wire.seen
    assert len(seen) > 10_000
    for host in hosts[1:]:
        own = load_federation(host.plan)
        assert [path.name for path in (own.root / "parties").iterdir()] == [host.name]
        update, weights = numbers_in(own.update(host.name, run, 1)), list(own.weights(run, 0).values)
        assert weights == list(federation.plan.weights(run, 0).values)
        kept = {name: json.loads((own.rounds(host.name, run) / f"{name}.json").read_text()) for name in KEPT}
        data, noise = kept["data"]["vectors"][0], kept["round-0001.noise"]["vectors"]
        for secret in (update[:3], update[-3:], weights[-3:], data[:3], data[-3:], *(one[:3] for one in noise)):
            assert not any(form in seen for form in forms(secret))
        for opener in (*kept["round-0001.secrets"]["secrets"], *kept["round-0001.noise"]["secrets"]):
            assert opener.removeprefix("0x").encode() not in seen
            assert bytes.fromhex(opener.removeprefix("0x")) not in seen
        assert all(path.stat().st_mode & 0o077 == 0 for path in own.root.rglob("*"))
    assert not (federation.plan.root / "parties").exists(), "the coordinator has nobody's update"
    shown, kept = federation.plan.bridge("owner0"), load_federation(hosts[1].plan).bridge("owner0")
    assert shown.read_bytes() == kept.read_bytes()
    coordinator._bridges.expect()
    assert {member: coordinator._bridges.registration(member).root for member in coordinator._bridges.members} == {
        coordinator.opened.members[0]: Bridge.from_json(json.loads(shown.read_text())).statement.root
    }


@contextmanager
def handing_in(federation: Federation, sums: dict[str, list[int]]) -> Iterator[None]:
    """The clients of the first round hand these in when they are called."""
    board = federation.coordinator._board

    def ask(name: str, path: str, body: object = None) -> Answer:
        post = body is not None
        return board.answer(Asked(name=name, post=post, path=path, body=json.dumps(body).encode() if post else b""))

    def hand_in() -> None:
        for name, values in sums.items():
            while (called := ask(name, "/sum")).status != 200 or json.loads(called.body)["stage"] == "over":
                time.sleep(0.05)
            attempt = json.loads(called.body)["attempt"]
            assert ask(name, f"/sum/{attempt}/place", {"host": "127.0.0.1", "port": 9}).status == 200
            assert ask(name, f"/sum/{attempt}/opened", {"values": values}).status == 200

    clients = Work(hand_in)
    yield
    clients.ended()


def test_the_sum_that_the_ledger_confirms_counts_whoever_hands_in_another(federation: Federation) -> None:
    """Of the round that was closed before, whose sum is known here; two against one are in the wrong."""
    run, owners = federation.coordinator.opened.run, federation.hosts[1:]
    updates = [numbers_in(load_federation(host.plan).update(host.name, run, 1)) for host in owners]
    true = [sum(column) for column in zip(*updates, strict=True)]
    false = [true[0] + 1, *true[1:]]
    said: list[str] = []
    federation.coordinator._report = lambda message, share=None: said.append(message)
    with handing_in(federation, {"owner0": false, "owner1": true, "owner2": false}):
        assert federation.coordinator.total(1) == tuple(true)
    assert "round 1: owner0, owner2 handed in another sum than that of what was proved" in said
    with (
        handing_in(federation, {"owner0": false, "owner1": [0] * len(true), "owner2": false}),
        pytest.raises(PartyFailed, match="one sum by owner0, owner2; one sum by owner1") as failed,
    ):
        federation.coordinator._attempt(1, ["owner0", "owner1", "owner2"], 60)
    assert [list(names) for names in failed.value.facts["parties"]] == [["owner0", "owner2"], ["owner1"]]


def test_a_wrong_sum_that_all_opened_is_refused_and_says_that_nobody_is_named(federation: Federation) -> None:
    false = [1] * federation.coordinator.circuits.layout.update_length
    with (
        handing_in(federation, {"owner0": false, "owner1": false, "owner2": false}),
        pytest.raises(SumUnmatched, match="who gave something else is not known") as unmatched,
    ):
        federation.coordinator._agreed(1, lambda: None)
    assert "across hosts nobody is named" in unmatched.value.remedy
    assert "disputes" not in unmatched.value.remedy


def test_nobody_shows_a_bridge_for_another_and_the_board_keeps_no_other_thing(federation: Federation) -> None:
    path = federation.plan.bridge("owner0")
    before, part = path.read_bytes(), json.loads(path.read_text())
    first = {**part, "batches": part["batches"][:1]}

    def told(name: str, number: str, body: object) -> int:
        asked = Asked(name=name, post=True, path=f"/bridge/{number}", body=json.dumps(body).encode())
        return federation.coordinator._board.answer(asked).status

    assert told("owner0", "0", first) == told("owner0", "1", {**part, "batches": part["batches"][1:]}) == 200
    assert [told(name, "0", first) for name in ("owner1", COORDINATOR, "nobody")] == [403, 403, 403]
    assert [told("owner0", number, first) for number in ("2", "99999", "x", "-1")] == [400, 400, 404, 404]
    assert [told("owner0", "0", body) for body in (part, [], {}, {**first, "more": 1})] == [400] * 4
    assert path.read_bytes() == before
    assert not federation.plan.bridge("owner1").exists()


@contextmanager
def lying(federation: Federation, path: str, change: Callable[[dict[str, object]], object]) -> Iterator[int]:
    """The coordinator's board, whose answers at `path` are not what they should be."""

    def answer(asked: Asked) -> Answer:
        honest = federation.coordinator._board.answer(asked)
        if not asked.path.startswith(path) or honest.status != 200:
            return honest
        told = json.loads(honest.body)
        change(told)
        return Answer.of(told)

    with BoardServer(federation.identity, "127.0.0.1", 0, most_bytes=1 << 20, answer=answer) as server:
        yield server.port


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda told: told.update(plan="0x" + "11" * 32), "another plan"),
        (lambda told: told["noise"].update(deviation=0.0), "other noise"),
        (lambda told: told.update(ledger=told["members"][0]), "no training ledger"),
        (lambda told: told.update(members=told["members"][::-1]), "not the account that is enrolled"),
        (lambda told: told.update(members=told["members"][:1]), "other members"),
        (lambda told: told.pop("noise"), "what no coordinator writes"),
    ],
    ids=["plan", "noise", "ledger", "members", "fewer", "form"],
)
def test_a_board_that_lies_about_the_federation_is_noticed(
    federation: Federation, change: Callable[[dict[str, object]], object], says: str
) -> None:
    with lying(federation, "/federation", change) as port, pytest.raises(BoardUntrue, match=says):
        federation.join(0, port)


def test_a_board_that_tells_other_weights_is_noticed(federation: Federation) -> None:
    def change(told: dict[str, object]) -> None:
        values = told["values"]
        assert isinstance(values, list)
        values[0] += 1

    with lying(federation, "/weights/0", change) as port, pytest.raises(BoardUntrue, match="the plan's seed gives"):
        federation.join(0, port)
    with lying(federation, "/weights/1", change) as port:
        client = federation.join(0, port)
        with pytest.raises(RoundFailed, match="not those that the ledger holds"):
            client.weights(2)
    with lying(federation, "/weights/1", lambda told: told.update(round=7)) as port:
        client = federation.join(0, port)
        with pytest.raises(BoardUntrue, match="after round 7"):
            client.weights(2)


def test_a_ledger_that_was_set_up_otherwise_than_the_plan_is_noticed(federation: Federation, tmp_path: Path) -> None:
    """The board says that it is of this owner's plan, and the ledger is of another one."""
    host = federation.hosts[1]
    other = replace(host, folder=tmp_path)
    shutil.copytree(host.tls, other.tls)
    other.plan.write_text(host.plan.read_text().replace("[[owners]]", "[windows]\njoin = 601\n[[owners]]", 1))
    shutil.copy(host.folder / "zkchain.toml", tmp_path)
    digest = load_federation(other.plan).digest
    with (
        lying(federation, "/federation", lambda told: told.update(plan=digest)) as port,
        pytest.raises(BoardUntrue, match="joinSeconds: the ledger has 600, the plan says 601"),
    ):
        join(other, port)


def test_a_stranger_to_the_federation_is_told_nothing(federation: Federation, tmp_path: Path) -> None:
    host = federation.hosts[1]
    stranger = replace(host, folder=tmp_path)
    shutil.copytree(host.tls, stranger.tls)
    for name in ("pem", "key"):
        (stranger.tls / f"{host.name}.{name}").unlink()
    make_member(stranger.tls, host.name, "tests")
    shutil.copy(host.plan, stranger.plan)
    with (
        federation.coordinator.opened_board(federation.identity, "127.0.0.1", 0) as server,
        pytest.raises(BoardUnreachable),
    ):
        join(stranger, server.port)
    assert not load_federation(stranger.plan).root.exists()


def test_a_board_is_away_from_when_it_was_first_found_so(federation: Federation) -> None:
    """For most of a round nobody asks it: that time does not count, nor that of another round's sum."""
    with federation.coordinator.opened_board(federation.identity, "127.0.0.1", 0) as server:
        client = federation.join(0, server.port)
    client._caller.patience = 0.5
    time.sleep(0.6)
    assert client._called_now(2) is None
    time.sleep(0.6)
    assert client._called_now(3) is None
    with pytest.raises(BoardUnreachable):
        client._called_now(2)


@pytest.mark.slow
def test_one_who_submits_and_vanishes_ends_the_round_by_name_and_the_next_one_is_closed(
    tmp_path: Path, chain: str
) -> None:
    federation = Federation(write_hosts(tmp_path, owners=OWNERS, rpc_url=chain, extra=WINDOWS, attempts=2))
    coordinator = federation.coordinator
    site, ledger = coordinator.site.chain, coordinator.ledger
    with coordinator.opened_board(federation.identity, "127.0.0.1", 0) as server:
        clients = [federation.join(n, server.port) for n in range(OWNERS)]

        def vanish() -> None:
            """Prove and submit like any other, and be gone when updates are to be summed."""
            clients[2].register()
            while round_of(site, ledger, 1).phase != "aborted":
                if not Client.step(clients[2]):
                    time.sleep(0.2)

        works = [Work(lambda client=client: client.take_part(1)) for client in clients[:2]]  # type: ignore[misc]
        third = Work(vanish)
        with pytest.raises(RoundFailed, match=r"round 1 was aborted, because its sum failed: .*owner2"):
            coordinator.run_round(lambda: [work.check() for work in (*works, third)] and None)
        third.ended()
        assert coordinator.was_aborted()
        assert model_round(site, ledger) == 0
        works.append(Work(lambda: clients[2].take_part(1)))
        closed = coordinator.run_round(lambda: [work.check() for work in works] and None)
        for work in works:
            work.ended()
    assert (closed.round, closed.updates, model_round(site, ledger)) == (2, OWNERS, 2)
