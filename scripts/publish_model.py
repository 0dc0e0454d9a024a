"""Deploy the verifier of a compiled bundle behind an adapter, and register the model with the gateway.

python scripts/publish_model.py BUNDLE --network NAME                     a network of zkchain.toml, or local
brownie run scripts/publish_model.py main BUNDLE --network NAME           brownie's network, its first account
brownie run scripts/publish_model.py main BUNDLE ACCOUNT --network NAME   an account of `brownie accounts`

Registry and gateway are those of deploy_gateway.py; where there are none, they are deployed too.
"""

import argparse
import json
from pathlib import Path

from zkchain.config import Config, read_config
from zkchain.pipeline.brownie import from_brownie
from zkchain.pipeline.deploy import deploy_bundle
from zkchain.pipeline.engine import make_engine


def run(bundle: Path, network: str, config: Config) -> None:
    """Deploy with the network's signer, and print the deployment as one JSON object, without the URL."""
    deployed = deploy_bundle(bundle, network=network, config=config, prover=make_engine(config)).to_json()
    print(json.dumps({key: value for key, value in deployed.items() if key != "rpc_url"}))


def main(bundle: str, account: str = "") -> None:
    """What `brownie run` calls."""
    from brownie import accounts, network

    signer = accounts.load(account) if account else accounts[0]
    run(Path(bundle), *from_brownie(signer, network, read_config()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="what `zkchain compile` made")
    parser.add_argument("--network", required=True, help='"local", or a network of zkchain.toml')
    arguments = parser.parse_args()
    run(arguments.bundle, arguments.network, read_config())
