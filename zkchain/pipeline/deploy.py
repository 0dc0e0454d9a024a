"""Use case: put a bundle's verifier on a chain, behind an adapter, in the registry, ready for the gateway."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..chain.deploy import deploy_code, deploy_contract
from ..chain.deployments import DeploymentRecord, write_deployment
from ..chain.layouts import Statement
from ..chain.probe import probe_precompiles
from ..chain.registry import ContractAt, ModelVersion, register_model
from ..chain.smoke import smoke_test, verifier_at
from ..circuit.bundle import load_bundle, read_trial
from ..config import Config
from ..errors import BundleCorrupt, DevSrsRefused, UsageError
from ..files import exclusive
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..records import Bundle, ContractArtifact
from ..solidity.artifacts import load_artifact
from ..solidity.provenance import provenance_of_code
from ..values import ZERO_DIGEST, Address, Digest, sha256_of
from .layout import layout_of
from .plan import PlanStep, plan_deployment
from .site import Site, deploy_once, make_record, open_site, recorded
from .verifier import OwnVerifier, SharedVerifier, VerifierChoice, prepare_verifier

REGISTRY, GATEWAY, SHARED = "ModelRegistry", "InferenceGateway", "Halo2VerifierReusable"
_RESERVED = frozenset({REGISTRY, GATEWAY, SHARED})


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


def deploy_bundle(
    folder: Path,
    *,
    network: str,
    config: Config,
    prover: Prover,
    name: str | None = None,
    dry_run: bool = False,
    verifier: VerifierChoice = "auto",
    report: Report = silent,
) -> Deployed:
    """Deploy what is missing and register the model; do nothing when the same circuit is there already.

    Raises BundleError, DevSrsRefused, ChainUnfit, SmokeTestFailed, SolidityError, ChainError, DeploymentError
    and TransactionError. A verifier that fails its smoke test is never recorded.
    """
    bundle = load_bundle(folder)
    title = _title(name, bundle)
    with exclusive(config.home / "deploy" / f"{sha256_of(network.encode())[2:18]}.lock"):
        site = open_site(network, config, signing=not dry_run)
        return _deploy(site, folder, bundle, title, dry_run, verifier, config, prover, report)


def _deploy(
    site: Site,
    folder: Path,
    bundle: Bundle,
    title: str,
    dry_run: bool,
    verifier: VerifierChoice,
    config: Config,
    prover: Prover,
    report: Report,
) -> Deployed:
    refuse_dev_srs(bundle, site)
    known = recorded(site, title)
    if known is not None and known.facts.get("circuit_digest") == bundle.circuit_digest:
        return _answer(site, bundle, title, known, gas=0, plan=())
    report("probing the chain's precompiles")
    probe_precompiles(site.chain)
    prepared = prepare_verifier(folder, verifier, prover=prover, home=config.home, report=report)
    refuse_foreign_srs(bundle, prepared)
    if dry_run:
        return _planned(site, bundle, title, prepared)
    gas = _Gas()
    registry = gas.add(deploy_once(site, REGISTRY, load_artifact(REGISTRY), (), report))
    gateway = gas.add(deploy_once(site, GATEWAY, load_artifact(GATEWAY), (registry.deployment.address,), report))
    adapter = _deploy_adapter(site, folder, bundle, title, prepared, gas, report)
    report("registering the model")
    assert site.signer is not None
    model_id, receipt = register_model(
        site.chain,
        site.signer,
        ContractAt(registry.deployment.address, registry.abi),
        _version(bundle, adapter, title),
        report,
        abis=(adapter.abi,),
    )
    gas.used += receipt.gas_used
    facts = {
        "circuit_digest": bundle.circuit_digest,
        "model_digest": bundle.model.digest,
        "model_id": model_id,
        "registry": registry.deployment.address,
        "gateway": gateway.deployment.address,
        "provenance": bundle.srs.provenance,
        "binding": bundle.binding,
        "segments": [segment.to_json() for segment in bundle.segments],
        "model_name": title,
        "proof_bytes": bundle.proof_bytes,
        **adapter.facts,
    }
    final = replace(adapter, facts=facts)
    write_deployment(site.root, site.network, final)
    return _answer(site, bundle, title, final, gas=gas.used, plan=())


def refuse_dev_srs(bundle: Bundle, site: Site) -> None:
    """Raise DevSrsRefused when a circuit whose SRS secret somebody knows would reach a chain that is not a devnet."""
    if bundle.srs.provenance == "dev" and not site.network.devnet:
        raise DevSrsRefused(
            f"{bundle.model.name} was compiled with a development SRS, whose maker can forge proofs; "
            f"chain {site.network.chain_id} is not a devnet",
            chain_id=site.network.chain_id,
        )


def refuse_foreign_srs(bundle: Bundle, prepared: OwnVerifier | SharedVerifier) -> None:
    """Raise BundleCorrupt when the verifier's own words belie the provenance that the manifest claims."""
    if isinstance(prepared, OwnVerifier):
        found = provenance_of_code(prepared.artifact.deployed_bytecode)
    else:
        found = provenance_of_code(b"".join(prepared.words))
    if found != bundle.srs.provenance:
        raise BundleCorrupt(
            f"the manifest says the reference string is {bundle.srs.provenance}, the verifier's code says {found}",
            file="manifest.json",
        )


class _Gas:
    """Adds up what the transactions of one deployment used."""

    def __init__(self) -> None:
        self.used = 0

    def add(self, step: tuple[DeploymentRecord, bool]) -> DeploymentRecord:
        record, fresh = step
        if fresh:
            self.used += record.deployment.gas_used
        return record


def _deploy_adapter(
    site: Site,
    folder: Path,
    bundle: Bundle,
    title: str,
    prepared: OwnVerifier | SharedVerifier,
    gas: _Gas,
    report: Report,
) -> DeploymentRecord:
    """Verifier, adapter and smoke test. The adapter's record is returned, not yet written."""
    instances, proof = read_trial(folder)
    assert site.signer is not None
    circuit = bytes.fromhex(bundle.circuit_digest[2:])
    if isinstance(prepared, OwnVerifier):
        report("deploying the verifier")
        receipt, address = deploy_contract(site.chain, site.signer, prepared.artifact, (), report)
        gas.used += receipt.gas_used
        report("testing the verifier")
        smoke_test(verifier_at(site.chain, address), Statement(proof, instances), report)
        own = make_record(site, f"{title}Verifier", prepared.artifact, (), receipt, address, {})
        write_deployment(site.root, site.network, own)
        kind, artifact = "own", load_artifact("Halo2Adapter")
        args: tuple[Any, ...] = (address, bytes.fromhex(own.deployment.code_hash[2:]), circuit)
        facts: dict[str, Any] = {"verifier": kind, "verifier_address": address, "key_digest": own.deployment.code_hash}
        facts["verifier_code_bytes"] = own.deployment.code_bytes
    else:
        shared = gas.add(deploy_once(site, SHARED, prepared.artifact, (), report))
        report("storing the verifying key")
        receipt, key_data = deploy_code(site.chain, site.signer, prepared.creation_code, report)
        gas.used += receipt.gas_used
        kind, artifact = "shared", load_artifact("ReusableHalo2Adapter")
        verifier, pin = shared.deployment.address, bytes.fromhex(shared.deployment.code_hash[2:])
        args = (verifier, pin, key_data, bytes.fromhex(prepared.key_digest[2:]), circuit)
        facts = {"verifier": kind, "verifier_address": verifier, "key_digest": prepared.key_digest}
        facts |= {"key_data": key_data, "verifier_code_bytes": shared.deployment.code_bytes}
    report("deploying the adapter")
    receipt, address = deploy_contract(site.chain, site.signer, artifact, args, report)
    gas.used += receipt.gas_used
    if isinstance(prepared, SharedVerifier):
        report("testing the verifier")
        smoke_test(verifier_at(site.chain, verifier), Statement(proof, instances, prepared.words), report)
    return make_record(site, title, artifact, args, receipt, address, facts)


def _version(bundle: Bundle, adapter: DeploymentRecord, title: str) -> ModelVersion:
    return ModelVersion(
        circuit_digest=bundle.circuit_digest,
        model_digest=bundle.model.digest,
        adapter=adapter.deployment.address,
        adapter_code_hash=adapter.deployment.code_hash,
        key_digest=adapter.facts["key_digest"],
        params_digest=bundle.params_digest or ZERO_DIGEST,
        layout=layout_of(bundle),
        dev_srs=bundle.srs.provenance == "dev",
        name=title,
    )


def _answer(
    site: Site, bundle: Bundle, title: str, record: DeploymentRecord, *, gas: int, plan: tuple[PlanStep, ...]
) -> Deployed:
    facts: Mapping[str, Any] = record.facts
    verifier_name = f"{title}Verifier" if facts["verifier"] == "own" else SHARED
    return Deployed(
        name=title,
        contracts={
            REGISTRY: facts["registry"],
            GATEWAY: facts["gateway"],
            verifier_name: facts["verifier_address"],
            title: record.deployment.address,
        },
        rpc_url=site.network.rpc_url,
        chain_id=site.network.chain_id,
        gas_used=gas,
        code_bytes=facts["verifier_code_bytes"],
        model_id=facts["model_id"],
        circuit_digest=bundle.circuit_digest,
        provenance=bundle.srs.provenance,
        verifier=facts["verifier"],
        reused=gas == 0,
        plan=plan,
    )


def _planned(site: Site, bundle: Bundle, title: str, prepared: OwnVerifier | SharedVerifier) -> Deployed:
    needed: list[tuple[str, ContractArtifact | bytes]] = [
        (REGISTRY, load_artifact(REGISTRY)),
        (GATEWAY, load_artifact(GATEWAY)),
    ]
    if isinstance(prepared, OwnVerifier):
        needed += [(f"{title}Verifier", prepared.artifact), (title, load_artifact("Halo2Adapter"))]
    else:
        needed += [(SHARED, prepared.artifact), (f"{title}Key", prepared.creation_code)]
        needed += [(title, load_artifact("ReusableHalo2Adapter"))]
    steps = plan_deployment(site, needed, existing={part for part in _RESERVED if recorded(site, part)})
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
