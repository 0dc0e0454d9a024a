"""Sums that are not those of what was proved: who gave something else is named and shut out, and nobody else is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.training import client_of, ledger_events, model_round, round_of
from zkchain.config import Config, read_config
from zkchain.errors import (
    ClientStruck,
)
from zkchain.files import parse_json, write_json
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import load_federation

need_training()

OWNERS, QUORUM, LIAR = 4, 3, 1
#: Seconds: `submit` is also how long a dispute waits for answers, so a client that gives none costs as much.
WINDOWS = "[windows]\njoin = 60\nnoise = 60\nsubmit = 30\nclose = 600\n"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    found = read_config({"ZKCHAIN_HOME": str(tmp_path / "home")}, cwd=tmp_path)
    yield found
    stop_devnet(found.home)


class Parties:
    """A coordinator and its clients in one process, each with its own folder and account."""

    def __init__(self, folder: Path, config: Config, *, disputes: bool = True, **plan: object) -> None:
        extra = "disputes = true\n" * disputes + WINDOWS
        given = {"owners": OWNERS, "quorum": QUORUM, "aggregation": "mpc", "rounds": 2, **plan}
        self.federation = load_federation(write_plan(folder, extra=extra, **given))  # type: ignore[arg-type]
        prover = make_engine(config)
        self.coordinator = Coordinator(self.federation, config=config, prover=prover)
        names = [owner.name for owner in self.federation.plan.owners]
        self.clients = [Client(self.federation, name, config=config, prover=prover) for name in names]
        for client in self.clients:
            client.register()

    def step(self, clients: Sequence[Client] | None = None) -> None:
        for client in self.clients if clients is None else clients:
            client.step()

    def phase(self, number: int = 1) -> str:
        return round_of(self.coordinator.site.chain, self.coordinator.ledger, number).phase

    def prove_all(self) -> None:
        """Open a round and take every client to its proof."""
        self.coordinator.open_round()
        for _ in range(3):  # join, noise, proof
            self.step()

    def given(self, who: int, number: int = 1) -> Path:
        return self.federation.update(f"owner{who}", self.coordinator.ledger.address, number)

    def lie(self, who: int = LIAR, number: int = 1) -> None:
        """Have an owner give the sum another vector than it proved."""
        values = parse_json(self.given(who, number).read_bytes())["values"]
        write_json(self.given(who, number), {"values": [values[0] + 1, *values[1:]]}, mode=0o600)

    def events(self, name: str) -> list[str]:
        chain, ledger = self.coordinator.site.chain, self.coordinator.ledger
        found = ledger_events(chain, ledger, self.coordinator.opened.block)
        members = list(self.coordinator.opened.members)
        return sorted(f"owner{members.index(event.fields['client'])}" for event in found if event.name == name)

    def enrolled(self) -> list[bool]:
        chain, ledger = self.coordinator.site.chain, self.coordinator.ledger
        return [client_of(chain, ledger, one).enrolled for one in self.coordinator.opened.members]


def test_one_who_gave_the_sum_something_else_is_named_and_the_others_go_on(tmp_path: Path, config: Config) -> None:
    parties = Parties(tmp_path, config)
    parties.prove_all()
    parties.lie()
    first = parties.coordinator.run_round(parties.step)
    assert (first.disputed, first.struck, first.named, first.updates) == (True, (), ("owner1",), OWNERS)
    assert parties.enrolled() == [True, False, True, True]
    assert parties.events("ClientStruck") == []
    assert parties.events("UpdateRevealed") == [f"owner{n}" for n in range(OWNERS)]
    honest = [client for n, client in enumerate(parties.clients) if n != LIAR]
    with pytest.raises(ClientStruck):
        parties.clients[LIAR].step()
    second = parties.coordinator.run_round(lambda: parties.step(honest))
    assert (second.disputed, second.named, second.updates) == (False, (), QUORUM)
    assert model_round(parties.coordinator.site.chain, parties.coordinator.ledger) == 2
    assert parties.coordinator.gone() == {"owner1"}
