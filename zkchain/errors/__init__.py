"""The one error tree. `test_error_tree` compares this drawing with the classes.

.. code-block:: text

    ZkchainError
    ├── UsageError
    ├── ConfigError
    ├── Cancelled
    ├── FileError
    │   ├── FileForbidden
    │   └── DiskFull
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

from .base import Cancelled, ConfigError, DiskFull, FileError, FileForbidden, UsageError, ZkchainError
from .inputs import (
    BadDimension,
    BadWeights,
    ExternalDataRefused,
    ModelError,
    ModelInvalid,
    ModelNotFound,
    ModelTooLarge,
    ModelUnreadable,
    SampleError,
    SamplesNotFound,
    SamplesUnreadable,
    ShapeMismatch,
    TensorMismatch,
    TypeMismatch,
    UnsupportedOperator,
    UnsupportedType,
    ValueOutOfRange,
)
from .onchain import (
    ChainError,
    ChainUnfit,
    CompileFailed,
    CompilerNotFound,
    ConnectionFailed,
    ContractTooLarge,
    CursorLost,
    CursorTaken,
    DeploymentAmbiguous,
    DeploymentCorrupt,
    DeploymentDrift,
    DeploymentError,
    DeploymentNotFound,
    DeploymentTaken,
    DevKeyRefused,
    DevnetFailed,
    FakeProofRefused,
    GuardFailed,
    HeadStale,
    InsufficientFunds,
    KeystoreRefused,
    ModelStopped,
    NetworkUnknown,
    PublicationFailed,
    RpcError,
    SafeUnfit,
    SignerMissing,
    SmokeTestFailed,
    SolidityError,
    WalletTaken,
    WrongChain,
)
from .proving import (
    BundleCorrupt,
    BundleError,
    BundleForeign,
    BundleNotFound,
    CircuitError,
    CircuitTooLarge,
    DevSrsRefused,
    EngineAborted,
    EngineCrashed,
    EngineDiskFull,
    EngineError,
    EngineKilled,
    EngineMissing,
    EngineOutOfMemory,
    EnginePanicked,
    EngineRefused,
    EngineTimeout,
    FidelityViolated,
    ProofError,
    ProofForeign,
    ProofInvalid,
    ProofUnreadable,
    SrsCorrupt,
    SrsError,
    SrsNotFound,
    VisibilityRefused,
)
from .transactions import (
    AlreadyRecorded,
    BindingRefused,
    EventMissing,
    FeeOverCap,
    JournalUnusable,
    KeyTaken,
    NonceTaken,
    ProofRejected,
    TransactionCancelled,
    TransactionError,
    TransactionNotFound,
    TransactionReverted,
    TransactionUnknown,
)

__all__ = [
    "AlreadyRecorded",
    "BadDimension",
    "BadWeights",
    "BindingRefused",
    "BundleCorrupt",
    "BundleError",
    "BundleForeign",
    "BundleNotFound",
    "Cancelled",
    "ChainError",
    "ChainUnfit",
    "CircuitError",
    "CircuitTooLarge",
    "CompileFailed",
    "CompilerNotFound",
    "ConfigError",
    "ConnectionFailed",
    "ContractTooLarge",
    "CursorLost",
    "CursorTaken",
    "DeploymentAmbiguous",
    "DeploymentCorrupt",
    "DeploymentDrift",
    "DeploymentError",
    "DeploymentNotFound",
    "DeploymentTaken",
    "DevKeyRefused",
    "DevSrsRefused",
    "DevnetFailed",
    "DiskFull",
    "EngineAborted",
    "EngineCrashed",
    "EngineDiskFull",
    "EngineError",
    "EngineKilled",
    "EngineMissing",
    "EngineOutOfMemory",
    "EnginePanicked",
    "EngineRefused",
    "EngineTimeout",
    "EventMissing",
    "FeeOverCap",
    "ExternalDataRefused",
    "FakeProofRefused",
    "FidelityViolated",
    "FileError",
    "FileForbidden",
    "GuardFailed",
    "HeadStale",
    "InsufficientFunds",
    "JournalUnusable",
    "KeyTaken",
    "KeystoreRefused",
    "ModelError",
    "ModelInvalid",
    "ModelNotFound",
    "ModelStopped",
    "ModelTooLarge",
    "ModelUnreadable",
    "NetworkUnknown",
    "NonceTaken",
    "ProofError",
    "ProofForeign",
    "ProofInvalid",
    "ProofRejected",
    "ProofUnreadable",
    "PublicationFailed",
    "RpcError",
    "SafeUnfit",
    "SampleError",
    "SamplesNotFound",
    "SamplesUnreadable",
    "ShapeMismatch",
    "SignerMissing",
    "SmokeTestFailed",
    "SolidityError",
    "SrsCorrupt",
    "SrsError",
    "SrsNotFound",
    "TensorMismatch",
    "TransactionCancelled",
    "TransactionError",
    "TransactionNotFound",
    "TransactionReverted",
    "TransactionUnknown",
    "TypeMismatch",
    "UnsupportedOperator",
    "UnsupportedType",
    "UsageError",
    "ValueOutOfRange",
    "VisibilityRefused",
    "WalletTaken",
    "WrongChain",
    "ZkchainError",
]
