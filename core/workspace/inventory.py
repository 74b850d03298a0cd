"""The inventory part of a desk: labels, items, stock, CSV. Everything here works without any
connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from core.model import (
    Cause,
    CauseKind,
    Item,
    Label,
    Level,
    LevelKey,
    Location,
    Movement,
    SkuMapping,
)
from core.on_demand import Room
from core.progress import Progress, silent
from core.workspace.errors import NoLabelYet, NothingInFile, UnknownLabelCode, WhichLabel
from core.workspace.tuning import TuningDesk

if TYPE_CHECKING:
    from core import exchange
    from core.sync import events
    from core.workspace.index import ItemIndex
else:
    exchange = Room("core.exchange")
    events = Room("core.sync.events")


class InventoryDesk(TuningDesk):
    # -- labels and locations -----------------------------------------------------------------

    def labels(self) -> tuple[Label, ...]:
        return self._store.labels()

    def add_label(self, label: Label) -> None:
        self._store.add_label(label)

    def add_location(self, name: str) -> Location:
        return self._store.add_location(name)

    def edit_label(self, label: Label) -> None:
        """Everything but its code, which is its name in movements and in the link."""
        self._store.edit_label(label)

    def remove_label(self, code: str) -> Label:
        """Raises UnknownLabelCode, LabelIsTheLast, LabelIsLinked, LabelIsDefault, LabelHasStock."""
        return self._store.remove_label(self.label_or_default(code).code)

    def remove_location(self, name_or_id: str) -> Location:
        """Raises LocationIsPaired, LocationHasStock."""
        found = self._store.remove_location(self._location(name_or_id).id)
        self._places = {}
        return found

    def rename_location(self, location_id: str, name: str) -> Location:
        found = self._store.rename_location(self._location(location_id).id, name)
        self._places = {}
        return found

    def label_or_default(self, code: str | None) -> Label:
        """The label named; else the linked one, the default one, or the only one."""
        labels = {label.code: label for label in self.labels()}
        if not labels:
            raise NoLabelYet
        if code is not None:
            if code not in labels:
                raise UnknownLabelCode(label=code, labels=[*labels])
            return labels[code]
        linked = self._store.link().label_code
        if linked in labels:
            return labels[linked]
        defaults = [label for label in labels.values() if label.is_default] or [*labels.values()]
        if len(defaults) > 1:
            raise WhichLabel(labels=[*labels])
        return defaults[0]

    # -- items --------------------------------------------------------------------------------

    def item(self, sku_number: str) -> Item | None:
        return self._store.item(sku_number)

    def count_items(self, search: str = "") -> int:
        return self._store.count_items(search)

    def items(self, search: str = "", offset: int = 0, limit: int = 200) -> Sequence[Item]:
        return self._store.search_items(search, offset, limit)

    def item_index(self, progress: Callable[[int], None] | None = None) -> ItemIndex:
        """All items as they are now, for a screen: a second for a few hundred thousand."""
        from core.workspace.index import ItemIndex  # here, so that who lists no items pays nothing

        return ItemIndex(self._store.item_words(), progress)

    def items_with_barcode(self, barcode: str) -> Sequence[Item]:
        return self._store.items_by_barcode(barcode)

    def levels_of(self, sku_number: str) -> Sequence[Level]:
        return self._store.levels_of(sku_number)

    def movements(
        self,
        sku_number: str,
        limit: int | None = 200,
        location: str | None = None,
        label: str | None = None,
    ) -> Sequence[Movement]:
        """Newest first (`limit` None: all); only those at a location (by name or id) and of a
        label, if given.
        """
        place = None if location is None else self._former_or_location(location)
        if place is None and label is None and limit is not None:
            return self._store.movements(sku_number, limit)
        found = (
            movement
            for movement in self._store.all_movements(sku_number)
            if place in (None, movement.key.location_id)
            and label in (None, movement.key.label_code)
        )
        return list(islice(found, limit))

    def _former_or_location(self, name: str) -> str:
        """The id of a location; its name may be that of one that was removed."""
        former = {kept: place_id for place_id, kept in self._store.former_locations().items()}
        known = {place.name: place.id for place in self.locations()}
        return former[name] if name in former and name not in known else self._location(name).id

    def add_item(self, item: Item) -> None:
        """A new one. Raises EmptyName, NameTaken."""
        self._store.add_item(item)
        self._tell(events.ItemAdded(at=self._now(), brand=self.brand.name, sku=item.sku_number))
        self._items_differ()

    def edit_item(self, item: Item) -> None:
        """Its name and barcode. Raises UnknownSku."""
        self._store.edit_item(item)
        self._items_differ()

    def rename_item(self, sku_number: str, new: str) -> int:
        """Another SKU number, with everything that hangs on it; gives how many mappings went
        along. Raises UnknownSku, EmptyName, NameTaken, NumberWasUsed.
        """
        new = new.strip()
        with self._store.books.transaction():
            mappings = self._store.rename_item(sku_number, new)
            self._takes_new_number(sku_number, new)
        self._tell(
            events.ItemRenamed(at=self._now(), brand=self.brand.name, sku=new, before=sku_number)
        )
        self._items_differ()
        return mappings

    def mappings_of(self, sku_number: str) -> Sequence[SkuMapping]:
        with self._store.books.view() as view:
            return view.mappings_of(sku_number)

    def remove_item(self, sku_number: str, *, force: bool = False) -> None:
        """Raises UnknownSku, and without `force` ItemInUse where it has stock or is mapped."""
        cause = Cause(CauseKind.REMOVE, self._around.who)
        self._store.remove_item(sku_number, cause, force=force)
        self._tell(events.ItemRemoved(at=self._now(), brand=self.brand.name, sku=sku_number))
        self._items_differ()

    def _takes_new_number(self, sku_number: str, new: str) -> None:
        """Inside the transaction that renames: for the part that names items in its settings."""

    def _items_imported(self, before: Mapping[str, Item], items: Sequence[Item]) -> None:
        """For the parts that look at the mappings; `before` has those that were there."""

    def _items_differ(self) -> None:
        """For the part that keeps a picture of the mappings."""

    # -- stock --------------------------------------------------------------------------------

    def set_stock(
        self,
        sku_number: str,
        location: str,
        quantity: int,
        label: str | None = None,
        reason: str = "",
    ) -> Movement:
        key = self._level_key(sku_number, location, label)
        cause = Cause(CauseKind.SET, self._around.who, reason)
        return self._changed(self._store.set_level(key, quantity, cause))

    def adjust_stock(
        self,
        sku_number: str,
        location: str,
        delta: int,
        label: str | None = None,
        reason: str = "",
    ) -> Movement:
        key = self._level_key(sku_number, location, label)
        cause = Cause(CauseKind.ADJUST, self._around.who, reason)
        return self._changed(self._store.adjust_level(key, delta, cause))

    def move_stock(
        self,
        sku_number: str,
        source: tuple[str, str | None],
        target: tuple[str, str | None],
        quantity: int,
        reason: str = "",
    ) -> tuple[Movement, Movement]:
        """From one (location, label) of an item to another: all of it or nothing."""
        cause = Cause(CauseKind.MOVE, self._around.who, reason)
        out, into = self._store.move_level(
            self._level_key(sku_number, *source),
            self._level_key(sku_number, *target),
            quantity,
            cause,
        )
        return self._changed(out), self._changed(into)

    # Many at once: one commit, all of it or nothing. For a thread beside the one that paints; what
    # `progress` raises before the commit takes all of it back.

    def set_stock_many(
        self,
        sku_numbers: Iterable[str],
        location: str,
        quantity: int,
        label: str | None = None,
        reason: str = "",
        progress: Progress | None = None,
    ) -> list[Movement]:
        where = self._level_key("", location, label)
        quantities = {where._replace(sku_number=sku): quantity for sku in sku_numbers}
        cause = Cause(CauseKind.SET, self._around.who, reason)
        tell = _of(len(quantities), progress)
        return self._changed_many(self._store.set_levels(quantities, cause, tell))

    def adjust_stock_many(
        self,
        deltas: Iterable[tuple[str, str, str | None, int]],
        reason: str = "",
        progress: Progress | None = None,
    ) -> list[Movement]:
        """`deltas` as (SKU number, location, label, difference)."""
        sums: dict[LevelKey, int] = {}
        for sku_number, location, label, delta in deltas:
            key = self._level_key(sku_number, location, label)
            sums[key] = sums.get(key, 0) + delta
        cause = Cause(CauseKind.ADJUST, self._around.who, reason)
        tell = _of(len(sums), progress)
        return self._changed_many(self._store.adjust_levels(sums, cause, tell))

    def move_stock_many(
        self,
        sku_numbers: Iterable[str],
        source: tuple[str, str | None],
        target: tuple[str, str | None],
        quantity: int,
        reason: str = "",
        progress: Progress | None = None,
    ) -> list[Movement]:
        here, there = self._level_key("", *source), self._level_key("", *target)
        moves = [
            (here._replace(sku_number=sku), there._replace(sku_number=sku)) for sku in sku_numbers
        ]
        cause = Cause(CauseKind.MOVE, self._around.who, reason)
        tell = _of(len(moves), progress)
        return self._changed_many(self._store.move_levels(moves, quantity, cause, tell))

    def _changed_many(self, movements: list[Movement]) -> list[Movement]:
        for movement in movements:
            self._tell_changed(movement)
        self._wake()
        return movements

    def _level_key(self, sku_number: str, location: str, label: str | None) -> LevelKey:
        place = self._location(location)
        return LevelKey(sku_number, place.id, self.label_or_default(label).code)

    def _changed(self, movement: Movement) -> Movement:
        self._tell_changed(movement)
        self._wake()
        return movement

    def _tell_changed(self, movement: Movement) -> None:
        self._tell(
            events.ChangedHere(
                at=movement.at,
                brand=self.brand.name,
                sku=movement.key.sku_number,
                location=self.location_name(movement.key.location_id),
                before=movement.before,
                after=movement.after,
                who=movement.cause.who,
                reason=movement.cause.reason,
            )
        )

    def sync_now(self) -> None:
        """Look at both sides now, where the engine runs in this process."""
        session = self._session
        if session is not None:
            self._around.thread.soon(session.engine.look)

    def _wake(self) -> None:
        """Something changed here: the engine need not wait for its next look at the outbox."""
        session = self._session
        if session is not None:
            self._around.thread.soon(session.engine.wake)

    # -- CSV ----------------------------------------------------------------------------------

    def preview_import(self, path: Path) -> exchange.ImportPreview:
        """What importing the file would do, with every row that stands against it; changes
        nothing.
        """
        linked = self._store.link().label_code
        known = exchange.Known.of(
            self.locations(),
            self.labels(),
            default_label=linked,
            has_item=lambda sku: self.item(sku) is not None,
        )
        return exchange.preview(path, known, self._store.link().quantity_name)

    def import_items(
        self,
        path: Path,
        progress: Progress | None = None,
        made: Callable[[Sequence[Movement]], object] | None = None,
    ) -> exchange.ImportPreview:
        """All or nothing. Raises BadInput (ImportRefused with every bad line, NothingInFile).
        `made` is told the movements of quantities as soon as they are committed.
        """
        found = self.preview_import(path)
        found.refuse_if_bad()
        if not (found.items or found.levels):
            raise NothingInFile(file=found.file)
        total = len(found.levels) or len(found.items)
        tell = progress or silent
        tell(0, total)
        place_of = {location.name: location.id for location in self.locations()}
        there = self._store.items_named([item.sku_number for item in found.items])
        named = (found.item_over(there.get(item.sku_number), item) for item in found.items)
        items = [item for item in named if item != there.get(item.sku_number)]
        levels = [
            Level(LevelKey(row.sku_number, place_of[row.location], row.label), row.quantity)
            for row in found.levels
        ]
        cause = Cause(CauseKind.IMPORT, self._around.who, path.name)
        moved: list[Movement] = []
        keep = moved.extend if made else _unheard
        self._store.import_batch(items, levels, cause, lambda done: tell(done, total), keep)
        if made:
            made(moved)
        tell(total, total)
        self._tell(
            events.ItemsImported(
                at=self._now(), brand=self.brand.name, items=len(found.items), levels=len(levels)
            )
        )
        self._wake()
        self._items_imported(there, items)
        return found

    def export_items(self, out: TextIO) -> int:
        return exchange.write_items(out, self._store.items())

    def export_stock(self, out: TextIO) -> int:
        """`sku_number,location,label,quantity`, every level that was ever set."""
        rows = (
            exchange.StockRow(
                level.key.sku_number,
                self.location_name(level.key.location_id),
                level.key.label_code,
                level.quantity,
            )
            for level in self._store.levels()
        )
        return exchange.write_stock(out, rows)


def _unheard(_made: Sequence[Movement]) -> None:
    """Movements for those who do not ask."""


def _of(total: int, progress: Progress | None) -> Callable[[int], None]:
    """For the store, which tells only how many are done."""
    tell = progress or silent
    return lambda done: tell(done, total)
