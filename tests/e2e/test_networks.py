"""Networks as a person lists and checks them."""

import pytest

from .runner import Zkchain
from .spoil import network


@pytest.fixture
def zkchain(tmp_path):
    own = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    yield own
    own.here("devnet", "--stop")


def test_all_networks_are_listed_and_nobody_is_asked(zkchain, tmp_path):
    network(5, rpc_url="http://user:hunter2@127.0.0.1:1/5ec2e75ec2e7")(tmp_path, "")
    result = zkchain.here("networks", "list", "--json")
    lines = {line["name"]: line for line in result.json["networks"]}
    assert lines["far"]["urls"] == ["http://127.0.0.1:1"]
    assert lines["local"]["configured"]
    assert {"mainnet", "sepolia", "base", "arbitrum", "optimism", "polygon"} <= set(lines)
    assert not lines["mainnet"]["configured"]
    assert "hunter2" not in result.out + zkchain.here("networks", "list").out


def test_a_devnet_is_fit_part_by_part(zkchain):
    result = zkchain.here("networks", "check", "local", "--json")
    checks = {check["part"]: check for check in result.json["checks"]}
    assert result.exit_code == 0, checks
    assert result.json["fit"]
    assert {"endpoint", "head", "hardfork", "precompiles", "fees", "signer"} == set(checks)
    assert checks["hardfork"]["found"].split()[0] in ("Cancun", "Osaka")
    assert "ether" in checks["signer"]["found"]


def test_a_network_that_does_not_answer_is_unfit_and_its_secrets_stay(zkchain, tmp_path):
    network(5, rpc_url="http://user:hunter2@127.0.0.1:1/5ec2e75ec2e7")(tmp_path, "")
    result = zkchain.here("networks", "check", "far", "--json")
    assert result.exit_code == 1
    assert not result.json["fit"]
    shown = zkchain.here("networks", "check", "far")
    assert "UNFIT" in shown.out
    assert "hunter2" not in result.out + shown.out
    assert "5ec2e7" not in result.out + shown.out


def test_a_devnet_under_another_name_needs_a_signer_of_its_own(zkchain, tmp_path):
    local = zkchain.here("devnet", "--detach", "--json").json
    network(31337, rpc_url=local["rpc_url"], signer="env:NOT_SET")(tmp_path, "")
    result = zkchain.here("networks", "check", "far", "--json")
    wrong = [check for check in result.json["checks"] if not check["ok"]]
    assert [check["part"] for check in wrong] == ["signer"]
    assert "NOT_SET" in wrong[0]["found"]


def test_each_endpoint_is_looked_at_and_one_that_is_down_is_found(zkchain, tmp_path):
    local = zkchain.here("devnet", "--detach", "--json").json
    table = f'[networks.far]\nrpc_urls = ["{local["rpc_url"]}", "http://127.0.0.1:1"]\nchain_id = 31337\n'
    (tmp_path / "zkchain.toml").write_text(table)
    result = zkchain.here("networks", "check", "far", "--json")
    found = {check["part"]: check["ok"] for check in result.json["checks"]}
    assert (found["endpoint 1"], found["endpoint 2"]) == (True, False)
    assert found["precompiles"]


def test_an_unknown_network_is_an_error(zkchain):
    result = zkchain.here("networks", "check", "nowhere", "--json")
    assert result.json["error"] == "chain.unknown_network"
