"""A federation across hosts, as far as folders, homes and TLS on loopback can be hosts: only the chain is shared."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.extras import need_training
from tests.support.hosts import Host, write_hosts
from tests.support.ledgers import Laid, publish_first
from tests.support.wire import Wire
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.training import ledger_events, model_round, round_of
from zkchain.errors import BoardUnreachable, BoardUntrue, BridgeBroken, PartyFailed, RoundFailed, SumUnmatched
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.bridging import BridgeGuard
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.foreign_bridges import ForeignBridges
from zkchain.pipeline.training.hosts import HostCoordinator, members_of
from zkchain.pipeline.training.hosts_client import HostClient, join_hosts
from zkchain.pipeline.training.register import Terms, register_hashed
from zkchain.pipeline.training.setup import find_federation, open_federation
from zkchain.pipeline.training.trace import trace_model
from zkchain.pipeline.training.trace_source import NamedLedger
from zkchain.pipeline.training.verify import verify_plan
from zkchain.training.bridge import Bridge
from zkchain.training.hosts.caller import BoardCaller
from zkchain.training.hosts.identity import COORDINATOR, make_member, read_identity
from zkchain.training.hosts.server import Answer, Asked, BoardServer
from zkchain.training.lineage import Traced
from zkchain.values import Digest, digest

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


def test_every_member_looks_at_the_bridges_of_all_others(federation: Federation) -> None:
    """Fetched while they took part; each checks what it has with its own circuits, and so does who audits there."""
    shown = federation.plan.bridge("owner0").read_bytes()
    model_id = published(federation)
    for host in federation.hosts[1:]:
        own = load_federation(host.plan)
        assert own.bridge("owner0").read_bytes() == shown
        assert [path.name for path in own.root.joinpath("bridges").iterdir()] == ["owner0.json"]
        checked = verify_plan(host.plan, config=host.config, prover=make_engine(host.config))
        assert checked.good
        assert [one.who for one in checked.checks if one.what == "data bridge"] == [own.opened().members[0]]
    traced = audited(federation, federation.hosts[3], model_id)
    assert (traced.problems, traced.setup) == ((), "compared")
    (found,) = (one for one in traced.data if one.commitment == "poseidon")
    assert found.registered is not None
    assert found.registered.root == Bridge.from_json(json.loads(shown)).statement.root


def published(federation: Federation) -> Digest:
    """A version of what was trained, which the ledger links."""
    coordinator, first = federation.coordinator, federation.hosts[0]
    standing = find_federation(federation.plan, config=first.config, prover=make_engine(first.config))
    trained = Laid(standing=standing, first=federation.plan.weights(coordinator.opened.run, 1))
    return publish_first(trained, first.config, make_engine(first.config), "trained", owner=7)


def audited(federation: Federation, host: Host, model_id: Digest) -> Traced:
    """An audit on a member's host, which has the plan's folder and no deployment records."""
    assert not host.config.deployments.exists()
    named = NamedLedger(address=federation.coordinator.opened.ledger)
    prover = make_engine(host.config)
    return trace_model(model_id, "shared", config=host.config, prover=prover, plan=host.plan, named=named)


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


def test_the_board_shows_members_what_owners_promised_to_show_and_nothing_else(federation: Federation) -> None:
    def status(path: str, *, post: bool = False) -> int:
        asked = Asked(name="owner2", post=post, path=path, body=b"{}")
        return federation.coordinator._board.answer(asked).status

    assert [status(f"/bridge/owner0/{number}") for number in ("0", "1", "2", "9" * 30)] == [200, 200, 404, 404]
    wrong = ("owner1/0", "nobody/0", "../owner0/0", "owner0/x", "owner0/-1", "owner0", "owner0/0/0", "%6fwner0/0", "/0")
    assert {status(f"/bridge/{path}") for path in wrong} == {404}
    assert status("/bridge/owner0/0", post=True) == 404


def first_proof(told: dict[str, Any], change: Callable[[bytes], bytes]) -> None:
    batch = told["batches"][0]
    batch["proof"] = "0x" + change(bytes.fromhex(batch["proof"][2:])).hex()


#: What a board can show instead, and what everybody who checks says then.
FORGED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "proof": (lambda told: first_proof(told, lambda proof: proof[:-1] + bytes([proof[-1] ^ 1])), "does not hold"),
    "cut": (lambda told: first_proof(told, lambda proof: proof[:64]), "does not hold"),
    "point": (lambda told: first_proof(told, lambda proof: bytes(64) + proof[64:]), "other commitments"),
    "empty": (lambda told: first_proof(told, lambda _: b""), "other commitments"),
    "hash": (lambda told: told["batches"][0].update(hash="0x" + "00" * 31 + "07"), "other hashes"),
    "root": (lambda told: told["statement"].update(root="0x" + "11" * 32), "has not registered"),
    "samples": (lambda told: told["statement"].update(samples=7), "has not registered"),
    "registry": (lambda told: told.update(registry="0x" + "22" * 20), "has not registered"),
    "batches": (lambda told: told["statement"].update(batches=1), "shows no bridge"),
    "many": (lambda told: told["statement"].update(batches=2**200), "shows no bridge"),
    "two": (lambda told: told["batches"].append(told["batches"][0]), "shows no bridge"),
    "none": (lambda told: told["batches"].clear(), "shows no bridge"),
    "form": (lambda told: told.pop("registry"), "shows no bridge"),
    "more": (lambda told: told.update(more=1), "shows no bridge"),
    "hex": (lambda told: told["batches"][0].update(proof="0xzz"), "shows no bridge"),
    "type": (lambda told: told.update(batches=[5]), "shows no bridge"),
}


class Member:
    """What one member has of another's data, and what it says of it."""

    def __init__(self, federation: Federation, host: Host) -> None:
        self.host, self.prover = host, make_engine(host.config)
        self.standing = find_federation(load_federation(host.plan), config=host.config, prover=self.prover)
        self.path = self.standing.federation.bridge("owner0")
        self.identity = read_identity(host.tls, host.name, members_of(federation.plan.plan))
        self.said: list[str] = []

    def fetch(self, port: int) -> None:
        """As a process of its own does that takes part."""
        caller = BoardCaller(f"https://127.0.0.1:{port}", self.identity, most_bytes=1 << 17, patience=1)
        others = ForeignBridges(
            self.standing, self.host.name, caller, prover=self.prover, report=lambda text, share=None: self.note(text)
        )
        others.fetch_once(1)
        others.fetch_once(1)

    def note(self, text: str) -> None:
        self.said.append(text)

    def refused(self) -> str:
        guard = BridgeGuard(self.standing, prover=self.prover)
        with pytest.raises(BridgeBroken) as caught:
            guard.registration(self.standing.opened.members[0])
        return caught.value.message


@pytest.fixture(scope="module")
def member(federation: Federation) -> Member:
    return Member(federation, federation.hosts[2])


@pytest.mark.parametrize("which", FORGED)
def test_a_forged_bridge_that_a_board_shows_is_a_check_that_fails(
    federation: Federation, member: Member, which: str
) -> None:
    change, says = FORGED[which]
    honest = member.path.read_bytes()
    with lying(federation, "/bridge/", change) as port:
        member.fetch(port)
        assert member.path.read_bytes() == honest, "what holds is not replaced"
        member.path.unlink()
        member.fetch(port)
        assert says in member.refused()
        assert member.path.exists() == (says != "shows no bridge")
    with federation.coordinator.opened_board(federation.identity, "127.0.0.1", 0) as server:
        member.fetch(server.port)
    assert member.path.read_bytes() == honest
    assert member.path.stat().st_mode & 0o077 == 0


def test_verifying_and_auditing_name_a_forged_bridge_and_go_on(federation: Federation, member: Member) -> None:
    host, honest = member.host, member.path.read_bytes()
    member.path.unlink()
    try:
        with lying(federation, "/bridge/", FORGED["proof"][0]) as port:
            member.fetch(port)
        checked = verify_plan(host.plan, config=host.config, prover=member.prover)
        traced = audited(federation, host, linked(federation))
    finally:
        member.path.write_bytes(honest)
    assert not checked.good
    assert [one.what for one in checked.checks if not one.holds] == ["data bridge"]
    assert traced.problems == ("the bridge of owner0 does not hold: the proof of batch 0 does not hold",)
    assert {one.commitment for one in traced.data} == {"kzg"}


def linked(federation: Federation) -> Digest:
    """The version that was published before."""
    events = ledger_events(federation.coordinator.site.chain, federation.coordinator.ledger, 0)
    (event,) = (one for one in events if one.name == "ModelLinked")
    return digest(f"0x{event.fields['modelId']:064x}")


def test_a_board_that_is_away_or_has_too_much_to_say_is_reported(federation: Federation, member: Member) -> None:
    """Nothing is lost by it: a round goes on, and the board is asked again later."""
    honest = member.path.read_bytes()
    with lying(federation, "/bridge/", lambda told: told.update(more="x" * (1 << 18))) as port:
        member.fetch(port)
    member.fetch(port)
    away = [text for text in member.said if text.startswith("no bridges of others yet")]
    assert len(away) == 2
    assert "more than 131,072 bytes" in away[0]
    assert member.path.read_bytes() == honest


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
