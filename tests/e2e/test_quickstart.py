"""The tour: one command, nothing else running, on the model that ships."""

import re
import shlex

import pytest

from .runner import Zkchain, snapshot


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """A folder with nothing in it, and the tour's first run there."""
    zkchain = Zkchain(cwd=tmp_path_factory.mktemp("empty folder"), home=tmp_path_factory.mktemp("home"))
    try:
        yield zkchain, zkchain.process("quickstart")
    finally:
        zkchain.here("devnet", "--stop")


def test_the_tour_ends_with_a_decoded_event(tour):
    zkchain, first = tour
    assert first.exit_code == 0, first.err
    for stage in ("compiled:", "deployed:", "proved:", "verified:", "submitted:"):
        assert f"\n{stage}\n" in first.out
    assert re.search(r"^proof +valid$", first.out, re.MULTILINE)
    assert (zkchain.cwd / "zkchain-quickstart" / "proof.json").is_file()


def test_every_command_that_it_suggests_can_be_copied_and_works(tour):
    zkchain, first = tour
    suggested = [shlex.split(line) for line in first.out.split("Try next:\n")[1].splitlines()]
    own_paths = [words[1:] for words in suggested if not any("YOUR-" in word for word in words)]
    assert len(own_paths) >= 4
    for words in own_paths:
        if words == ["devnet", "--stop"]:
            continue  # the fixture's end
        assert zkchain.here(*words, "--json").exit_code == 0, words


def test_a_second_tour_compiles_and_deploys_nothing_and_records_a_new_proof(tour):
    zkchain, _ = tour
    again = zkchain.here("quickstart", "--json").json
    assert again["deployed"]["reused"]
    assert again["verified"]["valid"]
    events = zkchain.here("events", "--network", "local", "--json").json["events"]
    assert len(events) == 2
    assert events[-1] == again["submitted"]["event"]


@pytest.mark.parametrize("name", ["model.onnx", "samples.json", "input.json", "about.json"])
def test_a_file_of_the_users_own_is_neither_used_nor_replaced(tmp_path, name):
    zkchain = Zkchain(cwd=tmp_path, home=tmp_path / "home")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine")
    before = snapshot(tmp_path / "mine")
    refused = zkchain.here("quickstart", "--workdir", "mine", "--json")
    assert (refused.exit_code, refused.json["error"]) == (2, "usage")
    assert name in refused.json["message"]
    assert snapshot(tmp_path / "mine") == before
