"""`zkchain deployments list|show|check|export|retire`."""

from pathlib import Path

import click

from ..config import read_config
from ..pipeline.deployments import (
    DeploymentLine,
    check_recorded,
    list_recorded,
    retire_recorded,
    show_recorded,
)
from ..pipeline.export import FORMATS, export_deployments
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import PATH, network_option


@click.group("deployments", no_args_is_help=False)
def entry() -> None:
    """Read the records under deployments/, compare them with the chain, or hand them to other tools."""


@command("list", examples=["zkchain deployments list", "zkchain deployments list --network sepolia --json"])
@click.option("--network", metavar="NAME", help="Of this network alone.")
def list_command(screen: Screen, *, network: str | None) -> Answer:
    """List what was deployed from here. Asks nobody."""
    found = list_recorded(read_config(), network)
    lines: list[Line] = [(f"{line.network}/{line.name}", _short(line)) for line in found]
    return Answer(
        facts={"deployments": [line.to_json() for line in found]}, lines=lines or ["nothing was deployed from here"]
    )


@command("show", examples=["zkchain deployments show credit --network sepolia"])
@click.argument("name")
@network_option
def show_command(screen: Screen, *, name: str, network: str) -> Answer:
    """Show the record of NAME. Asks nobody."""
    line, record = show_recorded(name, network, read_config())
    facts = {**line.to_json(), "args": record.to_json()["args"], "facts": dict(record.facts), "deployed": record.count}
    return Answer(facts=facts, lines=[*_lines(line), *((key, str(value)) for key, value in _plain(record.facts))])


@command("check", examples=["zkchain deployments check --network sepolia"])
@network_option
def check_command(screen: Screen, *, network: str) -> Answer:
    """Compare every record with the chain: code, the registry's pins, the owner; exit code 1 when one differs."""
    checks = check_recorded(network, read_config(), screen.report)
    agreed = all(not check.trouble for check in checks)
    lines: list[Line] = [
        (check.name, f"{'DRIFT' if check.trouble else 'ok   '}  {check.trouble or check.note or check.address}")
        for check in checks
    ]
    return Answer(
        facts={"network": network, "agrees": agreed, "checks": [check.to_json() for check in checks]},
        lines=lines,
        good=agreed,
    )


@command(
    "export",
    examples=[
        "zkchain deployments export --network sepolia --format typescript --out contracts.ts",
        "zkchain deployments export --network local --format foundry --out broadcast/run-latest.json",
    ],
)
@network_option
@click.option("--format", "form", type=click.Choice(list(FORMATS)), required=True, help="Who will read it.")
@click.option("--out", type=PATH, required=True, help="The file to write.")
def export_command(screen: Screen, *, network: str, form: str, out: Path) -> Answer:
    """Write all deployments of a network to one file for another tool; hardhat-deploy reads deployments/ as it is."""
    path = export_deployments(network, form, out, read_config())
    return Answer(facts={"path": str(path.absolute()), "format": form}, lines=[("written", str(path))])


@command("retire", examples=["zkchain deployments retire credit --network sepolia"])
@click.argument("name")
@network_option
def retire_command(screen: Screen, *, name: str, network: str) -> Answer:
    """Set the record of NAME aside, so that the name is free again; the contract itself stays where it is."""
    path = retire_recorded(name, network, read_config())
    return Answer(facts={"name": name, "path": str(path.absolute())}, lines=[("retired", str(path))])


for part in (list_command, show_command, check_command, export_command, retire_command):
    entry.add_command(part)


def _short(line: DeploymentLine) -> str:
    return f"{line.address}  {line.model_id if line.status == 'confirmed' else line.status.upper()}".rstrip()


def _lines(line: DeploymentLine) -> list[Line]:
    return [
        ("name", line.name),
        ("address", line.address),
        ("chain", f"{line.chain_id} ({line.network})"),
        ("transaction", _transaction(line)),
    ]


def _transaction(line: DeploymentLine) -> str:
    if not line.tx_hash:
        return f"not ours: it stood there already in block {line.block:,}"
    return f"{line.tx_hash}, block {line.block:,}, {line.gas_used:,} gas"


def _plain(facts: dict[str, object]) -> list[tuple[str, object]]:
    return [(key, value) for key, value in sorted(facts.items()) if isinstance(value, (str, int))]
