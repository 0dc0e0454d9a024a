"""Owners whose addresses the plan says: a coordinator needs nobody's key, and an owner is its own account or nobody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.federations import address_owners, write_plan
from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key
from zkchain.config import Config, read_config
from zkchain.errors import PlanInvalid
from zkchain.pipeline.training.beforehand import checked_members
from zkchain.pipeline.training.folder import load_federation
from zkchain.pipeline.training.own_data import expect_own_data
from zkchain.pipeline.training.register import register_data, register_hashed_for
from zkchain.pipeline.training.run import run_plan
from zkchain.pipeline.training.setup import account_of, signer_of
from zkchain.training.plan import Plan, read_plan

#: Nothing of it may be asked for before an account is known to be the right one.
NO_PROVER = cast("Any", None)
#: Accounts that no devnet gives to the first owners.
OWN = DEV_ADDRESSES[5:8]
PUBLIC = "[networks.far]\nrpc_url = 'http://127.0.0.1:9'\nchain_id = 1\n"


def addressed(folder: Path, *addresses: object, network: str = "local") -> Path:
    return address_owners(write_plan(folder), *addresses, network=network)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "zkchain.toml").write_text(PUBLIC, encoding="utf-8")
    return read_config({"ZKCHAIN_HOME": str(tmp_path / "home")}, cwd=tmp_path)


def members(plan: Plan, config: Config) -> tuple[str, ...]:
    return checked_members(plan, [1], lambda who: account_of(plan, who, config))


def test_a_coordinator_knows_the_members_without_any_key_of_theirs(tmp_path: Path, config: Config) -> None:
    assert members(read_plan(addressed(tmp_path, *OWN)), config) == OWN
    lower = read_plan(addressed(tmp_path, *(one.lower() for one in OWN)))
    assert [owner.address for owner in lower.owners] == list(OWN)
    assert members(lower, config) == OWN


def test_of_an_owner_without_an_address_the_signer_is_asked(tmp_path: Path, config: Config) -> None:
    assert members(read_plan(addressed(tmp_path, *OWN[:2])), config) == (*OWN[:2], DEV_ADDRESSES[3])
    path = addressed(tmp_path, *OWN)
    path.write_text(path.read_text(encoding="utf-8").replace(f"address = '{OWN[2]}'\n", ""), encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"the owner owner2 has no account: .*OWNER2_KEY is not set"):
        members(read_plan(path), config)


@pytest.mark.parametrize(
    "found", ["", "0x12", OWN[0].swapcase(), f"0x{'0' * 40}", "owner0.eth", 7], ids=lambda one: str(one)[:9] or "empty"
)
def test_what_is_no_account_is_refused(tmp_path: Path, found: object) -> None:
    with pytest.raises(PlanInvalid, match=r"\[\[owners\]\] number 1: address is ") as caught:
        read_plan(addressed(tmp_path, found))
    assert caught.value.facts["entry"] == "[[owners]] number 1: address"


def test_two_owners_with_one_address_are_refused(tmp_path: Path, config: Config) -> None:
    with pytest.raises(PlanInvalid, match=r"two owners have the same address: \[\[owners\]\] number 1 and number 3"):
        read_plan(addressed(tmp_path, OWN[0], OWN[1], OWN[0].lower()))
    with pytest.raises(PlanInvalid, match="the owners owner0 and owner2 act by one account"):
        members(read_plan(addressed(tmp_path, DEV_ADDRESSES[3], OWN[1])), config)


def test_an_account_whose_key_is_public_is_no_owner_elsewhere_than_on_a_devnet(tmp_path: Path, config: Config) -> None:
    with pytest.raises(PlanInvalid, match=r"the owner owner0 has no account: .*public development account"):
        members(read_plan(addressed(tmp_path, *OWN, network="far")), config)


def check(plan: Path, config: Config) -> None:
    expect_own_data(load_federation(plan), "owner1", config)


def sign(plan: Path, config: Config) -> None:
    signer_of(read_plan(plan), 1, config)


def by_points(plan: Path, config: Config) -> None:
    register_data(plan.with_name("owner1.csv"), "owner1", plan, config=config, prover=NO_PROVER)


def by_hashes(plan: Path, config: Config) -> None:
    register_hashed_for(plan.with_name("owner1.csv"), "owner1", plan, config=config, prover=NO_PROVER)


@pytest.mark.parametrize("act", [check, sign, by_points, by_hashes])
def test_an_owner_whose_signer_is_another_account_does_nothing(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path, Config], None]
) -> None:
    plan = addressed(tmp_path, *OWN)
    monkeypatch.setenv("OWNER1_KEY", dev_key(7).hex())
    before = sorted(tmp_path.iterdir())
    with pytest.raises(PlanInvalid, match="the signer of the owner owner1 is the account") as caught:
        act(plan, config)
    assert (caught.value.facts["found"], caught.value.facts["allowed"]) == (OWN[2], OWN[1])
    assert sorted(tmp_path.iterdir()) == before
    monkeypatch.setenv("OWNER1_KEY", dev_key(6).hex())
    for passes in (check, sign):
        passes(plan, config)


def test_a_run_finds_an_owner_with_another_account_before_it_does_anything(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = addressed(tmp_path, *OWN)
    for number, key in enumerate((5, 6, 8)):
        monkeypatch.setenv(f"OWNER{number}_KEY", dev_key(key).hex())
    with pytest.raises(PlanInvalid, match="the signer of the owner owner2 is the account"):
        run_plan(plan, config=config, prover=NO_PROVER)
    monkeypatch.delenv("OWNER2_KEY")
    with pytest.raises(PlanInvalid, match=r"the owner owner2 has no account: .*OWNER2_KEY is not set"):
        run_plan(plan, config=config, prover=NO_PROVER)
    assert not plan.with_suffix(".federation").exists()
