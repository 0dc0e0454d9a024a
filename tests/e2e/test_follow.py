"""`zkchain events --follow` as a process: killed, interrupted, its reader gone, its node away."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.forks import ABI, CHAIN_ID, GATEWAY, MODEL, ForkedChain
from tests.support.rpc_server import RawAnswer, rpc_server
from zkchain.chain.deployment_record import DeploymentRecord
from zkchain.chain.deployments import write_deployment
from zkchain.records import Deployment, Network
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST

from .runner import Zkchain, stop

FOLLOW = ("events", "--network", "forked", "--follow", "--json")


def record() -> DeploymentRecord:
    """A model behind the gateway of the forked chain."""
    facts = {
        "model_name": "m",
        "model_id": MODEL,
        "gateway": GATEWAY.address,
        "registry": ZERO_ADDRESS,
        "circuit_digest": ZERO_DIGEST,
        "provenance": "dev",
        "binding": True,
        "segments": [],
        "verifier": "own",
        "verifier_address": ZERO_ADDRESS,
        "verifier_code_bytes": 1,
    }
    deployment = Deployment(
        name="m",
        chain_id=CHAIN_ID,
        address=GATEWAY.address,
        code_hash=ZERO_DIGEST,
        code_bytes=1,
        gas_used=1,
        tx_hash=ZERO_DIGEST,
        block=0,
        status="confirmed",
    )
    return DeploymentRecord(
        deployment=deployment,
        abi=tuple(ABI),
        args=(),
        bytecode=b"",
        deployed_bytecode=b"",
        compiler="",
        solc_input="",
        receipt={},
        facts=facts,
    )


@pytest.fixture
def node() -> ForkedChain:
    return ForkedChain()


@pytest.fixture
def project(node: ForkedChain, tmp_path: Path) -> Iterator[Zkchain]:
    """A project with a model on the forked chain, served on loopback."""
    lock = threading.Lock()

    def answer(method: str, params: list[Any]) -> Any:
        with lock:
            return node.answer(method, params)

    with rpc_server(answer) as url:
        zkchain = Zkchain(cwd=tmp_path / "project", home=tmp_path / "home")
        zkchain.cwd.mkdir()
        table = f'[networks.forked]\nrpc_url = "{url}"\nchain_id = {CHAIN_ID}\n'
        (zkchain.cwd / "zkchain.toml").write_text(table)
        network = Network(name="forked", rpc_url=url, chain_id=CHAIN_ID)
        write_deployment(zkchain.cwd / "deployments", network, record())
        yield zkchain


def lines(process: subprocess.Popen[str], count: int) -> list[dict[str, Any]]:
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def places(notices: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(notice["block_hash"], notice["log_index"]) for notice in notices]


def held_after(notices: dict[int, dict[str, Any]]) -> set[tuple[str, int]]:
    """What a reader holds after these notices; fails when one does not fit those before it."""
    held: set[tuple[str, int]] = set()
    for number in sorted(notices):
        (place,) = places([notices[number]])
        assert (place in held) == notices[number]["removed"]
        held ^= {place}
    return held


def test_a_follower_killed_again_and_again_loses_nothing_and_repeats_nothing(node, project, running):
    node.mine(*[3] * 100)
    told: list[dict[str, Any]] = []
    for read in (1, 37, 80):
        process = project.start(*FOLLOW)
        running.append(process)
        told += lines(process, read)
        process.kill()
        # What it had written when it died is told too, but for a line that was cut.
        rest = process.stdout.read()
        told += [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        process.wait(30)
    node.reorganise(6, 1, 1, 1, 1, 1, 1, 1)
    process = project.start(*FOLLOW)
    running.append(process)
    once = {notice["sequence"]: notice for notice in told}
    while held_after(once) != node.confirmed:
        told += lines(process, 1)
        once[told[-1]["sequence"]] = told[-1]
    assert sorted(once) == list(range(1, len(once) + 1))
    # At most the one that was being written when it was killed comes again, with its number.
    assert len(told) - len(once) <= 3
    assert stop(process).exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_follower_ends_well_and_goes_on_where_it_stopped(node, project, running, number):
    node.mine(1, 2)
    process = project.start(*FOLLOW, "--cursor", "billing")
    running.append(process)
    first = lines(process, 3)
    assert [notice["sequence"] for notice in first] == [1, 2, 3]
    assert not any(notice["removed"] for notice in first)
    asked = time.monotonic()
    result = stop(process, number)
    assert time.monotonic() - asked < 5
    assert (result.exit_code, result.out) == (0, "")
    assert "Traceback" not in result.err
    node.reorganise(1, 1, 1)
    rest = project.here("events", "--network", "forked", "--cursor", "billing", "--json")
    assert rest.exit_code == 0
    notices = [json.loads(line) for line in rest.out.splitlines()]
    assert [notice["removed"] for notice in notices] == [True, True, False, False]
    assert places(notices[:2]) == list(reversed(places(first[1:])))
    assert [notice["sequence"] for notice in notices] == [4, 5, 6, 7]
    assert project.here("events", "--network", "forked", "--cursor", "billing", "--json").out == ""


def test_a_follower_started_with_sigint_ignored_can_be_interrupted(node, project, running):
    """As a shell without job control starts what is in the background."""
    node.mine(1)
    process = subprocess.Popen(
        project.command(*FOLLOW),
        cwd=project.cwd,
        env=project.environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    running.append(process)
    lines(process, 1)
    assert stop(process).exit_code == 0


def test_what_a_reader_that_went_away_did_not_take_is_told_to_the_next(node, project, running):
    node.mine(1)
    process = project.start(*FOLLOW)
    running.append(process)
    (first,) = lines(process, 1)
    process.stdout.close()
    node.mine(1, 1)
    assert process.wait(30) == 0
    again = project.here("events", "--network", "forked", "--cursor", "default", "--json")
    assert [json.loads(line)["sequence"] for line in again.out.splitlines()] == [first["sequence"] + 1, 3]


def test_a_follower_waits_for_a_node_that_is_away(node, project, running):
    away = threading.Event()

    def before(number: int) -> None:
        if away.is_set():
            raise RawAnswer(503, b"")

    node.before = before
    node.mine(1)
    process = project.start(*FOLLOW)
    running.append(process)
    lines(process, 1)
    away.set()
    while "503" not in process.stderr.readline():
        assert process.poll() is None
    node.mine(1)
    away.clear()
    (notice,) = lines(process, 1)
    assert notice["sequence"] == 2
    assert stop(process).exit_code == 0


def test_two_followers_of_one_name_exclude_each_other(node, project, running):
    node.mine(1)
    process = project.start(*FOLLOW)
    running.append(process)
    lines(process, 1)
    refused = project.here(*FOLLOW)
    assert refused.exit_code == 11
    assert refused.json["error"] == "chain.cursor_taken"
    other = project.here("events", "--network", "forked", "--cursor", "other", "--from-block", "1")
    assert other.exit_code == 0
    assert "account" in other.out
    assert stop(process).exit_code == 0


def test_a_new_cursor_begins_at_the_block_it_is_told_and_an_old_one_where_it_stopped(node, project):
    node.mine(1, 1, 1)
    name = ("events", "--network", "forked", "--cursor", "late", "--json")
    first = project.here(*name, "--from-block", "3")
    assert [json.loads(line)["block"] for line in first.out.splitlines()] == [3]
    assert project.here(*name, "--from-block", "1").out == ""


def test_removed_answers_are_marked_for_a_person(node, project):
    node.mine(1)
    name = ("events", "--network", "forked", "--cursor", "person")
    assert "removed" not in project.here(*name).out
    node.reorganise(1, 0)
    assert "removed by a reorganisation" in project.here(*name).out


def test_a_bad_cursor_name_changes_nothing(project):
    refused = project.here(*FOLLOW, "--cursor", "../up")
    assert refused.json["error"] == "usage"
    assert not (project.home / "cursors").exists()
