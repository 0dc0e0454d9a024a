"""The devnet as a process: started, found, kept, refused, stopped; both engines."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.chains import ENGINES, need, network_of, raw
from zkchain.chain.client import connect
from zkchain.chain.devnet import ensure_devnet, running_devnet, serve_devnet, start_devnet, stop_devnet
from zkchain.chain.devnet_state import DevnetInfo, Engine
from zkchain.chain.networks import resolve_network
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.config import Config
from zkchain.errors import DevnetFailed, NetworkUnknown

START = """
import json, sys
from pathlib import Path
from zkchain.chain.devnet import ensure_devnet
print(json.dumps(ensure_devnet(Path(sys.argv[1])).to_json()))
"""


@pytest.fixture
def home(tmp_path: Path):
    yield tmp_path
    stop_devnet(tmp_path)


@pytest.fixture(params=ENGINES)
def fresh_engine(request: pytest.FixtureRequest) -> Engine:
    need(request.param)
    return request.param


def starting(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, text=True)


def test_a_devnet_starts_answers_keeps_its_state_and_stops(home: Path, fresh_engine: Engine):
    info = start_devnet(home, engine=fresh_engine)
    assert info.engine == fresh_engine
    assert info.chain_id == 31337
    assert running_devnet(home) == info
    send(connect(network_of(info)), dev_signer(), to=dev_signer(1).address, data=b"")
    again = start_devnet(home)
    assert again == info
    assert connect(network_of(again)).block_number() == 1
    assert stop_devnet(home) is True
    assert running_devnet(home) is None
    assert stop_devnet(home) is False
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", info.port), timeout=5)


def test_it_listens_on_loopback_only(home: Path, fresh_engine: Engine):
    info = start_devnet(home, engine=fresh_engine)
    process = psutil.Process(info.pid)
    # Brownie pins a psutil in which the method has its older name.
    connections = process.net_connections() if hasattr(process, "net_connections") else process.connections()
    listening = [item.laddr for item in connections if item.status == psutil.CONN_LISTEN]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == {info.port}


def test_the_embedded_engine_is_the_default(home: Path):
    assert ensure_devnet(home).engine == "embedded"


def test_it_survives_the_process_that_started_it(home: Path):
    starter = starting(home)
    out, _ = starter.communicate(timeout=60)
    info = DevnetInfo.from_json(json.loads(out))
    assert starter.returncode == 0
    assert running_devnet(home) == info
    # A session of its own: Ctrl-C in the starter's terminal does not reach it.
    assert os.getsid(info.pid) == info.pid


def test_two_processes_that_start_at_once_get_the_same_devnet(home: Path):
    starters = [starting(home) for _ in range(2)]
    found = {starter.communicate(timeout=60)[0] for starter in starters}
    assert len(found) == 1
    info = DevnetInfo.from_json(json.loads(found.pop()))
    assert running_devnet(home) == info


def test_another_engine_or_port_than_the_running_one_is_refused(home: Path):
    info = start_devnet(home)
    with pytest.raises(DevnetFailed, match="embedded") as caught:
        start_devnet(home, engine="anvil")
    assert "--stop" in caught.value.remedy
    with pytest.raises(DevnetFailed):
        start_devnet(home, port=info.port % 65000 + 1)
    assert start_devnet(home, engine="embedded", port=info.port) == info


def test_a_devnet_that_was_killed_is_replaced(home: Path, fresh_engine: Engine):
    first = start_devnet(home, engine=fresh_engine)
    os.kill(first.pid, signal.SIGKILL)
    psutil.Process(first.pid).wait(5)
    assert running_devnet(home) is None
    second = start_devnet(home, engine=fresh_engine)
    assert second.pid != first.pid
    assert connect(network_of(second)).block_number() == 0


def test_a_stale_pid_that_another_process_got_is_left_alone(home: Path):
    """The state file names this very process, which began at another time than the file says."""
    info = start_devnet(home)
    stop_devnet(home)
    state = {"info": {**info.to_json(), "pid": os.getpid()}, "started": psutil.Process().create_time() - 3600}
    (home / "devnet" / "devnet.json").write_text(json.dumps(state))
    assert running_devnet(home) is None
    assert stop_devnet(home) is False  # and we are still here


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"info": 1, "started": 2}', "\x00"])
def test_a_damaged_state_file_counts_as_none(home: Path, damage: str):
    (home / "devnet").mkdir(parents=True)
    (home / "devnet" / "devnet.json").write_text(damage)
    assert running_devnet(home) is None
    assert stop_devnet(home) is False


def test_a_devnet_that_hangs_is_reported_and_can_be_stopped(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("zkchain.chain.client._PROBE_SECONDS", 0.3)
    info = start_devnet(home)
    os.kill(info.pid, signal.SIGSTOP)
    try:
        assert running_devnet(home) is None
        with pytest.raises(DevnetFailed, match="does not answer"):
            ensure_devnet(home)
    finally:
        monkeypatch.setattr("zkchain.chain.devnet._STOP_SECONDS", 0.3)
        assert stop_devnet(home) is True
    assert not psutil.pid_exists(info.pid)


def test_a_taken_port_is_refused_and_leaves_nothing(home: Path, fresh_engine: Engine):
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(DevnetFailed, match="cannot be used"):
        start_devnet(home, engine=fresh_engine, port=other.getsockname()[1])
    assert running_devnet(home) is None
    assert not (home / "devnet" / "devnet.json").exists()


def test_a_port_that_is_asked_for_is_taken(home: Path, fresh_engine: Engine):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    assert start_devnet(home, engine=fresh_engine, port=port).rpc_url == f"http://127.0.0.1:{port}"


def test_a_missing_anvil_is_reported(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ZKCHAIN_ANVIL", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DevnetFailed, match="no anvil was found"):
        start_devnet(home, engine="anvil")


def test_an_engine_that_ends_at_once_is_reported_with_its_last_words(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\necho the disk is on fire >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("ZKCHAIN_ANVIL", str(broken))
    with pytest.raises(DevnetFailed, match="code 3: the disk is on fire"):
        start_devnet(home, engine="anvil")
    assert running_devnet(home) is None


def test_the_devnet_does_not_carry_our_secrets(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", "0x" + "5e" * 32)
    info = start_devnet(home)
    assert "ZKCHAIN_PRIVATE_KEY" not in psutil.Process(info.pid).environ()


def test_serving_in_the_foreground_ends_with_the_devnet_and_cleans_up(home: Path):
    seen: list[DevnetInfo] = []

    def ready(info: DevnetInfo) -> None:
        seen.append(info)
        with pytest.raises(DevnetFailed, match="already"):
            serve_devnet(home, ready=seen.append)
        os.kill(info.pid, signal.SIGTERM)

    serve_devnet(home, ready=ready)
    assert len(seen) == 1
    assert running_devnet(home) is None


def test_an_interrupt_stops_the_foreground_devnet(home: Path):
    def interrupted(info: DevnetInfo) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve_devnet(home, ready=interrupted)
    assert running_devnet(home) is None


def test_local_starts_a_devnet_and_other_names_come_from_the_configuration(home: Path):
    config = Config(home=home, deployments=home, memory_limit_bytes=2**30, time_limit_seconds=60)
    network = resolve_network("local", config)
    assert network.chain_id == 31337
    assert network.devnet
    assert connect(network).block_number() == 0
    with pytest.raises(NetworkUnknown):
        resolve_network("mainnet", config)


def test_time_and_snapshots_can_be_turned(home: Path, fresh_engine: Engine):
    info = start_devnet(home, engine=fresh_engine)
    chain = connect(network_of(info))
    mark = raw(info.rpc_url, "evm_snapshot")
    before = chain.head()
    raw(info.rpc_url, "evm_increaseTime", 1000)
    raw(info.rpc_url, "evm_mine")
    assert chain.head().timestamp >= before.timestamp + 1000
    assert raw(info.rpc_url, "evm_revert", mark) is True
    assert chain.head().number == before.number


def test_stopping_is_quick(home: Path, fresh_engine: Engine):
    start_devnet(home, engine=fresh_engine)
    started = time.monotonic()
    stop_devnet(home)
    assert time.monotonic() - started < 2
