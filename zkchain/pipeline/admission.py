"""What is refused before anything of a deployment is sent."""

import re

from ..chain.deployment_record import DeploymentRecord
from ..chain.pending import list_pending
from ..errors import DeploymentTaken, ModelStopped, UsageError
from ..records import Bundle
from .lookup import checked_model, refuse_stopped
from .site import Site, recorded
from .standing import SALT
from .verifier import SHARED, VerifierChoice

REGISTRY, GATEWAY = "ModelRegistry", "InferenceGateway"
_RESERVED = frozenset({REGISTRY, GATEWAY, SHARED})
#: Facts of a model's record. The second is there once the model is registered.
_CIRCUIT, _MODEL_ID = "circuit_digest", "model_id"


def title_of(name: str | None, bundle: Bundle) -> str:
    """The record's name: as given, or the model's name in letters, digits, '_' and '-'."""
    chosen = name if name is not None else re.sub(r"[^A-Za-z0-9_-]+", "_", bundle.model.name)[:48] or "model"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}", chosen) or chosen in _RESERVED:
        raise UsageError(
            f"{chosen!r} cannot name a deployment: 1 to 48 letters, digits, '_' or '-', and none of "
            f"{', '.join(sorted(_RESERVED))}",
            remedy="give another --name",
        )
    return chosen


def known_deployment(
    site: Site, bundle: Bundle, title: str, verifier: VerifierChoice, *, salt: bytes | None, replace_other: bool
) -> DeploymentRecord | None:
    """The registered deployment called `title`, if it is the one asked for; None when there is something to do.

    Raises DeploymentTaken and ModelStopped where that is not to be replaced.
    """
    for part in (f"{title}Verifier", f"{title}Key"):
        other = recorded(site, part)
        if other is not None and _CIRCUIT in other.facts:
            raise DeploymentTaken(f"{title!r} needs the name {part!r}, which a model on {site.network.name!r} has")
    record = recorded(site, title)
    if record is None:
        return None
    try:
        _refuse_other(site, bundle, record, verifier, salt)
    except (DeploymentTaken, ModelStopped):
        if replace_other:
            return None
        raise
    return record if _MODEL_ID in record.facts else None


def _refuse_other(
    site: Site, bundle: Bundle, record: DeploymentRecord, verifier: VerifierChoice, salt: bytes | None
) -> None:
    """Raise DeploymentTaken or ModelStopped unless the record is of this bundle, as asked for, and in use."""
    title, found = record.deployment.name, record.facts.get(_CIRCUIT)
    if found != bundle.circuit_digest:
        what = f"circuit {found}" if found else "a part of another model"
        raise DeploymentTaken(
            f"{title!r} on {site.network.name!r} is {what}; this bundle is circuit {bundle.circuit_digest}",
            remedy="choose another --name, or give this name to the bundle with --force",
            name=title,
            recorded=found,
            wanted=bundle.circuit_digest,
        )
    if _MODEL_ID not in record.facts:
        return  # its registration failed: whatever fits is used when it is tried again
    model = checked_model(site, record)
    if verifier not in ("auto", model.verifier):
        raise DeploymentTaken(
            f"{title!r} on {site.network.name!r} is deployed with the {model.verifier} verifier; "
            f"--verifier {verifier} asks for another",
            remedy="choose another --name for a second deployment, or leave --verifier out",
            name=title,
            recorded=model.verifier,
            wanted=verifier,
        )
    if salt is not None and record.facts.get(SALT) != "0x" + salt.hex():
        found = record.facts.get(SALT)
        raise DeploymentTaken(
            f"{title!r} on {site.network.name!r} is deployed with {f'salt {found}' if found else 'no salt'}; "
            "this salt asks for another",
            remedy="choose another --name for a second deployment, or leave --salt out",
            name=title,
            recorded=found,
        )
    refuse_stopped(site, model)


def refuse_unfinished(site: Site) -> None:
    """Raise DeploymentTaken when an earlier run has left something planned or sent."""
    names = [pending.deployment.name for pending in list_pending(site.root, site.network)]
    if names:
        raise DeploymentTaken(
            f"a deployment on {site.network.name!r} was not finished: {', '.join(names)}",
            remedy="go on with it by leaving --no-resume out, or give a name up: zkchain deployments retire NAME",
            names=names,
        )
