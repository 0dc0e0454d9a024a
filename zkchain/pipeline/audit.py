"""Use case: is what stands on a chain what its source, its bundle and its record say?"""

from dataclasses import dataclass
from pathlib import Path

from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import list_deployments, read_deployment
from ..chain.probe import probe_chain
from ..chain.registry import ContractAt, ModelVersion, get_ranges, get_version, is_stopped, read
from ..config import Config
from ..errors import ChainUnfit, DeploymentDrift, DeploymentNotFound
from ..halo2 import Prover
from ..progress import Report, silent
from ..solidity.artifacts import load_artifact
from ..solidity.provenance import provenance_of_code
from ..values import Address, address
from .audit_case import Case, Field
from .audit_code import compare_contracts
from .lookup import DeployedModel, model_of
from .rederive import Rederived, rederive
from .site import Site, open_site
from .verifier import compiler_if_any

_REGISTRY = "ModelRegistry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything that was compared, and what a reader may want to know besides."""

    model: DeployedModel
    address: Address
    fields: tuple[Field, ...]
    owner: Address
    guardian: Address
    stopped: bool

    @property
    def matches(self) -> bool:
        """Whether nothing differs."""
        return not any(item.trouble for item in self.fields)


def audit_model(
    which: str,
    network: str,
    *,
    config: Config,
    prover: Prover,
    bundle: Path | None = None,
    report: Report = silent,
) -> Audit:
    """Compare the deployment called `which`, or at that address, with everything that it follows from.

    Its contracts are compiled from source again, where there is a compiler, and compared with the chain byte for byte;
    the registry's entry is compared with the record; the chain's precompiles are tried. With the bundle, circuit and
    keys are derived again from model, settings and SRS, and the verifier from them. Nothing is sent.

    Raises DeploymentNotFound, DeploymentCorrupt, DeploymentDrift, CompilerNotFound, ConnectionFailed, RpcError and
    WrongChain.
    """
    site = open_site(network, config, signing=False)
    record = _record(site, which)
    case = Case(site, record, model_of(record), config.home, compiler_if_any(config.home), report)
    _precompiles(case)
    version = _registered(case)
    derived = None
    if bundle is not None:
        derived = rederive(bundle, prover=prover, home=config.home, report=report)
        _bundle(case, derived, version)
    compare_contracts(case, derived)
    _provenance(case, version)
    registry = ContractAt(case.model.registry, load_artifact(_REGISTRY).abi)
    model_id = int(case.model.model_id, 16)
    return Audit(
        model=case.model,
        address=record.deployment.address,
        fields=tuple(case.fields),
        owner=address(read(site.chain, registry, "ownerOf", [model_id])[0]),
        guardian=address(read(site.chain, registry, "guardianOf", [model_id])[0]),
        stopped=is_stopped(site.chain, registry, case.model.model_id),
    )


def _record(site: Site, which: str) -> DeploymentRecord:
    if not which.startswith("0x"):
        return read_deployment(site.root, site.network, which)
    for record in list_deployments(site.root, site.network):
        if "model_id" not in record.facts:
            continue
        model = model_of(record)
        if which.lower() in (item.lower() for item in (record.deployment.address, model.verifier_address)):
            return record
    raise DeploymentNotFound(f"no model's contract at {which} is recorded on {site.network.name!r}", address=which)


def _precompiles(case: Case) -> None:
    case.report("probing the chain")
    try:
        probe_chain(case.site.chain)
        case.note("precompiles", "PUSH0 runs; 0x05 to 0x08 compute what a verifier needs")
    except ChainUnfit as error:
        case.note("precompiles", "unfit", error.message)


def _registered(case: Case) -> ModelVersion:
    """The registry's entry, compared with the record and with the adapter's own words."""
    registry = ContractAt(case.model.registry, load_artifact(_REGISTRY).abi)
    version = get_version(case.site.chain, registry, case.model.model_id)
    if version is None:
        raise DeploymentDrift(
            f"the registry at {registry.address} has no model {case.model.model_id}", model_id=case.model.model_id
        )
    chain, facts = case.site.chain, case.record.facts
    case.same("registry.adapter", version.adapter, case.record.deployment.address)
    case.same("registry.adapterCodeHash", version.adapter_code_hash, chain.code_hash(version.adapter))
    case.same("registry.circuitDigest", version.circuit_digest, case.model.circuit_digest)
    case.same("registry.modelDigest", version.model_digest, facts.get("model_digest"))
    case.same("registry.keyDigest", version.key_digest, case.key_digest)
    adapter = ContractAt(version.adapter, load_artifact("Halo2Adapter").abi)
    for name, expected in (("circuit", version.circuit_digest), ("keyDigest", version.key_digest)):
        case.same(f"adapter.{name}", f"0x{read(chain, adapter, name, [])[0].hex()}", expected)
    ranges = get_ranges(chain, registry, case.model.model_id)
    case.note("registry.ranges", f"{len(ranges)} ranges of instances")
    return version


def _bundle(case: Case, derived: Rederived, version: ModelVersion) -> None:
    for name, found, trouble in derived.steps:
        case.note(name, found, trouble)
    bundle = derived.bundle
    if bundle is None:
        return
    pairs: tuple[tuple[str, object, object], ...] = (
        ("circuitDigest", version.circuit_digest, bundle.circuit_digest),
        ("modelDigest", version.model_digest, bundle.model.digest),
        ("paramsDigest", version.params_digest, derived.params_digest),
        ("layout", version.layout, derived.layout),
        ("devSrs", version.dev_srs, bundle.srs.provenance == "dev"),
    )
    for name, on_chain, expected in pairs:
        case.same(f"bundle and registry.{name}", on_chain, expected)


def _provenance(case: Case, version: ModelVersion) -> None:
    found = provenance_of_code(case.site.chain.code_at(case.key_holder))
    case.same("SRS provenance in the deployed code", found, "dev" if version.dev_srs else "ceremony")
