"""Services that publish contract sources once they have compiled them to what stands on chain: Sourcify and Etherscan.

API keys travel in the body of requests alone, and redirects are not followed: no log and no other host sees them.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from ..errors import PublicationFailed, UsageError
from ..files import parse_json
from ..values import Address
from .urls import check_url, is_loopback, shown

SOURCIFY_URL, ETHERSCAN_URL = "https://sourcify.dev/server", "https://api.etherscan.io"
_REQUEST_SECONDS, _BODY_LIMIT = 30.0, 2**20
#: How long a service may take to compile and compare, and how often it is asked.
PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 3.0
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Everything that such a service asks for about one contract."""

    name: str
    address: Address
    chain_id: int
    identifier: str  #: source unit and contract in it, e.g. "contracts/ModelRegistry.sol:ModelRegistry"
    compiler: str  #: e.g. "0.8.30+commit.73712a01"
    standard_json: str
    arguments: str  #: constructor arguments, ABI-encoded, in hex without 0x
    creation_tx: str  #: empty where a transaction did not create it by itself


@dataclass(frozen=True, slots=True)
class Publication:
    """What a service says of a contract: how well it matches, in the service's own word."""

    match: str


class Publisher(Protocol):
    """A service that contract sources can be published with."""

    @property
    def url(self) -> str:
        """Where it is."""

    def publish(self, source: Source) -> Publication:
        """Hand the source in and wait for the verdict. Raises PublicationFailed for everything but a match."""


@dataclass(frozen=True, slots=True)
class Sourcify:
    """Sourcify by its API of version 2. It needs no key."""

    url: str = SOURCIFY_URL
    pause: float = _PAUSE_SECONDS

    def publish(self, source: Source) -> Publication:
        """See `Publisher`. A contract that is verified already counts as it was verified."""
        body: dict[str, Any] = {
            "stdJsonInput": json.loads(source.standard_json),
            "compilerVersion": source.compiler,
            "contractIdentifier": source.identifier,
        }
        if source.creation_tx:
            body["creationTransactionHash"] = source.creation_tx
        where = f"{source.chain_id}/{source.address}"
        status, answer = _asked(self.url, "POST", f"/v2/verify/{where}", body=body)
        if status == 409 and answer.get("customCode") == "already_verified":
            _, known = _asked(self.url, "GET", f"/v2/contract/{where}")
            return _matched(source, known)
        job = answer.get("verificationId")
        if status != 202 or not isinstance(job, str):
            raise _refusal(source, answer.get("message"), status)
        for _ in _attempts(self.pause):
            status, answer = _asked(self.url, "GET", f"/v2/verify/{job}")
            if status != 200:
                raise _refusal(source, answer.get("message"), status)
            if answer.get("isJobCompleted") is True:
                found, error = answer.get("contract"), answer.get("error")
                if isinstance(error, Mapping):
                    raise _refusal(source, error.get("message"), status)
                return _matched(source, found if isinstance(found, Mapping) else {})
        raise _late(source)


@dataclass(frozen=True, slots=True)
class Etherscan:
    """Etherscan and its sister explorers by their API of version 2: one key for all chains."""

    key: str = field(repr=False)
    url: str = ETHERSCAN_URL
    pause: float = _PAUSE_SECONDS

    def publish(self, source: Source) -> Publication:
        """See `Publisher`."""
        form = {
            "contractaddress": source.address,
            "sourceCode": source.standard_json,
            "codeformat": "solidity-standard-json-input",
            "contractname": source.identifier,
            "compilerversion": f"v{source.compiler}",
            "constructorArguements": source.arguments,  # spelled so by the service
        }
        good, said = self._ask(source, "verifysourcecode", form)
        if not good:
            return _verified_before(source, said)
        for _ in _attempts(self.pause):
            good, state = self._ask(source, "checkverifystatus", {"guid": said})
            if good:
                return Publication(state)
            if "pending" not in state.lower():
                return _verified_before(source, state)
        raise _late(source)

    def _ask(self, source: Source, action: str, form: Mapping[str, str]) -> tuple[bool, str]:
        fields = {"apikey": self.key, "module": "contract", "action": action, **form}
        status, answer = _asked(self.url, "POST", f"/v2/api?chainid={source.chain_id}", form=fields)
        said = str(answer.get("result", "")).replace(self.key, "***")
        if status != 200 or not said:
            raise _refusal(source, said or answer.get("message"), status)
        return answer.get("status") == "1", said


def check_service(url: str) -> None:
    """Raise UsageError for a URL that sources and keys must not be sent to, ConfigError for what is no URL."""
    check_url(url, "the service's URL")
    if not url.startswith("https://") and not is_loopback(url):
        raise UsageError(f"{shown(url)} is not https: a service that is given sources and keys has to be")


def _matched(source: Source, contract: Mapping[str, Any]) -> Publication:
    match = contract.get("match")
    if not isinstance(match, str) or match not in ("exact_match", "match"):
        raise _refusal(source, "the source does not match the code on chain", 200)
    return Publication(match)


def _verified_before(source: Source, said: str) -> Publication:
    if "already verified" not in said.lower():
        raise _refusal(source, said, 200)
    return Publication("already verified")


def _refusal(source: Source, said: object, status: int) -> PublicationFailed:
    words = str(said)[:_SHOWN] if said else f"HTTP status {status}"
    return PublicationFailed(
        f"{source.name} at {source.address} was not published: {words}", name=source.name, status=status
    )


def _late(source: Source) -> PublicationFailed:
    return PublicationFailed(
        f"{source.name} at {source.address}: no verdict within {PATIENCE_SECONDS:.0f} s",
        remedy="run the command again later: what was handed in is not lost",
        name=source.name,
    )


def _attempts(pause: float) -> Any:
    """Numbers, a pause before each, for as long as patience lasts."""
    number, end = 0, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        time.sleep(pause)
        yield number
        number += 1


def _asked(
    base: str, method: str, path: str, *, body: Mapping[str, Any] | None = None, form: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer. Raises PublicationFailed for no answer or one that is none, UsageError."""
    check_service(base)
    session = requests.Session()
    # As for nodes: a proxy from the environment must not get between us and this machine.
    session.trust_env = not is_loopback(base)
    how: dict[str, Any] = {"timeout": _REQUEST_SECONDS, "allow_redirects": False, "stream": True}
    try:
        with session, session.request(method, base.rstrip("/") + path, json=body, data=form, **how) as response:
            raw = response.raw.read(_BODY_LIMIT + 1, decode_content=True)
            status = response.status_code
    except requests.RequestException as error:
        # Its words may hold what was sent.
        raise PublicationFailed(f"{shown(base)} did not answer: {type(error).__name__}") from None
    try:
        found = parse_json(raw) if len(raw) <= _BODY_LIMIT else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PublicationFailed(f"{shown(base)} answered with status {status} and no JSON object", status=status)
    return status, found
