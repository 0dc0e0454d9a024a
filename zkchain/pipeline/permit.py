"""Use case: sign that another account may submit a proof that is bound to this one."""

from dataclasses import dataclass
from pathlib import Path

from ..chain.relay import sign_permit, statement_id
from ..config import Config
from ..errors import ProofForeign, UsageError
from ..progress import Report, silent
from ..proof.codec import read_permit, read_proof, write_permit
from ..records import Permit, Proof
from ..values import ZERO_ADDRESS, Address
from .lookup import find_bound_model, refuse_stopped
from .site import open_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """A permit and where it was written."""

    path: Path
    permit: Permit


def permit_relay(
    proof_path: Path,
    network: str,
    *,
    config: Config,
    name: str | None = None,
    relayer: Address | None = None,
    valid_for: int | None = None,
    out: Path | None = None,
    report: Report = silent,
) -> Permitted:
    """Sign that `relayer`, or anyone, may submit the proof for the network's signer, to whom it has to be bound.

    The permit counts for `valid_for` seconds, or as long as the proof can be submitted. Nothing is sent. Raises
    ProofUnreadable, ProofForeign, UsageError, DeploymentError, ChainError and TransactionError.
    """
    proof = read_proof(proof_path)
    site = open_site(network, config, signing=True)
    assert site.signer is not None
    model = find_bound_model(site, proof, name)
    refuse_stopped(site, model)
    binding = proof.binding
    if binding is None or binding.account == ZERO_ADDRESS:
        raise ProofForeign("only a proof that is bound to an account can be submitted for it; this one is not")
    wanted = (site.network.chain_id, model.gateway, model.model_id, site.signer.address)
    found = (binding.chain_id, binding.gateway, binding.model_id, binding.account)
    for what, one, other in zip(("chain", "gateway", "model", "account"), found, wanted, strict=True):
        if one != other:
            raise ProofForeign(f"the proof is bound to {what} {one}; here it is {other}")
    deadline = binding.deadline
    if valid_for is not None:
        if valid_for <= 0:
            raise UsageError(f"--valid-for is {valid_for} s; it must be positive")
        deadline = min(deadline, site.chain.head().timestamp + valid_for)
    report("signing")
    permit = sign_permit(
        site.signer, binding, statement_id(binding, proof.instances), relayer or ZERO_ADDRESS, deadline
    )
    path = out or proof_path.with_name(f"{proof_path.name.removesuffix('.json').removesuffix('.proof')}.permit.json")
    write_permit(path, permit)
    return Permitted(path=path, permit=permit)


def permit_for(path: Path, proof: Proof) -> Permit:
    """The permit at `path`, which has to be for this proof. Raises ProofUnreadable and ProofForeign."""
    permit, binding = read_permit(path), proof.binding
    if binding is None:
        raise ProofForeign("the proof is bound to nothing: anyone can submit it, without a permit")
    for what, found, wanted in (
        ("account", permit.account, binding.account),
        ("chain", permit.chain_id, binding.chain_id),
        ("gateway", permit.gateway, binding.gateway),
        ("model", permit.model_id, binding.model_id),
        ("statement", permit.statement, statement_id(binding, proof.instances)),
    ):
        if found != wanted:
            raise ProofForeign(
                f"{path} is for {what} {found}, the proof for {wanted}",
                remedy="give the permit that `zkchain permit` wrote for this proof",
            )
    return permit
