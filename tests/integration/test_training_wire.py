"""What leaves an owner: everything that passes between a federation and its chain is searched for what is private."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.extras import need_training
from tests.support.federations import write_plan
from tests.support.homes import furnished
from tests.support.parties import parties_of
from tests.support.wire import Wire
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.config import read_config
from zkchain.files import parse_json
from zkchain.pipeline.training.coordinator import Coordinator
from zkchain.pipeline.training.folder import Federation
from zkchain.values import MODULUS

need_training()

OWNERS = 3


@dataclass(frozen=True)
class Watched:
    federation: Federation
    coordinator: Coordinator
    wire: Wire

    def kept(self, owner: int, what: str) -> dict:
        """A file of an owner's."""
        name, run = f"owner{owner}", self.coordinator.opened.run
        folder = self.federation.rounds(name, run)
        return parse_json((folder / ("data.json" if what == "data" else f"round-0001.{what}.json")).read_bytes())


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A round from its registration to its closing."""
    folder: Path = tmp_path_factory.mktemp("wire")
    home = furnished(folder / "home")
    node = start_devnet(home)
    wire = Wire(node.port)
    try:
        table = f'[networks.watched]\nrpc_url = "http://127.0.0.1:{wire.port}"\nchain_id = {node.chain_id}\n'
        (folder / "zkchain.toml").write_text(table, encoding="utf-8")
        config = read_config({"ZKCHAIN_HOME": str(home)}, cwd=folder)
        plan = write_plan(folder, owners=OWNERS, aggregation="mpc")
        plan.write_text(plan.read_text(encoding="utf-8").replace("'local'", "'watched'"), encoding="utf-8")
        coordinator, clients = parties_of(plan, config)
        coordinator.open_round()
        for _ in range(2):  # noise, submit
            for client in clients:
                assert client.step()
        coordinator.close(1, coordinator.total(1))
        yield Watched(coordinator.federation, coordinator, wire)
    finally:
        stop_devnet(home)
        wire.close()


def forms(vector: Sequence[int]) -> Iterator[bytes]:
    """How a private vector could show: as neighbours in decimal or in words, or as field elements of either order."""
    for one, other in pairwise(vector):
        if one or other:
            yield from (f"{one}{comma}{other}".encode() for comma in (",", ", "))
        if min(abs(one), abs(other)) > 2**12:  # neither small nor round, as code has many
            words = [(number % MODULUS).to_bytes(32, "big") for number in (one, other)]
            yield from (b"".join(words).hex().encode(), b"".join(word[::-1] for word in words).hex().encode())
        if one < -16:  # a large element; small numbers are as any other, and a verifier's code has some below zero
            word = (one % MODULUS).to_bytes(32, "big")
            yield from (word.hex().encode(), word[::-1].hex().encode())


def shows(text: bytes, vector: Sequence[int]) -> bool:
    return any(form in text.lower() for form in forms(vector))


def test_the_search_finds_a_vector_in_every_form() -> None:
    vector = (-4321, 17_001, 99_001)
    word = (-4321 % MODULUS).to_bytes(32, "big")
    for form in (
        b"[-4321, 17001]",
        b"-4321,17001",
        word.hex().encode(),
        word.hex().upper().encode(),
        word[::-1].hex().encode(),
        (17_001).to_bytes(32, "big").hex().encode() + (99_001).to_bytes(32, "big").hex().encode(),
    ):
        assert shows(b"?" + form + b"?", vector)
    assert not shows(b"[-4321, 17002]", vector)


def test_what_passes_is_what_was_proved(watched: Watched) -> None:
    """Or the search would be of nothing, or of what is packed."""
    text = watched.wire.seen
    assert b"content-encoding" not in text.lower()
    for owner in range(OWNERS):
        assert watched.kept(owner, "proof")["proof"].removeprefix("0x")[:4096].encode() in text


@pytest.mark.parametrize("owner", range(OWNERS))
def test_no_datum_noise_or_update_passes_to_the_chain(watched: Watched, owner: int) -> None:
    text = watched.wire.seen
    noise = watched.kept(owner, "noise")["vectors"]
    private = [*watched.kept(owner, "data")["vectors"], *noise, watched.kept(owner, "update")["values"]]
    assert [number for number, vector in enumerate(private) if shows(text, vector)] == []


def test_no_weights_pass_to_the_chain(watched: Watched) -> None:
    text, run = watched.wire.seen, watched.coordinator.opened.run
    for number in (0, 1):
        assert not shows(text, watched.federation.weights(run, number).values)


@pytest.mark.parametrize("owner", range(OWNERS))
def test_the_secret_of_the_noise_that_was_used_stays_secret(watched: Watched, owner: int) -> None:
    """The others are opened, which is what they are for."""
    text = watched.wire.seen
    secrets = watched.kept(owner, "noise")["secrets"]
    assert sum(secret.removeprefix("0x").encode() in text for secret in secrets) == len(secrets) - 1


@pytest.mark.parametrize("owner", range(OWNERS))
def test_no_secret_of_the_next_noise_passes(watched: Watched, owner: int) -> None:
    text = watched.wire.seen
    assert not any(secret.removeprefix("0x").encode() in text for secret in watched.kept(owner, "secrets")["secrets"])
