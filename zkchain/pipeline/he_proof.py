"""The proof that goes with an encrypted answer: the server makes it for a query's challenge, the client checks it.

It says that whoever answered this query has the model that a bundle commits to. It says nothing of the ciphertext.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..circuit.bundle import circuit_files, load_bundle, read_manifest
from ..config import Config
from ..errors import AnswerUnproved, ForeignModel, UsageError
from ..halo2 import Prover
from ..outputs import OutputValue, decode_outputs
from ..progress import Report
from ..proof.check import check_proof
from ..record import Record
from ..records import Bundle, Proof, Provenance, Segment
from ..training.he.challenge import Challenge, binding_of, on_grid, query_digest, read_challenge
from ..training.he.container import Sealed
from ..values import Digest, FieldElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched(Record):
    """The proof as it is in an answer; what it is bound to is for the client to know."""

    circuit: Digest
    instances: tuple[FieldElement, ...]
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """How a server proves: with a bundle of the model that it computes, whose parameters are hashed."""

    bundle: Path
    prover: Prover


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """What a client checks an answer by: its own query, and the model that it expects behind the answer.

    With a `network`, the model has to be registered and live there, under `name` where one is given.
    """

    query: Path
    bundle: Path
    config: Config
    prover: Prover
    network: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind(Record):
    """What is known of the model behind an answer."""

    circuit: Digest
    params: Digest
    srs: Provenance  #: a development SRS's maker can forge any proof
    shown: str  #: "input" when the proof shows that it is about the challenge's input, "query" when it is bound alone
    outputs: dict[str, list[OutputValue]]  #: proved for the challenge's input; empty where the proof does not show it
    model_id: Digest | None  #: in the registry that was asked


def check_vouching(folder: Path, model: Digest) -> None:
    """Whether proofs of a bundle can vouch for a model. Raises BundleError, ForeignModel, UsageError."""
    _expect_vouching(folder, read_manifest(folder), model)


def vouch(vouching: Vouching, query: Sealed, report: Report) -> Vouched:
    """Prove a query's challenge. Raises BundleError, EncryptedUnreadable, ValueOutOfRange and EngineError."""
    from ..proof.prove import make_proof

    bundle = load_bundle(vouching.bundle)
    challenge, files = read_challenge(query, bundle.model), circuit_files(vouching.bundle)
    data = [list(part) for part in challenge.inputs]
    made, _ = make_proof(vouching.prover, files, bundle, data, binding_of(query), report)
    return Vouched(circuit=made.circuit_digest, instances=made.instances, proof=made.proof)


def check_vouched(checking: Checking, query: Sealed, answer: Sealed, report: Report) -> Behind:
    """What stands behind an answer to a query.

    Raises AnswerUnproved saying why when the proof is missing, of another query, input or model, or does not hold;
    ForeignModel, UsageError, BundleError, DeploymentError, ChainError and EngineError.
    """
    bundle = load_bundle(checking.bundle)
    params = _expect_vouching(checking.bundle, bundle, answer.header.model)
    if answer.header.extra.get("query") != query_digest(query):
        raise AnswerUnproved("the answer is to another query")
    vouched = _vouched(answer)
    proof = Proof(
        circuit_digest=vouched.circuit, instances=vouched.instances, proof=vouched.proof, binding=binding_of(query)
    )
    report("checking what is behind the answer")
    verdict = check_proof(checking.prover, circuit_files(checking.bundle), bundle, proof, report)
    if not verdict.valid:
        raise AnswerUnproved(f"the proof in the answer is not one of this query and model: {verdict.reason}")
    shown = _shows_input(checking.prover, bundle, proof, read_challenge(query, bundle.model), report)
    return Behind(
        circuit=bundle.circuit_digest,
        params=params,
        srs=bundle.srs.provenance,
        shown="input" if shown else "query",
        outputs=decode_outputs(bundle.segments, proof.instances) if shown else {},
        model_id=None if checking.network is None else _registered(checking, checking.network, bundle, params),
    )


def _expect_vouching(folder: Path, bundle: Bundle, model: Digest) -> Digest:
    """The commitment to the parameters of a bundle that can vouch for a model."""
    if bundle.model.digest != model:
        raise ForeignModel(
            f"the bundle {folder} is for model {bundle.model.digest[:14]}; this one is {model[:14]}",
            found=bundle.model.digest,
            expected=model,
        )
    if bundle.params_digest is None:
        raise UsageError(
            f"the parameters of {folder} are not hashed, so its proofs commit to none",
            remedy="compile with --visibility params=hashed",
        )
    if not bundle.binding:
        raise UsageError(
            f"{folder} was compiled without binding, so its proofs are of no query",
            remedy="compile without --no-binding",
        )
    return bundle.params_digest


def _vouched(answer: Sealed) -> Vouched:
    given: Any = answer.header.extra.get("proof")
    if given is None:
        raise AnswerUnproved("no proof came with the answer", remedy="have the server run: zkchain he infer BUNDLE")
    try:
        return Vouched.from_json(given)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AnswerUnproved("the proof in the answer cannot be read") from None


def _shows_input(prover: Prover, bundle: Bundle, proof: Proof, challenge: Challenge, report: Report) -> bool:
    """Whether the proof shows its input, which has to be the challenge's then."""
    seen = False
    for place, tensor in enumerate(bundle.model.inputs):
        values = on_grid(challenge.inputs[place], bundle.input_scales[place])
        for segment in bundle.segments:
            if segment.tensor == tensor.name and segment.kind in ("input", "input_hash"):
                seen = True
                if _instances(proof, segment) != _wanted(prover, segment, values, report):
                    raise AnswerUnproved("the proof in the answer is about another input than the query's challenge")
    return seen


def _instances(proof: Proof, segment: Segment) -> tuple[FieldElement, ...]:
    return proof.instances[segment.start : segment.start + segment.count]


def _wanted(prover: Prover, segment: Segment, values: tuple[int, ...], report: Report) -> tuple[FieldElement, ...]:
    if segment.kind == "input_hash":
        return prover.poseidon([values], report)
    return tuple(FieldElement.from_int(value) for value in values)


def _registered(checking: Checking, network: str, bundle: Bundle, params: Digest) -> Digest:
    """The id under which the bundle's circuit and parameters are registered."""
    from ..chain.registry import ContractAt, get_version
    from ..solidity.artifacts import load_artifact
    from .lookup import find_model, refuse_stopped
    from .site import open_site

    site = open_site(network, checking.config, signing=False)
    model = find_model(site, bundle.circuit_digest, name=checking.name)
    refuse_stopped(site, model)
    version = get_version(site.chain, ContractAt(model.registry, load_artifact("ModelRegistry").abi), model.model_id)
    if version is None or version.params_digest != params:
        raise AnswerUnproved(f"the model registered on {network!r} has other parameters than the bundle")
    return model.model_id
