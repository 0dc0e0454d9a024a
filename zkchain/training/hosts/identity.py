"""Who a member is to the others: a folder with everybody's certificate, and the key to one of them."""

import re
import ssl
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import IdentityRefused
from ...files import make_private, write_atomic
from ..aggregate.extras import need

#: The name of the coordinator's certificate; no owner of a federation across hosts may have it.
COORDINATOR = "coordinator"
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*\Z")
_MOST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One member and the certificates of all whom it knows, itself among them."""

    folder: Path
    name: str
    known: Mapping[str, bytes]  #: certificates by name, as DER

    def serving(self) -> ssl.SSLContext:
        """For a server that lets in whom this member knows, and nobody else. Raises IdentityRefused."""
        return self._context(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    def calling(self) -> ssl.SSLContext:
        """For a call to one whom this member knows; which one it was has to be asked of `who`. Raises as `serving`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # a member is its certificate, wherever it is
        return self._context(context)

    def who(self, certificate: bytes | None) -> str | None:
        """Whose certificate this is, as DER; None for nobody's."""
        return next((name for name, known in self.known.items() if known == certificate), None)

    def _context(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        # Each certificate is an anchor by itself: none of them vouches for another.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        try:
            context.load_verify_locations(cadata=b"".join(self.known.values()))
            context.load_cert_chain(_pem_of(self.folder, self.name), _key_of(self.folder, self.name))
        except (OSError, ssl.SSLError):
            raise IdentityRefused(
                f"the key of {self.name} does not belong to its certificate in {self.folder}", name=self.name
            ) from None
        return context


def make_member(folder: Path, name: str, federation: str) -> bool:
    """Make the key and certificate of `name` in `folder`; False when both are there already. Raises OSError.

    The key is mode 0600 and never overwritten. Raises IdentityRefused when one of the two is there alone, ExtraMissing.
    """
    need("cryptography")
    from .certificates import make_identity

    make_private(folder)
    pem, key = _pem_of(folder, name), _key_of(folder, name)
    if pem.exists() and key.exists():
        return False
    if pem.exists() or key.exists():
        raise IdentityRefused(
            f"{folder} has {'the certificate' if pem.exists() else 'the key'} of {name} alone",
            remedy="move it away to make both anew, or put the other one beside it",
            name=name,
        )
    secret, certificate = make_identity(name, federation)
    write_atomic(key, secret, mode=0o600)
    try:
        write_atomic(pem, certificate)
    except BaseException:
        key.unlink()  # nobody knows it yet, and alone it would be in the way of the next attempt
        raise
    return True


def read_identity(folder: Path, name: str, names: Sequence[str]) -> Identity:
    """Be `name` among `names`, by what lies in `folder`. Raises IdentityRefused, which shows no key."""
    known = {other: _certificate(folder, other) for other in dict.fromkeys([name, *names])}
    if len(set(known.values())) != len(known):
        raise IdentityRefused(f"two of {', '.join(known)} have the same certificate in {folder}")
    _check_key(_key_of(folder, name), name)
    found = Identity(folder=folder.absolute(), name=name, known=known)
    found.serving()
    return found


def _certificate(folder: Path, name: str) -> bytes:
    path = _pem_of(folder, name)
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("ascii")
        if _PEM.match(text):
            return ssl.PEM_cert_to_DER_cert(text.strip())
    except OSError:
        raise IdentityRefused(f"the certificate of {name} is not at {path}", name=name) from None
    except ValueError:
        pass
    raise IdentityRefused(f"{path} holds something else than one certificate", name=name)


def _check_key(path: Path, name: str) -> None:
    try:
        status = path.stat()
    except OSError:
        raise IdentityRefused(f"the key of {name} is not at {path}", name=name) from None
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise IdentityRefused(
            f"the key of {name} has mode {stat.S_IMODE(status.st_mode):04o}; others may open it",
            remedy=f"chmod 600 {path}",
            name=name,
        )


def _pem_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.pem"


def _key_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.key"
