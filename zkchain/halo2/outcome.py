"""How a child's end is read: the one table from signals and messages to our errors."""

import signal

from ..errors import (
    EngineAborted,
    EngineCrashed,
    EngineDiskFull,
    EngineError,
    EngineKilled,
    EngineMissing,
    EngineOutOfMemory,
    EnginePanicked,
    EngineRefused,
    EngineTimeout,
)

#: errno texts, as Rust prints them, of a disk that takes no more: EFBIG, ENOSPC, EROFS, EDQUOT, EACCES. A panic has the
#: second form.
_DISK = tuple(text for number in (27, 28, 30, 122, 13) for text in (f"os error {number})", f"Os {{ code: {number},"))
#: What Rust's allocator and Python print when an allocation fails under the address-space limit.
_MEMORY = ("memory allocation of", "Cannot allocate memory", "os error 12)", "MemoryError", "cannot allocate")


def failure_error(operation: str, failure: dict[str, str], memory_bytes: int) -> EngineError:
    """The error for an exception that the child caught and reported."""
    kind, text = failure["kind"], failure["message"]
    if kind == "MemoryError" or any(mark in text for mark in _MEMORY):
        return _out_of_memory(operation, memory_bytes)
    if any(mark in text for mark in _DISK) or (kind == "OSError" and "Errno 28" in text):
        return EngineDiskFull(f"{operation}: {text}", operation=operation)
    if kind in ("ModuleNotFoundError", "ImportError"):
        return EngineMissing(f"ezkl cannot be imported: {text}")
    if kind == "PanicException":
        return EnginePanicked(f"{operation}: ezkl panicked: {text}", operation=operation)
    return EngineRefused(f"{operation}: {text}", operation=operation)


def loss_error(operation: str, return_code: int, stderr: str, memory_bytes: int) -> EngineError:
    """The error for a child that ended without handing anything over. Negative codes are signals (subprocess)."""
    if any(mark in stderr for mark in _MEMORY):
        return _out_of_memory(operation, memory_bytes)
    if return_code == -signal.SIGXCPU:
        return EngineTimeout(f"{operation} used up its processor time", operation=operation)
    if return_code == -signal.SIGKILL:
        return EngineKilled(f"{operation}: the engine was killed (SIGKILL)", operation=operation)
    if return_code == -signal.SIGABRT:
        return EngineAborted(f"{operation}: the engine aborted (SIGABRT)", operation=operation)
    if return_code < 0:
        name = signal.Signals(-return_code).name
        return EngineCrashed(f"{operation}: the engine died by {name}", operation=operation, signal=name)
    return EngineCrashed(
        f"{operation}: the engine left with exit code {return_code} and no result",
        operation=operation,
        exit_code=return_code,
    )


def _out_of_memory(operation: str, memory_bytes: int) -> EngineOutOfMemory:
    limit = memory_bytes / 2**30
    return EngineOutOfMemory(
        f"{operation} needs more memory than the limit of {limit:.1f} GiB", operation=operation, limit=memory_bytes
    )
