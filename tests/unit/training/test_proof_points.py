"""The points at the beginning of a proof beside what the ledger's events say of it."""

from dataclasses import replace
from typing import Any

import pytest

from zkchain.chain.training import LedgerEvent
from zkchain.pipeline.training.proof_points import server_points_amiss, step_points_amiss
from zkchain.training.curve import add, times
from zkchain.training.merkle import path_of, root_of
from zkchain.values import keccak_of

ONE = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
BATCHES = [times(ONE, 3), times(ONE, 4)]
WEIGHTS, NOISE, FACTOR, UPDATE, BLANK = (times(ONE, count) for count in (5, 6, 7, 8, 2))
STEP = BATCHES[1] + WEIGHTS + NOISE + FACTOR + UPDATE + b"the rest"


def hashed(point: bytes) -> bytes:
    return bytes.fromhex(keccak_of(point)[2:])


def said(name: str, **fields: Any) -> LedgerEvent:
    return LedgerEvent(name=name, block=1, tx_hash="0x" + "1" * 64, fields=fields)


PROVED = said(
    "UpdateProved", round=2, client="0x0A", batchIndex=1, updatePoints=UPDATE, usedHash=hashed(NOISE), epsilon=1
)
EVENTS = [
    said("DataRegistered", client="0x0A", root=bytes.fromhex(root_of(BATCHES)[2:])),
    said("DataRegistered", client="0x0B", root=bytes(32)),
    said("RoundOpened", round=1, model=bytes(32)),
    said("RoundOpened", round=2, model=hashed(WEIGHTS)),
    PROVED,
]


def step(proof: bytes = STEP, *, proved: LedgerEvent = PROVED, private: bool = True, place: int = 1) -> str:
    return step_points_amiss(proof, path_of(BATCHES, place), proved, EVENTS, private=private)


def test_a_step_of_what_the_events_say_has_nothing_amiss() -> None:
    assert step() == ""


@pytest.mark.parametrize(("place", "what"), [(0, "batch"), (1, "weights"), (2, "noise"), (4, "update")])
def test_another_point_in_a_steps_proof_is_named(place: int, what: str) -> None:
    proof = STEP[: 64 * place] + times(ONE, 99) + STEP[64 * (place + 1) :]
    assert step(proof) == f"the proof commits to another {what} than the ledger says"


def test_factors_are_the_clients_own_and_without_noise_so_is_the_point_of_noise() -> None:
    assert step(STEP[:192] + times(ONE, 99) + STEP[256:]) == ""
    other = STEP[:128] + times(ONE, 99) + STEP[192:]
    assert step(other, private=False) == ""


def test_a_proof_that_ends_too_early_or_a_path_of_another_batch_does_not_fit() -> None:
    assert "another update" in step(STEP[:300])
    assert "another batch" in step(b"")
    assert "another batch" in step(place=0)
    assert "another batch" in step(proved=replace(PROVED, fields={**PROVED.fields, "client": "0x0C"}))


def closed(**fields: Any) -> LedgerEvent:
    return said("RoundClosed", **{"round": 2, "oldModel": hashed(WEIGHTS), "newModel": hashed(NOISE), **fields})


def server(proof: bytes, events: list[LedgerEvent]) -> str:
    return server_points_amiss(proof, closed(), events, BLANK)


OTHER = replace(PROVED, fields={**PROVED.fields, "client": "0x0B", "updatePoints": times(ONE, 20)})
#: 8 + 20 is what both have proved, and each has a blank in it, of which the sum has one only.
SUM = times(ONE, 26)


def test_a_sum_has_one_blank_and_any_other_is_named() -> None:
    assert add(SUM, BLANK) == add(UPDATE, times(ONE, 20))
    assert server(WEIGHTS + SUM + NOISE, [*EVENTS, OTHER]) == ""
    for total in (times(ONE, 28), times(ONE, 27), b"\xff" * 64, b""):
        assert "another sum" in server(WEIGHTS + total.ljust(64, b"\1") + NOISE, [*EVENTS, OTHER])
    assert "another sum" in server(WEIGHTS + SUM + NOISE, EVENTS), "one of the two was not proved"
    assert "another sum" in server(WEIGHTS + SUM + NOISE, EVENTS[:-1]), "nobody has proved anything"


def test_other_models_than_the_rounds_are_named() -> None:
    assert "another old model" in server(NOISE + SUM + NOISE, [*EVENTS, OTHER])
    assert "another new model" in server(WEIGHTS + SUM + WEIGHTS, [*EVENTS, OTHER])
    assert "another new model" in server(WEIGHTS + SUM, [*EVENTS, OTHER])
