"""The stock of a practice shop: things, quantities per item and location, and the ledger.

Invariants, at any moment:
- on_hand = available + committed + reserved + damaged + safety_stock + quality_control, incoming
  stands outside (facts.md §5.2): on_hand is never stored, so it cannot disagree;
- for every level and name: opening + the ledger's deltas = the quantity. What wrote twice or lost
  something shows there.

All of it belongs to one event loop; nothing here waits. Which change is *allowed* is not decided
here (see mutations.py): a real shop's till and staff may do what the API refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock
from core.practice.identifiers import gid, level_gid, stamp

STATES = (
    "available",
    "committed",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
    "incoming",
)
INDEX = {name: at for at, name in enumerate(STATES)}
PHYSICAL = 6
"""The first six states make up on_hand."""
NAMES = (*STATES, "on_hand")

MEMORY_SECONDS = 120.0
GROUPS_KEPT = 1_000
"""How far back a lagging read can look."""


@dataclass(slots=True, eq=False)
class Location:
    number: int
    level_number: int
    name: str
    created_at: int
    is_active: bool = True
    is_fulfillment_service: bool = False
    levels: list[Level] = field(default_factory=list)
    """In cursor order."""
    recent: dict[Level, None] = field(default_factory=dict)
    """The same, least recently changed first: an `updated_at` search need not look at all."""

    @property
    def id(self) -> str:
        return gid("Location", self.number)


@dataclass(slots=True, eq=False)
class Product:
    number: int
    title: str
    handle: str
    vendor: str
    product_type: str
    created_at: int
    is_gift_card: bool = False
    variants: list[Variant] = field(default_factory=list)

    @property
    def id(self) -> str:
        return gid("Product", self.number)


@dataclass(slots=True, eq=False)
class Item:
    """An inventory item. Its variant is set as soon as that exists."""

    number: int
    sku: str | None
    tracked: bool
    created_at: int
    updated_at: int
    requires_shipping: bool = True
    variant: Variant = field(init=False)
    levels: list[Level] = field(default_factory=list)

    @property
    def id(self) -> str:
        return gid("InventoryItem", self.number)


@dataclass(slots=True, eq=False)
class Variant:
    number: int
    product: Product
    item: Item
    title: str
    options: tuple[tuple[str, str], ...]
    barcode: str | None
    position: int
    price: str
    is_bundle: bool = False

    @property
    def id(self) -> str:
        return gid("ProductVariant", self.number)

    @property
    def display_name(self) -> str:
        return f"{self.product.title} - {self.title}"


@dataclass(slots=True)
class Picture:
    """A level as it was: what a lagging read is served."""

    level: Level
    is_active: bool
    updated_at: int
    quantities: Sequence[int]
    stamps: Sequence[int | None]

    def quantity(self, name: str) -> int:
        if name == "on_hand":
            return sum(self.quantities[:PHYSICAL])
        at = INDEX.get(name)
        return 0 if at is None else self.quantities[at]


@dataclass(slots=True, eq=False)
class Level:
    item: Item
    location: Location
    sequence: int
    created_at: int
    updated_at: int
    is_active: bool = True
    quantities: list[int] = field(default_factory=lambda: [0] * len(STATES))
    stamps: list[int | None] = field(default_factory=lambda: [None] * len(STATES))
    opening: tuple[int, ...] = (0,) * len(STATES)
    past: list[tuple[float, Picture]] = field(default_factory=list)
    """(when it was changed, what it was until then), oldest first."""

    @property
    def id(self) -> str:
        return level_gid(self.location.level_number, self.item.number)

    def quantity(self, name: str) -> int:
        if name == "on_hand":
            return sum(self.quantities[:PHYSICAL])
        return self.quantities[INDEX[name]]

    def opened_with(self, name: str) -> int:
        if name == "on_hand":
            return sum(self.opening[:PHYSICAL])
        return self.opening[INDEX[name]]

    def now(self) -> Picture:
        return Picture(self, self.is_active, self.updated_at, self.quantities, self.stamps)

    def as_of(self, moment: float) -> Picture:
        """What it was at that time (seconds since 1970), at most MEMORY_SECONDS back."""
        for changed_at, picture in self.past:
            if changed_at > moment:
                return picture
        return self.now()

    def remember(self, moment: float) -> None:
        """To be called before a change."""
        while self.past and self.past[0][0] < moment - MEMORY_SECONDS:
            del self.past[0]
        was = Picture(
            self, self.is_active, self.updated_at, tuple(self.quantities), tuple(self.stamps)
        )
        self.past.append((moment, was))


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One applied change of one quantity. A change of a physical state has two: its own name and
    on_hand.
    """

    number: int
    at: str
    inventory_item_id: str
    location_id: str
    sku: str | None
    name: str
    delta: int
    cause: str
    """api, sale, fulfilment, restock or admin."""
    key: str | None = None
    app: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    item: Item
    location: Location
    name: str
    delta: int


@dataclass(eq=False)
class Stock:
    clock: Clock
    products: list[Product] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    by_number: dict[tuple[str, int], object] = field(default_factory=dict)
    by_sku: dict[str, list[Item]] = field(default_factory=dict)
    """By lower-cased SKU, as a shop's search looks at it."""
    _levels: dict[tuple[int, int], Level] = field(default_factory=dict)
    receipts: int = 0
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last receipts by id, for whoever asks later what a write changed."""
    on_event: Callable[[str, Sequence[Any]], None] | None = None
    """Told of what webhooks are made from: a topic, and all that one action concerned."""
    _sequence: int = 56_776_556_511_538

    def now(self) -> int:
        """In whole seconds, as moments of things are kept."""
        return int(self.clock.now().timestamp())

    # -- things ----------------------------------------------------------------------------------

    def add_location(self, location: Location) -> None:
        self.locations.append(location)
        self.by_number["Location", location.number] = location

    def add_product(self, product: Product) -> None:
        self.products.append(product)
        self.by_number["Product", product.number] = product

    def add_variant(self, variant: Variant) -> None:
        item = variant.item
        item.variant = variant
        variant.product.variants.append(variant)
        self.variants.append(variant)
        self.items.append(item)
        self.by_number["ProductVariant", variant.number] = variant
        self.by_number["InventoryItem", item.number] = item
        if item.sku:
            self.by_sku.setdefault(item.sku.lower(), []).append(item)

    def rename_sku(self, item: Item, sku: str | None) -> None:
        if item.sku:
            self.by_sku[item.sku.lower()].remove(item)
        item.sku = sku
        if sku:
            self.by_sku.setdefault(sku.lower(), []).append(item)
        self.edited(item)

    def edited(self, item: Item) -> None:
        """Something about the item or its variant that is no quantity."""
        item.updated_at = self.now()
        self.tell("products/update", item.variant.product)

    def remove_variant(self, item: Item) -> None:
        """What its ids named is gone: reads of them give null."""
        variant, product = item.variant, item.variant.product
        if item.sku:
            self.by_sku[item.sku.lower()].remove(item)
        for level in item.levels:
            level.location.levels.remove(level)
            level.location.recent.pop(level, None)
            del self._levels[item.number, level.location.number]
        self.items.remove(item)
        self.variants.remove(variant)
        product.variants.remove(variant)
        del self.by_number["ProductVariant", variant.number]
        del self.by_number["InventoryItem", item.number]
        if product.variants:
            self.tell("products/update", product)
            return
        self.products.remove(product)
        del self.by_number["Product", product.number]
        self.tell("products/delete", product)

    def set_location_active(self, location: Location, *, active: bool) -> None:
        location.is_active = active
        self.tell(f"locations/{'activate' if active else 'deactivate'}", location)

    def stock_at(
        self, item: Item, location: Location, *, active: bool = True, opening: dict[str, int] | None
    ) -> Level:
        """Make the level of an item at a location; it must not exist yet."""
        now = self.now()
        self._sequence += 32_768
        level = Level(item, location, self._sequence, created_at=now, updated_at=now)
        level.is_active = active
        for name, quantity in (opening or {}).items():
            level.quantities[INDEX[name]] = quantity
        level.opening = tuple(level.quantities)
        level.stamps[INDEX["available"]] = now
        self._levels[item.number, location.number] = level
        item.levels.append(level)
        location.levels.append(level)
        location.recent[level] = None
        return level

    def level(self, item: Item, location: Location) -> Level | None:
        return self._levels.get((item.number, location.number))

    # -- changes ---------------------------------------------------------------------------------

    def apply(
        self,
        changes: Iterable[Change],
        cause: str,
        *,
        key: str | None = None,
        app: str | None = None,
    ) -> None:
        """Apply all of them. A level that does not exist comes into being inactive, and normal
        reads do not show it (facts.md §4.6).
        """
        moment = self.clock.now().timestamp()
        second = int(moment)
        changed: dict[Level, None] = {}
        for change in changes:
            level = self.level(change.item, change.location) or self.stock_at(
                change.item, change.location, active=False, opening=None
            )
            at = INDEX[change.name]
            level.remember(moment)
            level.quantities[at] += change.delta
            level.stamps[at] = second
            self._touch(level, second)
            self._write_down(level, change, second, cause, key, app)
            if change.name == "available":
                changed[level] = None
        if changed:
            self.tell("inventory_levels/update", *changed)

    def keep(self, group: dict[str, Any]) -> None:
        self.groups[group["id"]] = group
        if len(self.groups) > GROUPS_KEPT:
            del self.groups[next(iter(self.groups))]

    def activate(self, level: Level, *, active: bool) -> None:
        moment = self.clock.now().timestamp()
        level.remember(moment)
        level.is_active = active
        self._touch(level, int(moment))
        self.tell(f"inventory_levels/{'connect' if active else 'disconnect'}", level)

    def tell(self, topic: str, *subjects: Any) -> None:
        if self.on_event is not None:
            self.on_event(topic, subjects)

    def _touch(self, level: Level, second: int) -> None:
        level.updated_at = second
        level.location.recent.pop(level, None)
        level.location.recent[level] = None

    def _write_down(
        self,
        level: Level,
        change: Change,
        second: int,
        cause: str,
        key: str | None,
        app: str | None,
    ) -> None:
        names = (change.name, "on_hand") if INDEX[change.name] < PHYSICAL else (change.name,)
        for name in names:
            self.ledger.append(
                LedgerEntry(
                    number=len(self.ledger) + 1,
                    at=stamp(second),
                    inventory_item_id=level.item.id,
                    location_id=level.location.id,
                    sku=level.item.sku,
                    name=name,
                    delta=change.delta,
                    cause=cause,
                    key=key,
                    app=app,
                )
            )

    # -- what happens in a shop without the API --------------------------------------------------

    def sell(self, item: Item, location: Location, quantity: int) -> None:
        """An order: available goes down, committed up, on_hand stays (facts.md §5.2)."""
        self.apply(
            (
                Change(item, location, "available", -quantity),
                Change(item, location, "committed", quantity),
            ),
            "sale",
        )

    def fulfil(self, item: Item, location: Location, quantity: int) -> None:
        self.apply((Change(item, location, "committed", -quantity),), "fulfilment")

    def restock(self, item: Item, location: Location, quantity: int) -> None:
        self.apply((Change(item, location, "available", quantity),), "restock")

    def set_by_staff(self, item: Item, location: Location, quantity: int) -> None:
        """Staff type a new available quantity into the admin."""
        level = self.level(item, location)
        was = level.quantity("available") if level else 0
        if quantity != was:
            self.apply((Change(item, location, "available", quantity - was),), "admin")
