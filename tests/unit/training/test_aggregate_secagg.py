"""Sums by SecAgg+: limbs and masks, clients that are lost, and servers that ask for more than they may."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.extras import need_training
from tests.support.flower import flower_module
from tests.support.updates import column_sums, names, write_updates
from zkchain.errors import ExtraMissing, PartyFailed, PartyTimeout
from zkchain.training.aggregate import MAX_BOUND, MAX_CLIENTS, Limits, PartyCommand, aggregator, extras, flower, secagg
from zkchain.training.aggregate import limbs as terms
from zkchain.training.aggregate.masks import masks
from zkchain.training.aggregate.roles_secagg_client import check

need_training()

HALVES = (
    "flwr.client.mod.secure_aggregation.secaggplus_mod",
    "flwr.server.workflow.secure_aggregation.secaggplus_workflow",
)
CLIENT_HALF = flower_module(HALVES[0])
Key, Stage = CLIENT_HALF.Key, CLIENT_HALF.Stage
quantization = flower_module("flwr.common.secure_aggregation.quantization")
flwrs_masks = flower_module("flwr.common.secure_aggregation.secaggplus_utils").pseudo_rand_gen

FAULTY = Path(__file__).resolve().parents[2] / "support" / "faulty_party.py"
VECTORS = [[11, -22, MAX_BOUND], [4, 1, -MAX_BOUND], [-5, 6, MAX_BOUND]]


# --- limbs ---------------------------------------------------------------------------------------------------------


@given(st.one_of(st.integers(1, MAX_BOUND), st.sampled_from([2**24 - 1, 2**24, 2**24 + 1])), st.data())
def test_limbs_join_to_what_was_cut_and_to_its_sums(bound, data):
    drawn_vectors = data.draw(st.lists(st.tuples(*[st.integers(-bound, bound)] * 4), min_size=3))
    vectors = [(bound, -bound, 0, -1), *drawn_vectors]
    cut = [terms.limbs(vector, terms.limb_count(bound)) for vector in vectors]
    assert all(abs(digit) <= terms.CLIPPING_RANGE for vector in cut for limb in vector for digit in limb)
    assert [terms.joined(vector) for vector in cut] == [list(vector) for vector in vectors]
    sums = [[sum(column) for column in zip(*limb, strict=True)] for limb in zip(*cut, strict=True)]
    assert tuple(terms.joined(sums)) == column_sums(vectors)


def test_the_most_clients_stay_below_the_modulus_and_one_within_32_bits():
    assert MAX_CLIENTS * terms.QUANTIZATION_RANGE < terms.MODULUS_RANGE <= 2**32
    assert terms.QUANTIZATION_RANGE == 2 * terms.CLIPPING_RANGE < 2**31
    assert [terms.limb_count(bound) for bound in (1, 2**24, 2**24 + 1, MAX_BOUND)] == [1, 1, 2, 2]


@given(st.lists(st.integers(-(2**terms.LIMB_BITS), 2**terms.LIMB_BITS), min_size=1))
def test_flwr_has_nothing_to_round_in_a_limb(limb):
    given_floats = [np.array(limb, dtype=np.float64)]
    (whole,) = quantization.quantize(given_floats, terms.CLIPPING_RANGE, terms.QUANTIZATION_RANGE)
    (back,) = quantization.dequantize([whole], terms.CLIPPING_RANGE, terms.QUANTIZATION_RANGE)
    assert back.tolist() == limb


@pytest.mark.parametrize("bound", [2**24, 2**24 + 1])
def test_the_widest_numbers_of_one_limb_and_the_first_of_two_sum_exactly(tmp_path, bound):
    vectors = [[bound, -bound, bound - 1]] * 4 + [[bound, -bound, -1]]
    paths = write_updates(tmp_path, vectors)
    assert aggregator("secagg", scratch=tmp_path / "s").total(paths, length=3, bound=bound) == column_sums(vectors)


@given(st.integers(3, MAX_CLIENTS))
def test_a_majority_opens_a_mask(clients):
    assert clients < 2 * terms.threshold(clients) <= clients + 2
    assert 2 <= terms.threshold(clients) < clients


# --- masks ---------------------------------------------------------------------------------------------------------

SHAPES = [(1,), (3, 2), (), (500,)]


def drawn(how, seed):
    return [array.tolist() for array in how(seed, 2**32, SHAPES)]


def test_flwr_folds_a_seed_to_32_bits_and_the_masks_here_do_not():
    """Should the first line fail, flwr has mended its masks, and those here can go."""
    seed, other = bytes(range(32)), bytes(range(4, 32)) + bytes(range(4))
    assert drawn(flwrs_masks, seed) == drawn(flwrs_masks, other)
    assert drawn(masks, seed) != drawn(masks, other)
    assert drawn(masks, seed) == drawn(masks, seed)


@given(st.binary(min_size=32, max_size=44), st.integers(0, 32))
def test_masks_have_the_shapes_and_the_range_that_are_asked_for(seed, bits):
    found = masks(seed, 2**bits, SHAPES)
    assert [array.shape for array in found] == SHAPES
    assert all(array.dtype == "int64" and array.min() >= 0 and array.max() < 2**bits for array in found)


def test_masks_reach_every_bit_and_no_array_repeats_another():
    first, second = masks(bytes(32), 2**32, [(400,), (400,)])
    assert first.tolist() != second.tolist()
    shares = [((first >> bit) & 1).mean() for bit in range(32)]
    assert all(0.35 < share < 0.65 for share in shares)


@pytest.mark.parametrize("wrong", [0, 3, 2**33, -2])
def test_masks_of_another_range_are_refused(wrong):
    with pytest.raises(ValueError, match="power of two"):
        masks(bytes(32), wrong, [(1,)])


@pytest.mark.parametrize("name", HALVES)
def test_both_halves_of_the_protocol_draw_the_masks_from_here(name, monkeypatch):
    monkeypatch.setattr(flower_module(name), "pseudo_rand_gen", flwrs_masks)
    assert flower.protocol(name).pseudo_rand_gen is masks


def test_another_release_of_flwr_is_refused_before_anybody_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(extras.metadata, "version", lambda name: "1.42.0")
    with pytest.raises(ExtraMissing, match=r"1\.42\.0 is installed.*1\.41\.0") as missing:
        aggregator("secagg", scratch=tmp_path / "s").total(write_updates(tmp_path, VECTORS), length=3, bound=MAX_BOUND)
    assert "zkchain[fl]" in missing.value.remedy
    assert not (tmp_path / "s").exists()


# --- clients that are lost -----------------------------------------------------------------------------------------


def total(root, how, seconds=60.0):
    said = []
    summing = aggregator(
        "secagg",
        scratch=root / "s",
        limits=Limits(seconds=seconds),
        command=PartyCommand((sys.executable, "-P", str(FAULTY), how)),
    )
    try:
        paths = write_updates(root, VECTORS)
        found = summing.total(paths, length=3, bound=MAX_BOUND, report=lambda stage, fraction=None: said.append(stage))
    finally:
        assert names(root / "s") == [".lock"]
    return found, said


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_client_lost_before_its_masked_update_is_there_ends_the_sum_by_its_name(tmp_path, step):
    with pytest.raises(PartyFailed, match="client 1 ended with exit code 3") as lost:
        total(tmp_path, f"dies-at-{step}")
    assert lost.value.facts["party"] == "client 1"


def test_a_client_that_hangs_with_its_masked_update_is_named_when_time_is_up(tmp_path):
    with pytest.raises(PartyTimeout) as late:
        total(tmp_path, "hangs-at-2", seconds=8)
    assert "client 1" in late.value.facts["parties"]  # on a machine that is busy, others may be as late


@pytest.mark.parametrize("how", ["dies-at-3", "hangs-at-3"])
def test_a_client_lost_afterwards_is_in_the_sum_all_the_same(tmp_path, monkeypatch, how):
    monkeypatch.setattr(secagg, "PATIENCE", 1.0)
    found, said = total(tmp_path, how)
    assert found == column_sums(VECTORS)
    assert said[-1] == "opening the sum without client 1, whose masked update is in it"


def test_a_sum_that_too_few_are_left_to_open_ends_by_a_name(tmp_path):
    with pytest.raises(PartyFailed, match=r"client \d ended with exit code 3"):
        total(tmp_path, "all-die-at-3")


# --- servers that ask for more -------------------------------------------------------------------------------------

ASKED = {
    Stage.SETUP: {
        Key.SAMPLE_NUMBER: 3,
        Key.SHARE_NUMBER: 3,
        Key.THRESHOLD: 2,
        Key.CLIPPING_RANGE: terms.CLIPPING_RANGE,
        Key.TARGET_RANGE: terms.QUANTIZATION_RANGE,
        Key.MOD_RANGE: terms.MODULUS_RANGE,
        Key.MAX_WEIGHT: terms.MAX_WEIGHT,
    },
    Stage.SHARE_KEYS: {str(node): [b"1", b"2"] for node in (2, 3, 4)},
    Stage.COLLECT_MASKED_VECTORS: {Key.CIPHERTEXT_LIST: [b"4", b"2"], Key.SOURCE_LIST: [4, 2]},
    Stage.UNMASK: {Key.ACTIVE_NODE_ID_LIST: [4, 2, 3], Key.DEAD_NODE_ID_LIST: []},
}


def answered(stage, changed):
    check({Key.STAGE: stage, **ASKED[stage], **changed}, stage, CLIENT_HALF, clients=3, own=3)


@pytest.mark.parametrize("stage", list(ASKED))
def test_a_client_answers_what_belongs_to_its_sum(stage):
    answered(stage, {})


@pytest.mark.parametrize(
    ("stage", "changed"),
    [
        (Stage.SETUP, {Key.STAGE: Stage.UNMASK}),
        (Stage.SETUP, {Key.SAMPLE_NUMBER: 2}),
        (Stage.SETUP, {Key.THRESHOLD: 1}),
        (Stage.SETUP, {Key.MOD_RANGE: 2**26}),
        (Stage.SETUP, {"more": 1}),
        (Stage.SHARE_KEYS, {"5": [b"1", b"2"]}),
        (Stage.SHARE_KEYS, {"02": [b"1", b"2"]}),
        (Stage.COLLECT_MASKED_VECTORS, {Key.SOURCE_LIST: [4]}),
        (Stage.COLLECT_MASKED_VECTORS, {Key.SOURCE_LIST: [4, 4]}),
        (Stage.COLLECT_MASKED_VECTORS, {Key.SOURCE_LIST: [4, 2, 3]}),
        (Stage.UNMASK, {Key.ACTIVE_NODE_ID_LIST: [2, 3], Key.DEAD_NODE_ID_LIST: [4]}),
        (Stage.UNMASK, {Key.DEAD_NODE_ID_LIST: [4]}),
        (Stage.UNMASK, {Key.ACTIVE_NODE_ID_LIST: [2, 3]}),
        (Stage.UNMASK, {Key.ACTIVE_NODE_ID_LIST: [2, 3, 3]}),
    ],
)
def test_a_client_does_not_answer_a_server_that_opens_another_sum(stage, changed):
    with pytest.raises(ValueError, match="the server"):
        answered(stage, changed)
