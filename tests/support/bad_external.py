"""Models whose weights lie where nobody may look for them, and the shape of all entries of the bad corpus."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from onnx import TensorProto

from zkchain.errors import ExternalDataRefused, ModelError

from .zoo_graphs import random_weights, single


@dataclass(frozen=True, slots=True, kw_only=True)
class BadModel:
    """`write` puts the model into a folder and gives its path; `says` must occur in the refusal."""

    name: str
    write: Callable[[Path], Path]
    error: type[ModelError]
    says: str = ""
    dims: Mapping[str, int] = field(default_factory=dict)


def _outside(location: str, *, prepare: Callable[[Path], None] | None = None, **entries: str) -> Callable[[Path], Path]:
    """A model whose one weight lies at `location`; `prepare` gets the folder of the model."""

    def write(folder: Path) -> Path:
        home = folder / "home"
        home.mkdir()
        (folder / "secret.bin").write_bytes(bytes(32))
        model = single("MatMul", (1, 4), [random_weights(4, 2)])()
        weight = model.graph.initializer[0]
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location.format(outside=folder), **entries}.items():
            weight.external_data.add(key=key, value=value)
        if prepare is not None:
            prepare(home)
        (home / "model.onnx").write_bytes(model.SerializeToString())
        return home / "model.onnx"

    return write


def _plain(folder: Path) -> None:
    (folder / "w.bin").write_bytes(bytes(32))


def _linked_folder(folder: Path) -> None:
    (folder / "sub").symlink_to(folder.parent)


def _external(name: str, location: str, prepare: Callable[[Path], None] | None = None, **entries: str) -> BadModel:
    return BadModel(name=name, write=_outside(location, prepare=prepare, **entries), error=ExternalDataRefused)


EXTERNAL = (
    _external("external_parent", "../secret.bin"),
    _external("external_absolute", "{outside}/secret.bin"),
    _external("external_symlink", "w.bin", lambda home: (home / "w.bin").symlink_to(home.parent / "secret.bin")),
    _external("external_symlinked_folder", "sub/secret.bin", _linked_folder),
    _external("external_hard_link", "w.bin", lambda home: os.link(home.parent / "secret.bin", home / "w.bin")),
    _external("external_fifo", "w.bin", lambda home: os.mkfifo(home / "w.bin")),
    _external("external_device", "/dev/zero"),
    _external("external_folder", "w.bin", lambda home: (home / "w.bin").mkdir()),
    _external("external_missing", "w.bin"),
    _external("external_offset_huge", "w.bin", _plain, offset=str(2**62)),
    _external("external_offset_negative", "w.bin", _plain, offset="-8"),
    _external("external_length_huge", "w.bin", _plain, length=str(2**62)),
    _external("external_length_negative", "w.bin", _plain, length="-2"),
    _external("external_offset_no_number", "w.bin", _plain, offset="0x10"),
    _external("external_unknown_key", "w.bin", _plain, basepath="/"),
    _external("external_no_location", "", _plain),
)
