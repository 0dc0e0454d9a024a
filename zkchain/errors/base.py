"""The root of the error tree and the shape every error of ours has. `test_error_tree` compares the drawing.

.. code-block:: text

    ZkchainError
    ├── UsageError
    ├── ConfigError
    ├── Cancelled
    ├── FileError
    │   ├── FileForbidden
    │   └── DiskFull
    ├── ExtraMissing
    ├── AggregationError
    │   ├── AggregationRefused
    │   ├── ModeUnavailable
    │   ├── UpdateUnreadable
    │   ├── UpdateMismatch
    │   ├── UpdateOutOfBound
    │   ├── PartyFailed
    │   └── PartyTimeout
    ├── EncryptionError
    │   ├── EncryptedUnreadable
    │   ├── ForeignKey
    │   ├── ForeignModel
    │   ├── AnswerUnproved
    │   └── TooDeep
    ├── ModelError
    │   ├── ModelNotFound
    │   ├── ModelUnreadable
    │   ├── ModelTooLarge
    │   ├── ModelInvalid
    │   ├── UnsupportedOperator
    │   ├── UnsupportedType
    │   ├── BadWeights
    │   ├── BadDimension
    │   └── ExternalDataRefused
    ├── SampleError
    │   ├── SamplesNotFound
    │   ├── SamplesUnreadable
    │   ├── TensorMismatch
    │   ├── ShapeMismatch
    │   ├── TypeMismatch
    │   └── ValueOutOfRange
    ├── SolidityError
    │   ├── CompilerNotFound
    │   ├── CompileFailed
    │   ├── GuardFailed
    │   └── ContractTooLarge
    ├── ChainError
    │   ├── NetworkUnknown
    │   ├── ConnectionFailed
    │   ├── RpcError
    │   ├── HeadStale
    │   ├── WrongChain
    │   ├── DevnetFailed
    │   ├── SignerMissing
    │   ├── KeystoreRefused
    │   ├── WalletTaken
    │   ├── DevKeyRefused
    │   ├── FakeProofRefused
    │   ├── ChainUnfit
    │   ├── SafeUnfit
    │   ├── PublicationFailed
    │   ├── InsufficientFunds
    │   ├── CursorTaken
    │   └── CursorLost
    ├── DeploymentError
    │   ├── DeploymentNotFound
    │   ├── DeploymentCorrupt
    │   ├── DeploymentDrift
    │   ├── DeploymentTaken
    │   ├── DeploymentAmbiguous
    │   ├── ModelStopped
    │   └── SmokeTestFailed
    ├── CircuitError
    │   ├── VisibilityRefused
    │   ├── CircuitTooLarge
    │   └── FidelityViolated
    ├── EngineError
    │   ├── EngineMissing
    │   ├── EngineRefused
    │   ├── EnginePanicked
    │   ├── EngineCrashed
    │   ├── EngineAborted
    │   ├── EngineKilled
    │   ├── EngineOutOfMemory
    │   ├── EngineTimeout
    │   └── EngineDiskFull
    ├── BundleError
    │   ├── BundleNotFound
    │   ├── BundleCorrupt
    │   └── BundleForeign
    ├── SrsError
    │   ├── SrsNotFound
    │   ├── SrsCorrupt
    │   └── DevSrsRefused
    ├── ProofError
    │   ├── ProofUnreadable
    │   ├── ProofForeign
    │   └── ProofInvalid
    ├── TrainingError
    │   ├── PlanInvalid
    │   ├── OffGrid
    │   ├── DataMismatch
    │   ├── ChainingBroken
    │   ├── BridgeBroken
    │   ├── CircuitUnfit
    │   ├── EpsilonOutOfReach
    │   ├── RoundFailed
    │   │   ├── NoiseForged
    │   │   └── SaltForged
    │   ├── SumUnmatched
    │   ├── DisputeRefused
    │   │   ├── DisputesOff
    │   │   ├── SumMatches
    │   │   ├── NotInDispute
    │   │   └── NobodyToStrike
    │   ├── OpeningWrong
    │   ├── ClientStruck
    │   ├── LineageBroken
    │   ├── IdentityRefused
    │   ├── BoardUnreachable
    │   └── BoardUntrue
    └── TransactionError
        ├── FeeOverCap
        ├── TransactionReverted
        │   ├── AlreadyRecorded
        │   ├── BindingRefused
        │   └── ProofRejected
        ├── TransactionUnknown
        ├── NonceTaken
        ├── TransactionCancelled
        ├── TransactionNotFound
        ├── KeyTaken
        ├── JournalUnusable
        └── EventMissing
"""

from typing import ClassVar


class ZkchainError(Exception):
    """Anything zkchain refuses or fails to do, said so that the reader can act.

    Every subclass fixes a stable ``code`` and an ``exit_code``. The message says what was found and what
    was allowed; ``remedy`` says what to do; ``facts`` keeps the numbers and names as values.
    """

    code: ClassVar[str] = "zkchain"
    exit_code: ClassVar[int] = 2
    default_remedy: ClassVar[str] = ""

    def __init__(self, message: str, *, remedy: str | None = None, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = self.default_remedy if remedy is None else remedy
        self.facts: dict[str, object] = facts

    def to_json(self) -> dict[str, object]:
        """The error as the object that ``--json`` prints."""
        return {
            "error": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "facts": {name: _plain(value) for name, value in self.facts.items()},
        }


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)


class UsageError(ZkchainError):
    """A flag or an argument does not make sense."""

    code = "usage"
    default_remedy = "run the command with --help"


class ConfigError(ZkchainError):
    """A configuration file or an environment variable cannot be used."""

    code = "config"
    default_remedy = "correct the named file or variable"


class Cancelled(ZkchainError):
    """The user stopped the work; finished stages are kept."""

    code = "cancelled"
    exit_code = 130
    default_remedy = "run the same command again to go on from the last finished stage"


class FileError(ZkchainError):
    """The file system refused what had to be read or written; the file is as it was."""

    code = "file"
    exit_code = 14
    default_remedy = "check the path"


class FileForbidden(FileError):
    """Permissions, or a read-only file system, forbid it."""

    code = "file.forbidden"
    default_remedy = "change the permissions, or write elsewhere with --out or ZKCHAIN_HOME"


class DiskFull(FileError):
    """There is no room left, or a quota or size limit is reached."""

    code = "file.disk_full"
    default_remedy = "free disk space, or write elsewhere with --out or ZKCHAIN_HOME"
