"""The shared verifier's key as bytes, words and the code of a data contract."""

from collections.abc import Sequence

from eth_abi.abi import encode

from ..errors import ContractTooLarge, SolidityError
from ..values import Digest, keccak_of
from .limits import MAX_RUNTIME_BYTES

_WORD = 32
#: PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: deploys what follows.
_INIT = "61{:04x}80600a3d393df3"


def parse_vka(data: bytes) -> tuple[bytes, ...]:
    """The words of ezkl's key file: an 8-byte little-endian count, then that many words as the EVM reads them.

    Raises SolidityError when the count and the size disagree or there is no word.
    """
    count = int.from_bytes(data[:8], "little")
    if len(data) < 8 + _WORD or len(data) != 8 + _WORD * count:
        raise SolidityError(f"key file has {len(data)} bytes, but its head says {count} words", bytes=len(data))
    return tuple(data[at : at + _WORD] for at in range(8, len(data), _WORD))


def key_digest(words: Sequence[bytes]) -> Digest:
    """keccak256 of the words: how the shared verifier and its adapters name the key."""
    return keccak_of(b"".join(words))


def key_data_creation_code(words: Sequence[bytes]) -> bytes:
    """Creation code of the contract whose runtime code is `abi.encode(bytes32[])` of the key.

    The first runtime byte is STOP, so calls to the contract do nothing. Raises ContractTooLarge over the chain's
    code limit, SolidityError when a word is not 32 bytes.
    """
    if not words or any(len(word) != _WORD for word in words):
        raise SolidityError("a key is one or more words of 32 bytes", words=len(words))
    code = encode(["bytes32[]"], [list(words)])
    if len(code) > MAX_RUNTIME_BYTES:
        raise ContractTooLarge(
            f"the key needs {len(code):,} bytes of code; the limit is {MAX_RUNTIME_BYTES:,}",
            remedy="compile with fewer columns or lookups",
            bytes=len(code),
        )
    return bytes.fromhex(_INIT.format(len(code))) + code
