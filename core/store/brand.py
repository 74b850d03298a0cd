"""One brand's inventory: what screens and commands read and change at once, and `books` for the
sync.

Every call is its own transaction (or one consistent reading) and may come from any thread. Who
runs the sync does not matter here: SQLite puts changes of several processes one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from core.clock import Clock
from core.errors import OurBug
from core.model import (
    Cause,
    Cell,
    CellState,
    Connection,
    Item,
    Label,
    Level,
    LevelKey,
    Link,
    Location,
    LocationPair,
    Movement,
    Run,
    RunRow,
    ShopLocation,
    SkuMapping,
    Variant,
)
from core.store import figures, records
from core.store.books import StoreBooks, Tx, View
from core.store.errors import (
    Damaged,
    EmptyName,
    NameTaken,
    NegativeStock,
    QuantityOutOfRange,
    UnknownLabel,
    UnknownLocation,
    UnknownSku,
)
from core.store.rows import Doc
from core.store.schema import INVENTORY
from core.store.sqlite import BUSY_S
from core.store.table import DocumentDB, DocumentTable

T = TypeVar("T")

BATCH = 1000
LARGEST = 1_000_000_000
"""Shopify's own limit for a quantity, both ways."""


class BrandStore:
    """Open with `BrandStore.open`; close when done. `new_id` makes the ids of locations."""

    def __init__(self, db: DocumentDB, clock: Clock, new_id: Callable[[], str]) -> None:
        self._db = db
        self._new_id = new_id
        self.books = StoreBooks(db, clock)

    @classmethod
    def open(
        cls, path: Path, clock: Clock, new_id: Callable[[], str], busy_s: float = BUSY_S
    ) -> BrandStore:
        """The inventory file at `path`, made where there is none. Raises CannotOpen, Damaged,
        NewerFile.
        """
        return cls(DocumentDB(path, INVENTORY, busy_s), clock, new_id)

    @property
    def path(self) -> Path:
        return self._db.file.path

    def close(self) -> None:
        """Waits for what was submitted."""
        self._db.close()

    def check(self) -> None:
        """Read the whole file; raises Damaged."""
        self._db.file.check()
        with self._db.snapshot() as now:
            if figures.read(now.source) != figures.counted_anew(now.source):
                raise Damaged(file=str(self.path), detail="its figures do not fit its rows")

    def submit(self, work: Callable[[Tx], T]) -> Future[T]:
        """`books.commit` for those without an event loop."""
        return self._db.submit(lambda: work(self._tx()))

    def _tx(self) -> Tx:
        return self.books.begun()

    def _table(self, name: str) -> DocumentTable:
        return self._db.table(name)

    @property
    def _now(self) -> View:
        return View(self._db)

    # -- labels and locations --------------------------------------------------------------------

    def labels(self) -> tuple[Label, ...]:
        return tuple(records.label_from(*pair) for pair in self._table("labels").rows.pairs())

    def label(self, code: str) -> Label:
        found = self._now.label(code)
        if found is None:
            raise UnknownLabel(label=code)
        return found

    def add_label(self, label: Label) -> None:
        """The first label is the default one; a later default takes the place of the old."""
        if not label.code.strip():
            raise EmptyName(what="code of the inventory label")
        table = self._table("labels")
        with self._db.transaction():
            if label.code in table.rows:
                raise NameTaken(what="inventory label", name=label.code)
            doc = records.label_doc(label)
            if not table.rows:
                doc["is_default"] = True
            elif label.is_default:
                table.update({"is_default": False})
            table.put(label.code, doc)

    def locations(self) -> tuple[Location, ...]:
        """By name."""
        found = (records.location_from(*pair) for pair in self._table("locations").rows.pairs())
        return tuple(sorted(found, key=lambda location: records.folded(location.name)))

    def location(self, location_id: str) -> Location:
        doc = self._table("locations").doc(location_id)
        if doc is None:
            raise UnknownLocation(location=location_id)
        return records.location_from(location_id, doc)

    def add_location(self, name: str) -> Location:
        name = name.strip()
        if not name:
            raise EmptyName(what="name of the location")
        with self._db.transaction():
            if any(location.name == name for location in self.locations()):
                raise NameTaken(what="location", name=name)
            location = Location(self._new_id(), name)
            self._table("locations").put(location.id, records.location_doc(location))
        return location

    # -- items -----------------------------------------------------------------------------------

    def put_items(self, items: Iterable[Item]) -> int:
        """Keep items, new ones or in place of those with the same SKU number; gives how many."""
        return self._put_batches("items", (_item_pair(item) for item in items))

    def item(self, sku_number: str) -> Item | None:
        doc = self._table("items").doc(sku_number)
        return None if doc is None else records.item_from(sku_number, doc)

    def items(self) -> Iterator[Item]:
        """All, by SKU number."""
        return (records.item_from(*pair) for pair in self._table("items").rows.pairs())

    def items_by_barcode(self, barcode: str) -> Sequence[Item]:
        return [records.item_from(*pair) for pair in self._table("items").find("barcode", barcode)]

    def search_items(self, search: str = "", offset: int = 0, limit: int = 200) -> Sequence[Item]:
        """Items whose SKU number, name or barcode contain every word, in the order of SKU
        numbers. Case and full or half width do not matter.
        """
        terms = records.folded(search).split()
        found = self._table("items").rows.containing("search", terms, offset, limit)
        return [records.item_from(*pair) for pair in found]

    def count_items(self, search: str = "") -> int:
        terms = records.folded(search).split()
        if not terms:
            return figures.read(self._db.source)["items"]
        return self._table("items").rows.count_containing("search", terms)

    # -- levels ----------------------------------------------------------------------------------

    def levels_of(self, sku_number: str) -> Sequence[Level]:
        return list(_levels(sku_number, self._table("levels").doc(sku_number) or {}))

    def levels(self) -> Iterator[Level]:
        """All, by SKU number."""
        pairs = self._table("levels").rows.pairs()
        return (level for sku_number, doc in pairs for level in _levels(sku_number, doc))

    def set_level(self, key: LevelKey, quantity: int, cause: Cause) -> Movement:
        """Raises UnknownSku, UnknownLocation, UnknownLabel, NegativeStock, QuantityOutOfRange."""
        return self._move(key, lambda _: quantity, cause)

    def adjust_level(self, key: LevelKey, delta: int, cause: Cause) -> Movement:
        """As `set_level`; a level that was never set counts from 0."""
        return self._move(key, lambda before: before + delta, cause)

    def _move(self, key: LevelKey, after: Callable[[int], int], cause: Cause) -> Movement:
        with self.books.transaction() as tx:
            if key.sku_number not in self._table("items").rows:
                raise UnknownSku(sku=key.sku_number)
            location, label = self.location(key.location_id), self.label(key.label_code)
            before = tx.level(*key)
            quantity = after(before or 0)
            _check_quantity(key.sku_number, location, label, before, quantity)
            return tx.record_level(key, quantity, cause)

    def movements(self, sku_number: str, limit: int = 200) -> Sequence[Movement]:
        """Newest first."""
        found = self._table("movements").rows.newest(limit, sku_number=sku_number)
        return [records.movement_from(*pair) for pair in found]

    def import_batch(self, items: Iterable[Item], levels: Iterable[Level], cause: Cause) -> int:
        """Items, then levels, in one transaction: all of it or nothing. Levels that are right
        already make no movement. Gives how many levels changed.
        """
        with self.books.transaction() as tx:
            self.put_items(items)
            places = {location.id: location for location in self.locations()}
            labels = {label.code: label for label in self.labels()}
            wanted: dict[str, dict[LevelKey, int]] = {}
            for level in levels:
                wanted.setdefault(level.key.sku_number, {})[level.key] = level.quantity
            return sum(
                self._import_levels(tx, sku_number, quantities, places, labels, cause)
                for sku_number, quantities in wanted.items()
            )

    def _import_levels(
        self,
        tx: Tx,
        sku_number: str,
        quantities: Mapping[LevelKey, int],
        places: Mapping[str, Location],
        labels: Mapping[str, Label],
        cause: Cause,
    ) -> int:
        if sku_number not in self._table("items").rows:
            raise UnknownSku(sku=sku_number)
        known = {level.key: level.quantity for level in self.levels_of(sku_number)}
        changed = {key: n for key, n in quantities.items() if known.get(key) != n}
        for key, quantity in changed.items():
            if key.location_id not in places:
                raise UnknownLocation(location=key.location_id)
            if key.label_code not in labels:
                raise UnknownLabel(label=key.label_code)
            place, label = places[key.location_id], labels[key.label_code]
            _check_quantity(sku_number, place, label, known.get(key), quantity)
        if changed:
            tx.record_levels(sku_number, changed, cause)
        return len(changed)

    # -- the shop's side, as last read -----------------------------------------------------------

    def replace_variants(self, variants: Iterable[Variant]) -> int:
        """The shop's catalogue, in place of the old one, at once. Have them all before: while
        this runs nobody else can write.
        """
        with self._db.transaction():
            self._table("variants").truncate()
            return self._put_batches(
                "variants", ((v.inventory_item_id, records.variant_doc(v)) for v in variants)
            )

    def variants(self) -> Iterator[Variant]:
        return (records.variant_from(*pair) for pair in self._table("variants").rows.pairs())

    def variant(self, inventory_item_id: str) -> Variant | None:
        doc = self._table("variants").doc(inventory_item_id)
        return None if doc is None else records.variant_from(inventory_item_id, doc)

    def count_variants(self) -> int:
        return figures.read(self._db.source)["variants"]

    def put_shop_locations(self, locations: Iterable[ShopLocation]) -> None:
        """In place of the old ones."""
        with self._db.transaction():
            self._table("shop_locations").truncate()
            self._put_batches(
                "shop_locations", ((s.id, records.shop_location_doc(s)) for s in locations)
            )

    def shop_locations(self) -> tuple[ShopLocation, ...]:
        pairs = self._table("shop_locations").rows.pairs()
        return tuple(records.shop_location_from(*pair) for pair in pairs)

    # -- the connection and settings -------------------------------------------------------------

    def connection(self) -> Connection | None:
        doc = self._table("meta").doc("connection")
        return None if doc is None else records.connection_from(doc)

    def put_connection(self, connection: Connection | None) -> None:
        """None forgets it. Secrets are not here (core.store.secrets)."""
        if connection is None:
            self._table("meta").discard("connection")
        else:
            self._table("meta").put("connection", records.connection_doc(connection))

    def settings(self) -> Doc:
        return self._table("meta").doc("settings") or {}

    def put_settings(self, settings: Mapping[str, Any]) -> None:
        """Any JSON, in place of the old."""
        self._table("meta").put("settings", settings)

    # -- the link, read at once ------------------------------------------------------------------

    def link(self) -> Link:
        return self._now.link()

    def pairs(self) -> tuple[LocationPair, ...]:
        return tuple(self._now.pairs())

    def mappings(self) -> Iterator[SkuMapping]:
        return self._now.mappings()

    def cells(self, states: Iterable[CellState] | None = None) -> Iterator[Cell]:
        return self._now.cells(None if states is None else list(states))

    def cells_of(self, sku_number: str) -> Sequence[Cell]:
        return self._now.cells_of(sku_number)

    def runs(self, limit: int = 50) -> Sequence[Run]:
        """Newest first."""
        found = self._table("runs").rows.newest(limit, field="at")
        return [records.run_from(*pair) for pair in found]

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        return self._now.run_rows(run_id)

    # -- figures ---------------------------------------------------------------------------------

    def count_cells(self) -> Mapping[CellState, int]:
        return self._now.count_cells()

    def count_mappings(self) -> int:
        return figures.read(self._db.source)["mappings"]

    def count_unmapped_local(self) -> int:
        """Items that no variant is mapped to."""
        found = figures.read(self._db.source)
        return found["items"] - found["mapped_items"]

    def count_unmapped_shopify(self) -> int:
        """Variants of the last catalogue that are mapped to no item."""
        found = figures.read(self._db.source)
        return found["variants"] - found["mapped_variants"]

    def oldest_change(self) -> str | None:
        """Since when (ISO) the longest waiting cell has a change that is not pushed yet."""
        found: str | None = self._db.file.rows("SELECT min(changed_at) FROM cells")[0][0]
        return found

    def _put_batches(self, name: str, pairs: Iterable[tuple[str, Doc]]) -> int:
        count, source = 0, iter(pairs)
        with self._db.transaction():
            while batch := list(islice(source, BATCH)):
                self._table(name).put_many(batch)
                count += len(batch)
        return count


def _item_pair(item: Item) -> tuple[str, Doc]:
    if not item.sku_number.strip():
        raise EmptyName(what="SKU number")
    return item.sku_number, records.item_doc(item)


def _levels(sku_number: str, doc: Doc) -> Iterator[Level]:
    for code, places in doc.items():
        for location_id, quantity in places.items():
            yield Level(LevelKey(sku_number, location_id, code), quantity)


def _check_quantity(
    sku_number: str, location: Location, label: Label, before: int | None, after: int
) -> None:
    if not isinstance(after, int):
        raise OurBug(detail=f"a quantity that is no whole number: {after!r}")
    if abs(after) > LARGEST:
        raise QuantityOutOfRange(sku=sku_number, location=location.name, quantity=after)
    # A level that is below zero already may rise, and may stay.
    if after < 0 and not label.negative_allowed and after < (before or 0):
        raise NegativeStock(
            sku=sku_number,
            location=location.name,
            label=label.code,
            before=before or 0,
            after=after,
        )
