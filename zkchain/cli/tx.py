"""`zkchain tx list|show|speed-up|cancel|resume`."""

from datetime import UTC, datetime

import click

from ..config import read_config
from ..pipeline.transactions import (
    TransactionDetail,
    TransactionLine,
    cancel_transaction,
    list_transactions,
    resume_transactions,
    show_transaction,
    speed_up_transaction,
)
from .answer import Answer, Line
from .command import command
from .output import Screen
from .parameters import network_option

_GWEI, _ETHER = 10**9, 10**18


@click.group("tx", no_args_is_help=False)
def entry() -> None:
    """Look at the transactions that were sent from here, pay more for one, cancel one, or go on with all of them."""


@command("list", examples=["zkchain tx list", "zkchain tx list --network sepolia --json"])
@click.option("--network", metavar="NAME", help="Of this network alone.")
@click.option("--count", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
def list_command(screen: Screen, *, network: str | None, count: int) -> Answer:
    """List the latest transactions, newest first. Asks nobody."""
    found = list_transactions(read_config(), network, count=count)
    return Answer(
        facts={"transactions": [line.to_json() for line in found]},
        lines=[_row(line) for line in found] or ["nothing was sent from here"],
    )


@command("show", examples=["zkchain tx show 7 --network sepolia", "zkchain tx show 0x4f1c09 --network sepolia --json"])
@click.argument("transaction")
@network_option
def show_command(screen: Screen, *, transaction: str, network: str) -> Answer:
    """Show TRANSACTION, a number of `zkchain tx list` or the beginning of a hash, with every attempt and its cost."""
    detail = show_transaction(read_config(), network, transaction)
    return Answer(facts=_facts(detail), lines=_lines(detail))


@command("speed-up", examples=["zkchain tx speed-up 7 --network sepolia"])
@click.argument("transaction")
@network_option
def speed_up_command(screen: Screen, *, transaction: str, network: str) -> Answer:
    """Replace TRANSACTION, which waits, by one that pays at least a tenth more, under the network's fee caps."""
    detail = speed_up_transaction(read_config(), network, transaction)
    return Answer(facts=_facts(detail), lines=_lines(detail))


@command("cancel", examples=["zkchain tx cancel 7 --network sepolia"])
@click.argument("transaction")
@network_option
def cancel_command(screen: Screen, *, transaction: str, network: str) -> Answer:
    """Put an empty transaction in the place of TRANSACTION, which waits; exit code 1 when it came too late."""
    line = cancel_transaction(read_config(), network, transaction, screen.report)
    if line is None:
        return Answer(facts={"cancelled": True, "transaction": None}, lines=["it was never signed, and is forgotten"])
    cancelled = line.state == "cancelled"
    words = "cancelled" if cancelled else f"too late: it is {line.state}"
    lines: list[Line] = [("outcome", words), ("transaction", f"{line.hash}, block {line.block:,}")]
    return Answer(facts={"cancelled": cancelled, "transaction": line.to_json()}, lines=lines, good=cancelled)


@command("resume", examples=["zkchain tx resume --network sepolia"])
@network_option
def resume_command(screen: Screen, *, network: str) -> Answer:
    """Go on with every open transaction of the signer's account: send what is lost, pay more, wait until all are final.

    Exit code 1 when one of them reverted.
    """
    done = resume_transactions(read_config(), network, screen.report)
    return Answer(
        facts={"transactions": [line.to_json() for line in done]},
        lines=[_row(line) for line in done] or ["nothing is open"],
        good=all(line.state != "reverted" for line in done),
    )


for part in (list_command, show_command, speed_up_command, cancel_command, resume_command):
    entry.add_command(part)


def _facts(detail: TransactionDetail) -> dict[str, object]:
    more = {key: value for key, value in detail.to_json().items() if key != "line"}
    return {**detail.line.to_json(), **more}


def _row(line: TransactionLine) -> Line:
    when = datetime.fromtimestamp(line.created, UTC).strftime("%Y-%m-%d %H:%M")
    nonce = "-" if line.nonce is None else str(line.nonce)
    return str(
        line.id
    ), f"{line.state:<9}  {when}  chain {line.chain_id}  nonce {nonce}  {line.hash[:12]}  {line.label}"


def _lines(detail: TransactionDetail) -> list[Line]:
    line = detail.line
    mined = "" if line.block is None else f", block {line.block:,}, {line.gas_used or 0:,} gas"
    lines: list[Line] = [
        ("transaction", f"{line.id}: {line.label or 'no label'}"),
        ("state", line.state + mined),
        ("account", f"{line.account}, nonce {'-' if line.nonce is None else line.nonce}"),
        ("to", line.to or "creates a contract" + (f" at {detail.contract}" if detail.contract else "")),
        ("cost", f"{'' if line.block is not None else 'at most '}{detail.cost / _ETHER:.9f} ether"),
    ]
    if detail.l1_fee is not None:
        lines.append(("data fee", f"{detail.l1_fee / _ETHER:.9f} ether for its data on the base chain"))
    for attempt in detail.attempts:
        fees = f"{attempt.max_fee / _GWEI:.3f} gwei, tip {attempt.tip / _GWEI:.3f}"
        lines.append((attempt.kind, f"{attempt.hash}  {fees}"))
    return lines + ([("note", line.note)] if line.note else [])
