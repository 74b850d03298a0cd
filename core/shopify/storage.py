"""Files that the shop has left elsewhere: the results of bulk operations.

They lie at a signed address of another company, so this is not the shop's connection: no token and
no header of ours goes there, and only https is taken (http where the shop itself is this very
machine, the practice shop). A stream can begin at any byte, for a download that broke off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from core.errors import N_
from core.shopify.errors import ConnectionBroke, ResultRefused, ServerTrouble
from core.shopify.wire import TIMEOUT, borrowed

MAX_REDIRECTS = 3
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Storage:
    def __init__(
        self, *, allow_loopback: bool, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._allow_loopback = allow_loopback
        self._transport = transport

    async def stream(self, address: str, start: int = 0) -> AsyncIterator[bytes]:
        """The bytes from `start` on. Raises ResultRefused where the address must not be used or is
        refused, and ServerTrouble or ConnectionBroke (`TryAgain`) where it may work later.
        """
        url = self._checked(address)
        client = httpx.AsyncClient(
            transport=None if self._transport is None else borrowed(self._transport),
            verify=httpx.create_ssl_context() if self._transport is None else True,
            follow_redirects=False,
            trust_env=url.host not in LOOPBACK,
            timeout=TIMEOUT,
            # What is counted in bytes must not be packed.
            headers={"User-Agent": "dextre-sync", "Accept-Encoding": "identity"},
        )
        try:
            async with client:
                async for part in self._parts(client, url, start):
                    yield part
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as failure:
            # The text of a failure may hold the address, and that is a key of its own.
            raise ConnectionBroke(host=url.host, detail=type(failure).__name__) from None

    async def _parts(
        self, client: httpx.AsyncClient, url: httpx.URL, start: int
    ) -> AsyncIterator[bytes]:
        headers = {"Range": f"bytes={start}-"} if start else {}
        for _ in range(MAX_REDIRECTS + 1):
            async with client.stream("GET", url, headers=headers) as response:
                if response.is_redirect:
                    url = self._checked(str(url.join(response.headers["location"])))
                    continue
                if start and response.status_code == 416:
                    return
                _look_at(response, url)
                skip = start if response.status_code == 200 else 0
                async for part in response.aiter_bytes():
                    kept = part[skip:]
                    skip = max(0, skip - len(part))
                    if kept:
                        yield kept
                return
        raise ResultRefused(host=url.host, detail=N_("too many redirects"))

    def _checked(self, address: str) -> httpx.URL:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            raise ResultRefused(host="?", detail="not an address") from None
        is_here = url.host in LOOPBACK
        if url.userinfo or not url.host or (is_here and not self._allow_loopback):
            raise ResultRefused(host=url.host or "?", detail="not an address to be trusted")
        if url.scheme != "https" and not (url.scheme == "http" and is_here):
            raise ResultRefused(host=url.host, detail="not https")
        return url


def _look_at(response: httpx.Response, url: httpx.URL) -> None:
    if response.status_code in (200, 206):
        return
    if response.status_code >= 500 or response.status_code in (408, 429):
        raise ServerTrouble(detail=f"HTTP {response.status_code}")
    raise ResultRefused(host=url.host, detail=f"HTTP {response.status_code}")
