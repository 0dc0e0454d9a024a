"""Does this chain compute what a verifier needs? Shanghai's instructions, and precompiles 0x05 to 0x08.

A chain without the pairing precompile lets about half of all corrupted proofs through: a call to an address
without code succeeds and leaves the result's memory as it was.
"""

from dataclasses import dataclass

from ..errors import ChainUnfit
from ..values import MODULUS, Address
from .client import Chain
from .create2 import FACTORY, FACTORY_CODE

_P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_G1 = (1, 2)
_MINUS_G1 = (1, _P - 2)
_DOUBLE_G1 = (
    0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3,
    0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4,
)
#: Generator of the second group as EIP-197 orders it: imaginary part first.
_G2 = (
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
)
_OFF_CURVE = (1, 1)


@dataclass(frozen=True, slots=True)
class ProbeVector:
    """Input of a precompile and its right answer; None when it must refuse the input."""

    precompile: int
    name: str
    data: bytes
    answer: bytes | None


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)


PROBE_VECTORS = (
    ProbeVector(5, "inverse of 2", _words(32, 32, 32, 2, MODULUS - 2, MODULUS), _words((MODULUS + 1) // 2)),
    ProbeVector(5, "inverse of 0", _words(32, 32, 32, 0, MODULUS - 2, MODULUS), _words(0)),
    ProbeVector(5, "modulus 0", _words(32, 32, 32, 2, 3, 0), _words(0)),
    ProbeVector(6, "G + G", _words(*_G1, *_G1), _words(*_DOUBLE_G1)),
    ProbeVector(6, "G - G", _words(*_G1, *_MINUS_G1), _words(0, 0)),
    ProbeVector(6, "a point off the curve", _words(*_G1, *_OFF_CURVE), None),
    ProbeVector(6, "a coordinate beyond the field", _words(1 + _P, 2, *_G1), None),
    ProbeVector(7, "2 G", _words(*_G1, 2), _words(*_DOUBLE_G1)),
    ProbeVector(7, "(r - 1) G", _words(*_G1, MODULUS - 1), _words(*_MINUS_G1)),
    ProbeVector(7, "a point off the curve", _words(*_OFF_CURVE, 2), None),
    ProbeVector(8, "e(G, H) e(-G, H)", _words(*_G1, *_G2, *_MINUS_G1, *_G2), _words(1)),
    ProbeVector(8, "e(G, H) e(G, H)", _words(*_G1, *_G2, *_G1, *_G2), _words(0)),
    ProbeVector(8, "a point off the curve", _words(*_OFF_CURVE, *_G2), None),
    ProbeVector(8, "half a pair", _words(*_G1, *_G2[:2]), None),
)


#: Creation code that pushes zero as only Shanghai and later can (EIP-3855), and returns 42.
_PUSH0 = bytes.fromhex("602a5f5260205ff3")


def probe_chain(chain: Chain) -> None:
    """Raise ChainUnfit unless contracts of ours can run there. Raises ConnectionFailed, RpcError."""
    probe_instructions(chain)
    probe_precompiles(chain)


def probe_instructions(chain: Chain) -> None:
    """Raise ChainUnfit on a chain before Shanghai. Raises ConnectionFailed, RpcError."""
    result = chain.call(None, _PUSH0)
    if not result.success or result.data != _words(42):
        raise ChainUnfit(
            f"{_where(chain)} does not run PUSH0 (EIP-3855): our contracts need the instructions of Shanghai",
            remedy="use a chain of Shanghai or later",
            instruction="PUSH0",
        )


#: Code that only this hardfork and later run, and what it returns: TLOAD (EIP-1153) of nothing, CLZ (EIP-7939) of one.
_FORKS = (
    ("Osaka", bytes.fromhex("60011e5f5260205ff3"), 255),
    ("Cancun", bytes.fromhex("5f5c5f5260205ff3"), 0),
    ("Shanghai", _PUSH0, 42),
)


def hardfork_of(chain: Chain) -> str:
    """The latest hardfork whose instructions run; empty before Shanghai. Raises ConnectionFailed, RpcError."""
    for name, code, answer in _FORKS:
        result = chain.call(None, code)
        if result.success and result.data == _words(answer):
            return name
    return ""


#: Bytes of code that a contract may have on every chain since Spurious Dragon (EIP-170), and gas that creating one of
#: that size takes at least: 200 a byte, its creation code as data, and what every creation costs.
CODE_BYTES, CREATION_GAS = 24_576, 6_000_000
#: Creation code that leaves that many zeros as the contract's code.
_LARGEST = bytes.fromhex(f"61{CODE_BYTES:04x}5ff3")


def probe_limits(chain: Chain) -> None:
    """Raise ChainUnfit on a chain that is too narrow for contracts as large as ours may be.

    Raises ConnectionFailed, RpcError.
    """
    allowed = chain.head().gas_limit
    if allowed < CREATION_GAS:
        raise ChainUnfit(
            f"{_where(chain)} allows {allowed:,} gas in a block; creating a verifier takes up to {CREATION_GAS:,}",
            remedy="use a chain with larger blocks",
            gas_limit=allowed,
            needed=CREATION_GAS,
        )
    result = chain.call(None, _LARGEST, gas=CREATION_GAS)
    if not result.success or len(result.data) != CODE_BYTES:
        said = result.message or f"{len(result.data):,} bytes came back"
        raise ChainUnfit(
            f"{_where(chain)} takes no contract of {CODE_BYTES:,} bytes (EIP-170): {said}",
            remedy="use a chain with the usual limit of code",
            code_bytes=CODE_BYTES,
        )


def probe_precompiles(chain: Chain) -> None:
    """Raise ChainUnfit unless every vector gets its right answer. Raises ConnectionFailed, RpcError."""
    for vector in PROBE_VECTORS:
        result = chain.call(Address(f"0x{vector.precompile:040x}"), vector.data)
        found = result.data if result.success else None
        if found != vector.answer:
            raise ChainUnfit(
                f"{_where(chain)}: precompile 0x{vector.precompile:02x} answers {_said(found)} to {vector.name}; "
                f"right is {_said(vector.answer)}",
                precompile=vector.precompile,
                vector=vector.name,
            )


def refuse_without_factory(chain: Chain) -> None:
    """Raise ChainUnfit unless the deterministic deployment proxy stands there. Raises ConnectionFailed, RpcError."""
    code = chain.code_at(FACTORY)
    if code == FACTORY_CODE:
        return
    found = f"other code, {len(code)} bytes," if code else "nothing"
    raise ChainUnfit(
        f"{_where(chain)} has {found} at {FACTORY}, where a salt needs the deterministic deployment proxy",
        remedy="leave --salt out, or have the proxy placed first: github.com/Arachnid/deterministic-deployment-proxy",
        address=FACTORY,
    )


def _where(chain: Chain) -> str:
    return f"network {chain.network.name!r} (chain {chain.network.chain_id})"


def _said(answer: bytes | None) -> str:
    if answer is None:
        return "with a refusal"
    return f"0x{answer[:64].hex()}" if answer else "nothing, as an address without code does"
