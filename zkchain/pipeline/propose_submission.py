"""Use case: hand a submission to the owners of a Safe, as a file; nothing is signed or sent."""

from pathlib import Path

from ..chain.gateway import gas_of_submission, submit_data
from ..chain.safe import read_safe, safe_call
from ..config import Config
from ..errors import ProofForeign
from ..progress import Report, silent
from ..proof.codec import read_proof
from ..values import ZERO_ADDRESS, Address
from .proposal import Proposal, write_proposal
from .site import open_site
from .submit import destination, errors_behind_the_gateway


def propose_submission(
    proof_path: Path,
    network: str,
    safe: Address,
    *,
    out: Path | None,
    config: Config,
    name: str | None = None,
    report: Report = silent,
) -> Proposal:
    """Write the call by which the Safe submits the proof. The gateway is asked first whether it would take it.

    Raises SafeUnfit, ProofForeign for a proof that is bound to another account than the Safe, and what `submit_proof`
    raises for a proof that the gateway refuses.
    """
    proof = read_proof(proof_path)
    site = open_site(network, config, signing=False)
    found = read_safe(site.chain, safe)
    gateway, model = destination(site, proof, name)
    if proof.binding is not None and proof.binding.account not in (ZERO_ADDRESS, safe):
        raise ProofForeign(
            f"the proof is bound to account {proof.binding.account}; the Safe {safe} cannot submit it",
            remedy=f"prove again with --for {safe}",
            account=proof.binding.account,
        )
    report("asking the gateway")
    data = submit_data(gateway, model.model_id, proof)
    gas = gas_of_submission(site.chain, gateway, data, safe, abis=errors_behind_the_gateway())
    what = f"submit a proof for {model.name}"
    call = safe_call(site.chain, found, what=what, to=gateway.address, data=data, gas=gas)
    target = out or proof_path.with_name(f"{proof_path.name.removesuffix('.json')}.safe.json")
    files = write_proposal([(call,)], found, site.network.chain_id, what, target)
    return Proposal(safe=found, chain_id=site.network.chain_id, files=files, calls=(call,))
