"""Optional libraries, asked for before any work begins."""

import importlib.util
from importlib import metadata

from ...errors import ExtraMissing

#: The one release whose SecAgg+ was read: what is said about it here, and the exchange of its masks, hold of no other.
FLOWER_RELEASE = "1.41.0"


def need(library: str, *, extra: str = "training") -> None:
    """Raise ExtraMissing unless `library`, which an extra brings, is installed; it is not imported."""
    if importlib.util.find_spec(library) is None:
        raise ExtraMissing(
            f"{library} is not installed", remedy=f"run: pip install 'zkchain[{extra}]'", library=library
        )


def need_flower() -> None:
    """Raise ExtraMissing unless flwr is installed in the release that is known; it is not imported."""
    need("flwr", extra="fl")
    found = metadata.version("flwr")
    if found != FLOWER_RELEASE:
        raise ExtraMissing(
            f"flwr {found} is installed; SecAgg+ is taken from {FLOWER_RELEASE} alone",
            remedy="run: pip install 'zkchain[fl]'",
            library="flwr",
        )
