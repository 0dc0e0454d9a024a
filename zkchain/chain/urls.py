"""RPC URLs carry passwords and tokens. What may be shown of one, and how to take the rest out of a text."""

import logging
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..errors import ConfigError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SCHEMES = ("http", "https")
#: Shorter path pieces, such as "v3" or "rpc", are no secrets, and taking them out would garble messages.
_SECRET_LENGTH = 6


def check_url(url: str, what: str = "rpc_url") -> None:
    """Raise ConfigError unless `url` is http(s) with a host. The message says `what` it is and does not repeat it."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise ConfigError(
            f"{what} is not an http:// or https:// URL with a host",
            remedy=f"correct {what}; it is not shown here because it may hold a token",
        )


def shown(url: str) -> str:
    """Scheme, host and port: all of a URL that may appear in messages."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port else "")


def is_loopback(url: str) -> bool:
    """True when the URL leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def without_secrets(text: str, url: str) -> str:
    """`text` with everything taken out that `url` keeps secret: user, password, path pieces and query values."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


#: Programs' logs at DEBUG level hold the URLs that these loggers name.
_LOGGERS = (
    "urllib3.connectionpool",
    "web3.providers.HTTPProvider",
    "web3._utils.http_session_manager.HTTPSessionManager",
)


@dataclass(frozen=True, slots=True)
class _Hidden(logging.Filter):
    """Takes out of a log record what a URL keeps secret."""

    url: str

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        kept = without_secrets(text, self.url)
        if kept != text:
            record.msg, record.args = kept, ()
        return True


def hide_from_logs(url: str) -> None:
    """Keep what `url` keeps secret out of what the libraries that we ask through log, for as long as we run."""
    if _secrets(url) - {url}:
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_Hidden(url))


def _secrets(url: str) -> set[str]:
    parts = urlsplit(url)
    pieces = [url, parts.netloc.rpartition("@")[0], parts.username, parts.password, parts.path, parts.query]
    pieces += [*re.split(r"[/?&=;]", f"{parts.path}?{parts.query}"), parts.fragment]
    named = {piece for piece in pieces if piece and len(piece) >= _SECRET_LENGTH}
    # A short password is still a password.
    named |= {piece for piece in (parts.password,) if piece}
    return named | {unquote(piece) for piece in named}
