"""The model under test on the test's chain: registry, gateway and a verifier, the real one or the mock."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..chain.client import Chain
from ..chain.deploy import deploy_contract
from ..chain.gateway import KnownModel, record_of, statement_of, submit_inference
from ..chain.registry import ContractAt, ModelVersion, register_model
from ..chain.signer import Signer
from ..config import Config
from ..pipeline.admission import GATEWAY, REGISTRY
from ..pipeline.deploy import deploy_bundle
from ..pipeline.engine import make_engine
from ..pipeline.layout import layout_of
from ..pipeline.submit import errors_behind_the_gateway
from ..records import InferenceEvent, Proof
from ..solidity.artifacts import load_artifact
from ..values import ZERO_DIGEST, Address, Digest, keccak_of
from .devnet import NAME
from .fake import FAKE_KEY, MOCK, mock_errors, params_instance, refuse_off_devnets
from .models import CompiledModel

#: Name of the deployment's record, and of the model on chain.
TITLE = "tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedModel:
    """A registered model that a consumer contract can be built on."""

    compiled: CompiledModel
    chain: Chain
    signer: Signer
    gateway: ContractAt
    registry: ContractAt
    known: KnownModel

    @property
    def model_id(self) -> int:
        """The version's id as contracts take it."""
        return int(self.known.model_id, 16)

    def submit(self, proof: Proof, signer: Signer | None = None) -> InferenceEvent:
        """Have the gateway check and record a proof, by the test's account unless another signs.

        Raises AlreadyRecorded, BindingRefused, ProofRejected and what `submit_inference` raises; FakeProofRefused off
        devnets.
        """
        abis = errors_behind_the_gateway()
        if self.compiled.fake:
            refuse_off_devnets(self.chain)
            abis = (*abis, *mock_errors())
        sender = signer or self.signer
        _, event = submit_inference(self.chain, sender, self.gateway, self.known, proof, abis=abis)
        return event

    def recorded(self, instances: Sequence[int]) -> Address | None:
        """For whom the gateway has recorded this statement; None when it has not."""
        statement = statement_of(self.chain, self.gateway, self.known.model_id, instances)
        record = record_of(self.chain, self.gateway, statement)
        return None if record is None else record.account

    def stands(self) -> bool:
        """Whether the chain still holds it: a rolled back one does not."""
        return bool(self.chain.code_at(self.gateway.address)) and bool(self.chain.code_at(self.registry.address))


def deploy_real(compiled: CompiledModel, chain: Chain, signer: Signer, config: Config, folder: Path) -> DeployedModel:
    """Deploy a bundle as `zkchain deploy` does, with the shared verifier, which needs no compiler.

    Raises as `deploy_bundle` does.
    """
    done = deploy_bundle(folder, network=NAME, config=config, prover=make_engine(config), name=TITLE, verifier="shared")
    assert done.model_id is not None
    return _model(
        compiled, chain, signer, gateway=done.contracts[GATEWAY], registry=done.contracts[REGISTRY], found=done.model_id
    )


def deploy_fake(compiled: CompiledModel, chain: Chain, owner: Signer, signer: Signer) -> DeployedModel:
    """Deploy registry and gateway as they ship, and register the mock verifier. Raises FakeProofRefused off devnets."""
    refuse_off_devnets(chain)
    registry_artifact, gateway_artifact, mock = (load_artifact(name) for name in (REGISTRY, GATEWAY, MOCK))
    _, registry = deploy_contract(chain, owner, registry_artifact, ())
    _, gateway = deploy_contract(chain, owner, gateway_artifact, (registry,))
    _, adapter = deploy_contract(chain, owner, mock, (bytes.fromhex(compiled.circuit_digest[2:]),))
    layout = layout_of(compiled.segments)
    params = keccak_of(params_instance(compiled).to_bytes(32, "big")) if layout.params_count else ZERO_DIGEST
    version = ModelVersion(
        circuit_digest=compiled.circuit_digest,
        model_digest=compiled.spec.digest,
        adapter=adapter,
        adapter_code_hash=chain.code_hash(adapter),
        key_digest=FAKE_KEY,
        params_digest=params,
        layout=layout,
        dev_srs=True,
        name=TITLE,
    )
    at = ContractAt(registry, registry_artifact.abi)
    model_id, _ = register_model(chain, owner, at, version)
    return _model(compiled, chain, signer, gateway=gateway, registry=registry, found=model_id)


def _model(
    compiled: CompiledModel, chain: Chain, signer: Signer, *, gateway: Address, registry: Address, found: Digest
) -> DeployedModel:
    return DeployedModel(
        compiled=compiled,
        chain=chain,
        signer=signer,
        gateway=ContractAt(gateway, load_artifact(GATEWAY).abi),
        registry=ContractAt(registry, load_artifact(REGISTRY).abi),
        known=KnownModel(model_id=found, name=TITLE, segments=compiled.segments),
    )
