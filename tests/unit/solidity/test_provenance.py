"""Where a verifier's reference string comes from, read off its code."""

import pytest

from zkchain.solidity.artifacts import load_artifact
from zkchain.solidity.provenance import provenance_of_code
from zkchain.values import CEREMONY_G2

WORDS = [bytes.fromhex(word[2:]) for word in CEREMONY_G2]


def test_code_with_all_four_words_is_of_the_ceremony():
    assert provenance_of_code(b"\x7f" + b"\x52\x7f".join(WORDS)) == "ceremony"


@pytest.mark.parametrize("missing", range(4))
def test_code_that_lacks_a_word_is_not(missing):
    assert provenance_of_code(b"".join(word for index, word in enumerate(WORDS) if index != missing)) == "dev"


def test_the_shared_verifier_alone_says_nothing_of_the_ceremony():
    assert provenance_of_code(load_artifact("Halo2VerifierReusable").deployed_bytecode) == "dev"
