"""A federation whose plan says the owners' addresses: the coordinator has nobody's key, each owner its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import address_owners, write_plan
from tests.support.parties import training_home
from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key
from zkchain.chain.training import client_of
from zkchain.config import Config
from zkchain.errors import BoardUntrue, PlanInvalid
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.setup import open_federation
from zkchain.pipeline.training.told import check_told

need_training()

#: Accounts that no devnet gives to the first owners.
KEYS = (5, 6, 7)
OWN = tuple(DEV_ADDRESSES[key] for key in KEYS)


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    with training_home(tmp_path) as found:
        yield found


def test_a_coordinator_without_any_owners_key_closes_a_round_of_owners_with_a_key_each(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation = load_federation(address_owners(write_plan(tmp_path, aggregation="clear", private=False), *OWN))
    prover = make_engine(config)
    standing = open_federation(federation, config=config, prover=prover)
    assert standing.opened.members == OWN
    coordinator = Coordinator(standing, config=config, prover=prover)

    def client(number: int, key: int) -> Client:
        with monkeypatch.context() as own:
            own.setenv(f"OWNER{number}_KEY", dev_key(key).hex())
            return Client(federation, f"owner{number}", config=config, prover=prover)

    with pytest.raises(PlanInvalid, match="the signer of the owner owner0 is the account"):
        client(0, KEYS[1])
    clients = [client(number, key) for number, key in enumerate(KEYS)]
    for one in clients:
        one.register()
    closed = coordinator.run_round(lambda: [one.step() for one in clients] and None)
    assert closed.updates == len(KEYS)
    assert all(client_of(standing.site.chain, standing.ledger, one).participations == 1 for one in OWN)

    told = standing.opened.to_json()
    with monkeypatch.context() as own:
        own.setenv("OWNER0_KEY", dev_key(KEYS[0]).hex())
        assert check_told(federation, told, 0, config=config) == standing.opened
        others = [OWN[0], DEV_ADDRESSES[8], OWN[2]]  # as if the coordinator had put itself in an owner's place
        with pytest.raises(BoardUntrue, match=f"the board names {DEV_ADDRESSES[8]} for owner1, the plan {OWN[1]}"):
            check_told(federation, {**told, "members": others}, 0, config=config)
