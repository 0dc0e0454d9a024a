"""Are the commitments at the beginning of a proof those of which the ledger's events speak?

A proof that holds says something about the vectors that it commits to, and about no others.
"""

from collections.abc import Sequence

from ...chain.training import LedgerEvent, updates_of
from ...training.attribution import sum_matches
from ...training.curve import POINT
from ...training.merkle import climb, leaf_of
from ...values import keccak_of

_DATA, _WEIGHTS, _NOISE, _UPDATE = 0, 1, 2, 4  # behind the noise are the factors, of which no event speaks
_OLD, _SUM, _NEW = 0, 1, 2


def step_points_amiss(
    proof: bytes, path: Sequence[bytes], proved: LedgerEvent, events: Sequence[LedgerEvent], *, private: bool
) -> str:
    """What of a step's proof is not as the events say: its batch, weights, noise or update; empty for nothing."""
    client, number = proved.fields["client"], proved.fields["round"]
    roots = [one.fields["root"] for one in events if one.name == "DataRegistered" and one.fields["client"] == client]
    models = [one.fields["model"] for one in events if one.name == "RoundOpened" and one.fields["round"] == number]
    root = climb(leaf_of(proved.fields["batchIndex"], _point(proof, _DATA)), path)
    rules = (
        ("batch", roots == [root]),
        ("weights", models == [_hash(proof, _WEIGHTS)]),
        ("noise", not private or proved.fields["usedHash"] == _hash(proof, _NOISE)),
        ("update", proved.fields["updatePoints"] == _point(proof, _UPDATE)),
    )
    return _first(rules)


def server_points_amiss(proof: bytes, closed: LedgerEvent, events: Sequence[LedgerEvent], blank: bytes) -> str:
    """What of a server's proof is not as the events say: its old model, sum or new model; empty for nothing.

    `blank` is the commitment to nothing, of which each commitment has one in it.
    """
    updates = [one.fields["updatePoints"] for one in updates_of(events, closed.fields["round"])]
    rules = (
        ("old model", closed.fields["oldModel"] == _hash(proof, _OLD)),
        ("sum", _sums(_point(proof, _SUM), blank, updates)),
        ("new model", closed.fields["newModel"] == _hash(proof, _NEW)),
    )
    return _first(rules)


def _first(rules: Sequence[tuple[str, bool]]) -> str:
    """What is said of the first rule that does not hold."""
    return next((f"the proof commits to another {what} than the ledger says" for what, holds in rules if not holds), "")


def _sums(total: bytes, blank: bytes, updates: Sequence[bytes]) -> bool:
    try:
        return bool(updates) and sum_matches(total, blank, updates)
    except ValueError:
        return False


def _point(proof: bytes, place: int) -> bytes:
    return proof[POINT * place : POINT * (place + 1)]


def _hash(proof: bytes, place: int) -> bytes:
    return bytes.fromhex(keccak_of(_point(proof, place))[2:])
