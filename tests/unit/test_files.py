"""Files are whole or absent, whatever interrupts their writing."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain import files
from zkchain.files import exclusive, parse_json, sha256_file, write_atomic, write_json


@given(st.binary(max_size=2000))
def test_what_is_written_is_there(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("files") / "a" / "b"
    write_atomic(path, data)
    assert path.read_bytes() == data
    assert sha256_file(path) == "0x" + hashlib.sha256(data).hexdigest()
    assert [each.name for each in path.parent.iterdir()] == ["b"]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_mode_is_as_asked_whatever_was_there(tmp_path, mode):
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o666)
    write_atomic(path, b"new", mode=mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, failure):
    path = tmp_path / "manifest.json"
    path.write_bytes(b"old")

    def fail(*arguments: object) -> None:
        raise failure

    monkeypatch.setattr(*((files.os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(type(failure)):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["manifest.json"]


def test_a_folder_where_the_file_belongs_is_left_alone(tmp_path):
    (tmp_path / "name" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="name"):
        write_atomic(tmp_path / "name", b"data")
    assert [each.name for each in tmp_path.iterdir()] == ["name"]
    assert (tmp_path / "name" / "inside").is_dir()


def test_a_link_is_replaced_and_not_followed(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_bytes(b"precious")
    (tmp_path / "link").symlink_to(target)
    write_atomic(tmp_path / "link", b"new")
    assert target.read_bytes() == b"precious"
    assert (tmp_path / "link").read_bytes() == b"new"


def test_json_is_sorted_and_ends_with_a_newline(tmp_path):
    write_json(tmp_path / "x.json", {"b": 1, "a": [1, "é"]})
    text = (tmp_path / "x.json").read_text()
    assert text.endswith("}\n")
    assert text.index('"a"') < text.index('"b"')
    assert json.loads(text) == {"b": 1, "a": [1, "é"]}


def test_the_hash_of_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        sha256_file(tmp_path / "missing")


def test_a_long_run_of_escapes_without_an_end_is_refused_at_once():
    """Matching must not go back: this text took minutes when it did."""
    with pytest.raises(ValueError):
        parse_json(b'"' + b'\\"' * 200_000)


def test_a_pipe_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError):
        write_atomic(pipe, b"data")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_lock_and_the_folders_above_it_are_private(tmp_path):
    with exclusive(tmp_path / "a" / "b" / "lock"):
        pass
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
