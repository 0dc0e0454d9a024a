"""What ends a command early: as an error of ours, and as one paragraph that a person can act on."""

import errno
import os
from collections.abc import Iterator

import click

from ..errors import Cancelled, DiskFull, FileError, FileForbidden, UsageError, ZkchainError

_LIMIT = 600

#: What the system says of a path that cannot be used -> our error. Other OSErrors are bugs and stay as they are.
_FILE_TROUBLE: dict[int, type[FileError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EFBIG: DiskFull,
    errno.EACCES: FileForbidden,
    errno.EPERM: FileForbidden,
    errno.EROFS: FileForbidden,
    errno.EBUSY: FileError,
    errno.EEXIST: FileError,
    errno.ENOTEMPTY: FileError,
    errno.ENOTDIR: FileError,
    errno.EISDIR: FileError,
    errno.ENAMETOOLONG: FileError,
    errno.ELOOP: FileError,
}


def from_click(error: click.ClickException) -> UsageError:
    """What click says about the arguments."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "zkchain"
    return UsageError(error.format_message(), remedy=f"run: {path} --help")


def from_system(error: OSError) -> FileError | None:
    """What the system says about a file; None when the trouble is not one that a user can put right.

    Stands here and not at each write, so that no write of ours is forgotten.
    """
    kind = _FILE_TROUBLE.get(error.errno or 0)
    # A file descriptor in place of a name says nothing to a user; a write to an open file has no name at all.
    named = isinstance(error.filename, (str, bytes))
    if kind is None or not (named or kind is DiskFull):
        return None
    where = os.fsdecode(error.filename2 or error.filename) if named else "a file"
    return kind(f"{where}: {error.strerror}", path=str(where))


def stopped() -> Cancelled:
    """Ctrl-C, or a request to end, outside of the engine."""
    return Cancelled("stopped before the command was done")


def paragraph(error: ZkchainError) -> list[str]:
    """The message, then each cause that says something new, then the remedy."""
    lines = [printable(error.message)]
    for cause in _causes(error):
        text = printable(cause)
        if text and text not in lines[-1]:
            lines.append(f"because: {text}")
    if error.remedy:
        lines.append(f"try: {printable(error.remedy)}")
    return lines


def printable(text: str) -> str:
    """`text` on one line and not too long, for messages of which a part may come out of a foreign file."""
    shown = escaped(" ".join(text.split()))
    return shown if len(shown) <= _LIMIT else shown[: _LIMIT - 1] + "…"


def escaped(text: str) -> str:
    """`text` with line breaks and control characters spelt out, so that a name cannot steer a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _causes(error: BaseException) -> Iterator[str]:
    cause = error.__cause__
    while cause is not None:
        yield str(cause) or type(cause).__name__
        cause = cause.__cause__
