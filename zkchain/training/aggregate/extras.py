"""Optional libraries, asked for before any work begins."""

import importlib.util

from ...errors import ExtraMissing


def need(library: str) -> None:
    """Raise ExtraMissing unless `library` is installed; it is not imported."""
    if importlib.util.find_spec(library) is None:
        raise ExtraMissing(f"{library} is not installed", library=library)
