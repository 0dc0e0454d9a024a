"""Files of encrypted inference are read whole, unchanged and of the right kind, or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.updates import names
from zkchain.errors import EncryptedUnreadable
from zkchain.training.he import container
from zkchain.training.he.container import read_sealed, write_sealed
from zkchain.values import sha256_of

MODEL, KEY = sha256_of(b"model"), sha256_of(b"key")


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "query.bin"
    write_sealed(path, "query", b"ciphertext", model=MODEL, key=KEY, extra={"rows": 2})
    return path


@given(body=st.binary(max_size=200), rows=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_what_was_written_is_read(tmp_path_factory, body, rows):
    path = tmp_path_factory.mktemp("sealed") / "answer.bin"
    write_sealed(path, "answer", body, model=MODEL, key=KEY, extra={"rows": rows}, mode=0o600)
    found = read_sealed(path, "answer")
    assert found.body == body
    assert (found.header.model, found.header.key, found.header.extra) == (MODEL, KEY, {"rows": rows})
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_cut_off_anywhere_is_refused(sealed):
    data = sealed.read_bytes()
    for size in range(len(data)):
        sealed.write_bytes(data[:size])
        with pytest.raises(EncryptedUnreadable, match=r"not a file|cut off|damaged"):
            read_sealed(sealed, "query")


def test_a_file_with_any_bit_changed_is_refused_or_says_otherwise(sealed):
    """A header may be changed so that it is another: of another key or model, which later checks refuse."""
    data, honest = sealed.read_bytes(), read_sealed(sealed, "query")
    for place in range(len(data)):
        sealed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            found = read_sealed(sealed, "query")
        except EncryptedUnreadable:
            continue
        assert found.header != honest.header
        assert found.body == honest.body


def test_bytes_after_the_end_are_refused(sealed):
    sealed.write_bytes(sealed.read_bytes() + b"\0")
    with pytest.raises(EncryptedUnreadable, match="damaged"):
        read_sealed(sealed, "query")


@pytest.mark.parametrize(
    ("kind", "words"), [("secret", "a secret key"), ("public", "a public key"), ("answer", "an answer")]
)
def test_a_file_of_another_kind_is_refused_by_name(sealed, kind, words):
    with pytest.raises(EncryptedUnreadable, match=f"is a query, not {words}"):
        read_sealed(sealed, kind)


def test_another_version_is_refused_by_name(sealed):
    data = sealed.read_bytes()
    sealed.write_bytes(data[:4] + b"\x02" + data[5:])
    with pytest.raises(EncryptedUnreadable, match="format 2; this release reads format 1"):
        read_sealed(sealed, "query")


def test_a_file_of_something_else_or_none_is_refused(tmp_path):
    path = tmp_path / "x"
    for content in (b"", b"\x80\x04pickle", b"zkhe", b"zkhe\x01\xff\xff\xff\xff"):
        path.write_bytes(content)
        with pytest.raises(EncryptedUnreadable):
            read_sealed(path, "query")
    for place in (tmp_path / "missing", tmp_path):
        with pytest.raises(EncryptedUnreadable, match="cannot be read"):
            read_sealed(place, "query")


def test_a_file_larger_than_any_is_not_read(sealed, monkeypatch):
    monkeypatch.setattr(container, "MAX_FILE", 50)
    with pytest.raises(EncryptedUnreadable, match="more than 50 bytes"):
        read_sealed(sealed, "query")


def test_nothing_is_left_of_a_write_that_fails(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_sealed(tmp_path / "q", "query", b"", model=MODEL, key=KEY, extra={"rows": float("nan")})
    assert names(tmp_path) == []
