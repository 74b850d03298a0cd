"""The webhooks that we ask the shop for: made, listed, healed and removed (facts.md §7).

Ours are known by their name or by leading to our address; others of the same app are left alone.
Shopify deletes a subscription by itself when nobody answered for some hours, so `ensure` is to be
called now and then, not only once. What a webhook says is webhooks.py's business.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from core.shopify.bulk import Execute
from core.shopify.documents import (
    CREATE_WEBHOOK,
    DELETE_WEBHOOK,
    UPDATE_WEBHOOK,
    WEBHOOKS,
    Document,
)
from core.shopify.errors import BadWebhookAddress, MissingScope, WebhookRefused
from core.shopify.nouns import shape_of

LEVEL_FIELDS = (
    "inventory_item_id",
    "location_id",
    "available",
    "updated_at",
    "admin_graphql_api_id",
)
ID_FIELDS = ("id", "admin_graphql_api_id")

TOPICS: Mapping[str, tuple[str, ...]] = {
    "INVENTORY_LEVELS_UPDATE": LEVEL_FIELDS,
    "INVENTORY_LEVELS_CONNECT": LEVEL_FIELDS,
    "INVENTORY_LEVELS_DISCONNECT": LEVEL_FIELDS,
    "PRODUCTS_CREATE": ID_FIELDS,
    "PRODUCTS_UPDATE": ID_FIELDS,
    "PRODUCTS_DELETE": ID_FIELDS,
    "LOCATIONS_CREATE": ID_FIELDS,
    "LOCATIONS_UPDATE": ID_FIELDS,
    "LOCATIONS_DELETE": ID_FIELDS,
    "LOCATIONS_ACTIVATE": ID_FIELDS,
    "LOCATIONS_DEACTIVATE": ID_FIELDS,
    "APP_UNINSTALLED": (),
}
"""Each with the fields that are sent: a product with two thousand variants is long otherwise."""

NAMED = "dextre-sync_"

MAX_PAGES = 20

logger = logging.getLogger("core.shopify")


@dataclass(frozen=True, slots=True)
class WebhookSubscription:
    id: str
    topic: str
    uri: str
    format: str
    filter: str
    include_fields: frozenset[str]
    name: str

    def is_ours(self, uri: str) -> bool:
        return self.uri == uri or self.is_named_by_us

    @property
    def is_named_by_us(self) -> bool:
        return self.name.startswith(NAMED)

    def is_right(self, uri: str) -> bool:
        return (
            self.uri == uri
            and self.format == "JSON"
            and not self.filter
            and self.include_fields == frozenset(TOPICS.get(self.topic, ()))
        )


@dataclass(slots=True)
class SubscriptionReport:
    """Topics, by what became of them."""

    kept: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    not_permitted: list[str] = field(default_factory=list)
    """The app lacks their scope; the sync works without them."""


async def all_subscriptions(execute: Execute) -> Sequence[WebhookSubscription]:
    """Those of the whole app, as the shop has them now; others of its programs too."""
    return await _all(execute)


async def list_subscriptions(execute: Execute, uri: str) -> Sequence[WebhookSubscription]:
    """Ours, as the shop has them now."""
    return [each for each in await _all(execute) if each.is_ours(uri)]


async def ensure_subscriptions(execute: Execute, uri: str) -> SubscriptionReport:
    """Have every topic come to `uri`, once. Raises BadWebhookAddress, WebhookRefused."""
    _check(uri)
    ours = await list_subscriptions(execute, uri)
    report = SubscriptionReport()
    for topic in TOPICS:
        there = sorted(
            (each for each in ours if each.topic == topic),
            key=lambda each: not each.is_right(uri),
        )
        await _ensure(execute, uri, topic, there, report)
    for stale in ours:
        if stale.topic not in TOPICS:
            await _delete(execute, stale)
            report.removed.append(stale.topic)
    logger.info(
        "webhooks kept=%d made=%d healed=%d removed=%d not_permitted=%d",
        len(report.kept),
        len(report.made),
        len(report.healed),
        len(report.removed),
        len(report.not_permitted),
    )
    return report


async def remove_subscriptions(execute: Execute, uri: str) -> SubscriptionReport:
    """Have nothing come any more."""
    report = SubscriptionReport()
    for each in await list_subscriptions(execute, uri):
        await _delete(execute, each)
        report.removed.append(each.topic)
    return report


async def _ensure(
    execute: Execute,
    uri: str,
    topic: str,
    there: Sequence[WebhookSubscription],
    report: SubscriptionReport,
) -> None:
    # Doubles go first: their address would be taken when another one is given it.
    for double in there[1:]:
        await _delete(execute, double)
        report.removed.append(topic)
    if there and there[0].is_right(uri):
        report.kept.append(topic)
        return
    given = {
        "uri": uri,
        "format": "JSON",
        "filter": "",
        "includeFields": list(TOPICS[topic]),
        "name": NAMED + topic.lower(),
    }
    try:
        if there:
            await _change(execute, UPDATE_WEBHOOK, {"id": there[0].id, "given": given}, uri)
            report.healed.append(topic)
        else:
            await _change(execute, CREATE_WEBHOOK, {"topic": topic, "given": given}, uri)
            report.made.append(topic)
    except MissingScope:
        report.not_permitted.append(topic)
    except WebhookRefused:
        # Its first sending may have been carried out without our hearing of it.
        now = await list_subscriptions(execute, uri)
        if not any(each.topic == topic and each.is_right(uri) for each in now):
            raise
        report.made.append(topic)


async def _change(
    execute: Execute, document: Document, variables: Mapping[str, Any], uri: str
) -> None:
    answer = await execute(document, variables)
    with shape_of(document):
        (payload,) = answer.data.values()
        said = [str(error["message"]) for error in payload["userErrors"]]
    if said:
        raise WebhookRefused(uri=uri, detail=" ".join(said))


async def _delete(execute: Execute, subscription: WebhookSubscription) -> None:
    """That it is gone already is all right."""
    await execute(DELETE_WEBHOOK, {"id": subscription.id})


async def _all(execute: Execute) -> list[WebhookSubscription]:
    found: list[WebhookSubscription] = []
    after: str | None = None
    for _ in range(MAX_PAGES):
        answer = await execute(WEBHOOKS, {"after": after})
        with shape_of(WEBHOOKS):
            page = answer.data["webhookSubscriptions"]
            found += [_subscription_of(node) for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    return found


def _subscription_of(node: dict[str, Any]) -> WebhookSubscription:
    return WebhookSubscription(
        id=str(node["id"]),
        topic=str(node["topic"]),
        uri=str(node["uri"]),
        format=str(node["format"]),
        filter=str(node["filter"] or ""),
        include_fields=frozenset(map(str, node["includeFields"] or ())),
        name=str(node["name"] or ""),
    )


def _check(uri: str) -> None:
    parts = urlsplit(uri)
    is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme == "https" and parts.hostname and not parts.username:
        return
    if parts.scheme == "http" and is_here:
        return  # only a practice shop takes it
    raise BadWebhookAddress(uri=uri[:80])
