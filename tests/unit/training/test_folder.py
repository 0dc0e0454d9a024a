"""What a federation keeps on disk, and what is said of it once it is damaged."""

from pathlib import Path

import pytest

from tests.support.federations import write_plan
from zkchain.errors import PlanInvalid
from zkchain.pipeline.training.folder import Federation, load_federation


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return load_federation(write_plan(tmp_path))


def first_of(federation: Federation) -> tuple[int, ...]:
    return tuple(range(federation.plan.layout.weights_length))


def test_the_first_weights_are_kept_as_they_were_made(federation: Federation) -> None:
    assert federation.genesis() is None
    federation.save_genesis(first_of(federation))
    assert federation.genesis() == first_of(federation)
    assert (federation.root / "genesis.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"plan": 1}', '{"values": [1]}', "\xff", '{"plan": "0x"}'])
@pytest.mark.parametrize(("name", "read"), [("genesis.json", "genesis"), ("federation.json", "opened")])
def test_a_file_that_is_damaged_is_named_with_what_to_do(
    federation: Federation, name: str, read: str, text: str
) -> None:
    federation.root.mkdir()
    (federation.root / name).write_text(text, encoding="latin-1")
    with pytest.raises(PlanInvalid, match=rf"{name} cannot be read") as caught:
        getattr(federation, read)()
    assert f"remove {federation.root}" in caught.value.remedy


def test_first_weights_of_another_length_are_refused(federation: Federation) -> None:
    federation.save_genesis(first_of(federation)[1:])
    with pytest.raises(PlanInvalid, match=r"genesis\.json holds \d+ numbers, expected \d+"):
        federation.genesis()


def test_first_weights_of_another_plan_are_refused(federation: Federation) -> None:
    federation.save_genesis(first_of(federation))
    text = federation.plan_path.read_text(encoding="utf-8")
    federation.plan_path.write_text(text.replace("rounds = 1", "rounds = 2"), encoding="utf-8")
    with pytest.raises(PlanInvalid, match="was changed after its federation was begun"):
        load_federation(federation.plan_path).genesis()
