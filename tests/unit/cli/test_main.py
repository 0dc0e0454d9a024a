"""From arguments to an exit code."""

import json
import shlex

import click
import pytest

from tests.support import chains  # imports web3 without its warnings
from zkchain import __version__
from zkchain.cli import main as program
from zkchain.cli import version
from zkchain.cli.main import BUG, COMMANDS, cli, main, run
from zkchain.errors import EngineKilled

assert chains


def every_command():
    """Path and command, groups' members included."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        yield (name,), command
        if isinstance(command, click.Group):
            yield from (((name, part), inner) for part, inner in command.commands.items())


ALL = list(every_command())
LEAVES = [(path, command) for path, command in ALL if not isinstance(command, click.Group)]


@pytest.mark.parametrize(
    ("path", "command"), ALL, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_says_what_it_is_for(path, command, capsys):
    assert run([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    first = command.help.split("\n\n")[0]
    assert first.endswith(".")
    assert len(first) <= 120
    assert shown.startswith(f"Usage: zkchain {' '.join(path)}")


@pytest.mark.parametrize(
    ("path", "command"), LEAVES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_has_json_help_for_each_option_and_examples_that_parse(path, command, capsys):
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert "--json" in [name for option in options for name in option.opts]
    assert all(option.help for option in options)
    assert run([*path, "--help"]) == 0
    shown = capsys.readouterr().out.split("Examples:")[1]
    for example in command.examples:
        assert example in shown
        words = shlex.split(example)
        assert words[: 1 + len(path)] == ["zkchain", *path]
        command.make_context("example", words[1 + len(path) :])


def test_the_table_names_the_modules_and_no_others():
    assert [path[0] for path, _ in ALL if len(path) == 1] == list(COMMANDS)
    assert all(purpose.endswith(".") for purpose in COMMANDS.values())


def test_without_a_command_the_help_is_shown(capsys):
    assert run([]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: zkchain")
    assert err == ""


def test_the_version_is_the_packages(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"zkchain {__version__}\n"
    assert run(["version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == __version__


@pytest.fixture
def failing(monkeypatch):
    """`zkchain version` that raises what it is given."""

    def fail_with(error):
        def raiser():
            raise error

        monkeypatch.setattr(version.platform, "python_version", raiser)

    return fail_with


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (EngineKilled("killed"), 6, "engine.killed"),
        (KeyboardInterrupt(), 130, "cancelled"),
        (PermissionError(13, "Permission denied", "/a"), 14, "file.forbidden"),
        (click.UsageError("odd"), 2, "usage"),
    ],
    ids=str,
)
def test_each_way_to_end_has_its_code(failing, capsys, error, exit_code, code):
    failing(error)
    assert run(["version", "--json"]) == exit_code
    assert json.loads(capsys.readouterr().out)["error"] == code


@pytest.mark.parametrize(
    "bug", [KeyError("oops"), EOFError("oops"), OSError(2, "oops", "part of the package")], ids=repr
)
def test_a_bug_is_raised_and_ends_the_program_with_its_traceback_and_neither_0_nor_1(failing, capsys, monkeypatch, bug):
    failing(bug)
    with pytest.raises((KeyError, click.Abort, OSError)):
        run(["version"])
    monkeypatch.setattr(program.sys, "argv", ["zkchain", "version"])
    monkeypatch.setattr(program.signal, "signal", lambda number, handler: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == BUG > 1
    assert "Traceback" in capsys.readouterr().err


def test_json_behind_a_double_dash_is_a_file_name(capsys):
    assert run(["srs", "import", "--", "--json"]) == 8
    assert capsys.readouterr().out == ""


def test_a_group_without_a_command_is_a_usage_error_not_a_page_of_help(capsys):
    assert run(["srs"]) == 2
    assert capsys.readouterr() == ("", "error: Missing command.\n  try: run: zkchain srs --help\n")
