"""Secrets by reference: what a configuration may say in place of a URL or a key, and what stands there."""

import os
import shlex
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..errors import ConfigError

_FILE_LIMIT = 4096
_COMMAND_SECONDS = 30.0
KINDS = ("env", "file", "cmd")


def is_reference(text: str) -> bool:
    """True for env:NAME, file:PATH and cmd:COMMAND."""
    kind, found, rest = text.partition(":")
    return bool(found) and kind in KINDS and bool(rest) and not rest.startswith("//")


def resolve_reference(text: str, what: str, environ: Mapping[str, str] | None = None) -> str:
    """The text that `text` refers to, without space around it; `what` says for whom.

    env:NAME is a variable, file:PATH a file that only its owner can read, and cmd:COMMAND what a program prints, run
    without a shell. Raises ConfigError, which repeats neither the text nor the command.
    """
    kind, _, rest = text.partition(":")
    env = os.environ if environ is None else environ
    if kind == "env":
        found = env.get(rest, "")
        if not found.strip():
            raise ConfigError(f"{what} is in the variable {rest}, which is not set", remedy=f"set {rest}", name=rest)
    elif kind == "file":
        found = read_private(Path(rest).expanduser(), what)
    else:
        found = _printed(rest, what)
    return found.strip()


def read_private(path: Path, what: str) -> str:
    """The text of a file that only its owner can read. Raises ConfigError."""
    try:
        # Not to wait for whoever writes to a pipe: what is no file is refused before it is read.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_FILE_LIMIT) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise ConfigError(f"{what} is in the file {path}, which cannot be read: {error.strerror}", path=path) from None
    if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"{what} is in the file {path}, which can be read by others", remedy=f"run: chmod 600 {path}", path=path
        )
    return text.decode("utf-8", errors="replace")


def _printed(command: str, what: str) -> str:
    """What a program prints. Only its name is said when it fails: its arguments may be secret too."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise ConfigError(f"the command for {what} is not one: its quotes do not match")
    program = Path(words[0]).name
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"the command for {what}, {program}, failed: {type(error).__name__}") from None
    if done.returncode != 0 or not done.stdout.strip():
        raise ConfigError(f"the command for {what}, {program}, ended with status {done.returncode} and printed nothing")
    return done.stdout
