"""The circuit of a client's step: gradients of a committed batch at committed weights, clipped, summed, with noise.

What a proof says (d parameters, n samples, everything on the grid of 2**-scale):

    update = sum over i of f_i * [ norm of f_i*g_i is at most clip ] * g_i  +  noise

where g_i is the negative gradient of sample i's loss and f_i, between 0 and 1, is the client's own choice of a factor,
which an honest one chooses as clip over the norm. The norm is computed with all rounding against the client, from
"ghost norms": that of a layer's gradient is the product of its input's norm and its error's (Goodfellow, 2015).
"""

import onnx

from .architecture import Architecture
from .graph import Graph
from .grid import HASH_LIMBS
from .layout import Layout
from .logistic import BENDS, KNOTS, LEAST


def step_model(layout: Layout) -> onnx.ModelProto:
    """The step as ONNX: inputs data, weights, noise, factor; output update; each a flat vector (`Layout`)."""
    net, n = _dense(layout), layout.batch
    graph = Graph("step")
    data = graph.input("data", layout.data_length)
    weights = graph.input("weights", layout.weights_length)
    noise = graph.input("noise", layout.noise_length)
    factor = graph.input("factor", layout.factor_length)
    x = graph.reshape(graph.slice(data, 0, n * net.features), n, net.features)
    y = graph.reshape(graph.slice(data, n * net.features, n * net.targets), n, net.targets)

    matrices, activations, preactivations = _forward(graph, layout, weights, x)
    answer = preactivations[-1]
    if net.loss == "logistic":
        answer = _logistic(graph, answer, n)
    capped = graph.share(graph.reshape(graph.slice(factor, 0, n), n, 1))
    error = graph.op("Mul", graph.op("Sub", y, answer), capped)
    errors = _backward(graph, matrices, preactivations, error)
    allowed = _allowed(graph, layout, activations, errors)

    parts = []
    for activation, delta in zip(activations, errors, strict=True):
        kept = graph.op("Mul", delta, allowed)
        gradient = graph.op("MatMul", graph.op("Transpose", activation, perm=[1, 0]), kept)
        parts += [graph.reshape(gradient, -1), graph.sum(kept, 0)]
    total = _bounded(graph, layout, graph.concat(parts))
    if layout.noisy:
        total = graph.op("Add", total, graph.slice(noise, 0, net.parameters))
    salts = graph.slice(factor, layout.factor_length - layout.salts_length, layout.salts_length)
    return graph.model(graph.concat([total, salts]), layout.update_length, "update")


def server_model(layout: Layout) -> onnx.ModelProto:
    """The server's step as ONNX: inputs weights and the sum of the updates; output the new weights with their salt."""
    d = layout.architecture.parameters
    graph = Graph("server")
    weights, total = graph.input("weights", layout.weights_length), graph.input("sum", layout.update_length)
    moved = graph.op("Div", graph.slice(total, 0, d), graph.constant(layout.divisor))
    new = graph.op("Add", graph.slice(weights, 0, d), moved)
    salt = graph.slice(total, d + layout.update_salt, layout.weights_salt)
    return graph.model(graph.concat([new, salt]), layout.weights_length, "new")


def weights_model(layout: Layout) -> onnx.ModelProto:
    """The bridge to inference as ONNX: input the weights with their salt; output the parameters alone."""
    d = layout.architecture.parameters
    graph = Graph("weights")
    return graph.model(graph.slice(graph.input("weights", layout.weights_length), 0, d), d, "parameters")


def bridge_model(layout: Layout) -> onnx.ModelProto:
    """The bridge from registered data as ONNX: inputs a batch with its salt, and the salt of its hash with some more;

    output what its owner hashed before: the same batch with the salt of the hash.
    """
    graph = Graph("bridge")
    data = graph.input("data", layout.data_length)
    salt = graph.input("salt", HASH_LIMBS + layout.bridge_salt)
    hashed = graph.concat([graph.slice(data, 0, layout.values_length), graph.slice(salt, 0, HASH_LIMBS)])
    return graph.model(hashed, layout.values_length + HASH_LIMBS, "hashed")


def _forward(graph: Graph, layout: Layout, weights: str, x: str) -> tuple[list[str], list[str], list[str]]:
    """Matrices, inputs and sums of all layers."""
    matrices, activations, sums, at = [], [x], [], 0
    layers = _dense(layout).layers
    for number, (before, after) in enumerate(layers):
        matrices.append(graph.reshape(graph.slice(weights, at, before * after), before, after))
        bias = graph.slice(weights, at + before * after, after)
        sums.append(graph.op("Add", graph.op("MatMul", activations[-1], matrices[-1]), bias))
        if number + 1 < len(layers):
            activations.append(graph.op("Relu", sums[-1]))
        at += before * after + after
    return matrices, activations, sums


def _logistic(graph: Graph, values: str, samples: int) -> str:
    """The straight logistic function of [samples, targets]: one product for all bends, so one rounding."""
    each = graph.reshape(values, -1, 1)
    bent = graph.op("MatMul", graph.op("Relu", graph.op("Sub", each, graph.constant(KNOTS))), graph.column(BENDS))
    return graph.op("Add", graph.reshape(bent, samples, -1), graph.constant(LEAST))


def _backward(graph: Graph, matrices: list[str], sums: list[str], error: str) -> list[str]:
    """Errors [n, outputs] of all layers, given the last one's."""
    errors = [error]
    for number in range(len(matrices) - 1, 0, -1):
        back = graph.op("MatMul", errors[0], graph.op("Transpose", matrices[number], perm=[1, 0]))
        active = graph.as_float(graph.op("Greater", sums[number - 1], graph.constant(0.0)))
        errors.insert(0, graph.op("Mul", back, active))
    return errors


def _allowed(graph: Graph, layout: Layout, activations: list[str], errors: list[str]) -> str:
    """[n, 1]: 1 for a sample whose gradient is no longer than the clip, 0 for one whose gradient is.

    Each rounding may err by one unit of the grid, so one is added to every factor and to every product.
    """
    unit = 2.0**-layout.scale
    norms = []
    for activation, delta in zip(activations, errors, strict=True):
        inner, outer = (graph.op("Einsum", tensor, tensor, equation="ij,ij->i") for tensor in (activation, delta))
        product = graph.op(
            "Mul",
            graph.op("Add", inner, graph.constant(1.0 + unit)),
            graph.op("Add", outer, graph.constant(unit)),
        )
        norms.append(graph.op("Add", product, graph.constant(unit)))
    total = norms[0]
    for norm in norms[1:]:
        total = graph.op("Add", total, norm)
    within = graph.as_float(graph.op("LessOrEqual", total, graph.constant(layout.clip**2)))
    return graph.reshape(within, layout.batch, 1)


def _bounded(graph: Graph, layout: Layout, update: str) -> str:
    """The sum of gradients within the federation's bound against poisoning."""
    if layout.bound == "coordinate":
        return graph.clip(update, layout.limit)
    if layout.bound == "length":
        square = graph.sum(graph.op("Einsum", update, update, equation="i,i->i"), 0)
        within = graph.as_float(graph.op("LessOrEqual", graph.reshape(square, 1), graph.constant(layout.limit**2)))
        return graph.op("Mul", update, within)
    return update


def _dense(layout: Layout) -> Architecture:
    assert isinstance(layout.architecture, Architecture)
    return layout.architecture
