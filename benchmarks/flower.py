"""A peer: the same rounds by flwr alone, whose SecAgg+ sums at its own defaults. No noise, no proofs, no chain.

All runs in one process: flwr's FedAvg, its workflow and its clients' mod, between which a grid copies messages.
"""

import copy
import importlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zkchain.training.aggregate.flower import FIRST_NODE, RUN, SERVER_NODE

#: From the weights of a round to what a client makes of them.
Fit = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class FlowerRun:
    """What became of the weights, how long a round took, and how far the sums were off those of what was handed in."""

    weights: np.ndarray
    seconds: float  #: a round, on average
    error: float  #: largest, of one number of a sum of all clients' weights


def flower_alone(weights: np.ndarray, fits: Sequence[Sequence[Fit]], examples: int) -> FlowerRun:
    """Train: one sequence of clients a round, each of which has so many examples."""
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"  # read while flwr is imported
    importlib.import_module("flwr")
    logging.getLogger("flwr").setLevel(logging.ERROR)
    error, started, aside = 0.0, time.monotonic(), 0.0
    for number, clients in enumerate(fits):
        found = _round(number + 1, weights, clients, examples)
        checked = time.monotonic()
        exact = sum(fit(weights) for fit in clients)
        error = max(error, float(np.abs(found * len(clients) - exact).max()))
        aside += time.monotonic() - checked
        weights = found
    return FlowerRun(weights, (time.monotonic() - started - aside) / len(fits), error)


def _round(number: int, weights: np.ndarray, clients: Sequence[Fit], examples: int) -> np.ndarray:
    app, common, server = (importlib.import_module(f"flwr.{name}") for name in ("app", "common", "server"))
    half = importlib.import_module("flwr.server.workflow.secure_aggregation.secaggplus_workflow")
    proxies = importlib.import_module("flwr.server.compat.grid_client_proxy")
    identity = importlib.import_module("flwr.supercore.task_identity").TaskIdentity
    identity.task_id, identity.run_id, identity.node_id = RUN, RUN, SERVER_NODE
    grid, manager = _Grid(clients, examples), server.SimpleClientManager()
    for node in grid.nodes:
        manager.register(proxies.GridClientProxy(node, grid, RUN))
    state = app.RecordDict()
    state.config_records[half.MAIN_CONFIGS_RECORD] = app.ConfigRecord({half.WorkflowKey.CURRENT_ROUND: number})
    given = common.ndarrays_to_parameters([weights])
    state.array_records[half.MAIN_PARAMS_RECORD] = half.compat.parameters_to_arrayrecord(given, keep_input=True)
    context = half.LegacyContext(
        app.Context(run_id=RUN, node_id=SERVER_NODE, node_config={}, state=state, run_config={}),
        strategy=server.strategy.FedAvg(min_fit_clients=len(clients), min_available_clients=len(clients)),
        client_manager=manager,
    )
    # What has no default: shares for all, of which more than half open a mask.
    half.SecAggPlusWorkflow(num_shares=len(clients), reconstruction_threshold=len(clients) // 2 + 1)(grid, context)
    summed = half.compat.arrayrecord_to_parameters(context.state.array_records[half.MAIN_PARAMS_RECORD], True)
    (found,) = common.parameters_to_ndarrays(summed)
    return np.asarray(found)


class _Grid:
    """Hands a copy of each message to a client and back: the mod takes apart what it is given."""

    def __init__(self, clients: Sequence[Fit], examples: int) -> None:
        app = importlib.import_module("flwr.app")
        self.nodes = dict(enumerate(clients, FIRST_NODE))
        self._examples = examples
        self._contexts = {
            node: app.Context(run_id=RUN, node_id=node, node_config={}, state=app.RecordDict(), run_config={})
            for node in self.nodes
        }

    def send_and_receive(self, messages: Sequence[Any], *, timeout: float | None = None) -> list[Any]:
        """The answers of all clients."""
        mod = importlib.import_module("flwr.client.mod").secaggplus_mod
        sent = [(message.metadata.dst_node_id, copy.deepcopy(message)) for message in messages]
        return [mod(message, self._contexts[node], self._fitted) for node, message in sent]

    def _fitted(self, asked: Any, context: Any) -> Any:
        app, common = importlib.import_module("flwr.app"), importlib.import_module("flwr.common")
        compat = importlib.import_module("flwr.compat.common.recorddict_compat")
        (weights,) = common.parameters_to_ndarrays(compat.recorddict_to_fitins(asked.content, True).parameters)
        trained = common.ndarrays_to_parameters([self.nodes[context.node_id](weights)])
        found = common.FitRes(common.Status(common.Code.OK, ""), trained, self._examples, {})
        return app.Message(compat.fitres_to_recorddict(found, False), reply_to=asked)
