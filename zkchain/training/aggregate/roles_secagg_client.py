"""A client's part in a sum by SecAgg+: mask the own update, and open masks of sums in which everybody is.

The protocol is flwr's `secaggplus_mod`; keys and seeds live in this process's memory and in no file. It would follow a
server in anything: here the client refuses terms and lists that are not those of the sum it was asked to join.
"""

from pathlib import Path
from typing import Any

from . import limbs as terms
from .flower import FIRST_NODE, RUN, protocol, read_message, write_message
from .party import Line, library
from .vectors import read_update


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Read the update at `path`, and answer the server's messages into the folder request["out"], until all are in."""
    position, clients, bound = request["position"], request["clients"], request["bound"]
    own = FIRST_NODE + position
    values = read_update(path, position=position, length=request["length"], bound=bound)
    half = protocol("flwr.client.mod.secure_aggregation.secaggplus_mod")
    app = library("flwr.app")
    context = app.Context(run_id=RUN, node_id=own, node_config={}, state=app.RecordDict(), run_config={})
    update = terms.limbs(values, terms.limb_count(bound))
    line.say({"ready": True})
    for step, stage in enumerate(half.Stage.all()):
        message = read_message(Path(line.hear()["message"]))
        check(message.content.config_records[half.RECORD_KEY_CONFIGS], stage, half, clients, own)
        answer = half.secaggplus_mod(message, context, lambda asked, _: _fitted(asked, update))
        write_message(Path(request["out"]) / f"{step}.bin", answer)
        line.say({"done": True})


def _fitted(asked: Any, update: list[list[int]]) -> Any:
    """The update as flwr's client hands it to the protocol: one array of floats a limb."""
    import numpy as np

    common, compat = library("flwr.common"), library("flwr.compat.common.recorddict_compat")
    arrays = common.ndarrays_to_parameters([np.array(limb, dtype=np.float64) for limb in update])
    found = common.FitRes(common.Status(common.Code.OK, ""), arrays, terms.NUM_EXAMPLES, {})
    return library("flwr.app").Message(compat.fitres_to_recorddict(found, False), reply_to=asked)


def check(configs: Any, stage: str, half: Any, clients: int, own: int) -> None:
    """Raise ValueError for a message that is not of this stage of a sum of all clients at the terms of `limbs`."""
    key, everybody = half.Key, list(range(FIRST_NODE, FIRST_NODE + clients))
    told = dict(configs)
    if told.pop(key.STAGE, None) != stage:
        raise ValueError("the server is at another stage")
    if stage == half.Stage.SETUP and told != {
        key.SAMPLE_NUMBER: clients,
        key.SHARE_NUMBER: clients,
        key.THRESHOLD: terms.threshold(clients),
        key.CLIPPING_RANGE: terms.CLIPPING_RANGE,
        key.TARGET_RANGE: terms.QUANTIZATION_RANGE,
        key.MOD_RANGE: terms.MODULUS_RANGE,
        key.MAX_WEIGHT: terms.MAX_WEIGHT,
    }:
        raise ValueError("the server sums at other terms")
    if stage == half.Stage.SHARE_KEYS and sorted(map(int, told)) != everybody:
        raise ValueError("the server hands out keys of others")
    # Whoever is left out here has no mask with this client.
    if stage == half.Stage.COLLECT_MASKED_VECTORS and sorted([*told[key.SOURCE_LIST], own]) != everybody:
        raise ValueError("the server sums the updates of others")
    # A share of a key, which is asked for of the dead, opens what hides a vector for good. Nobody here may be dead.
    if stage == half.Stage.UNMASK and (
        sorted(told[key.ACTIVE_NODE_ID_LIST]) != everybody or told[key.DEAD_NODE_ID_LIST]
    ):
        raise ValueError("the server opens another sum")
