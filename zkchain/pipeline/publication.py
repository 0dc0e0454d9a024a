"""What Sourcify and Etherscan ask for to verify our contracts, written to files or handed to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..chain.abi import encode_constructor
from ..chain.deployment_record import DeploymentRecord
from ..chain.deployments import list_deployments
from ..chain.publishers import ETHERSCAN_URL, SOURCIFY_URL, Etherscan, Publisher, Source, Sourcify, check_service
from ..chain.references import is_reference, resolve_reference
from ..chain.urls import is_loopback, shown
from ..config import Config
from ..errors import PublicationFailed, UsageError
from ..files import write_atomic, write_json
from ..progress import Report, silent
from ..record import Record
from ..solidity.artifacts import ARTIFACTS, load_artifact
from ..values import DEV_CHAIN_IDS, Address
from .audit import Audit
from .site import open_site

Service = Literal["sourcify", "etherscan"]
DEFAULT_KEY = "env:ETHERSCAN_API_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Record):
    """A contract whose source a service has published, and how well it matches in the service's own word."""

    name: str
    address: Address
    match: str


def sources_of(audit: Audit, network: str, *, config: Config) -> tuple[Source, ...]:
    """Every contract on the way of the model's proofs that has source. Raises what reading the records raises."""
    site = open_site(network, config, signing=False)
    wanted = {
        address.lower()
        for address in (audit.address, audit.model.gateway, audit.model.registry, audit.model.verifier_address)
    }
    return tuple(
        _source(record, site.network.chain_id)
        for record in list_deployments(site.root, site.network)
        if record.deployment.address.lower() in wanted and record.solc_input
    )


def write_standard_json(sources: Sequence[Source], folder: Path) -> list[Path]:
    """Two files for each contract: its input, and what goes with it. Raises OSError.

    `<Name>.json` is the compiler's input. `<Name>.contract.json` holds the address, the chain, the full name, the
    compiler's version, and the constructor's arguments.
    """
    written = []
    for source in sources:
        path, beside = folder / f"{source.name}.json", folder / f"{source.name}.contract.json"
        write_atomic(path, source.standard_json.encode())
        facts = {
            "address": source.address,
            "chainId": str(source.chain_id),
            "contractIdentifier": source.identifier,
            "compilerVersion": f"v{source.compiler}",
            "constructorArguments": source.arguments,
            "creationTransactionHash": source.creation_tx,
        }
        write_json(beside, facts)
        written += [path, beside]
    return written


def publish_sources(
    audit: Audit, sources: Sequence[Source], publisher: Publisher, report: Report = silent
) -> tuple[Published, ...]:
    """Hand the sources to a service, one by one. Only what the audit found to match is handed over.

    Raises PublicationFailed, and UsageError for a devnet's; what was published before stays published.
    """
    if not audit.matches:
        raise PublicationFailed("nothing was published: the audit found differences between source and chain")
    done = []
    for source in sources:
        if source.chain_id in DEV_CHAIN_IDS and not is_loopback(publisher.url):
            raise UsageError(f"chain {source.chain_id} is a devnet, of which {shown(publisher.url)} knows nothing")
        report(f"publishing {source.name}")
        found = publisher.publish(source)
        done.append(Published(name=source.name, address=source.address, match=found.match))
    return tuple(done)


def publisher_for(service: Service, *, url: str | None = None, key: str | None = None) -> Publisher:
    """The service at its own or another URL; `key` is a reference such as env:NAME, never a key itself.

    Raises UsageError, and ConfigError for a reference that leads nowhere.
    """
    if url is not None:
        check_service(url)
    if service == "sourcify":
        if key is not None:
            raise UsageError("Sourcify takes no API key", remedy="leave --api-key out")
        return Sourcify(url or SOURCIFY_URL)
    reference = key or DEFAULT_KEY
    if not is_reference(reference):
        # Not repeated: it may be the key.
        raise UsageError(
            "the API key is not given as a reference", remedy="give --api-key env:NAME, file:PATH or cmd:COMMAND"
        )
    return Etherscan(resolve_reference(reference, "the API key of Etherscan"), url or ETHERSCAN_URL)


def _source(record: DeploymentRecord, chain_id: int) -> Source:
    return Source(
        name=record.deployment.name,
        address=record.deployment.address,
        chain_id=chain_id,
        identifier=_full_name(record),
        compiler=record.compiler.split(".Emscripten")[0].removeprefix("v"),
        standard_json=record.solc_input,
        arguments=encode_constructor(record.abi, _arguments(record)).hex(),
        # With a salt the transaction was the deployment proxy's, which has created the contract inside.
        creation_tx="" if "salt" in record.facts else record.deployment.tx_hash,
    )


def _full_name(record: DeploymentRecord) -> str:
    """The source unit and the contract in it; a circuit's own verifier is the one contract that does not ship."""
    sources: dict[str, Any] = json.loads(record.solc_input)["sources"]
    shipped = (name for name in ARTIFACTS if load_artifact(name).bytecode == record.bytecode)
    name = next(shipped, "Halo2Verifier")
    unit = next(unit for unit, source in sources.items() if f"contract {name} " in source["content"])
    return f"{unit}:{name}"


def _arguments(record: DeploymentRecord) -> list[Any]:
    """Constructor arguments as eth-abi takes them: bytes came back from the record as hex."""
    inputs: list[dict[str, Any]] = next((entry["inputs"] for entry in record.abi if entry["type"] == "constructor"), [])
    return [
        bytes.fromhex(str(value)[2:]) if item["type"].startswith("bytes") else Address(value)
        for value, item in zip(record.args, inputs, strict=True)
    ]
