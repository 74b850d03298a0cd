"""SKU mapping: the two fields that are compared, Update, Map, and the table of all rows side by
side, by filter. Edits by hand are beside it (mapping_edits.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from core.errors import DextreError
from core.model import LocalField, MatchState, ShopifyField
from core.sync.events import CatalogueChanged, Event, MappingsDeleted, SkusMapped
from core.workspace import Filter
from core.workspace.errors import MappingsWouldLeave
from tui import memory
from tui.actions import bindings
from tui.clean import signs
from tui.i18n import N_, _, sentences, tell
from tui.keymap import keyed
from tui.mapping_words import FILTERS
from tui.remedies import told
from tui.screens.base import SHOWN_EVERY, Work
from tui.screens.finding import Finding
from tui.screens.mapping_edits import EditingByHand, nothing_matched
from tui.screens.mapping_files import ask_for_export, ask_for_import
from tui.screens.mapping_rows import MappingSource, mapping_columns
from tui.session import OTHER_ITEMS
from tui.widgets.bars import Bar, Part
from tui.widgets.dialogs import ConfirmDialog, if_yes
from tui.widgets.fields import FilterField, Pick, Press
from tui.widgets.marking import MarkingTable
from tui.widgets.rows import ListSource, RowSource
from tui.words import LOCAL_FIELDS, SHOPIFY_FIELDS

if TYPE_CHECKING:
    from core.workspace import MappingView


class MappingScreen(Finding, EditingByHand):
    NAME = N_("SKU mapping")
    BINDINGS = bindings("mapping")
    AUTO_FOCUS = "MarkingTable"
    KEPT = "mapping"

    def __init__(self) -> None:
        super().__init__()
        self._reading: Work | None = None

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
        self._show_rows(view)
        self.refresh_bindings()

    def _show_rows(self, view: MappingView | None) -> None:
        source: RowSource = ListSource()
        if view is not None:
            siblings = self.desk.siblings()
            source = MappingSource(view, self._chosen, self._search, siblings)
        self.query_one(MarkingTable).show(
            source,
            mapping_columns(),
            empty=self._empty(view),
            question=(self._chosen, self._search),
        )

    @work(group="mapping")
    async def _read_again(self) -> None:
        """Once at a time: a thread that was begun reads on, whoever gives up on it."""
        if self._reading is not None:
            return
        reading = self._reading = Work()
        shown = self.set_interval(SHOWN_EVERY, self._show_reading)
        try:
            with memory.growing():
                await asyncio.to_thread(self.desk.load_mapping, reading.progress)
        except DextreError as error:
            self.say(told(error), "bad")
            return
        finally:
            shown.stop()
            self._reading = None
        if self.is_whole:
            self.refresh_data()

    def _show_reading(self) -> None:
        """How far it is, where there is nothing else to be seen."""
        if self.is_whole and self.desk.mapping_view_now() is None:
            self._show_rows(None)

    def _empty(self, view: MappingView | None) -> str:
        if view is None:
            return self._reading_words()
        if reason := self.session.why_not_paired():
            return reason
        if not view.size(Filter.ALL) and not view.size(Filter.IGNORED):
            return nothing_matched()
        return _("No row fits the filter.")

    def _reading_words(self) -> str:
        reading = self._reading
        if reading is None or not reading.done:
            return _("The mapping is being read. Other screens work meanwhile.")
        if reading.done == reading.total:
            return _("Items and products are being compared. Other screens work meanwhile.")
        words = _("Read so far: %(done)s of %(total)s. Other screens work meanwhile.")
        return words % {"done": f"{reading.done:,}", "total": f"{reading.total or 0:,}"}

    def _filters(self, view: MappingView | None) -> list[Filter]:
        """Those that have rows, and the chosen one."""
        return [
            one
            for one in Filter
            if one in (Filter.ALL, self._chosen) or (view is not None and view.size(one))
        ]

    @staticmethod
    def _tab(one: Filter, view: MappingView | None) -> str:
        """Where rows are ignored, the tab of all the others does not say that it has all."""
        if one is Filter.ALL and view is not None and view.size(Filter.IGNORED):
            return _("Not ignored")
        return _(FILTERS[one])

    def _show_tabs(self, view: MappingView | None) -> None:
        parts: list[Part] = []
        marks = len(self.query_one(MarkingTable).marks)
        for one in self._filters(view):
            words = f"{self._tab(one, view)} {view.size(one) if view else ''}".rstrip()
            if one is self._chosen and marks:
                words += " " + signs("▸ ") + _("marked %(n)d") % {"n": marks}
            parts.append((words, "here" if one is self._chosen else ""))
        self.query_one("#tabs", Bar).parts = tuple(parts)

    @on(MarkingTable.Moved)
    def tell_marks(self) -> None:
        """Marks act also where the filter hides them."""
        self._show_tabs(self.desk.mapping_view_now())

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
        if action_id in ("mapping.update", "mapping.import"):
            return self.session.why_only_looking()
        if action_id == "mapping.open":
            if self.query_one(MarkingTable).current is None:
                return _("There is no row under the cursor.")
            if self._row_sides()[1]:
                return None
            words = _("This row has no item in DEXTRE. Press %(key)s to map it by hand.")
            return keyed(words, "mapping.map")
        return super().why_not(action_id)

    @on(Button.Pressed, "#update")
    def do_update(self) -> None:
        if reason := self.why_not("mapping.update"):
            self.say(reason, "warn")
            return
        there = ShopifyField(self.query_one("#there", Pick).value)
        here = LocalField(self.query_one("#here", Pick).value)
        if self.attempt(lambda: self.desk.set_fields(there, here)):
            words = _("The fields are kept. Press %(key)s (Map) to match by them.")
            self.say(keyed(words, "mapping.run"))

    @on(Button.Pressed, "#run")
    async def run_pressed(self) -> None:
        await self.action_act("mapping.run")

    @work(exclusive=True, group="job")
    async def do_run(self) -> None:
        await self._run(agreed=False)

    def _ask_about_leaving(self, error: DextreError) -> None:
        """Whether mappings that do not fit any more leave the link."""
        if not isinstance(error, MappingsWouldLeave):
            self.tell_error(error)
            return
        flow = _("Their quantities flow no more then; the log names each.")
        words = sentences(tell(error)[0], flow)
        dialog = ConfirmDialog(_("Map anew?"), words, _("Map anew"), danger=True)
        self.app.push_screen(dialog, if_yes(self._run_agreed))

    @work(exclusive=True, group="job")
    async def _run_agreed(self) -> None:
        await self._run(agreed=True)

    async def _run(self, *, agreed: bool) -> None:
        resumes = self.desk.link().resume
        done = await self.job(
            _("Mapping SKUs"),
            lambda progress: self.desk.map(progress, agreed=agreed),
            tell=self._ask_about_leaving,
        )
        if done is None:
            return
        self.refresh_data()
        mapped = done.value.get(MatchState.MAPPED, 0)
        others = sum(done.value.values()) - mapped
        words = _("%(mapped)d mapped, %(others)d without a counterpart or unclear.") % {
            "mapped": mapped,
            "others": others,
        }
        if mapped and not self.desk.link().enabled:
            words = sentences(words, _("Next step: enable the inventory link."))
        elif resumes and self.desk.link().enabled:
            words = sentences(words, _("The inventory link is on."))
        self.say(words)

    # -- going on ----------------------------------------------------------------------------------

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        self.app.push_screen(ItemScreen(self._row_sides()[1]))

    def do_export(self) -> None:
        ask_for_export(self)

    def do_import(self) -> None:
        ask_for_import(self)
