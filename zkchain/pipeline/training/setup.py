"""Use case: set a federation up: circuits, verifiers, the first model, the ledger, its members."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...chain.networks import known_network
from ...chain.registry import ContractAt
from ...chain.signer import Signer, refuse_dev_key
from ...chain.signers import load_signer
from ...chain.training import act, client_of, settle
from ...config import Config
from ...errors import ChainingBroken, DeploymentDrift, PlanInvalid
from ...files import exclusive, write_json
from ...halo2 import Prover
from ...network_config import LOCAL
from ...progress import Report, silent
from ...solidity.artifacts import load_artifact
from ...training.attribution import basis_of, check_revealable
from ...training.chaining import HASHED
from ...training.circuits import (
    TrainingCircuit,
    TrainingCircuits,
    build_circuits,
    commit_vectors,
    prove_vectors,
)
from ...training.dataset import fresh_salt
from ...training.grid import from_grid, to_grid
from ...training.layout import Layout
from ...training.plan import Owner, Plan, noise_of
from ...values import Address, FieldElement, address, keccak_of, sha256_of
from ..admission import REGISTRY
from ..placer import Placer
from ..sending import Sender
from ..site import Site, open_site
from ..standing import Part
from ..verifier import Trial, place_verifier, prepare_for
from .beforehand import checked_members, judging_samples
from .circuit_entries import CircuitBook, Pin
from .folder import Federation, Opened, Weights
from .notes import OPENINGS

LEDGER = "TrainingLedger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A federation that is set up: what was decided, its circuits, and where its ledger is."""

    federation: Federation
    opened: Opened
    circuits: TrainingCircuits
    site: Site
    ledger: ContractAt

    @property
    def names(self) -> dict[Address, str]:
        """Whose account is whose, in the order of the plan's owners."""
        owners = self.federation.plan.owners
        return {member: owner.name for member, owner in zip(self.opened.members, owners, strict=True)}


def circuits_of(federation: Federation, *, config: Config, prover: Prover, report: Report = silent) -> TrainingCircuits:
    """The federation's circuits, built unless they are cached. Raises TrainingError, SrsError and EngineError."""
    plan = federation.plan
    return build_circuits(plan.layout, prover=prover, home=config.home, logrows=plan.logrows, report=report)


def signer_of(plan: Plan, who: int, config: Config) -> Signer:
    """The account of owner number `who`, or of the coordinator for -1.

    On a devnet those without a reference get the development accounts in order; elsewhere each has to name one.
    Raises PlanInvalid, also for a signer that is another account than the plan says, SignerMissing, DevKeyRefused.
    """
    network = known_network(plan.network, config)
    reference = plan.coordinator if who < 0 else plan.owners[who].signer
    if not reference and network.devnet:
        reference = f"dev:{who + 1}"
    if not reference and who < 0 and network.name != LOCAL:
        reference = config.network(network.name).signer or ""
    if not reference and who >= 0:
        raise PlanInvalid(f"the owner {plan.owners[who].name} names no signer", owner=plan.owners[who].name)
    signer = load_signer(reference or None, network)
    if who >= 0:
        _expect_account(plan.owners[who], signer.address)
    return signer


def account_of(plan: Plan, who: int, config: Config) -> Address:
    """The account of owner number `who`: what the plan says, without its signer, which only the owner may have.

    Where the plan says nothing, its signer is asked. Raises as `signer_of` does.
    """
    told = plan.owners[who].address
    if not told:
        return signer_of(plan, who, config).address
    account = address(told)
    refuse_dev_key(account, known_network(plan.network, config).chain_id)
    return account


def _expect_account(owner: Owner, found: Address) -> None:
    if owner.address not in ("", found):
        raise PlanInvalid(
            f"the signer of the owner {owner.name} is the account {found}; the plan says {owner.address}",
            remedy="give the signer of that account, or have all members agree on a plan with this one",
            owner=owner.name,
            found=found,
            allowed=owner.address,
        )


def find_federation(federation: Federation, *, config: Config, prover: Prover, report: Report = silent) -> Standing:
    """What was set up; nothing is sent. Raises RoundFailed where nothing was, DeploymentDrift where it is gone."""
    opened = federation.opened()
    site = open_site(federation.plan.network, config, signing=False)
    if not site.chain.code_at(opened.ledger):
        raise DeploymentDrift(f"there is no ledger at {opened.ledger} any more", address=opened.ledger)
    circuits = circuits_of(federation, config=config, prover=prover, report=report)
    ledger = ContractAt(opened.ledger, load_artifact(LEDGER).abi)
    return Standing(federation=federation, opened=opened, circuits=circuits, site=site, ledger=ledger)


def open_federation(federation: Federation, *, config: Config, prover: Prover, report: Report = silent) -> Standing:
    """Set up what is missing; do nothing where all stands. Raises TrainingError, EngineError, ChainError and others."""
    plan = federation.plan
    judging_samples(federation)
    if plan.disputes:
        check_revealable(plan.layout)
    circuits = circuits_of(federation, config=config, prover=prover, report=report)
    with exclusive(config.home / "deploy" / f"{sha256_of(plan.network.encode())[2:18]}.lock"):
        site = open_site(plan.network, config, signing=False)
        if federation.is_open:
            try:
                return find_federation(federation, config=config, prover=prover, report=report)
            except DeploymentDrift:
                if not site.network.devnet:
                    raise
        noise = noise_of(plan)
        signer = signer_of(plan, -1, config)
        members = checked_members(plan, noise.schedule, lambda who: account_of(plan, who, config))
        genesis = _genesis(federation)
        blank, point = commit_vectors(circuits, [(0,), genesis], prover, report)
        basis = basis_of(circuits, prover, report) if plan.disputes else b""
        sender = Sender(site, signer, report=report)
        points = (blank, point, basis)
        registry = sender.place(Part(name=REGISTRY, artifact=load_artifact(REGISTRY), facts={})).deployment.address
        at = ContractAt(registry, load_artifact(REGISTRY).abi)
        book = CircuitBook(site.chain, signer, at, circuits, home=config.home, prover=prover, report=report)
        pins = _place_circuits(sender, book, circuits, plan, config, prover, report)
        book.complete(pins)
        setup = _setup(circuits, plan, noise.schedule, points, signer.address, registry, pins)
        part = Part(name=f"{plan.name}Ledger", artifact=load_artifact(LEDGER), args=(setup,), facts={})
        record = sender.place(part)
        ledger = ContractAt(record.deployment.address, record.abi)
        settle(site.chain, signer, ledger, report)
        for member in members:
            if not client_of(site.chain, ledger, member).enrolled:
                report(f"enrolling {member}")
                act(site.chain, signer, ledger, "enroll", [member], report)
        opened = Opened(
            plan=federation.digest,
            ledger=ledger.address,
            block=record.deployment.block,
            block_hash=site.chain.block_hash(record.deployment.block),
            noise=noise,
            members=members,
        )
        federation.save_weights(opened.run, Weights(round=0, model=keccak_of(point), values=genesis))
        federation.save_opened(opened)
        return Standing(federation=federation, opened=opened, circuits=circuits, site=site, ledger=ledger)


def _genesis(federation: Federation) -> tuple[int, ...]:
    """The first weights and their salt, kept so that a setup that was killed goes on with the same ledger."""
    plan, kept = federation.plan, federation.genesis()
    if kept is not None:
        return kept
    first = to_grid(plan.architecture.initial(plan.seed), plan.scale, "the first weights")
    made = (*first, *fresh_salt(plan.layout.weights_salt, plan.layout.limb_bits))
    federation.save_genesis(made)
    return made


def _place_circuits(
    placer: Placer,
    book: CircuitBook,
    circuits: TrainingCircuits,
    plan: Plan,
    config: Config,
    prover: Prover,
    report: Report,
) -> list[Pin]:
    """Adapters of step, server and weights: those that the coordinator has registered, or ones placed for the plan."""
    pins = []
    for circuit in (circuits.step, circuits.server, circuits.weights):
        pin = book.pin_of(circuit)
        if pin is None:
            trial = trial_of(circuit, circuits.layout, prover, report)
            prepared = prepare_for(circuit.files, "auto", prover=prover, home=config.home, report=report)
            title = f"{plan.name}{circuit.role.capitalize()}"
            adapter = placer.place(place_verifier(placer, title, circuit.digest, prepared, trial)).deployment
            pin = Pin(adapter=adapter.address, code_hash=adapter.code_hash)
        pins.append(pin)
    return pins


def _setup(
    circuits: TrainingCircuits,
    plan: Plan,
    schedule: Sequence[int],
    points: tuple[bytes, bytes, bytes],
    coordinator: Address,
    registry: Address,
    pins: Sequence[Pin],
) -> tuple[object, ...]:
    """What the ledger is created with, in the order of ITrainingLedger.Setup."""
    blank, genesis, basis = points
    privacy, windows = plan.privacy, plan.windows
    return (
        coordinator,
        registry,
        *(pin.fields for pin in pins),
        1,
        (int.from_bytes(blank[:32], "big"), int.from_bytes(blank[32:], "big")),
        bytes.fromhex(keccak_of(genesis)[2:]),
        list(schedule),
        0 if privacy is None else privacy.candidates,
        plan.quorum,
        False,
        windows.join,
        windows.noise,
        windows.submit,
        windows.close,
        bytes.fromhex(keccak_of(basis)[2:]) if basis else bytes(32),
        circuits.srs.provenance == "dev",
    )


def trial_of(circuit: TrainingCircuit, layout: Layout, prover: Prover, report: Report = silent) -> Trial:
    """An honest proof about nothing but zeros and fresh salt, kept beside the circuit.

    Its commitments are compared with those made without a proof. Raises ChainingBroken, EngineError.
    """
    path = circuit.files.circuit.with_name(f"{circuit.role}.trial-{circuit.digest[2:18]}.json")
    if path.is_file():
        kept = json.loads(path.read_text(encoding="ascii"))
        return tuple(FieldElement.from_word(word) for word in kept["instances"]), bytes.fromhex(kept["proof"])
    report(f"trying the {circuit.role} circuit")
    vectors = _nothing(circuit, layout)
    inputs = [from_grid(vector, layout.scale) for vector in vectors]
    proof, instances, output = prove_vectors(circuit, inputs, prover, report)
    committed = list(vectors) if circuit.role in HASHED else [*vectors, output]
    points = prover.commit(circuit.files, committed, report)
    for number, point in enumerate(points):
        if proof[64 * number : 64 * number + 64] != point:
            raise ChainingBroken(
                f"the {circuit.role} circuit commits to its tensor {number} as nothing else does",
                role=circuit.role,
                tensor=number,
            )
    elements = tuple(FieldElement(value) for value in instances)
    write_json(path, {"instances": [element.word for element in elements], "proof": proof.hex()}, mode=0o600)
    return elements, proof


def _nothing(circuit: TrainingCircuit, layout: Layout) -> list[tuple[int, ...]]:
    d = layout.architecture.parameters
    zeros, salt = (0,) * d, fresh_salt
    weights = (*zeros, *salt(layout.weights_salt, layout.limb_bits))
    if circuit.role == "weights":
        return [weights]
    if circuit.role == "server":
        return [weights, (*zeros, *salt(layout.salts_length, layout.limb_bits))]
    samples = (0,) * (layout.data_length - layout.data_salt)
    noise = (*(zeros if layout.noisy else ()), *salt(layout.noise_salt))
    factor = (*(0,) * layout.batch, *salt(layout.factor_length - layout.batch, layout.limb_bits))
    return [(*samples, *salt(layout.data_salt)), weights, noise, factor]


def registered_at(config: Config, name: str) -> Path:
    """Where `zkchain train register` keeps what opens the data of `name`."""
    return config.home / "data" / name / OPENINGS
