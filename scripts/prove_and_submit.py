"""Prove a model's answer to one input for the account that signs, submit it, and decode the gateway's event.

python scripts/prove_and_submit.py BUNDLE INPUT --network NAME                     a network of zkchain.toml, or local
brownie run scripts/prove_and_submit.py main BUNDLE INPUT --network NAME           brownie's network, its first account
brownie run scripts/prove_and_submit.py main BUNDLE INPUT ACCOUNT --network NAME   an account of `brownie accounts`

The model must have been deployed from here, by publish_model.py or `zkchain deploy`. The proof is written beside the
bundle, as NAME.proof.json.
"""

import argparse
import json
from pathlib import Path

from zkchain.config import Config, read_config
from zkchain.pipeline.brownie import from_brownie
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.submit import submit_proof


def run(bundle: Path, sample: Path, network: str, config: Config) -> None:
    """Prove and submit with the network's signer, and print receipt and event as one JSON object."""
    out, prover = bundle.with_suffix(".proof.json"), make_engine(config)
    proved = prove_input(bundle, sample, config=config, prover=prover, network=network, out=out)
    submitted = submit_proof(proved.path, network, config=config)
    print(json.dumps({"receipt": submitted.receipt.to_json(), "event": submitted.event.to_json()}))


def main(bundle: str, sample: str, account: str = "") -> None:
    """What `brownie run` calls."""
    from brownie import accounts, network

    signer = accounts.load(account) if account else accounts[0]
    run(Path(bundle), Path(sample), *from_brownie(signer, network, read_config()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="what `zkchain compile` made")
    parser.add_argument("input", type=Path, help="one sample, as JSON, .npz, .npy or .csv")
    parser.add_argument("--network", required=True, help='"local", or a network of zkchain.toml')
    arguments = parser.parse_args()
    run(arguments.bundle, arguments.input, arguments.network, read_config())
