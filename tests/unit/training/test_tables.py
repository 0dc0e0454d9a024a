"""Tables of samples: what is read, and what is said of those that cannot be."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from zkchain.errors import DataMismatch
from zkchain.training.dataset import read_table

SECRET = "4711.25"


def csv(folder: Path, text: str | bytes) -> Path:
    path = folder / "samples.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def npz(folder: Path, **arrays: object) -> Path:
    path = folder / "samples.npz"
    np.savez(path, **{name: np.asarray(value) for name, value in arrays.items()})
    return path


def refused(path: Path, targets: int = 1) -> DataMismatch:
    with pytest.raises(DataMismatch) as caught:
        read_table(path, targets)
    assert str(path) in caught.value.message
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("text", ["a,b,y\n1,2,3\n4,5,6\n", "\ufeffa,b,y\r\n1,2,3\r\n\r\n# more\r\n 4 , 5.0,6e0"])
def test_the_last_columns_of_a_csv_are_the_targets(tmp_path: Path, text: str) -> None:
    x, y = read_table(csv(tmp_path, text), 1)
    assert (x.tolist(), y.tolist()) == ([[1, 2], [4, 5]], [[3], [6]])


@pytest.mark.parametrize("kind", [float, np.float32, int, np.uint8, bool])
def test_arrays_of_any_kind_of_number_are_taken(tmp_path: Path, kind: type) -> None:
    x, y = read_table(npz(tmp_path, x=np.ones((2, 3), kind), y=np.array([0, 1], kind)), 1)
    assert (x.dtype, x.shape, y.tolist()) == (np.float64, (2, 3), [[0], [1]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n1,2\n", "begins with an empty line"),
        ("a,y\n", "holds no samples, only a header"),
        ("a,y\n\n\n", "holds no samples, only a header"),
        ("1,2\n3,4\n", "begins with a line of numbers"),
        ("nan,2\n3,4\n", "begins with a line of numbers"),
        ("a,y\n1,\0\n", "holds NUL bytes in line 2"),
        ("a,\0\n1,2\n", "holds NUL bytes"),
        ("y\n1\n0\n", "no features are left"),
        (f"a,y\n1,2\n{SECRET},x\n", "has no number in line 3, column 2"),
        (f"a,y\n1,2\n{SECRET}x,1\n", "has no number in line 3, column 1"),
        (f"a,y\n1,\n{SECRET},1\n", "has no number in line 2, column 2"),
        (f"a,y\n1_0,2\n{SECRET},1\n", "has no number in line 2, column 1"),
        (f"a,y\n1,2\n\n{SECRET},nan\n", "has a number that is not finite in line 4, column 2"),
        (f"a,y\n{SECRET},1e999\n", "has a number that is not finite in line 2, column 2"),
        (f"a,y\n1,2\n{SECRET},1,2\n", "has 3 columns in line 3, and 2 before"),
        (b"a,y\n1,\xff\n", "is no text in UTF-8"),
    ],
)
def test_a_csv_that_is_no_table_is_refused_by_the_place_and_not_the_value(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    error = refused(csv(tmp_path, text))
    assert said in error.message
    assert SECRET not in str(error.to_json())


def test_without_a_header_its_reader_is_told_to_add_one(tmp_path: Path) -> None:
    assert "add a header line" in refused(csv(tmp_path, "1,2\n3,4\n")).remedy


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.ones((2, 3), complex), [0, 1], "array x of type complex128: numbers are needed"),
        (np.ones((2, 3), "datetime64[s]"), [0, 1], "array x of type datetime64[s]: numbers are needed"),
        (np.ones((2, 3)), np.array(["0", "1"]), "array y of type <U1: numbers are needed"),
        (np.ones((2, 3)), np.array([None, 1]), "array y is none of numbers"),
        (np.ones((2, 3)), 1.0, "targets of shape []"),
        (np.ones((2, 3)), [0, 1, 1], "features of shape [2, 3] and targets of shape [3, 1]"),
        (np.ones((2, 3)), [[0, 1], [1, 0]], "they must be [n, f] and [n, 1]"),
        (np.ones((2, 3, 1)), [0, 1], "features of shape [2, 3, 1]"),
        (np.ones((0, 3)), np.ones(0), "holds no samples"),
        (np.ones((2, 0)), [0, 1], "holds no features"),
        ([[1.0, 2.0], [3.0, np.inf]], [0, 1], "not finite in x, at [2, 2], counted from 1"),
        (np.ones((2, 3)), [0, np.nan], "not finite in y, at [2], counted from 1"),
    ],
)
def test_arrays_that_are_no_samples_are_refused(tmp_path: Path, x: object, y: object, said: str) -> None:
    assert said in refused(npz(tmp_path, x=x, y=y)).message


def test_an_array_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "holds no array y" in refused(npz(tmp_path, x=np.ones((2, 3)))).message


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_truncated_npz_is_refused(tmp_path: Path, share: float) -> None:
    path = npz(tmp_path, x=np.ones((20, 3)), y=np.ones(20))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "damaged" in refused(path).message


@pytest.mark.parametrize("place", range(0, 900, 45))
def test_a_corrupt_npz_is_refused_or_read_and_never_a_traceback(tmp_path: Path, place: int) -> None:
    path = npz(tmp_path, x=np.ones((20, 3)), y=np.ones(20))
    whole = bytearray(path.read_bytes())
    for at in range(place, min(place + 8, len(whole))):
        whole[at] ^= 0xFF
    path.write_bytes(whole)
    with suppress(DataMismatch):
        read_table(path, 1)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", b"not an array")
        file.writestr("y.npy", b"")
    assert "numbers are needed" in refused(path).message


def test_an_npy_under_the_name_of_an_npz_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    np.save(packed, np.ones((2, 3)))
    path = tmp_path / "samples.npz"
    path.write_bytes(packed.getvalue())
    assert "is no .npz" in refused(path).message


@pytest.mark.parametrize("name", ["gone.csv", "gone.npz"])
def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).message.startswith("there is no file")


@pytest.mark.parametrize("name", ["folder.csv", "folder.npz"])
def test_a_folder_is_no_table(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert "Is a directory" in refused(tmp_path / name).message
