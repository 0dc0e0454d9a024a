"""What the three stories share: a consumer contract beside the gateway, and a proved answer brought to it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkchain.chain.abi import encode_call
from zkchain.chain.client import Chain, connect
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.networks import resolve_network
from zkchain.chain.registry import ContractAt, read
from zkchain.chain.signer import Signer
from zkchain.chain.signers import load_signer
from zkchain.chain.transact import send
from zkchain.config import Config, read_config
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.deploy import deploy_bundle
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import ProveResult, prove_input
from zkchain.pipeline.submit import submit_proof
from zkchain.records import Bundle
from zkchain.solidity.artifacts import load_artifact
from zkchain.values import Address

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

    def prove(self, input_path: Path) -> ProveResult:
        """Prove one input for the signer of the network; the proof is written beside the bundle."""
        prover, out = make_engine(self.config), self.folder.with_suffix(".proof.json")
        return prove_input(self.folder, input_path, config=self.config, prover=prover, network=NETWORK, out=out)

    def submit(self, proved: ProveResult) -> None:
        """Have the gateway check and record the proof."""
        event = submit_proof(proved.path, NETWORK, config=self.config).event
        print(f"recorded: {event.model_name} says {event.outputs} (transaction {event.tx_hash})")

    def act(self, method: str, proved: ProveResult) -> None:
        """Let the consumer act on the recorded answer."""
        self.call(method, [int(value) for value in proved.proof.instances])

    def call(self, method: str, *arguments: Any) -> None:
        """Send a transaction to the consumer. Raises TransactionReverted with the consumer's reason."""
        data = encode_call(self.consumer.abi, method, list(arguments))
        send(self.chain, self.signer, to=self.consumer.address, data=data, abis=[self.consumer.abi])

    def ask(self, view: str, *arguments: Any) -> tuple[Any, ...]:
        """What a view function of the consumer returns."""
        return read(self.chain, self.consumer, view, list(arguments))


def fixed_point(bundle: Bundle, value: float) -> int:
    """A threshold in the fixed point of the model's first output."""
    scale = next(segment.scale for segment in bundle.segments if segment.kind == "output")
    return round(value * 2**scale)


def begin(example: Path, workdir: Path, contract: str, arguments: Callable[[Bundle, Address], tuple]) -> Story:
    """Compile and deploy the example's model, then deploy `contract` for it.

    `arguments` maps the bundle and the signer's account to the consumer's constructor arguments after gateway and
    model id.
    """
    name = json.loads((example / "about.json").read_text())["name"]
    workdir.mkdir(parents=True, exist_ok=True)
    config = read_config(cwd=workdir)
    prover = make_engine(config)
    model, samples, out = example / "model.onnx", example / "samples.json", workdir / f"{name}.bundle"
    compiled = compile_model(model, samples, config=config, prover=prover, out=out, replace_other=True)
    deployed = deploy_bundle(compiled.folder, network=NETWORK, name=name, config=config, prover=prover)
    chain = connect(resolve_network(NETWORK, config))
    signer = load_signer(None, chain.network)
    artifact = load_artifact(contract)
    head = (deployed.contracts["InferenceGateway"], int(deployed.model_id, 16))
    _, address = deploy_contract(chain, signer, artifact, (*head, *arguments(compiled.bundle, signer.address)))
    print(f"deployed: {name} behind the gateway, {contract} at {address}")
    return Story(config, chain, signer, compiled.bundle, compiled.folder, ContractAt(address, artifact.abi))


def workdir_of(example: Path) -> Path:
    """Where a story keeps its bundle, proof and deployment records: the first argument, or out/ where it is run."""
    return Path(sys.argv[1] if len(sys.argv) > 1 else Path("out") / example.name).absolute()
