"""What Sourcify and Etherscan ask for to verify our contracts: standard JSON, compiler, name and arguments."""

import json
from pathlib import Path
from typing import Any

from ..chain.abi import encode_constructor
from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import list_deployments
from ..config import Config
from ..files import write_atomic, write_json
from ..solidity.artifacts import ARTIFACTS, load_artifact
from ..values import Address
from .audit import Audit
from .site import open_site


def write_standard_json(audit: Audit, network: str, folder: Path, *, config: Config) -> list[Path]:
    """Two files for each contract on the way of the model's proofs that has source: its input, and what goes with it.

    `<Name>.json` is the compiler's input. `<Name>.contract.json` holds the address, the chain, the full name, the
    compiler's version as both services spell it, and the constructor's arguments. Raises OSError and what reading the
    deployment records raises.
    """
    site = open_site(network, config, signing=False)
    wanted = {
        address.lower()
        for address in (audit.address, audit.model.gateway, audit.model.registry, audit.model.verifier_address)
    }
    written = []
    for record in list_deployments(site.root, site.network):
        if record.deployment.address.lower() in wanted and record.solc_input:
            written += _write(record, site.network.chain_id, folder)
    return written


def _write(record: DeploymentRecord, chain_id: int, folder: Path) -> list[Path]:
    name = record.deployment.name
    source = folder / f"{name}.json"
    write_atomic(source, record.solc_input.encode())
    facts = {
        "address": record.deployment.address,
        "chainId": str(chain_id),
        "contractIdentifier": _full_name(record),
        "compilerVersion": f"v{record.compiler.split('.Emscripten')[0].removeprefix('v')}",
        "constructorArguments": encode_constructor(record.abi, _arguments(record)).hex(),
        "creationTransactionHash": record.deployment.tx_hash,
    }
    beside = folder / f"{name}.contract.json"
    write_json(beside, facts)
    return [source, beside]


def _full_name(record: DeploymentRecord) -> str:
    """The source unit and the contract in it; a circuit's own verifier is the one contract that does not ship."""
    sources: dict[str, Any] = json.loads(record.solc_input)["sources"]
    shipped = (name for name in ARTIFACTS if load_artifact(name).bytecode == record.bytecode)
    name = next(shipped, "Halo2Verifier")
    unit = next(unit for unit, source in sources.items() if f"contract {name} " in source["content"])
    return f"{unit}:{name}"


def _arguments(record: DeploymentRecord) -> list[Any]:
    """Constructor arguments as eth-abi takes them: bytes came back from the record as hex."""
    inputs: list[dict[str, Any]] = next((entry["inputs"] for entry in record.abi if entry["type"] == "constructor"), [])
    return [
        bytes.fromhex(str(value)[2:]) if item["type"].startswith("bytes") else Address(value)
        for value, item in zip(record.args, inputs, strict=True)
    ]
