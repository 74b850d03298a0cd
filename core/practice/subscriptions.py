"""Webhook subscriptions: made, listed, changed and deleted by the API (facts.md §7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from core.clock import Clock
from core.practice.auth import require
from core.practice.context import Context, context_of
from core.practice.identifiers import gid, number_of, stamp
from core.practice.listings import search_of
from core.practice.paging import Page, paginate
from core.practice.search import Field
from core.practice.versions import version_shown

FIRST_NUMBER = 1_927_961_477_426

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_INTERNAL = re.compile(r"(^|\.)(shopify\.com|myshopify\.com|shopifycloud\.com|internal|local)$")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SCOPES = (
    ("INVENTORY_ITEMS_", ("read_inventory", "read_products")),
    ("INVENTORY_", ("read_inventory",)),
    ("PRODUCTS_", ("read_products",)),
    ("VARIANTS_", ("read_products",)),
    ("LOCATIONS_", ("read_locations",)),
)
_TWO_WORDS = re.compile(
    r"^(inventory_levels|inventory_items|inventory_shipments|inventory_transfers|bulk_operations)_"
)

Answer = dict[str, Any]
Problem = tuple[tuple[str, ...], str]


@dataclass(eq=False)
class Subscription:
    number: int
    topic: str
    """As headers have it: inventory_levels/update."""
    topic_name: str
    """As the API has it: INVENTORY_LEVELS_UPDATE."""
    uri: str
    created_at: int
    updated_at: int
    format: str = "JSON"
    filter: str = ""
    include_fields: list[str] = field(default_factory=list)
    name: str | None = None
    failures: int = 0
    """Deliveries that failed since the last one that did not."""

    @property
    def id(self) -> str:
        return gid("WebhookSubscription", self.number)

    def reduced(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if not self.include_fields:
            return dict(body)
        return {name: value for name, value in body.items() if name in self.include_fields}


class Subscriptions:
    """Those of one app: another app's are never seen."""

    def __init__(self, clock: Clock, domain: str) -> None:
        self._clock = clock
        self._domain = domain
        self._made = 0
        self.all: list[Subscription] = []

    def drop(self, subscription: Subscription) -> None:
        if subscription in self.all:
            self.all.remove(subscription)

    def find(self, text: str) -> Subscription | None:
        number = number_of("WebhookSubscription", text)
        return next((each for each in self.all if each.number == number), None)

    def create(self, context: Context, topic: str, given: Mapping[str, Any]) -> Answer:
        for start, scopes in _SCOPES:
            if topic.startswith(start):
                require(context.scopes, "webhookSubscriptionCreate", *scopes)
                break
        now = self._now()
        made = Subscription(
            number=FIRST_NUMBER + self._made * 32_768,
            topic=header_topic(topic),
            topic_name=topic,
            uri="",
            created_at=now,
            updated_at=now,
        )
        problems = self._change(made, given)
        if not problems:
            self._made += 1
            self.all.append(made)
        return _payload(made, problems)

    def update(self, subscription_id: str, given: Mapping[str, Any]) -> Answer:
        found = self.find(subscription_id)
        if found is None:
            return _payload(None, [(("id",), "Webhook subscription does not exist")])
        problems = self._change(found, given)
        if not problems:
            found.updated_at = self._now()
        return _payload(found, problems)

    def delete(self, subscription_id: str) -> Answer:
        found = self.find(subscription_id)
        if found is None:
            errors = _errors([(("id",), "Webhook subscription does not exist")])
            return {"deletedWebhookSubscriptionId": None, "userErrors": errors}
        self.drop(found)
        return {"deletedWebhookSubscriptionId": found.id, "userErrors": []}

    def _change(self, subscription: Subscription, given: Mapping[str, Any]) -> list[Problem]:
        """Either every problem is told and nothing changes, or everything does."""
        uri = given.get("uri") or given.get("callbackUrl") or subscription.uri
        name = given.get("name", subscription.name)
        wanted_format = given.get("format") or subscription.format
        problems = [*_uri_problems(uri, self._domain), *_name_problems(name)]
        wanted_filter = given.get("filter", subscription.filter) or ""
        key = (subscription.topic, uri, wanted_format, wanted_filter)
        for other in self.all:
            if other is subscription:
                continue
            if key == (other.topic, other.uri, other.format, other.filter):
                said = "Address for this topic has already been taken"
                problems.append((("webhookSubscription", "callbackUrl"), said))
        if not problems:
            subscription.uri, subscription.name = uri, name
            subscription.format, subscription.filter = wanted_format, wanted_filter
            if "includeFields" in given:
                subscription.include_fields = list(given["includeFields"] or ())
        return problems

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def header_topic(name: str) -> str:
    """INVENTORY_LEVELS_UPDATE → inventory_levels/update."""
    lowered = name.lower()
    two = _TWO_WORDS.match(lowered)
    if two is not None:
        return f"{two[1]}/{lowered[two.end() :]}"
    first, _, rest = lowered.partition("_")
    return f"{first}/{rest}"


def _uri_problems(uri: str, domain: str) -> list[Problem]:
    where = ("webhookSubscription", "callbackUrl")
    if not uri.strip():
        return [(where, "Address can't be blank")]
    parts = urlsplit(uri)
    host = (parts.hostname or "").lower()
    if parts.scheme in ("pubsub", "arn"):
        return []
    if parts.scheme == "http" and host in LOOPBACK:
        return []
    if parts.scheme == "http":
        return [(where, "Address protocol http:// is not supported")]
    if parts.scheme != "https" or not host or any(each.isspace() for each in uri):
        return [(where, "Address is invalid")]
    if host in LOOPBACK or _INTERNAL.search(host) or host == domain:
        return [(where, "Address cannot be a Shopify or an internal domain")]
    return []


def _name_problems(name: str | None) -> list[Problem]:
    where = ("webhookSubscription", "name")
    if name is None:
        return []
    problems: list[Problem] = []
    if not name:
        problems.append((where, "Name is too short (minimum is 1 character)"))
    if not _NAME.fullmatch(name):
        said = "Name name field can only contain alphanumeric characters, underscores, and hyphens"
        problems.append((where, said))
    return problems


def _payload(subscription: Subscription | None, problems: list[Problem]) -> Answer:
    kept = None if problems else subscription
    return {"webhookSubscription": kept, "userErrors": _errors(problems)}


def _errors(problems: list[Problem]) -> list[Answer]:
    return [{"field": list(where), "message": said} for where, said in problems]


# -- resolvers ------------------------------------------------------------------------------------

_FILTERS = {
    "created_at": Field("date", lambda each: each.created_at),
    "endpoint": Field("text", lambda each: each.uri),
    "id": Field("number", lambda each: each.number),
    "topic": Field("text", lambda each: each.topic_name),
    "updated_at": Field("date", lambda each: each.updated_at),
}


def _listed(_root: Any, info: Any, **args: Any) -> Page:
    context = context_of(info)
    found = search_of(context, info, args, _FILTERS)
    topics, uri = args.get("topics"), args.get("uri") or args.get("callbackUrl")

    def keep(each: Subscription) -> bool:
        if topics is not None and each.topic_name not in topics:
            return False
        if uri is not None and each.uri != uri:
            return False
        return found is None or found.matches(each)

    window = {name: args.get(name) for name in ("first", "after", "last", "before", "reverse")}
    rows = context.webhooks.subscriptions.all
    return paginate(rows, identify=lambda each: each.number, keep=keep, **window)


def _create(_root: Any, info: Any, topic: str, webhookSubscription: dict[str, Any]) -> Answer:  # noqa: N803
    context = context_of(info)
    return context.webhooks.subscriptions.create(context, topic, webhookSubscription)


def _update(_root: Any, info: Any, id: str, webhookSubscription: dict[str, Any]) -> Answer:  # noqa: A002, N803
    return context_of(info).webhooks.subscriptions.update(id, webhookSubscription)


def _delete(_root: Any, info: Any, id: str) -> Answer:  # noqa: A002
    return context_of(info).webhooks.subscriptions.delete(id)


def _one(_root: Any, info: Any, id: str) -> Subscription | None:  # noqa: A002
    return context_of(info).webhooks.subscriptions.find(id)


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "WebhookSubscription": {
        "apiVersion": lambda _o, info: version_shown(context_of(info).api_version),
        "callbackUrl": lambda o, _i: o.uri,
        "createdAt": lambda o, _i: stamp(o.created_at),
        "filter": lambda o, _i: o.filter,
        "format": lambda o, _i: o.format,
        "id": lambda o, _i: o.id,
        "includeFields": lambda o, _i: o.include_fields,
        "legacyResourceId": lambda o, _i: str(o.number),
        "name": lambda o, _i: o.name,
        "topic": lambda o, _i: o.topic_name,
        "updatedAt": lambda o, _i: stamp(o.updated_at),
        "uri": lambda o, _i: o.uri,
    },
    "QueryRoot": {"webhookSubscription": _one, "webhookSubscriptions": _listed},
    "Mutation": {
        "webhookSubscriptionCreate": _create,
        "webhookSubscriptionDelete": _delete,
        "webhookSubscriptionUpdate": _update,
    },
}

FROM_MAPPINGS = frozenset(
    {f"WebhookSubscription{verb}Payload" for verb in ("Create", "Delete", "Update")}
)
