"""Errors of transactions."""

from .base import ZkchainError


class TransactionError(ZkchainError):
    """A transaction was not sent, reverted, or did not have the effect asked for."""

    code = "transaction"
    exit_code = 13


class FeeOverCap(TransactionError):
    """Gas costs more now than the network's table allows."""

    code = "transaction.fee_over_cap"
    default_remedy = "wait, or raise max_fee_gwei of the network in zkchain.toml"


class TransactionReverted(TransactionError):
    """The contract refused; the message names its error."""

    code = "transaction.reverted"


class AlreadyRecorded(TransactionReverted):
    """The same statement was accepted before."""

    code = "transaction.already_recorded"
    default_remedy = "prove again with a new nonce if a second record is meant"


class BindingRefused(TransactionReverted):
    """The proof is bound to another sender, chain, gateway, model or time."""

    code = "transaction.binding"
    default_remedy = "prove again for this account and network"


class ProofRejected(TransactionReverted):
    """The verifier contract says the proof does not hold."""

    code = "transaction.proof_rejected"
    default_remedy = "check the proof with `zkchain verify PROOF --bundle DIR`"


class TransactionUnknown(TransactionError):
    """The transaction's fate is unknown: sent, but no receipt in time."""

    code = "transaction.unknown"
    default_remedy = "look the hash up before sending again"


class NonceTaken(TransactionError):
    """The node refused the transaction because its account has sent another with the same number."""

    code = "transaction.nonce"
    default_remedy = "let the account's other transactions be mined, then run the command again"


class TransactionCancelled(TransactionError):
    """The transaction was cancelled: an empty one took its nonce, and it never happens."""

    code = "transaction.cancelled"
    default_remedy = "run the command again to send it anew"


class TransactionNotFound(TransactionError):
    """The journal of this account has no such transaction."""

    code = "transaction.not_found"
    default_remedy = "list them: zkchain tx list --network NAME"


class KeyTaken(TransactionError):
    """The idempotency key stands for another transaction than the one asked for."""

    code = "transaction.key"
    default_remedy = "use a key of its own for each transaction"


class JournalUnusable(TransactionError):
    """The journal of an account's transactions is damaged, or another zkchain's; nothing was sent."""

    code = "transaction.journal"
    default_remedy = "do not delete it while transactions are open; restore it from a copy"


class EventMissing(TransactionError):
    """The transaction succeeded but our gateway's event is not in its receipt."""

    code = "transaction.event_missing"
    default_remedy = "treat the inference as not recorded; check the gateway's address"
