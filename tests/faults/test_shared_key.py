"""T24, T25: the shared verifier takes any key from anybody, so no odd key may pass for the one that an adapter pins."""

import random
from collections.abc import Iterator

import pytest

from tests.support.circuits import TinyCircuit
from tests.support.evm import SENDER, Evm
from tests.support.gateway import Binding, Stage, stage
from tests.support.layouts import canonical

NOW = 1_700_000_000
WORD = 32
#: What a block can give to one transaction (EIP-7825).
MOST_GAS = 16_777_216


@pytest.fixture(scope="module")
def honest(circuit: TinyCircuit) -> tuple[Stage, list[int], bytes]:
    site = stage(Evm(timestamp=NOW), circuit, shared=True)
    instances, proof = circuit.prove(site.tag(Binding(account=SENDER, nonce=1, deadline=NOW)))
    return site, instances, proof


def odd_keys(key: tuple[bytes, ...]) -> Iterator[tuple[str, list[bytes]]]:
    """Keys of any length, and the right one with words that point anywhere."""
    source = random.Random(5)
    for length in (0, 1, 2, len(key) - 1, len(key) + 1, 10_000):
        yield f"{length} words of zero", [bytes(WORD)] * length
        yield f"{length} random words", [source.randbytes(WORD) for _ in range(length)]
    wild = [2**256 - 1, 2**255, 2**64, 2**32, 0, 1, 32, 0x20 * len(key)]
    for index, word in enumerate(key):
        for value in source.sample(wild, 2):
            if value.to_bytes(WORD, "big") != word:
                yield f"word {index} is {value:#x}", [*key[:index], value.to_bytes(WORD, "big"), *key[index + 1 :]]


def test_no_odd_key_passes_for_the_pinned_one(honest):
    site, instances, proof = honest
    assert site.evm.call(site.verifier, canonical(proof, instances, site.key).data).ok
    tried, pinned = 0, site.evm.call(site.verifier, canonical(proof, instances, site.key).data).data
    for name, words in odd_keys(site.key):
        outcome = site.evm.call(site.verifier, canonical(proof, instances, words).data, gas=MOST_GAS)
        said = outcome.ok and int.from_bytes(outcome.data[:WORD], "big") == 1
        assert not (said and outcome.data == pinned), name
        tried += 1
    assert tried >= 2 * len(site.key)
