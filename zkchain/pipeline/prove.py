"""Use case: one input becomes a proof file, bound to a network and a sender when one is named."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..circuit.bundle import circuit_files, load_bundle
from ..config import Config
from ..errors import SamplesUnreadable, UsageError
from ..halo2 import Prover
from ..model import Sample, read_samples, to_input_data
from ..outputs import OutputValue, decode_outputs
from ..progress import Report, silent
from ..proof.codec import write_proof
from ..proof.prove import make_proof
from ..records import Binding, Bundle, Proof
from ..values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest
from .lookup import find_model, refuse_stopped
from .site import open_site

#: Seconds that a bound proof can be submitted for, unless the caller says otherwise.
VALID_SECONDS = 24 * 3600
_NONCE_BITS = 52  # fits every JSON reader's exact integers


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveResult:
    """A proof, where it was written, what it says and what it cost."""

    path: Path
    proof: Proof
    outputs: dict[str, list[OutputValue]]
    prove_seconds: float
    witness_seconds: float
    peak_rss_bytes: int


def prove_input(
    folder: Path,
    input_path: Path,
    *,
    config: Config,
    prover: Prover,
    out: Path | None = None,
    network: str | None = None,
    name: str | None = None,
    account: Address | None = None,
    request: Digest | None = None,
    row: int | None = None,
    valid_for: int = VALID_SECONDS,
    report: Report = silent,
) -> ProveResult:
    """Prove the sample at `input_path` (number `row` when it holds several) and write the proof to `out`.

    With `network`, the proof is bound to the deployed model there and to `account` (the network's signer when
    neither it nor `request` is given); `name` says which deployment, where several serve the circuit. Without, it
    is bound to nothing and can only be checked off chain, unless the circuit has no binding. Raises BundleError,
    SampleError, EngineError, DeploymentError and ChainError.
    """
    bundle = load_bundle(folder)
    sample = _one(read_samples(input_path, bundle.model), row, input_path)
    binding = None
    if network is not None:
        binding = _bind(bundle, network, name, config, account, request, valid_for)
    elif account is not None or request is not None or name is not None:
        raise UsageError(
            "a proof for an account, a request or a deployment needs a network", remedy="add --network NAME"
        )
    proof, cost = make_proof(prover, circuit_files(folder), bundle, to_input_data(sample), binding, report)
    path = out if out is not None else Path(f"{folder.resolve().name.removesuffix('.bundle')}.proof.json")
    write_proof(path, proof)
    return ProveResult(
        path=path,
        proof=proof,
        outputs=decode_outputs(bundle.segments, proof.instances),
        prove_seconds=cost.prove_seconds,
        witness_seconds=cost.witness_seconds,
        peak_rss_bytes=cost.peak_rss_bytes,
    )


def _one(samples: Sequence[Sample], row: int | None, path: Path) -> Sample:
    if row is None and len(samples) != 1:
        raise SamplesUnreadable(f"{path} holds {len(samples)} samples; one is proved at a time", remedy="add --row N")
    if not 0 <= (row or 0) < len(samples):
        raise UsageError(f"row {row} is outside 0..{len(samples) - 1} of {path}", remedy="give another --row")
    return samples[row or 0]


def _bind(
    bundle: Bundle,
    network: str,
    name: str | None,
    config: Config,
    account: Address | None,
    request: Digest | None,
    valid_for: int,
) -> Binding | None:
    if account is not None and request is not None:
        raise UsageError("a proof is bound to an account or to a request, not to both")
    if not 0 < valid_for <= 10 * 365 * 24 * 3600:
        raise UsageError(f"--valid-for is {valid_for} s; it must be positive and at most ten years")
    site = open_site(network, config, signing=account is None and request is None and bundle.binding)
    model = find_model(site, bundle.circuit_digest, name=name)
    refuse_stopped(site, model)
    if not bundle.binding:
        if account is not None or request is not None:
            raise UsageError("this circuit was compiled without binding; its proofs are for whoever submits first")
        return None
    if account is None and request is None:
        assert site.signer is not None
        account = site.signer.address
    return Binding(
        chain_id=site.network.chain_id,
        gateway=model.gateway,
        model_id=model.model_id,
        account=account or ZERO_ADDRESS,
        request=request or ZERO_DIGEST,
        nonce=secrets.randbits(_NONCE_BITS),
        deadline=max(int(time.time()), site.chain.head().timestamp) + valid_for,
    )
