"""The inventory: items down, locations across, for one inventory label. Quantities are set, added
and taken under the cursor, each with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.widget import Widget

from core.model import Item, Label, Location
from core.sync.events import Event, RunApplied
from tui import counted
from tui.actions import bindings
from tui.clean import clean
from tui.i18n import N_, _, listed
from tui.keymap import key_of, keyed
from tui.paths import new_file, path_of
from tui.screens.changing import Changing
from tui.screens.finding import Finding, grow, index_in
from tui.session import OTHER_ITEMS
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.entry import EntryField
from tui.widgets.fields import FilterField
from tui.widgets.marking import MarkingTable
from tui.widgets.prose import Prose
from tui.widgets.rows import Row, RowSource, Toned
from tui.widgets.table import VirtualTable
from tui.words import number

if TYPE_CHECKING:
    from core.workspace import Desk
    from core.workspace.index import ItemIndex

FIXED = 2
"""Columns before the locations: SKU number and name."""

LOCATION_WIDTH = 11

WORDY = 80
"""Columns of the terminal from which on it is said what is a location and what a label."""


CHANGES = frozenset(f"inventory.{name}" for name in ("set", "add", "take", "type", "move", "count"))


class Shelf:
    """What is shown of an item: its words and its quantities at the seen locations."""

    def __init__(self, desk: Desk, label: str, locations: Sequence[Location]) -> None:
        self._desk, self._label, self._locations = desk, label, locations

    def row(self, item: Item) -> Row:
        held = {
            level.key.location_id: level.quantity
            for level in self._desk.levels_of(item.sku_number)
            if level.key.label_code == self._label
        }
        cells: list[str | Toned] = [clean(item.sku_number), clean(item.name)]
        cells += [_quantity(held.get(location.id)) for location in self._locations]
        return Row(item.sku_number, tuple(cells))


class StoreSource:
    """Items a page at a time from the store: until the index of the items is read."""

    def __init__(self, desk: Desk, shelf: Shelf, search: str) -> None:
        self._desk, self._shelf, self._search = desk, shelf, search
        self._count = desk.count_items(search)

    def __len__(self) -> int:
        return self._count

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return [self._shelf.row(item) for item in self._desk.items(self._search, start, count)]


class IndexSource:
    """Items by their places in the index: any page costs the same."""

    def __init__(self, desk: Desk, shelf: Shelf, index: ItemIndex, search: str) -> None:
        self._desk, self._shelf, self._index = desk, shelf, index
        self._places = index.begin(search)

    def grow(self) -> bool:
        return grow(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def index_of(self, key: str) -> int | None:
        return index_in(self._places, self._index.place_of(key))

    def rows(self, start: int, count: int) -> Sequence[Row]:
        skus = [self._index.sku(place) for place in self._places[start : start + count]]
        return [self._shelf.row(self._desk.item(sku) or Item(sku)) for sku in skus]


def _quantity(value: int | None) -> str | Toned:
    if value is None:
        return Toned(number(None), "dim")
    return Toned(str(value), "bad") if value < 0 else str(value)


class InventoryScreen(Finding, Changing):
    NAME = N_("Inventory")
    BINDINGS = bindings("inventory")
    AUTO_FOCUS = "MarkingTable"
    KEPT = "inventory"
    ON_ROW = CHANGES - {"inventory.count"}

    def __init__(self) -> None:
        super().__init__()
        self._label = ""
        self._place = 0
        self._first = 0
        self._has_cells = False
        """There is a location and a label: a row has something that can be changed."""

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="about", classes="heading")
        yield FilterField(self._search, placeholder=_("SKU number, name or barcode"), id="filter")
        yield MarkingTable(id="items")
        yield EntryField(id="entry")

    # -- what it shows -----------------------------------------------------------------------------

    @property
    def labels(self) -> Sequence[Label]:
        return self.desk.labels()

    @property
    def label(self) -> Label | None:
        """The chosen label; at first the linked one, else the default one, else the first."""
        labels = {label.code: label for label in self.labels}
        if self._label in labels:
            return labels[self._label]
        linked = self.desk.link().label_code
        if linked in labels:
            return labels[linked]
        default = [label for label in labels.values() if label.is_default]
        return next(iter(default or labels.values()), None)

    @property
    def location(self) -> Location | None:
        locations = self.desk.locations()
        return locations[self._place] if self._place < len(locations) else None

    def _seen(self) -> Sequence[Location]:
        """The window of locations that the width allows, with the chosen one in it."""
        locations = self.desk.locations()
        room = max(1, (self.size.width - 2 * (14 + 2)) // (LOCATION_WIDTH + 2))
        self._place = max(0, min(self._place, len(locations) - 1))
        if self._place < self._first:
            self._first = self._place
        if self._place >= self._first + room:
            self._first = self._place - room + 1
        self._first = max(0, min(self._first, len(locations) - room))
        return locations[self._first : self._first + room]

    def refresh_data(self) -> None:
        table = self.query_one(VirtualTable)
        label, seen = self.label, self._seen()
        self._has_cells = label is not None and bool(seen)
        source = self._source(label, seen)
        columns = [Column(_("SKU number"), 14, grow=1), Column(_("Name"), 14, grow=3, drop=1)]
        names = [self.session.place(place.id) for place in seen]
        columns += [Column(name, LOCATION_WIDTH, right=True) for name in names]
        table.show(source, columns, empty=self._empty(), question=self._search)
        if table.lost is not None and table.lost.key in self.session.taken_away:
            self.session.taken_away.remove(table.lost.key)
            table.lost = None
        table.cell = FIXED + self._place - self._first if seen else -1
        self.refresh_bindings()

    @on(VirtualTable.Counted)
    def counted(self, message: VirtualTable.Counted) -> None:
        self._show_about(message.table.row_count)

    def _source(self, label: Label | None, seen: Sequence[Location]) -> RowSource:
        shelf = Shelf(self.desk, label.code if label else "", seen)
        index = self.session.ready_index()
        if index is None:
            self.own_app.read_items()
            return StoreSource(self.desk, shelf, self._search)
        return IndexSource(self.desk, shelf, index, self._search)

    def hits(self, text: str) -> Sequence[int]:
        index = self.session.ready_index()
        return super().hits(text) if index is None else index.find(text)

    def _empty(self) -> str:
        if self._search:
            return _("No item fits “%(search)s”.") % {"search": clean(self._search)}
        words = _(
            "No items yet. Press %(key)s to import a CSV file, %(places)s to add a location or "
            "label."
        )
        return words % {"key": key_of("inventory.import"), "places": key_of("inventory.places")}

    def _show_about(self, hits: int) -> None:
        """What is under the cursor first: a narrow terminal has no room for the rest."""
        label, place = self.label, self.location
        words = "%(location)s   %(label)s"
        if self.size.width >= WORDY:
            words = _("Location: %(location)s   Inventory label: %(label)s")
        words %= {
            "label": clean(label.name or label.code) if label else _("none yet"),
            "location": clean(place.name) if place else _("none yet"),
        }
        if label is not None and label.negative_allowed:
            words += "   " + _("negative allowed")
        locations = counted.locations(len(self.desk.locations()))
        words += "   " + listed((self._items_words(hits), locations))
        self.query_one("#about", Prose).update(words)

    def _items_words(self, hits: int) -> str:
        """Those that a search hides are counted, too."""
        items = self.desk.count_items() if self._search else hits
        if items == hits:
            return counted.items(hits)
        return _("%(n)s of %(items)s") % {"n": f"{hits:,}", "items": counted.items(items)}

    def on_resize(self, _event: events.Resize) -> None:
        if self.is_mounted:
            self.call_after_refresh(self.refresh_data)

    def on_happenings(self, new: Sequence[Event]) -> None:
        skus = {str(getattr(event, "sku", "")) for event in new}
        if any(isinstance(event, (*OTHER_ITEMS, RunApplied)) for event in new):
            self.refresh_data()
        elif skus:
            self.query_one(VirtualTable).reread(skus)
            self.show_held()

    # -- moving ------------------------------------------------------------------------------------

    def do_left(self) -> None:
        self._go_to_place(self._place - 1)

    def do_right(self) -> None:
        self._go_to_place(self._place + 1)

    def _go_to_place(self, place: int) -> None:
        if 0 <= place < len(self.desk.locations()):
            self._place = place
            self.refresh_data()

    def do_label(self) -> None:
        codes = [label.code for label in self.labels]
        label = self.label
        if label is None or len(codes) < 2:
            words = _("There is no other inventory label. Press %(key)s to add one.")
            self.say(keyed(words, "inventory.places"), "warn")
            return
        self._label = codes[(codes.index(label.code) + 1) % len(codes)]
        self.refresh_data()

    # -- changing ----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id in CHANGES:
            return self._why_no_cell()
        if action_id == "inventory.open":
            return self._why_no_row()
        if action_id == "inventory.undo":
            return self.why_not_undo()
        if action_id == "inventory.redo":
            return self.why_not_redo()
        if action_id in ("inventory.import", "inventory.new"):
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def first_keys(self) -> Collection[str]:
        """An empty inventory begins with a file, or with a location and a label."""
        if not self.is_whole or self.desk.count_items():
            return ()
        return ("inventory.import", "inventory.places")

    def _why_no_cell(self) -> str | None:
        if reason := self.why_not_now():
            return reason
        if self._has_cells and self._why_no_row() is None:
            return None
        if not self.desk.count_items():
            words = _("There is no item yet. Press %(key)s to import a CSV file.")
            return keyed(words, "inventory.import")
        if not self.desk.locations():
            words = _("There is no location yet. Press %(key)s to add one.")
            return keyed(words, "inventory.places")
        if self.label is None:
            words = _("There is no inventory label yet. Press %(key)s to add one.")
            return keyed(words, "inventory.places")
        return self._why_no_row()

    def _why_no_row(self) -> str | None:
        table = self.query_one(VirtualTable)
        return None if table.current or table.marks else _("There is no row under the cursor.")

    # -- going on ----------------------------------------------------------------------------------

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        row = self.query_one(VirtualTable).current
        if row is not None:
            self.app.push_screen(ItemScreen(row.key))

    def do_count(self) -> None:
        from tui.screens.counting import CountingScreen

        place, label = self.location, self.label
        if place is not None and label is not None:
            self.app.push_screen(CountingScreen(place, label, self._note))

    def do_places(self) -> None:
        from tui.screens.places import PlacesScreen

        self.app.push_screen(PlacesScreen())

    def do_new(self) -> None:
        asks = [
            Ask("sku", _("SKU number")),
            Ask("name", _("Name"), hint=_("optional")),
            Ask("barcode", _("Barcode"), hint=_("optional")),
        ]
        dialog = FormDialog(_("New item"), asks, _("Add"), self._add_item)
        self.app.push_screen(dialog, self._added_item)

    def _add_item(self, answers: Mapping[str, str]) -> str | None:
        item = Item(answers["sku"].strip(), answers["name"].strip(), answers["barcode"].strip())
        return self.attempt_words(lambda: self.desk.add_item(item))

    def _added_item(self, answers: Mapping[str, str] | None) -> None:
        if answers:
            self.session.forget_index()
            self.refresh_data()
            self.say(_("%(sku)s was added.") % {"sku": clean(answers["sku"].strip())})

    def do_import(self) -> None:
        self.app.push_screen(
            FormDialog(
                _("Import a CSV file"),
                [Ask("path", _("File"), hint="~/items.csv")],
                _("Preview"),
                self._preview,
                note=_(
                    "Columns sku_number, name, barcode, and if you like location, label, quantity; "
                    "or Shopify's own inventory or product CSV. Nothing changes before you agree."
                ),
            )
        )

    def _preview(self, answers: Mapping[str, str]) -> str | None:
        from tui.screens.importing import ImportScreen

        def read() -> None:
            path = path_of(answers["path"])
            screen = ImportScreen(path, self.desk.preview_import(path), self._note)
            self.call_after_refresh(self.app.push_screen, screen)

        return self.attempt_words(read)

    def do_export(self) -> None:
        dialog = FormDialog(
            _("Export all quantities"),
            [Ask("path", _("File"), "~/stock.csv")],
            _("Export"),
            self._export,
        )
        self.app.push_screen(dialog)

    def _export(self, answers: Mapping[str, str]) -> str | None:
        def write() -> None:
            path = path_of(answers["path"])
            with new_file(path) as out:
                rows = self.desk.export_stock(out)
            words = _("%(rows)s written to %(file)s") % {
                "rows": counted.rows(rows),
                "file": clean(path),
            }
            self.call_after_refresh(self.say, words)

        return self.attempt_words(write)
