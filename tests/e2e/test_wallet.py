"""Wallets as a person keeps them, and as a network signs with them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.runner import Zkchain
from tests.e2e.spoil import network
from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key

PASSWORD = "correct horse 5ec2e7"


@dataclass(frozen=True)
class Keeper:
    """Runs commands with a folder of wallets and a password."""

    zkchain: Zkchain
    folder: Path

    def here(self, *arguments, **more):
        environment = {"ZKCHAIN_WALLETS": str(self.folder / "wallets"), "ZKCHAIN_WALLET_PASSWORD": PASSWORD, **more}
        return self.zkchain.here(*arguments, **environment)


@pytest.fixture
def zkchain(tmp_path):
    own = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    yield Keeper(own, tmp_path)
    own.here("devnet", "--stop")


def test_a_new_wallet_is_listed_and_its_password_is_nowhere(zkchain, tmp_path):
    made = zkchain.here("wallet", "new", "deployer", "--json")
    assert made.exit_code == 0, made.out + made.err
    listed = zkchain.here("wallet", "list", "--json").json["wallets"]
    assert listed == [made.json]
    assert zkchain.here("wallet", "address", "deployer").out.strip() == made.json["address"]
    texts = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"5ec2e7" in text for text in [*texts, (made.out + made.err).encode()])


def test_a_network_signs_with_an_imported_wallet(zkchain, tmp_path):
    made = zkchain.here("wallet", "import", "third", "--from", "env:OLD_KEY", "--json", OLD_KEY=dev_key(3).hex())
    assert made.json["address"] == DEV_ADDRESSES[3]
    local = zkchain.here("devnet", "--detach", "--json").json
    network(31337, rpc_url=local["rpc_url"], signer="keystore:third")(tmp_path, "")
    checks = zkchain.here("networks", "check", "far", "--json").json["checks"]
    (signer,) = [check for check in checks if check["part"] == "signer"]
    assert signer["ok"]
    assert DEV_ADDRESSES[3] in signer["found"]
    wrong = zkchain.here("networks", "check", "far", "--json", ZKCHAIN_WALLET_PASSWORD="wrong")
    refused = wrong.json["checks"]
    assert "the password is wrong" in next(check["found"] for check in refused if check["part"] == "signer")


def test_a_key_in_place_of_a_reference_is_not_repeated(zkchain):
    result = zkchain.here("wallet", "import", "x", "--from", "5e" * 32, "--json")
    assert result.json["error"] == "usage"
    assert "5e" * 32 not in result.out + result.err


def test_a_name_is_taken_once(zkchain):
    assert zkchain.here("wallet", "new", "one", "--json").exit_code == 0
    assert zkchain.here("wallet", "new", "one", "--json").json["error"] == "chain.wallet_taken"


def test_where_nobody_can_be_asked_that_is_said(zkchain):
    new = zkchain.here("wallet", "new", "x", "--json", ZKCHAIN_WALLET_PASSWORD="")
    assert new.json["error"] == "chain.no_signer"
    assert zkchain.here("wallet", "import", "x", "--json").json["error"] == "usage"
