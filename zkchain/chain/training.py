"""Talk to a TrainingLedger: what each party sends, and what anybody can read."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import RpcError
from ..progress import Report, silent
from ..record import Record
from ..records import Receipt
from ..values import Address, Digest, digest
from .abi import Abi, decoded, encode_call, event_topic, types_of
from .client import Chain
from .log_reader import LogReader
from .logs import Log
from .registry import ContractAt, read
from .signer import Signer
from .transact import send
from .tx.manager import open_manager

#: What a round is doing, in the order of ITrainingLedger.Phase.
PHASES = ("none", "join", "noise", "submit", "reveal", "closed", "aborted")
STAGES = ("none", "joined", "committed", "submitted", "struck")
Phase = Literal["none", "join", "noise", "submit", "reveal", "closed", "aborted"]
Stage = Literal["none", "joined", "committed", "submitted", "struck"]

#: Where the basis stands in ITrainingLedger.Setup.
_BASIS_HASH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView(Record):
    """What the ledger knows of a client."""

    enrolled: bool
    root: Digest
    batches: int
    samples: int
    uses: int
    epsilon_cap: int  #: in billionths
    participations: int
    limit: int
    epsilon: int  #: spent, in billionths
    round: int
    stage: Stage
    revealed: int
    secrets_hash: Digest
    commitment: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView(Record):
    """What the ledger knows of a round."""

    phase: Phase
    members: int
    done: int
    deadline: int
    seal_block: int
    max_epsilon: int
    beacon: Digest
    challenge: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage(Record):
    """From where a registered model comes."""

    round: int
    model: Digest
    poseidon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """One event of the ledger with its decoded fields."""

    name: str
    block: int
    tx_hash: str
    fields: Mapping[str, Any]


def act(
    chain: Chain,
    signer: Signer,
    ledger: ContractAt,
    name: str,
    arguments: Sequence[Any],
    report: Report = silent,
    *,
    abis: Sequence[Abi] = (),
    key: str | None = None,
) -> Receipt:
    """Send one of the ledger's functions and wait until it is confirmed.

    With a `key`, what an earlier process sent for it is waited for instead. Raises TransactionReverted with the
    ledger's own error, before anything is sent where the ledger would refuse, and what `send` raises.
    """
    data = encode_call(ledger.abi, name, arguments)
    return send(
        chain,
        signer,
        to=ledger.address,
        data=data,
        abis=[ledger.abi, *abis],
        report=report,
        key=key,
        label=f"{name} of the training ledger",
    )


def settle(chain: Chain, signer: Signer, contract: ContractAt, report: Report = silent) -> None:
    """Wait for what earlier processes have sent to a contract, whatever comes of it.

    Who asks the contract then what there is to do is not told that it is what has been sent already. Raises
    TransactionUnknown for what is not mined in time, and what `Manager.wait` raises.
    """
    with open_manager(chain, signer) as manager:
        sent = [entry.id for entry in manager.unsettled() if entry.recipient == contract.address]
        if sent:
            report("waiting for what was sent before")
            manager.wait(sent, report=report)


def block_passed(chain: Chain, number: int) -> bool:
    """Whether the chain has gone beyond a block, so that its hash can be drawn. A devnet is made to."""
    return _comes_true(chain, lambda: chain.block_number() > number)


def block_stands(chain: Chain, number: int) -> bool:
    """Whether a block's hash can be drawn, and the block has the network's confirmations. A devnet is made to."""
    return _comes_true(chain, lambda: chain.block_number() > number and _confirmed(chain) >= number)


def _confirmed(chain: Chain) -> int:
    """Number of the latest block that has the network's confirmations; negative for none."""
    confirmations = chain.network.confirmations
    return chain.finalized_number() if confirmations is None else chain.block_number() - confirmations + 1


def _comes_true(chain: Chain, what: Callable[[], bool]) -> bool:
    """Whether something is so, at the latest after one more block of a devnet, where none comes by itself."""
    if what():
        return True
    if chain.network.devnet:
        chain.mine()
    return what()


def deadline_passed(chain: Chain, deadline: int) -> bool:
    """Whether the latest block is after a deadline. On a devnet no block comes by itself, so one is made."""
    if chain.head().timestamp <= deadline < time.time() and chain.network.devnet:
        chain.mine()
    return chain.head().timestamp > deadline


def basis_hash_of(chain: Chain, ledger: ContractAt) -> Digest:
    """keccak256 of the points against which updates are revealed; all zero where nobody has to reveal."""
    (found,) = read(chain, ledger, "setup", [])
    return _word(found[_BASIS_HASH])


def current_round(chain: Chain, ledger: ContractAt) -> int:
    """The last round that was opened; 0 for none."""
    return int(read(chain, ledger, "currentRound", [])[0])


def current_model(chain: Chain, ledger: ContractAt) -> Digest:
    """Points hash of the model as it is."""
    return _word(read(chain, ledger, "currentModel", [])[0])


def model_round(chain: Chain, ledger: ContractAt) -> int:
    """After which round the model was as it is; 0 from the beginning."""
    return int(read(chain, ledger, "modelRound", [])[0])


def round_of(chain: Chain, ledger: ContractAt, number: int) -> RoundView:
    """What is known of a round."""
    (found,) = read(chain, ledger, "roundOf", [number])
    phase, members, done, deadline, seal, most, beacon, challenge = found
    return RoundView(
        phase=PHASES[phase],  # type: ignore[arg-type]
        members=members,
        done=done,
        deadline=deadline,
        seal_block=seal,
        max_epsilon=most,
        beacon=_word(beacon),
        challenge=_word(challenge),
    )


def client_of(chain: Chain, ledger: ContractAt, client: Address) -> ClientView:
    """What is known of a client."""
    (found,) = read(chain, ledger, "clientOf", [client])
    values = dict(zip(ClientView.__slots__, found, strict=True))
    hashes = {name: _word(values[name]) for name in ("root", "secrets_hash", "commitment")}
    return ClientView(**{**values, **hashes, "stage": STAGES[values["stage"]]})


def beacon_of(chain: Chain, ledger: ContractAt, number: int) -> bytes:
    """The beacon in phase noise, the challenge in phase submit, whether it was drawn or not."""
    return bytes(read(chain, ledger, "beaconOf", [number])[0])


def candidate_of(chain: Chain, ledger: ContractAt, client: Address) -> int:
    """Which candidate this client has to use."""
    return int(read(chain, ledger, "candidateOf", [client])[0])


def next_batch_of(chain: Chain, ledger: ContractAt, client: Address) -> int:
    """Which batch is this client's next."""
    return int(read(chain, ledger, "nextBatchOf", [client])[0])


def poseidon_of(chain: Chain, ledger: ContractAt, model: Digest) -> int:
    """Poseidon hash of a model's weights; 0 when nobody proved one."""
    return int(read(chain, ledger, "poseidonOf", [_bytes(model)])[0])


def lineage_of(chain: Chain, ledger: ContractAt, model_id: Digest) -> Lineage:
    """From where a version in the registry comes; all zero when it was never linked."""
    (found,) = read(chain, ledger, "lineageOf", [int(model_id, 16)])
    number, model, poseidon = found
    return Lineage(round=number, model=_word(model), poseidon=poseidon)


def updates_of(events: Sequence[LedgerEvent], number: int) -> tuple[LedgerEvent, ...]:
    """The updates that count in a round, by ascending client: those proved, but for clients that were struck since."""
    mine = [event for event in events if event.fields.get("round") == number]
    struck = {event.fields["client"] for event in mine if event.name == "ClientStruck"}
    proved = [event for event in mine if event.name == "UpdateProved" and event.fields["client"] not in struck]
    return tuple(sorted(proved, key=lambda event: int(event.fields["client"], 16)))


def ledger_events(chain: Chain, ledger: ContractAt, first_block: int) -> tuple[LedgerEvent, ...]:
    """Everything that the ledger said from `first_block` on, in order. Raises RpcError and ConnectionFailed."""
    kinds = {event_topic(ledger.abi, item["name"]): item for item in ledger.abi if item["type"] == "event"}
    logs = LogReader(chain, ledger.address, []).ranges(first_block, chain.block_number())
    return tuple(_event(kinds[log.topics[0]], log) for log in logs if log.topics and log.topics[0] in kinds)


def _event(kind: Mapping[str, Any], log: Log) -> LedgerEvent:
    """Fields by name: indexed ones stand in the topics, each in one word, the others in the data."""
    fields: dict[str, Any] = {}
    topics = iter(log.topics[1:])
    plain = [item for item in kind["inputs"] if not item["indexed"]]
    try:
        for item in kind["inputs"]:
            if item["indexed"]:
                (fields[item["name"]],) = decoded(types_of([item]), bytes.fromhex(next(topics)[2:]))
        values = decoded(types_of(plain), log.data)
    except (ValueError, StopIteration) as error:
        raise RpcError(f"the event in {log.tx_hash} cannot be read: {error}", tx_hash=log.tx_hash) from error
    fields |= {item["name"]: value for item, value in zip(plain, values, strict=True)}
    return LedgerEvent(name=kind["name"], block=log.block, tx_hash=log.tx_hash, fields=fields)


def _word(value: bytes) -> Digest:
    return digest("0x" + bytes(value).hex())


def _bytes(value: Digest) -> bytes:
    return bytes.fromhex(value[2:])
