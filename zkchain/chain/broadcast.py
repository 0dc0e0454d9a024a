"""Sign, and hand what was signed to a node; and what its answer means."""

from enum import Enum
from typing import Any

from eth_account import Account

from ..errors import ChainError, ConnectionFailed, InsufficientFunds, NonceTaken, RpcError, TransactionError
from ..values import Digest, address, keccak_of
from .client import Chain
from .signer import SignedTx, Signer

#: What nodes say when they have the transaction already.
_KNOWN_WORDS = ("already known", "already imported", "known transaction", "already exists", "alreadyknown")
#: What nodes say when another transaction of the account has this nonce.
_NONCE_WORDS = ("nonce too low", "nonce is too low", "oldnonce", "invalid nonce", "replacement", "to replace")
#: What nodes say when they would rather be asked later, or for more money later.
_LATER_WORDS = (
    "txpool is full",
    "pool is full",
    "rate limit",
    "limit exceeded",
    "too many",
    "timeout",
    "timed out",
    "busy",
    "internal error",
    "temporar",
    "try again",
    "unavailable",
    "nonce too high",
    "nonce gap",
    "fee cap less than block base fee",
    "less than block base fee",
    "max fee per gas less than",
    "underpriced",
    "header not found",
)
#: JSON-RPC's internal error, and "limit exceeded" (EIP-1474).
_LATER_CODES = (-32603, -32005)


class Outcome(Enum):
    """What became of a transaction that was handed to a node."""

    TAKEN = "the node has it"
    UNKNOWN = "the node may have it: it is looked up by its hash, and sent again as it is"
    LATER = "the node does not have it, and may take it later"
    NONCE = "the node does not have it, and says that its nonce is another one's"
    FUNDS = "the node does not have it: the account cannot pay"
    REFUSED = "the node does not have it, and never will"


def sign_checked(signer: Signer, tx: dict[str, Any]) -> SignedTx:
    """Sign, and check that the signature is by the signer's account. Raises TransactionError."""
    signed = signer.sign(tx)
    found = address(Account.recover_transaction(signed.raw))
    if found != signer.address or keccak_of(signed.raw) != signed.hash:
        raise TransactionError(
            f"the signer of {signer.address} gave a signature by {found}, or a wrong hash; nothing was sent",
            remedy="check the signer of this network",
        )
    return signed


def hand_over(chain: Chain, signed: SignedTx) -> tuple[Outcome, ChainError | None]:
    """Hand the transaction to the node, once, and say what is known of it then; with the trouble there was."""
    try:
        given = chain.send_raw(signed.raw)
    except (RpcError, InsufficientFunds, ConnectionFailed) as error:
        return _meaning(chain, signed.hash, error), error
    if given == signed.hash:
        return Outcome.TAKEN, None
    trouble = RpcError(f"sent {signed.hash}, the node calls it {given}", tx_hash=signed.hash)
    return Outcome.UNKNOWN, trouble


def broadcast(chain: Chain, signed: SignedTx) -> None:
    """Hand the transaction to the node. Returns also when it is unknown whether the node got it.

    Raises NonceTaken, RpcError or InsufficientFunds when the node refused it and does not have it.
    """
    outcome, trouble = hand_over(chain, signed)
    if trouble is None or outcome is Outcome.TAKEN or isinstance(trouble, ConnectionFailed):
        return  # when the answer was lost, perhaps the transaction was not: the receipt will tell
    raise refusal(outcome, trouble)


def refusal(outcome: Outcome, trouble: ChainError) -> ChainError | NonceTaken:
    """The error for a transaction that was not taken."""
    if outcome is not Outcome.NONCE:
        return trouble
    return NonceTaken(f"{trouble.message}; another transaction of the account came first")


def _meaning(chain: Chain, tx_hash: Digest, error: ChainError) -> Outcome:
    words = error.message.lower()
    if any(word in words for word in _KNOWN_WORDS):
        return Outcome.TAKEN
    said_no = isinstance(error, InsufficientFunds) or "rpc_code" in error.facts or _is_nonce(words)
    if not said_no:
        return Outcome.UNKNOWN
    try:
        if chain.knows(tx_hash):
            return Outcome.TAKEN
    except ChainError:
        return Outcome.UNKNOWN
    if isinstance(error, InsufficientFunds):
        return Outcome.FUNDS
    if _is_nonce(words):
        return Outcome.NONCE
    later = error.facts.get("rpc_code") in _LATER_CODES or any(word in words for word in _LATER_WORDS)
    return Outcome.LATER if later else Outcome.REFUSED


def _is_nonce(words: str) -> bool:
    return any(word in words for word in _NONCE_WORDS)
