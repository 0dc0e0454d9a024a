"""`zkchain version`."""

import platform

from .. import __version__
from ..halo2 import ENGINE_VERSION
from .answer import Answer
from .command import command
from .output import Screen


@command("version", examples=["zkchain version", "zkchain version --json"])
def entry(screen: Screen) -> Answer:
    """Say which versions are installed."""
    versions = {"version": __version__, "engine": ENGINE_VERSION, "python": platform.python_version()}
    return Answer(
        facts=versions,
        lines=[("zkchain", __version__), ("engine", ENGINE_VERSION), ("python", versions["python"])],
    )
