"""Certificates for a federation across hosts, and commands whose flags do not go together."""

from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan

from .runner import Zkchain

need_training()


@pytest.fixture
def zkchain(tmp_path: Path) -> Zkchain:
    write_plan(tmp_path, owners=3)
    return Zkchain(cwd=tmp_path, home=tmp_path / "home")


def test_each_member_makes_its_own_key_which_is_not_shown(zkchain: Zkchain) -> None:
    made = zkchain.here("train", "certify", "plan.toml", "--as", "owner1", "--tls", "tls", "--json")
    assert (made.exit_code, made.json["made"], made.json["kept"]) == (0, ["owner1"], [])
    tls = zkchain.cwd / "tls"
    assert sorted(path.name for path in tls.iterdir()) == ["owner1.key", "owner1.pem"]
    assert (tls / "owner1.key").stat().st_mode & 0o777 == 0o600
    assert tls.stat().st_mode & 0o777 == 0o700
    secrets = (tls / "owner1.key").read_text().splitlines()[1:-1]
    rest = zkchain.here("train", "certify", "plan.toml", "--tls", "tls")
    assert rest.exit_code == 0
    assert "owner1.key" not in rest.out
    assert not any(secret in made.out + made.err + rest.out + rest.err for secret in secrets)
    assert len(list(tls.glob("*.key"))) == 4


def test_somebody_who_is_no_member_gets_no_certificate(zkchain: Zkchain) -> None:
    refused = zkchain.here("train", "certify", "plan.toml", "--as", "../x", "--tls", "tls", "--json")
    assert (refused.exit_code, refused.json["error"]) == (2, "usage")
    assert not (zkchain.cwd / "tls").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("coordinator", "plan.toml", "--listen", "127.0.0.1:0"),
        ("coordinator", "plan.toml", "--tls", "tls"),
        ("coordinator", "plan.toml", "--tls", "tls", "--listen", "nowhere"),
        ("client", "plan.toml", "--as", "owner0", "--board", "https://127.0.0.1:1"),
        ("client", "plan.toml", "--as", "owner0", "--listen", "127.0.0.1:0"),
        ("client", "plan.toml", "--as", "owner0", "--tls", "tls", "--board", "http://127.0.0.1:1"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(zkchain: Zkchain, words: tuple[str, ...]) -> None:
    assert zkchain.here("train", "certify", "plan.toml", "--tls", "tls").exit_code == 0
    refused = zkchain.here("train", *words, "--json")
    assert (refused.exit_code, refused.json["error"]) == (2, "usage")


@pytest.mark.parametrize("mode", ["clear", "he", "secagg"])
def test_ways_to_sum_that_need_one_machine_are_refused_across_hosts(tmp_path: Path, mode: str) -> None:
    write_plan(tmp_path, owners=3, aggregation=mode)
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    words = ("train", "coordinator", "plan.toml", "--listen", "127.0.0.1:0", "--tls", "tls", "--json")
    refused = zkchain.here(*words)
    assert (refused.exit_code, refused.json["error"]) == (15, "aggregation.mode")
    assert "mpc" in refused.json["message"]


def test_disputes_are_refused_across_hosts_where_they_name_nobody(tmp_path: Path) -> None:
    write_plan(tmp_path, owners=3, extra="disputes = true\n")
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    place = ("--tls", "tls", "--json")
    for words in (
        ("certify", "plan.toml", *place),
        ("coordinator", "plan.toml", "--listen", "127.0.0.1:0", *place),
        ("client", "plan.toml", "--as", "owner0", "--board", "https://127.0.0.1:1", *place),
    ):
        refused = zkchain.here("train", *words)
        assert (refused.exit_code, refused.json["error"]) == (17, "training.plan")
        assert "training.disputes" in refused.json["message"]
    assert not (tmp_path / "tls").exists()


def test_a_board_needs_the_certificates_of_all_members(zkchain: Zkchain) -> None:
    zkchain.here("train", "certify", "plan.toml", "--as", "coordinator", "--tls", "tls")
    words = ("train", "coordinator", "plan.toml", "--listen", "127.0.0.1:0", "--tls", "tls", "--json")
    refused = zkchain.here(*words)
    assert (refused.exit_code, refused.json["error"]) == (17, "training.identity")
    assert "owner0" in refused.json["message"]
