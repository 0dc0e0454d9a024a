"""What a data owner's privacy costs: epsilon after every step, as opacus' accountants say it.

PRV (Gopi et al., 2021) or RDP (Mironov, 2017). The approximation by Gaussian differential privacy is not offered: it
says less than is spent.
"""

import math
import warnings
from typing import Any, Literal

import numpy as np

from ..errors import EpsilonOutOfReach, ExtraMissing

Accountant = Literal["prv", "rdp"]

#: Epsilon on chain, as whole numbers of this unit.
UNITS = 10**9
_MOST_NOISE = 10_000.0
_PRECISION = 1e-3


def epsilon(noise: float, steps: int, delta: float, accountant: Accountant = "prv") -> float:
    """Epsilon at `delta` after `steps` sums in each of which a sample took part, with Gaussian noise of `noise` times

    what one sample can change. Raises ExtraMissing, and EpsilonOutOfReach where the accountant cannot say.
    """
    if steps == 0:
        return 0.0
    found = _accountant(accountant)
    found.history = [(noise, 1.0, steps)]
    with warnings.catch_warnings(), np.errstate(divide="ignore"):  # the logarithm of 1 - 1, for a sample always there
        # That another order of Rényi divergence might give a tighter bound; this one holds as well.
        warnings.filterwarnings("ignore", message="Optimal order is the")
        try:
            spent = float(found.get_epsilon(delta=delta))
        except (ValueError, RuntimeError, OverflowError):
            spent = math.nan
    if not math.isfinite(spent):
        raise EpsilonOutOfReach(
            f"opacus' {accountant} accountant cannot tell epsilon at delta {delta:g} after {steps} steps "
            f"with {noise:g} times the sensitivity as noise",
            remedy="choose delta nearer to 1e-5, another accountant, or fewer uses",
            delta=delta,
            steps=steps,
            noise=noise,
        )
    return spent


def schedule(noise: float, steps: int, delta: float, accountant: Accountant = "prv") -> tuple[int, ...]:
    """Epsilon after 1, 2, … `steps` steps in billionths, rounded up, strictly growing. Raises as `epsilon` does."""
    grown: list[int] = []
    for count in range(1, steps + 1):
        spent = math.ceil(epsilon(noise, count, delta, accountant) * UNITS)
        grown.append(max(spent, grown[-1] + 1 if grown else 1))
    return tuple(grown)


def noise_for(target: float, steps: int, delta: float, accountant: Accountant = "prv") -> float:
    """The least noise, to one part in a thousand, that keeps epsilon after `steps` steps at or under `target`.

    Raises EpsilonOutOfReach when no sensible noise does, and as `epsilon` does.
    """
    low, high = 0.1, 1.0
    while epsilon(high, steps, delta, accountant) > target:
        low, high = high, high * 2
        if high > _MOST_NOISE:
            raise EpsilonOutOfReach(
                f"epsilon {target:g} at delta {delta:g} cannot be kept over {steps} steps",
                target=target,
                delta=delta,
                steps=steps,
            )
    while high / low > 1 + _PRECISION:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if epsilon(middle, steps, delta, accountant) <= target else (middle, high)
    return high


def _accountant(kind: Accountant) -> Any:
    try:
        from opacus.accountants import PRVAccountant, RDPAccountant
    except ImportError as error:
        raise ExtraMissing("privacy accounting needs opacus", package="opacus") from error
    return {"prv": PRVAccountant, "rdp": RDPAccountant}[kind]()
