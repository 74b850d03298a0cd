"""One practice shop: its stock, its door, its bucket, its faults and its till, wired together.

Deterministic by its seed: catalogue, ids, tokens, request ids, faults and sales each draw from a
source of their own, so that one does not disturb another. All of it belongs to one event loop.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from starlette.types import ASGIApp

from core.clock import Clock, SystemClock
from core.practice import catalogue_files
from core.practice.app import make_app
from core.practice.auth import DEFAULT_SCOPES, Doorkeeper, Grant, with_implied
from core.practice.bulk import BulkDesk
from core.practice.catalogue import Shelves, generate
from core.practice.context import Context, Identity
from core.practice.cost import Bucket
from core.practice.errors import NothingToSell
from core.practice.execution import Executor
from core.practice.faults import Faults
from core.practice.idempotency import Keys
from core.practice.identifiers import split_gid
from core.practice.notices import Notices
from core.practice.schema import RESOLVERS, practice_schema
from core.practice.state import Item, LedgerEntry, Location, Stock, Variant
from core.practice.till import Till
from core.practice.transport import PracticeTransport
from core.practice.versions import STABLE
from core.practice.webhooks import WebhookDesk

POINTS = 2000.0
POINTS_A_SECOND = 100.0


class PracticeShop:
    """A Shopify shop in a box.

    `variants` and `locations` count generated ones; `catalog` is a Shopify CSV instead (a product
    CSV is stocked at `locations` places). `oddities` names cases out of ALL_ODDITIES that are
    added. `selling` is the till's pace in sales a minute; it rings only while `till.run()` runs.
    Raises CatalogueFileInvalid.
    """

    def __init__(
        self,
        *,
        variants: int = 24,
        locations: int = 2,
        seed: int = 1,
        catalog: Path | None = None,
        oddities: Collection[str] = (),
        clock: Clock | None = None,
        scopes: Sequence[str] = DEFAULT_SCOPES,
        faults: Faults | None = None,
        selling: float = 0.0,
        points: float = POINTS,
        points_a_second: float = POINTS_A_SECOND,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.seed = seed
        self.faults = faults or Faults()
        self.fault_rng = self._source("faults")
        self.stock = Stock(self.clock)
        self.door = Doorkeeper(self.clock, self._source("door"), tuple(scopes))
        self.counts: Counter[str] = Counter()
        """How many requests there were: reads, writes, faults, and refusals by code."""
        self._request_rng = self._source("requests")
        self._fill(variants, locations, catalog, frozenset(oddities))
        self._shelves: Shelves | None = None
        names = self._source("name")
        number = names.randrange(60_000_000_000, 90_000_000_000)
        self.identity = Identity(
            number=number,
            name="Practice Shop",
            domain=f"practice-{number % 65_536:04x}.myshopify.com",
            created_at=int(self.clock.now().timestamp()),
            app_id=self.door.app_id,
            api_key=self.door.client_id,
        )
        bucket = Bucket(self.clock, points, points_a_second, lambda: self.faults.drain)
        self.executor = Executor(practice_schema(), bucket)
        self.till = Till(self.stock, self.clock, self._source("till"), selling)
        self._keys = Keys(self.clock)
        self.bulk = BulkDesk(
            practice_schema(),
            RESOLVERS,
            lambda: self.clock.now().timestamp(),
            self._source("bulk"),
            self.faults,
        )
        self.webhooks = WebhookDesk(
            self.clock,
            self._source("webhooks"),
            self.faults,
            secret=self.door.client_secret,
            domain=self.identity.domain,
            api_version=STABLE[-1],
        )
        self.notices = Notices(self.stock, self.identity, self.webhooks)
        self.app: ASGIApp = make_app(self)

    def __repr__(self) -> str:
        return f"PracticeShop({self.domain!r}, seed={self.seed})"

    def _source(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}:{name}")  # noqa: S311 - repeatable on purpose

    def _fill(
        self, variants: int, locations: int, catalog: Path | None, oddities: frozenset[str]
    ) -> None:
        rng = self._source("catalogue")
        if catalog is None:
            generate(self.stock, rng, variants=variants, locations=locations, oddities=oddities)
        else:
            catalogue_files.load(self.stock, rng, catalog, locations=locations)

    # -- how to reach it -------------------------------------------------------------------------

    @property
    def domain(self) -> str:
        return self.identity.domain

    @property
    def access_token(self) -> str:
        return self.door.access_token

    @property
    def client_id(self) -> str:
        return self.door.client_id

    @property
    def client_secret(self) -> str:
        return self.door.client_secret

    def transport(self) -> PracticeTransport:
        """For httpx.AsyncClient: the shop without a network."""
        return PracticeTransport(self.app)

    # -- what happens in it without the API -----------------------------------------------------

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        return self.stock.ledger

    def item(self, sku_or_id: str) -> Item:
        """By inventory item id, or the first with this SKU. Raises NothingToSell."""
        number = split_gid(sku_or_id)
        if number is not None and isinstance(found := self.stock.by_number.get(number), Item):
            return found
        for item in self.stock.by_sku.get(sku_or_id.lower(), ()):
            if item.sku == sku_or_id:
                return item
        raise NothingToSell(what="SKU", value=sku_or_id)

    def location(self, name_or_id: str) -> Location:
        """Raises NothingToSell."""
        for location in self.stock.locations:
            if name_or_id in (location.name, location.id):
                return location
        raise NothingToSell(what="location", value=name_or_id)

    def sell(self, sku: str, location: str, quantity: int = 1) -> None:
        self.stock.sell(self.item(sku), self.location(location), quantity)

    def fulfil(self, sku: str, location: str, quantity: int = 1) -> None:
        self.stock.fulfil(self.item(sku), self.location(location), quantity)

    def restock(self, sku: str, location: str, quantity: int) -> None:
        self.stock.restock(self.item(sku), self.location(location), quantity)

    def set_available(self, sku: str, location: str, quantity: int) -> None:
        self.stock.set_by_staff(self.item(sku), self.location(location), quantity)

    def add_variant(self, sku: str, available: int = 0) -> Variant:
        """Staff make a product with one variant, stocked everywhere."""
        stock = self.stock
        self._shelves = shelves = self._shelves or Shelves.more(stock)
        variant = shelves.variant(shelves.product(sku, sku.lower()), sku)
        for location in stock.locations:
            stock.stock_at(variant.item, location, opening={"available": available})
        stock.tell("products/create", variant.product)
        return variant

    def remove_variant(self, sku: str) -> None:
        """Staff delete a variant; with its last one a product goes too."""
        self.stock.remove_variant(self.item(sku))

    def set_location_active(self, location: str, *, active: bool) -> None:
        self.stock.set_location_active(self.location(location), active=active)

    def rename_sku(self, sku: str, new: str) -> None:
        """Staff give a variant another SKU, which others may have as well; "" takes it away."""
        self.stock.rename_sku(self.item(sku), new or None)

    def set_tracked(self, sku: str, *, tracked: bool) -> None:
        """Staff tick or untick "Track quantity"."""
        item = self.item(sku)
        item.tracked = tracked
        self.stock.edited(item)

    def set_bundle(self, sku: str, *, bundle: bool) -> None:
        """A bundle app takes a variant over, or gives it back."""
        item = self.item(sku)
        item.variant.is_bundle = bundle
        self.stock.edited(item)

    def set_stocked(self, sku: str, location: str, *, stocked: bool) -> None:
        """Staff stock an item at a location, or take it off there; its number is kept."""
        item, place = self.item(sku), self.location(location)
        level = self.stock.level(item, place)
        if level is None:
            level = self.stock.stock_at(item, place, opening=None)
        self.stock.activate(level, active=stocked)

    def uninstall(self) -> None:
        """The app is uninstalled: its tokens end, and it is told so once."""
        self.notices.uninstalled()
        self.door.revoke_all()

    def quantity(self, sku: str, location: str, name: str = "available") -> int:
        """The true quantity, whatever reads show; 0 where there is no level."""
        level = self.stock.level(self.item(sku), self.location(location))
        return level.quantity(name) if level else 0

    # -- for its own desk ------------------------------------------------------------------------

    def new_request_id(self) -> str:
        bits = f"{self._request_rng.getrandbits(128):032x}"
        parts = (bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:])
        return f"{'-'.join(parts)}-{int(self.clock.now().timestamp())}"

    def new_context(self, grant: Grant, *, breaks_after_key: bool = False) -> Context:
        return Context(
            identity=self.identity,
            stock=self.stock,
            keys=self._keys,
            bulk=self.bulk,
            webhooks=self.webhooks,
            scopes=with_implied(grant.scopes),
            granted=tuple(self.door.scopes),
            burns_keys=self.faults.burn,
            breaks_after_key=breaks_after_key,
        )

    def look_at_the_clock(self, context: Context) -> None:
        """What the request is shown: now, or as far back as the faults say."""
        now = self.clock.now().timestamp()
        if self.faults.lag:
            context.read_at = now - self.faults.lag
        if self.faults.index_lag or self.faults.lag:
            context.index_at = now - max(self.faults.index_lag, self.faults.lag)
