"""`zkchain models show|stop|guardian|transfer|accept|publish|update`."""

import click

from ..config import read_config
from ..errors import UsageError
from ..pipeline.models import (
    ModelChange,
    accept_model,
    offer_model,
    publish_default,
    set_guardian,
    show_model,
    stop_model,
    update_default,
)
from ..values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import network_option, parse_account, parse_id


@click.group("models", no_args_is_help=False)
def entry() -> None:
    """Own, guard, hand over and stop registered models; MODEL is a deployment's name or an id of the registry."""


@command("show", examples=["zkchain models show credit --network sepolia"])
@click.argument("model")
@network_option
def show_command(screen: Screen, *, model: str, network: str) -> Answer:
    """Show who owns and who guards MODEL, whether it was stopped, and which version it stands for."""
    return _answer(show_model(model, network, config=read_config()))


@command("stop", examples=["zkchain models stop credit --network sepolia --yes"])
@click.argument("model")
@network_option
@click.option("--yes", is_flag=True, help="Yes, for ever: a stopped model never accepts an answer again.")
def stop_command(screen: Screen, *, model: str, network: str, yes: bool) -> Answer:
    """Stop MODEL for ever, as its owner or its guardian."""
    if not yes:
        raise UsageError(f"stopping {model} is for ever; nothing was sent", remedy="add --yes if that is meant")
    return _answer(stop_model(model, network, config=read_config(), report=screen.report))


@command(
    "guardian",
    examples=["zkchain models guardian credit 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --network sepolia"],
)
@click.argument("model")
@click.argument("account", callback=parse_account)
@network_option
def guardian_command(screen: Screen, *, model: str, account: Address | None, network: str) -> Answer:
    """Let ACCOUNT stop MODEL, and nothing else; "none" for nobody but the owner."""
    return _answer(set_guardian(model, account, network, config=read_config(), report=screen.report))


@command(
    "transfer",
    examples=["zkchain models transfer credit 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --network sepolia"],
)
@click.argument("model")
@click.argument("account", callback=parse_account)
@network_option
def transfer_command(screen: Screen, *, model: str, account: Address | None, network: str) -> Answer:
    """Offer MODEL to ACCOUNT, who has to accept; "none" takes the offer back."""
    return _answer(offer_model(model, account, network, config=read_config(), report=screen.report))


@command("accept", examples=["zkchain models accept credit --network sepolia"])
@click.argument("model")
@network_option
def accept_command(screen: Screen, *, model: str, network: str) -> Answer:
    """Take over MODEL, which was offered to the network's signer."""
    return _answer(accept_model(model, network, config=read_config(), report=screen.report))


@command("publish", examples=["zkchain models publish credit --network sepolia"])
@click.argument("name")
@network_option
def publish_command(screen: Screen, *, name: str, network: str) -> Answer:
    """Register a model of ERC-7992 whose default version is the deployment NAME, and print the model's id.

    The version itself never changes; which one the model stands for does, with `zkchain models update`.
    """
    return _answer(publish_default(name, network, config=read_config(), report=screen.report))


@command("update", examples=[f"zkchain models update 0x{'5e' * 32} credit-v2 --network sepolia"])
@click.argument("model_id", callback=parse_id)
@click.argument("name")
@network_option
def update_command(screen: Screen, *, model_id: Digest, name: str, network: str) -> Answer:
    """Have the model MODEL_ID stand for the deployment NAME, from a day after now on; everyone can see it coming."""
    return _answer(update_default(model_id, name, network, config=read_config(), report=screen.report))


for part in (
    show_command,
    stop_command,
    guardian_command,
    transfer_command,
    accept_command,
    publish_command,
    update_command,
):
    entry.add_command(part)


def _answer(result: ModelChange) -> Answer:
    status, receipt = result.status, result.receipt
    facts: dict[str, object] = status.to_json() | {
        "tx_hash": None if receipt is None else receipt.tx_hash,
        "gas_used": None if receipt is None else receipt.gas_used,
    }
    lines: list[Line] = [("model", status.model_id), ("owner", status.owner)]
    if status.offered_to != ZERO_ADDRESS:
        lines.append(("offered to", status.offered_to))
    lines.append(("guardian", "nobody" if status.guardian == ZERO_ADDRESS else status.guardian))
    lines.append(("state", "STOPPED, for ever" if status.stopped else "live"))
    if status.version_id != status.model_id:
        lines.append(("stands for", "no version" if status.version_id == ZERO_DIGEST else status.version_id))
    if status.next_at:
        lines.append(("will stand for", f"{status.next_version_id}, from {status.next_at} (Unix seconds) on"))
    if receipt is not None:
        lines.append(("transaction", f"{receipt.tx_hash} in block {receipt.block}, {receipt.gas_used:,} gas"))
    return Answer(facts=facts, lines=lines)
