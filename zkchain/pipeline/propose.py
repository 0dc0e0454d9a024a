"""Use case: hand a deployment to the owners of a Safe, as files; nothing is signed or sent."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..chain.deployments import write_deployment
from ..chain.probe import refuse_without_factory
from ..chain.safe import SafeCall, read_safe, safe_call
from ..chain.transact import gas_cap
from ..config import Config
from ..errors import ContractTooLarge, DeploymentTaken
from ..halo2 import Prover
from ..progress import Report, silent
from ..values import Address
from .deploy import Deployed, answer, planned_answer
from .order import Order, Ready, opened
from .placing import place_model, record_model
from .plan import Planner
from .proposal import Proposal, write_proposal

#: The salt of a proposal that names none.
NO_SALT = bytes(32)
#: Gas for the Safe's own work and for what estimates are short of.
_SAFE_GAS, _BUFFER_NUMERATOR, _BUFFER_DENOMINATOR = 150_000, 5, 4


def propose_deployment(
    order: Order, safe: Address, *, out: Path | None, config: Config, prover: Prover, report: Report = silent
) -> tuple[Deployed, Proposal | None]:
    """Write what the Safe has to do so that it owns the model; without a proposal when it has done all of it.

    The verifier is rehearsed and smoke-tested here; what the Safe has created is tested on its chain, and recorded once
    nothing is missing: so the same call after the Safe's transactions completes the records. A Safe creates contracts
    through the proxy alone: what is missing of an order without a salt gets `NO_SALT`.

    Raises SafeUnfit, and what `deploy_bundle` raises but for what sending does.
    """
    with opened(order, config=config, prover=prover, signing=False, report=report) as ready:
        site = ready.site
        found = read_safe(site.chain, safe)
        if ready.known is not None:
            _refuse_other_owner(ready, safe)
            return answer(site, ready.title, ready.known, gas=0), None
        refuse_without_factory(site.chain)
        planner = Planner(
            site,
            owner=safe,
            salt=ready.salt or NO_SALT,
            pinned=ready.salt is not None,
            take_name=order.replace_other,
            tested=True,
            report=report,
        )
        placed = place_model(planner, ready)
        if not planner.calls:
            for part in planner.found:
                write_deployment(site.root, site.network, part)
            return answer(site, ready.title, record_model(ready, placed, safe), gas=0), None
        calls = tuple(
            safe_call(site.chain, found, what=call.what, to=call.to, data=call.data, gas=call.gas, after=number)
            for number, call in enumerate(planner.calls)
        )
        groups = tuple(_grouped(calls, gas_cap(site.chain.head())))
        what = f"Deploy {ready.title}"
        files = write_proposal(groups, found, site.network.chain_id, what, out or Path(f"{ready.title}.safe.json"))
        proposal = Proposal(safe=found, chain_id=site.network.chain_id, files=files, calls=calls)
        return planned_answer(ready, planner, placed.model_id), proposal


def _refuse_other_owner(ready: Ready, safe: Address) -> None:
    assert ready.known is not None
    owner = ready.known.facts.get("owner")
    if owner != safe:
        raise DeploymentTaken(
            f"{ready.title!r} on {ready.site.network.name!r} is registered for {owner}, not for the Safe {safe}",
            remedy="choose another --name, or hand the model over in the registry",
            name=ready.title,
            owner=owner,
        )


def _grouped(calls: Sequence[SafeCall], limit: int) -> Iterator[tuple[SafeCall, ...]]:
    """The calls in their order, as many in a transaction as its gas allows. Raises ContractTooLarge."""
    group: list[SafeCall] = []
    for call in calls:
        if _gas([call]) > limit:
            raise ContractTooLarge(f"{call.what} takes {call.gas:,} gas; a transaction of the Safe has {limit:,}")
        if group and _gas([*group, call]) > limit:
            yield tuple(group)
            group = []
        group.append(call)
    yield tuple(group)


def _gas(calls: Sequence[SafeCall]) -> int:
    return sum(call.gas for call in calls) * _BUFFER_NUMERATOR // _BUFFER_DENOMINATOR + _SAFE_GAS
