"""A Shopify shop as the sync sees it: identity, locations, catalogue, levels, and writes.

Turns answers into the model's nouns and nothing more. What to read and when, what a difference
means, and what becomes of a refused row is the sync's business.
"""

from __future__ import annotations

import asyncio
import logging
import random as random_module
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from core.clock import Clock, parse_iso
from core.errors import OurBug
from core.model import (
    KEY_LIFE,
    CellKey,
    Credentials,
    Intent,
    QuantityName,
    Reading,
    ShopIdentity,
    ShopLocation,
    Variant,
    WriteResult,
)
from core.shopify import subscriptions, writes
from core.shopify.answers import Answer
from core.shopify.auth import auth_of
from core.shopify.bulk import ABOVE, BulkCatalogue, Execute
from core.shopify.client import RETRIES, AdminClient
from core.shopify.cost import PAGE
from core.shopify.documents import (
    ACTIVATE,
    CHANGED_LEVELS,
    LOCATIONS,
    PROBE,
    RECEIPT,
    RECHECK_LEVELS,
    SET_TRACKED,
    VARIANTS,
    VARIANTS_COUNT,
    Document,
)
from core.shopify.domain import base_url, is_loopback, shop_domain
from core.shopify.errors import (
    AnotherShop,
    ChangeRefused,
    Forbidden,
    GarbledAnswer,
    MissingScope,
    QueryRefused,
    ServerTrouble,
)
from core.shopify.notes import Note, NoteInMemory
from core.shopify.nouns import (
    identity_of,
    location_of,
    number_of,
    reading_of,
    shape_of,
    text_of,
    variant_of,
    whole_of,
)
from core.shopify.repeats import Known, Repeats
from core.shopify.storage import Storage
from core.shopify.subscriptions import SubscriptionReport, WebhookSubscription
from core.shopify.throttle import Throttle
from core.shopify.wire import Wire

MOST_HINTS = 25_000
ROWS_IN_A_LISTING = 25_000
"""One paged listing reaches so many and no further (facts.md §3.4)."""

VERIFIED_S = 900.0
"""Seconds for which a shop that has said who it is counts as that one."""

OUTAGE_S = 30.0
"""After so many seconds without an answer it is asked again first."""

logger = logging.getLogger("core.shopify")


class ShopifyShop:
    """Fulfils the sync's `Shop`. With `expected_shop_id`, nothing is asked of a shop before it has
    said that it is that one; it is asked again from time to time, and when it has not answered for
    a while, because its address may lead elsewhere then.
    """

    def __init__(
        self,
        client: AdminClient,
        *,
        expected_shop_id: str | None = None,
        bulk: Callable[[Execute], BulkCatalogue] | None = None,
    ) -> None:
        """`bulk` makes the reading of a long catalogue; without it all catalogues are paged."""
        self._client = client
        self._bulk = None if bulk is None else lambda: bulk(self._execute)
        self._expected = expected_shop_id
        self._verified_at = float("-inf")
        self._answered_at = float("-inf")
        self._verifying = asyncio.Lock()
        self._repeats = Repeats()

    @property
    def throttled(self) -> int:
        """How often the shop said THROTTLED or 429 since this was opened."""
        return self._client.throttle.throttled

    @property
    def points_used(self) -> int:
        """Points that the shop has charged since this was opened, or may have."""
        return round(self._client.throttle.used)

    def impatient(self) -> AbstractContextManager[None]:
        """For who must not wait: meanwhile what the shop's Retry-After holds back fails at once."""
        return self._client.throttle.impatient()

    @property
    def failures(self) -> Mapping[str, int]:
        """Requests that failed since this was opened, by class (core.errors.failure_class)."""
        return self._client.failures

    async def reachable(self) -> bool:
        """Whether a connection to the shop can be made; asks it nothing."""
        return await self._client.reachable()

    @property
    def points(self) -> int:
        """Points left in the shop's bucket, as far as we know."""
        return self._client.throttle.points

    async def aclose(self) -> None:
        await self._client.aclose()

    # -- reads -----------------------------------------------------------------------------------

    async def identity(self) -> ShopIdentity:
        answer = await self._client.execute(PROBE, {})
        with shape_of(PROBE):
            found = identity_of(answer)
        if self._expected is not None and found.shop_id != self._expected:
            self._verified_at = float("-inf")
            raise AnotherShop(found=f"{found.name} ({found.domain})", expected=self._expected)
        self._verified_at = self._answered_at = self._client.clock.monotonic()
        return found

    async def locations(self) -> Sequence[ShopLocation]:
        """All of them: inactive ones and those of fulfilment services are marked, not left out."""
        found: list[ShopLocation] = []
        async for page in self._pages(LOCATIONS, {}, "locations"):
            with shape_of(LOCATIONS):
                found += [location_of(node) for node in page]
        return tuple(found)

    async def variants(self) -> AsyncIterator[Sequence[Variant]]:
        """The whole catalogue, each variant once: in order of id by pages of 250, or, where it is
        long, in any order by a bulk operation.
        """
        seen: set[int] = set()
        if self._bulk is not None and await self.count_variants(ABOVE + 1) > ABOVE:
            reading = self._bulk()
            async for variants in reading.pages():
                yield variants
            if reading.is_complete:
                return
            seen = reading.seen
        async for variants in self._listed_variants():
            fresh = tuple(one for one in variants if number_of(one.variant_id) not in seen)
            if fresh:
                yield fresh

    async def changed_variants(self, since: str, at_most: int) -> Sequence[Variant]:
        """Variants that are new, or changed at or after `since` (ISO), by the search index. Where
        there are `at_most` or more, some of them. Deleted ones are missing: `count_variants` tells.
        """
        found: list[Variant] = []
        async for page in self._pages(VARIANTS, {"query": _since(since)}, "productVariants"):
            with shape_of(VARIANTS):
                found += [variant_of(node) for node in page]
            if len(found) >= at_most:
                break
        return found

    async def count_variants(self, at_most: int) -> int:
        """How many there are, counted no further than that."""
        answer = await self._execute(VARIANTS_COUNT, {"limit": at_most})
        with shape_of(VARIANTS_COUNT):
            counted = answer.data["productVariantsCount"]
            return 0 if counted is None else whole_of(counted["count"])

    async def _listed_variants(self) -> AsyncIterator[tuple[Variant, ...]]:
        """One listing ends at 25,000 rows, so the next one begins after the last id."""
        query: str | None = None
        while True:
            rows = 0
            last = ""
            async for page in self._pages(VARIANTS, {"query": query}, "productVariants"):
                with shape_of(VARIANTS):
                    variants = tuple(variant_of(node) for node in page)
                if variants:
                    rows += len(variants)
                    last = variants[-1].variant_id
                    yield variants
            if rows < ROWS_IN_A_LISTING:
                return
            query = f"id:>{number_of(last)}"

    async def read_levels(
        self, shopify_location_id: str, inventory_item_ids: Sequence[str], name: QuantityName
    ) -> Sequence[Reading]:
        if not inventory_item_ids:
            return ()
        if len(inventory_item_ids) > PAGE:
            raise OurBug(detail=f"a read of {len(inventory_item_ids)} ids at once")
        question = (shopify_location_id, tuple(inventory_item_ids), name)
        last = self._repeats.last(question)
        answer = await self._execute(
            RECHECK_LEVELS,
            {
                "ids": list(inventory_item_ids),
                "location": shopify_location_id,
                "names": [name.value],
            },
            known=last.digest,
        )
        if not answer.is_known:
            with shape_of(RECHECK_LEVELS):
                readings = tuple(
                    reading_of(CellKey(item, shopify_location_id), node, name.value)
                    for item, node in zip(inventory_item_ids, answer.data["nodes"], strict=True)
                )
            last = Known(answer.digest, readings)
        self._repeats.keep(question, last)
        return last.readings

    async def changed_items(
        self, shopify_location_id: str, since: str, at_most: int = MOST_HINTS
    ) -> Sequence[str]:
        """Page by page until there are `at_most`: more than that are not hints any more, and a
        sweep finds them for less points.
        """
        variables = {"location": shopify_location_id, "query": _since(since)}
        found: dict[str, None] = {}
        async for page in self._pages(CHANGED_LEVELS, variables, "location", "inventoryLevels"):
            with shape_of(CHANGED_LEVELS):
                found.update((text_of(node["item"]["id"]), None) for node in page)
            if len(found) >= at_most:
                break
        return tuple(found)

    # -- writes ----------------------------------------------------------------------------------

    async def write(self, intent: Intent) -> WriteResult:
        """Send an intent under its key. `WriteInProgress` (an `OutcomeUnknown`) where the shop is
        still busy with the same key, and `WaitedTooLong` where Shopify may have forgotten it before
        it could be sent; IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED and
        IDEMPOTENCY_KEY_PARAMETER_MISMATCH come back as problems that name no row.
        """
        document = writes.document_of(intent)
        answer = await self._execute(
            document, writes.variables_of(intent), parse_iso(intent.at) + KEY_LIFE
        )
        with shape_of(document):
            result = writes.result_of(intent, answer.data, answer.request_id)
        if result.untouched is not None or result.receipt is None:
            return result
        with suppress(
            Forbidden, MissingScope, QueryRefused, GarbledAnswer, ServerTrouble
        ):  # then a reading tells
            answer = await self._execute(RECEIPT, writes.receipt_of(intent, result.receipt))
            with shape_of(RECEIPT):
                return replace(result, untouched=writes.untouched_by(intent, answer.data))
        return result

    async def activate(self, inventory_item_id: str, shopify_location_id: str, key: str) -> None:
        """Stock an item at a location, with the quantity that it had there, else 0."""
        variables = {"item": inventory_item_id, "location": shopify_location_id, "key": key}
        await self._change(ACTIVATE, variables, "inventoryActivate")

    async def set_tracked(self, inventory_item_id: str) -> None:
        """Have Shopify track an item's quantity. Doing it twice is doing it once."""
        await self._change(SET_TRACKED, {"item": inventory_item_id}, "inventoryItemUpdate")

    # -- webhooks --------------------------------------------------------------------------------

    async def webhooks(self, uri: str) -> Sequence[WebhookSubscription]:
        """Our subscriptions, as the shop has them."""
        return await subscriptions.list_subscriptions(self._execute, uri)

    async def all_webhooks(self) -> Sequence[WebhookSubscription]:
        """The subscriptions of the whole app, ours or not."""
        return await subscriptions.all_subscriptions(self._execute)

    async def ensure_webhooks(self, uri: str) -> SubscriptionReport:
        """Have the shop tell `uri` of changes. To be repeated now and then: Shopify deletes
        subscriptions that nobody answered.
        """
        return await subscriptions.ensure_subscriptions(self._execute, uri)

    async def remove_webhooks(self, uri: str) -> SubscriptionReport:
        return await subscriptions.remove_subscriptions(self._execute, uri)

    # -- inside ----------------------------------------------------------------------------------

    async def _execute(
        self,
        document: Document,
        variables: Mapping[str, Any],
        not_after: datetime | None = None,
        known: bytes = b"",
    ) -> Answer:
        if not self._is_verified():
            async with self._verifying:
                if not self._is_verified():
                    await self.identity()
        answer = await self._client.execute(document, variables, not_after=not_after, known=known)
        self._answered_at = self._client.clock.monotonic()
        return answer

    def _is_verified(self) -> bool:
        now = self._client.clock.monotonic()
        return self._expected is None or (
            now - self._verified_at < VERIFIED_S and now - self._answered_at < OUTAGE_S
        )

    async def _change(self, document: Document, variables: Mapping[str, Any], root: str) -> None:
        answer = await self._execute(document, variables)
        with shape_of(document):
            errors = [str(error["message"]) for error in answer.data[root]["userErrors"]]
        if errors:
            raise ChangeRefused(detail=" ".join(errors))

    async def _pages(
        self, document: Document, variables: Mapping[str, Any], *path: str
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The nodes of one listing, page by page, at most as many as one listing reaches. A page
        may be shorter than asked for.
        """
        after: str | None = None
        rows = 0
        for _ in range(ROWS_IN_A_LISTING):  # pages: one without rows is no end, nor a step for ever
            answer = await self._execute(document, {**variables, "after": after})
            with shape_of(document):
                listing: Any = answer.data
                for step in path:
                    if listing is None:
                        return  # the object that owns the listing is gone
                    listing = listing[step]
                nodes: list[dict[str, Any]] = list(listing["nodes"])
                more = listing["pageInfo"]["hasNextPage"]
                end = listing["pageInfo"]["endCursor"]
                if more and (not end or end == after):
                    raise ValueError("the listing does not move on")
            yield nodes
            rows += len(nodes)
            if not more:
                return
            if rows >= ROWS_IN_A_LISTING:
                break
            after = end
        logger.info("%s: a listing of %d rows ends here", document.name, rows)


def _since(moment: str) -> str:
    """Shopify keeps whole seconds: the second that the moment lies in counts as a whole."""
    try:
        whole = parse_iso(moment).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        raise OurBug(detail=f"{moment!r} is not a moment") from None
    return f"updated_at:>='{whole:%Y-%m-%dT%H:%M:%SZ}'"


def open_shop(
    credentials: Credentials,
    *,
    clock: Clock,
    random: random_module.Random,
    transport: httpx.AsyncBaseTransport | None = None,
    expected_shop_id: str | None = None,
    bulk_note: Note | None = None,
    pause_note: Note | None = None,
) -> ShopifyShop:
    """A shop to talk to; nothing is sent yet. `transport` stays its giver's. `bulk_note` keeps the
    id of a bulk operation under way, so that it is not begun anew after a restart, `pause_note`
    until when the shop wants to be left alone. Raises a `BadInput` where domain, address or
    credentials cannot be right.
    """
    client = open_client(
        credentials, clock=clock, random=random, transport=transport, pause_note=pause_note
    )
    base = base_url(shop_domain(credentials.domain), credentials.api_url)
    storage = Storage(allow_loopback=is_loopback(base), transport=transport)
    note = bulk_note or NoteInMemory()

    def bulk(execute: Execute) -> BulkCatalogue:
        return BulkCatalogue(execute, storage, note, clock=clock, random=random)

    return ShopifyShop(client, expected_shop_id=expected_shop_id, bulk=bulk)


def open_client(
    credentials: Credentials,
    *,
    clock: Clock,
    random: random_module.Random,
    transport: httpx.AsyncBaseTransport | None = None,
    retries: int = RETRIES,
    pause_note: Note | None = None,
) -> AdminClient:
    base = base_url(shop_domain(credentials.domain), credentials.api_url)
    wire = Wire(base, clock, transport)
    auth = auth_of(credentials, wire, clock)
    throttle = Throttle(clock, host=wire.host, note=pause_note)
    return AdminClient(wire, auth, clock=clock, random=random, throttle=throttle, retries=retries)
