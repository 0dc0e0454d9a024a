"""Errors about what is computed on hidden values: sums of private updates, and answers to encrypted queries.

None of them carries a value of anybody's: messages reach logs.
"""

from .base import ZkchainError


class ExtraMissing(ZkchainError):
    """An optional library that this work needs is not installed."""

    code = "extra"
    default_remedy = "run: pip install 'zkchain[training]'"


class AggregationError(ZkchainError):
    """Private updates cannot be summed."""

    code = "aggregation"
    exit_code = 15


class AggregationRefused(AggregationError):
    """So many clients, so long a vector or so wide a bound would not give an exact and private sum."""

    code = "aggregation.refused"
    default_remedy = "stay within the limit that is named"


class ModeUnavailable(AggregationError):
    """The way of summing that was asked for does not exist here."""

    code = "aggregation.mode"
    default_remedy = "use clear, mpc, he or secagg"


class UpdateUnreadable(AggregationError):
    """A client's update is missing, open to others, or not a list of whole numbers."""

    code = "aggregation.update"
    default_remedy = (
        'give {"values": [...]} with whole numbers, in a plain file that only its owner may read (mode 0600)'
    )


class UpdateMismatch(AggregationError):
    """A client's update has another length than the sum."""

    code = "aggregation.length"
    default_remedy = "have every client train the same model"


class UpdateOutOfBound(AggregationError):
    """A client's update holds a value beyond the agreed bound."""

    code = "aggregation.bound"
    default_remedy = "clip the update, or agree on a larger bound"


class PartyFailed(AggregationError):
    """A party's process ended, or said what does not fit, before the sum was there."""

    code = "aggregation.party"
    default_remedy = "run the round again; free memory, or leave out the client that is named"


class PartyTimeout(AggregationError):
    """The parties did not come to a sum in time."""

    code = "aggregation.timeout"
    default_remedy = "run the round again with more time, or leave out the clients that are named"


class EncryptionError(ZkchainError):
    """Encrypted inference cannot go on with what was handed in."""

    code = "encryption"
    exit_code = 16


class EncryptedUnreadable(EncryptionError):
    """A key, query or answer is missing, damaged, of another kind, or written by another version."""

    code = "encryption.unreadable"
    default_remedy = "copy the file again, or make it anew with this version of zkchain"


class ForeignKey(EncryptionError):
    """A query or an answer belongs to another key."""

    code = "encryption.key"
    default_remedy = "use the key with which the query was encrypted"


class ForeignModel(EncryptionError):
    """A key, a query or a bundle belongs to another model."""

    code = "encryption.model"
    default_remedy = "use the model for which the key was made"


class AnswerUnproved(EncryptionError):
    """Nothing shows that whoever gave an encrypted answer has the model that was expected behind it."""

    code = "encryption.unproved"
    default_remedy = "do not rely on the answer; ask again, and have the server prove with the registered bundle"


class TooDeep(EncryptionError):
    """The model multiplies more often, or has wider layers, than an encrypted number can bear."""

    code = "encryption.depth"
    default_remedy = "use fewer or narrower hidden layers, or activations that need polynomials of lower degree"
