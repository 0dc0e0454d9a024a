"""The pytest plugin, as a stranger's project uses it: every run is a pytest of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.tiny import tiny_onnx
from zkchain.errors import CompileFailed
from zkchain.testing.contracts import compiled

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "consumer_tests"
CONFIGURED = "[pytest]\nzkchain_model = tiny.onnx\nzkchain_samples = samples.json\n"


def run_pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """pytest in `folder`, with an environment in which nothing of ours is set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    soljson = {"ZKCHAIN_SOLC": str(ROOT / "node_modules" / "solc" / "soljson.js")}
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", *arguments]
    # web3 7 imports a module of websockets that warns about itself.
    command += ["-W", "ignore:websockets.legacy is deprecated:DeprecationWarning"]
    return subprocess.run(
        command, cwd=folder, env={**kept, **soljson, **environment}, capture_output=True, text=True, timeout=900
    )


def passed(done: subprocess.CompletedProcess[str]) -> int:
    """How many tests passed; every one has to."""
    found = re.search(r"^(\d+) passed in", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found is not None, done.stdout + done.stderr
    return int(found[1])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose model is the tiny one."""
    (tmp_path / "pytest.ini").write_text(CONFIGURED)
    (tmp_path / "tiny.onnx").write_bytes(tiny_onnx(seed=1))
    (tmp_path / "samples.json").write_text(json.dumps({"x": [[0.5, -0.25], [0.1, 0.2], [-0.7, 0.9]]}))
    return tmp_path


def test_who_does_not_use_it_pays_nothing(tmp_path):
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_what_is_imported(request):\n"
        "    ours = sorted(name for name in sys.modules if name.split('.')[0] == 'zkchain')\n"
        "    assert ours == ['zkchain', 'zkchain.testing', 'zkchain.testing.plugin', 'zkchain.testing.settings']\n"
        "    heavy = {'ezkl', 'web3', 'eth_account', 'onnx', 'onnxruntime', 'numpy', 'aiohttp', 'requests', 'click'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    assert passed(run_pytest(tmp_path)) == 1


def test_it_is_loaded_once_here(request):
    modules = [getattr(plugin, "__name__", "") for plugin in request.config.pluginmanager.get_plugins()]
    assert modules.count("zkchain.testing.plugin") == 1


def test_our_own_fixtures_go_before_those_of_the_plugin(request):
    """Both have a `devnet` and a `chain`; here they are the ones of tests/support."""
    manager = request.session._fixturemanager
    for name in ("devnet", "chain"):
        assert manager.getfixturedefs(name, request.node)[-1].func.__module__ == "tests.support.chains"


def test_the_example_passes_with_the_fake_prover(tmp_path):
    folder = shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns(".pytest_cache"))
    assert passed(run_pytest(folder, "--zkchain-prover=fake")) == 7
    assert not (folder / "deployments").exists()


@pytest.mark.slow
def test_the_example_passes_with_the_real_prover(tmp_path):
    folder = shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns(".pytest_cache"))
    assert passed(run_pytest(folder)) == 7


PROVED = """
import pytest
from zkchain.circuit.options import CompileOptions
from zkchain.errors import UsageError

@pytest.fixture(scope="session")
def compile_options():
    return CompileOptions(tune_seconds=0.0)

def test_a_real_proof_is_recorded(compiled_model, deployed_model, prove, account):
    assert not compiled_model.fake
    proved = prove({"x": [[0.5, -0.25]]})
    assert len(proved.proof.proof) > 1000
    assert deployed_model.submit(proved.proof).account == account.address
    assert deployed_model.recorded(proved.instances) == account.address
    with pytest.raises(UsageError):
        prove({"x": [[0.5, -0.25]]}, outputs={"y": [1.0]})
"""


def test_a_real_proof_is_made_from_a_model_that_is_compiled_once_for_all_runs(project):
    """A key of the environment's is no signer here: the development accounts are."""
    (project / "test_proved.py").write_text(PROVED)
    environment = {"ZKCHAIN_PRIVATE_KEY": "0x" + "5a" * 32}
    assert passed(run_pytest(project, **environment)) == 1
    (bundle,) = (project / ".pytest_cache").rglob("*.bundle")
    keys = bundle / "proving.key"
    written = keys.stat().st_mtime_ns
    assert passed(run_pytest(project, **environment)) == 1
    assert keys.stat().st_mtime_ns == written


ROLLED_BACK = """
from dataclasses import replace
import pytest
from zkchain.chain.client import connect
from zkchain.chain.transact import send
from zkchain.errors import WrongChain
from zkchain.testing.fault_plan import Rule
from zkchain.testing.faults import Rewrite
from zkchain.testing.rewrites import always

HEIGHTS = []

@pytest.mark.parametrize("turn", range(2))
def test_each_begins_where_the_other_began(chain, account, turn):
    HEIGHTS.append(chain.block_number())
    assert HEIGHTS[turn] == HEIGHTS[0]
    send(chain, account, to=account.address, data=b"")
    assert chain.block_number() == HEIGHTS[0] + 1

def test_a_model_asked_for_late_is_there(chain, request):
    model = request.getfixturevalue("deployed_model")
    assert model.stands()

def test_a_node_can_misbehave(chain, fault_proxy):
    proxy = fault_proxy(Rule(fault=Rewrite(always("0x1")), methods={"eth_chainId"}, limit=1), strict=True)
    network = replace(chain.network, rpc_url=proxy.url)
    with pytest.raises(WrongChain):
        connect(network)
    assert connect(network).block_number() == chain.block_number()

def test_and_is_there_again_though_its_chain_was_rolled_back(deployed_model, prove):
    assert deployed_model.compiled.fake
    deployed_model.submit(prove({"x": [[0.5, -0.25]]}).proof)
"""


def test_the_chain_is_rolled_back_after_each_test(project):
    (project / "test_rolled_back.py").write_text(ROLLED_BACK)
    assert passed(run_pytest(project, "--zkchain-prover=fake", "-p", "no:randomly")) == 5


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_devnet_does_not_outlive_its_run(project):
    body = "    pathlib.Path('pid').write_text(str(devnet.pid))\n"
    (project / "test_pid.py").write_text(f"import pathlib\ndef test_pid(devnet):\n{body}")
    assert passed(run_pytest(project)) == 1
    ends = time.monotonic() + 10  # it is killed when the run ends, and may take a moment to be gone
    while runs(int((project / "pid").read_text())) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not runs(int((project / "pid").read_text()))


@pytest.mark.parametrize(
    ("configuration", "arguments", "said"),
    [
        ("[pytest]\n", (), "zkchain_model is not set"),
        (CONFIGURED.replace("tiny.onnx", "other.onnx"), (), "there is no file"),
        (CONFIGURED + "zkchain_prover = fast\n", (), "zkchain_prover is 'fast'; it must be real or fake"),
    ],
)
def test_what_is_configured_wrongly_is_said(project, configuration, arguments, said):
    (project / "pytest.ini").write_text(configuration)
    (project / "test_compiled.py").write_text("def test_compiled(compiled_model):\n    pass\n")
    done = run_pytest(project, *arguments)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr


def test_a_flag_that_names_no_prover_is_refused_before_anything_runs(project):
    done = run_pytest(project, "--zkchain-prover=fast")
    assert done.returncode == 4
    assert "choose from" in done.stderr


def test_a_contract_that_imports_what_does_not_ship_is_refused_by_name(tmp_path):
    source = tmp_path / "Odd.sol"
    source.write_text('pragma solidity ^0.8.20; import {A} from "./Near.sol"; contract Odd is A {}')
    (tmp_path / "Near.sol").write_text('import "somewhere/Else.sol";\ncontract A {}')
    with pytest.raises(CompileFailed, match=r"somewhere/Else\.sol"):
        compiled(source, "Odd")
