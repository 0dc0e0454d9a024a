"""Use case: deployments as other tools read them."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..chain.deployment_record import DeploymentRecord
from ..config import Config
from ..errors import DeploymentNotFound
from ..files import write_atomic
from ..records import Network
from .deployments import records_of

_INDENT = 2


def export_deployments(network: str, form: str, out: Path, config: Config) -> Path:
    """Write all deployments of `network` to the file `out` in one of `FORMATS`.

    Raises NetworkUnknown, DeploymentNotFound when nothing is recorded, DeploymentCorrupt and OSError.
    """
    known, records = records_of(network, config)
    if not records:
        raise DeploymentNotFound(f"nothing is recorded on network {network!r}")
    write_atomic(out, FORMATS[form](known, records).encode())
    return out


def _json(network: Network, records: Sequence[DeploymentRecord]) -> str:
    """Names to addresses, ABIs and, for models, ids."""
    contracts = {
        record.deployment.name: {
            "address": record.deployment.address,
            "abi": list(record.abi),
            **({"modelId": record.facts["model_id"]} if "model_id" in record.facts else {}),
        }
        for record in records
    }
    return _text({"network": network.name, "chainId": network.chain_id, "contracts": contracts})


def _hardhat(network: Network, records: Sequence[DeploymentRecord]) -> str:
    """What `hardhat export --export` of hardhat-deploy writes. Its records themselves are those of deployments/."""
    contracts = {
        record.deployment.name: {"address": record.deployment.address, "abi": list(record.abi)} for record in records
    }
    return _text({"name": network.name, "chainId": str(network.chain_id), "contracts": contracts})


def _foundry(network: Network, records: Sequence[DeploymentRecord]) -> str:
    """The run-latest.json that `forge script --broadcast` leaves, as far as creations go."""
    ordered = sorted(records, key=lambda record: (record.deployment.block, record.deployment.name))
    transactions = [
        {
            "hash": record.deployment.tx_hash,
            "transactionType": "CREATE",
            "contractName": record.deployment.name,
            "contractAddress": record.deployment.address,
            "function": None,
            "arguments": [_argument(value) for value in record.args] or None,
            "transaction": {"from": record.receipt.get("from"), "chainId": hex(network.chain_id)},
            "additionalContracts": [],
        }
        for record in ordered
    ]
    receipts = [record.receipt for record in ordered]
    return _text({"transactions": transactions, "receipts": receipts, "libraries": [], "chain": network.chain_id})


def _typescript(network: Network, records: Sequence[DeploymentRecord]) -> str:
    """ABIs and addresses as constants that viem and wagmi infer types from."""
    names = {record.deployment.name: _identifier(record.deployment.name) for record in records}
    lines = [f"// Contracts on {network.name}, written by zkchain deployments export.", ""]
    lines += [f"export const chainId = {network.chain_id} as const;", ""]
    for record in records:
        abi = json.dumps(list(record.abi), indent=_INDENT)
        lines += [f"export const {names[record.deployment.name]}Abi = {abi} as const;", ""]
    addresses = {record.deployment.name: record.deployment.address for record in records}
    lines += [f"export const addresses = {json.dumps(addresses, indent=_INDENT)} as const;", ""]
    models = {record.deployment.name: record.facts["model_id"] for record in records if "model_id" in record.facts}
    lines += [f"export const modelIds = {json.dumps(models, indent=_INDENT)} as const;", ""]
    return "\n".join(lines)


FORMATS: Mapping[str, Callable[[Network, Sequence[DeploymentRecord]], str]] = {
    "json": _json,
    "hardhat": _hardhat,
    "foundry": _foundry,
    "typescript": _typescript,
}


def _identifier(name: str) -> str:
    """A deployment's name as one of TypeScript's: "credit-score.v2" is credit_score_v2."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"_{plain}" if plain[0].isdigit() else plain


def _argument(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=_INDENT) + "\n"
