"""The command line as a test runs it: as a process, or in this one where isolation is not what is tested."""

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.support import chains  # imports web3 without its warnings
from zkchain.cli.main import run

assert chains

#: A valid key with no funds anywhere. It must not appear in anything that is printed or written.
CANARY = "c0ffee5ec2e7" + "a5" * 26
_KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "ZKCHAIN_SOLC", "ZKCHAIN_ANVIL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command printed and how it ended."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object that --json prints, as the last and only line of stdout."""
        *before, last = self.out.splitlines()
        assert before == []
        value = json.loads(last)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True, slots=True)
class Zkchain:
    """Runs `zkchain` in one folder with one cache."""

    cwd: Path
    home: Path

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Nothing of the caller's but what a process needs to run."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, "ZKCHAIN_HOME": str(self.home), **extra}

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "zkchain.cli.main", *map(str, arguments)]

    def process(self, *arguments: str | Path, **environment: str) -> Result:
        """Run a process to its end."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.cwd,
            env=self.environment(environment),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Result(exit_code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        """Start a process that the test ends itself."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.cwd,
            env=self.environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def here(self, *arguments: str | Path, **environment: str) -> Result:
        """Run in this process; a bug comes out as its exception."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.cwd),
            mock.patch.dict(os.environ, self.environment(environment), clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            exit_code = run([str(argument) for argument in arguments])
        return Result(exit_code=exit_code, out=out.getvalue(), err=err.getvalue())


def stop(process: subprocess.Popen[str], number: int = signal.SIGINT) -> Result:
    """Signal a started process and wait for its end."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return Result(exit_code=process.returncode, out=out, err=err)


def snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    """Every path under `folder` with its mode, and the hash of what a file holds or where a link leads."""
    return {str(path.relative_to(folder)): (path.lstat().st_mode, _content(path)) for path in sorted(folder.rglob("*"))}


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
