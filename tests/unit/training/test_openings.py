"""What a client may open how often: registered data serve one federation, and salt lasts for so many proofs."""

from pathlib import Path

import pytest

from tests.support.federations import small_layout
from zkchain.config import Config, read_config
from zkchain.errors import DataMismatch, RoundFailed
from zkchain.pipeline.training.folder import save_openings
from zkchain.pipeline.training.notes import Notes, RoundProof
from zkchain.pipeline.training.setup import registered_at
from zkchain.pipeline.training.sources import commit_source
from zkchain.training.dataset import DataStatement, Openings
from zkchain.training.merkle import root_of
from zkchain.training.plan import Owner
from zkchain.values import sha256_of

LAYOUT = small_layout(attempts=2)  # a batch is used once, and a model or a batch may be proved about twice


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "ledger")


def proved(notes: Notes, **batches: int) -> None:
    for name, batch in batches.items():
        notes.save_proof(int(name[1:]), RoundProof(proof=b"", batch=batch))


def test_a_client_proves_again_after_a_round_that_came_to_nothing(notes: Notes) -> None:
    proved(notes, r1=0)
    notes.expect_fresh(2, 0, 0, LAYOUT)


def test_a_client_opens_a_model_in_no_more_rounds_than_its_salt_lasts_for(notes: Notes) -> None:
    proved(notes, r1=0, r2=1)
    with pytest.raises(RoundFailed, match="2 rounds with proofs have come to nothing since the model was made"):
        notes.expect_fresh(3, 0, 2, LAYOUT)
    notes.expect_fresh(3, 1, 2, LAYOUT)  # the model is another one since round 1


def test_a_client_opens_a_batch_no_more_often_than_its_salt_lasts_for(notes: Notes) -> None:
    proved(notes, r1=5, r2=5)
    with pytest.raises(RoundFailed, match="batch 5 was proved about 2 times") as caught:
        notes.expect_fresh(3, 2, 5, LAYOUT)
    assert (caught.value.facts["found"], caught.value.facts["allowed"]) == (3, 2)
    notes.expect_fresh(3, 2, 6, LAYOUT)


def test_a_proof_that_was_made_is_not_another_one(notes: Notes) -> None:
    proved(notes, r1=5, r2=5)
    notes.expect_fresh(2, 0, 5, LAYOUT)


def registered(config: Config, name: str, point: bytes) -> Openings:
    statement = DataStatement(
        root=root_of([point]), batches=1, samples=4, uses=1, scale=10, logrows=13, srs=sha256_of(b"")
    )
    made = Openings(statement=statement, vectors=((1, 2),), points=(point,), present=(4,), source=sha256_of(b"data"))
    save_openings(registered_at(config, name), made)
    return made


def test_registered_data_serve_one_run_of_a_federation(tmp_path: Path) -> None:
    config = read_config({"ZKCHAIN_HOME": str(tmp_path / "home")}, cwd=tmp_path)
    owner = Owner(name="north", data="registered:north")

    def taken(run: str) -> Openings:
        return commit_source(None, owner, run, None, config, None, None)  # type: ignore[arg-type]

    first = registered(config, "north", bytes(64))
    assert taken("one-1") == taken("one-1") == first
    with pytest.raises(DataMismatch, match="committed to in another federation"):
        taken("other-2")
    anew = registered(config, "north", b"1" * 64)
    assert taken("other-2") == anew
    assert taken("other-2") == anew
