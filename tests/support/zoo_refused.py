"""Zoo: well-formed graphs that have no circuit, with the operator and node that the refusal names."""

import numpy as np
from onnx import ModelProto, helper

from zkchain.errors import BadDimension, UnsupportedOperator

from .zoo_graphs import BOOL, FLOAT, INT, Entry, Refusal, graph, node, single

_ROW = (1, 6)


def _refused(operator: str, shape: tuple[int, ...], weights: tuple[object, ...] = (), **more: object) -> Entry:
    return Entry(
        name=f"refused_{operator.lower()}",
        build=single(operator, shape, weights, **more),  # type: ignore[arg-type]
        refusal=Refusal(error=UnsupportedOperator, operator=operator, node=f"the_{operator}"),
    )


def _top_indices() -> ModelProto:
    return graph(
        [node("TopK", ["x", "k"], ["v", "i"], name="top")],
        {"x": _ROW},
        {"i": None},
        {"k": np.asarray([3])},
        kinds={"i": INT},
    )


def _if() -> ModelProto:
    branches = {}
    for name, operator in (("then_branch", "Relu"), ("else_branch", "Neg")):
        out = helper.make_tensor_value_info("b", FLOAT, _ROW)
        branches[name] = helper.make_graph([node(operator, ["x"], ["b"])], name, [], [out])
    return graph(
        [node("If", ["c"], ["y"], name="choice", **branches)],
        {"c": (1,), "x": _ROW},
        {"y": _ROW},
        kinds={"c": BOOL},
    )


def _custom() -> ModelProto:
    return graph(
        [node("FusedGelu", ["x"], ["y"], name="fused", domain="com.example")],
        {"x": _ROW},
        {"y": _ROW},
        domains=[("com.example", 1)],
    )


def _unknown() -> ModelProto:
    return graph([node("Frobnicate", ["x"], ["y"], name="odd")], {"x": _ROW}, {"y": _ROW})


def _pad_ones() -> ModelProto:
    return single("Pad", _ROW, [np.asarray([0, 1, 0, 2]), np.float32(1)])()


REFUSED = (
    _refused("Mod", _ROW, (np.float32(2),), fmod=1),
    _refused("Det", (1, 2, 2)),
    _refused("LRN", (1, 2, 3, 3), size=3),
    _refused("ScatterElements", _ROW, (np.asarray([[0, 1]]), np.asarray([[1, 2]], np.float32)), axis=1),
    _refused("IsNaN", _ROW, kinds={"y": BOOL}),
    _refused("GridSample", (1, 1, 3, 3), (np.zeros((1, 2, 2, 2), np.float32),)),
    _refused("Resize", (1, 1, 3, 3), (None, np.asarray([1, 1, 2, 2], np.float32)), mode="linear"),
    Entry(
        name="refused_pad_with_ones",
        build=_pad_ones,
        refusal=Refusal(error=UnsupportedOperator, operator="Pad", node="the_Pad"),
    ),
    Entry(
        name="refused_top_indices",
        build=_top_indices,
        refusal=Refusal(error=UnsupportedOperator, operator="TopK", node="top"),
    ),
    Entry(
        name="refused_power_of_two_inputs",
        build=lambda: graph([node("Pow", ["a", "b"], ["y"], name="power")], {"a": _ROW, "b": _ROW}, {"y": _ROW}),
        ranges={"a": (0.3, 2)},
        refusal=Refusal(error=UnsupportedOperator, operator="Pow", node="power"),
    ),
    Entry(name="refused_if", build=_if, refusal=Refusal(error=UnsupportedOperator, operator="If", node="choice")),
    Entry(
        name="refused_custom_domain",
        build=_custom,
        refusal=Refusal(error=UnsupportedOperator, operator="com.example.FusedGelu", node="fused"),
    ),
    Entry(
        name="refused_unknown",
        build=_unknown,
        refusal=Refusal(error=UnsupportedOperator, operator="Frobnicate", node="odd"),
    ),
    Entry(
        name="refused_non_zero",
        build=single("NonZero", _ROW, kinds={"y": INT}),
        refusal=Refusal(error=BadDimension),
    ),
)
