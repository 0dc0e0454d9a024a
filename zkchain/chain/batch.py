"""Several proofs in one transaction, each of which stands or falls alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import EventMissing, TransactionError, TransactionReverted
from ..progress import Report, silent
from ..records import InferenceEvent, Proof, Receipt
from ..values import Digest
from .abi import Abi, decoded, encode_call, event_topic
from .client import Chain
from .gas import least_gas
from .gateway import KnownModel, decode_event, logs_of, submission_of, submit_data
from .logs import Log
from .registry import ContractAt
from .revert import revert_error
from .rpc import ExecutionRefused
from .signer import Signer
from .transact import gas_cap, send

_ACCEPTED, _REFUSED = "InferenceVerified", "InferenceRefused"
#: What a proof takes may grow by a quarter until it is mined, as in `transact`.
_BUFFER_NUMERATOR, _BUFFER_DENOMINATOR = 5, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of several proofs: the event that says it was accepted, or why it was refused."""

    event: InferenceEvent | None
    refusal: TransactionReverted | None


def submit_inferences(
    chain: Chain,
    signer: Signer,
    gateway: ContractAt,
    items: Sequence[tuple[KnownModel, Proof]],
    report: Report = silent,
    *,
    abis: Sequence[Abi] = (),
) -> tuple[Receipt | None, tuple[Outcome, ...]]:
    """Submit all in one transaction; the outcomes are in the order of `items`.

    What the gateway would refuse now is left out of the transaction; without anything left there is none, and no
    receipt. Raises TransactionError when they take more gas than a transaction can have, EventMissing, and what `send`
    raises.
    """
    names = [gateway.abi, *abis]
    outcomes: list[Outcome | None] = []
    costs: dict[int, int] = {}
    for index, (model, proof) in enumerate(items):
        report("asking the gateway", index / len(items))
        try:
            costs[index] = chain.estimate_gas(
                gateway.address, submit_data(gateway, model.model_id, proof), signer.address
            )
            outcomes.append(None)
        except ExecutionRefused as refused:
            outcomes.append(Outcome(event=None, refusal=_refusal(refused, names)))
    if not costs:
        return None, tuple(outcome for outcome in outcomes if outcome is not None)
    sent = [items[index] for index in costs]
    data = encode_call(gateway.abi, "submitMany", [[submission_of(model.model_id, proof) for model, proof in sent]])
    gas = _gas_for(chain, data, list(costs.values()))
    label = f"submits {len(sent)} proofs"
    receipt = send(chain, signer, to=gateway.address, data=data, gas=gas, abis=names, report=report, label=label)
    for index, outcome in zip(costs, _outcomes(chain, gateway, sent, receipt, names), strict=True):
        outcomes[index] = outcome
    return receipt, tuple(outcome for outcome in outcomes if outcome is not None)


def gas_for_shares(costs: Sequence[int]) -> int:
    """Least gas with which everyone's share of what those before it leave is enough for it.

    The whole is not estimated: one that runs out of gas is refused alone, so that too little looks like enough.
    """
    spent, needed = 0, 0
    for index, cost in enumerate(costs):
        needed = max(needed, spent + (len(costs) - index) * cost)
        spent += cost
    return needed


def _gas_for(chain: Chain, data: bytes, costs: Sequence[int]) -> int:
    needed = gas_for_shares(costs) * _BUFFER_NUMERATOR // _BUFFER_DENOMINATOR
    gas, most = max(needed, least_gas(data, creation=False)), gas_cap(chain.head())
    if gas > most:
        raise TransactionError(
            f"{len(costs)} proofs together would get {gas:,} gas; this chain allows {most:,}",
            remedy="submit fewer at once",
            gas=gas,
            gas_limit=most,
        )
    return gas


def _refusal(refused: ExecutionRefused, abis: Sequence[Abi]) -> TransactionReverted:
    if refused.data:
        return revert_error(refused.data, abis, what="the proof, which was not sent,")
    return TransactionReverted(f"the proof would be refused and was not sent: {refused.message}")


def _outcomes(
    chain: Chain,
    gateway: ContractAt,
    sent: Sequence[tuple[KnownModel, Proof]],
    receipt: Receipt,
    abis: Sequence[Abi],
) -> list[Outcome]:
    """The gateway reports each in its turn. Raises EventMissing when it does not."""
    topics = {event_topic(gateway.abi, name): name for name in (_ACCEPTED, _REFUSED)}
    reports = [log for log in logs_of(chain, receipt) if log.address == gateway.address and log.topics[0] in topics]
    expected: list[Digest] = [model.model_id for model, _ in sent]
    if [log.topics[1] for log in reports] != expected:
        raise EventMissing(
            f"transaction {receipt.tx_hash} succeeded, but {gateway.address} reported {len(reports)} outcomes "
            f"of {len(sent)} proofs, or in another order",
            tx_hash=receipt.tx_hash,
        )
    return [
        Outcome(event=decode_event(log, model), refusal=None)
        if topics[log.topics[0]] == _ACCEPTED
        else Outcome(event=None, refusal=_refused_in(log, abis))
        for log, (model, _) in zip(reports, sent, strict=True)
    ]


def _refused_in(log: Log, abis: Sequence[Abi]) -> TransactionReverted:
    fields: tuple[Any, ...] = decoded(["uint256", "bytes"], log.data)
    if not fields[1]:
        return TransactionReverted("the proof got too little gas", remedy="submit it again", tx_hash=log.tx_hash)
    error = revert_error(fields[1], abis, what="the proof")
    error.facts |= {"tx_hash": log.tx_hash}
    return error
