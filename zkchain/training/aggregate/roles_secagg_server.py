"""The server's part in a sum by SecAgg+: add masked vectors, and take the masks off the sum.

The protocol is flwr's `SecAggPlusWorkflow`, which sends and receives by a grid; the grid here leaves messages in files
and waits until the coordinator has carried them to the clients and their answers back.
"""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ...errors import PartyFailed
from . import limbs as terms
from .flower import FIRST_NODE, RUN, SERVER_NODE, protocol, read_message, write_message
from .party import Line, library
from .vectors import write_vector


def play(path: Path, request: dict[str, Any], line: Line) -> None:
    """Sum the vectors of request["clients"] clients, and write the sum below the folder `path`."""
    clients = request["clients"]
    half = protocol("flwr.server.workflow.secure_aggregation.secaggplus_workflow")
    workflow = half.SecAggPlusWorkflow(
        num_shares=clients,
        reconstruction_threshold=terms.threshold(clients),
        max_weight=terms.MAX_WEIGHT,
        clipping_range=terms.CLIPPING_RANGE,
        quantization_range=terms.QUANTIZATION_RANGE,
        modulus_range=terms.MODULUS_RANGE,
    )
    strategy = _Strategy(clients)
    workflow(_Grid(path, clients, line), _context(half, strategy))
    if strategy.mean is None:
        raise PartyFailed("flwr gave up the sum: too few shares of the masks fit together")
    cut = [[round(value) for value in limb * clients] for limb in strategy.mean]
    write_vector(path / "sum.json", terms.joined(cut))
    line.say({"done": True})


def _context(half: Any, strategy: "_Strategy") -> Any:
    """flwr's state of a run in its first round, whose model has no parameters: the sum is all that is wanted."""
    identity = library("flwr.supercore.task_identity").TaskIdentity  # messages are stamped with it
    identity.task_id, identity.run_id, identity.node_id = RUN, RUN, SERVER_NODE
    app, empty = library("flwr.app"), library("flwr.common").ndarrays_to_parameters([])
    state = app.RecordDict()
    state.config_records[half.MAIN_CONFIGS_RECORD] = app.ConfigRecord({half.WorkflowKey.CURRENT_ROUND: 1})
    state.array_records[half.MAIN_PARAMS_RECORD] = half.compat.parameters_to_arrayrecord(empty, keep_input=True)
    context = app.Context(run_id=RUN, node_id=SERVER_NODE, node_config={}, state=state, run_config={})
    return half.LegacyContext(context, strategy=strategy)


class _Strategy:
    """Has all clients take part, and keeps the mean of what they sent."""

    def __init__(self, clients: int) -> None:
        self._clients = clients
        self.mean: list[Any] | None = None  #: one array of floats a limb; None before there is one of all clients

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> list[tuple[Any, Any]]:
        """Whom to ask, and for what. What flwr wants of a proxy is its number."""
        asked = library("flwr.common").FitIns(parameters, {})
        return [(SimpleNamespace(node_id=FIRST_NODE + position), asked) for position in range(self._clients)]

    def aggregate_fit(self, server_round: int, results: list[Any], failures: list[Any]) -> tuple[None, dict[str, Any]]:
        """Keep the mean. The workflow has put it in the place of every client's result."""
        if len(results) == self._clients:
            self.mean = library("flwr.common").parameters_to_ndarrays(results[0][1].parameters)
        return None, {}


class _Grid:
    """Carries the workflow's messages: a file a client and stage, named by step and position."""

    def __init__(self, folder: Path, clients: int, line: Line) -> None:
        self._folder, self._clients, self._line = folder, clients, line
        self._step = 0

    def send_and_receive(self, messages: Iterable[Any], *, timeout: float | None = None) -> list[Any]:
        """The answers of those clients who gave one, in their order. `timeout` is the coordinator's business."""
        for message in messages:
            position = message.metadata.dst_node_id - FIRST_NODE
            write_message(self._folder / f"{self._step}-{position}.bin", message)
        self._line.say({"step": self._step})
        self._step += 1
        return [read_message(Path(path)) for path in self._line.hear()["answers"]]
