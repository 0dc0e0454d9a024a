"""Transactions as a person looks at them, speeds them up and cancels them."""

import threading
import time

import pytest

from tests.support.chains import need, raw
from tests.support.txs import FRIEND, payment, until
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.signer import dev_signer
from zkchain.chain.tx.manager import open_manager
from zkchain.records import Network

from .runner import Zkchain

pytestmark = pytest.mark.anvil
OWNER = dev_signer(0)


@pytest.fixture
def zkchain(tmp_path):
    need("anvil")
    yield Zkchain(cwd=tmp_path, home=tmp_path / "home")
    stop_devnet(tmp_path / "home")


@pytest.fixture
def chain(zkchain, tmp_path) -> Chain:
    info = start_devnet(tmp_path / "home", engine="anvil")
    network = Network(name="local", rpc_url=info.rpc_url, chain_id=31337)
    return connect(network, journals=tmp_path / "home" / "accounts")


def test_where_nothing_was_sent_there_is_nothing_to_list_or_show(zkchain):
    assert zkchain.here("tx", "list", "--json").json == {"transactions": []}
    result = zkchain.here("tx", "list", "--network", "nowhere", "--json")
    assert result.json["error"] == "chain.unknown_network"
    missing = zkchain.here("tx", "show", "1", "--network", "local", "--json")
    assert (missing.exit_code, missing.json["error"]) == (13, "transaction.not_found")


def test_what_was_sent_is_listed_sped_up_cancelled_and_resumed(zkchain, chain):
    raw(chain.network.rpc_url, "evm_setAutomine", False)
    with open_manager(chain, OWNER) as manager:
        first, second, third = manager.submit([payment(number) for number in range(3)])
        tx_hash = manager.entry(first).attempts[0].hash
    listed = zkchain.here("tx", "list", "--network", "local", "--json").json["transactions"]
    assert [(line["id"], line["state"], line["label"]) for line in listed] == [
        (third, "sent", "payment 2"),
        (second, "sent", "payment 1"),
        (first, "sent", "payment 0"),
    ]
    faster = zkchain.here("tx", "speed-up", tx_hash[:12], "--network", "local", "--json").json
    old, new = faster["attempts"]
    assert (faster["id"], old["kind"], new["kind"]) == (first, "send", "bump")
    assert 10 * new["max_fee"] >= 11 * old["max_fee"]
    with open_manager(chain, OWNER) as manager:
        manager.cancel(second)
    raw(chain.network.rpc_url, "evm_setAutomine", True)
    raw(chain.network.rpc_url, "evm_mine")
    done = zkchain.here("tx", "resume", "--network", "local", "--json")
    states = {line["id"]: line["state"] for line in done.json["transactions"]}
    assert states == {first: "final", second: "cancelled", third: "final"}
    shown = zkchain.here("tx", "show", str(first), "--network", "local", "--json").json
    assert (shown["state"], shown["to"], shown["l1_fee"]) == ("final", FRIEND, None)
    assert shown["cost"] > 0
    late = zkchain.here("tx", "cancel", str(first), "--network", "local", "--json")
    assert (late.exit_code, late.json["facts"]["state"]) == (13, "final")
    for words in (("tx", "list"), ("tx", "show", str(second), "--network", "local")):
        assert "cancelled" in zkchain.here(*words).out


def test_a_cancellation_waits_for_its_outcome(zkchain, chain):
    raw(chain.network.rpc_url, "evm_setAutomine", False)
    with open_manager(chain, OWNER) as manager:
        (one,) = manager.submit([payment(1)])

    def mine_when_it_is_replaced() -> None:
        with open_manager(chain, OWNER.address) as watching:
            until(lambda: len(watching.entry(one).attempts) == 2, 60)
        time.sleep(0.5)  # until it is with the node, too
        raw(chain.network.rpc_url, "evm_mine")

    thread = threading.Thread(target=mine_when_it_is_replaced)
    thread.start()
    result = zkchain.here("tx", "cancel", str(one), "--network", "local", "--json")
    thread.join()
    assert result.exit_code == 0
    assert result.json["cancelled"] is True
    assert result.json["transaction"]["state"] == "cancelled"
