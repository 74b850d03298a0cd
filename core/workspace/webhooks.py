"""The subscriptions part of a desk: which webhooks the shop has for this app, asking for them,
taking them away, and whether anybody hears them. Hearing itself is hearing.py's business.

Switching them off is kept: a service that heals its subscriptions must not bring back what a person
took away. Asking for them again switches them on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.on_demand import Room
from core.workspace.keeping import KeepingDesk

if TYPE_CHECKING:
    from core.shopify import SubscriptionReport, WebhookSubscription
    from core.sync import events
    from core.sync.ports import BooksTx
    from core.workspace import hearing
else:
    events, hearing = Room("core.sync.events"), Room("core.workspace.hearing")

WEBHOOKS = "webhooks"
OFF = "off"


class WebhookState(StrEnum):
    RIGHT = "right"
    DIFFERS = "differs"
    """Changed by others, or leading elsewhere than the rest of ours: healing puts it right."""
    MISSING = "missing"
    FOREIGN = "foreign"
    """Of the same app, but not made by this program; left alone."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`topic` as Shopify sends it (`inventory_levels/update`)."""

    topic: str
    address: str
    state: WebhookState


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`address` is where ours lead (empty: there are none). Missing ones are listed only where
    there are some.
    """

    rows: tuple[Webhook, ...]
    address: str

    @property
    def ours(self) -> int:
        return sum(row.state in (WebhookState.RIGHT, WebhookState.DIFFERS) for row in self.rows)

    @property
    def unwell(self) -> int:
        return sum(row.state in (WebhookState.MISSING, WebhookState.DIFFERS) for row in self.rows)


class WebhooksDesk(KeepingDesk):
    def webhooks(self) -> Future[Webhooks]:
        """As the shop has them now. Raises NotConnected, MissingScope, Offline."""

        async def work() -> Webhooks:
            session = await self._open()
            return _listed(await session.shop.all_webhooks())

        return self._call(work())

    def heal_webhooks(self, url: str) -> Future[SubscriptionReport]:
        """Have every topic come to this public address, once; switches them on. Raises
        BadWebhookAddress, WebhookRefused.
        """

        async def work() -> SubscriptionReport:
            session = await self._open()
            report = await session.shop.ensure_webhooks(url.strip())
            await self._switch_webhooks(on=True)
            self._tell(
                events.WebhooksAsked(
                    at=self._now(),
                    brand=self.brand.name,
                    address=url.strip(),
                    made=len(report.made),
                    healed=len(report.healed),
                    kept=len(report.kept),
                )
            )
            return report

        return self._call(work())

    def remove_webhooks(self, url: str = "") -> Future[SubscriptionReport]:
        """Have nothing come any more (those that lead to `url` neither); switches them off."""

        async def work() -> SubscriptionReport:
            session = await self._open()
            await self._switch_webhooks(on=False)  # first: a service that heals would be quicker
            report = await session.shop.remove_webhooks(url.strip())
            self._tell(self._removed(len(report.removed)))
            return report

        return self._call(work())

    def _removed(self, count: int) -> events.Event:
        if not count:
            return events.WebhooksSwitchedOff(at=self._now(), brand=self.brand.name)
        return events.WebhooksRemoved(at=self._now(), brand=self.brand.name, removed=count)

    def wants_webhooks(self) -> bool:
        """False once a person has taken them away."""
        return bool(self._store.settings().get(WEBHOOKS) != OFF)

    async def _switch_webhooks(self, *, on: bool) -> None:
        def work(_tx: BooksTx) -> None:
            kept = {**self._store.settings()}
            kept.pop(WEBHOOKS, None)
            self._store.put_settings(kept if on else {**kept, WEBHOOKS: OFF})

        if on != self.wants_webhooks():
            await self._store.books.commit(work)

    def heard(self) -> hearing.Heard | None:
        """What the process that syncs hears now; None where it hears nothing."""
        note = hearing.read(self._hearing_path)
        return note if note is not None and note.pid == self._around.owning.owner_pid() else None


def _listed(found: Sequence[WebhookSubscription]) -> Webhooks:
    from core.shopify.subscriptions import TOPICS

    ours = [each for each in found if each.is_named_by_us]
    leads = Counter(each.uri for each in ours).most_common(1)
    address = leads[0][0] if leads else ""
    rows = [Webhook(_topic(each.topic), each.uri, _state(each, address)) for each in found]
    if ours:
        there = {each.topic for each in ours}
        rows += [
            Webhook(_topic(topic), "", WebhookState.MISSING)
            for topic in TOPICS
            if topic not in there
        ]
    return Webhooks(tuple(sorted(rows, key=lambda row: (row.topic, row.address))), address)


def _state(each: WebhookSubscription, address: str) -> WebhookState:
    if not each.is_named_by_us:
        return WebhookState.FOREIGN
    return WebhookState.RIGHT if each.is_right(address) else WebhookState.DIFFERS


def _topic(name: str) -> str:
    subject, _underscore, what = name.lower().rpartition("_")
    return f"{subject}/{what}"
