"""Which structured reference strings may go where, and whether a verifier's own words agree with the manifest."""

from ..errors import BundleCorrupt, DevSrsRefused
from ..records import Bundle
from ..solidity.provenance import provenance_of_code
from .site import Site
from .verifier import OwnVerifier, SharedVerifier


def refuse_dev_srs(bundle: Bundle, site: Site) -> None:
    """Raise DevSrsRefused when a circuit whose SRS secret somebody knows would reach a chain that is not a devnet."""
    if bundle.srs.provenance == "dev" and not site.network.devnet:
        raise DevSrsRefused(
            f"{bundle.model.name} was compiled with a development SRS, whose maker can forge proofs; "
            f"chain {site.network.chain_id} is not a devnet",
            chain_id=site.network.chain_id,
        )


def refuse_foreign_srs(bundle: Bundle, prepared: OwnVerifier | SharedVerifier) -> None:
    """Raise BundleCorrupt when the verifier's own words belie the provenance that the manifest claims."""
    if isinstance(prepared, OwnVerifier):
        found = provenance_of_code(prepared.artifact.deployed_bytecode)
    else:
        found = provenance_of_code(b"".join(prepared.words))
    if found != bundle.srs.provenance:
        raise BundleCorrupt(
            f"the manifest says the reference string is {bundle.srs.provenance}, the verifier's code says {found}",
            file="manifest.json",
        )
