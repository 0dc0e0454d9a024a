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

#: The probe of each other standard: of an ERC-8004 validation registry, an ERC-7007 token, an ERC-8274 proof verifier.
_PROBES = {"erc8004": "ValidationProbeRun", "erc7007": "TokenProbeRun", "erc8274": "ProofVerifierProbeRun"}
STANDARDS = ("erc7992", *_PROBES)


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
    """Try the contract at `target` against every rule of `standard`. Nothing is sent.

    For ERC-7992, as a registry, as a verifier, or as both, by what it says that it is. With a bound proof for it that
    was not submitted yet, such a verifier is also shown that proof and changed ones. Raises UsageError,
    DeploymentDrift when there is no code, ConnectionFailed, RpcError, ProofForeign.
    """
    if standard not in STANDARDS:
        raise UsageError(f"{standard!r} is none of {', '.join(STANDARDS)}", found=standard)
    if proof_path is not None and standard in _PROBES:
        raise UsageError(
            f"a proof is shown to verifiers of erc7992 only, not for {standard}", remedy="leave out --proof"
        )
    findings: tuple[Finding, ...]
    chain = open_site(network, config, signing=False).chain
    if not chain.code_at(target):
        raise DeploymentDrift(f"there is no contract at {target} on {network!r}", address=target)
    if standard in _PROBES:
        report(f"trying it as {standard}")
        findings = probe(chain, target, load_artifact(_PROBES[standard]))
        return Conformance(address=target, standard=standard, findings=findings)
    registry, verifier = is_registry(chain, target), is_verifier(chain, target)
    findings = ()
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
