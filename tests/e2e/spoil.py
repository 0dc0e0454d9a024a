"""Ways to spoil a copy of a finished project before a command meets it."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from zkchain.circuit import bundle as store

#: Spoils a copy of the finished project. The URL is that of its devnet.
Spoil = Callable[[Path, str], object]


def nothing(folder: Path, url: str) -> None:
    """The finished project as it is."""


def model_of(nodes: Sequence[Any], *, weights: Any = ((0.5,), (0.25,)), dims: Sequence[Any] = (1, 2)) -> bytes:
    """A model from x to y whose only weight is w; not checked."""
    graph = helper.make_graph(
        list(nodes),
        "bad",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(dims))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(weights, dtype=np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


DENSE = helper.make_node("MatMul", ["x", "w"], ["y"], name="dense")


def model(data: bytes | Callable[[], bytes]) -> Spoil:
    """Put `data` in the model's place."""
    return lambda folder, url: (folder / "tiny.onnx").write_bytes(data if isinstance(data, bytes) else data())


def text(name: str, content: object) -> Spoil:
    """Write a text, or JSON for what is not one."""
    body = content if isinstance(content, str) else json.dumps(content)
    return lambda folder, url: (folder / name).write_text(body)


def samples(content: object) -> Spoil:
    """Put other samples in the samples' place."""
    return text("samples.json", content)


def array(name: str, value: Any) -> Spoil:
    """Write an .npy file."""
    return lambda folder, url: np.save(folder / name, value, allow_pickle=True)


def gone(name: str) -> Spoil:
    """Remove a file."""
    return lambda folder, url: (folder / name).unlink()


def flipped(name: str, position: int = -10) -> Spoil:
    """Change a bit of a file."""

    def spoil(folder: Path, url: str) -> None:
        raw = bytearray((folder / name).read_bytes())
        raw[position] ^= 1
        (folder / name).write_bytes(bytes(raw))

    return spoil


def proof(**changes: object) -> Spoil:
    """Change top-level keys of the proof file; a value of None removes the key."""

    def spoil(folder: Path, url: str) -> None:
        value = json.loads((folder / "tiny.proof.json").read_text())
        value = {name: item for name, item in {**value, **changes}.items() if item is not ...}
        (folder / "tiny.proof.json").write_text(json.dumps(value))

    return spoil


def bound(**changes: object) -> Spoil:
    """Change the binding that the proof file names."""

    def spoil(folder: Path, url: str) -> None:
        value = json.loads((folder / "tiny.proof.json").read_text())
        value["binding"] |= changes
        (folder / "tiny.proof.json").write_text(json.dumps(value))

    return spoil


def network(chain_id: int = 1, *, signer: str | None = None, rpc_url: str | None = None) -> Spoil:
    """A network called "far" at the devnet's or another URL."""

    def spoil(folder: Path, url: str) -> None:
        lines = ["[networks.far]", f'rpc_url = "{rpc_url or url}"', f"chain_id = {chain_id}"]
        lines += [f'signer = "{signer}"'] if signer else []
        (folder / "zkchain.toml").write_text("\n".join(lines))

    return spoil


def foreign_engine(folder: Path, url: str) -> None:
    """A bundle of another engine version, well sealed."""
    sealed = json.loads((folder / "tiny.bundle" / store.MANIFEST).read_text())
    changed = store.Bundle.from_json(sealed["bundle"] | {"engine_version": "ezkl/22.0.0"})
    (folder / "tiny.bundle" / store.MANIFEST).write_bytes(store.manifest_bytes(changed))


def occupied(folder: Path, url: str) -> None:
    """Somebody's folder where the bundle would go."""
    (folder / "new.bundle").mkdir()
    (folder / "new.bundle" / "notes.txt").write_text("mine")


def external(location: str) -> bytes:
    """A model whose weight lies in another file."""
    loaded = onnx.load_from_string(model_of([DENSE]))
    tensor = loaded.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return loaded.SerializeToString()


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.onnx", b"x")
    return buffer.getvalue()


def toml(content: str) -> Spoil:
    """Write the project file."""
    return text("zkchain.toml", content)


def short_srs(folder: Path, url: str) -> None:
    """An SRS file that lacks its last byte."""
    (folder / "short.srs").write_bytes((folder / "tiny.bundle" / store.SRS_FILE).read_bytes()[:-1])
