"""Webhooks that come in: checked, and made into hints to look at something now (facts.md §7).

    check   the HMAC over the raw body, in constant time, before anything of it is read; and that
            it is our shop: every shop that has the app signs with the same secret
    drop    what came before: the same event, topic and body
    hint    "look at this cell now". What the body says of quantities is not believed: it may be
            late, and out of order

Nothing rests on a hint: they go missing, and polling finds what they told. So an answer says only
that the message was taken; no reading, no writing and no waiting happens here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from core.model import Secret

PATH = "/webhooks/shopify"

MAX_BODY = 1024 * 1024
"""With the fields that we ask for, no body comes near this."""

BODY_SECONDS = 5.0
"""Shopify itself waits no longer for the whole exchange."""

REMEMBERED = 20_000
"""Messages whose repeats are known; Shopify repeats one for four hours at the most."""

_TOPICS = ("inventory_levels/", "products/", "locations/", "app/uninstalled")

logger = logging.getLogger("core.shopify")


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened at the shop. Ids are whole (`gid://shopify/InventoryItem/1`), and None
    where the topic is about something else.
    """

    topic: str
    inventory_item_id: str | None = None
    location_id: str | None = None


@dataclass(slots=True)
class WebhookCounts:
    taken: int = 0
    repeated: int = 0
    ignored: int = 0
    """Of a topic that we never asked for."""
    refused: int = 0
    """Not signed with our secret, of another shop, too long, or too slow."""


class WebhookReceiver:
    """An ASGI app with one path. `on_hint` is called within the event loop and must only take note.

    `secrets`: the app's client secret (API secret key); more than one while it is being changed.
    """

    def __init__(
        self,
        secrets: Sequence[Secret],
        domain: str,
        on_hint: Callable[[Hint], None],
        *,
        path: str = PATH,
    ) -> None:
        self._keys = [secret.reveal().strip().encode() for secret in secrets if secret]
        self._domain = domain.lower()
        self._on_hint = on_hint
        self._seen: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._router = Router([Route(path, self._receive, methods=["POST"])])
        self.path = path
        self.counts = WebhookCounts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router(scope, receive, send)

    async def _receive(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body_of(request)
        except (TimeoutError, ClientDisconnect):
            return self._refuse(408, "that did not come to its end")
        if body is None:
            return self._refuse(413, "that is too long")
        signature = request.headers.get("x-shopify-hmac-sha256", "")
        if not self._is_signed(body, signature):
            return self._refuse(401, "without a valid signature")
        if request.headers.get("x-shopify-shop-domain", "").lower() != self._domain:
            return self._refuse(404, "of another shop")
        return self._take(request, body, signature)

    def _refuse(self, status: int, what: str) -> Response:
        """Told ever more rarely: anybody can send anything to a public address."""
        self.counts.refused += 1
        if self.counts.refused.bit_count() == 1:
            logger.warning("a webhook %s was refused (%d so far)", what, self.counts.refused)
        return Response(status_code=status)

    def _is_signed(self, body: bytes, signature: str) -> bool:
        """Every key is tried, whatever the one before it said."""
        given = signature.encode("utf-8", "replace")
        found = False
        for key in self._keys:
            digest = hmac.new(key, body, hashlib.sha256).digest()
            found |= hmac.compare_digest(base64.b64encode(digest), given)
        return found

    def _take(self, request: Request, body: bytes, signature: str) -> Response:
        topic = request.headers.get("x-shopify-topic", "").lower()
        if not topic.startswith(_TOPICS):
            self.counts.ignored += 1
            return Response(status_code=200)
        # One action of a merchant has one event id and may concern many cells: only together with
        # the body (its signature stands for it) it names one message.
        headers = request.headers
        event = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id", "")
        message = (event, topic, signature)
        if message in self._seen:
            self.counts.repeated += 1
            return Response(status_code=200)
        self._on_hint(_hint_of(topic, body))
        self._remember(message)
        self.counts.taken += 1
        return Response(status_code=200)

    def _remember(self, message: tuple[str, str, str]) -> None:
        self._seen[message] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


async def _body_of(request: Request) -> bytes | None:
    """The raw bytes, or None where they are too many."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:15]) > MAX_BODY:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _hint_of(topic: str, body: bytes) -> Hint:
    """What cannot be read is a hint all the same: its signature was right."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        return Hint(topic)
    if topic.startswith("inventory_levels/"):
        item = _gid("InventoryItem", content.get("inventory_item_id"))
        return Hint(topic, item, _gid("Location", content.get("location_id")))
    if topic.startswith("locations/"):
        return Hint(topic, None, _gid("Location", content.get("id")))
    return Hint(topic)


def _gid(kind: str, number: object) -> str | None:
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        return None
    return f"gid://shopify/{kind}/{number}"
