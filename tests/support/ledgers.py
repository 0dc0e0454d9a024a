"""Ledgers that are set up otherwise than their federation's plan says, on a real chain, with a model that they link."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkchain.chain.deploy import deploy_code
from zkchain.chain.deployments import read_deployment, write_deployment
from zkchain.chain.registry import ContractAt, ModelVersion, register_model
from zkchain.chain.signer import dev_signer
from zkchain.chain.training import act
from zkchain.config import Config
from zkchain.halo2 import Prover
from zkchain.pipeline.admission import GATEWAY, REGISTRY
from zkchain.pipeline.layout import layout_of
from zkchain.pipeline.sending import Sender
from zkchain.pipeline.standing import Part
from zkchain.pipeline.training.folder import Opened, Weights
from zkchain.pipeline.training.setup import LEDGER, Standing, signer_of
from zkchain.pipeline.training.setup_check import told_setup
from zkchain.records import Segment
from zkchain.solidity.artifacts import load_artifact
from zkchain.training.circuits import commit_vectors, prove_vectors
from zkchain.training.grid import from_grid
from zkchain.values import Address, Digest, address, keccak_of

_SEGMENTS = (
    Segment(kind="params_hash", tensor="w", start=0, count=1, shape=(1,), dtype="int", scale=0, signed=False),
    Segment(kind="output", tensor="y", start=1, count=1, shape=(1, 1), dtype="float", scale=10, signed=True),
)


def put_code(standing: Standing, runtime: bytes) -> Address:
    """A contract of exactly this code, which no constructor has made."""
    creation = b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + runtime
    _, found = deploy_code(standing.site.chain, dev_signer(9), creation, runtime=runtime)
    return found


def pin_of(standing: Standing, contract: Address) -> tuple[Address, bytes]:
    """A contract as a ledger's setup pins it."""
    return contract, bytes.fromhex(standing.site.chain.code_hash(contract)[2:])


def as_point(commitment: bytes) -> tuple[int, int]:
    """A commitment as a ledger's setup has it."""
    return int.from_bytes(commitment[:32], "big"), int.from_bytes(commitment[32:], "big")


@dataclass(frozen=True)
class Laid:
    """A ledger that a coordinator could have deployed, and what it would tell of it."""

    standing: Standing
    first: Weights

    @property
    def opened(self) -> Opened:
        return self.standing.opened

    def tell(self) -> None:
        """Have the federation's folder say that this is what was set up."""
        self.standing.federation.save_weights(self.opened.run, self.first)
        self.standing.federation.save_opened(self.opened)


def laid(
    honest: Standing,
    config: Config,
    name: str,
    first: Weights | None = None,
    *,
    enrolled: bool = True,
    **changes: object,
) -> Laid:
    """A ledger set up as an honest one but for `changes`, in which the honest one's members can be enrolled."""
    given = {**told_setup(honest.site, honest.opened.ledger), **changes}
    coordinator = signer_of(honest.federation.plan, -1, config)
    part = Part(name=f"{name}Ledger", artifact=load_artifact(LEDGER), args=(tuple(given.values()),), facts={})
    record = Sender(honest.site, coordinator).place(part)
    ledger = ContractAt(record.deployment.address, record.abi)
    for member in honest.opened.members if enrolled else ():
        act(honest.site.chain, coordinator, ledger, "enroll", [member])
    block = record.deployment.block
    hashed = honest.site.chain.block_hash(block)
    opened = replace(honest.opened, ledger=ledger.address, block=block, block_hash=hashed)
    told = first or honest.federation.weights(honest.opened.run, 0)
    return Laid(standing=replace(honest, opened=opened, ledger=ledger), first=told)


def other_first(honest: Standing, values: Sequence[int], prover: Prover) -> tuple[Weights, bytes]:
    """First weights of the coordinator's own choice, and what a ledger would have of them as its genesis."""
    (point,) = commit_vectors(honest.circuits, [tuple(values)], prover)
    model = keccak_of(point)
    return Weights(round=0, model=model, values=tuple(values)), bytes.fromhex(model[2:])


def publish_first(laid: Laid, config: Config, prover: Prover, name: str, owner: int) -> Digest:
    """Register a version with the hash of the ledger's first model, and link it: the least that can be traced.

    The version's adapter is that of the weights' circuit, which answers nothing; nobody asks it. `owner` is the number
    of a development account that has registered nothing yet.
    """
    standing = laid.standing
    site, circuits, plan = standing.site, standing.circuits, standing.federation.plan
    coordinator = signer_of(plan, -1, config)
    proof, instances, _ = prove_vectors(circuits.weights, [from_grid(laid.first.values, plan.scale)], prover)
    act(site.chain, coordinator, standing.ledger, "hashWeights", [proof, instances[0]])
    sender = Sender(site, coordinator)
    registry = sender.place(Part(name=REGISTRY, artifact=load_artifact(REGISTRY), facts={}))
    at = registry.deployment.address
    gateway = sender.place(Part(name=GATEWAY, artifact=load_artifact(GATEWAY), args=(at,), facts={}))
    adapter = read_deployment(site.root, site.network, f"{plan.name}Weights")
    version = ModelVersion(
        circuit_digest=circuits.weights.digest,
        model_digest=keccak_of(name.encode()),
        adapter=adapter.deployment.address,
        adapter_code_hash=adapter.deployment.code_hash,
        key_digest=adapter.facts["key_digest"],
        params_digest=keccak_of(instances[0].to_bytes(32, "big")),
        layout=layout_of(_SEGMENTS),
        dev_srs=True,
        name=name,
    )
    model_id, _ = register_model(site.chain, dev_signer(owner), ContractAt(at, registry.abi), version)
    act(site.chain, coordinator, standing.ledger, "linkModel", [int(model_id, 16)])
    facts = {
        **adapter.facts,
        "model_name": name,
        "model_id": model_id,
        "model_digest": version.model_digest,
        "registry": at,
        "gateway": address(gateway.deployment.address),
        "provenance": "dev",
        "binding": False,
        "segments": [segment.to_json() for segment in _SEGMENTS],
    }
    record = replace(adapter, deployment=replace(adapter.deployment, name=name), facts=facts)
    write_deployment(site.root, site.network, record)
    return model_id
