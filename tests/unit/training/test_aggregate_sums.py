"""Every mode gives the sum of the integers, to the bit, and refuses what it cannot sum."""

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.extras import need_training
from tests.support.updates import column_sums, names, write_updates
from zkchain.errors import (
    AggregationRefused,
    ModeUnavailable,
    UpdateMismatch,
    UpdateOutOfBound,
    UpdateUnreadable,
)
from zkchain.training.aggregate import MAX_BOUND, MAX_CLIENTS, MAX_LENGTH, Limits, aggregator
from zkchain.training.aggregate.frames import pack, unpack
from zkchain.training.aggregate.vectors import read_update

need_training()

VALUES = st.one_of(st.integers(-MAX_BOUND, MAX_BOUND), st.sampled_from([-MAX_BOUND, MAX_BOUND, -1, 0]))


@st.composite
def vectors(draw):
    length = draw(st.integers(1, 120))
    return [draw(st.lists(VALUES, min_size=length, max_size=length)) for _ in range(draw(st.integers(3, 5)))]


def total(mode, given_vectors, *, bound=MAX_BOUND):
    with tempfile.TemporaryDirectory() as root:
        scratch = Path(root) / "scratch"
        paths = write_updates(Path(root), given_vectors)
        got = aggregator(mode, scratch=scratch, limits=Limits(seconds=500)).total(
            paths, length=len(given_vectors[0]), bound=bound
        )
        assert not scratch.exists() or names(scratch) == [".lock"]
        return got


@given(vectors())
@settings(max_examples=40, deadline=None)
def test_the_clear_sum_is_exact(given_vectors):
    assert total("clear", given_vectors) == column_sums(given_vectors)


@pytest.mark.parametrize("mode", ["mpc", "he", "secagg"])
@given(given_vectors=vectors())
@example(given_vectors=[[-MAX_BOUND] * 3, [-MAX_BOUND] * 3, [-MAX_BOUND, MAX_BOUND, -1]])
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_private_sum_is_exact(mode, given_vectors):
    assert total(mode, given_vectors) == column_sums(given_vectors)


@pytest.mark.parametrize("mode", ["mpc", "he", "secagg"])
def test_a_small_bound_gives_the_same_sum(mode):
    assert total(mode, [[1, -1], [1, -1], [-1, 1]], bound=1) == (1, -1)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["mpc", "he", "secagg"])
def test_the_most_clients_at_the_widest_bound_sum_exactly(mode):
    extremes = [[MAX_BOUND, -MAX_BOUND, position] for position in range(MAX_CLIENTS)]
    assert total(mode, extremes) == column_sums(extremes)


@pytest.mark.parametrize(("mode", "least"), [("clear", 1), ("mpc", 3), ("he", 3), ("secagg", 3)])
def test_fewer_clients_than_keep_a_secret_are_refused(tmp_path, mode, least):
    paths = write_updates(tmp_path, [[1]] * (least - 1))
    with pytest.raises(AggregationRefused, match=f"{least - 1} clients") as refused:
        aggregator(mode, scratch=tmp_path / "s").total(paths, length=1, bound=1)
    assert refused.value.facts["least"] == least
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("mode", ["clear", "mpc", "he", "secagg"])
@pytest.mark.parametrize(
    ("length", "bound", "clients"),
    [
        (0, 1, 3),
        (1, 0, 3),
        (1, MAX_BOUND + 1, 3),
        (MAX_LENGTH + 1, 1, 3),
        (1, 1, MAX_CLIENTS + 1),
    ],
)
def test_what_has_no_exact_sum_is_refused_before_anybody_starts(tmp_path, mode, length, bound, clients):
    paths = [tmp_path / "nobody.json"] * clients
    with pytest.raises(AggregationRefused):
        aggregator(mode, scratch=tmp_path / "s").total(paths, length=length, bound=bound)
    assert list(tmp_path.iterdir()) == []


def test_a_mode_that_is_not_there_is_not_pretended(tmp_path):
    with pytest.raises(ModeUnavailable, match="trust is not available; available are clear, mpc, he, secagg"):
        aggregator("trust", scratch=tmp_path)


@pytest.mark.parametrize("mode", ["clear", "mpc", "he", "secagg"])
@pytest.mark.parametrize(
    ("vector", "kind"),
    [([7, 7, 7], UpdateMismatch), ([7, 77777], UpdateOutOfBound), ([7, 7.5], UpdateUnreadable)],
)
def test_a_client_with_a_wrong_update_is_named_and_its_values_are_not(tmp_path, mode, vector, kind):
    paths = write_updates(tmp_path, [[1, 1], [1, 1], vector])
    with pytest.raises(kind, match="client 2") as refused:
        aggregator(mode, scratch=tmp_path / "s").total(paths, length=2, bound=9)
    assert refused.value.facts["client"] == 2
    assert "7" not in json.dumps(refused.value.to_json())
    assert not (tmp_path / "s").exists() or names(tmp_path / "s") == [".lock"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"values": 1}',
        '{"values": [1, true]}',
        '{"values": [1, "2"]}',
        '{"values": [1, null]}',
        '{"values": [1, NaN]}',
        '{"values": [1, 1e3]}',
        '{"values": [1, 2], "more": 1}',
        '{"values": [1, 2], "values": [1, 2]}',
        '{"values": [1, ' + "9" * 5000 + "]}",
        '{"values": [1, ' + "[" * 100_000,
        '{"values": [1, 2]}' + " " * 10_000,
    ],
)
def test_an_update_in_another_form_is_refused(tmp_path, text):
    path = tmp_path / "update.json"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(UpdateUnreadable, match="client 4"):
        read_update(path, position=4, length=2, bound=10)


def test_an_update_that_others_may_open_is_refused(tmp_path):
    (path,) = write_updates(tmp_path, [[1]])
    path.chmod(0o640)
    with pytest.raises(UpdateUnreadable, match="mode 0640") as refused:
        read_update(path, position=0, length=1, bound=1)
    assert "chmod" in refused.value.remedy


def test_an_update_that_is_no_plain_file_is_refused(tmp_path):
    (path,) = write_updates(tmp_path, [[1]])
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(path)
    os.mkfifo(pipe, mode=0o600)
    for place in (link, pipe, tmp_path, tmp_path / "missing", Path("zero\0byte")):
        with pytest.raises(UpdateUnreadable, match="client 0"):
            read_update(place, position=0, length=1, bound=1)
    assert read_update(path, position=0, length=1, bound=1) == (1,)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_frames_come_back_as_they_were(frames):
    assert unpack(pack(frames), expected=len(frames)) == frames


@given(st.lists(st.binary(max_size=40), max_size=5), st.data())
def test_frames_that_were_cut_or_lengthened_are_refused(frames, data):
    packed = pack(frames)
    cut = data.draw(st.integers(0, len(packed) - 1))
    for wrong in (packed[:cut], packed + b"\0", b"x" + packed[1:]):
        with pytest.raises(ValueError, match="frames"):
            unpack(wrong, expected=len(frames))
    with pytest.raises(ValueError, match="frames"):
        unpack(packed, expected=len(frames) + 1)
