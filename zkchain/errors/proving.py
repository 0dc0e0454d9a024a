"""Errors of the proving side: circuits, the engine, bundles, the SRS, proofs."""

from .base import ZkchainError


class CircuitError(ZkchainError):
    """A circuit cannot be made from this model with these settings."""

    code = "circuit"
    exit_code = 5


class VisibilityRefused(CircuitError):
    """The visibility asked for would make a proof that says nothing, or less than the reader would think."""

    code = "circuit.visibility"
    default_remedy = "keep outputs public or hashed and params fixed, or say --i-want-unbound-model"


class CircuitTooLarge(CircuitError):
    """The circuit needs more rows, memory or disk than this machine or the caller allows."""

    code = "circuit.too_large"
    default_remedy = "use a smaller model, or lower the scales"


class FidelityViolated(CircuitError):
    """The circuit's answers are further from the float model's than was allowed: a negative verdict."""

    code = "circuit.fidelity"
    exit_code = 1
    default_remedy = "allow a larger --max-error or --max-flip, or scale the model's outputs"


class EngineError(ZkchainError):
    """The proving engine did not give a result. The process that asked is unharmed; ask again."""

    code = "engine"
    exit_code = 6


class EngineMissing(EngineError):
    """ezkl is not installed, or not in the version this release knows."""

    code = "engine.missing"
    default_remedy = "run: pip install 'ezkl==23.0.5'"


class EngineRefused(EngineError):
    """ezkl reported an error of its own."""

    code = "engine.refused"
    default_remedy = "run `zkchain inspect MODEL` and check the model and the samples"


class EnginePanicked(EngineError):
    """A Rust panic inside ezkl."""

    code = "engine.panicked"
    default_remedy = "run `zkchain inspect MODEL`; if the model is fine, report this message"


class EngineCrashed(EngineError):
    """The engine's process died by a signal or left without a result."""

    code = "engine.crashed"
    default_remedy = "run the command again; if it crashes again, report the signal and the model's operators"


class EngineAborted(EngineError):
    """The engine's process aborted, as Rust and C++ do on a broken invariant."""

    code = "engine.aborted"
    default_remedy = "run `zkchain inspect MODEL`; if the model is fine, report the model's operators"


class EngineKilled(EngineError):
    """Somebody, most likely the system for lack of memory, killed the engine's process."""

    code = "engine.killed"
    default_remedy = "free memory and run the command again; the system log says who killed it"


class EngineOutOfMemory(EngineError):
    """The engine ran into its memory limit and could not allocate more."""

    code = "engine.out_of_memory"
    default_remedy = "free memory, raise ZKCHAIN_MEMORY_LIMIT_GB, or compile a smaller circuit"


class EngineTimeout(EngineError):
    """The engine did not finish within its time limit."""

    code = "engine.timeout"
    default_remedy = "raise ZKCHAIN_TIME_LIMIT_SECONDS, or compile a smaller circuit"


class EngineDiskFull(EngineError):
    """There was no room, or no permission, for the files the engine writes."""

    code = "engine.disk_full"
    default_remedy = "free disk space, or set --out or ZKCHAIN_HOME to a larger disk"


class BundleError(ZkchainError):
    """A bundle cannot be used."""

    code = "bundle"
    exit_code = 7


class BundleNotFound(BundleError):
    """No bundle manifest in the given folder."""

    code = "bundle.not_found"
    default_remedy = "give the folder that `zkchain compile` made"


class BundleCorrupt(BundleError):
    """A file of the bundle is missing or differs from its SHA-256 in the manifest."""

    code = "bundle.corrupt"
    default_remedy = "compile the model again; the damaged bundle was left as it is"


class BundleForeign(BundleError):
    """The bundle was made by another engine or format version."""

    code = "bundle.foreign"
    default_remedy = "compile the model again with this version of zkchain"


class SrsError(ZkchainError):
    """The structured reference string cannot be used."""

    code = "srs"
    exit_code = 8


class SrsNotFound(SrsError):
    """No SRS of the needed size is cached and none may be made."""

    code = "srs.not_found"
    default_remedy = "run: zkchain srs import FILE"


class SrsCorrupt(SrsError):
    """An SRS file is damaged, truncated, or not what its name or record says."""

    code = "srs.corrupt"
    default_remedy = "import a good copy with `zkchain srs import FILE`; the file was left as it is"


class DevSrsRefused(SrsError):
    """A development SRS, whose maker can forge proofs, was about to reach a chain that is not a devnet."""

    code = "srs.dev_refused"
    default_remedy = "import a ceremony SRS with `zkchain srs import FILE` and compile again"


class ProofError(ZkchainError):
    """A proof file cannot be used."""

    code = "proof"
    exit_code = 9


class ProofUnreadable(ProofError):
    """The file is not a proof of ours, or breaks the format."""

    code = "proof.unreadable"
    default_remedy = "give the file that `zkchain prove` wrote"


class ProofForeign(ProofError):
    """The proof belongs to another circuit, chain, gateway or account than the one named."""

    code = "proof.foreign"
    default_remedy = "prove again for this bundle and network"


class ProofInvalid(ProofError):
    """A proof that must hold does not, although it was just made."""

    code = "proof.invalid"
    default_remedy = "compile the bundle again: its keys may be damaged"
