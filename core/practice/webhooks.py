"""Webhooks: who asked for which events, and their delivery with all its weaknesses (facts.md §7).

    happened   an event becomes a delivery for each subscription to its topic
    run        delivers what is due: signed, tried again after a failure (8 times in 4 hours), and
               dropped, repeated, late or out of order where the faults say so

A real shop takes https addresses only; this one also takes http on the loopback, where its
customers live. Subscriptions whose last 8 deliveries all failed are deleted, as Shopify does it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import heapq
import hmac
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import httpx
import orjson

from core.clock import Clock
from core.practice.faults import Faults
from core.practice.subscriptions import Subscription, Subscriptions

RETRIES = 8
FIRST_RETRY = 4 * 3600 / (2**RETRIES - 1)
"""Doubled each time, eight of them fill four hours."""
REORDERED_SECONDS = 1.0
AT_ONCE = 8
AGENT = "Shopify-Captain-Hook"

_HERE = timezone(timedelta(hours=9))

Body = dict[str, Any]
Post = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Address, headers and body → the status that was answered. Raises OSError or httpx.HTTPError."""


@dataclass(order=True, slots=True)
class Delivery:
    due: float
    number: int
    subscription: Subscription = field(compare=False)
    headers: dict[str, str] = field(compare=False)
    body: bytes = field(compare=False)
    failures: int = field(compare=False, default=0)


class WebhookDesk:
    """The deliveries of one app's subscriptions."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        faults: Faults,
        *,
        secret: str,
        domain: str,
        api_version: str,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._faults = faults
        self._secret = secret.encode()
        self._domain = domain
        self._api_version = api_version
        self._numbers = count()
        self._queue: list[Delivery] = []
        self._more = asyncio.Event()
        self.subscriptions = Subscriptions(clock, domain)
        self.counts: Counter[str] = Counter()
        """delivered, failed, dropped, repeated."""

    # -- what happens in the shop ----------------------------------------------------------------

    def happened(self, topic: str, bodies: Sequence[Body]) -> None:
        """One action of a merchant, an app or the till: each body is a webhook of its own, and all
        of them have the same event id.
        """
        wanted = [each for each in self.subscriptions.all if each.topic == topic]
        if not wanted:
            return
        event_id = self._uuid()
        for body in bodies:
            for subscription in wanted:
                self._enqueue(subscription, event_id, body)
        self._more.set()

    def _enqueue(self, subscription: Subscription, event_id: str, body: Body) -> None:
        content = orjson.dumps(subscription.reduced(body))
        delivery = Delivery(
            due=self._now() + self._delay(),
            number=next(self._numbers),
            subscription=subscription,
            headers=self._headers(subscription, event_id, content),
            body=content,
        )
        if self._rng.random() < self._faults.webhooks_dropped:
            self.counts["dropped"] += 1
            return
        heapq.heappush(self._queue, delivery)
        if self._rng.random() < self._faults.webhooks_repeated:
            self.counts["repeated"] += 1
            again = Delivery(
                delivery.due + self._rng.random(),
                next(self._numbers),
                subscription,
                delivery.headers,
                content,
            )
            heapq.heappush(self._queue, again)

    def _delay(self) -> float:
        late = self._rng.uniform(0, self._faults.webhooks_late)
        is_behind = self._rng.random() < self._faults.webhooks_reordered
        return late + (REORDERED_SECONDS if is_behind else 0.0)

    def _headers(self, subscription: Subscription, event_id: str, content: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            "X-Shopify-Topic": subscription.topic,
            "X-Shopify-Hmac-Sha256": self.sign(content),
            "X-Shopify-Shop-Domain": self._domain,
            "X-Shopify-API-Version": self._api_version,
            "X-Shopify-Webhook-Id": self._uuid(),
            "X-Shopify-Event-Id": event_id,
            "X-Shopify-Triggered-At": self._moment(),
        }
        if subscription.name is not None:
            headers["X-Shopify-Name"] = subscription.name
        return headers

    def sign(self, content: bytes) -> str:
        """base64 of HMAC-SHA256 under the app's client secret, over the body as it is sent."""
        digest = hmac.new(self._secret, content, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    # -- delivery --------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        return len(self._queue)

    async def run(self, post: Post | None = None) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(5.0, connect=1.0), follow_redirects=False, trust_env=False
        ) as http:
            while True:
                if not self._queue:
                    self._more.clear()
                    await self._more.wait()
                await self._clock.sleep(min(0.25, max(0.0, self._queue[0].due - self._now())))
                await self.deliver_due(post or _over(http))

    async def deliver_due(self, post: Post) -> None:
        """Everything that is due now, a few at a time, in order of falling due."""
        due: list[Delivery] = []
        now = self._now()
        while self._queue and self._queue[0].due <= now:
            due.append(heapq.heappop(self._queue))
        for start in range(0, len(due), AT_ONCE):
            batch = due[start : start + AT_ONCE]
            await asyncio.gather(*(self._deliver(post, each) for each in batch))

    async def _deliver(self, post: Post, delivery: Delivery) -> None:
        subscription = delivery.subscription
        try:
            status = await post(subscription.uri, delivery.headers, delivery.body)
        except (httpx.HTTPError, OSError):
            status = 0
        if 200 <= status < 300:
            self.counts["delivered"] += 1
            subscription.failures = 0
            return
        self.counts["failed"] += 1
        subscription.failures += 1
        if subscription.failures > RETRIES:
            self.subscriptions.drop(subscription)
        if delivery.failures < RETRIES and subscription in self.subscriptions.all:
            delivery.due = self._now() + FIRST_RETRY * 2.0**delivery.failures
            delivery.failures += 1
            heapq.heappush(self._queue, delivery)

    def _now(self) -> float:
        return self._clock.monotonic()

    def _moment(self) -> str:
        return self._clock.now().astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"

    def _uuid(self) -> str:
        bits = f"{self._rng.getrandbits(128):032x}"
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))


def _over(http: httpx.AsyncClient) -> Post:
    async def post(uri: str, headers: Mapping[str, str], body: bytes) -> int:
        response = await http.post(uri, headers=dict(headers), content=body)
        return response.status_code

    return post


def moment_of(second: int) -> str:
    """As bodies of webhooks write times: with the shop's own offset."""
    return datetime.fromtimestamp(second, _HERE).isoformat(timespec="seconds")
