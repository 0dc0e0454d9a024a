"""The process in which tenseal runs: one request on standard input, one answer on standard output, no trace of errors.

A row's every number is in a ciphertext of its own, at one slot a row. So no slot has to move to another, the public
key carries no rotation keys, which would be hundreds of megabytes, and a thousand rows cost what one does.
Slots that no row needs hold rows again: zeros may lie outside a polynomial's range, where it grows until it spoils
all slots.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import EncryptedUnreadable, ExtraMissing, ZkchainError
from ...halo2.limits import apply_limits, die_with_parent
from ..aggregate.frames import pack, unpack

#: What stands for zero, in units of the scale's last digit: about 1e-9 at the coarsest scale.
_DUST = 2.0**10

Arguments = dict[str, Any]
Blobs = Sequence[bytes]


def make_keys(arguments: Arguments, blobs: Blobs) -> list[bytes]:
    """A secret context, and its public part."""
    tenseal = _library()
    context = tenseal.context(
        tenseal.SCHEME_TYPE.CKKS, arguments["ring"], coeff_mod_bit_sizes=arguments["modulus_bits"]
    )
    context.global_scale = 2.0 ** arguments["scale_bits"]
    public = context.copy()
    public.make_context_public()
    return [
        context.serialize(save_secret_key=True, save_galois_keys=False, save_relin_keys=False),
        public.serialize(save_galois_keys=False, save_relin_keys=True),
    ]


def encrypt(arguments: Arguments, blobs: Blobs) -> list[bytes]:
    """A public context and rows, to a tensor of ciphertexts."""
    context = _public_context(blobs[0])
    rows = _widened(np.frombuffer(blobs[1], np.float64).reshape(arguments["shape"]), axis=1)
    rows = rows[np.arange(arguments["slots"]) % len(rows)]
    return [_library().ckks_tensor(context, rows[:, None, :].tolist(), batch=True).serialize()]


def evaluate(arguments: Arguments, blobs: Blobs) -> list[bytes]:
    """A public context, a tensor of ciphertexts, and matrix and bias of each step, to a tensor of ciphertexts."""
    context = _public_context(blobs[0])
    values = _tensor(context, blobs[1])
    for index, step in enumerate(arguments["steps"]):
        matrix = np.frombuffer(blobs[2 + 2 * index], np.float64).reshape(step["shape"])
        matrix = _without_zeros(matrix if index else _widened(matrix, axis=0), context.global_scale)
        bias = np.frombuffer(blobs[3 + 2 * index], np.float64)
        if values.shape != [1, len(matrix)]:
            raise EncryptedUnreadable(f"the query has shape {values.shape}; the model takes {[1, len(matrix)]}")
        try:
            values = values.mm(matrix.tolist()).add([bias.tolist()])
            if step["square"]:
                values = values.square()
            elif step["coefficients"] is not None:
                values = values.polyval(step["coefficients"])
        except Exception as error:  # noqa: BLE001 - tenseal raises whatever its C++ throws
            raise EncryptedUnreadable(
                f"the query cannot be computed on ({type(error).__name__}): its key has other parameters than its plan"
            ) from None
    return [values.serialize()]


def decrypt(arguments: Arguments, blobs: Blobs) -> list[bytes]:
    """A secret context and a tensor of ciphertexts, to rows of numbers."""
    rows, width = arguments["rows"], arguments["width"]
    context = _context(blobs[0])
    if not context.is_private():
        raise EncryptedUnreadable("the secret key's file holds no secret key")
    values = np.asarray(_tensor(context, blobs[1]).decrypt().tolist(), np.float64)
    if values.ndim != 3 or values.shape[0] < rows or values.shape[1:] != (1, width):
        raise EncryptedUnreadable(f"the answer has shape {list(values.shape)}; expected {rows} rows of {width} numbers")
    return [np.ascontiguousarray(values[:rows, 0, :]).tobytes()]


OPERATIONS: dict[str, Callable[[Arguments, Blobs], list[bytes]]] = {
    "keys": make_keys,
    "encrypt": encrypt,
    "evaluate": evaluate,
    "decrypt": decrypt,
}


def _widened(numbers: Any, *, axis: int) -> Any:
    """At least two along the axis, by zeros: tenseal mixes up the rows of a batch of single numbers."""
    missing = max(0, 2 - numbers.shape[axis])
    return np.pad(numbers, [(0, missing if place == axis else 0) for place in range(2)])


def _without_zeros(matrix: Any, scale: float) -> Any:
    """Zeros as numbers just above the resolution of the scale: tenseal's own have another level than the rest."""
    return np.where(np.abs(matrix) < _DUST / scale, _DUST / scale, matrix)


def _library() -> Any:
    try:
        return importlib.import_module("tenseal")
    except ImportError:
        raise ExtraMissing("tenseal cannot be imported", library="tenseal") from None


def _public_context(data: bytes) -> Any:
    context = _context(data)
    if context.is_private():
        raise EncryptedUnreadable(
            "the public key's file holds a secret key", remedy="make a new key; whoever has this file can decrypt"
        )
    return context


def _context(data: bytes) -> Any:
    tenseal = _library()
    try:
        return tenseal.context_from(data)
    except Exception as error:  # noqa: BLE001 - as above
        raise EncryptedUnreadable(f"the key cannot be used: {type(error).__name__}") from None


def _tensor(context: Any, data: bytes) -> Any:
    try:
        return _library().ckks_tensor_from(context, data)
    except Exception as error:  # noqa: BLE001 - as above
        raise EncryptedUnreadable(f"the ciphertext does not fit the key: {type(error).__name__}") from None


def main() -> None:
    """Serve one request."""
    out = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    head, packed = unpack(sys.stdin.buffer.read(), expected=2)
    request = json.loads(head)
    die_with_parent(request["parent_pid"])
    apply_limits(request["memory_bytes"], request["cpu_seconds"])
    results: list[bytes] = []
    status: dict[str, object] = {}
    try:
        blobs = unpack(packed, expected=request["blobs"])
        results = OPERATIONS[request["operation"]](request["arguments"], blobs)
    except ZkchainError as error:
        status = {"failure": error.to_json()}
    except BaseException as error:  # noqa: BLE001 - only the kind is told: a message could show a value
        status = {"failure": type(error).__name__}
    out.write(pack([json.dumps(status).encode(), pack(results)]))
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
