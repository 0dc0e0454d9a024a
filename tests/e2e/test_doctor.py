"""What the machine has, as a person and as a program asks for it."""

from .runner import Zkchain
from .spoil import network


def test_every_part_is_named_and_nothing_is_started(tmp_path):
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    result = zkchain.process("doctor", "--json")
    checks = {check["part"]: check for check in result.json["checks"]}
    assert result.exit_code == 0, result.json
    assert result.json["ok"]
    wanted = {"python", "ezkl", "solc", "devnet: embedded", "devnet: anvil", "node", "disk", "memory", "srs cache"}
    assert wanted <= set(checks)
    assert all(set(check) == {"part", "found", "version", "where", "ok", "remedy"} for check in checks.values())
    assert all(check["found"] or check["remedy"] for check in checks.values())
    assert zkchain.here("devnet", "--status").exit_code == 1


def test_a_network_that_does_not_answer_is_a_negative_verdict_with_a_remedy(tmp_path):
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    network(5, rpc_url="http://user:hunter2@127.0.0.1:1/5ec2e75ec2e7")(tmp_path, "")
    result = zkchain.here("doctor", "--json")
    assert result.exit_code == 1
    (failing,) = [check for check in result.json["checks"] if not check["ok"]]
    assert "far" in failing["part"]
    assert failing["remedy"]
    shown = zkchain.here("doctor")
    assert "FAILS" in shown.out
    assert f"try: {failing['remedy']}" in shown.out
    assert "hunter2" not in result.out + shown.out
    assert "5ec2e7" not in result.out + shown.out
