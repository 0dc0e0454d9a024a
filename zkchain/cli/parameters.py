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


def parse_ranges(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> dict[str, tuple[float, float] | None]:
    """TENSOR or TENSOR=LOW:HIGH, several times, each tensor once."""
    ranges: dict[str, tuple[float, float] | None] = {}
    for value in values:
        name, given, numbers = value.rpartition("=") if ":" in value.rpartition("=")[2] else (value, "", "")
        try:
            low, high = (float(text) for text in numbers.split(":")) if given else (0.0, 0.0)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not TENSOR=LOW:HIGH with numbers", context, parameter) from None
        if not name or name in ranges:
            raise click.BadParameter(f"{name!r} is given twice" if name else "no tensor is named", context, parameter)
        ranges[name] = (low, high) if given else None
    return ranges


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


def parse_account(context: click.Context, parameter: click.Parameter, value: str) -> Address | None:
    """An account's address; None for "none"."""
    if value == "none":
        return None
    try:
        account = address(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error
    if account == ZERO_ADDRESS:
        raise click.BadParameter('zero stands for nobody; say "none"', context, parameter)
    return account


def parse_contract(context: click.Context, parameter: click.Parameter, value: str | None) -> Address | None:
    """A contract's address; None where none is given."""
    try:
        return None if value is None else address(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


def parse_id(context: click.Context, parameter: click.Parameter, value: str) -> Digest:
    """An id of the registry: 0x and 64 hex digits."""
    try:
        return digest(value.lower())
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


def parse_safe(context: click.Context, parameter: click.Parameter, value: str | None) -> Address | None:
    """safe:ADDRESS."""
    if value is None:
        return None
    kind, _, account = value.partition(":")
    try:
        if kind == "safe":
            return address(account)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error
    raise click.BadParameter(f"{value!r} is not safe: and an address", context, parameter)


propose_option = click.option(
    "--propose",
    "safe",
    metavar="safe:ADDRESS",
    callback=parse_safe,
    help="Write what the owners of this Safe have to sign, for its Transaction Builder; sign and send nothing.",
)
