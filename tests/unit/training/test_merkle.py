import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkchain.training import merkle
from zkchain.training.merkle import leaf_of, path_of, root_of
from zkchain.values import keccak_of

_points = st.lists(st.binary(min_size=64, max_size=64), min_size=1, max_size=20)


def climb(points: list[bytes], index: int, path: tuple[bytes, ...]) -> str:
    """MerkleProof.processProof."""
    node = leaf_of(index, points[index])
    for sibling in path:
        node = bytes.fromhex(keccak_of(min(node, sibling) + max(node, sibling))[2:])
    return "0x" + node.hex()


@given(_points)
def test_every_path_leads_to_the_root(points: list[bytes]) -> None:
    root = root_of(points)
    for index, point in enumerate(points):
        path = path_of(points, index)
        assert climb(points, index, path) == root == "0x" + merkle.climb(leaf_of(index, point), path).hex()


@given(_points, st.data())
def test_another_batch_leads_elsewhere(points: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(points) - 1))
    changed = list(points)
    changed[index] = bytes(byte ^ 1 for byte in points[index])
    assert root_of(changed) != root_of(points)
    assert climb(changed, index, path_of(points, index)) != root_of(points)


def test_the_order_of_batches_matters() -> None:
    assert root_of([b"a" * 64, b"b" * 64]) != root_of([b"b" * 64, b"a" * 64])


@given(st.lists(st.binary(min_size=32, max_size=64), min_size=1, max_size=9))
def test_no_root_is_one_of_points_and_one_of_hashes(commitments: list[bytes]) -> None:
    assert root_of(commitments, "poseidon") != root_of(commitments, "kzg")
    assert leaf_of(0, commitments[0], "poseidon") != leaf_of(0, commitments[0])


def test_there_is_no_root_over_nothing() -> None:
    with pytest.raises(ValueError, match="at least one batch"):
        root_of([])
