"""Where the results of bulk operations lie: a storage of its own, that asks for no token.

Whoever has the signed address is given the file, whole or from any byte on. On a real shop this is
another company's host: a token that comes along has been given away, and is counted.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from core.practice.bulk import PATH
from core.practice.faults import ConnectionDropped

if TYPE_CHECKING:
    from core.practice.shop import PracticeShop

PIECE = 64 * 1024
TOKEN_HEADER = "X-Shopify-Access-Token"  # noqa: S105 - the name of a header

_REFUSED = (
    "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code>"
    "<Message>Access denied.</Message></Error>"
)


def result_route(shop: PracticeShop) -> Route:
    async def result(request: Request) -> Response:
        if TOKEN_HEADER in request.headers or "authorization" in request.headers:
            shop.counts["tokens_given_away"] += 1
        asked = request.query_params
        content = shop.bulk.file(
            request.path_params["name"], asked.get("Expires", ""), asked.get("Signature", "")
        )
        if content is None:
            return Response(_REFUSED, 403, media_type="application/xml")
        start = _start(request.headers.get("range", ""))
        if start >= len(content) and start:
            return Response(b"", 416, headers={"Content-Range": f"bytes */{len(content)}"})
        headers = {"Content-Length": str(len(content) - start), "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        shop.counts["results"] += 1
        return StreamingResponse(
            _pieces(shop, content[start:]),
            206 if start else 200,
            headers=headers,
            media_type="application/jsonl",
        )

    return Route(PATH + "{name}", result, methods=["GET"])


def _start(text: str) -> int:
    found = re.fullmatch(r"bytes=([0-9]{1,15})-", text)
    return int(found[1]) if found else 0


async def _pieces(shop: PracticeShop, content: memoryview) -> AsyncIterator[bytes]:
    ends = len(content)
    is_cut = shop.faults.bulk_cuts > 0
    if is_cut:
        shop.faults.bulk_cuts -= 1
        ends //= 2
    for start in range(0, ends, PIECE):
        yield bytes(content[start : min(start + PIECE, ends)])
    if is_cut:
        raise ConnectionDropped(waits=False)
