"""What entries of a plan have to be to each other."""

from collections.abc import Callable, Sequence

from ..errors import PlanInvalid
from .grid import EXACT_BITS, HEADROOM, MOST_CLIENTS
from .layout import BoundKind
from .network import Network
from .plan_parts import Owner

#: Parameters of a network; a circuit holds far fewer of most.
MOST_PARAMETERS = 100_000
#: Fewest whose sum is told to anybody without telling one of the parts.
_LEAST_SUMMED = 3


def expect_size(network: Network) -> None:
    """Whether a circuit of the network can be thought of. Raises PlanInvalid."""
    found = network.parameters
    if found > MOST_PARAMETERS:
        raise PlanInvalid(
            f"the model has {found:,} parameters, allowed are {MOST_PARAMETERS:,}",
            remedy="choose a smaller model",
            entry="model",
            found=found if found < 2**63 else str(found),
            allowed=MOST_PARAMETERS,
        )


def expect_owners(owners: Sequence[Owner], *, private: bool) -> None:
    """Whether owners can be told apart, and ask for nothing that the plan does not have. Raises PlanInvalid."""
    if not 1 <= len(owners) <= MOST_CLIENTS:
        raise PlanInvalid(
            f"there are {len(owners)} [[owners]], allowed are 1 to {MOST_CLIENTS}",
            entry="owners",
            found=len(owners),
            allowed=MOST_CLIENTS,
        )
    _expect_own(owners, "name", lambda owner: owner.name)
    _expect_own(owners, "signer", lambda owner: owner.signer)
    _expect_own(owners, "address", lambda owner: owner.address)
    for place, owner in enumerate(owners, start=1):
        if owner.epsilon and not private:
            raise PlanInvalid(
                f"[[owners]] number {place}: epsilon is {owner.epsilon:g}, and the plan has no [privacy]: "
                "nothing is spent where nothing is promised",
                remedy="leave it out, or add [privacy]",
                entry="owners.epsilon",
                found=owner.epsilon,
            )


def expect_sum(aggregation: str, quorum: int, owners: int) -> None:
    """Whether so many updates can be summed in this way. Raises PlanInvalid."""
    least = 1 if aggregation == "clear" else _LEAST_SUMMED
    if owners < least:
        raise PlanInvalid(
            f"{aggregation} needs three owners or more, there are {owners}",
            remedy='add owners, or set training.aggregation = "clear"',
            entry="owners",
            found=owners,
            allowed=least,
        )
    if not least <= quorum <= owners:
        raise PlanInvalid(
            f"training.quorum is {quorum} of {owners} owners, expected {least} to {owners}: {aggregation} sums "
            f"{least} to {MOST_CLIENTS}",
            entry="training.quorum",
            found=quorum,
            least=least,
            most=owners,
        )


def expect_lengths(scale: int, clip: float, divisor: float, bound: BoundKind, limit: float) -> None:
    """Whether the grid holds what gradients are measured with. Raises PlanInvalid."""
    _expect_on_grid("training.clip", clip, scale, squared=True)
    # A circuit multiplies by the reciprocal, which the grid holds for these alone.
    if divisor not in [2.0**power for power in range(scale + 1)]:
        raise PlanInvalid(
            f"training.divisor is {divisor:g}; it must be a power of two from 1 to 2^{scale}",
            entry="training.divisor",
            found=divisor,
            most=2**scale,
        )
    if (bound == "none") != (limit == 0):
        raise PlanInvalid(
            f"training.bound and training.limit go together: bound is {bound}, limit {limit:g}", entry="training.bound"
        )
    if bound != "none":
        _expect_on_grid("training.limit", limit, scale, squared=bound == "length")


def _expect_on_grid(entry: str, value: float, scale: int, *, squared: bool) -> None:
    """Whether the grid holds a length, and where lengths are compared by their squares, a circuit its square."""
    least, most = 2.0**-scale, 2.0 ** (EXACT_BITS - scale)
    if squared:
        most = min(most, 2.0 ** ((scale + HEADROOM) / 2))
    if value < least or value >= most or round(value / least) >= 2**EXACT_BITS:
        raise PlanInvalid(
            f"{entry} is {value:g}; at data.scale {scale} it must be from {least:g} to less than {most:g}",
            entry=entry,
            found=value,
            least=least,
            most=most,
        )


def _expect_own(owners: Sequence[Owner], entry: str, of: Callable[[Owner], str]) -> None:
    """Whether no two have the same, which is not shown."""
    places: dict[str, int] = {}
    for place, owner in enumerate(owners, start=1):
        first = places.setdefault(of(owner), place)
        if of(owner) and first != place:
            raise PlanInvalid(
                f"two owners have the same {entry}: [[owners]] number {first} and number {place}",
                entry=f"owners.{entry}",
                found=[first, place],
            )
