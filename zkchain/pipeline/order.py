"""An order to deploy: looked into before anything is planned, proposed or sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..chain.create2 import parse_salt
from ..chain.deployment_record import DeploymentRecord
from ..chain.probe import probe_chain, probe_limits, refuse_without_factory
from ..chain.registry import InstanceRange
from ..circuit.bundle import load_bundle, read_trial
from ..config import Config
from ..files import exclusive
from ..halo2 import Prover
from ..progress import Report, silent
from ..records import Bundle
from ..values import sha256_of
from .admission import known_deployment, refuse_unfinished, title_of
from .choice import PROOFS, Chosen, choose_verifier
from .lookup import model_of
from .provenance import refuse_dev_srs, refuse_foreign_srs
from .ranges import Bounds, ranges_of, refuse_other_ranges
from .site import Site, open_site
from .verifier import Trial, VerifierChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be deployed where, as it was asked for."""

    folder: Path
    network: str
    name: str | None = None
    verifier: VerifierChoice = "auto"
    proofs: int = PROOFS
    bounds: Bounds | None = None  #: public tensors, and between which values they have to lie
    replace_other: bool = False
    salt: str | None = None  #: see `create2.parse_salt`
    resume: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An order that nothing speaks against: either it stands, and `known` is its record, or a verifier is chosen."""

    site: Site
    bundle: Bundle
    title: str
    trial: Trial
    salt: bytes | None
    ranges: tuple[InstanceRange, ...]
    known: DeploymentRecord | None = None
    chosen: Chosen | None = None


@contextmanager
def opened(order: Order, *, config: Config, prover: Prover, signing: bool, report: Report = silent) -> Iterator[Ready]:
    """An order that was looked into, while no other process deploys on its network. Raises as `deploy_bundle` does."""
    bundle = load_bundle(order.folder)
    ranges = ranges_of(bundle, order.bounds or {})
    title, salt = title_of(order.name, bundle), None if order.salt is None else parse_salt(order.salt)
    with exclusive(config.home / "deploy" / f"{sha256_of(order.network.encode())[2:18]}.lock"):
        site = open_site(order.network, config, signing=signing)
        refuse_dev_srs(bundle, site)
        if not order.resume:
            refuse_unfinished(site)
        known = known_deployment(site, bundle, title, order.verifier, salt=salt, replace_other=order.replace_other)
        if known is not None:
            model = model_of(known)
            refuse_other_ranges(site, title, model.registry, model.model_id, ranges)
        trial = read_trial(order.folder)
        ready = Ready(site=site, bundle=bundle, title=title, trial=trial, salt=salt, ranges=ranges, known=known)
        if known is None:
            report("probing the chain")
            probe_chain(site.chain)
            probe_limits(site.chain)
            if salt is not None:
                refuse_without_factory(site.chain)
            chosen = choose_verifier(
                site,
                title,
                order.folder,
                order.verifier,
                trial=trial,
                proofs=order.proofs,
                prover=prover,
                home=config.home,
                report=report,
            )
            refuse_foreign_srs(bundle, chosen.verifier)
            ready = replace(ready, chosen=chosen)
        yield ready
