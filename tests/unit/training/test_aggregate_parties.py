"""What the parties of a private sum see, say and leave behind, also when one of them fails."""

import contextlib
import json
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.extras import need_training
from tests.support.updates import column_sums, names, write_updates
from zkchain.errors import Cancelled, ExtraMissing, PartyFailed, PartyTimeout
from zkchain.training.aggregate import Limits, PartyCommand, aggregator, extras
from zkchain.training.aggregate.limbs import CLIPPING_RANGE, limbs
from zkchain.training.aggregate.vectors import read_sum

need_training()

SUPPORT = Path(__file__).resolve().parents[2] / "support"
#: All that may be in a party's environment.
ENVIRONMENT = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "OMP_NUM_THREADS", "LC_CTYPE"}
ENVIRONMENT |= {"FLWR_TELEMETRY_ENABLED"}
#: Each client's: distinctive, and within the bound.
CANARIES = (0xC0FFEE5EED, 0xDEADBEA7B1, 0x5EA1C0FFE7)
BOUND = 2**40
VECTORS = [[CANARIES[0], -CANARIES[0], 33], [CANARIES[1], 1, -CANARIES[1]], [-5, CANARIES[2], CANARIES[2]]]


def faulty(how: str) -> PartyCommand:
    return PartyCommand((sys.executable, "-P", str(SUPPORT / "faulty_party.py"), how))


def recorded(folder: Path, trick: str = "none") -> PartyCommand:
    folder.mkdir()
    return PartyCommand((sys.executable, "-P", str(SUPPORT / "recorded_party.py"), str(folder), trick))


@pytest.fixture
def strangers() -> set[int]:
    """The processes that the worker of this test run had before: a node, or a server that forks."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


def left_behind(strangers: set[int]) -> list[str]:
    """Command lines of running children that are no strangers; those of one that has ended cannot be read."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if child.pid not in strangers:
                found.append(" ".join(child.cmdline()))
    return found


def shows_a_canary(data: bytes) -> bool:
    """In digits, as binary of either order and sign, or as the limbs of SecAgg+ before they are masked."""
    return any(form in data for canary in CANARIES for form in forms_of(canary))


def forms_of(canary: int) -> list[bytes]:
    digits = [str(canary).encode(), f"{canary:x}".encode()]
    binary = [(sign * canary).to_bytes(6, order, signed=True)[skip:][:5] for sign in (1, -1) for order, skip in ORDERS]
    return [*digits, *binary, *limbs_of(canary)]


#: The byte that only carries the sign is left out: what follows or precedes it depends on the width.
ORDERS = (("little", 0), ("big", 1))


def limbs_of(canary: int) -> list[bytes]:
    """As flwr's client gets them and as it quantizes them, each eight bytes."""
    return [
        form
        for sign in (1, -1)
        for (limb,) in limbs([sign * canary], 2)
        for form in (struct.pack("<d", limb), struct.pack("<q", limb + int(CLIPPING_RANGE)))
    ]


@pytest.fixture
def updates(tmp_path):
    return write_updates(tmp_path, VECTORS)


@pytest.fixture(scope="module", params=["mpc", "he", "secagg"])
def mode(request):
    return request.param


@dataclass(frozen=True)
class Run:
    """A sum that was recorded."""

    total: tuple[int, ...]
    updates: list[Path]
    scratch: Path
    log: Path


@pytest.fixture(scope="module")
def run(mode, tmp_path_factory) -> Run:
    root = tmp_path_factory.mktemp(mode)
    paths = write_updates(root, VECTORS)
    summing = aggregator(mode, scratch=root / "scratch", command=recorded(root / "log"))
    total = summing.total(paths, length=3, bound=BOUND)
    return Run(total, paths, root / "scratch", root / "log")


def test_the_search_for_the_canary_finds_it_in_every_form(updates):
    for canary, update in zip(CANARIES, updates, strict=True):
        assert shows_a_canary(update.read_bytes())
        for order in ("little", "big"):
            for sign in (1, -1):
                assert shows_a_canary(b"?" + (sign * canary).to_bytes(8, order, signed=True) + b"?")
        assert all(shows_a_canary(b"?" + form + b"?") for form in limbs_of(canary))
    assert not shows_a_canary(str(column_sums(VECTORS)).encode())


def test_a_private_value_is_seen_by_its_client_alone(run, mode):
    assert run.total == column_sums(VECTORS)
    files = [path for path in run.log.rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files}
    assert {".cmdline", ".environ", ".stdin", ".stdout", ".stderr"} <= kinds
    assert [path for path in files if shows_a_canary(path.read_bytes())] == []
    if mode == "mpc":
        talk = [path for path in files if path.suffix == ".tcp"]
        assert len(talk) == 2, "the last two clients are called by those before them"
        assert all(path.stat().st_size > 100 for path in talk)
    elif mode == "secagg":
        masked = [path for path in files if path.name == "2.bin" and path.parent.name.startswith("client-")]
        assert {path.parent.name for path in masked} == {"client-0", "client-1", "client-2"}
        assert all(path.stat().st_size > 100 for path in masked)
    else:
        assert len({path for path in files if path.name == "update.bin" and path.stat().st_size > 10_000}) >= 3
    assert all(path.stat().st_size == 0 for path in files if path.suffix == ".stderr")


def test_a_party_is_started_with_its_own_path_alone(run):
    log, updates = run.log, run.updates
    started = [path.read_bytes().decode().split("\0")[:-1] for path in log.glob("*.cmdline")]
    assert sorted(line[-1] for line in started if "private-" in line[-1]) == sorted(map(str, updates))
    for path in log.glob("*.cmdline"):
        *rest, own = path.read_bytes().decode().split("\0")[:-1]
        told = path.with_suffix(".stdin").read_text() + path.with_suffix(".environ").read_text()
        others = [str(update) for update in updates if str(update) != own]
        assert not any(other in " ".join(rest) + told for other in others)
        assert "private-" not in told
    for environ in log.glob("*.environ"):
        passed = {entry.split("=")[0] for entry in environ.read_text().split("\0") if entry}
        assert passed <= ENVIRONMENT
        assert "FLWR_TELEMETRY_ENABLED=0" in environ.read_text().split("\0")


def test_folders_of_a_sum_are_private_and_gone_afterwards(run):
    assert run.scratch.stat().st_mode & 0o777 == 0o700
    assert names(run.scratch) == [".lock"]
    for copy in run.log.glob("*.files"):
        for path in (copy, *copy.rglob("*")):
            if path.name != ".held":
                assert path.stat().st_mode & 0o077 == 0, path


def test_a_stranger_on_a_partys_port_is_not_taken_for_a_party(tmp_path, updates):
    command = recorded(tmp_path / "log", "stranger")
    total = aggregator("mpc", scratch=tmp_path / "s", limits=Limits(seconds=60), command=command).total(
        updates, length=3, bound=BOUND
    )
    assert total == column_sums(VECTORS)


def test_clients_that_open_different_sums_are_noticed(tmp_path, updates):
    with pytest.raises(PartyFailed, match="different sums"):
        aggregator("mpc", scratch=tmp_path / "s", command=recorded(tmp_path / "log", "forger")).total(
            updates, length=3, bound=BOUND
        )
    assert names(tmp_path / "s") == [".lock"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("exit", "ended with exit code 3"),
        ("killed", "was killed by signal 9"),
        ("rubbish", "says what is no message"),
        ("flood", "says more than"),
        ("raise", "failed: ValueError"),
    ],
)
def test_a_party_that_fails_is_named_and_nothing_is_left(tmp_path, updates, mode, strangers, how, says):
    with pytest.raises(PartyFailed, match=f"client 1.*{says}"):
        aggregator(mode, scratch=tmp_path / "s", command=faulty(how)).total(updates, length=3, bound=BOUND)
    assert left_behind(strangers) == []
    assert names(tmp_path / "s") == [".lock"]


def test_a_party_that_hangs_is_named_when_time_is_up_and_nothing_is_left(tmp_path, updates, mode, strangers):
    with pytest.raises(PartyTimeout, match="after 4 s") as late:
        aggregator(mode, scratch=tmp_path / "s", limits=Limits(seconds=4), command=faulty("hang")).total(
            updates, length=3, bound=BOUND
        )
    # On a machine that is busy, whoever comes before client 1 may be as late.
    assert {"client 1"} <= set(late.value.facts["parties"]) or mode == "he"
    assert left_behind(strangers) == []
    assert names(tmp_path / "s") == [".lock"]


WATCHED = """
import sys
from pathlib import Path
opened = []
sys.addaudithook(lambda event, what: opened.append(str(what[0])) if event == "open" else None)
from zkchain.training.aggregate import aggregator
mode, scratch, *updates = sys.argv[1:]
aggregator(mode, scratch=Path(scratch)).total([Path(path) for path in updates], length=3, bound=2**40)
print(*(path for path in opened if "private-" in path or "sum.json" in path), sep="\\n")
"""


def opened_by_the_coordinator(mode, scratch, updates):
    command = [sys.executable, "-P", "-c", WATCHED, mode, str(scratch), *map(str, updates)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.split()


def test_the_coordinator_opens_sums_and_no_update(tmp_path, updates, mode):
    opened = opened_by_the_coordinator(mode, tmp_path / "s", updates)
    assert opened
    assert {Path(path).name for path in opened} == {"sum.json"}


def test_the_watch_sees_updates_being_opened(tmp_path, updates):
    assert opened_by_the_coordinator("clear", tmp_path / "s", updates) == list(map(str, updates))


def test_a_user_who_stops_the_sum_leaves_nothing_behind(tmp_path, updates, mode, strangers):
    stages = []

    def impatient(stage, fraction=None):
        stages.append(stage)
        if len(stages) == 2:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="summed"):
        aggregator(mode, scratch=tmp_path / "s").total(updates, length=3, bound=BOUND, report=impatient)
    assert left_behind(strangers) == []
    assert names(tmp_path / "s") == [".lock"]


def test_a_library_that_is_not_there_is_named_before_anybody_starts(tmp_path, updates, mode, monkeypatch):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match="not installed") as missing:
        aggregator(mode, scratch=tmp_path / "s").total(updates, length=3, bound=BOUND)
    assert f"zkchain[{'fl' if mode == 'secagg' else 'training'}]" in missing.value.remedy
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"values": [1]}', '{"values": [1, 11]}', '{"values": [1, 0.5]}'])
def test_what_is_no_sum_is_not_returned(tmp_path, text):
    path = tmp_path / "sum.json"
    path.write_text(text)
    with pytest.raises(PartyFailed, match="not a sum of 2 values"):
        read_sum(path, length=2, limit=10)
    path.write_text(json.dumps({"values": [1, -10]}))
    assert read_sum(path, length=2, limit=10) == (1, -10)


def test_a_sum_that_was_not_written_is_not_returned(tmp_path):
    with pytest.raises(PartyFailed):
        read_sum(tmp_path / "sum.json", length=2, limit=10)


@pytest.mark.parametrize("bounds", [{"seconds": 0}, {"seconds": float("nan")}, {"memory_bytes": 1}])
def test_limits_without_sense_are_refused(bounds):
    with pytest.raises(ValueError, match="a sum needs"):
        Limits(**bounds)
