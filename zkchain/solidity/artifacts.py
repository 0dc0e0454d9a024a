"""The contracts that ship compiled."""

import json
from importlib.resources import files

from ..errors import SolidityError
from ..records import ContractArtifact

#: Names that `load_artifact` knows; built by scripts/build_contracts.py.
ARTIFACTS = (
    "CreditGate",
    "DataRegistry",
    "Halo2Adapter",
    "Halo2VerifierReusable",
    "InferenceGateway",
    "InferenceProofVerifier",
    "InferenceToken",
    "InferenceValidator",
    "LocalValidationRegistry",
    "MockVerifier",
    "ModelMetadata",
    "ModelRegistry",
    "ProofVerifierProbeRun",
    "RegistryProbeRun",
    "ReusableHalo2Adapter",
    "SensorSwitch",
    "TokenProbeRun",
    "TrainedCreditGate",
    "TrainedSensorSwitch",
    "TrainedTriageRouter",
    "TrainingLedger",
    "TriageRouter",
    "ValidationProbeRun",
    "VerifierProbeRun",
)


def load_artifact(name: str) -> ContractArtifact:
    """The shipped contract called `name`. Raises SolidityError for an unknown name or a damaged file."""
    if name not in ARTIFACTS:
        raise SolidityError(f"no contract {name!r} ships; known: {', '.join(ARTIFACTS)}", name=name)
    try:
        text = files(__package__).joinpath("artifacts", f"{name}.json").read_text(encoding="ascii")
        return ContractArtifact.from_json(json.loads(text))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SolidityError(
            f"the shipped contract {name} cannot be read: {error}", remedy="install zkchain again", name=name
        ) from error
