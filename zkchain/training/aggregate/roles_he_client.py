"""A client's part in a homomorphic sum: encrypt the own update under the key holder's public key."""

from pathlib import Path
from typing import Any

from ...files import write_atomic
from .bfv import pieces
from .frames import pack
from .party import Line, library
from .vectors import read_update


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Read the update at `path`, and write its ciphertexts to request["out"]."""
    values = read_update(path, position=request["position"], length=request["length"], bound=request["bound"])
    tenseal = library("tenseal")
    context = tenseal.context_from(Path(request["key"]).read_bytes(), n_threads=1)
    ciphertexts = [tenseal.bfv_vector(context, piece).serialize() for piece in pieces(values)]
    write_atomic(Path(request["out"]), pack(ciphertexts), mode=0o600)
    line.say({"done": True})
