"""The key holder's part in a homomorphic sum: it alone can decrypt, and it is given the encrypted sum only.

The secret key lives in this process's memory and in no file.
"""

from pathlib import Path
from typing import Any

from ...files import write_atomic
from .bfv import DEGREE, PLAIN_MODULUS, piece_count
from .frames import unpack
from .party import Line, library
from .vectors import write_vector


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Make a key and write its public part below the folder `path`; then decrypt the sum that is named."""
    tenseal = library("tenseal")
    context = tenseal.context(tenseal.SCHEME_TYPE.BFV, DEGREE, plain_modulus=PLAIN_MODULUS, n_threads=1)
    public = context.copy()
    public.make_context_public()
    write_atomic(path / "public.key", public.serialize(save_galois_keys=False, save_relin_keys=False), mode=0o600)
    line.say({"done": True})
    frames = unpack(Path(line.hear()["sum"]).read_bytes(), expected=piece_count(request["length"]))
    total = [value for frame in frames for value in tenseal.bfv_vector_from(context, frame).decrypt()]
    write_vector(path / "sum.json", total)
    line.say({"done": True})
