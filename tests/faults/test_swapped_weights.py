"""T12: in every visibility mode that is offered, a proof made with other weights is refused, here and on a chain."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.bundles import compile_tiny
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.signer import dev_signer
from zkchain.circuit.bundle import circuit_files, load_bundle
from zkchain.circuit.options import CompileOptions
from zkchain.config import Config, read_config
from zkchain.errors import VisibilityRefused
from zkchain.halo2 import Engine
from zkchain.pipeline.deploy import deploy_bundle
from zkchain.pipeline.verify import verify_on_network
from zkchain.proof.binding import binding_tag
from zkchain.proof.check import check_proof
from zkchain.proof.codec import write_proof
from zkchain.records import Binding, Proof, Visibility
from zkchain.values import ZERO_DIGEST

INPUT = [0.5, -0.25]
#: The same numerics for both models, so that their circuits differ in nothing but the weights.
PINNED = {"input_scale": 7, "param_scale": 7, "decomp_base": 128, "decomp_legs": 4, "num_inner_cols": 1, "logrows": 13}
OURS, THEIRS = 0, 3


@dataclass(frozen=True)
class Shop:
    """Where models are compiled and deployed."""

    folder: Path
    config: Config
    prover: Engine

    def compiled(self, seed: int, options: CompileOptions) -> Path:
        out = self.folder / f"{seed}-{abs(hash(options))}.bundle"
        compile_tiny(self.folder, out, config=self.config, prover=self.prover, seed=seed, options=options)
        return out


@pytest.fixture(scope="module")
def shop(tmp_path_factory, prover: Engine) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    config = read_config({"ZKCHAIN_HOME": str(folder / "home")}, folder)
    start_devnet(config.home, engine="embedded")
    yield Shop(folder, config, prover)
    stop_devnet(config.home)


def options_of(visibility: Visibility) -> CompileOptions:
    pins = tuple((name, json.dumps(value)) for name, value in PINNED.items())
    return CompileOptions(visibility=visibility, binding=visibility.output == "public", pinned=pins)


def modes() -> Iterator[object]:
    for params in ("fixed", "hashed"):
        for source, output in (
            ("private", "public"),
            ("public", "public"),
            ("hashed", "public"),
            ("private", "hashed"),
            ("public", "hashed"),
        ):
            mode = Visibility(input=source, output=output, params=params)
            usual = (source, output) == ("private", "public")
            yield pytest.param(mode, marks=[] if usual else [pytest.mark.slow], id=f"{source}-{output}-{params}")


@pytest.mark.parametrize("visibility", list(modes()))
def test_a_proof_with_other_weights_is_refused(shop: Shop, visibility: Visibility, tmp_path: Path):
    options = options_of(visibility)
    ours, theirs = shop.compiled(OURS, options), shop.compiled(THEIRS, options)
    bundle = load_bundle(ours)
    deployed = deploy_bundle(
        ours,
        network="local",
        name=f"model-{visibility.input}-{visibility.output}-{visibility.params}",
        verifier="shared",
        config=shop.config,
        prover=shop.prover,
    )
    assert deployed.model_id is not None
    binding = None
    if options.binding:
        binding = Binding(
            chain_id=deployed.chain_id,
            gateway=deployed.contracts["InferenceGateway"],
            model_id=deployed.model_id,
            account=dev_signer(0).address,
            request=ZERO_DIGEST,
            nonce=1,
            deadline=2**40,
        )
    tag = binding_tag(binding) if binding else None
    verdicts = {}
    for kind, folder in (("honest", ours), ("swapped", theirs)):
        proved = shop.prover.prove(circuit_files(folder), [INPUT], lambda _: None, tag=tag)
        proof = Proof(
            circuit_digest=bundle.circuit_digest, instances=proved.instances, proof=proved.proof, binding=binding
        )
        path = tmp_path / f"{kind}.json"
        write_proof(path, proof)
        here = check_proof(shop.prover, circuit_files(ours), bundle, proof)
        there = verify_on_network(path, "local", config=shop.config, name=deployed.name)
        verdicts[kind] = here.valid, there.valid
        if kind == "swapped" and visibility.params == "hashed":
            # The circuit is the same, so that only the pinned hash of the parameters stands in the way.
            assert shop.prover.verify(circuit_files(ours), proof.instances, proof.proof)
            assert "parameters" in here.reason
            assert "Params" in there.reason
    assert verdicts == {"honest": (True, True), "swapped": (False, False)}


def test_the_mode_in_which_any_weights_would_do_is_refused(shop: Shop):
    with pytest.raises(VisibilityRefused, match="any other weights"):
        shop.compiled(OURS, options_of(Visibility(params="private")))
