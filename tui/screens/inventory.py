"""The inventory: items down, locations across, for one inventory label. Quantities are set, added
and taken under the cursor, each with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, on
from textual.widget import Widget
from textual.widgets import Input, Static

from core.errors import BadInput
from core.model import Item, Label, Location
from core.sync.events import Event
from tui.actions import bindings
from tui.clean import clean
from tui.i18n import N_, _
from tui.screens.base import MainScreen
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.fields import FilterField
from tui.widgets.table import ListSource, Row, RowSource, Toned, VirtualTable
from tui.words import number

if TYPE_CHECKING:
    from core.workspace import Desk

FIXED = 2
"""Columns before the locations: SKU number and name."""

LOCATION_WIDTH = 11


_Act = Callable[[str, str, str, int, str], None]
"""What a quantity form does: (SKU number, location name, label code, number, reason)."""


class ItemSource:
    """Items with their quantities at the shown locations, read a page at a time."""

    def __init__(
        self, desk: Desk, search: str, label: str, locations: Sequence[Location], count: int
    ) -> None:
        self._desk, self._search, self._label = desk, search, label
        self._locations, self._count = locations, count

    def __len__(self) -> int:
        return self._count

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return [self._row(item) for item in self._desk.items(self._search, start, count)]

    def _row(self, item: Item) -> Row:
        held = {
            level.key.location_id: level.quantity
            for level in self._desk.levels_of(item.sku_number)
            if level.key.label_code == self._label
        }
        cells: list[str | Toned] = [clean(item.sku_number), clean(item.name)]
        cells += [_quantity(held.get(location.id)) for location in self._locations]
        return Row(item.sku_number, tuple(cells))


def _quantity(value: int | None) -> str | Toned:
    if value is None:
        return Toned(number(None), "dim")
    return Toned(str(value), "bad") if value < 0 else str(value)


class InventoryScreen(MainScreen):
    NAME = N_("Inventory")
    BINDINGS = bindings("inventory")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self._label = ""
        self._place = 0
        self._first = 0
        self._search = ""

    def body(self) -> Iterable[Widget]:
        yield Static("", id="about", classes="heading", markup=False)
        yield FilterField(self._search, placeholder=_("SKU number, name or barcode"), id="filter")
        yield VirtualTable(id="items")

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
        hits = self._hits()
        source: RowSource = ListSource()
        if label is not None:
            source = ItemSource(self.desk, self._search, label.code, seen, hits)
        columns = [Column(_("SKU number"), 14, grow=1), Column(_("Name"), 14, grow=3, drop=1)]
        columns += [Column(clean(place.name), LOCATION_WIDTH, right=True) for place in seen]
        table.show(source, columns, empty=self._empty())
        table.cell = FIXED + self._place - self._first if seen else -1
        self._show_about(hits)
        self.refresh_bindings()

    def _hits(self) -> int:
        return self.desk.count_items(self._search)

    def _empty(self) -> str:
        if self._search:
            return _("No item fits “%(search)s”.") % {"search": clean(self._search)}
        return _("No items yet. Press i to import a CSV file, p to add a location or label.")

    def _show_about(self, hits: int) -> None:
        label = self.label
        total = len(self.desk.locations())
        words = _("Inventory label: %(label)s   %(items)s items, %(locations)d locations") % {
            "label": clean(label.name or label.code) if label else _("none yet"),
            "items": f"{hits:,}",
            "locations": total,
        }
        if label is not None and label.negative_allowed:
            words += "   " + _("negative allowed")
        self.query_one("#about", Static).update(words)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        if self.is_mounted:
            self.call_after_refresh(self.refresh_data)

    def on_happenings(self, new: Sequence[Event]) -> None:
        if new:
            self.query_one(VirtualTable).invalidate()

    # -- filter ------------------------------------------------------------------------------------

    def do_search(self) -> None:
        self.query_one(FilterField).open()

    @on(Input.Changed, "#filter")
    def searched(self, event: Input.Changed) -> None:
        if event.value.strip() != self._search:
            self._search = event.value.strip()
            self.refresh_data()

    @on(FilterField.Left)
    def to_rows(self) -> None:
        self.query_one(VirtualTable).focus()

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
            self.say(_("There is no other inventory label. Press p to add one."), "warn")
            return
        self._label = codes[(codes.index(label.code) + 1) % len(codes)]
        self.refresh_data()

    # -- changing ----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id in ("inventory.set", "inventory.add", "inventory.take"):
            return self._why_no_cell()
        if action_id == "inventory.import":
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def _why_no_cell(self) -> str | None:
        if reason := self.session.why_only_looking():
            return reason
        if not self.desk.count_items():
            return _("There is no item yet. Press i to import a CSV file.")
        if not self.desk.locations():
            return _("There is no location yet. Press p to add one.")
        return None if self.label else _("There is no inventory label yet. Press p to add one.")

    def do_set(self) -> None:
        self._ask(_("Set the quantity"), _("New quantity"), self._held(), self._set)

    def do_add(self) -> None:
        self._ask(_("Add units"), _("Units to add"), "1", self._adjust_by(1))

    def do_take(self) -> None:
        self._ask(_("Take units"), _("Units to take"), "1", self._adjust_by(-1))

    def _held(self) -> str:
        table = self.query_one(VirtualTable)
        label, place = self.label, self.location
        if table.current is None or label is None or place is None:
            return ""
        for level in self.desk.levels_of(table.current.key):
            if level.key.location_id == place.id and level.key.label_code == label.code:
                return str(level.quantity)
        return "0"

    def _ask(self, title: str, question: str, value: str, act: _Act) -> None:
        row, place, label = self.query_one(VirtualTable).current, self.location, self.label
        if row is None or place is None or label is None:
            return
        about = _("%(sku)s at %(location)s, inventory label %(label)s") % {
            "sku": clean(row.key),
            "location": clean(place.name),
            "label": clean(label.name or label.code),
        }

        def submit(answers: Mapping[str, str]) -> str | None:
            return self.attempt_words(
                lambda: act(row.key, place.name, label.code, _whole(answers["n"]), answers["why"])
            )

        asks = [Ask("n", question, value), Ask("why", _("Reason"), hint=_("optional"))]
        dialog = FormDialog(f"{title}: {clean(row.key)}", asks, _("Save"), submit, note=about)
        self.app.push_screen(dialog, lambda _answers: self.refresh_data())

    def _set(self, sku: str, place: str, label: str, n: int, reason: str) -> None:
        self.desk.set_stock(sku, place, n, label, reason)

    def _adjust_by(self, sign: int) -> _Act:
        def adjust(sku: str, place: str, label: str, n: int, reason: str) -> None:
            self.desk.adjust_stock(sku, place, sign * n, label, reason)

        return adjust

    # -- going on ----------------------------------------------------------------------------------

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        row = self.query_one(VirtualTable).current
        if row is not None:
            self.app.push_screen(ItemScreen(row.key))

    def do_places(self) -> None:
        from tui.screens.places import PlacesScreen

        self.app.push_screen(PlacesScreen())

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

        path = Path(answers["path"].strip()).expanduser()

        def read() -> None:
            screen = ImportScreen(path, self.desk.preview_import(path))
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
        path = Path(answers["path"].strip()).expanduser()

        def write() -> None:
            try:
                with path.open("x", encoding="utf-8", newline="") as out:
                    rows = self.desk.export_stock(out)
            except OSError as error:
                raise BadInput(detail=f"{path}: {error.strerror}") from error
            words = _("%(n)d rows written to %(file)s") % {"n": rows, "file": clean(path)}
            self.call_after_refresh(self.say, words)

        return self.attempt_words(write)


def _whole(text: str) -> int:
    """A whole number as people type it."""
    typed = text.strip().replace(",", "").replace("−", "-")
    try:
        return int(typed)
    except ValueError:
        raise BadInput(detail=N_("The quantity must be a whole number.")) from None
