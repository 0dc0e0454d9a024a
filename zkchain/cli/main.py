"""The command line: find the command, run it, and turn whatever ends it into an exit code."""

import importlib
import signal
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

import click

from .. import __version__
from ..errors import ZkchainError
from .output import Screen
from .trouble import from_click, from_system, stopped

#: Exit code of a bug. Python's own, 1, would read as "not valid".
BUG = 70

#: Every command with its one-line purpose. The module of its name is imported when it is asked for, and not for --help.
COMMANDS: dict[str, str] = {
    "quickstart": "Run the whole path on a model that ships with zkchain.",
    "inspect": "Say what a model consists of and whether it can be proved.",
    "compile": "Make a circuit bundle from a model and samples.",
    "tune": "Search for the best circuit of a model and show the search.",
    "fidelity": "Compare a bundle's circuit with its float model.",
    "devnet": "Start, show or stop a local development chain.",
    "deploy": "Put a bundle's verifier on a chain and register the model.",
    "prove": "Prove the model's answer to one input.",
    "verify": "Judge a proof by a bundle or by a network's contracts.",
    "submit": "Send a proof to the gateway and decode what it recorded.",
    "permit": "Sign that another account may submit a proof for you.",
    "tx": "List, show, speed up, cancel or resume transactions.",
    "events": "List the proved answers that a network has accepted.",
    "conformance": "Check a deployed contract against a standard, rule by rule.",
    "deployments": "List, check, export or retire what was deployed.",
    "models": "Own, guard, hand over and stop registered models.",
    "he": "Have a model answer encrypted questions.",
    "train": "Train a model on data that nobody shows, every step proved.",
    "audit": "Compare a deployed model with everything that it follows from.",
    "wallet": "Keep keys encrypted by a password.",
    "networks": "List the networks there are, or check one.",
    "srs": "Manage the cache of structured reference strings.",
    "doctor": "Say what this machine has and lacks.",
    "version": "Say which versions are installed.",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(f"{__package__}.{cmd_name}").entry
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(name="zkchain", cls=LazyGroup, invoke_without_command=True)
@click.option("--version", "version_wanted", is_flag=True, help="Print the version.")
@click.pass_context
def cli(context: click.Context, *, version_wanted: bool) -> None:
    """Prove a machine-learning model's answer on chain: ONNX in, a decoded event out.

    Begin with `zkchain quickstart`. Every command has --help with examples, and --json.
    """
    screen = context.find_object(Screen)
    assert screen is not None
    if version_wanted:
        screen.text(f"zkchain {__version__}")
        context.exit(0)
    if context.invoked_subcommand is None:
        screen.text(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code: 0, 1 for a negative verdict, or that of a typed error.

    Errors of ours become a paragraph on stderr; a bug is raised.
    """
    screen = Screen(json_wanted=_wants_json(arguments))
    try:
        code = cli.main(list(arguments), prog_name="zkchain", obj=screen, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as refused:
        error: ZkchainError = from_click(refused)
    except ZkchainError as ours:
        error = ours
    except (KeyboardInterrupt, click.Abort) as abort:
        if isinstance(abort.__cause__, EOFError):
            raise
        error = stopped()
    except OSError as system:
        translated = from_system(system)
        if translated is None:
            raise
        translated.__cause__ = system
        error = translated
    screen.fail(error)
    return error.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    flags = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in flags


def main() -> NoReturn:
    """The program `zkchain`."""
    # Asked to end, it ends as with Ctrl-C: children are stopped and scratch files removed.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        # A file name or a locale without UTF-8 must not turn an answer into a crash.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(sys.argv[1:])
    except Exception:  # noqa: BLE001 - shown in full; left alone it would exit with 1, the code of a negative verdict
        traceback.print_exc()
        code = BUG
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
