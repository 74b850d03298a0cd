"""A practice shop in the same process, behind httpx.

What a network would do to a client arrives as what httpx would raise: a dropped connection is a
ReadError, an answer that never comes a ReadTimeout, at once and without waiting.
"""

from __future__ import annotations

import httpx
from starlette.types import ASGIApp

from core.practice.faults import ConnectionDropped


class PracticeTransport(httpx.AsyncBaseTransport):
    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionDropped as dropped:
            if dropped.waits:
                raise httpx.ReadTimeout("The read timed out.", request=request) from dropped
            raise httpx.ReadError("The connection was closed.", request=request) from dropped
