"""BN254 precompiles for py-evm, computed by pyrevm where it is installed.

py-evm's own take over a second for one verification. Prices and failures stay py-evm's: gas is charged by the same
call before the curve is touched, and any refusal becomes the VMError that py-evm raises.
"""

from collections.abc import Callable, Mapping
from typing import Any

from eth.exceptions import VMError
from eth.vm.forks.istanbul.constants import GAS_ECADD, GAS_ECMUL, GAS_ECPAIRING_BASE, GAS_ECPAIRING_PER_POINT

_revm: Any
try:
    import pyrevm as _revm
except ImportError:  # no wheel for this platform or Python: py-evm's own are right, only slow
    _revm = None

Precompile = Callable[[Any], Any]

ECADD, ECMUL, ECPAIRING = 6, 7, 8
_PAIR_BYTES = 192
_CALLER = "0x" + "00" * 19 + "ff"
#: Given to pyrevm, which must never be the one to run out: py-evm has charged already.
_AMPLE_GAS = 2**48


def fast_precompiles(slow: Mapping[bytes, Precompile]) -> dict[bytes, Precompile]:
    """`slow` with the entries of BN254 addition, multiplication and pairing replaced, if pyrevm is there."""
    if _revm is None:
        return dict(slow)
    fast = {ECADD: _add, ECMUL: _multiply, ECPAIRING: _pair}
    return {**slow, **{number.to_bytes(20, "big"): function for number, function in fast.items()}}


def accelerated() -> bool:
    """True when pyrevm computes the BN254 precompiles."""
    return _revm is not None


def _add(computation: Any) -> Any:
    computation.consume_gas(GAS_ECADD, reason="ECADD Precompile")
    return _delegate(computation, ECADD)


def _multiply(computation: Any) -> Any:
    computation.consume_gas(GAS_ECMUL, reason="ECMUL Precompile")
    return _delegate(computation, ECMUL)


def _pair(computation: Any) -> Any:
    size = len(computation.msg.data)
    if size % _PAIR_BYTES:
        raise VMError("Invalid ECPAIRING parameters")
    price = GAS_ECPAIRING_BASE + size // _PAIR_BYTES * GAS_ECPAIRING_PER_POINT
    computation.consume_gas(price, reason="ECPAIRING Precompile")
    return _delegate(computation, ECPAIRING)


def _delegate(computation: Any, number: int) -> Any:
    # A new machine each time costs ten microseconds and keeps no state between calls.
    machine = _revm.EVM(spec_id="CANCUN")
    try:
        computation.output = bytes(
            machine.message_call(_CALLER, f"0x{number:040x}", calldata=computation.msg.data_as_bytes, gas=_AMPLE_GAS)
        )
    except RuntimeError:
        raise VMError(f"precompile {number} refused its input") from None
    return computation
