"""The SRS cache and what a file says of itself."""

import hashlib

import pytest

from zkchain.circuit.srs import damaged_srs, find_srs, import_srs, list_srs, obtain_srs, srs_by_digest, srs_folder
from zkchain.circuit.srs_file import describe_srs, expected_size, pinned_digest
from zkchain.errors import SrsCorrupt, SrsNotFound
from zkchain.halo2 import Engine, Limits
from zkchain.values import CEREMONY_G2

MONTGOMERY = 2**256
BASE = 21888242871839275222246405745257275088696311157297823662689037894645226208583


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("srs")
    engine = Engine(scratch_root=folder / "scratch", limits=Limits(memory_bytes=2**33, seconds=60))
    engine.make_srs(4, folder / "small.srs")
    return folder / "small.srs"


def test_a_fresh_file_is_a_development_srs_of_its_size(small):
    found = describe_srs(small)
    assert (found.k, found.provenance) == (4, "dev")
    assert found.sha256 == "0x" + hashlib.sha256(small.read_bytes()).hexdigest()
    assert small.stat().st_size == expected_size(4)


def test_the_ceremony_is_pinned_for_k_1_to_26_only():
    assert pinned_digest(1) == "0xcafb2aa72c200ddc4e28aacabb8066e829207e2484b8d17059a566232f8a297b"
    assert pinned_digest(26) == "0xb198a51d48b88181508d8e4ea9dea39db285e4585663b29b7e4ded0c22a94875"
    assert pinned_digest(27) is None
    assert len({pinned_digest(k) for k in range(1, 27)}) == 26


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: b"",
        lambda raw: (5).to_bytes(4, "little") + raw[4:],
        lambda raw: (0).to_bytes(4, "little") + raw[4:],
        lambda raw: (2**31).to_bytes(4, "little") + raw[4:],
        lambda raw: raw[:4] + bytes(64) + raw[68:],
        lambda raw: raw[:-256] + bytes(128) + raw[-128:],
        lambda raw: raw[:-128] + bytes(128),
        lambda raw: raw[:-128] + raw[-256:-128],
    ],
)
def test_a_damaged_or_degenerate_file_is_refused_and_left_alone(small, tmp_path, damage):
    path = tmp_path / "damaged.srs"
    path.write_bytes(damage(small.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(SrsCorrupt):
        import_srs(path, tmp_path / "home")
    assert path.read_bytes() == before
    assert not srs_folder(tmp_path / "home").exists()


def test_a_file_that_borrows_the_ceremonys_point_is_refused(small, tmp_path):
    x1, x0, y1, y0 = (int(word, 16) for word in CEREMONY_G2)
    point = (x0, x1, BASE - y0, BASE - y1)
    raw = b"".join((value * MONTGOMERY % BASE).to_bytes(32, "little") for value in point)
    path = tmp_path / "borrowed.srs"
    path.write_bytes(small.read_bytes()[:-128] + raw)
    with pytest.raises(SrsCorrupt, match="ceremony"):
        describe_srs(path)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(SrsNotFound):
        import_srs(tmp_path / "absent.srs", tmp_path)


def test_an_imported_file_is_found_listed_and_the_users_copy_stays(small, tmp_path):
    path, description = import_srs(small, tmp_path)
    assert small.exists()
    assert list_srs(tmp_path) == ((path, description),)
    assert find_srs(4, tmp_path) == (path, description)
    assert find_srs(3, tmp_path) is None, "a larger development SRS is slower than making an exact one"
    assert srs_by_digest(description.sha256, tmp_path) == path
    with pytest.raises(SrsNotFound):
        srs_by_digest("0x" + "00" * 32, tmp_path)


def test_a_cached_file_that_changed_is_refused_not_used(small, tmp_path):
    path, _ = import_srs(small, tmp_path)
    raw = bytearray(path.read_bytes())
    raw[200] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(SrsCorrupt):
        find_srs(4, tmp_path)
    ((damaged, reason),) = damaged_srs(tmp_path)
    assert damaged == path
    assert reason


def test_a_srs_is_made_once(tmp_path):
    engine = Engine(scratch_root=tmp_path / "scratch", limits=Limits(memory_bytes=2**33, seconds=60))
    first = obtain_srs(3, tmp_path, engine)
    assert obtain_srs(3, tmp_path, engine) == first
    assert len(list_srs(tmp_path)) == 1
