"""Use case: walk from a model, or an answer of it, back to the data that it was trained on, and check every link."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...chain.gateway import list_events
from ...chain.registry import ContractAt, get_version
from ...chain.training import LedgerEvent, ledger_events, lineage_of, updates_of
from ...config import Config
from ...errors import BridgeBroken
from ...halo2 import Prover
from ...progress import Report, silent
from ...records import InferenceEvent
from ...solidity.artifacts import load_artifact
from ...training.lineage import DataRoot, NoiseVerdict, ProvedUpdate, Registration, Traced, TracedRound
from ...values import ZERO_DIGEST, Address, Digest, address, digest, keccak_of
from ..site import Site, open_site
from .bridging import BridgeGuard
from .dispute_history import disputes_in
from .folder import Federation, load_federation
from .noise_check import NoiseCheck
from .setup import find_federation
from .setup_check import Placed, told_setup
from .trace_circuits import trace_circuits
from .trace_setup import trace_setup
from .trace_source import NamedLedger, Source, find_source


def trace_model(
    name: str,
    network: str,
    *,
    config: Config,
    prover: Prover | None = None,
    plan: Path | None = None,
    named: NamedLedger | None = None,
    report: Report = silent,
) -> Traced:
    """Follow the deployment called `name` back through its ledger. Raises LineageBroken when it has none.

    With a `named` ledger, `name` may be a model's id that no record here knows: `find_source` says what is compared.

    With the plan, and a prover, the ledger's setup is compared with plan and circuits, every opened candidate of noise
    is recomputed from its secret and the beacon, and data that were registered by hashes are followed back to there.
    What does not fit is listed in `problems`, and what was not looked at in `unchecked`: without the plan nothing is
    known of the ledger but that its code is the one that ships, so it may have taken what no circuit computes.

    Raises CompilerNotFound where a verifier has to be compiled without a compiler.
    """
    site = open_site(network, config, signing=False)
    federation = None if plan is None or prover is None else load_federation(plan)
    model = find_source(site, name, named, federation)
    ledger = model.ledger
    link = lineage_of(site.chain, ledger, model.model_id)
    events = ledger_events(site.chain, ledger, model.created)
    problems: list[str] = []
    registry = ContractAt(model.registry, load_artifact("ModelRegistry").abi)
    version = get_version(site.chain, registry, model.model_id)
    wanted = keccak_of(link.poseidon.to_bytes(32, "big"))
    if version is None or version.params_digest != wanted:
        problems.append("the registered version has other weights than the ledger's model")
    if address(told_setup(site, ledger.address)["registry"]) != model.registry:
        problems.append("the ledger looks at another registry than the one in which the version is registered")
    placed = Placed(address=ledger.address, block=model.created)
    setup, unchecked = trace_setup(site, placed, federation, config, prover, report, problems)
    noise = None if federation is None or prover is None else NoiseCheck(federation, config, prover, report)
    circuits = trace_circuits(site, ledger.address, federation, config, prover, report, problems)
    rounds = _rounds(site, events, link.round, noise, problems)
    if (rounds[-1].after if rounds else ZERO_DIGEST) != link.model and link.round:
        problems.append("the rounds do not end in the linked model")
    registered = _registrations(ledger, events, federation, config, prover, report, problems)
    return Traced(
        model_id=model.model_id,
        ledger=ledger.address,
        round=link.round,
        model=link.model,
        poseidon=hex(link.poseidon),
        rounds=tuple(rounds),
        circuits=circuits,
        data=tuple(_data(events, registered)),
        disputes=disputes_in(events),
        gateway=None if model.gateway is None else model.gateway.address,
        answers=_answers(site, model, "" if version is None else version.name),
        epsilon=charged_until_linked(events, model.model_id),
        setup=setup,
        unchecked=(*unchecked, *model.unchecked),
        problems=tuple(problems),
    )


def charged_until_linked(events: Sequence[LedgerEvent], model_id: Digest) -> int | None:
    """Most that any client had been charged when the model was linked, in rounds of any outcome; None without noise."""
    linked = (
        place
        for place, event in enumerate(events)
        if event.name == "ModelLinked" and event.fields["modelId"] == int(model_id, 16)
    )
    before = events[: next(linked, len(events))]
    return max((event.fields["epsilon"] for event in before if event.name == "UpdateProved"), default=0) or None


def _answers(site: Site, model: Source, name: str) -> tuple[InferenceEvent, ...]:
    """Those that a known gateway has accepted of the model, oldest first; without outputs where no record is here."""
    if model.gateway is None:
        return ()
    known = {} if model.known is None else {model.model_id: model.known}
    found = (event for event in list_events(site.chain, model.gateway, known) if event.model_id == model.model_id)
    return tuple(replace(event, model_name=event.model_name or name) for event in found)


def _rounds(
    site: Site, events: Sequence[LedgerEvent], last: int, noise: "NoiseCheck | None", problems: list[str]
) -> list[TracedRound]:
    rounds: list[TracedRound] = []
    for event in events:
        if event.name != "RoundClosed" or event.fields["round"] > last:
            continue
        number = event.fields["round"]
        before, after = (_hex(event.fields[name]) for name in ("oldModel", "newModel"))
        if rounds and rounds[-1].after != before:
            problems.append(f"round {number} does not begin with the model in which the one before it ended")
        mine = [item for item in events if item.fields.get("round") == number]
        updates = tuple(_update(site, item, mine, noise) for item in updates_of(mine, number))
        problems += [
            f"round {number}: {update.client} opened noise that its secrets do not give"
            for update in updates
            if update.noise == "wrong"
        ]
        rounds.append(
            TracedRound(
                round=number,
                before=before,
                after=after,
                updates=updates,
                tx_hash=event.tx_hash,
                gas=_gas(site, event),
            )
        )
    return rounds


def _update(site: Site, event: LedgerEvent, events: Sequence[LedgerEvent], noise: "NoiseCheck | None") -> ProvedUpdate:
    client = address(event.fields["client"])
    return ProvedUpdate(
        client=client,
        batch=event.fields["batchIndex"],
        commitment=keccak_of(event.fields["updatePoints"]),
        epsilon=event.fields["epsilon"],
        noise=_noise(event, events, noise),
        tx_hash=event.tx_hash,
        gas=_gas(site, event),
    )


def _noise(event: LedgerEvent, events: Sequence[LedgerEvent], noise: "NoiseCheck | None") -> NoiseVerdict:
    if noise is not None:
        return noise.verdict(event, events)
    return "unchecked" if event.fields["epsilon"] else "none"  # charged is what has noise


def _registrations(
    ledger: ContractAt,
    events: Sequence[LedgerEvent],
    federation: Federation | None,
    config: Config,
    prover: Prover | None,
    report: Report,
    problems: list[str],
) -> dict[Address, Registration]:
    """What clients of a plan had registered by hashes, where a bridge shows that they train on it."""
    if federation is None or prover is None or not federation.plan.layout.bridged or not federation.is_open:
        return {}  # where it is not set up here, that is said of the setup
    standing = find_federation(federation, config=config, prover=prover, report=report)
    if standing.opened.ledger != ledger.address:
        return {}  # which is said of the setup
    guard = BridgeGuard(standing, prover=prover, report=report)
    found: dict[Address, Registration] = {}
    for client in (address(event.fields["client"]) for event in events if event.name == "DataRegistered"):
        if client in guard.members:
            try:
                found[client] = guard.registration(client)
            except BridgeBroken as error:
                problems.append(error.message)
    return found


def _data(events: Sequence[LedgerEvent], registered: Mapping[Address, Registration]) -> list[DataRoot]:
    return [
        DataRoot(
            client=address(event.fields["client"]),
            root=_hex(event.fields["root"]),
            batches=event.fields["batches"],
            samples=event.fields["samples"],
            epsilon_cap=event.fields["epsilonCap"],
            commitment="poseidon" if address(event.fields["client"]) in registered else "kzg",
            registered=registered.get(address(event.fields["client"])),
        )
        for event in events
        if event.name == "DataRegistered"
    ]


def _gas(site: Site, event: LedgerEvent) -> int:
    receipt = site.chain.receipt(digest(event.tx_hash))
    return 0 if receipt is None else receipt.gas_used


def _hex(value: bytes) -> Digest:
    return digest("0x" + bytes(value).hex())
