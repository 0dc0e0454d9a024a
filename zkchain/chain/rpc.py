"""One JSON-RPC exchange with a node, and the only place where foreign trouble becomes our errors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from web3 import HTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from ..errors import ChainError, ConnectionFailed, InsufficientFunds, RpcError
from ..files import parse_json
from ..records import Network
from .transport import AnswerTooLarge, BoundedAdapter
from .urls import check_url, hide_from_logs, is_loopback, shown, without_secrets

_MESSAGE_LIMIT = 300
#: Seconds to reach an endpoint at all.
_CONNECT_SECONDS = 10.0

#: Exceptions of requests, urllib3 and web3 -> how we say it. First match wins; their own text may hold the URL.
_FOREIGN: tuple[tuple[type[BaseException], type[ChainError], str], ...] = (
    (requests.exceptions.Timeout, ConnectionFailed, "did not answer in time"),
    (requests.exceptions.SSLError, ConnectionFailed, "could not prove its identity (TLS)"),
    (requests.exceptions.ProxyError, ConnectionFailed, "could not be reached through the proxy"),
    (requests.exceptions.ConnectionError, ConnectionFailed, "could not be reached"),
    (requests.exceptions.TooManyRedirects, ConnectionFailed, "sends us elsewhere, which is not followed"),
    (requests.exceptions.JSONDecodeError, RpcError, "answered with something that is not JSON"),
    (requests.exceptions.RequestException, ConnectionFailed, "could not be asked"),
    (OSError, ConnectionFailed, "could not be reached"),
    (Web3Exception, RpcError, "answered with something that makes no sense"),
    (AnswerTooLarge, RpcError, "answered with more than anyone asked for"),
    (ValueError, RpcError, "answered with something that is not JSON"),
)

#: What nodes say when the EVM, not the node, refused. Compared with lower-case messages.
_EXECUTION_WORDS = (
    "revert",
    "execution halted",
    "out of gas",
    "outofgas",
    "evm error",
    "invalid opcode",
    "invalid jump",
    "stack underflow",
    "stack overflow",
    "precompile",
    "vm execution error",
    "gas required exceeds",
    "always failing transaction",
)


#: Methods that run code. A node that speaks of a revert in answer to another one makes no sense.
_EXECUTING = frozenset({"eth_call", "eth_estimateGas", "eth_sendRawTransaction"})


class ExecutionRefused(Exception):
    """The EVM refused a call. `data` is what it reverted with; empty when the node does not say.

    Not in the error tree: callers turn it into a result, or decode it into an error that is.
    """

    def __init__(self, message: str, data: bytes) -> None:
        super().__init__(message)
        self.message, self.data = message, data


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go. Its repr shows nothing that must stay secret."""

    provider: HTTPProvider
    url: str
    name: str

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r}, {shown(self.url)})"


class _Provider(HTTPProvider):
    """web3's provider without its log, which would show the URL, and strict about what the answer is an answer to."""

    def make_request(self, method: RPCEndpoint, params: Any) -> Any:
        asked = self.encode_rpc_request(method, params)
        # web3's reader overruns the stack on what is nested deeply.
        answer = parse_json(self._make_request(method, asked))
        mine = json.loads(asked)["id"]
        # An answer without an id cannot be told from ours; its content is judged below.
        if isinstance(answer, dict) and answer.get("id", mine) not in (mine, None):
            raise ValueError("the answer to another question")
        return answer


def open_endpoint(network: Network, timeout: float) -> Endpoint:
    """An endpoint that has `timeout` seconds for a request, without retries and redirects. Raises ConfigError."""
    check_url(network.rpc_url)
    hide_from_logs(network.rpc_url)
    session = requests.Session()
    session.max_redirects = 0
    # A proxy from the environment must not get between us and a node on this machine.
    session.trust_env = not is_loopback(network.rpc_url)
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter(timeout, _CONNECT_SECONDS))
    provider = _Provider(
        network.rpc_url,
        request_kwargs={"timeout": timeout, "allow_redirects": False},
        session=session,
        exception_retry_configuration=None,
    )
    return Endpoint(provider, network.rpc_url, network.name)


def request(endpoint: Endpoint, method: str, params: Sequence[Any] = ()) -> Any:
    """The result of one JSON-RPC request.

    Raises ConnectionFailed, RpcError, InsufficientFunds, and ExecutionRefused for a call that the EVM refused.
    """
    try:
        response = endpoint.provider.make_request(RPCEndpoint(method), list(params))
    except Exception as error:  # noqa: BLE001 - the table below decides; what it does not know is raised again
        raise _translated(endpoint, error) from None
    if not isinstance(response, dict) or ("result" not in response and "error" not in response):
        raise RpcError(f"{_who(endpoint)} answered {method} with neither a result nor an error", unreadable=True)
    if response.get("error") is not None:
        raise _refusal(endpoint, method, response["error"])
    return response.get("result")


def _translated(endpoint: Endpoint, error: Exception) -> Exception:
    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        status, later = error.response.status_code, _seconds(error.response.headers.get("Retry-After"))
        refused = ConnectionFailed(f"{_who(endpoint)} answered with HTTP status {status}", status=status)
        if later is not None:
            refused.facts["retry_after"] = later
        return refused
    for kind, ours, what in _FOREIGN:
        if isinstance(error, kind):
            found = ours(f"{_who(endpoint)} {what}")
            if ours is RpcError:
                found.facts["unreadable"] = True
            return found
    return error


def _seconds(text: str | None) -> float | None:
    """What a Retry-After says in seconds; its other form, a date, is left to our own pauses."""
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None


def _refusal(endpoint: Endpoint, method: str, error: Any) -> Exception:
    fields = error if isinstance(error, dict) else {"message": str(error)}
    message = without_secrets(str(fields.get("message", "no message"))[:_MESSAGE_LIMIT], endpoint.url)
    lower = message.lower()
    if "insufficient funds" in lower:
        return InsufficientFunds(f"{_who(endpoint)}: {message}")
    data = _revert_data(fields.get("data"))
    said = fields.get("code") == 3 or data is not None or any(word in lower for word in _EXECUTION_WORDS)
    if said and method in _EXECUTING:
        return ExecutionRefused(message, data or b"")
    return RpcError(f"{_who(endpoint)} refused {method}: {message}", rpc_code=fields.get("code"))


def _revert_data(data: Any) -> bytes | None:
    """Revert data as geth, anvil and besu (a string), hardhat (an object) or parity ("Reverted 0x…") give it."""
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    if not isinstance(data, str):
        return None
    text = data.removeprefix("Reverted ")
    try:
        return bytes.fromhex(text.removeprefix("0x")) if text.startswith("0x") else None
    except ValueError:
        return None


def _who(endpoint: Endpoint) -> str:
    return f"network {endpoint.name!r} at {shown(endpoint.url)}"
