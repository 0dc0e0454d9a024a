"""Where one process works on an account's transactions: chain, journal and signer, and what it need not ask twice."""

import time
from dataclasses import dataclass, field

from ...errors import SignerMissing
from ...values import Address
from ..client import Chain
from ..prepare import Terms, terms_for
from ..signer import Signer
from .journal import Journal
from .watch import Memory

#: Seconds for which fees, head and balance are not asked again.
_TERMS_SECONDS = 1.0


@dataclass(slots=True)
class Desk:
    """For one thread. `signer` is None where nothing may be signed."""

    chain: Chain
    journal: Journal
    signer: Signer | None
    owner: str  #: names this desk among all that share the journal
    memory: Memory = field(default_factory=Memory)
    _terms: Terms | None = None
    _asked: float = 0.0

    @property
    def account(self) -> Address:
        """Whose transactions they are."""
        return self.journal.account

    def signing(self) -> Signer:
        """The signer. Raises SignerMissing."""
        if self.signer is None:
            raise SignerMissing(f"there is no signer here for {self.account}")
        return self.signer

    def terms(self, block: int = 0) -> Terms:
        """What the chain asks now, at `block` or later. Raises what `terms_for` raises."""
        now = time.monotonic()
        if self._terms is None or now - self._asked > _TERMS_SECONDS or self._terms.head.number < block:
            self._terms, self._asked = terms_for(self.chain, self.account), now
        return self._terms

    def forget_terms(self) -> None:
        """Ask anew the next time."""
        self._terms = None
