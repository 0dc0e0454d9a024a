"""Write recurrent layers out, step by step, as ONNX defines them (operators LSTM, GRU and RNN, opset 14)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from .facts import Facts
from .patch import MAX_REWRITTEN, Lowering, Patch, attributes_of

#: Gates of each layer, and its activations when none are named.
_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
_DEFAULTS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
_ACTIVATIONS = frozenset({"Relu", "Sigmoid", "Tanh"})
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
#: Longer sequences are left to the engine: every step is a dozen nodes.
_MOST_STEPS = 256


#: From what one step feeds the gates, the hidden state and the cell state to the new states.
_Step = Callable[[str, str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """One direction of a layer. A state that is "" is zero."""

    patch: Patch
    hidden: int
    recurrence: npt.NDArray[Any]  #: (gates * hidden, hidden)
    bias: npt.NDArray[Any]  #: of the inputs and of the recurrence: (2 * gates * hidden,)
    activations: list[str]

    def rnn(self, fed: str, state: str, _: str) -> tuple[str, str]:
        """tanh(fed + state), by gates of their own weights."""
        return self._active(0, self._gates(fed, state, slice(0, self.hidden))), ""

    def lstm(self, fed: str, state: str, memory: str) -> tuple[str, str]:
        """Gates in ONNX's order: input, output, forget, cell."""
        gates = self._gates(fed, state, slice(0, 4 * self.hidden))
        opened = self._active(0, self._at(gates, 0, 3))
        new = self.patch.add("Mul", [self._at(opened, 0, 1), self._active(1, self._at(gates, 3, 4))])
        if memory:
            new = self.patch.add("Add", [new, self.patch.add("Mul", [self._at(opened, 2, 3), memory])])
        return self.patch.add("Mul", [self._at(opened, 1, 2), self._active(2, new)]), new

    def gru(self, fed: str, state: str, _: str, *, resets_last: bool = False) -> tuple[str, str]:
        """Gates in ONNX's order: update, reset, hidden."""
        hidden, whole = self.hidden, slice(2 * self.hidden, 3 * self.hidden)
        opened = self._active(0, self._gates(self._at(fed, 0, 2), state, slice(0, 2 * hidden)))
        update, reset, own = self._at(opened, 0, 1), self._at(opened, 1, 2), self._at(fed, 2, 3)
        if resets_last:
            recurred = self._with_bias(self._recur(state, whole), self._recurrent_bias()[whole])
            summed = self.patch.add("Add", [own, self.patch.add("Mul", [reset, recurred])])
            candidate = self._with_bias(summed, self._input_bias()[whole])
        else:
            kept = self.patch.add("Mul", [reset, state]) if state else ""
            candidate = self._gates(own, kept, whole)
        fresh = self._active(1, candidate)
        if not state:
            return self.patch.add("Mul", [self.patch.add("Sub", [self.patch.number(1), update]), fresh]), ""
        moved = self.patch.add("Mul", [update, self.patch.add("Sub", [state, fresh])])
        return self.patch.add("Add", [fresh, moved]), ""

    def _gates(self, fed: str, state: str, rows: slice) -> str:
        summed = self.patch.add("Add", [fed, self._recur(state, rows)]) if state else fed
        return self._with_bias(summed, self._input_bias()[rows] + self._recurrent_bias()[rows])

    def _recur(self, state: str, rows: slice) -> str:
        """The state times the transposed weights of some gates; "" for a state that is zero."""
        if not state:
            return ""
        return self.patch.add("MatMul", [state, self.patch.constant(np.ascontiguousarray(self.recurrence[rows].T))])

    def _with_bias(self, summed: str, bias: npt.NDArray[Any]) -> str:
        constant = self.patch.constant(bias[np.newaxis])
        return self.patch.add("Add", [summed, constant]) if summed else constant

    def _input_bias(self) -> npt.NDArray[Any]:
        return self.bias[: len(self.bias) // 2]

    def _recurrent_bias(self) -> npt.NDArray[Any]:
        return self.bias[len(self.bias) // 2 :]

    def _at(self, gates: str, first: int, last: int) -> str:
        return self.patch.part(gates, 1, first * self.hidden, last * self.hidden)

    def _active(self, number: int, source: str) -> str:
        return self.patch.add(self.activations[number], [source])


def _initial(patch: Patch, name: str, way: int, shape: tuple[int, int]) -> str:
    return patch.reshape(patch.part(name, 0, way, way + 1), shape) if name else ""


def _collect(
    node: onnx.NodeProto, patch: Patch, ways: list[list[str]], last: list[tuple[str, str]], shape: tuple[int, int]
) -> None:
    """The layer's outputs: (steps, ways, batch, hidden), and both last states as (ways, batch, hidden)."""
    names = [*node.output, "", ""][:3]
    if names[0]:
        wide = [patch.reshape(state, (1, 1, *shape)) for step in zip(*ways, strict=True) for state in step]
        steps = [_join(patch, wide[index : index + len(ways)], 1) for index in range(0, len(wide), len(ways))]
        patch.add("Concat", steps, names[0], axis=0)
    for number, name in enumerate(names[1:]):
        if name:
            patch.add("Concat", [patch.reshape(state[number], (1, *shape)) for state in last], name, axis=0)


def _join(patch: Patch, parts: list[str], axis: int) -> str:
    return parts[0] if len(parts) == 1 else patch.add("Concat", parts, axis=axis)


def _unroll(node: onnx.NodeProto, facts: Facts, patch: Patch) -> bool:
    """Replace the layer by its steps; false when it uses something that is not written out here."""
    found = attributes_of(node)
    gates, shape = _GATES[node.op_type], facts.shapes.get(node.input[0])
    inputs = [*node.input, *[""] * 8][:8]
    weights, recurrence, bias = (facts.value(name) for name in inputs[1:4])
    if shape is None or facts.types.get(node.input[0]) != onnx.TensorProto.FLOAT or weights is None:
        return False
    if recurrence is None or (inputs[3] and bias is None) or inputs[4] or inputs[7] or shape[0] > _MOST_STEPS:
        return False
    if found.get("clip") or found.get("layout", 0) or found.get("input_forget", 0):
        return False
    ways = _DIRECTIONS[found.get("direction", "forward")]
    activations = found.get("activations") or _DEFAULTS[node.op_type] * len(ways)
    if not _ACTIVATIONS.issuperset(activations) or "activation_alpha" in found or "activation_beta" in found:
        return False
    hidden, (steps, batch, _) = recurrence.shape[-1], shape
    if weights.size + recurrence.size + steps * batch * gates * hidden > MAX_REWRITTEN:
        return False
    bias = np.zeros((len(ways), 2 * gates * hidden), np.float32) if bias is None else bias
    each = len(activations) // len(ways)
    states: list[list[str]] = []
    last: list[tuple[str, str]] = []
    for way, backwards in enumerate(ways):
        state = (_initial(patch, inputs[5], way, (batch, hidden)), _initial(patch, inputs[6], way, (batch, hidden)))
        cell = _Cell(
            patch=patch,
            hidden=hidden,
            recurrence=recurrence[way],
            bias=bias[way],
            activations=activations[way * each : (way + 1) * each],
        )
        gru = partial(cell.gru, resets_last=bool(found.get("linear_before_reset", 0)))
        kinds: dict[str, _Step] = {"RNN": cell.rnn, "LSTM": cell.lstm, "GRU": gru}
        step = kinds[node.op_type]
        outputs = [""] * steps
        fed = patch.add("MatMul", [inputs[0], patch.constant(np.ascontiguousarray(weights[way].T))])
        for index in reversed(range(steps)) if backwards else range(steps):
            at = patch.reshape(patch.part(fed, 0, index, index + 1), (batch, gates * hidden))
            state = step(at, *state)
            outputs[index] = state[0]
        states.append(outputs)
        last.append(state)
    _collect(node, patch, states, last, (batch, hidden))
    return True


UNROLLINGS: dict[str, Lowering] = dict.fromkeys(_GATES, _unroll)
