"""Use case: check a deployed contract against a standard, rule by rule."""

from dataclasses import dataclass
from pathlib import Path

from ..chain.conformance import Finding, is_registry, is_verifier, probe, probe_proof
from ..chain.registry import ContractAt
from ..config import Config
from ..errors import DeploymentDrift, ProofForeign, UsageError
from ..progress import Report, silent
from ..proof.codec import read_proof
from ..solidity.artifacts import load_artifact
from ..values import Address
from .site import open_site

STANDARDS = ("erc7992",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """Every rule that was tried."""

    address: Address
    standard: str
    findings: tuple[Finding, ...]

    @property
    def conforms(self) -> bool:
        """Whether all of them held."""
        return all(finding.held for finding in self.findings)


def check_conformance(
    target: Address,
    network: str,
    *,
    config: Config,
    standard: str = "erc7992",
    proof_path: Path | None = None,
    report: Report = silent,
) -> Conformance:
    """Try the contract at `target`: as a registry, as a verifier, or as both, by what it says that it is.

    Nothing is sent. With a bound proof for it that was not submitted yet, a verifier is also shown that proof and
    changed ones. Raises UsageError, DeploymentDrift when there is no code, ConnectionFailed, RpcError, ProofForeign.
    """
    if standard not in STANDARDS:
        raise UsageError(f"{standard!r} is none of {', '.join(STANDARDS)}", found=standard)
    chain = open_site(network, config, signing=False).chain
    if not chain.code_at(target):
        raise DeploymentDrift(f"there is no contract at {target} on {network!r}", address=target)
    registry, verifier = is_registry(chain, target), is_verifier(chain, target)
    findings: tuple[Finding, ...] = ()
    # What says of itself that it is nothing is tried as a registry: the rule that it has to say so fails, by name.
    if registry or not verifier:
        report("trying it as a registry")
        findings += probe(chain, target, load_artifact("RegistryProbeRun"))
    if verifier:
        report("trying it as a verifier")
        findings += probe(chain, target, load_artifact("VerifierProbeRun"))
    if proof_path is not None:
        report("showing it the proof")
        proof = read_proof(proof_path)
        if not verifier or proof.binding is None or proof.binding.gateway != target:
            raise ProofForeign(f"{proof_path} is not bound to a verifier at {target}", path=proof_path)
        gateway = ContractAt(target, load_artifact("InferenceGateway").abi)
        findings += probe_proof(chain, gateway, load_artifact("ModelRegistry").abi, proof)
    return Conformance(address=target, standard=standard, findings=findings)
