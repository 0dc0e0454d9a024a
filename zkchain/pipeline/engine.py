"""The real prover, as configured."""

from ..config import Config
from ..halo2 import Engine, Limits


def make_engine(config: Config) -> Engine:
    """ezkl under the configured limits, with its scratch folders in the cache."""
    limits = Limits(memory_bytes=config.memory_limit_bytes, seconds=config.time_limit_seconds)
    return Engine(scratch_root=config.home / "scratch", limits=limits)
