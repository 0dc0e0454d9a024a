"""The adder's part in a homomorphic sum: add ciphertexts with no key that could open them."""

from pathlib import Path
from typing import Any

from ...files import write_atomic
from .bfv import piece_count
from .frames import pack, unpack
from .party import Line, library


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Add the files request["parts"], piece by piece, and write the sums below the folder `path`."""
    tenseal = library("tenseal")
    context = tenseal.context_from(Path(request["key"]).read_bytes(), n_threads=1)
    if context.is_private():
        raise ValueError("the adder was given a secret key")
    totals: list[Any] = []
    for part in request["parts"]:
        frames = unpack(Path(part).read_bytes(), expected=piece_count(request["length"]))
        vectors = [tenseal.bfv_vector_from(context, frame) for frame in frames]
        totals = [total + vector for total, vector in zip(totals, vectors, strict=True)] if totals else vectors
    write_atomic(path / "sum.bin", pack([total.serialize() for total in totals]), mode=0o600)
    line.say({"done": True})
