"""T52, T61-T64: whatever happens to the engine's process becomes one typed error, and the next request works.

The faults are real: real signals, real limits, real files that cannot grow.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.tiny import tiny_onnx
from zkchain.errors import (
    EngineAborted,
    EngineCrashed,
    EngineDiskFull,
    EngineKilled,
    EngineOutOfMemory,
    EnginePanicked,
    EngineRefused,
    EngineTimeout,
    ZkchainError,
)
from zkchain.halo2 import Engine, Limits
from zkchain.halo2.supervisor import ChildCommand, serve
from zkchain.progress import silent

FAULTY = Path(__file__).parents[1] / "support" / "faulty_child.py"
GIB = 2**30


def engine(tmp_path: Path, *, memory: int = 8 * GIB, seconds: float = 60.0) -> Engine:
    return Engine(scratch_root=tmp_path / "scratch", limits=Limits(memory_bytes=memory, seconds=seconds))


def faulty(tmp_path: Path, mode: str, seconds: float = 30.0) -> dict[str, object]:
    return serve(
        "make_srs",
        {},
        scratch=tmp_path,
        limits=Limits(memory_bytes=GIB, seconds=seconds),
        report=silent,
        command=ChildCommand((sys.executable, str(FAULTY), mode)),
    )


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("segfault", EngineCrashed),
        ("abort", EngineAborted),
        ("killed", EngineKilled),
        ("exit", EngineCrashed),
        ("half-a-message", EngineCrashed),
        ("not-json", EngineCrashed),
    ],
)
def test_a_child_that_ends_without_a_result_is_its_own_error(tmp_path, mode, error):
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(error) as caught:
        faulty(tmp_path, mode)
    assert type(caught.value) is error
    assert caught.value.remedy
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_result_handed_over_before_a_segfault_counts(tmp_path):
    assert faulty(tmp_path, "result-then-segfault") == {"answer": 42}


def test_a_hanging_child_is_stopped_at_its_time_limit(tmp_path):
    started, before = time.monotonic(), set(psutil.Process().children(recursive=True))
    with pytest.raises(EngineTimeout):
        faulty(tmp_path, "hang", seconds=1.0)
    assert time.monotonic() - started < 10
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_real_panic_inside_ezkl_is_typed_and_the_next_request_works(tmp_path):
    prover = engine(tmp_path)
    model = tmp_path / "model.onnx"
    model.write_bytes(tiny_onnx())
    settings = prover.make_settings(model, {"logrows": 10}, None, None)
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    with pytest.raises((EnginePanicked, EngineRefused)):
        prover.witness(model, path, [[]])
    (witness,) = prover.witness(model, path, [[[0.5, -0.5]]])
    assert len(witness.outputs) == 1


def test_running_out_of_memory_is_typed_and_leaves_no_file(tmp_path):
    target = tmp_path / "out.srs"
    with pytest.raises(EngineOutOfMemory) as caught:
        engine(tmp_path, memory=GIB).make_srs(26, target)
    assert caught.value.facts["limit"] == GIB
    assert not list((tmp_path / "scratch").glob("run-*"))


def test_a_disk_that_takes_no_more_is_typed(tmp_path):
    script = 'ulimit -f 64; exec "$0" -P -m zkchain.halo2.child "$1"'
    prover = Engine(
        scratch_root=tmp_path / "scratch",
        limits=Limits(memory_bytes=8 * GIB, seconds=60),
        command=ChildCommand(("/bin/sh", "-c", script, sys.executable)),
    )
    with pytest.raises(EngineDiskFull):
        prover.make_srs(12, tmp_path / "out.srs")
    engine(tmp_path).make_srs(4, tmp_path / "next.srs")
    assert (tmp_path / "next.srs").stat().st_size == 4 + 2 * 64 * 2**4 + 256


def test_scratch_of_a_dead_owner_is_removed_by_the_next_request(tmp_path):
    left = tmp_path / "scratch" / "run-left"
    left.mkdir(parents=True)
    (left / "input-0.json").write_text("private")
    engine(tmp_path).make_srs(4, tmp_path / "out.srs")
    assert not left.exists()


def _long_request(tmp_path: Path) -> subprocess.Popen[bytes]:
    code = (
        "from pathlib import Path; from zkchain.halo2 import Engine, Limits\n"
        f"engine = Engine(scratch_root=Path({str(tmp_path / 'scratch')!r}), "
        "limits=Limits(memory_bytes=2**33, seconds=300))\n"
        f"engine.make_srs(20, Path({str(tmp_path / 'big.srs')!r}))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not psutil.Process(process.pid).children() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopping_the_parent_frees_the_child_within_two_seconds(tmp_path, number):
    process = _long_request(tmp_path)
    (child,) = psutil.Process(process.pid).children()
    os.kill(process.pid, number)
    started = time.monotonic()
    _, stderr = process.communicate(timeout=10)
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - started < 2, "the child still runs"
        time.sleep(0.02)
    assert not (tmp_path / "big.srs").exists()
    if number == signal.SIGINT:
        assert b"Cancelled" in stderr
        assert not list((tmp_path / "scratch").glob("run-*"))


def test_a_child_sees_no_environment_variable_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", "canary-secret")
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import json, os, sys\nsys.stdin.read()\n"
        "out = os.fdopen(int(sys.argv[-1]), 'w')\nout.write(json.dumps({'result': dict(os.environ)}) + '\\n')\n"
    )
    seen = serve(
        "make_srs",
        {},
        scratch=tmp_path,
        limits=Limits(memory_bytes=GIB, seconds=20),
        report=silent,
        command=ChildCommand((sys.executable, str(probe))),
    )
    assert "canary-secret" not in str(seen)
    assert seen["HOME"] == str(tmp_path)


def test_every_engine_error_has_a_code_of_its_own():
    def tree(kind: type[ZkchainError]) -> list[type[ZkchainError]]:
        return [kind, *(deeper for sub in kind.__subclasses__() for deeper in tree(sub))]

    codes = [kind.code for kind in tree(ZkchainError)]
    assert len(codes) == len(set(codes))
