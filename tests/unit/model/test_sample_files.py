"""Sample files that are made to harm: nothing is unpickled, and no header is believed."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.unit.model.test_samples import ONE, save
from zkchain.errors import SamplesUnreadable, TensorMismatch, TypeMismatch
from zkchain.model import read_samples


class _Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_pickled_objects_are_refused_and_never_run(tmp_path, suffix):
    array = np.asarray([_Canary(tmp_path / "canary"), 2], dtype=object)
    path = tmp_path / f"s{suffix}"
    if suffix == ".npy":
        np.save(path, array, allow_pickle=True)
    else:
        np.savez(path, x=array, allow_pickle=True)
    with pytest.raises((TypeMismatch, SamplesUnreadable)):
        read_samples(path, ONE)
    path.write_bytes(pickle.dumps(array))
    with pytest.raises(SamplesUnreadable):
        read_samples(path, ONE)
    assert not (tmp_path / "canary").exists()


def npy_with_header(shape, dtype="<f4", body=b"\0" * 8, version=1):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(2 if version == 1 else 4, "little") + header + body


@pytest.mark.parametrize(
    "data",
    [
        npy_with_header("(10000000000000,)"),
        npy_with_header("(-2,)"),
        npy_with_header("(1, 3)"),
        npy_with_header("(2,)", body=b"\0" * 9),
        npy_with_header("__import__('os')"),
        npy_with_header("(2,)", version=3),
    ],
)
def test_an_array_whose_header_lies_costs_nothing(tmp_path, data):
    with pytest.raises(SamplesUnreadable):
        read_samples(save(tmp_path, "s.npy", data), ONE)


def test_a_zip_bomb_and_a_crowded_archive_are_refused_unpacked(tmp_path):
    bomb = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        for _ in range(65):
            file.write(bytes(2**20))
    crowd = tmp_path / "crowd.npz"
    with zipfile.ZipFile(crowd, "w") as archive:
        for index in range(1001):
            archive.writestr(f"{index}.npy", b"")
    for path in (bomb, crowd):
        with pytest.raises(SamplesUnreadable):
            read_samples(path, ONE)


def test_an_archive_with_a_damaged_member_is_refused(tmp_path):
    stream = io.BytesIO()
    np.savez_compressed(stream, x=np.asarray([1.0, 2.0]))
    data = bytearray(stream.getvalue())
    for position in range(40, 80):
        changed = bytearray(data)
        changed[position] ^= 0xFF
        try:
            read_samples(save(tmp_path, "s.npz", bytes(changed)), ONE)
        except (SamplesUnreadable, TypeMismatch, TensorMismatch):
            continue
