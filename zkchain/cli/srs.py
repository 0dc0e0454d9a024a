"""`zkchain srs list|import|verify`."""

from pathlib import Path

import click

from ..circuit.srs import damaged_srs, import_srs, list_srs
from ..config import read_config
from ..records import Srs
from .answer import Answer, Line, byte_count
from .command import command
from .output import Screen
from .parameters import PATH


@click.group("srs", no_args_is_help=False)
def entry() -> None:
    """Manage the cache of structured reference strings, which lies outside of every project."""


@command("list", examples=["zkchain srs list", "zkchain srs list --json"])
def list_command(screen: Screen) -> Answer:
    """List the cached SRS files with their size and who knows their secret."""
    found = list_srs(read_config().home)
    lines: list[Line] = [_line(path, srs) for path, srs in found]
    return Answer(facts={"srs": [_facts(path, srs) for path, srs in found]}, lines=lines or ["no SRS is cached"])


@command("import", examples=["zkchain srs import kzg18.srs"])
@click.argument("file", type=PATH)
def import_command(screen: Screen, *, file: Path) -> Answer:
    """Check FILE and copy it into the cache; the file itself is not touched."""
    screen.report(f"checking {file}")
    path, srs = import_srs(file, read_config().home)
    return Answer(facts=_facts(path, srs), lines=[_line(path, srs)])


@command("verify", examples=["zkchain srs verify"])
def verify_command(screen: Screen) -> Answer:
    """Read every cached SRS again and compare it with its name; exit code 1 when one differs."""
    screen.report("checking the cache")
    home = read_config().home
    damaged = damaged_srs(home)
    if damaged:
        return Answer(
            facts={"valid": False, "damaged": [{"path": str(path), "reason": reason} for path, reason in damaged]},
            lines=[("damaged", reason) for _, reason in damaged],
            good=False,
        )
    found = list_srs(home)
    return Answer(
        facts={"valid": True, "checked": len(found), "srs": [_facts(path, srs) for path, srs in found]},
        lines=[f"{len(found)} SRS files hold"],
    )


for part in (list_command, import_command, verify_command):
    entry.add_command(part)


def _facts(path: Path, srs: Srs) -> dict[str, object]:
    return {
        "path": str(path),
        "k": srs.k,
        "provenance": srs.provenance,
        "sha256": srs.sha256,
        "bytes": path.stat().st_size,
    }


def _line(path: Path, srs: Srs) -> Line:
    return (f"k={srs.k}", f"{srs.provenance:8}  {byte_count(path.stat().st_size):>9}  {path}")
