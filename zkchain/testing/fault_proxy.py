"""A JSON-RPC proxy in front of a real node that delays, loses, repeats, changes and refuses as it is told.

    with fault_proxy(node_url, Rule(fault=DropAfter(), methods={"eth_sendRawTransaction"}), seed=7) as proxy:
        ...  # ask proxy.url

Runs in a thread of its own, so that a test can stop and start it, and change its rules, while others ask it.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from .fault_plan import FaultPlan, Rule
from .faults import Fault, rpc_error
from .strict_pool import StrictPool

_SEND = "eth_sendRawTransaction"
_HOST = "127.0.0.1"
_BODY_LIMIT = 64 * 2**20
_JSON = {"Content-Type": "application/json"}


class FaultProxy:
    """A running proxy. Made by `fault_proxy`."""

    def __init__(self, upstream: str, rules: tuple[Rule, ...], *, seed: int, strict: bool) -> None:
        self._upstream, self._seed = upstream, seed
        self._plan = FaultPlan(rules, seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._site: web.TCPSite | None = None
        self._port = 0
        self._passed: dict[str, asyncio.Event] = {}
        self._sending = asyncio.Lock()
        self.pool = StrictPool(self.ask) if strict else None  #: what geth's rules refused, with `strict`
        self.seen: Counter[str] = Counter()  #: requests by method
        self.struck: list[tuple[str, Fault]] = []  #: method and fault, in order

    @property
    def url(self) -> str:
        """Where to send requests."""
        return f"http://{_HOST}:{self._port}"

    def obey(self, *rules: Rule) -> None:
        """Go on with these rules in place of the ones before."""
        self._plan = FaultPlan(rules, self._seed)

    def down(self) -> None:
        """Stop listening, and cut every connection there is."""
        self._run(self._stop_listening())

    def up(self) -> None:
        """Listen again, at the same address."""
        self._run(self._listen())

    def start(self) -> None:
        """Start the thread and listen."""
        self._thread.start()
        self._run(self._open())

    def close(self) -> None:
        """Stop everything."""
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def post(self, body: bytes) -> bytes:
        """The node's body for a request's."""
        async with self._client.post(self._upstream, data=body, headers=_JSON) as response:
            return await response.read()

    async def ask(self, method: str, *params: Any) -> Any:
        """The node's result, for the proxy's own questions; None where it gives an error."""
        request = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
        return json.loads(await self.post(json.dumps(request).encode())).get("result")

    def passing(self, method: str) -> asyncio.Event:
        """Set when the next request of `method` is answered."""
        return self._passed.setdefault(method, asyncio.Event())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        self._client = ClientSession(timeout=ClientTimeout(total=300))
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_post("/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, _HOST, self._port, reuse_address=True)
        await self._site.start()
        self._port = int(self._runner.addresses[0][1])

    async def _stop_listening(self) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None
        if self._runner.server is not None:
            for handler in self._runner.server.connections:
                handler.force_close()

    async def _shut(self) -> None:
        await self._stop_listening()
        await self._runner.cleanup()
        await self._client.close()
        # Connections that were cut are closed in the next turns of the loop.
        await asyncio.sleep(0.01)

    async def _handle(self, incoming: web.Request) -> web.StreamResponse:
        exchange = ProxyExchange(self, incoming, await incoming.read())
        method = str(exchange.request.get("method", "batch"))
        self.seen[method] += 1
        fault = self._plan.fault_for(method)
        try:
            if fault is None:
                await exchange.answer(await exchange.forward())
            else:
                self.struck.append((method, fault))
                await fault.strike(exchange)
        except ClientError:
            await exchange.answer(b"the node behind the proxy does not answer", status=502)
        event = self._passed.pop(method, None)
        if event is not None:
            event.set()
        return exchange.response

    async def forward(self, request: Mapping[str, Any], body: bytes) -> bytes:
        """The node's answer, or geth's refusal where the rules are strict. One transaction at a time."""
        if self.pool is None or request.get("method") != _SEND:
            return await self.post(body)
        async with self._sending:
            reason = await self.pool.refusal(str((request.get("params") or [""])[0]))
            return await self.post(body) if reason is None else rpc_error(request.get("id"), -32000, reason)


class ProxyExchange:
    """One request and its answer."""

    def __init__(self, proxy: FaultProxy, incoming: web.Request, body: bytes) -> None:
        self._proxy, self._incoming, self._body = proxy, incoming, body
        self.response: web.StreamResponse = web.Response(status=500)
        self.request: Mapping[str, Any] = _single(body)

    async def forward(self) -> bytes:
        """The node's body."""
        return await self._proxy.forward(self.request, self._body)

    async def answer(self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Have the client get this."""
        self.response = web.Response(body=body, status=status, headers={**_JSON, **(headers or {})})

    async def pieces(self, pieces: list[bytes], pause: float) -> None:
        """Have the client get these, one by one; it may leave meanwhile."""
        self.response = web.StreamResponse(headers=_JSON)
        try:
            await self.response.prepare(self._incoming)
            for piece in pieces:
                await self.response.write(piece)
                await asyncio.sleep(pause)
        except ConnectionError:
            self.hang_up()

    def hang_up(self) -> None:
        """Cut the client's connection."""
        if self._incoming.transport is not None:
            self._incoming.transport.abort()

    async def overtaken(self, seconds: float) -> None:
        """Wait for a later request of the same method."""
        passing = self._proxy.passing(str(self.request.get("method", "batch")))
        try:
            await asyncio.wait_for(passing.wait(), seconds)
        except TimeoutError:
            return


def _single(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def fault_proxy(upstream: str, *rules: Rule, seed: int = 0, strict: bool = False) -> Iterator[FaultProxy]:
    """A proxy on loopback in front of the node at `upstream`, which obeys `rules`.

    With `strict`, transactions are also held to geth's rules. The same seed gives the same faults.
    """
    proxy = FaultProxy(upstream, rules, seed=seed, strict=strict)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.close()
