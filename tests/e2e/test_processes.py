"""What only a process can show: signals, pipes that close, terminals, full disks, imports."""

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import psutil
import pytest

from tests.support.chains import raw
from zkchain.cli.main import COMMANDS, main

from .conftest import write_inputs
from .runner import Zkchain, snapshot, stop

HEAVY = ("ezkl", "onnx", "onnxruntime", "web3", "numpy", "eth_tester", "requests")


@pytest.fixture
def fresh(tmp_path):
    """A project with a model and samples, and a cache of its own."""
    (tmp_path / "project").mkdir()
    write_inputs(tmp_path / "project")
    zkchain = Zkchain(cwd=tmp_path / "project", home=tmp_path / "home")
    yield zkchain
    zkchain.here("devnet", "--stop")


def ended(pid: int) -> bool:
    """True also for a zombie that its new parent has not looked at yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_compile_ends_within_two_seconds_and_leaves_no_bundle(fresh, running, number):
    before = snapshot(fresh.cwd)
    process = fresh.start("compile", "tiny.onnx", "--samples", "samples.json", "--json")
    running.append(process)
    while "trying candidate" not in process.stderr.readline():
        assert process.poll() is None
    children = psutil.Process(process.pid).children(recursive=True)
    asked = time.monotonic()
    result = stop(process, number)
    assert time.monotonic() - asked < 2
    assert result.exit_code == 130
    assert result.json["error"] == "cancelled"
    assert "Traceback" not in result.err
    assert all(ended(child.pid) for child in children)
    assert snapshot(fresh.cwd) == before
    assert not any((fresh.home / "scratch").glob("run-*"))


def test_a_compile_that_was_stopped_can_be_finished(fresh, running):
    process = fresh.start("compile", "tiny.onnx", "--samples", "samples.json")
    running.append(process)
    while "making the keys" not in process.stderr.readline():
        assert process.poll() is None
    assert stop(process).exit_code == 130
    finished = fresh.here("compile", "tiny.onnx", "--samples", "samples.json", "--json")
    assert finished.exit_code == 0
    assert "trying candidate" not in finished.err


def test_what_a_killed_compile_left_is_removed_by_the_next(fresh, running):
    left = (
        fresh.cwd / ".tiny.bundle.zkchain-abc",
        fresh.home / "srs" / ".making-abc",
        fresh.home / "scratch" / "run-abc",
    )
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "half.key").write_bytes(b"half")
    process = fresh.start("compile", "tiny.onnx", "--samples", "samples.json")
    running.append(process)
    while "making the keys" not in process.stderr.readline():
        assert process.poll() is None
    stop(process, signal.SIGKILL)
    orphans = [path for path in (fresh.home / "scratch").glob("run-*") if path not in left]
    assert orphans
    assert fresh.here("compile", "tiny.onnx", "--samples", "samples.json", "--json").exit_code == 0
    assert not any(path.exists() for path in (*left, *orphans))
    assert sorted(path.name for path in fresh.cwd.iterdir()) == [
        "input.json",
        "samples.json",
        "tiny.bundle",
        "tiny.onnx",
    ]


def test_two_compiles_into_one_folder_make_one_bundle_and_one_refusal(fresh, running):
    (fresh.cwd / "other.json").write_text('[{"x": [[2.0, -3.0]]}]')
    commands = [("samples.json", "one.bundle"), ("other.json", "one.bundle")]
    processes = [fresh.start("compile", "tiny.onnx", "--samples", s, "--out", out, "--json") for s, out in commands]
    running.extend(processes)
    answers = [json.loads(process.communicate(timeout=300)[0]) for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2]
    (refused,) = [answer for answer in answers if "error" in answer]
    assert refused["error"] == "usage"
    assert "another bundle" in refused["message"]
    assert not [path for path in fresh.cwd.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_devnet_in_the_foreground_serves_until_it_is_stopped(fresh, running, number):
    process = fresh.start("devnet", "--json")
    running.append(process)
    info = json.loads(process.stdout.readline())
    assert info["running"]
    assert int(raw(info["rpc_url"], "eth_chainId"), 16) == info["chain_id"] == 31337
    assert fresh.here("devnet", "--status", "--json").json == info
    second = fresh.here("devnet", "--json")
    assert second.json["error"] == "chain.devnet"
    assert second.exit_code == 11
    result = stop(process, number)
    assert result.exit_code == 0
    assert result.out == ""
    assert ended(info["pid"])
    status = fresh.here("devnet", "--status", "--json")
    assert status.json == {"running": False}
    assert status.exit_code == 1


def test_a_detached_devnet_is_reused_and_stopped_by_later_commands(fresh):
    started = fresh.process("devnet", "--detach", "--json").json
    assert fresh.here("devnet", "--detach", "--json").json == started
    clash = fresh.here("devnet", "--detach", "--engine", "anvil", "--json")
    assert clash.json["error"] == "chain.devnet"
    assert "--stop" in clash.json["remedy"]
    assert fresh.here("devnet", "--stop", "--json").json == {"stopped": True}
    assert fresh.here("devnet", "--stop", "--json").json == {"stopped": False}
    assert ended(started["pid"])


def run_with_closed_pipe(zkchain, stream, *arguments):
    """Run with a stream whose reader has gone away before anything is written."""
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
    try:
        return subprocess.run(
            zkchain.command(*arguments), cwd=zkchain.cwd, env=zkchain.environment({}), text=True, check=False, **streams
        )
    finally:
        os.close(writer)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["text", "json"])
def test_a_reader_that_goes_away_does_not_change_the_verdict(journey, stream, flags):
    result = run_with_closed_pipe(
        journey.zkchain, stream, "verify", "tiny.proof.json", "--bundle", "tiny.bundle", *flags
    )
    assert result.returncode == 0
    assert "Traceback" not in (result.stderr or "")


def test_a_terminal_sees_stages_with_a_mark_and_gets_its_cursor_back(journey):
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        journey.zkchain.command("verify", "tiny.proof.json", "--bundle", "tiny.bundle"),
        cwd=journey.folder,
        env=journey.zkchain.environment({"TERM": "xterm-256color", "COLUMNS": "100"}),
        stdout=subprocess.PIPE,
        stderr=terminal,
    ) as process:
        out, _ = process.communicate(timeout=120)
    os.close(terminal)
    shown = b""
    while True:
        try:
            shown += os.read(controller, 65536)
        except OSError:
            break
    os.close(controller)
    text = shown.decode()
    assert process.returncode == 0
    assert b"valid" in out
    assert b"\x1b" not in out
    assert "✓" in text
    assert "verifying" in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


def test_a_full_disk_is_named_and_leaves_no_partial_file(journey, tmp_path):
    zkchain = Zkchain(cwd=journey.folder, home=tmp_path / "home")
    result = subprocess.run(
        zkchain.command("srs", "import", "tiny.bundle/srs.bin", "--json"),
        cwd=zkchain.cwd,
        env=zkchain.environment({"PYTHONDONTWRITEBYTECODE": "1"}),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    facts = json.loads(result.stdout)
    assert facts["error"] == "file.disk_full"
    assert facts["remedy"]
    assert result.returncode == 14
    assert [path.name for path in (tmp_path / "home" / "srs").iterdir()] == [".lock"]
    assert zkchain.here("srs", "import", "tiny.bundle/srs.bin", "--json").exit_code == 0


def test_a_file_name_that_is_not_utf8_is_no_crash(tmp_path):
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    result = zkchain.process("inspect", os.fsdecode(b"mod\xffel.onnx"), PYTHONIOENCODING="ascii")
    assert result.exit_code == 3
    assert "Traceback" not in result.err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_is_printed_without_importing_anything_heavy(arguments):
    code = (
        "import sys; from zkchain.cli.main import run; code = run(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
    assert done.returncode == 0
    assert "zkchain" in done.stdout
    assert arguments == ["--version"] or all(name in done.stdout for name in COMMANDS)


def test_the_installed_command_is_this_program():
    found = [point for point in entry_points(group="console_scripts") if point.name == "zkchain"]
    assert [point.load() for point in found] == [main]
    script = Path(sys.executable).with_name("zkchain")
    done = subprocess.run([script, "version", "--json"], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["engine"].startswith("ezkl/")


def test_a_link_as_out_is_followed(fresh):
    (fresh.cwd / "elsewhere").mkdir()
    (fresh.cwd / "link").symlink_to(fresh.cwd / "elsewhere")
    assert fresh.here("compile", "tiny.onnx", "--samples", "samples.json", "--out", "link").exit_code == 0
    assert (fresh.cwd / "link").is_symlink()
    assert (fresh.cwd / "elsewhere" / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("environment", "arguments", "code"),
    [
        ({"ZKCHAIN_HOME": "/proc/nope"}, ["compile", "tiny.onnx", "--samples", "samples.json"], "file.forbidden"),
        ({"ZKCHAIN_HOME": "~nosuchuser/x"}, ["doctor"], "config"),
        ({}, ["compile", "tiny.onnx", "--samples", "samples.json", "--out", ""], "usage"),
        ({}, ["compile", "tiny.onnx", "--samples", "samples.json", "--out", "/dev/null"], "usage"),
    ],
)
def test_places_that_cannot_hold_anything_are_typed_errors(fresh, environment, arguments, code):
    before = snapshot(fresh.cwd)
    result = fresh.process(*arguments, "--json", **environment)
    assert result.json["error"] == code
    assert result.exit_code >= 2
    assert "Traceback" not in result.err
    assert snapshot(fresh.cwd) == before


def test_a_command_in_a_folder_that_is_gone_says_so(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    done = subprocess.run(
        ["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", gone, *zkchain.command("doctor", "--json")],
        cwd=tmp_path,
        env=zkchain.environment({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["error"] == "config"
    assert "Traceback" not in done.stderr
