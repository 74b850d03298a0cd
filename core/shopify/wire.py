"""One HTTP request: bytes out, bytes back, and every way the network can fail told apart by whether
the request may have reached the shop. No GraphQL, no retries, no reading of statuses.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

import httpx

from core.clock import Clock
from core.errors import N_, DextreError
from core.shopify.domain import is_loopback
from core.shopify.errors import (
    ConnectionBroke,
    GarbledAnswer,
    NameNotFound,
    NotReachable,
    ProxyFailed,
    TlsFailed,
)

MAX_BODY = 32 * 1024 * 1024
"""No answer that we ask for comes near this; anything longer is not the shop's."""

MAX_SECONDS = 60.0
"""For one whole answer: a server that sends a byte now and then does not hold us up."""

TIMEOUT = httpx.Timeout(30.0, connect=10.0, pool=None)

MAX_IDLE = 32
"""Connections kept open; how many requests are under way at once is the throttle's to say."""

IDLE_S = 30.0
"""For as long an idle connection is kept: longer than the quietest tick, or each one would begin
with as many handshakes as it sends requests at once."""

REACH_S = 5.0
"""For a connection that only shows that there is a network."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: httpx.Headers
    body: bytes


class _Borrowed(httpx.AsyncBaseTransport):
    """A transport that its owner closes, not us."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        return None


def borrowed(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    return _Borrowed(transport)


class Wire:
    """A kept-open connection to one base URL. Proxy and certificate settings of the environment
    are honoured, except for this very machine: what is meant for it never goes to a proxy.
    """

    def __init__(
        self, base: str, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.base = base
        self.host = httpx.URL(base).netloc.decode("ascii")
        self._clock = clock
        self._direct = transport is None
        self._client = httpx.AsyncClient(
            transport=None if transport is None else _Borrowed(transport),
            verify=httpx.create_ssl_context() if transport is None else True,
            follow_redirects=False,
            trust_env=not is_loopback(base),
            timeout=TIMEOUT,
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=MAX_IDLE,
                keepalive_expiry=IDLE_S,
            ),
            headers={"User-Agent": "dextre-sync", "Accept": "application/json"},
        )

    async def post(self, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Raises an `Offline` where the request certainly did not reach the shop, and
        `ConnectionBroke` or `GarbledAnswer` where it may have.
        """
        request = self._client.build_request(
            "POST", self.base + path, content=content, headers=dict(headers)
        )
        deadline = self._clock.monotonic() + MAX_SECONDS
        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await self._body(response, deadline)
                return Reply(response.status_code, response.headers, body)
            finally:
                await response.aclose()
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as failure:
            raise self._explained(failure) from None

    async def _body(self, response: httpx.Response, deadline: float) -> bytes:
        parts = bytearray()
        async for part in response.aiter_bytes():
            parts += part
            if len(parts) > MAX_BODY:
                raise GarbledAnswer(document=self.host, detail=N_("it is too long"))
            if self._clock.monotonic() > deadline:
                raise ConnectionBroke(host=self.host, detail=N_("it took too long"))
        return bytes(parts)

    async def reachable(self) -> bool:
        """Whether a connection can be made: one is opened and closed again, nothing is sent. With
        a proxy or a transport of somebody's own there is nobody whom we could ask like that.
        """
        if not self._direct:
            return False
        url = httpx.URL(self.base)
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(REACH_S):
                _, writer = await asyncio.open_connection(url.host, port)
                writer.close()
                await writer.wait_closed()
        except OSError:
            return False
        return True

    async def aclose(self) -> None:
        await self._client.aclose()

    def _explained(self, failure: Exception) -> DextreError:
        detail = _name(failure)
        if isinstance(failure, httpx.ProxyError):
            return ProxyFailed(host=self.host, detail=detail)
        if not isinstance(failure, _NOT_SENT):
            return ConnectionBroke(host=self.host, detail=detail)
        causes = _causes(failure)
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return NameNotFound(host=self.host)
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                return TlsFailed(host=self.host, detail=_tls_reason(cause))
        return NotReachable(host=self.host, detail=_system_reason(causes) or detail)


def _causes(failure: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    pending: list[BaseException | None] = [failure]
    while pending:
        cause = pending.pop()
        if cause is None or any(cause is seen for seen in found):
            continue
        found.append(cause)
        pending += [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            pending += cause.exceptions
    return found


def _tls_reason(failure: ssl.SSLError) -> str:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return str(getattr(failure, "verify_message", "")) or "certificate"
    return failure.reason or "TLS"


def _system_reason(causes: list[BaseException]) -> str:
    """What the system says: refused, no route, …; its words hold no addresses."""
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    return os.strerror(numbers[-1]) if numbers else ""


def _name(failure: Exception) -> str:
    """The class says what happened; the text of a failure may hold addresses with passwords."""
    return type(failure).__name__
