"""Programs of others read what we write: hardhat-deploy our records as they are, TypeScript our export."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.runner import snapshot
from tests.support.programs import required
from tests.support.stands import Stand
from zkchain.pipeline.deployments import list_recorded
from zkchain.pipeline.export import export_deployments

pytestmark = pytest.mark.slow

HARDHAT, HARDHAT_DEPLOY, TYPESCRIPT = "hardhat@2.26.3", "hardhat-deploy@1.0.4", "typescript@5.9.3"
CONFIG = """
require("hardhat-deploy");
module.exports = { solidity: "0.8.30", networks: { local: { url: "%s", chainId: 31337 } } };
"""
#: Reads every record, and calls supportsInterface of ERC-165 at the address and with the ABI that it has read.
READ = """
const { deployments, network } = require("hardhat");
const { Interface } = require("@ethersproject/abi");
(async () => {
  const all = await deployments.all();
  const registry = await deployments.get("ModelRegistry");
  const abi = new Interface(registry.abi);
  const data = abi.encodeFunctionData("supportsInterface", ["0xd28519b1"]);
  const call = { to: registry.address, data };
  const raw = await network.provider.request({ method: "eth_call", params: [call, "latest"] });
  const [supported] = abi.decodeFunctionResult("supportsInterface", raw);
  const plain = ([name, one]) => [name, { address: one.address, tx: one.transactionHash || "", args: one.args.length }];
  console.log(JSON.stringify({ supported, all: Object.fromEntries(Object.entries(all).map(plain)) }));
})().catch((error) => { console.error(error); process.exit(1); });
"""
USE = """
import { addresses, chainId, modelIds, ModelRegistryAbi } from "./contracts";
const chain: 31337 = chainId;
const registry: "%s" = addresses.ModelRegistry;
type Functions = Extract<(typeof ModelRegistryAbi)[number], { type: "function" }>["name"];
const name: Functions = "%s";
export { chain, registry, name, modelIds };
"""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [required(command[0]), *command[1:]], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def install(folder: Path, *packages: str) -> None:
    (folder / "package.json").write_text('{"private": true}')
    quiet = ("--no-audit", "--no-fund", "--no-progress", "--loglevel=error", "--ignore-scripts")
    done = run(folder, "npm", "install", *quiet, *packages)
    assert done.returncode == 0, done.stderr


def test_hardhat_deploy_reads_our_folder_as_it_is(stand: Stand, tmp_path: Path):
    stand.deploy(name="plain")
    stand.deploy(name="salted", salt="credit", replace_other=True)
    project = tmp_path / "hardhat"
    project.mkdir()
    install(project, HARDHAT, HARDHAT_DEPLOY)
    shutil.copytree(stand.config.deployments, project / "deployments")
    before = snapshot(project / "deployments")
    (project / "hardhat.config.js").write_text(CONFIG % stand.url)
    (project / "read.js").write_text(READ)
    done = run(project, "npx", "hardhat", "run", "--no-compile", "read.js", "--network", "local")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["supported"] is True
    lines = {line.name: line for line in list_recorded(stand.config)}
    assert {name: (one["address"], one["tx"]) for name, one in found["all"].items()} == {
        name: (line.address, line.tx_hash) for name, line in lines.items()
    }
    assert found["all"]["InferenceGateway"]["args"] == 1
    exported = run(project, "npx", "hardhat", "export", "--network", "local", "--export", "theirs.json")
    assert exported.returncode == 0, exported.stderr
    ours = export_deployments("local", "hardhat", project / "ours.json", stand.config)
    assert json.loads(ours.read_text()) == json.loads((project / "theirs.json").read_text())
    assert snapshot(project / "deployments") == before


def test_typescript_infers_addresses_and_functions_from_our_export(stand: Stand, tmp_path: Path):
    done = stand.deploy()
    install(tmp_path, TYPESCRIPT)
    export_deployments("local", "typescript", tmp_path / "contracts.ts", stand.config)
    command = ("npx", "tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "use.ts")
    for function, status in (("register", 0), ("registar", 2)):
        (tmp_path / "use.ts").write_text(USE % (done.contracts["ModelRegistry"], function))
        compiled = run(tmp_path, *command)
        assert compiled.returncode == status, compiled.stdout
