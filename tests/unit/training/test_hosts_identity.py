"""A member's key and certificate come into being together."""

from pathlib import Path

import pytest

from tests.support.extras import need_training
from zkchain.training.hosts import identity
from zkchain.training.hosts.identity import make_member
from zkchain.training.plan_parts import LONGEST_NAME

need_training()


def test_the_longest_name_that_a_plan_allows_has_a_certificate(tmp_path: Path) -> None:
    name = "n" * LONGEST_NAME
    assert make_member(tmp_path, name, "f" * 24)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.key", f"{name}.pem"]
    assert not make_member(tmp_path, name, "f" * 24)


def test_no_key_is_left_without_its_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = identity.write_atomic

    def full(path: Path, data: bytes, *, mode: int = 0o644) -> None:
        if path.suffix == ".pem":
            raise OSError(28, "No space left on device")
        written(path, data, mode=mode)

    with monkeypatch.context() as patched:
        patched.setattr(identity, "write_atomic", full)
        with pytest.raises(OSError, match="No space"):
            make_member(tmp_path, "north", "score")
    assert list(tmp_path.iterdir()) == []
    assert make_member(tmp_path, "north", "score")
