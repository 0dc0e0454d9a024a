"""Deploy a registry and a gateway, and record them under deployments/NETWORK/. What stands already is left alone.

python scripts/deploy_gateway.py --network NAME                     a network of zkchain.toml, or local
brownie run scripts/deploy_gateway.py --network NAME                brownie's network, its first account
brownie run scripts/deploy_gateway.py main ACCOUNT --network NAME   an account of `brownie accounts`
"""

import argparse
import json

from zkchain.config import Config, read_config
from zkchain.pipeline.brownie import from_brownie
from zkchain.pipeline.gateway import deploy_gateway


def run(network: str, config: Config) -> None:
    """Deploy with the network's signer, and print what stands as one JSON object."""
    print(json.dumps(deploy_gateway(network, config=config).to_json()))


def main(account: str = "") -> None:
    """What `brownie run` calls."""
    from brownie import accounts, network

    signer = accounts.load(account) if account else accounts[0]
    run(*from_brownie(signer, network, read_config()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True, help='"local", or a network of zkchain.toml')
    run(parser.parse_args().network, read_config())
