"""SKU mapping: the two fields that are compared, Update, Map, and the table of results by state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from core.model import LocalField, MappedBy, MappingRow, MatchState, ShopifyField
from core.sync.events import Event, MappingsDeleted, SkusMapped
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _
from tui.screens.base import MainScreen
from tui.widgets.bars import Bar, Part
from tui.widgets.columns import Column
from tui.widgets.fields import FilterField, Pick, Press
from tui.widgets.picker import PickerDialog
from tui.widgets.table import ListSource, MarkingTable, Row, Toned
from tui.words import LOCAL_FIELDS, MAPPED_BY, MATCHES, SHOPIFY_FIELDS, show

if TYPE_CHECKING:
    from core.workspace import Desk

SUGGESTED = 200


def row_key(row: MappingRow) -> str:
    """Names a row whatever the filter: both sides' own keys."""
    there = row.variant.inventory_item_id if row.variant else ""
    return f"{there}\t{row.item.sku_number if row.item else ''}"


class MappingSource:
    def __init__(self, desk: Desk, state: MatchState | None, search: str) -> None:
        self._desk, self._search = desk, search
        self._states = None if state is None else (state,)
        self._count = desk.count_mapping_rows(self._states, search)

    def __len__(self) -> int:
        return self._count

    def rows(self, start: int, count: int) -> Sequence[Row]:
        found = self._desk.mapping_rows(self._states, self._search, start, count)
        return [self._row(row) for row in found]

    @staticmethod
    def _row(row: MappingRow) -> Row:
        item, variant = row.item, row.variant
        mark = MATCHES[row.state]
        state = show(mark)
        if row.by is MappedBy.HAND:
            state += f" ({_(MAPPED_BY[row.by])})"
        elif row.near:
            state += f": {clean(row.near)}"
        here = clean(item.sku_number) if item else signs("–")
        there = (clean(variant.sku) or _("(blank)")) if variant else signs("–")
        return Row(
            row_key(row),
            (
                here,
                clean(item.name) if item else "",
                there,
                clean(variant.name) if variant else "",
                Toned(state, mark.tone),
            ),
        )


class MappingScreen(MainScreen):
    NAME = N_("SKU mapping")
    BINDINGS = bindings("mapping")
    AUTO_FOCUS = "MarkingTable"

    def __init__(self) -> None:
        super().__init__()
        self._state: MatchState | None = None
        self._search = ""

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

    # -- what it shows -----------------------------------------------------------------------------

    def refresh_data(self) -> None:
        counts = self.session.counts()
        self._show_tabs(counts)
        columns = [
            Column(_("SKU number"), 12, grow=2),
            Column(_("Name"), 12, grow=2, drop=1),
            Column(_("Shopify SKU"), 12, grow=2),
            Column(_("Shopify product"), 12, grow=2, drop=2),
            Column(_("State"), 18, grow=3),
        ]
        source = MappingSource(self.desk, self._state, self._search)
        self.query_one(MarkingTable).show(source, columns, empty=self._empty(counts))
        self.refresh_bindings()

    def _empty(self, counts: dict[MatchState, int]) -> str:
        if reason := self.session.why_not_paired():
            return reason
        if not sum(counts.values()):
            return _("Nothing is matched yet. Press M (Map) to read the shop's catalogue.")
        return _("No row fits the filter.")

    def _states(self, counts: dict[MatchState, int]) -> list[MatchState | None]:
        return [None, *(state for state in MatchState if counts.get(state))]

    def _show_tabs(self, counts: dict[MatchState, int]) -> None:
        parts: list[Part] = []
        states = self._states(counts)
        if self._state not in states:
            self._state = None
        start = 0 if states.index(self._state) < 4 else states.index(self._state) - 2
        for state in states[start:]:
            if state is None:
                words = _("All %(n)d") % {"n": sum(counts.values())}
            else:
                words = f"{show(MATCHES[state])} {counts.get(state, 0)}"
            parts.append((words, "here" if state is self._state else ""))
        self.query_one("#tabs", Bar).parts = tuple(parts)

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, (SkusMapped, MappingsDeleted)) for event in new):
            self.refresh_data()

    # -- filters -----------------------------------------------------------------------------------

    def do_next(self) -> None:
        self._step(1)

    def do_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        states = self._states(self.session.counts())
        self._state = states[(states.index(self._state) + by) % len(states)]
        self.refresh_data()

    def do_search(self) -> None:
        self.query_one(FilterField).open()

    @on(Input.Changed, "#filter")
    def searched(self, event: Input.Changed) -> None:
        if event.value.strip() != self._search:
            self._search = event.value.strip()
            self.refresh_data()

    @on(FilterField.Left)
    def to_rows(self) -> None:
        self.query_one(MarkingTable).focus()

    # -- Update and Map ----------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "mapping.run":
            return self.session.why_not_paired()
        if action_id in ("mapping.map", "mapping.unmap", "mapping.update"):
            return self.session.why_only_looking() or self._why_not_row(action_id)
        if action_id == "mapping.open":
            if self._row_sides()[1]:
                return None
            return _("This row has no item in DEXTRE. Press m to map it by hand.")
        return super().why_not(action_id)

    def _why_not_row(self, action_id: str) -> str | None:
        if action_id == "mapping.update":
            return None
        table = self.query_one(MarkingTable)
        if table.current is None:
            return _("There is no row under the cursor.")
        there, _here = self._row_sides()
        if action_id == "mapping.unmap" and not there and not table.marks:
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

    def do_map(self) -> None:
        there, here = self._row_sides()
        if there:
            self._pick_item(there, here)
        else:
            self._pick_variant(here)

    def _pick_item(self, there: str, here: str) -> None:
        def find(typed: str) -> ListSource:
            items = self.desk.items(typed.strip(), 0, SUGGESTED)
            return ListSource(
                [
                    Row(
                        one.sku_number, (clean(one.sku_number), clean(one.name), clean(one.barcode))
                    )
                    for one in items
                ]
            )

        dialog = PickerDialog(
            _("Which item in DEXTRE is it?"),
            [
                Column(_("SKU number"), 16, grow=1),
                Column(_("Name"), 20, grow=2),
                Column(_("Barcode"), 14, drop=1),
            ],
            find,
            hint=self._about_row(),
            search=self._guess(there, here),
        )
        self.app.push_screen(dialog, lambda sku: self._map(there, sku) if sku else None)

    def _guess(self, there: str, here: str) -> str:
        """What to search for at first: the other side's SKU, where something fits it."""
        row = self.query_one(MarkingTable).current
        if row is None or here:
            return ""
        sku = row.cells[2] if there else ""
        return sku if isinstance(sku, str) and self.desk.items(sku, 0, 1) else ""

    def _pick_variant(self, here: str) -> None:
        def find(typed: str) -> ListSource:
            found = self.desk.mapping_rows(None, typed.strip(), 0, SUGGESTED)
            rows = []
            for one in found:
                if one.variant is not None:
                    cells = (
                        clean(one.variant.sku) or _("(blank)"),
                        clean(one.variant.name),
                        show(MATCHES[one.state]),
                    )
                    rows.append(Row(one.variant.inventory_item_id, cells))
            return ListSource(rows)

        dialog = PickerDialog(
            _("Which product in Shopify is it?"),
            [
                Column(_("Shopify SKU"), 16, grow=1),
                Column(_("Shopify product"), 20, grow=2),
                Column(_("State"), 18, drop=1),
            ],
            find,
            hint=self._about_row(),
        )
        self.app.push_screen(dialog, lambda there: self._map(there, here) if there else None)

    def _about_row(self) -> str:
        row = self.query_one(MarkingTable).current
        cells = (
            [] if row is None else [c.text if isinstance(c, Toned) else c for c in row.cells[:4]]
        )
        return _("For: %(row)s") % {"row": "  ".join(cell for cell in cells if cell)}

    def _map(self, there: str, sku: str) -> None:
        if self.attempt(lambda: self.desk.map_one(there, sku)):
            self.say(_("Mapped by hand: %(sku)s") % {"sku": clean(sku)})
            self.refresh_data()

    def do_unmap(self) -> None:
        table = self.query_one(MarkingTable)
        ids = [key.partition("\t")[0] for key in table.chosen()]
        ids = [there for there in ids if there]

        def unmap() -> None:
            for there in ids:
                self.desk.unmap_one(there)

        if self.attempt(unmap):
            table.marks.clear()
            self.say(_("%(n)d mappings were taken away.") % {"n": len(ids)})
            self.refresh_data()

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        self.app.push_screen(ItemScreen(self._row_sides()[1]))
