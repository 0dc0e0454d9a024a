"""`zkchain wallet new|import|list|address`."""

import os
import sys

import click

from ..chain.keystore import (
    PASSWORD,
    PASSWORD_FILE,
    Wallet,
    create_wallet,
    keystore_path,
    list_wallets,
    wallet_folder,
    wallet_password,
)
from ..chain.references import is_reference, resolve_reference
from ..errors import UsageError
from .answer import Answer, Line
from .command import command
from .output import Screen


@click.group("wallet", no_args_is_help=False)
def entry() -> None:
    """Keep keys encrypted by a password; a network's signer names one as keystore:NAME.

    The password is asked for, or comes from ZKCHAIN_WALLET_PASSWORD_FILE or ZKCHAIN_WALLET_PASSWORD.
    """


@command("new", examples=["zkchain wallet new deployer"])
@click.argument("name")
def new_command(screen: Screen, *, name: str) -> Answer:
    """Make a fresh key and keep it as NAME."""
    made = create_wallet(wallet_folder(), name, _new_password())
    return Answer(
        facts=made.to_json(), lines=[_line(made), "Back the file up: without it, or its password, all is lost."]
    )


@command(
    "import",
    examples=["zkchain wallet import deployer", "zkchain wallet import deployer --from env:OLD_KEY"],
)
@click.argument("name")
@click.option("--from", "source", metavar="REFERENCE", help="env:NAME, file:PATH or cmd:COMMAND.  [default: ask]")
def import_command(screen: Screen, *, name: str, source: str | None) -> Answer:
    """Keep a private key that exists already as NAME; it is asked for, or read where --from says, never an argument."""
    if source is None:
        if not sys.stdin.isatty():
            raise UsageError("there is nobody to ask for the key", remedy="say with --from where it is")
        key = click.prompt("private key", hide_input=True, err=True)
    elif is_reference(source):
        key = resolve_reference(source, "the key")
    else:
        # Not shown: whoever put the key here by mistake would find it in a log.
        raise UsageError("--from is not env:NAME, file:PATH or cmd:COMMAND")
    made = create_wallet(wallet_folder(), name, _new_password(), key)
    return Answer(facts=made.to_json(), lines=[_line(made)])


@command("list", examples=["zkchain wallet list", "zkchain wallet list --json"])
def list_command(screen: Screen) -> Answer:
    """List the wallets and their addresses; none is opened."""
    found = list_wallets(wallet_folder())
    lines: list[Line] = [_line(wallet) for wallet in found]
    return Answer(facts={"wallets": [wallet.to_json() for wallet in found]}, lines=lines or ["there is no wallet"])


@command("address", examples=["zkchain wallet address deployer"])
@click.argument("name")
def address_command(screen: Screen, *, name: str) -> Answer:
    """Print the address of the wallet NAME."""
    path = keystore_path(name)
    (found,) = [wallet for wallet in list_wallets(path.parent) if wallet.name == path.stem]
    return Answer(facts=found.to_json(), lines=[found.address])


for part in (new_command, import_command, list_command, address_command):
    entry.add_command(part)


def _new_password() -> str:
    """Where one is given it is taken; a person is asked twice."""
    if os.environ.get(PASSWORD) or os.environ.get(PASSWORD_FILE) or not sys.stdin.isatty():
        return wallet_password()
    return str(click.prompt("password for the wallet", hide_input=True, confirmation_prompt=True, err=True))


def _line(wallet: Wallet) -> Line:
    warning = "" if wallet.private else f"  CAN BE READ BY OTHERS: chmod 600 {wallet.path}"
    return wallet.name, f"{wallet.address}{warning}"
