"""Options and argument types that several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, address, digest


class _NonEmptyPath(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty path names nothing", param, ctx)
        return super().convert(value, param, ctx)


#: A path as given. What is there is judged by the code that reads it, which has typed errors for it.
PATH = _NonEmptyPath(path_type=Path)

network_option = click.option("--network", required=True, metavar="NAME", help='"local", or a network of zkchain.toml.')


def parse_dims(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, int]:
    """NAME=SIZE, several times, each name once."""
    dims: dict[str, int] = {}
    for value in values:
        name, _, size = value.rpartition("=")
        if not name or not (size.isascii() and size.isdigit()):
            raise click.BadParameter(f"{value!r} is not NAME=SIZE with a whole number", context, parameter)
        if name in dims:
            raise click.BadParameter(f"{name!r} is given twice", context, parameter)
        dims[name] = int(size)
    return dims


dims_option = click.option(
    "--dim",
    "dims",
    multiple=True,
    metavar="NAME=SIZE",
    callback=parse_dims,
    help="Fix a symbolic dimension; may be repeated.",
)


def parse_beneficiary(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[Address | None, Digest | None]:
    """An account's address, or request:ID: as (account, request), at most one of them given."""
    if value is None:
        return None, None
    kind, found, identifier = value.partition(":")
    try:
        account = None if found and kind == "request" else address(value)
        request = digest(identifier) if account is None else None
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error
    if account == ZERO_ADDRESS or request == ZERO_DIGEST:
        # On chain, zero means that the proof is not bound to this kind of beneficiary.
        raise click.BadParameter("zero stands for nobody", context, parameter)
    return account, request
