"""Use case: put a bundle's verifier on a chain, behind an adapter, in the registry, ready for the gateway."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import write_deployment
from ..chain.probe import probe_chain, probe_limits
from ..chain.registry import ContractAt, InstanceRange, ModelVersion, get_version, model_id_of, register_model
from ..circuit.bundle import load_bundle, read_trial
from ..config import Config
from ..errors import DeploymentTaken, ModelStopped, UsageError
from ..files import exclusive
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..records import Bundle
from ..solidity.artifacts import load_artifact
from ..values import ZERO_DIGEST, Address, Digest, sha256_of
from .choice import PROOFS, Chosen, VerifierCost, choose_verifier
from .layout import layout_of
from .lookup import checked_model, model_of, refuse_stopped
from .plan import PlanStep, plan_deployment
from .provenance import refuse_dev_srs, refuse_foreign_srs
from .ranges import Bounds, ranges_of, refuse_other_ranges
from .site import Site, deploy_once, open_site, recorded, stands
from .verifier import (
    SHARED,
    OwnVerifier,
    Trial,
    VerifierChoice,
    deploy_verifier,
    key_contract,
)

REGISTRY, GATEWAY = "ModelRegistry", "InferenceGateway"
_RESERVED = frozenset({REGISTRY, GATEWAY, SHARED})
#: Facts of a model's record. The second is there once the model is registered.
_CIRCUIT, _MODEL_ID = "circuit_digest", "model_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed(Record):
    """What a deployment did, or, for a dry run, would do."""

    name: str
    contracts: dict[str, Address]
    rpc_url: str
    chain_id: int
    gas_used: int
    code_bytes: int  #: runtime code of the verifier
    model_id: Digest | None
    circuit_digest: Digest
    provenance: str
    verifier: str
    reused: bool
    plan: tuple[PlanStep, ...]
    costs: tuple[VerifierCost, ...]  #: of both verifiers, where one was chosen by them


def deploy_bundle(
    folder: Path,
    *,
    network: str,
    config: Config,
    prover: Prover,
    name: str | None = None,
    dry_run: bool = False,
    verifier: VerifierChoice = "auto",
    proofs: int = PROOFS,
    bounds: Bounds | None = None,
    replace_other: bool = False,
    report: Report = silent,
) -> Deployed:
    """Deploy what is missing and register the model; do nothing when the same circuit is there already.

    With verifier "auto", the one is taken that costs less gas with `proofs` verified, its deployment included.
    `bounds` are kept by the gateway: public tensors, and between which values they have to lie. With `replace_other`,
    a name that stands for another deployment is taken over; its contracts stay on chain, its record is lost.

    Raises BundleError, DevSrsRefused, ChainUnfit, SmokeTestFailed, SolidityError, ChainError, DeploymentError, among
    them DeploymentTaken and ModelStopped, and TransactionError. A verifier that fails its smoke test is never recorded.
    """
    bundle = load_bundle(folder)
    title, ranges = _title(name, bundle), ranges_of(bundle, bounds or {})
    with exclusive(config.home / "deploy" / f"{sha256_of(network.encode())[2:18]}.lock"):
        site = open_site(network, config, signing=not dry_run)
        refuse_dev_srs(bundle, site)
        known = _known(site, bundle, title, verifier, replace_other=replace_other)
        if known is not None:
            model = model_of(known)
            refuse_other_ranges(site, title, model.registry, model.model_id, ranges)
            return _answer(site, title, known, gas=0)
        report("probing the chain")
        probe_chain(site.chain)
        probe_limits(site.chain)
        trial = read_trial(folder)
        chosen = choose_verifier(
            site, title, folder, verifier, trial=trial, proofs=proofs, prover=prover, home=config.home, report=report
        )
        refuse_foreign_srs(bundle, chosen.verifier)
        if dry_run:
            return _planned(site, bundle, title, chosen)
        return _deploy(site, bundle, title, chosen, trial, ranges, report)


def _known(
    site: Site, bundle: Bundle, title: str, verifier: VerifierChoice, *, replace_other: bool
) -> DeploymentRecord | None:
    """The registered deployment called `title`, if it is the one asked for; None when there is something to do.

    Raises DeploymentTaken and ModelStopped where that is not to be replaced.
    """
    for part in (f"{title}Verifier", f"{title}Key"):
        other = recorded(site, part)
        if other is not None and _CIRCUIT in other.facts:
            raise DeploymentTaken(f"{title!r} needs the name {part!r}, which a model on {site.network.name!r} has")
    record = recorded(site, title)
    if record is None:
        return None
    try:
        _refuse_other(site, bundle, record, verifier)
    except (DeploymentTaken, ModelStopped):
        if replace_other:
            return None
        raise
    return record if _MODEL_ID in record.facts else None


def _refuse_other(site: Site, bundle: Bundle, record: DeploymentRecord, verifier: VerifierChoice) -> None:
    """Raise DeploymentTaken or ModelStopped unless the record is of this bundle, as asked for, and in use."""
    title, found = record.deployment.name, record.facts.get(_CIRCUIT)
    if found != bundle.circuit_digest:
        what = f"circuit {found}" if found else "a part of another model"
        raise DeploymentTaken(
            f"{title!r} on {site.network.name!r} is {what}; this bundle is circuit {bundle.circuit_digest}",
            remedy="choose another --name, or give this name to the bundle with --force",
            name=title,
            recorded=found,
            wanted=bundle.circuit_digest,
        )
    if _MODEL_ID not in record.facts:
        return  # its registration failed: whatever fits is used when it is tried again
    model = checked_model(site, record)
    if verifier not in ("auto", model.verifier):
        raise DeploymentTaken(
            f"{title!r} on {site.network.name!r} is deployed with the {model.verifier} verifier; "
            f"--verifier {verifier} asks for another",
            remedy="choose another --name for a second deployment, or leave --verifier out",
            name=title,
            recorded=model.verifier,
            wanted=verifier,
        )
    refuse_stopped(site, model)


def _deploy(
    site: Site,
    bundle: Bundle,
    title: str,
    chosen: Chosen,
    trial: Trial,
    ranges: tuple[InstanceRange, ...],
    report: Report,
) -> Deployed:
    """Every contract is recorded as soon as it stands, so that after a failure it is not paid for again."""
    registry, fresh_registry = deploy_once(site, REGISTRY, load_artifact(REGISTRY), (), report)
    address = registry.deployment.address
    gateway, fresh_gateway = deploy_once(site, GATEWAY, load_artifact(GATEWAY), (address,), report)
    plan, fresh_parts = deploy_verifier(site, title, chosen.verifier, trial, report)
    facts = {**plan.facts, _CIRCUIT: bundle.circuit_digest}
    args = (*plan.verifier, bytes.fromhex(bundle.circuit_digest[2:]))
    adapter, fresh_adapter = deploy_once(site, title, plan.artifact, args, report, facts=facts, accept=plan.accept)
    at = ContractAt(address, registry.abi)
    version = _version(bundle, adapter, title)
    assert site.signer is not None
    model_id = model_id_of(site.chain, at, site.signer.address, bundle.circuit_digest, version.adapter)
    steps = ((registry, fresh_registry), (gateway, fresh_gateway), (adapter, fresh_adapter))
    gas = sum(part.deployment.gas_used for part in (*fresh_parts, *(part for part, fresh in steps if fresh)))
    # A registration whose receipt came too late for the run that sent it has happened all the same.
    if get_version(site.chain, at, model_id) != version:
        report("registering the model")
        model_id, receipt = register_model(
            site.chain, site.signer, at, version, report, ranges=ranges, abis=(adapter.abi,)
        )
        gas += receipt.gas_used
    refuse_other_ranges(site, title, address, model_id, ranges)
    final = replace(
        adapter,
        facts={
            # Without its constructor's arguments, it is not found again by them: a second model gets an adapter of
            # its own, since its id would be the first one's.
            **facts,
            "model_digest": bundle.model.digest,
            _MODEL_ID: model_id,
            "registry": address,
            "gateway": gateway.deployment.address,
            "provenance": bundle.srs.provenance,
            "binding": bundle.binding,
            "segments": [segment.to_json() for segment in bundle.segments],
            "model_name": title,
            "proof_bytes": bundle.proof_bytes,
        },
    )
    write_deployment(site.root, site.network, final)
    return replace(_answer(site, title, final, gas=gas), costs=chosen.costs)


def _version(bundle: Bundle, adapter: DeploymentRecord, title: str) -> ModelVersion:
    return ModelVersion(
        circuit_digest=bundle.circuit_digest,
        model_digest=bundle.model.digest,
        adapter=adapter.deployment.address,
        adapter_code_hash=adapter.deployment.code_hash,
        key_digest=adapter.facts["key_digest"],
        params_digest=bundle.params_digest or ZERO_DIGEST,
        layout=layout_of(bundle.segments),
        dev_srs=bundle.srs.provenance == "dev",
        name=title,
    )


def _answer(site: Site, title: str, record: DeploymentRecord, *, gas: int) -> Deployed:
    model = model_of(record)
    return Deployed(
        name=title,
        contracts={
            REGISTRY: model.registry,
            GATEWAY: model.gateway,
            f"{title}Verifier" if model.verifier == "own" else SHARED: model.verifier_address,
            title: record.deployment.address,
        },
        rpc_url=site.network.rpc_url,
        chain_id=site.network.chain_id,
        gas_used=gas,
        code_bytes=model.verifier_code_bytes,
        model_id=model.model_id,
        circuit_digest=model.circuit_digest,
        provenance=model.provenance,
        verifier=model.verifier,
        reused=gas == 0,
        plan=(),
        costs=(),
    )


def _planned(site: Site, bundle: Bundle, title: str, chosen: Chosen) -> Deployed:
    prepared = chosen.verifier
    needed = [(REGISTRY, load_artifact(REGISTRY)), (GATEWAY, load_artifact(GATEWAY))]
    if isinstance(prepared, OwnVerifier):
        needed += [(f"{title}Verifier", prepared.artifact), (title, load_artifact("Halo2Adapter"))]
    else:
        needed += [(SHARED, prepared.artifact), (f"{title}Key", key_contract(prepared.creation_code))]
        needed += [(title, load_artifact("ReusableHalo2Adapter"))]
    steps = plan_deployment(site, needed, existing={part for part, code in needed if stands(site, part, code)})
    return Deployed(
        name=title,
        contracts={},
        rpc_url=site.network.rpc_url,
        chain_id=site.network.chain_id,
        gas_used=0,
        code_bytes=len(prepared.artifact.deployed_bytecode),
        model_id=None,
        circuit_digest=bundle.circuit_digest,
        provenance=bundle.srs.provenance,
        verifier="own" if isinstance(prepared, OwnVerifier) else "shared",
        reused=False,
        plan=steps,
        costs=chosen.costs,
    )


def _title(name: str | None, bundle: Bundle) -> str:
    """The record's name: as given, or the model's name in letters, digits, '_' and '-'."""
    chosen = name if name is not None else re.sub(r"[^A-Za-z0-9_-]+", "_", bundle.model.name)[:48] or "model"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}", chosen) or chosen in _RESERVED:
        raise UsageError(
            f"{chosen!r} cannot name a deployment: 1 to 48 letters, digits, '_' or '-', and none of "
            f"{', '.join(sorted(_RESERVED))}",
            remedy="give another --name",
        )
    return chosen
