"""An audit under way: what is audited, and what was compared so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ..chain.deployment_record import DeploymentRecord
from ..errors import DeploymentCorrupt
from ..progress import Report
from ..record import Record
from ..solidity.solc import Compiler, find_compiler
from ..values import Address, Digest, address, digest
from .lookup import DeployedModel
from .site import Site

Fact = TypeVar("Fact", Address, Digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Record):
    """One thing that was compared. Empty trouble: it agrees."""

    name: str
    found: str
    trouble: str = ""


@dataclass
class Case:
    """One audit under way."""

    site: Site
    record: DeploymentRecord
    model: DeployedModel
    home: Path
    compiler: Compiler | None  #: none was found; only a verifier of the circuit's own cannot be compared without
    report: Report
    fields: list[Field] = field(default_factory=list)

    @property
    def own(self) -> bool:
        """Whether the circuit has a verifier of its own."""
        return self.model.verifier == "own"

    @property
    def key_holder(self) -> Address:
        """The contract whose code holds the circuit's key: its own verifier, or the shared one's data."""
        return self.model.verifier_address if self.own else self.key_data

    @property
    def key_data(self) -> Address:
        """Where the shared verifier's key lies. Raises DeploymentCorrupt."""
        return self._fact("key_data", address)

    @property
    def key_digest(self) -> Digest:
        """The key's digest, as recorded. Raises DeploymentCorrupt."""
        return self._fact("key_digest", digest)

    def note(self, name: str, found: object, trouble: str = "") -> None:
        """Write down what was found, and what is wrong with it."""
        self.fields.append(Field(name=name, found=str(found), trouble=trouble))

    def same(self, name: str, found: object, expected: object) -> None:
        """Write down what was found, which has to be what was expected."""
        self.note(name, found, "" if found == expected else f"expected {expected}")

    def found_compiler(self) -> Compiler:
        """The compiler. Raises CompilerNotFound."""
        return self.compiler or find_compiler(home=self.home)

    def _fact(self, name: str, read: Callable[[str], Fact]) -> Fact:
        try:
            return read(self.record.facts[name])
        except (KeyError, TypeError, ValueError) as error:
            title = self.record.deployment.name
            raise DeploymentCorrupt(f"the record of {title} has no good {name}: {error}", name=title) from error
