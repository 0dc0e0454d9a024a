"""Whatever is handed in: a typed error that says what was found and what to do, and not a file changed."""

import json
import shutil

import pytest
from onnx import helper

from tests.support.rpc_server import rpc_server
from zkchain import errors

from .bad_inputs import CASES, COMPILE, Case, model, model_of, network, text
from .runner import CANARY, Zkchain, snapshot

CLASSES = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.ZkchainError)
}
#: Cases that are also run as processes: one of every kind of trouble.
AS_PROCESS = {
    "unknown command",
    "dim given twice",
    "model is missing",
    "model is truncated",
    "unknown operator",
    "outputs are private",
    "a tensor too many",
    "proving.key has a bit changed",
    "proof is no JSON",
    "proof for another chain",
    "nobody answers",
    "key is no key",
    "no time to prove",
    "proof where nobody may write",
}


@pytest.fixture
def project(journey, tmp_path):
    """A copy of the finished project that shares its cache and its devnet."""
    folder = tmp_path / "project"
    shutil.copytree(journey.folder, folder, symlinks=True)
    return Zkchain(cwd=folder, home=journey.zkchain.home)


def check(result, case: Case, *, secrets) -> None:
    """The promises of every typed error."""
    facts = result.json
    assert set(facts) == {"error", "message", "remedy", "facts"}
    assert facts["error"].startswith(case.code) if case.code.endswith(".") else facts["error"] == case.code, facts
    assert result.exit_code == CLASSES[facts["error"]].exit_code >= 2
    assert case.says in facts["message"] + facts["remedy"]
    assert facts["message"].strip()
    assert facts["remedy"].strip()
    said = [line for line in result.err.splitlines() if not line.endswith(" ...")]
    assert said[0].startswith("error: ")
    assert said[-1].startswith("  try: ")
    assert all(line.startswith("  because: ") for line in said[1:-1])
    everything = result.out + result.err
    assert "Traceback" not in everything
    for secret in secrets:
        assert secret.lower() not in everything.lower()


def secrets_of(case: Case) -> list[str]:
    """The key of every case, and the one that a case puts where it does not belong."""
    return [CANARY, "11" * 16, case.environment.get("ZKCHAIN_PRIVATE_KEY", CANARY)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_input_is_a_typed_error_and_changes_no_file(project, journey, case):
    case.spoil(project.cwd, journey.rpc_url)
    before = snapshot(project.cwd)
    environment = {"ZKCHAIN_PRIVATE_KEY": CANARY, **case.environment}
    result = project.here(*case.arguments, "--json", **environment)
    check(result, case, secrets=secrets_of(case))
    assert snapshot(project.cwd) == before


@pytest.mark.parametrize("case", [c for c in CASES if c.name in AS_PROCESS], ids=lambda case: case.name)
def test_a_process_ends_in_the_same_way(project, journey, case):
    case.spoil(project.cwd, journey.rpc_url)
    before = snapshot(project.cwd)
    environment = {"ZKCHAIN_PRIVATE_KEY": CANARY, **case.environment}
    result = project.process(*case.arguments, "--json", **environment)
    check(result, case, secrets=secrets_of(case))
    assert snapshot(project.cwd) == before


def test_without_json_the_error_is_on_stderr_alone(project):
    result = project.here("prove", "none.bundle", "--input", "input.json")
    assert result.out == ""
    assert result.exit_code == 7
    assert result.err.startswith("error: none.bundle holds no bundle")


def test_the_names_of_the_cases_that_run_as_processes_exist():
    assert {case.name for case in CASES} >= AS_PROCESS
    assert len(CASES) == len({case.name for case in CASES}) >= 60


def mainnet(method, params):
    """A node that says it is Ethereum's main chain."""
    return {"eth_chainId": "0x1", "net_version": "1", "eth_blockNumber": "0x1"}[method]


@pytest.mark.parametrize(
    ("arguments", "signer", "code"),
    [
        (("deploy", "tiny.bundle", "--network", "far"), "dev:0", "chain.dev_key"),
        (("deploy", "tiny.bundle", "--network", "far"), None, "srs.dev_refused"),
        (("deploy", "tiny.bundle", "--network", "far", "--dry-run"), None, "srs.dev_refused"),
    ],
    ids=["a development key", "a development SRS", "a development SRS in a dry run"],
)
def test_what_is_for_development_is_refused_on_a_real_chain(project, arguments, signer, code):
    with rpc_server(mainnet) as url:
        network(1, signer=signer, rpc_url=url)(project.cwd, "")
        before = snapshot(project.cwd)
        result = project.here(*arguments, "--json", ZKCHAIN_PRIVATE_KEY=CANARY)
    check(result, Case("", (), code), secrets=[CANARY])
    assert snapshot(project.cwd) == before


def test_a_real_chain_has_no_default_signer(project):
    with rpc_server(mainnet) as url:
        network(1, rpc_url=url)(project.cwd, "")
        result = project.here("deploy", "tiny.bundle", "--network", "far", "--json")
    check(result, Case("", (), "chain.no_signer", "ZKCHAIN_PRIVATE_KEY"), secrets=[])


def test_a_token_in_the_url_is_not_shown(project):
    network(rpc_url="http://user:hunter2@127.0.0.1:1/v3/5ec2e75ec2e75ec2e7?key=5ec2e7")(project.cwd, "")
    result = project.here("events", "--network", "far", "--json")
    check(result, Case("", (), "chain.connection"), secrets=["hunter2", "5ec2e7"])


def test_a_damaged_srs_in_the_cache_is_found(project, tmp_path):
    home = tmp_path / "home"
    own = Zkchain(cwd=project.cwd, home=home)
    imported = own.here("srs", "import", "tiny.bundle/srs.bin", "--json").json
    assert own.here("srs", "verify", "--json").json["valid"]
    cached = next((home / "srs").glob("k*.srs"))
    assert imported["path"] == str(cached)
    raw = bytearray(cached.read_bytes())
    raw[5000] ^= 1
    cached.write_bytes(bytes(raw))
    check(own.here("srs", "list", "--json"), Case("", (), "srs.corrupt", cached.name), secrets=[])
    verdict = own.here("srs", "verify", "--json")
    assert verdict.exit_code == 1
    assert [item["path"] for item in verdict.json["damaged"]] == [str(cached)]


def test_an_operator_without_a_circuit_is_a_negative_verdict_of_inspect_and_an_error_of_compile(project):
    model(model_of([helper.make_node("Bernoulli", ["x"], ["y"], name="dice")]))(project.cwd, "")
    result = project.here("inspect", "tiny.onnx", "--json")
    assert result.exit_code == 1
    assert [(node["operator"], node["node"]) for node in result.json["unsupported"]] == [("Bernoulli", "dice")]
    assert "CANNOT" in project.here("inspect", "tiny.onnx").out
    check(project.here(*COMPILE, "--json"), Case("", (), "model.unsupported_operator", "dice"), secrets=[])


def test_control_characters_from_a_file_do_not_reach_the_terminal(project):
    text("samples.json", json.dumps({"\x1b]0;owned\x07\nerror: fake": [[0.1, 0.2]]}))(project.cwd, "")
    result = project.here(*COMPILE)
    assert result.exit_code == 4
    assert "\x1b" not in result.err
    assert "\x07" not in result.err
    assert sum(line.startswith("error: ") for line in result.err.splitlines()) == 1
