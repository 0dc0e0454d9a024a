"""What the three stories share: a consumer contract beside the gateway, and a proved answer brought to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkchain.chain.abi import encode_call
from zkchain.chain.client import Chain
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.registry import ContractAt, read
from zkchain.chain.signer import Signer
from zkchain.chain.transact import send
from zkchain.config import Config, read_config
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.deploy import deploy_bundle
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import ProveResult, prove_input
from zkchain.pipeline.site import open_site
from zkchain.pipeline.submit import submit_proof
from zkchain.records import Bundle
from zkchain.solidity.artifacts import load_artifact

NETWORK = "local"


@dataclass(frozen=True)
class Story:
    """A deployed model with its consumer contract, ready to be brought answers."""

    config: Config
    chain: Chain
    signer: Signer
    bundle: Bundle
    folder: Path
    consumer: ContractAt

    def prove(self, input_path: Path, out: Path) -> ProveResult:
        """Prove one input for the signer of the network."""
        prover = make_engine(self.config)
        return prove_input(self.folder, input_path, config=self.config, prover=prover, network=NETWORK, out=out)

    def submit(self, proved: ProveResult) -> None:
        """Have the gateway check and record the proof."""
        event = submit_proof(proved.path, NETWORK, config=self.config).event
        print(f"recorded: {event.model_name} says {event.outputs} (transaction {event.tx_hash})")

    def act(self, method: str, proved: ProveResult) -> None:
        """Let the consumer act on the recorded answer."""
        data = encode_call(self.consumer.abi, method, [[int(value) for value in proved.proof.instances]])
        send(self.chain, self.signer, to=self.consumer.address, data=data, abis=[self.consumer.abi])

    def ask(self, view: str, *arguments: Any) -> tuple[Any, ...]:
        """What a view function of the consumer returns."""
        return read(self.chain, self.consumer, view, list(arguments))


def fixed_point(bundle: Bundle, value: float) -> int:
    """A threshold in the fixed point of the model's first output."""
    scale = next(segment.scale for segment in bundle.segments if segment.kind == "output")
    return round(value * 2**scale)


def begin(example: Path, workdir: Path, name: str, contract: str, arguments: Any) -> Story:
    """Compile and deploy the example's model, then deploy `contract` for it.

    `arguments` maps the bundle to the consumer's constructor arguments after gateway and model id.
    """
    config = read_config(cwd=workdir)
    prover = make_engine(config)
    compiled = compile_model(
        example / "model.onnx", example / "samples.json", config=config, prover=prover, out=workdir / f"{name}.bundle"
    )
    deployed = deploy_bundle(compiled.folder, network=NETWORK, name=name, config=config, prover=prover)
    site = open_site(NETWORK, config, signing=True)
    artifact = load_artifact(contract)
    head = (deployed.contracts["InferenceGateway"], int(deployed.model_id or "0", 16))
    signer = site.signer
    assert signer is not None
    _, address = deploy_contract(site.chain, signer, artifact, (*head, *arguments(compiled.bundle, signer.address)))
    print(f"deployed: {name} behind the gateway, {contract} at {address}")
    return Story(config, site.chain, signer, compiled.bundle, compiled.folder, ContractAt(address, artifact.abi))
