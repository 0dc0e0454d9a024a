"""Sizes and gas of the contracts against the committed snapshot, so that a change shows in review.

To accept new figures: ZKCHAIN_UPDATE_GOLDEN=1 python -m pytest tests/integration/test_contract_costs.py
"""

import json
import os
from pathlib import Path

import pytest

from tests.support.circuits import build_tiny
from tests.support.evm import SENDER, Evm, calldata
from tests.support.gateway import Binding, Stage, stage
from zkchain.files import write_json
from zkchain.solidity.artifacts import ARTIFACTS, load_artifact
from zkchain.solidity.limits import MAX_RUNTIME_BYTES
from zkchain.solidity.solc import find_compiler

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "contracts.json"
NOW = 1_700_000_000
#: Keys and proofs are random, and zero bytes are cheaper: gas differs a little from run to run.
TOLERANCE = 0.01

Figures = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figures]:
    circuit = build_tiny(tmp_path_factory.mktemp("circuit"), seed=1)
    binding = Binding(account=SENDER, nonce=1, deadline=NOW)
    gas: Figures = {}
    for kind in ("own", "shared"):
        compiler = find_compiler() if kind == "own" else None
        site = stage(Evm(timestamp=NOW), circuit, shared=kind == "shared", compiler=compiler)
        instances, proof = circuit.prove(site.limbs(binding))
        gas[kind] = {
            **{f"deploy {name}" if name != "register" else name: cost for name, cost in site.deploy_gas.items()},
            "verify at adapter": _adapter_gas(site, instances, proof),
            "submit": site.submit(instances, proof, binding).gas,
        }
    sizes = {
        name: {
            "runtime": len(load_artifact(name).deployed_bytecode),
            "creation": len(load_artifact(name).bytecode),
        }
        for name in ARTIFACTS
    }
    return {"bytes": sizes, "gas": gas}


def _adapter_gas(site: Stage, instances: list[int], proof: bytes) -> int:
    outcome = site.evm.call(site.adapter, calldata("verify(uint256[],bytes)", [instances, proof]))
    assert outcome.ok
    return outcome.gas


@pytest.fixture(scope="module")
def golden(measured: dict[str, Figures]) -> dict[str, Figures]:
    if os.environ.get("ZKCHAIN_UPDATE_GOLDEN") == "1":
        write_json(GOLDEN, measured)
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_sizes_are_the_committed_ones(measured: dict[str, Figures], golden: dict[str, Figures]) -> None:
    assert measured["bytes"] == golden["bytes"]
    assert all(figures["runtime"] <= MAX_RUNTIME_BYTES for figures in golden["bytes"].values())


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_gas_is_the_committed_one(measured: dict[str, Figures], golden: dict[str, Figures], kind: str) -> None:
    found, expected = measured["gas"][kind], golden["gas"][kind]
    assert found.keys() == expected.keys()
    off = {name: (found[name], expected[name]) for name in found if abs(found[name] / expected[name] - 1) > TOLERANCE}
    assert off == {}


def test_the_gateway_costs_less_than_a_quarter_on_top_of_the_proof(golden: dict[str, Figures]) -> None:
    for gas in golden["gas"].values():
        assert gas["submit"] - gas["verify at adapter"] < 0.25 * gas["verify at adapter"]
