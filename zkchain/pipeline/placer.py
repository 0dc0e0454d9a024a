"""Where the parts of a deployment go, one after another: sent to a chain, or rehearsed."""

from typing import Protocol

from ..chain.deployment_record import DeploymentRecord
from ..chain.registry import InstanceRange, ModelVersion
from ..values import Digest
from .standing import Part


class Placer(Protocol):
    """Takes the parts in the order in which they need each other."""

    @property
    def gas_used(self) -> int:
        """Gas of everything that did not stand already."""

    def place(self, part: Part) -> DeploymentRecord:
        """The contract: one that stands, or one that is made to. Only a confirmed record is of something on chain."""

    def register(
        self,
        registry: DeploymentRecord,
        adapter: DeploymentRecord,
        version: ModelVersion,
        ranges: tuple[InstanceRange, ...],
    ) -> Digest | None:
        """The id of the version, registered for whoever deploys; None while it is not known who that is."""
