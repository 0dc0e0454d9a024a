"""Sizes and gas of the contracts against the committed snapshot, so that a change shows in review.

To accept new figures: ZKCHAIN_UPDATE_GOLDEN=1 python -m pytest tests/integration/test_contract_costs.py
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode

from scripts.write_gas_table import PAGE, page
from tests.support.circuits import TinyCircuit
from tests.support.evm import SENDER, Evm, calldata
from tests.support.gateway import BINDING, Binding, Stage, stage
from zkchain.files import write_json
from zkchain.solidity.artifacts import ARTIFACTS, load_artifact
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.limits import MAX_RUNTIME_BYTES
from zkchain.solidity.solc import find_compiler

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "contracts.json"
NOW = 1_700_000_000
#: Keys and proofs are random, and zero bytes are cheaper: gas differs a little from run to run.
TOLERANCE = 0.01

Figures = dict[str, int]
Costs = dict[str, dict[str, Figures]]


@pytest.fixture(scope="module")
def measured(circuit: TinyCircuit) -> Costs:
    binding = Binding(account=SENDER, nonce=1, deadline=NOW)
    gas: dict[str, Figures] = {}
    for kind in ("own", "shared"):
        compiler = find_compiler() if kind == "own" else None
        site = stage(Evm(timestamp=NOW), circuit, shared=kind == "shared", compiler=compiler)
        instances, proof = circuit.prove(site.tag(binding))
        gas[kind] = {
            **{f"deploy {name}" if name != "register" else name: cost for name, cost in site.deploy_gas.items()},
            "verify at verifier": _verifier_gas(site, instances, proof),
            "verify at adapter": _adapter_gas(site, instances, proof),
            **_ways_in(site, circuit),
        }
        if compiler is not None:
            stock = site.evm.deploy(compile_verifier(circuit.own_source, compiler).bytecode)
            gas[kind]["stock verifier"] = _verifier_gas(replace(site, verifier=stock), instances, proof)
    sizes = {
        name: {
            "runtime": len(load_artifact(name).deployed_bytecode),
            "creation": len(load_artifact(name).bytecode),
        }
        for name in ARTIFACTS
    }
    return {"bytes": sizes, "gas": gas}


def _verifier_gas(site: Stage, instances: list[int], proof: bytes) -> int:
    """A direct call to the generated verifier, with nothing of ours around it but the guard in it."""
    more = [list(site.key)] if site.key else []
    types = "verifyProof(bytes,uint256[]" + (",bytes32[])" if more else ")")
    outcome = site.evm.call(site.verifier, calldata(types, [proof, instances, *more]))
    assert outcome.ok
    return outcome.gas


def _ways_in(site: Stage, circuit: TinyCircuit) -> Figures:
    """Gas of each of the gateway's entries, each with a statement of its own."""
    proved = []
    for nonce in range(1, 6):
        binding = Binding(account=SENDER, nonce=nonce, deadline=NOW)
        proved.append((*circuit.prove(site.tag(binding)), binding))
    submission = f"(uint256,uint256[],bytes,{BINDING})"

    def call(signature: str, arguments: list[Any], types: str = "") -> int:
        outcome = site.evm.call(site.gateway, calldata(signature, arguments, types), static=False)
        assert outcome.ok, outcome.data.hex()
        return outcome.gas

    many = [(site.model_id, instances, proof, binding.fields) for instances, proof, binding in proved[1:3]]
    standard = {}
    for name, (instances, proof, binding) in zip(
        ("verifyInference", "verifyAndStoreInference"), proved[3:], strict=True
    ):
        data = calldata("inputCommitmentOf(uint256,uint256[])", [site.model_id, instances])
        parts = encode(["uint256[]", "bytes", BINDING], [instances, proof, binding.fields])
        said = [site.model_id, site.evm.call(site.gateway, data).data, instances[0].to_bytes(32, "big"), parts]
        standard[name] = call(f"{name}(uint256,bytes32,bytes,bytes)", said)
    return {
        "submit": site.submit(*proved[0]).gas,
        "submitMany, each of two": call(f"submitMany({submission}[])", [many], f"{submission}[]") // 2,
        **standard,
    }


def _adapter_gas(site: Stage, instances: list[int], proof: bytes) -> int:
    outcome = site.evm.call(site.adapter, calldata("verify(uint256[],bytes)", [instances, proof]))
    assert outcome.ok
    return outcome.gas


@pytest.fixture(scope="module")
def golden(measured: Costs) -> Costs:
    if os.environ.get("ZKCHAIN_UPDATE_GOLDEN") == "1":
        write_json(GOLDEN, measured)
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_sizes_are_the_committed_ones(measured: Costs, golden: Costs) -> None:
    assert measured["bytes"] == golden["bytes"]
    assert all(figures["runtime"] <= MAX_RUNTIME_BYTES for figures in golden["bytes"].values())


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_gas_is_the_committed_one(measured: Costs, golden: Costs, kind: str) -> None:
    found, expected = measured["gas"][kind], golden["gas"][kind]
    assert found.keys() == expected.keys()
    off = {name: (found[name], expected[name]) for name in found if abs(found[name] / expected[name] - 1) > TOLERANCE}
    assert off == {}


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_everything_we_add_to_a_bare_verifier_takes_at_most_60_000_gas(golden: Costs, kind: str) -> None:
    """Adapter, gateway, canonical calldata, binding, replay slot and event."""
    gas = golden["gas"][kind]
    assert gas["submit"] - gas["verify at verifier"] <= 60_000


def test_the_guard_costs_next_to_nothing(golden: Costs) -> None:
    own = golden["gas"]["own"]
    assert own["verify at verifier"] - own["stock verifier"] <= 200


def test_a_second_model_costs_under_a_quarter_of_the_first_when_the_verifier_is_shared(
    golden: Costs,
) -> None:
    gas = golden["gas"]["shared"]
    own_parts = gas["deploy key data"] + gas["deploy ReusableHalo2Adapter"] + gas["register"]
    once = gas["deploy Halo2VerifierReusable"] + gas["deploy InferenceGateway"] + gas["deploy ModelRegistry"]
    assert own_parts < 0.25 * (own_parts + once)


def test_the_documented_table_is_of_the_committed_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"


def test_the_gateway_costs_less_than_a_quarter_on_top_of_the_proof(golden: Costs) -> None:
    for gas in golden["gas"].values():
        assert gas["submit"] - gas["verify at adapter"] < 0.25 * gas["verify at adapter"]
