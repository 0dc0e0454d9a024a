"""A member who sees another's registration on its way, and is faster: it takes a root, and stops nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import training_home
from zkchain.chain.registry import ContractAt
from zkchain.chain.training import act, client_of
from zkchain.config import Config
from zkchain.errors import TransactionReverted
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.site import open_site
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.folder import Federation, load_federation, read_openings
from zkchain.pipeline.training.notes import OPENINGS
from zkchain.pipeline.training.register import register_data
from zkchain.pipeline.training.setup import LEDGER, open_federation, registered_at, signer_of
from zkchain.solidity.artifacts import load_artifact
from zkchain.training.dataset import DataStatement
from zkchain.values import Address, Digest

need_training()


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    with training_home(tmp_path) as found:
        yield found


class Copyist:
    """Puts what `victim` is about to register on the ledger, from another member's account."""

    def __init__(self, federation: Federation, victim: str, accounts: list[int], config: Config) -> None:
        opened, plan = federation.opened(), federation.plan
        self._openings = federation.rounds(victim, opened.run) / OPENINGS
        self._ledger = ContractAt(opened.ledger, load_artifact(LEDGER).abi)
        self._site = open_site(plan.network, config, signing=False)
        self._left = [signer_of(plan, which, config) for which in accounts]
        self.taken: list[Digest] = []

    def __call__(self, line: str) -> None:
        if line.endswith(": registerData") and self._left:
            self.take(read_openings(self._openings).statement)

    def take(self, data: DataStatement) -> None:
        entry = [bytes.fromhex(data.root[2:]), data.batches, data.samples, data.uses, 0, bytes(32)]
        act(self._site.chain, self._left.pop(0), self._ledger, "registerData", entry)
        self.taken.append(data.root)

    def root_of(self, account: Address) -> Digest:
        return client_of(self._site.chain, self._ledger, account).root


def test_copied_roots_are_left_to_who_copied_them(tmp_path: Path, config: Config) -> None:
    """T18: as many members as there are may copy; each has then used its only registration up."""
    federation = load_federation(write_plan(tmp_path, aggregation="clear", private=False))
    opened = open_federation(federation, config=config, prover=make_engine(config)).opened
    copyist = Copyist(federation, "owner0", [1, 2], config)
    client = Client(federation, "owner0", config=config, prover=make_engine(config), report=copyist)
    root = client.register().statement.root
    assert len(copyist.taken) == 2
    assert len({root, *copyist.taken}) == 3
    assert copyist.root_of(signer_of(federation.plan, 0, config).address) == root
    assert read_openings(federation.rounds("owner0", opened.run) / OPENINGS).statement.root == root
    assert client.register().statement.root == root


def test_data_registered_beforehand_keep_their_root_until_they_are_registered_anew_as_the_error_says(
    tmp_path: Path, config: Config
) -> None:
    plan = write_plan(tmp_path, aggregation="clear", private=False)
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("data = 'owner0.csv'", "data = 'registered:owner0'"), encoding="utf-8")
    prover = make_engine(config)
    root = register_data(tmp_path / "owner0.csv", "owner0", plan, config=config, prover=prover).root
    federation = load_federation(plan)
    open_federation(federation, config=config, prover=prover)
    copyist = Copyist(federation, "owner0", [1, 2], config)
    with pytest.raises(TransactionReverted, match="RootTaken") as caught:
        Client(federation, "owner0", config=config, prover=prover, report=copyist).register()
    assert copyist.taken == [root]
    kept = registered_at(config, "owner0")
    assert f"move {kept} away, run zkchain train register DATA --as owner0" in caught.value.remedy
    kept.rename(kept.with_name("taken.json"))
    again = register_data(tmp_path / "owner0.csv", "owner0", plan, config=config, prover=prover).root
    assert again != root
    client = Client(federation, "owner0", config=config, prover=prover)
    assert client.register().statement.root == again
    assert copyist.root_of(signer_of(federation.plan, 0, config).address) == again
