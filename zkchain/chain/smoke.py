"""Try a fresh verifier before its address is recorded: it must accept one honest proof and refuse what is standard."""

from collections.abc import Callable

from ..errors import SmokeTestFailed
from ..progress import Report, silent
from ..values import Address
from .client import Chain
from .layouts import Statement, canonical, negative_vectors

#: Runs calldata against a verifier: True when it accepts, False when it refuses.
Judge = Callable[[bytes], bool]

_WORD = 32


def smoke_test(judge: Judge, statement: Statement, report: Report = silent) -> int:
    """Run the honest call and every negative vector; returns how many were refused. Raises SmokeTestFailed."""
    report("testing the verifier", 0.0)
    if not judge(canonical(statement)):
        raise SmokeTestFailed("the verifier refused an honest proof", vector="honest")
    vectors = negative_vectors(statement)
    for number, vector in enumerate(vectors, start=1):
        if judge(vector.calldata):
            raise SmokeTestFailed(f"the verifier accepted calldata with {vector.name}", vector=vector.name)
        report("testing the verifier", number / len(vectors))
    return len(vectors)


def verifier_at(chain: Chain, verifier: Address) -> Judge:
    """The contract at `verifier` as a judge, by eth_call.

    The judge raises SmokeTestFailed when the contract answers with something that is no verdict, as an address
    without code does; ConnectionFailed and RpcError when the chain does not answer.
    """

    def judge(calldata: bytes) -> bool:
        result = chain.call(verifier, calldata)
        return result.success and verdict_of(verifier, result.data)

    return judge


def verdict_of(verifier: Address, data: bytes) -> bool:
    """What a verifier said when it did not revert. Raises SmokeTestFailed for what is no verdict."""
    # The shared verifier returns more words after the first; its declared types are wrong, so none is decoded.
    verdict = int.from_bytes(data[:_WORD], "big") if len(data) >= _WORD else None
    if verdict not in (0, 1):
        raise SmokeTestFailed(f"{verifier} answers with {len(data)} bytes that are no verdict")
    return verdict == 1
