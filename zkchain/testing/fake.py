"""Proofs that prove nothing, for fast tests of consumer contracts, on development chains alone.

Three things keep them there: this module refuses, the registry takes the mock's models only as ones with a
development SRS, and the mock verifier itself answers on no other chain, however it came there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..chain.client import Chain
from ..errors import FakeProofRefused, UsageError
from ..model import Sample
from ..records import Segment
from ..solidity.artifacts import load_artifact
from ..values import DEV_CHAIN_IDS, MODULUS, Digest, FieldElement, keccak_of
from .models import CompiledModel

MOCK = "MockVerifier"
#: `MockVerifier.keyDigest`.
FAKE_KEY = keccak_of(b"zkchain.mock.v1")


def refuse_off_devnets(chain: Chain) -> None:
    """Raise FakeProofRefused unless the chain, asked now, is a development chain."""
    chain.check_chain_id()
    refuse_chain_id(chain.network.chain_id)


def refuse_chain_id(chain_id: int) -> None:
    """Raise FakeProofRefused for any chain id but those of development chains."""
    if chain_id not in DEV_CHAIN_IDS:
        raise FakeProofRefused(
            f"chain {chain_id} is not a devnet ({', '.join(map(str, sorted(DEV_CHAIN_IDS)))}): "
            "fake proofs and their verifier are for tests alone",
            chain_id=chain_id,
        )


def fake_instances(
    compiled: CompiledModel, sample: Sample, answers: Sequence[Any], tag: FieldElement
) -> tuple[FieldElement, ...]:
    """The public instances that a circuit with `compiled`'s segments would have for this input and these answers.

    Hashes are stand-ins: they depend on what they stand for, but are not Poseidon's.
    """
    inputs = {tensor.name: values for tensor, values in zip(compiled.spec.inputs, sample, strict=True)}
    outputs = {tensor.name: values for tensor, values in zip(compiled.spec.outputs, answers, strict=True)}
    found: list[FieldElement] = []
    for segment in compiled.segments:
        if segment.kind == "binding":
            found.append(tag)
        elif segment.kind == "params_hash":
            found.append(params_instance(compiled))
        else:
            values = (inputs if segment.kind.startswith("input") else outputs)[segment.tensor]
            found += _instances(segment, np.asarray(values))
    return tuple(found)


def params_instance(compiled: CompiledModel) -> FieldElement:
    """Stands for the hash of the parameters."""
    return _hashed("params", [int(compiled.spec.digest, 16)])


def fake_proof(chain: Chain, circuit: Digest, instances: Sequence[FieldElement]) -> bytes:
    """The one proof that the mock of `circuit` takes for `instances`. Raises FakeProofRefused off devnets."""
    refuse_off_devnets(chain)
    words = b"".join(value.to_bytes(32, "big") for value in instances)
    return bytes.fromhex(keccak_of(bytes.fromhex(FAKE_KEY[2:]) + bytes.fromhex(circuit[2:]) + words)[2:])


def claimed_answers(compiled: CompiledModel, outputs: Mapping[str, Any]) -> list[Any]:
    """Answers by output name as arrays of the model's shapes. Raises UsageError when they do not fit."""
    wanted = {tensor.name for tensor in compiled.spec.outputs}
    if set(outputs) != wanted:
        raise UsageError(f"the answers are for {sorted(outputs)}; the model's outputs are {sorted(wanted)}")
    found = []
    for tensor in compiled.spec.outputs:
        values = np.asarray(outputs[tensor.name], dtype=np.float64)
        if values.size != tensor.elements or not np.isfinite(values).all():
            raise UsageError(f"output {tensor.name!r} takes {tensor.elements} finite numbers, found {values.size}")
        found.append(values.reshape(tensor.shape))
    return found


def mock_errors() -> tuple[Any, ...]:
    """The ABI that names the mock's errors."""
    return (load_artifact(MOCK).abi,)


def _instances(segment: Segment, values: Any) -> list[FieldElement]:
    if segment.kind.endswith("_hash"):
        return [_hashed(segment.tensor, np.asarray(values, dtype=np.float64).ravel().tolist())]
    return [FieldElement.from_int(round(float(value) * 2**segment.scale)) for value in values.ravel()]


def _hashed(what: str, values: Sequence[float | int]) -> FieldElement:
    return FieldElement(int(keccak_of(f"{what}:{list(values)!r}".encode()), 16) % MODULUS)
