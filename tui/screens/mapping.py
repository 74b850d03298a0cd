"""SKU mapping: the two fields that are compared, Update, Map, and the table of all rows side by
side, by filter; edits by hand on marked rows, with undo.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from core.errors import DextreError
from core.model import Item, LocalField, MappedBy, MappingRow, MatchState, ShopifyField, Variant
from core.sync.events import CatalogueChanged, Event, MappingsDeleted, SkusMapped
from core.workspace import Filter, IgnoredRow
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, aside, headed
from tui.mapping_words import FILTERS, LIKENESSES
from tui.remedies import told
from tui.screens.base import MainScreen
from tui.screens.finding import Finding, grow
from tui.screens.mapping_files import ask_for_export, ask_for_import
from tui.session import OTHER_ITEMS
from tui.widgets.bars import Bar, Part
from tui.widgets.columns import Column
from tui.widgets.fields import FilterField, Pick, Press
from tui.widgets.marking import MarkingTable
from tui.widgets.picker import PickerDialog
from tui.widgets.rows import ListSource, Row, RowSource, Toned
from tui.words import LOCAL_FIELDS, MAPPED_BY, MATCHES, SHOPIFY_FIELDS, show

if TYPE_CHECKING:
    from core.workspace import MappingView

SUGGESTED = 200
EDITS = frozenset(f"mapping.{name}" for name in ("map", "unmap", "ignore", "suggested"))


def row_key(row: MappingRow) -> str:
    """Names a row whatever the filter: both sides' own keys."""
    there = row.variant.inventory_item_id if row.variant else ""
    return f"{there}\t{row.item.sku_number if row.item else ''}"


class MappingSource:
    """The rows of a filter and a search, as they were when it was made."""

    def __init__(self, view: MappingView, chosen: Filter, search: str) -> None:
        self._view = view
        self.places = view.begin(chosen, search)

    def grow(self) -> bool:
        return grow(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        found = self._view.at(self.places[start : start + count])
        return [self._row(row) for row in found]

    @staticmethod
    def _row(row: MappingRow) -> Row:
        item, variant = row.item, row.variant
        there = (clean(variant.sku) or _("(blank)")) if variant else signs("–")
        return Row(
            row_key(row),
            (
                clean(item.sku_number) if item else signs("–"),
                clean(item.name) if item else "",
                clean(item.barcode) if item else "",
                there,
                clean(variant.name) if variant else "",
                clean(variant.barcode) if variant else "",
                state_words(row),
            ),
        )


def state_words(row: MappingRow) -> Toned:
    mark = MATCHES[row.state]
    state = show(mark)
    if row.by is MappedBy.HAND:
        state += " " + aside(_(MAPPED_BY[row.by]))
    elif row.near:
        state = headed(state, clean(row.near))
    if isinstance(row, IgnoredRow):
        return Toned(signs("– ") + _("Ignored") + f"  {_(mark.word)}", "dim")
    return Toned(state, mark.tone)


class MappingScreen(Finding, MainScreen):
    NAME = N_("SKU mapping")
    BINDINGS = bindings("mapping")
    AUTO_FOCUS = "MarkingTable"
    KEPT = "mapping"

    def __init__(self) -> None:
        super().__init__()
        self._chosen = Filter.ALL

    def body(self) -> Iterable[Widget]:
        link = self.desk.link()
        with Horizontal(id="fields"):
            yield Static("Shopify", markup=False)
            yield Pick(
                [(f, _(w)) for f, w in SHOPIFY_FIELDS.items()], link.shopify_field, id="there"
            )
            yield Static("DEXTRE", markup=False)
            yield Pick([(f, _(w)) for f, w in LOCAL_FIELDS.items()], link.local_field, id="here")
            yield Press(_("Update"), id="update")
            yield Press(_("Map"), id="run")
        yield Bar(id="tabs")
        yield FilterField(self._search, placeholder=_("SKU, name or barcode"), id="filter")
        yield MarkingTable(id="rows")

    def on_mount(self) -> None:
        kept = self.own_app.state.get(self.KEPT, "filter", "")
        self._chosen = Filter(kept) if kept in list(Filter) else Filter.ALL

    # -- what it shows -----------------------------------------------------------------------------

    def refresh_data(self) -> None:
        """From the table as it is in memory; where that is old, it is read again beside the UI."""
        if not self.desk.mapping_is_fresh():
            if self.session.few_rows():
                self.desk.mapping_view()
            else:
                self._read_again()
        view = self.desk.mapping_view_now()
        self._show_tabs(view)
        columns = [
            Column(_("SKU number"), 12, grow=2),
            Column(_("Name"), 12, grow=2, drop=1),
            Column(_("Barcode"), 13, drop=4),
            Column(_("Shopify SKU"), 12, grow=2),
            Column(_("Shopify product"), 15, grow=2, drop=2),
            Column(_("Barcode there"), 13, drop=3),
            Column(_("State"), 16, grow=3),
        ]
        source: RowSource = ListSource()
        if view is not None:
            source = MappingSource(view, self._chosen, self._search)
        self.query_one(MarkingTable).show(source, columns, empty=self._empty(view))
        self.refresh_bindings()

    @work(exclusive=True, group="mapping")
    async def _read_again(self) -> None:
        try:
            await asyncio.to_thread(self.desk.load_mapping)
        except DextreError as error:
            self.say(told(error), "bad")
            return
        gc.freeze()  # rows by the hundred thousand: no collection need walk through them
        if self.is_whole:
            self.refresh_data()

    def _empty(self, view: MappingView | None) -> str:
        if view is None:
            return _("The mapping is being read. Other screens work meanwhile.")
        if reason := self.session.why_not_paired():
            return reason
        if not view.size(Filter.ALL) and not view.size(Filter.IGNORED):
            return _("Nothing is matched yet. Press M (Map) to read the shop's catalogue.")
        return _("No row fits the filter.")

    def _filters(self, view: MappingView | None) -> list[Filter]:
        """Those that have rows, and the chosen one."""
        return [
            one
            for one in Filter
            if one in (Filter.ALL, self._chosen) or (view is not None and view.size(one))
        ]

    def _show_tabs(self, view: MappingView | None) -> None:
        """The chosen filter with those around it, as far as the width goes."""
        filters = self._filters(view)
        start = max(0, filters.index(self._chosen) - 2) if len(filters) > 4 else 0
        parts: list[Part] = [("<", "dim")] if start else []
        for one in filters[start:]:
            words = f"{_(FILTERS[one])} {view.size(one) if view else ''}".rstrip()
            parts.append((words, "here" if one is self._chosen else ""))
        self.query_one("#tabs", Bar).parts = tuple(parts)

    def on_happenings(self, new: Sequence[Event]) -> None:
        changed = (SkusMapped, MappingsDeleted, CatalogueChanged, *OTHER_ITEMS)
        if any(isinstance(event, changed) for event in new):
            self.refresh_data()

    # -- filters -----------------------------------------------------------------------------------

    def do_filter(self) -> None:
        self._step(1)

    def do_filter_before(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        filters = self._filters(self.desk.mapping_view_now())
        self._chosen = filters[(filters.index(self._chosen) + by) % len(filters)]
        self.own_app.state.put(self.KEPT, "filter", self._chosen.value)
        self.refresh_data()

    def hits(self, text: str) -> Sequence[int]:
        view = self.desk.mapping_view_now()
        if view is None:
            return ()
        shown = view.find(self._chosen)
        return [place - shown[0] for place in view.find(self._chosen, text)] if shown else ()

    # -- Update and Map ----------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "mapping.run":
            return self.session.why_not_paired()
        if action_id in EDITS:
            return self.session.why_only_looking() or self._why_not_row(action_id)
        if action_id in ("mapping.update", "mapping.import"):
            return self.session.why_only_looking()
        if action_id in ("mapping.undo", "mapping.redo"):
            return self.session.why_only_looking() or self._why_not_again(action_id)
        if action_id == "mapping.open":
            if self._row_sides()[1]:
                return None
            return _("This row has no item in DEXTRE. Press m to map it by hand.")
        return super().why_not(action_id)

    def _why_not_again(self, action_id: str) -> str | None:
        if action_id == "mapping.undo":
            return None if self.desk.edits_to_undo else _("There is no edit by hand to undo.")
        return None if self.desk.edits_to_redo else _("Nothing was undone.")

    def _why_not_row(self, action_id: str) -> str | None:
        table = self.query_one(MarkingTable)
        if table.current is None and not table.marks:
            return _("There is no row under the cursor.")
        there, here = self._row_sides()
        if action_id == "mapping.unmap" and not (there and here) and not table.marks:
            return _("This row is not mapped.")
        return None

    @on(Button.Pressed, "#update")
    def do_update(self) -> None:
        if reason := self.why_not("mapping.update"):
            self.say(reason, "warn")
            return
        there = ShopifyField(self.query_one("#there", Pick).value)
        here = LocalField(self.query_one("#here", Pick).value)
        if self.attempt(lambda: self.desk.set_fields(there, here)):
            self.say(_("The fields are kept. Press M (Map) to match by them."))

    @on(Button.Pressed, "#run")
    async def run_pressed(self) -> None:
        await self.action_act("mapping.run")

    @work(exclusive=True, group="job")
    async def do_run(self) -> None:
        done = await self.job(_("Mapping SKUs"), self.desk.map)
        if done is None:
            return
        self.refresh_data()
        mapped = done.value.get(MatchState.MAPPED, 0)
        others = sum(done.value.values()) - mapped
        words = _("%(mapped)d mapped, %(others)d without a counterpart or unclear.") % {
            "mapped": mapped,
            "others": others,
        }
        if not self.session.status.link:
            words += " " + _("Next step: enable the inventory link.")
        self.say(words)

    # -- by hand -----------------------------------------------------------------------------------

    def _row_sides(self) -> tuple[str, str]:
        """(inventory item id, SKU number) of the cursor row; either may be empty."""
        row = self.query_one(MarkingTable).current
        there, _tab, here = (row.key if row else "").partition("\t")
        return there, here

    def _row_here(self) -> MappingRow | None:
        table, view = self.query_one(MarkingTable), self.desk.mapping_view_now()
        if view is None or table.current is None:
            return None
        found = view.at(view.find(self._chosen, self._search)[table.cursor : table.cursor + 1])
        return found[0] if found and row_key(found[0]) == table.current.key else None

    def _chosen_rows(self) -> list[MappingRow]:
        """The marked rows, whatever the filter is now, else the one under the cursor."""
        marks, view = self.query_one(MarkingTable).marks, self.desk.mapping_view_now()
        if not marks or view is None:
            row = self._row_here()
            return [row] if row is not None else []
        shown = (*view.at(view.find(Filter.ALL)), *view.at(view.find(Filter.IGNORED)))
        return [row for row in shown if row_key(row) in marks]

    def do_map(self) -> None:
        there, here = self._row_sides()
        if there:
            self._pick_item(there)
        else:
            self._pick_variant(here)

    def _suggested(self) -> Sequence[tuple[Item | Variant, str]]:
        row = self._row_here()
        if row is None or (row.item is not None and row.variant is not None):
            return []
        return [(one.end, _(LIKENESSES[one.like])) for one in self.desk.suggestions(row)]

    def _pick_item(self, there: str) -> None:
        first = [
            Row(one.sku_number, (clean(one.sku_number), clean(one.name), like))
            for one, like in self._suggested()
            if isinstance(one, Item)
        ]

        def find(typed: str) -> RowSource:
            if first and not typed.strip():
                return ListSource(first)
            return ListSource([self._item_row(one) for one in self._items(typed.strip())])

        dialog = PickerDialog(
            _("Which item in DEXTRE is it?"),
            [
                Column(_("SKU number"), 16, grow=1),
                Column(_("Name"), 20, grow=2),
                Column(_("Alike") if first else _("Barcode"), 14, drop=1),
            ],
            find,
            hint=self._about_row(),
        )
        self.app.push_screen(dialog, lambda sku: self._map(there, sku) if sku else None)

    def _items(self, typed: str) -> Sequence[Item]:
        """By the index where it is read: the store would look at every item."""
        index = self.session.ready_index()
        if index is None:
            return self.desk.items(typed, 0, SUGGESTED)
        found = (self.desk.item(index.sku(place)) for place in index.find(typed)[:SUGGESTED])
        return [item for item in found if item is not None]

    @staticmethod
    def _item_row(one: Item) -> Row:
        return Row(one.sku_number, (clean(one.sku_number), clean(one.name), clean(one.barcode)))

    def _pick_variant(self, here: str) -> None:
        first = [
            Row(one.inventory_item_id, (clean(one.sku) or _("(blank)"), clean(one.name), like))
            for one, like in self._suggested()
            if not isinstance(one, Item)
        ]

        def find(typed: str) -> RowSource:
            if first and not typed.strip():
                return ListSource(first)
            view = self.desk.mapping_view_now()
            return ListSource() if view is None else VariantSource(view, typed.strip())

        dialog = PickerDialog(
            _("Which product in Shopify is it?"),
            [
                Column(_("Shopify SKU"), 16, grow=1),
                Column(_("Shopify product"), 20, grow=2),
                Column(_("Alike") if first else _("State"), 18, drop=1),
            ],
            find,
            hint=self._about_row(),
        )
        self.app.push_screen(dialog, lambda there: self._map(there, here) if there else None)

    def _about_row(self) -> str:
        row = self._row_here()
        if row is None:
            return ""
        item, variant = row.item, row.variant
        cells = [clean(item.sku_number), clean(item.name), clean(item.barcode)] if item else []
        if variant is not None:
            cells += [clean(variant.sku), clean(variant.name), clean(variant.barcode)]
        return _("For: %(row)s") % {"row": "  ".join(cell for cell in cells if cell)}

    def _map(self, there: str, sku: str) -> None:
        if self.attempt(lambda: self.desk.map_one(there, sku)):
            self.say(_("Mapped by hand: %(sku)s") % {"sku": clean(sku)})
            self.refresh_data()

    def _edit(self, act: Callable[[], int], words: str) -> None:
        """Edit the chosen rows; `words` say what was done with `rows`."""
        done = self.attempt(act)
        if done is not None:
            self.query_one(MarkingTable).marks.clear()
            self.say(words % {"rows": counted.rows(done.value)} + "  " + _("u undoes it."))
            self.refresh_data()

    def do_unmap(self) -> None:
        ids = [row.variant.inventory_item_id for row in self._chosen_rows() if row.variant]
        self._edit(lambda: self.desk.unmap_many(ids), _("Unmapped: %(rows)s."))

    def do_ignore(self) -> None:
        """Where all chosen rows are ignored, they are taken up again."""
        rows = self._chosen_rows()
        if rows and all(isinstance(row, IgnoredRow) for row in rows):
            self._edit(lambda: self.desk.notice(rows), _("Counts again: %(rows)s."))
        else:
            self._edit(lambda: self.desk.ignore(rows), _("Put aside: %(rows)s."))

    def do_suggested(self) -> None:
        rows = self._chosen_rows()
        words = _("Mapped to the SKU that is alike: %(rows)s.")
        self._edit(lambda: self.desk.map_suggested(rows), words)

    def do_undo(self) -> None:
        self._again(self.desk.undo_edit, _("Undone: %(rows)s."))

    def do_redo(self) -> None:
        self._again(self.desk.redo_edit, _("Done again: %(rows)s."))

    def _again(self, act: Callable[[], int], words: str) -> None:
        done = self.attempt(act)
        if done is not None:
            self.say(words % {"rows": counted.rows(done.value)})
        self.refresh_data()

    # -- going on ----------------------------------------------------------------------------------

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        self.app.push_screen(ItemScreen(self._row_sides()[1]))

    def do_export(self) -> None:
        ask_for_export(self)

    def do_import(self) -> None:
        ask_for_import(self)


class VariantSource:
    """The variants of all rows that fit a search."""

    def __init__(self, view: MappingView, search: str) -> None:
        rows = view.at(view.find(Filter.ALL, search)[: 5 * SUGGESTED])
        self._rows = [row for row in rows if row.variant is not None][:SUGGESTED]

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return [self._row(row) for row in self._rows[start : start + count]]

    @staticmethod
    def _row(row: MappingRow) -> Row:
        variant = row.variant
        if variant is None:
            return Row("", ())
        words = (clean(variant.sku) or _("(blank)"), clean(variant.name), show(MATCHES[row.state]))
        return Row(variant.inventory_item_id, words)
