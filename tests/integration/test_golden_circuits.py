"""Rows, sizes and gas of ten circuits against the committed snapshot, so that a change of the tuner shows in review.

To accept new figures: ZKCHAIN_UPDATE_GOLDEN=1 python -m pytest tests/integration/test_golden_circuits.py
"""

import json
import os
from pathlib import Path

import pytest

from tests.support.evm import Evm, calldata
from tests.support.zoo import PROVING
from zkchain.circuit.bundle import circuit_files, read_trial
from zkchain.config import read_config
from zkchain.files import write_json
from zkchain.pipeline.compile import compile_model
from zkchain.solidity.compile import standard_input
from zkchain.solidity.guard import guard_verifier
from zkchain.solidity.solc import find_compiler

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "circuits.json"
QUICK = ("linear", "mlp_relu", "mlp_sigmoid")
SLOW = ("layer_norm", "mlp_softmax", "mlp_gelu", "cnn", "gru", "attention_block", "two_inputs_two_outputs")
#: Keys and proofs are random: zero bytes are cheaper, and small constants shorter.
RANDOM, TOLERANCE = ("verify_gas", "verifier_code_bytes", "deploy_gas"), 0.01
ENTRIES = {entry.name: entry for entry in PROVING}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return read_config({"ZKCHAIN_HOME": str(tmp_path_factory.mktemp("golden-home"))})


def measured(name, config, prover, folder):
    entry = ENTRIES[name]
    compiled = compile_model(
        entry.write_model(folder), entry.write_samples(folder), config=config, prover=prover, out=folder / "bundle"
    )
    bundle, settings = compiled.bundle, json.loads((folder / "bundle" / "settings.json").read_text())
    sizes = {file.name: file.size for file in bundle.files}
    instances, proof = read_trial(folder / "bundle")
    source = guard_verifier(prover.render_verifier(circuit_files(folder / "bundle")))
    units = find_compiler().compile_standard(standard_input({"v.sol": source}))["contracts"]["v.sol"]
    (code,) = (unit["evm"] for unit in units.values())
    evm = Evm(code_bytes=2**20)  # some would have to use the shared verifier
    creation = bytes.fromhex(code["bytecode"]["object"])
    call = calldata("verifyProof(bytes,uint256[])", [proof, [int(value) for value in instances]])
    address = evm.deploy(creation)
    deploy_gas = evm.gas
    outcome = evm.call(address, call)
    assert outcome.ok
    assert int.from_bytes(outcome.data, "big") == 1
    run_args = settings["run_args"]
    return {
        "logrows": bundle.logrows,
        "cells": settings["total_assignments"],
        "scales": [run_args["input_scale"], run_args["param_scale"], run_args["scale_rebase_multiplier"]],
        "decomposition": [run_args["decomp_base"], run_args["decomp_legs"]],
        "inner_columns": run_args["num_inner_cols"],
        "instances": bundle.instances,
        "proving_key_bytes": sizes["proving.key"],
        "verifying_key_bytes": sizes["verifying.key"],
        "proof_bytes": len(proof),
        "calldata_bytes": len(call),
        "verifier_code_bytes": len(code["deployedBytecode"]["object"]) // 2,
        "deploy_gas": deploy_gas,
        "verify_gas": outcome.gas,
    }


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_a_golden_circuit_costs_what_it_did(name, config, prover, tmp_path):
    found = measured(name, config, prover, tmp_path)
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if os.environ.get("ZKCHAIN_UPDATE_GOLDEN") == "1":
        write_json(GOLDEN, {**golden, name: found})
        return
    exact = {key: value for key, value in golden[name].items() if key not in RANDOM}
    assert {key: value for key, value in found.items() if key not in RANDOM} == exact
    for key in RANDOM:
        assert found[key] == pytest.approx(golden[name][key], rel=TOLERANCE)


def test_ten_circuits_are_golden():
    assert json.loads(GOLDEN.read_text()).keys() == {*QUICK, *SLOW}
