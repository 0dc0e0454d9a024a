"""Records outlive a devnet: after a restart they are recognised as gone, and a redeployment counts up."""

from pathlib import Path

import pytest

from tests.support.chains import ENGINES, need, network_of
from zkchain.chain.client import connect
from zkchain.chain.deploy import deploy_code, deploy_contract
from zkchain.chain.deployment_record import DeploymentRecord
from zkchain.chain.deployments import code_matches, read_deployment, write_deployment
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.devnet_state import Engine
from zkchain.chain.signer import dev_signer
from zkchain.records import Deployment
from zkchain.solidity.artifacts import load_artifact

OWNER = dev_signer()
ARTIFACT = load_artifact("ModelRegistry")


@pytest.fixture(params=ENGINES)
def engine_once(request: pytest.FixtureRequest) -> Engine:
    need(request.param)
    return request.param


def deploy_and_record(root: Path, chain) -> DeploymentRecord:
    receipt, address = deploy_contract(chain, OWNER, ARTIFACT, ())
    deployment = Deployment(
        name="Registry",
        chain_id=31337,
        address=address,
        code_hash=chain.code_hash(address),
        code_bytes=len(chain.code_at(address)),
        gas_used=receipt.gas_used,
        tx_hash=receipt.tx_hash,
        block=receipt.block,
        status="confirmed",
    )
    raw = chain.raw_receipt(receipt.tx_hash)
    record = DeploymentRecord.of(deployment, ARTIFACT, args=(), receipt=raw, facts={"role": "registry"})
    write_deployment(root, chain.network, record)
    return read_deployment(root, chain.network, "Registry")


def test_a_restarted_devnet_is_told_from_the_one_that_was_recorded(tmp_path: Path, engine_once: Engine):
    home, root = tmp_path / "home", tmp_path / "deployments"
    try:
        chain = connect(network_of(start_devnet(home, engine=engine_once)))
        record = deploy_and_record(root, chain)
        assert code_matches(chain, record)
        assert record.receipt["transactionHash"] == record.deployment.tx_hash
        stop_devnet(home)
        chain = connect(network_of(start_devnet(home, engine=engine_once)))
        assert not code_matches(chain, record)
        # Another contract now takes the very address.
        _, address = deploy_code(chain, OWNER, bytes.fromhex("6001600c60003960016000f300"))
        assert address == record.deployment.address
        assert not code_matches(chain, record)
        again = deploy_and_record(root, chain)
        assert again.count == 2
        assert again.deployment.address != record.deployment.address
        assert code_matches(chain, again)
    finally:
        stop_devnet(home)
