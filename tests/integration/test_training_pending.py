"""What a party that was killed had sent, and no block has taken yet: it is waited for, and not sent again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.chains import need, raw
from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.parties import training_home
from zkchain.chain.abi import encode_call
from zkchain.chain.devnet import start_devnet
from zkchain.chain.registry import ContractAt
from zkchain.chain.signer import Signer
from zkchain.chain.training import client_of, current_round
from zkchain.chain.tx.entry import Intent
from zkchain.chain.tx.manager import open_manager
from zkchain.config import Config
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import Standing, open_federation, signer_of

need_training()

pytestmark = pytest.mark.anvil
#: Long enough for whoever would send another transaction meanwhile.
HELD_SECONDS = 2.0


@dataclass(frozen=True)
class Parties:
    """A federation on a chain that makes blocks only when it is asked to."""

    standing: Standing
    config: Config
    url: str

    def signer(self, who: int) -> Signer:
        return signer_of(self.standing.federation.plan, who, self.config)

    @property
    def ledger(self) -> ContractAt:
        return self.standing.ledger

    def nonce(self, who: int) -> int:
        return self.standing.site.chain.nonce(self.signer(who).address)

    @contextmanager
    def left(self, who: int, function: str, arguments: list[object]) -> Iterator[None]:
        """A call that is sent and not waited for, as by a process that was killed; a block takes it a while later."""
        data = encode_call(self.ledger.abi, function, arguments)
        raw(self.url, "evm_setAutomine", False)
        with open_manager(self.standing.site.chain, self.signer(who)) as manager:
            manager.submit([Intent(to=self.ledger.address, data=data)])
        release = threading.Timer(HELD_SECONDS, self.release)
        release.start()
        try:
            yield
        finally:
            release.join()

    def release(self) -> None:
        raw(self.url, "evm_setAutomine", True)
        raw(self.url, "anvil_mine", "0x1")


@pytest.fixture
def parties(tmp_path: Path) -> Iterator[Parties]:
    need("anvil")
    with training_home(tmp_path) as config:
        url = start_devnet(config.home, engine="anvil").rpc_url
        federation = load_federation(write_plan(tmp_path, aggregation="clear", private=False))
        yield Parties(open_federation(federation, config=config, prover=make_engine(config)), config, url)


def test_a_coordinator_opens_no_round_twice_and_a_client_registers_its_data_once(parties: Parties) -> None:
    config, prover, chain = parties.config, make_engine(parties.config), parties.standing.site.chain
    coordinator = Coordinator(parties.standing, config=config, prover=prover)
    client = Client(parties.standing.federation, "owner0", config=config, prover=prover)
    prepared: list[object] = []
    client._act = lambda function, arguments: prepared.extend(arguments)  # type: ignore[method-assign]
    root = client.register().statement.root

    again, before = Client(parties.standing.federation, "owner0", config=config, prover=prover), parties.nonce(0)
    with parties.left(0, "registerData", prepared):
        again.take_part(0)
    assert parties.nonce(0) == before + 1
    assert client_of(chain, parties.ledger, parties.signer(0).address).root == root

    before = parties.nonce(-1)
    with parties.left(-1, "openRound", []):
        coordinator.leave()
        assert current_round(chain, parties.ledger) == 1
    assert parties.nonce(-1) == before + 1
