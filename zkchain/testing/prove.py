"""One answer under proof in a test: by the real engine, or by nobody."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..config import Config
from ..errors import UsageError
from ..files import write_json
from ..model import evaluate, load_model, read_samples
from ..outputs import OutputValue, decode_outputs
from ..pipeline.engine import make_engine
from ..pipeline.prove import VALID_SECONDS, prove_input
from ..proof.binding import binding_tag
from ..records import Binding, Proof
from ..values import ZERO_ADDRESS, ZERO_DIGEST, Address, Digest
from .devnet import NAME
from .fake import claimed_answers, fake_instances, fake_proof
from .live import TITLE, DeployedModel

Inputs = Path | str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A proof and what it says. `instances` are what contracts take."""

    proof: Proof
    outputs: dict[str, list[OutputValue]]

    @property
    def instances(self) -> list[int]:
        """The statement."""
        return [int(value) for value in self.proof.instances]


class Prove(Protocol):
    """What the fixture `prove` is."""

    def __call__(
        self,
        inputs: Inputs,
        *,
        account: Address | None = None,
        request: Digest | None = None,
        valid_for: int = VALID_SECONDS,
        outputs: Mapping[str, Any] | None = None,
    ) -> Proved:
        """Prove the model's answer to one sample: a file, or values by input name.

        The proof is for the test's account, unless another one or a request is named. `outputs` claims other answers
        than the model's, which only the fake prover can: raises UsageError with the real one. Raises SampleError and,
        with the real one, EngineError.
        """


def default_account(model: DeployedModel, account: Address | None, request: Digest | None) -> Address | None:
    """The account that a proof is for when the caller names neither it nor a request; None without binding."""
    if account is not None or request is not None or not model.compiled.binding:
        return account
    return model.signer.address


@dataclass(frozen=True, slots=True, kw_only=True)
class RealProve:
    """Proves as `zkchain prove` does."""

    model: DeployedModel
    config: Config
    folder: Path  #: for the test's own files

    def __call__(
        self,
        inputs: Inputs,
        *,
        account: Address | None = None,
        request: Digest | None = None,
        valid_for: int = VALID_SECONDS,
        outputs: Mapping[str, Any] | None = None,
    ) -> Proved:
        """See `Prove`."""
        if outputs is not None:
            raise UsageError(
                "the real prover proves the model's own answer and no other",
                remedy="leave outputs out, or run the test with the fake prover",
            )
        assert self.model.compiled.folder is not None
        done = prove_input(
            self.model.compiled.folder,
            sample_file(inputs, self.folder),
            config=self.config,
            prover=make_engine(self.config),
            out=self.folder / f"{secrets.token_hex(8)}.proof.json",
            network=NAME,
            name=TITLE,
            account=default_account(self.model, account, request),
            request=request,
            valid_for=valid_for,
        )
        return Proved(proof=done.proof, outputs=done.outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeProve:
    """Runs the float model, and says that it proved it. The mock verifier believes that, on devnets alone."""

    model: DeployedModel
    folder: Path

    def __call__(
        self,
        inputs: Inputs,
        *,
        account: Address | None = None,
        request: Digest | None = None,
        valid_for: int = VALID_SECONDS,
        outputs: Mapping[str, Any] | None = None,
    ) -> Proved:
        """See `Prove`. Raises FakeProofRefused off devnets."""
        compiled = self.model.compiled
        loaded = load_model(compiled.source.model, dims=dict(compiled.source.dims))
        samples = read_samples(sample_file(inputs, self.folder), compiled.spec)
        if len(samples) != 1:
            raise UsageError(f"{len(samples)} samples; one is proved at a time")
        answers = evaluate(loaded, samples)[0] if outputs is None else claimed_answers(compiled, outputs)
        binding = self._binding(account, request, valid_for)
        instances = fake_instances(compiled, samples[0], answers, binding_tag(binding))
        proof = Proof(
            circuit_digest=compiled.circuit_digest,
            instances=instances,
            proof=fake_proof(self.model.chain, compiled.circuit_digest, instances),
            binding=binding,
        )
        return Proved(proof=proof, outputs=decode_outputs(compiled.segments, instances))

    def _binding(self, account: Address | None, request: Digest | None, valid_for: int) -> Binding | None:
        if account is not None and request is not None:
            raise UsageError("a proof is bound to an account or to a request, not to both")
        if not self.model.compiled.binding:
            if account is not None or request is not None:
                raise UsageError("this model has no binding; its proofs are for whoever submits first")
            return None
        chain = self.model.chain
        return Binding(
            chain_id=chain.network.chain_id,
            gateway=self.model.gateway.address,
            model_id=self.model.known.model_id,
            account=default_account(self.model, account, request) or ZERO_ADDRESS,
            request=request or ZERO_DIGEST,
            nonce=secrets.randbits(52),
            deadline=max(int(time.time()), chain.head().timestamp) + valid_for,
        )


def sample_file(inputs: Inputs, folder: Path) -> Path:
    """The file of `inputs`; values are written to one in `folder`."""
    if not isinstance(inputs, Mapping):
        return Path(inputs)
    path = folder / f"{secrets.token_hex(8)}.json"
    write_json(path, {name: np.asarray(values).tolist() for name, values in inputs.items()})
    return path
