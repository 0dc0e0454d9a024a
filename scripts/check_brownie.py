"""Prove that zkchain[brownie] works on the versions that eth-brownie pins; `make brownie` runs this in its own venv.

Checks that pip finds no conflict, that brownie and every module of zkchain import in one process, that zkchain came
from its wheel, that the whole path, model to decoded event, runs on this stack, and that the scripts do the same under
`brownie run`, with brownie's network and account, as under python.
"""

import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
USED = {"deploy_gateway.py", "publish_model.py", "prove_and_submit.py"}
#: What imports libraries of the extra "training", which is not installed here.
EXTRA = ("zkchain.training.modules.", "zkchain.training.hosts.certificates")
PINS = {"eth-brownie": "1.22.2", "web3": "7.16.0", "eth-account": "0.13.7"}


def check_pins() -> None:
    """End the script unless brownie and its pins are what is installed."""
    found = {name: metadata.version(name) for name in PINS}
    if found != PINS:
        raise SystemExit(f"expected {PINS}, found {found}")


def import_all() -> int:
    """Import brownie, then every module of the installed zkchain that needs no extra; how many there are in all."""
    importlib.import_module("brownie")
    package = importlib.import_module("zkchain")
    if "site-packages" not in str(package.__file__):
        raise SystemExit(f"zkchain came from {package.__file__}, not from its wheel")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "zkchain.")]
    for name in names:
        if not name.startswith(EXTRA):
            importlib.import_module(name)
    return len(names)


def program(name: str) -> str:
    """A program of this environment."""
    return str(Path(sys.executable).with_name(name))


def said(command: list[str], folder: Path) -> dict:
    """Run a command in `folder`; the JSON object on the last line that it printed."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="")
    if done.returncode:
        raise SystemExit(f"{command} ended with status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def check_scripts(work: Path, folder: Path) -> None:
    """Run the scripts by python and by brownie against the devnet, and compare what they did."""
    node = said([program("zkchain"), "devnet", "--status", "--json"], folder)
    bundle, sample = str(work / "model.bundle"), str(work / "input.json")
    plain, project = folder / "plain", folder / "project"
    for root in (plain, project):
        shutil.copytree(SCRIPTS, root / "scripts", ignore=lambda _, names: {n for n in names if n not in USED})
    (plain / "zkchain.toml").write_text(
        f'[networks.zkdev]\nrpc_url = "{node["rpc_url"]}"\nchain_id = {node["chain_id"]}\nsigner = "dev:0"\n'
    )
    for name in ("contracts", "interfaces", "tests"):
        (project / name).mkdir()
    (project / "brownie-config.yaml").touch()
    where = [f"host={node['rpc_url']}", f"chainid={node['chain_id']}"]
    subprocess.run([program("brownie"), "networks", "add", "live", "zkdev", *where], cwd=folder, check=True)
    network = ["--network", "zkdev"]
    by_python = outcome(
        plain, lambda name, *given: [sys.executable, f"scripts/{name}", *given, *network], bundle, sample
    )
    by_brownie = outcome(
        project,
        lambda name, *given: [program("brownie"), "run", f"scripts/{name}", "main", *given, *network, "--raise"],
        bundle,
        sample,
    )
    if by_python != by_brownie:
        raise SystemExit(f"python and brownie did not do the same:\n{by_python}\n{by_brownie}")


def outcome(root: Path, command: Callable[..., list[str]], bundle: str, sample: str) -> dict:
    """Deploy, publish, prove and submit from `root`; what must not depend on how that was run."""
    gateway = said(command("deploy_gateway.py"), root)
    model = said(command("publish_model.py", bundle), root)
    event = said(command("prove_and_submit.py", bundle, sample), root)["event"]
    if event["model_id"] != model["model_id"] or gateway["contracts"].items() - model["contracts"].items():
        raise SystemExit(f"what was submitted is not for what was published: {gateway}, {model}, {event}")
    records = {path.name: json.loads(path.read_text()) for path in (root / "deployments" / "zkdev").glob("*.json")}
    return {
        "outputs": event["outputs"],
        "account": event["account"],
        "model": (event["model_name"], model["circuit_digest"], model["verifier"]),
        "records": {name: (record["bytecode"], sorted(record["zkchain"])) for name, record in records.items()},
        "facts": {name: sorted(record["zkchain"]["facts"]) for name, record in records.items()},
    }


def main_job(folder: Path) -> None:
    """Run the main job as a user would, with a cache of its own, then the scripts on its devnet."""
    os.environ["ZKCHAIN_HOME"] = str(folder / "cache")
    try:
        subprocess.run([program("zkchain"), "quickstart", "--workdir", str(folder / "work")], check=True)
        check_scripts(folder / "work", folder)
    finally:
        subprocess.run([program("zkchain"), "devnet", "--stop"], check=True)


def main() -> int:
    """Run all checks."""
    with tempfile.TemporaryDirectory() as scratch:
        # brownie writes to ~/.brownie when it is imported, and reads no other variable.
        os.environ["HOME"] = scratch
        os.chdir(scratch)
        check_pins()
        subprocess.run([sys.executable, "-m", "pip", "check"], check=True)
        modules = import_all()
        main_job(Path(scratch))
    print(f"zkchain[brownie]: {modules} modules import beside brownie; the main job and the scripts run")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
