"""Tell from code alone whether a verifier was made from the ceremony's reference string."""

from ..records import Provenance
from ..values import CEREMONY_G2


def provenance_of_code(code: bytes) -> Provenance:
    """ "ceremony" when `code` carries all four words of the ceremony's G2 point, "dev" otherwise.

    `code` is the runtime code of a circuit's own verifier, or of the data contract that holds its key for the
    shared one. A verifier's pairing check uses these words, so code without them cannot belong to the ceremony.
    """
    return "ceremony" if all(bytes.fromhex(word[2:]) in code for word in CEREMONY_G2) else "dev"
