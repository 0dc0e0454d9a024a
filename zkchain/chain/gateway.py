"""The inference gateway, typed: submit a proof, read what was accepted, decode its events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import DeploymentDrift, EventMissing, RpcError, TransactionReverted
from ..outputs import OutputValue, decode_outputs
from ..progress import Report, silent
from ..records import Binding, InferenceEvent, Permit, Proof, Receipt, Segment
from ..values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, FieldElement, address, digest, keccak_of
from .abi import Abi, decoded, encode_call, event_topic
from .client import Chain
from .log_reader import LogReader
from .logs import Log, log_of
from .registry import ContractAt, read
from .revert import revert_error
from .rpc import ExecutionRefused
from .signer import Signer
from .transact import claim_key, send

_EVENT = "InferenceVerified"
_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """What is needed to read a model's answers: its id, its name and its instance layout."""

    model_id: Digest
    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRecord:
    """What the gateway keeps of an accepted statement. `account_bound` is true when the proof itself names it."""

    account: Address
    recorded_at: int
    account_bound: bool


def submit_inference(
    chain: Chain,
    signer: Signer,
    gateway: ContractAt,
    model: KnownModel,
    proof: Proof,
    report: Report = silent,
    *,
    permit: Permit | None = None,
    abis: Sequence[Abi] = (),
) -> tuple[Receipt, InferenceEvent]:
    """Submit a proof; returns the receipt and the decoded event. `abis` name errors of contracts behind the gateway.

    With `permit`, it is submitted for the account that signed that. After a failure, the same proof's transaction is
    found again and not sent a second time.

    Raises AlreadyRecorded, BindingRefused, ProofRejected, TransactionReverted, EventMissing when the transaction
    succeeded without the gateway saying so, and what `send` raises.
    """
    data = submit_data(gateway, model.model_id, proof, permit)
    key = f"submit {gateway.address} {keccak_of(data)}"
    receipt = send(
        chain,
        signer,
        to=gateway.address,
        data=data,
        abis=[gateway.abi, *abis],
        report=report,
        key=key,
        label=f"submits a proof of {model.name}",
    )
    event = _event_of(chain, gateway, model, receipt)
    claim_key(chain, signer.address, key)
    return receipt, event


def submit_data(gateway: ContractAt, model_id: Digest, proof: Proof, permit: Permit | None = None) -> bytes:
    """Calldata of `submit`, or with `permit` of `submitFor`."""
    submission = submission_of(model_id, proof)
    if permit is None:
        return encode_call(gateway.abi, "submit", submission)
    return encode_call(gateway.abi, "submitFor", [submission, permit.relayer, permit.deadline, permit.signature])


def submission_of(model_id: Digest, proof: Proof) -> tuple[Any, ...]:
    """One proof as the gateway's struct."""
    return (*_statement(model_id, proof), binding_fields(proof.binding))


def gas_of_submission(
    chain: Chain, gateway: ContractAt, data: bytes, account: Address, *, abis: Sequence[Abi] = ()
) -> int:
    """Gas that `account` needs to submit. Raises the refusal, a TransactionReverted, where it would be refused."""
    try:
        return chain.estimate_gas(gateway.address, data, account)
    except ExecutionRefused as refused:
        raise revert_error(refused.data, [gateway.abi, *abis], what="the submission") from None


def check_inference(
    chain: Chain, gateway: ContractAt, model_id: Digest, proof: Proof, *, abis: Sequence[Abi] = ()
) -> TransactionReverted | None:
    """None when the gateway would accept the proof, else its refusal. Looks at no binding and sends nothing.

    Raises DeploymentDrift when there is no code at the gateway's address: a call to it would succeed.
    """
    if not chain.code_at(gateway.address):
        raise DeploymentDrift(f"there is no contract at {gateway.address}", address=gateway.address)
    result = chain.call(gateway.address, encode_call(gateway.abi, "check", _statement(model_id, proof)))
    return None if result.success else revert_error(result.data, [gateway.abi, *abis], what="the proof")


def list_events(
    chain: Chain, gateway: ContractAt, models: Mapping[Digest, KnownModel], from_block: int = 0
) -> tuple[InferenceEvent, ...]:
    """All accepted answers since `from_block`, oldest first. Those of models not in `models` come without outputs."""
    logs = LogReader(chain, gateway.address, inference_topics(gateway)).ranges(from_block, chain.block_number())
    # The node was asked for this address and topic; what it gives is checked all the same.
    return tuple(decode_event(log, models.get(log.topics[1])) for log in logs if is_inference(gateway, log))


def inference_topics(gateway: ContractAt) -> list[Digest | None]:
    """Topics by which a gateway's accepted answers are asked for."""
    return [event_topic(gateway.abi, _EVENT)]


def statement_of(chain: Chain, gateway: ContractAt, model_id: Digest, instances: Sequence[int]) -> Digest:
    """The id under which the gateway records these instances."""
    found = read(chain, gateway, "statementOf", [int(model_id, 16), [int(value) for value in instances]])
    return digest("0x" + found[0].hex())


def record_of(chain: Chain, gateway: ContractAt, statement: Digest) -> StatementRecord | None:
    """The record of a statement; None when it was not accepted."""
    account, recorded_at, bound = read(chain, gateway, "recordOf", [bytes.fromhex(statement[2:])])[0]
    if recorded_at == 0:
        return None
    return StatementRecord(account=address(account), recorded_at=recorded_at, account_bound=bound)


def onchain_binding_tag(chain: Chain, gateway: ContractAt, model_id: Digest, binding: Binding) -> int:
    """The binding tag as the gateway computes it."""
    return int(read(chain, gateway, "bindingTag", [int(model_id, 16), binding_fields(binding)])[0])


def outputs_of(segments: Sequence[Segment], words: bytes) -> dict[str, list[OutputValue]]:
    """Output tensors from the event's packed words.

    Raises ValueError when the words are not as many as the model has outputs, or not field elements.
    """
    outputs = [segment for segment in segments if segment.kind in ("output", "output_hash")]
    first, count = min((s.start for s in outputs), default=0), sum(segment.count for segment in outputs)
    if len(words) != _WORD * count:
        raise ValueError(f"{len(words)} bytes of output, the model has {count} words")
    values = [FieldElement(int.from_bytes(words[at : at + _WORD], "big")) for at in range(0, len(words), _WORD)]
    return decode_outputs([replace(segment, start=segment.start - first) for segment in outputs], values)


def _event_of(chain: Chain, gateway: ContractAt, model: KnownModel, receipt: Receipt) -> InferenceEvent:
    mine = [log for log in logs_of(chain, receipt) if is_inference(gateway, log) and log.topics[1] == model.model_id]
    if len(mine) != 1:
        found = f"{len(mine)} accepted answers of model {model.model_id} in it, not one"
        raise EventMissing(
            f"transaction {receipt.tx_hash} succeeded, but {gateway.address} reported {found}",
            tx_hash=receipt.tx_hash,
        )
    return decode_event(mine[0], model)


def logs_of(chain: Chain, receipt: Receipt) -> list[Log]:
    """Everything that anyone reported in a transaction, in order."""
    return [log_of(item) for item in (chain.raw_receipt(digest(receipt.tx_hash)) or {}).get("logs", [])]


def is_inference(gateway: ContractAt, log: Log) -> bool:
    """Whether a log reports an accepted answer. Anyone can emit the same topics: only the gateway's own logs count."""
    topic = event_topic(gateway.abi, _EVENT)
    return log.address == gateway.address and len(log.topics) == 4 and log.topics[0] == topic


def decode_event(log: Log, model: KnownModel | None) -> InferenceEvent:
    """The answer that a gateway's `InferenceVerified` reports, without outputs when the model is not known.

    Raises RpcError when it cannot be read.
    """
    try:
        output: bytes = decoded(["bytes"], log.data)[0]
        outputs = {} if model is None else outputs_of(model.segments, output)
    except ValueError as error:
        raise RpcError(f"the event in {log.tx_hash} cannot be read: {error}", tx_hash=log.tx_hash) from error
    return InferenceEvent(
        model_id=log.topics[1],
        model_name="" if model is None else model.name,
        input_commitment=log.topics[2],
        account=address("0x" + log.topics[3][-40:]),
        outputs=outputs,
        tx_hash=log.tx_hash,
        block=log.block,
        log_index=log.log_index,
    )


def _statement(model_id: Digest, proof: Proof) -> list[Any]:
    return [int(model_id, 16), [int(value) for value in proof.instances], proof.proof]


def binding_fields(binding: Binding | None) -> tuple[str, bytes, int, int]:
    """The gateway's struct; all zero for a proof that is bound to nothing."""
    if binding is None:
        return (ZERO_ADDRESS, bytes.fromhex(ZERO_DIGEST[2:]), 0, 0)
    return (binding.account, bytes.fromhex(binding.request[2:]), binding.nonce, binding.deadline)
