"""The scripts under plain python. Under `brownie run`: make brownie."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["deploy_gateway.py", "publish_model.py", "prove_and_submit.py"]


@pytest.fixture
def project(journey, tmp_path):
    """A project of its own on the journey's devnet, with its bundle and input."""
    shutil.copytree(journey.folder / "tiny.bundle", tmp_path / "tiny.bundle")
    shutil.copy(journey.folder / "input.json", tmp_path)
    return tmp_path


def run(journey, project, name, *arguments):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / name), *arguments, "--network", "local"],
        cwd=project,
        env=journey.zkchain.environment({}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def test_the_scripts_take_a_bundle_to_a_decoded_event(journey, project):
    gateway = run(journey, project, "deploy_gateway.py")
    assert not gateway["reused"]
    assert run(journey, project, "deploy_gateway.py") == {**gateway, "gas_used": 0, "reused": True}
    model = run(journey, project, "publish_model.py", "tiny.bundle")
    assert gateway["contracts"].items() <= model["contracts"].items()
    done = run(journey, project, "prove_and_submit.py", "tiny.bundle", "input.json")
    assert done["event"]["model_id"] == model["model_id"]
    assert done["event"]["outputs"] == journey.steps["submit"].json["event"]["outputs"]
    assert (project / "tiny.proof.json").is_file()
    records = {path.stem for path in (project / "deployments" / "local").glob("*.json")}
    assert set(model["contracts"]) <= records


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_short_and_calls_the_library(name):
    text = (ROOT / "scripts" / name).read_text()
    assert len(text.splitlines()) < 60
    imports = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert all(
        found.startswith("zkchain.pipeline") or found in {"argparse", "json", "pathlib", "zkchain.config"}
        for found in imports
    )
