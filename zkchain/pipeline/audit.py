"""Use case: is what stands on a chain what its source, its bundle and its record say?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..chain.deployments import DeploymentRecord, list_deployments, read_deployment
from ..chain.probe import probe_precompiles
from ..chain.registry import ContractAt, ModelVersion, get_ranges, get_version, is_stopped, read
from ..config import Config
from ..errors import ChainUnfit, DeploymentDrift, DeploymentNotFound
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..solidity.artifacts import load_artifact
from ..solidity.exact import difference, rebuild
from ..solidity.provenance import provenance_of_code
from ..solidity.solc import Compiler, find_compiler
from ..values import Address, Digest, address, keccak_of
from .lookup import DeployedModel, model_of
from .rederive import Rederived, rederive
from .site import Site, open_site
from .verifier import SHARED

_GATEWAY, _REGISTRY = "InferenceGateway", "ModelRegistry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Record):
    """One thing that was compared. Empty trouble: it agrees."""

    name: str
    found: str
    trouble: str = ""


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


@dataclass
class _Case:
    """One audit under way."""

    site: Site
    record: DeploymentRecord
    model: DeployedModel
    compiler: Compiler
    report: Report
    fields: list[Field] = field(default_factory=list)

    def note(self, name: str, found: object, trouble: str = "") -> None:
        self.fields.append(Field(name=name, found=str(found), trouble=trouble))

    def same(self, name: str, found: object, expected: object) -> None:
        self.note(name, found, "" if found == expected else f"expected {expected}")


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

    Its contracts are compiled from source again and compared with the chain byte for byte; the registry's entry is
    compared with the record; the chain's precompiles are tried. With the bundle, circuit and keys are derived again
    from model, settings and SRS, and the verifier from them. Nothing is sent.

    Raises DeploymentNotFound, DeploymentDrift, CompilerNotFound, ConnectionFailed, RpcError, WrongChain.
    """
    site = open_site(network, config, signing=False)
    record = _record(site, which)
    case = _Case(site, record, model_of(record), find_compiler(home=config.home), report)
    _precompiles(case)
    version = _registered(case)
    derived = None
    if bundle is not None:
        derived = rederive(bundle, prover=prover, home=config.home, report=report)
        _bundle(case, derived, version)
    _contracts(case, derived)
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


def _precompiles(case: _Case) -> None:
    case.report("probing the chain's precompiles")
    try:
        probe_precompiles(case.site.chain)
        case.note("precompiles", "0x05 to 0x08 compute what a verifier needs")
    except ChainUnfit as error:
        case.note("precompiles", "unfit", error.message)


def _registered(case: _Case) -> ModelVersion:
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
    case.same("registry.keyDigest", version.key_digest, facts.get("key_digest"))
    adapter = ContractAt(version.adapter, load_artifact("Halo2Adapter").abi)
    for name, expected in (("circuit", version.circuit_digest), ("keyDigest", version.key_digest)):
        case.same(f"adapter.{name}", f"0x{read(chain, adapter, name, [])[0].hex()}", expected)
    ranges = get_ranges(chain, registry, case.model.model_id)
    case.note("registry.ranges", f"{len(ranges)} ranges of instances")
    return version


def _bundle(case: _Case, derived: Rederived, version: ModelVersion) -> None:
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


def _contracts(case: _Case, derived: Rederived | None) -> None:
    """Every contract on a proof's way, compiled again from the source that it ships with."""
    chain, model = case.site.chain, case.model
    shipped: list[tuple[str, Address, Callable[[], Iterator[bytes]]]] = [
        (_REGISTRY, model.registry, lambda: iter(())),
        (_GATEWAY, model.gateway, lambda: _gateway_words(case)),
    ]
    adapter = "Halo2Adapter" if model.verifier == "own" else "ReusableHalo2Adapter"
    shipped.append((adapter, case.record.deployment.address, lambda: _adapter_words(case)))
    if model.verifier == "shared":
        shipped.append((SHARED, model.verifier_address, lambda: iter(())))
    for name, at, words in shipped:
        case.report(f"compiling {name} again")
        artifact = load_artifact(name)
        rebuilt = rebuild(name, artifact.solc_input, case.compiler)
        if rebuilt.creation != artifact.bytecode:
            case.note(f"{name}.source", case.compiler.version, "compiles to something else than what ships")
        trouble = difference(chain.code_at(at), rebuilt, list(words()))
        case.note(f"{name}.code", f"{len(rebuilt.runtime):,} bytes at {at}", trouble)
    _verifier(case, derived)


def _verifier(case: _Case, derived: Rederived | None) -> None:
    """The circuit's own verifier, or its key's words, from the bundle where there is one and else from the record."""
    own = case.model.verifier == "own"
    at = case.model.verifier_address if own else Address(case.record.facts["key_data"])
    found = case.site.chain.code_at(at)
    name = "verifier.code" if own else "key.words"
    if derived is not None and derived.bundle is not None:
        expected = derived.verifier_code(case.compiler, own=own)
        trouble = "" if found == expected else _first_difference(found, expected)
        case.note(name, f"{len(found):,} bytes at {at}, as the bundle gives them", trouble)
    elif own:
        stored = read_deployment(case.site.root, case.site.network, f"{case.record.deployment.name}Verifier")
        rebuilt = rebuild("Halo2Verifier", stored.solc_input, case.compiler)
        case.note(
            name, f"{len(found):,} bytes at {at}, as its recorded source gives them", difference(found, rebuilt, [])
        )
    else:
        case.note(name, f"{len(found):,} bytes at {at}; give --bundle to compare them")
    digest = keccak_of(found) if own else _key_digest(found)
    case.same(f"{name} digest", digest, case.record.facts.get("key_digest"))


def _key_digest(code: bytes) -> Digest:
    """keccak256 of the words in a key's data contract: offset and length come first."""
    return keccak_of(code[64:])


def _provenance(case: _Case, version: ModelVersion) -> None:
    own = case.model.verifier == "own"
    at = case.model.verifier_address if own else Address(case.record.facts["key_data"])
    found = provenance_of_code(case.site.chain.code_at(at))
    case.same("SRS provenance in the deployed code", found, "dev" if version.dev_srs else "ceremony")


def _gateway_words(case: _Case) -> Iterator[bytes]:
    """What the gateway's immutables have to be: its registry, and what EIP-712 keeps of itself."""
    name, version = b"zkchain.InferenceGateway", b"1"
    chain_id = case.site.network.chain_id.to_bytes(32, "big")
    at = bytes.fromhex(case.model.gateway[2:]).rjust(32, b"\0")
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    hashed = [bytes.fromhex(keccak_of(part)[2:]) for part in (kind, name, version)]
    yield from hashed[1:]
    yield from (text.ljust(31, b"\0") + bytes([len(text)]) for text in (name, version))
    yield bytes.fromhex(keccak_of(b"".join([*hashed, chain_id, at]))[2:])
    yield from (chain_id, at, bytes.fromhex(case.model.registry[2:]).rjust(32, b"\0"))


def _adapter_words(case: _Case) -> Iterator[bytes]:
    """What the adapter's immutables have to be: the circuit, the key, and pins of what is behind it."""
    chain, model, facts = case.site.chain, case.model, case.record.facts
    for text in (model.circuit_digest, facts["key_digest"]):
        yield bytes.fromhex(text[2:])
    yield bytes.fromhex(model.verifier_address[2:]).rjust(32, b"\0")
    if model.verifier == "shared":
        yield bytes.fromhex(chain.code_hash(model.verifier_address)[2:])
        yield bytes.fromhex(facts["key_data"][2:]).rjust(32, b"\0")
        yield bytes.fromhex(chain.code_hash(Address(facts["key_data"]))[2:])


def _first_difference(found: bytes, expected: bytes) -> str:
    if len(found) != len(expected):
        return f"{len(found):,} bytes, expected {len(expected):,}"
    at = next(at for at, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other)
    return f"byte {at:,} is {found[at]:#04x}, expected {expected[at]:#04x}"
