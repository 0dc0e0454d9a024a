"""Sums that are not those of what was proved: who gave something else is named and shut out, and nobody else is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.chains import raw
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import parties_of, training_home
from zkchain.chain.training import LedgerEvent, act, basis_hash_of, client_of, ledger_events, round_of, updates_of
from zkchain.config import Config
from zkchain.errors import (
    BoardUntrue,
    ClientStruck,
    DisputesOff,
    NobodyToStrike,
    NotInDispute,
    OpeningWrong,
    RoundFailed,
    SumMatches,
    SumUnmatched,
    TransactionReverted,
)
from zkchain.files import parse_json, write_json
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.dispute_history import disputes_in
from zkchain.pipeline.training.setup import signer_of
from zkchain.pipeline.training.told import check_told
from zkchain.training.attribution import MOST_VALUES, basis_of, to_scalars
from zkchain.values import ZERO_DIGEST, address, keccak_of

need_training()

LIAR = 1
#: Seconds: time enough for proofs on a busy machine. A dispute waits as long as `submit`, so tests move the clock.
WINDOWS = "[windows]\njoin = 600\nnoise = 600\nsubmit = 900\nclose = 900\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """One home for all tests here, so that circuits are built once for each number of owners."""
    with training_home(tmp_path_factory.mktemp("disputes")) as found:
        yield found


class Parties:
    """A coordinator and its clients in one process, each with its own folder and account."""

    def __init__(self, folder: Path, config: Config, *, disputes: bool = True, **plan: object) -> None:
        extra = "disputes = true\n" * disputes + WINDOWS
        given = {"aggregation": "clear", **plan}
        self.coordinator, self.clients = parties_of(write_plan(folder, extra=extra, **given), config)  # type: ignore[arg-type]
        self.federation = self.coordinator.federation

    def step(self, clients: Sequence[Client] | None = None) -> None:
        for client in self.clients if clients is None else clients:
            client.step()

    def phase(self, number: int = 1) -> str:
        return round_of(self.coordinator.site.chain, self.coordinator.ledger, number).phase

    def prove_all(self) -> None:
        """Open a round and take every client to its proof."""
        self.coordinator.open_round()
        for _ in range(2):  # noise, proof
            self.step()

    def given(self, who: int, number: int = 1) -> Path:
        return self.federation.update(f"owner{who}", self.coordinator.opened.run, number)

    def lie(self, who: int = LIAR, number: int = 1) -> None:
        """Have an owner give the sum another vector than it proved."""
        values = parse_json(self.given(who, number).read_bytes())["values"]
        write_json(self.given(who, number), {"values": [values[0] + 1, *values[1:]]}, mode=0o600)

    def past_the_deadline(self, number: int = 1) -> None:
        """Move the devnet's clock past the deadline of the phase that a round is in."""
        chain = self.coordinator.site.chain
        deadline = round_of(chain, self.coordinator.ledger, number).deadline
        raw(chain.network.rpc_url, "evm_mine", deadline + 1)

    def all_events(self) -> tuple[LedgerEvent, ...]:
        return ledger_events(self.coordinator.site.chain, self.coordinator.ledger, self.coordinator.opened.block)

    def events(self, name: str) -> list[str]:
        """Owners of whom the ledger said so."""
        members = list(self.coordinator.opened.members)
        found = [event.fields["client"] for event in self.all_events() if event.name == name]
        return sorted(f"owner{members.index(address(client))}" for client in found)

    def enrolled(self) -> list[bool]:
        chain, ledger = self.coordinator.site.chain, self.coordinator.ledger
        return [client_of(chain, ledger, one).enrolled for one in self.coordinator.opened.members]


def test_one_who_gave_the_sum_something_else_is_named_and_the_others_go_on(tmp_path: Path, config: Config) -> None:
    """By multi-party computation, where nobody but the owner sees a summand."""
    parties = Parties(tmp_path, config, name="named", owners=4, quorum=3, rounds=2, aggregation="mpc")
    parties.prove_all()
    parties.lie()
    first = parties.coordinator.run_round(parties.step)
    assert (first.disputed, first.struck, first.named, first.updates) == (True, (), ("owner1",), 4)
    assert parties.enrolled() == [True, False, True, True]
    assert parties.events("UpdateRevealed") == ["owner0", "owner1", "owner2", "owner3"]
    with pytest.raises(ClientStruck):
        parties.clients[LIAR].step()
    honest = [client for n, client in enumerate(parties.clients) if n != LIAR]
    second = parties.coordinator.run_round(lambda: parties.step(honest))
    assert (second.disputed, second.named, second.updates) == (False, (), 3)
    assert parties.coordinator.done == 2
    assert parties.coordinator.gone() == {"owner1"}
    (case,) = disputes_in(parties.all_events())
    members = parties.coordinator.opened.members
    assert (case.round, case.struck, case.expelled, case.outcome) == (1, (), (members[LIAR],), "closed")
    assert set(case.revealed) == set(members)


@pytest.mark.slow
def test_who_does_not_answer_or_cannot_is_struck_after_the_deadline(tmp_path: Path, config: Config) -> None:
    """Owner 1 lies and keeps silent; owner 2 has lost what it proved; each thing that comes too early is refused."""
    parties = Parties(tmp_path, config, name="struck", owners=4, quorum=2)
    coordinator, clients = parties.coordinator, parties.clients
    for call in (clients[0].reveal, coordinator.strike):
        with pytest.raises(NotInDispute):
            call()
    with pytest.raises(RoundFailed, match="phase none"):
        coordinator.dispute()
    parties.prove_all()
    with pytest.raises(SumMatches):
        coordinator.dispute()
    with pytest.raises(NotInDispute, match="phase submit"):
        clients[0].reveal()
    parties.lie()
    disputed = coordinator.dispute()
    assert (disputed.round, parties.phase()) == (1, "reveal")
    assert sorted(disputed.clients) == ["owner0", "owner1", "owner2", "owner3"]
    with pytest.raises(RoundFailed, match="phase reveal"):
        coordinator.dispute()
    with pytest.raises(TransactionReverted) as early:
        coordinator.strike()
    assert early.value.facts["error"] == "TooEarly"

    plain = replace(parties.federation, plan=replace(parties.federation.plan, disputes=False))
    with pytest.raises(DisputesOff):  # a ledger that asks is no reason to disclose what the plan does not ask for
        Client(plain, "owner0", config=config, prover=make_engine(config)).step()
    with pytest.raises(BoardUntrue, match="the plan has no disputes"):
        check_told(plain, coordinator.opened.to_json(), 0, config=config)

    shown = clients[0].reveal()
    assert shown.values == coordinator.circuits.layout.update_length
    assert shown.gas < 2**24 * shown.values / MOST_VALUES, "or an update that may be revealed could not be"
    assert shown.epsilon is not None
    assert shown.epsilon > 0
    with pytest.raises(NotInDispute, match="nothing to reveal"):
        clients[0].reveal()
    forget(parties, 2)
    with pytest.raises(OpeningWrong):
        clients[2].reveal()
    assert clients[3].step(), "a client that takes part answers by itself"

    parties.past_the_deadline()
    with pytest.raises(TransactionReverted) as late:
        clients[1].reveal()
    assert late.value.facts["error"] == "TooLate"
    closed = coordinator.run_round()  # which takes the dispute up
    assert (closed.disputed, sorted(closed.struck), closed.named, closed.updates) == (
        True,
        ["owner1", "owner2"],
        (),
        2,
    )
    assert parties.events("ClientStruck") == ["owner1", "owner2"]
    assert parties.enrolled() == [True, False, False, True]
    (case,) = disputes_in(parties.all_events())
    assert (len(case.revealed), len(case.struck), case.expelled, case.outcome) == (2, 2, (), "closed")


def test_the_ledger_refuses_another_update_than_was_proved(tmp_path: Path, config: Config) -> None:
    """And when too few are left, the round ends without a new model, and no other one is begun."""
    parties = Parties(tmp_path, config, name="alone", owners=3)
    coordinator, chain, ledger = parties.coordinator, parties.coordinator.site.chain, parties.coordinator.ledger
    parties.prove_all()
    parties.lie()
    coordinator.dispute()
    parties.step([parties.clients[0], parties.clients[2]])
    liar = parties.clients[LIAR]
    mine = client_of(chain, ledger, coordinator.opened.members[LIAR])
    values = parse_json(parties.given(LIAR).read_bytes())["values"]
    proved = updates_of(parties.all_events(), 1)
    (point,) = [
        one.fields["updatePoints"] for one in proved if keccak_of(one.fields["updatePoints"]) == mine.commitment
    ]
    basis = basis_of(coordinator.circuits, make_engine(config))
    signer = signer_of(parties.federation.plan, LIAR, config)
    for basis_given, error in ((basis, "WrongOpening"), (basis[64:] + basis[:64], "WrongBasis")):
        with pytest.raises(TransactionReverted) as caught:
            act(chain, signer, ledger, "reveal", [1, point, list(to_scalars(values)), basis_given])
        assert caught.value.facts["error"] == error
    parties.past_the_deadline()
    assert coordinator.strike().owners == ("owner1",)
    with pytest.raises(NobodyToStrike):
        coordinator.strike()
    with pytest.raises(ClientStruck):
        liar.step()
    with pytest.raises(RoundFailed, match="owner1 did not reveal"):
        coordinator.run_round()
    assert (parties.phase(), coordinator.done) == ("aborted", 0)
    (case,) = disputes_in(parties.all_events())
    assert case.outcome == "aborted"
    with pytest.raises(RoundFailed, match="2 owners are left"):
        coordinator.run_round()


def test_a_federation_without_disputes_says_that_the_sum_does_not_match_and_asks_nobody(
    tmp_path: Path, config: Config
) -> None:
    parties = Parties(tmp_path, config, name="quiet", owners=3, disputes=False)
    coordinator, chain, ledger = parties.coordinator, parties.coordinator.site.chain, parties.coordinator.ledger
    assert basis_hash_of(chain, ledger) == ZERO_DIGEST
    parties.prove_all()
    honest = parties.given(LIAR).read_bytes()
    parties.lie()
    with pytest.raises(SumUnmatched):
        coordinator.run_round()
    for call in (coordinator.dispute, coordinator.strike, parties.clients[0].reveal):
        with pytest.raises(DisputesOff):
            call()
    with pytest.raises(TransactionReverted) as caught:
        act(chain, signer_of(parties.federation.plan, -1, config), ledger, "dispute", [1])
    assert caught.value.facts["error"] == "RevealNotSupported"
    write_json(parties.given(LIAR), parse_json(honest), mode=0o600)
    closed = coordinator.run_round()
    assert (closed.disputed, closed.updates) == (False, 3)
    assert disputes_in(parties.all_events()) == ()


def forget(parties: Parties, who: int) -> None:
    """Have an owner keep another update than it proved."""
    path = parties.given(who).with_name("round-0001.proof.json")
    kept = parse_json(path.read_bytes())
    write_json(path, {**kept, "update": [kept["update"][0] + 1, *kept["update"][1:]]}, mode=0o600)
