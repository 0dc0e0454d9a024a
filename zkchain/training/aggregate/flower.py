"""What the parties of a SecAgg+ sum take from flwr: its two halves of the protocol, and its messages as files."""

from pathlib import Path
from typing import Any

from ...files import write_atomic
from .extras import need_flower
from .masks import masks
from .party import library

#: A sum is a run of its own. In it the server has flwr's number for servers, and the clients follow.
RUN, SERVER_NODE, FIRST_NODE = 1, 1, 2


def protocol(module: str) -> Any:
    """A module of flwr that plays a half of SecAgg+, with masks that hide. Raises ExtraMissing."""
    need_flower()
    found = library(module)
    found.pseudo_rand_gen = masks
    return found


def write_message(path: Path, message: Any) -> None:
    """Write one of flwr's messages for this user alone. Raises OSError."""
    proto = library("flwr.common.serde").message_to_proto(message)
    write_atomic(path, proto.SerializeToString(), mode=0o600)


def read_message(path: Path) -> Any:
    """One of flwr's messages. Raises OSError, and what protobuf raises for bytes that are none."""
    proto = library("flwr.proto.message_pb2").Message.FromString(path.read_bytes())
    return library("flwr.common.serde").message_from_proto(proto)
