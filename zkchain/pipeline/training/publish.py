"""Use case: publish what a federation trained, so that every answer is of exactly that model."""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from ...chain.deployments import write_deployment
from ...chain.registry import ContractAt
from ...chain.training import act, lineage_of, model_round, poseidon_of, settle
from ...circuit.bundle import read_trial
from ...circuit.options import CompileOptions
from ...config import Config
from ...errors import ChainingBroken, RoundFailed
from ...files import make_private, write_atomic
from ...halo2 import Prover
from ...progress import Report, silent
from ...record import Record
from ...records import Visibility
from ...training.circuits import prove_vectors
from ...training.grid import from_grid
from ...training.inference import pins_of
from ...training.methods import method_of
from ...values import ZERO_DIGEST, Address, Digest, digest
from ..compile import compile_model
from ..deploy import deploy_bundle
from ..site import Site, recorded
from .beforehand import judging_samples
from .folder import Federation, load_federation
from .setup import find_federation, signer_of

_SAMPLES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Record):
    """A trained model on chain."""

    name: str
    folder: str  #: the bundle
    model_id: Digest
    ledger: Address
    round: int
    model: Digest  #: points hash that the ledger holds
    poseidon: str  #: of the weights, a field element
    gas: int


def publish_model(
    plan_path: Path, *, config: Config, prover: Prover, out: Path | None = None, report: Report = silent
) -> Published:
    """Export the ledger's current model, prove its weights' hash, compile with weights bound to it, deploy and link.

    Steps that were done are not done again. The version before, of an earlier round's model, stays recorded as
    NAME-roundN. Raises ChainingBroken when the compiled model hashes other weights than
    the ledger, and what compiling, deploying and the ledger raise.
    """
    federation = load_federation(plan_path)
    plan = federation.plan
    standing = find_federation(federation, config=config, prover=prover, report=report)
    site, ledger, circuits = standing.site, standing.ledger, standing.circuits
    number = model_round(site.chain, ledger)
    if number == 0:
        raise RoundFailed("nothing was trained yet", remedy=f"run: zkchain train run {plan_path}")
    weights, d = federation.weights(standing.opened.run, number), plan.architecture.parameters
    signer, gas = signer_of(plan, -1, config), 0
    settle(site.chain, signer, ledger, report)
    poseidon = poseidon_of(site.chain, ledger, weights.model)
    if poseidon == 0:
        report("proving the hash of the weights")
        vectors = [from_grid(weights.values, plan.scale)]
        proof, instances, _ = prove_vectors(circuits.weights, vectors, prover, report)
        gas += act(site.chain, signer, ledger, "hashWeights", [proof, instances[0]], report).gas_used
        poseidon = poseidon_of(site.chain, ledger, weights.model)
    make_private(federation.root)
    model = federation.root / f"{plan.name}.onnx"
    onnx.save(method_of(plan.architecture).inference(plan.architecture, weights.values[:d], plan.scale), str(model))
    samples = federation.root / "samples.npy"
    write_atomic(samples, _samples(federation))
    compiled = compile_model(
        model,
        samples,
        config=config,
        prover=prover,
        out=out or federation.root / f"{plan.name}.bundle",
        options=CompileOptions(
            visibility=Visibility(input="private", output="public", params="hashed"),
            pinned=tuple(sorted((name, json.dumps(value)) for name, value in pins_of(plan.scale).items())),
        ),
        replace_other=True,
        report=report,
    )
    trial, _ = read_trial(compiled.folder)
    hashed = [int(trial[s.start]) for s in compiled.bundle.segments if s.kind == "params_hash"]
    if hashed != [poseidon]:
        raise ChainingBroken(
            "the compiled model hashes its parameters to another value than the ledger holds: "
            "they differ in scale, order or number",
            found=[hex(value) for value in hashed],
            allowed=hex(poseidon),
        )
    name = f"{plan.name}Model"
    _keep_earlier(site, ledger, name, weights.model)
    deployed = deploy_bundle(
        compiled.folder,
        network=plan.network,
        name=name,
        config=replace(config, signers={**config.signers, plan.network: signer}),
        prover=prover,
        replace_other=True,
        report=report,
    )
    gas += deployed.gas_used
    assert deployed.model_id is not None
    if int(lineage_of(site.chain, ledger, deployed.model_id).model, 16) == 0:
        gas += act(site.chain, signer, ledger, "linkModel", [int(deployed.model_id, 16)], report).gas_used
    return Published(
        name=name,
        folder=str(compiled.folder),
        model_id=deployed.model_id,
        ledger=ledger.address,
        round=number,
        model=weights.model,
        poseidon=hex(poseidon),
        gas=gas,
    )


def _keep_earlier(site: Site, ledger: ContractAt, name: str, model: Digest) -> None:
    """Keep the record of a version with other weights under a name of its own: this one's is given to the new one."""
    record = recorded(site, name)
    known = None if record is None else record.facts.get("model_id")
    if record is None or known is None:
        return
    lineage = lineage_of(site.chain, ledger, digest(known))
    if lineage.model in (ZERO_DIGEST, model):  # of another ledger, or this one
        return
    kept = replace(record.deployment, name=f"{name}-round{lineage.round}")
    write_deployment(site.root, site.network, replace(record, deployment=kept))


def _samples(federation: Federation) -> bytes:
    """Inputs to calibrate on: the plan's test samples, else made-up ones. Never anybody's training data."""
    found = judging_samples(federation)
    features = federation.plan.architecture.features
    x = found[0] if found else np.random.default_rng(0).normal(size=(_SAMPLES, features))
    packed = io.BytesIO()
    np.save(packed, x[:_SAMPLES].astype(np.float32))
    return packed.getvalue()
