"""Follow a real gateway on a real node, through real reorganisations of every depth up to six."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.chains import need, raw
from tests.support.circuits import build_tiny
from tests.support.world import OWNER, World, deployed
from zkchain.chain.client import Chain, connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.chain.follow import Watched, chain_cursor, follow
from zkchain.chain.gateway import list_events, submit_inference
from zkchain.errors import CursorLost
from zkchain.records import EventNotice, Network, Proof

pytestmark = pytest.mark.anvil
ANSWERS = 4
DEPTHS = range(1, 7)


@dataclass(frozen=True)
class Scene:
    """A gateway on a node of its own, and proofs for it. The node is rolled back after each test."""

    url: str
    world: World
    proofs: tuple[Proof, ...]

    def chain(self, confirmations: int | None = 1) -> Chain:
        return connect(Network(name="far", rpc_url=self.url, chain_id=31337, confirmations=confirmations))

    def mine(self, blocks: int) -> None:
        raw(self.url, "anvil_mine", hex(blocks))

    def submit(self, *indexes: int) -> list[str]:
        """A block for each of these proofs. Their transactions as they were sent."""
        sent = []
        for index in indexes:
            receipt, _ = submit_inference(
                self.world.chain, OWNER, self.world.gateway, self.world.model, self.proofs[index]
            )
            sent.append(raw(self.url, "eth_getRawTransactionByHash", receipt.tx_hash))
        return sent

    def reorganise(self, depth: int, transactions: list[tuple[str, int]]) -> None:
        """Other blocks in place of the last `depth`, with these transactions, each in the block of its number."""
        raw(self.url, "anvil_setCoinbase", "0x" + secrets.token_hex(20))  # or the same seconds give the same blocks
        raw(self.url, "anvil_reorg", depth, [list(one) for one in transactions])

    def told(self, folder: Path, confirmations: int | None = 1, name: str = "test") -> list[EventNotice]:
        """What a reader that starts now is told of until there is no more."""
        chain, model = self.chain(confirmations), self.world.model
        watched = Watched(gateways=((self.world.gateway, 0),), models={model.model_id: model})
        with chain_cursor(chain, folder, name) as cursor:
            return list(follow(chain, cursor, lambda: watched, wait=False))

    def held(self) -> set[tuple[str, int]]:
        """What the chain holds now: transactions and blocks."""
        events = list_events(self.chain(), self.world.gateway, {self.world.model.model_id: self.world.model})
        return {(event.tx_hash, event.block) for event in events}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    need("anvil")
    home = tmp_path_factory.mktemp("follow")
    info = start_devnet(home, engine="anvil")
    circuit = build_tiny(tmp_path_factory.mktemp("circuit"), seed=1)
    chain = connect(Network(name="far", rpc_url=info.rpc_url, chain_id=31337))
    world = deployed(chain, circuit, "shared")
    yield Scene(info.rpc_url, world, tuple(world.prove(world.bound(nonce=nonce)) for nonce in range(1, ANSWERS + 1)))
    stop_devnet(home)


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    mark = raw(stage.url, "evm_snapshot")
    yield stage
    raw(stage.url, "evm_revert", mark)


def outcome(notices: list[EventNotice]) -> set[tuple[str, int]]:
    """What a reader holds who takes notices as they come; fails when one does not fit those before it."""
    held: set[tuple[str, int]] = set()
    for number, notice in enumerate(notices, 1):
        assert notice.sequence == number
        place = (notice.event.tx_hash, notice.event.block)
        assert (place in held) == notice.removed
        held ^= {place}
    return held


def test_answers_are_told_of_once_and_in_order_decoded(scene: Scene, tmp_path: Path):
    scene.submit(0, 1)
    first = scene.told(tmp_path)
    assert [notice.removed for notice in first] == [False, False]
    assert [notice.event.outputs["y"] for notice in first] == [
        [proof.instances[0].to_float(scale=14)] for proof in scene.proofs[:2]
    ]
    assert scene.told(tmp_path) == []
    scene.submit(2)
    (third,) = scene.told(tmp_path)
    assert third.sequence == 3
    assert third.gateway == scene.world.gateway.address


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_reorganisation_takes_back_what_it_took_and_tells_of_what_came(scene: Scene, tmp_path: Path, depth: int):
    sent = scene.submit(0, 1, 2)
    scene.mine(3)
    notices = scene.told(tmp_path)
    before = scene.held()
    # The first of the three comes back in the first new block, the others not.
    scene.reorganise(depth, [(sent[0], 0)] if depth == 6 else [])
    scene.mine(1)
    notices += scene.told(tmp_path)
    taken = max(0, depth - 3)
    assert [notice.removed for notice in notices] == [False] * 3 + [True] * taken + [False] * (depth == 6)
    assert [notice.event.block for notice in notices[3 : 3 + taken]] == sorted(
        (block for _, block in before), reverse=True
    )[:taken]
    assert outcome(notices) == scene.held()
    scene.submit(3)
    assert outcome(notices + scene.told(tmp_path)) == scene.held()


@pytest.mark.parametrize("depth", DEPTHS)
def test_with_enough_confirmations_nothing_is_ever_taken_back(scene: Scene, tmp_path: Path, depth: int):
    scene.submit(0)
    scene.mine(6)
    notices = scene.told(tmp_path, confirmations=7)
    assert len(notices) == 1
    sent = scene.submit(1)
    scene.mine(depth - 1)
    assert scene.told(tmp_path, confirmations=7) == []
    scene.reorganise(depth, [(sent[0], depth - 1)])
    scene.mine(8)
    notices += scene.told(tmp_path, confirmations=7)
    assert [notice.removed for notice in notices] == [False, False]
    assert outcome(notices) == scene.held()


def test_a_chain_that_was_rolled_back_takes_back_once_other_blocks_are_there(scene: Scene, tmp_path: Path):
    mark = raw(scene.url, "evm_snapshot")
    scene.submit(0, 1)
    notices = scene.told(tmp_path)
    assert raw(scene.url, "evm_revert", mark) is True
    assert scene.told(tmp_path) == []  # as a node does that is only behind
    scene.mine(1)
    notices += scene.told(tmp_path)
    assert [notice.removed for notice in notices] == [False, False, True, True]
    assert outcome(notices) == scene.held() == set()


def test_old_blocks_are_read_in_ranges_and_recent_ones_by_hash(scene: Scene, tmp_path: Path):
    scene.submit(0)
    scene.mine(300)
    scene.submit(1)
    notices = scene.told(tmp_path)
    assert outcome(notices) == scene.held()
    assert len(notices) == 2
    scene.reorganise(40, [])
    notices += scene.told(tmp_path)
    assert [notice.removed for notice in notices] == [False, False, True]


def test_a_reorganisation_deeper_than_what_was_read_block_by_block_is_an_error(scene: Scene, tmp_path: Path):
    scene.submit(0)
    scene.mine(200)
    assert len(scene.told(tmp_path)) == 1
    scene.reorganise(150, [])
    scene.mine(1)
    with pytest.raises(CursorLost):
        scene.told(tmp_path)
    # Nothing was changed: it is so each time, and another cursor reads the chain as it is.
    with pytest.raises(CursorLost):
        scene.told(tmp_path)
    assert outcome(scene.told(tmp_path, name="another")) == scene.held()


def test_finalized_answers_are_told_of_when_they_are_final(scene: Scene, tmp_path: Path):
    scene.submit(0)
    assert scene.told(tmp_path, confirmations=None) == []
    scene.mine(128)
    assert outcome(scene.told(tmp_path, confirmations=None)) == scene.held()


def test_a_model_that_is_not_known_is_told_of_without_outputs(scene: Scene, tmp_path: Path):
    scene.submit(0)
    chain = scene.chain()
    with chain_cursor(chain, tmp_path, "test") as cursor:
        nothing = Watched(gateways=((scene.world.gateway, 0),), models={})
        (notice,) = follow(chain, cursor, lambda: nothing, wait=False)
    assert replace(notice.event, outputs={}, model_name="") == notice.event
