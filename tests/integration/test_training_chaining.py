"""Where circuits would commit to a vector otherwise than each other: each condition has its words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from tests.support.federations import small_layout
from zkchain.errors import ChainingBroken
from zkchain.halo2 import Engine
from zkchain.training.chaining import Role, check_chaining
from zkchain.training.circuits import run_args
from zkchain.training.methods import method_of
from zkchain.training.step import bridge_model, server_model, weights_model

LAYOUT, K = replace(small_layout(), bridged=True), 14
MODELS = {
    "step": method_of(LAYOUT.architecture).step,
    "server": server_model,
    "weights": weights_model,
    "bridge": bridge_model,
}
ROLES: list[Role] = ["step", "server", "weights", "bridge"]


@pytest.fixture(scope="module")
def settings(prover: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """The engine's settings for a circuit of the layout, with arguments changed."""
    folder: Path = tmp_path_factory.mktemp("chaining")

    def made(role: Role, **changed: object) -> dict[str, Any]:
        onnx.save(MODELS[role](LAYOUT), str(folder / f"{role}.onnx"))
        arguments = {**run_args(LAYOUT, role, K), **changed}
        return dict(prover.make_settings(folder / f"{role}.onnx", arguments, None, None, lambda *_: None))

    return made


@pytest.mark.parametrize("role", ROLES)
def test_the_circuits_of_a_federation_chain(settings: Callable[..., dict[str, Any]], role: Role) -> None:
    check_chaining(role, settings(role), LAYOUT, K)


@pytest.mark.parametrize(
    ("role", "changed", "said"),
    [
        (
            "step",
            {"input_scale": 11, "param_scale": 11},
            r"the step circuit has inputs at scales \[11\], the federation",
        ),
        ("server", {"scale_rebase_multiplier": 2}, "the server circuit has a factor between scales of 2"),
        ("step", {"input_visibility": "private"}, "the step circuit has inputs that are Private"),
        ("server", {"output_visibility": "public"}, "the server circuit has outputs that are Public"),
        ("weights", {"output_visibility": "polycommit"}, "the weights circuit has outputs that are KZGCommit"),
        (
            "bridge",
            {"logrows": K + 1},
            f"the bridge circuit has rows by their logarithm {K + 1}, the federation has {K}",
        ),
    ],
)
def test_a_circuit_that_is_built_otherwise_is_refused(
    settings: Callable[..., dict[str, Any]], role: Role, changed: dict[str, object], said: str
) -> None:
    with pytest.raises(ChainingBroken, match=said):
        check_chaining(role, settings(role, **changed), LAYOUT, K)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("model_output_scales", [20], r"outputs at scales \[20\], the federation has \[10\]"),
        ("num_blinding_factors", 7, "blinding rows 7, the federation has None"),
    ],
)
def test_what_an_engine_may_change_by_itself_is_refused(
    settings: Callable[..., dict[str, Any]], name: str, value: object, said: str
) -> None:
    with pytest.raises(ChainingBroken, match=said):
        check_chaining("step", {**settings("step"), name: value}, LAYOUT, K)


@pytest.mark.parametrize("role", ROLES)
def test_a_vector_of_another_length_is_refused(settings: Callable[..., dict[str, Any]], role: Role) -> None:
    """Whoever pads by one number has another commitment."""
    longer = replace(LAYOUT, batch=LAYOUT.batch + 1, attempts=LAYOUT.attempts + 1)
    with pytest.raises(ChainingBroken, match=f"the {role} circuit has tensors of lengths") as caught:
        check_chaining(role, settings(role), longer, K)
    assert caught.value.facts["found"] != caught.value.facts["allowed"]


def test_a_vector_that_takes_two_columns_is_refused(settings: Callable[..., dict[str, Any]]) -> None:
    """Its proof has two points where every contract reads one."""
    short = settings("step", logrows=7, decomp_base=64, decomp_legs=5)
    with pytest.raises(ChainingBroken, match=r"a tensor of \d+ numbers, and one column of 2\^7 rows holds 96"):
        check_chaining("step", short, LAYOUT, 7)
