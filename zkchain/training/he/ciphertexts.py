"""Contexts, encryption, evaluation and decryption, each in a process of its own.

tenseal's reader of keys and ciphertexts, which come from others, can crash on bytes that were made for it; a process
that crashes is an error that names the file. Keys and numbers go to it and come from it through pipes: nothing private
is among its arguments or in its environment.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import Cancelled, EncryptedUnreadable, EncryptionError, ExtraMissing, TooDeep
from ..aggregate.frames import pack, unpack
from ..aggregate.told import error_of
from .affine import Array
from .parameters import Parameters
from .plan import Step

_COMMAND = (sys.executable, "-P", "-m", "zkchain.training.he.worker")
#: Environment variables that the process may see.
_PASSED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
#: Address space and time of one call: a ciphertext can be made to unpack to anything.
_MEMORY_BYTES, _SECONDS = 16 * 2**30, 3600.0


def need_library() -> None:
    """Raise ExtraMissing unless tenseal is installed."""
    if importlib.util.find_spec("tenseal") is None:
        raise ExtraMissing("tenseal is not installed", library="tenseal")


def make_keys(parameters: Parameters) -> tuple[bytes, bytes]:
    """A fresh secret context and its public part. Raises ExtraMissing and EncryptionError."""
    secret, public = _call("keys", parameters.to_json(), [], results=2)
    return secret, public


def encrypt_rows(public: bytes, rows: Array, slots: int) -> bytes:
    """Encrypt rows x numbers, again and again until all `slots` are full.

    Raises ExtraMissing, and EncryptedUnreadable when the key is none.
    """
    (query,) = _call("encrypt", {"shape": list(rows.shape), "slots": slots}, [public, _packed(rows)], results=1)
    return query


def evaluate_steps(public: bytes, query: bytes, steps: Sequence[Step]) -> bytes:
    """Compute on ciphertexts, with no key that could open them.

    Raises ExtraMissing; EncryptedUnreadable for a key or a query that is none, or does not fit the steps.
    """
    work = [
        {"shape": list(step.matrix.shape), "square": step.square, "coefficients": step.coefficients} for step in steps
    ]
    numbers = [_packed(item) for step in steps for item in (step.matrix, step.bias)]
    (answer,) = _call("evaluate", {"steps": work}, [public, query, *numbers], results=1)
    return answer


def decrypt_rows(secret: bytes, answer: bytes, *, rows: int, width: int) -> Array:
    """The first `rows` rows of `width` numbers. Raises ExtraMissing; EncryptedUnreadable for another shape."""
    (numbers,) = _call("decrypt", {"rows": rows, "width": width}, [secret, answer], results=1)
    return np.frombuffer(numbers, np.float64).reshape(rows, width)


def _packed(numbers: Array) -> bytes:
    return np.ascontiguousarray(numbers, np.float64).tobytes()


def _call(operation: str, arguments: dict[str, Any], blobs: Sequence[bytes], *, results: int) -> list[bytes]:
    """Have the worker do one thing; the byte strings that it gives back."""
    need_library()
    request = {
        "operation": operation,
        "arguments": arguments,
        "blobs": len(blobs),
        "parent_pid": os.getpid(),
        "memory_bytes": _MEMORY_BYTES,
        "cpu_seconds": int(_SECONDS * (os.cpu_count() or 1)),
    }
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    sent = pack([json.dumps(request).encode(), pack(blobs)])
    process = subprocess.Popen(
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        start_new_session=True,
    )  # fmt: skip
    try:
        answered, _ = process.communicate(sent, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise TooDeep(f"{operation} did not finish within {_SECONDS:g} s", seconds=_SECONDS) from None
    except KeyboardInterrupt:
        raise Cancelled(f"stopped while ciphertexts were worked on ({operation})") from None
    finally:
        process.kill()
        process.wait()
    return _results(operation, answered, process.returncode, results)


def _results(operation: str, answered: bytes, code: int, results: int) -> list[bytes]:
    try:
        status, packed = unpack(answered, expected=2)
        message = json.loads(status)
        if "failure" not in message:
            return unpack(packed, expected=results)
    except ValueError:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise EncryptedUnreadable(
            f"the library ended with {how} on what it was given to {operation}: the bytes are damaged, or were made "
            "to break it",
            operation=operation,
        ) from None
    raise error_of(message["failure"]) or EncryptionError(f"{operation} failed: {str(message['failure'])[:80]}")
