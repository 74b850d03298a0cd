"""Needs you: the cells that wait for a person, why, and what to do. They leave by themselves when
the cause is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from core.model import Cell, CellState
from core.sync.events import Cleared, Event, NeedsYou
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _
from tui.screens.base import MainScreen
from tui.screens.finding import Finding
from tui.widgets.columns import Column
from tui.widgets.fields import FilterField
from tui.widgets.table import ListSource, Row, Toned, VirtualTable
from tui.words import PROBLEM_REMEDIES, PROBLEMS, number

SHOWN_ROWS = 5_000
"""More than anybody goes through; the figure in the status line counts all."""


class NeedsYouScreen(Finding, MainScreen):
    NAME = N_("Needs you")
    BINDINGS = bindings("needs")
    AUTO_FOCUS = "VirtualTable"
    KEPT = "needs"

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[Cell] = []

    def body(self) -> Iterable[Widget]:
        yield FilterField(self._search, placeholder=_("SKU, location or problem"), id="filter")
        yield VirtualTable(id="cells")
        yield Static("", id="remedy", classes="text dim", markup=False)

    def refresh_data(self) -> None:
        found = self.desk.cells((CellState.NEEDS_YOU,), 0, SHOWN_ROWS)
        self._cells = [cell for cell in found if self._fits(cell)]
        columns = [
            Column(_("SKU number"), 12, grow=1),
            Column(_("Location"), 12, grow=1, drop=1),
            Column(_("Here"), 6, right=True),
            Column("Shopify", 7, right=True),
            Column(_("Problem"), 34, grow=2),
        ]
        rows = [self._row(index, cell) for index, cell in enumerate(self._cells)]
        empty = (
            _("No row fits the filter.")
            if self._search
            else signs("✓ ") + _("Nothing waits for you.")
        )
        self.query_one(VirtualTable).show(ListSource(rows), columns, empty=empty)

    def _fits(self, cell: Cell) -> bool:
        text = (
            f"{cell.sku_number} {self.desk.location_name(cell.location_id)} {self._problem(cell)}"
        )
        return self._search.casefold() in text.casefold()

    @staticmethod
    def _problem(cell: Cell) -> str:
        return _(PROBLEMS[cell.problem]) if cell.problem else ""

    def _row(self, index: int, cell: Cell) -> Row:
        cells = (
            clean(cell.sku_number),
            clean(self.desk.location_name(cell.location_id)),
            number(cell.here),
            number(cell.there),
            Toned(signs("! ") + self._problem(cell), "bad"),
        )
        return Row(str(index), cells)

    def _here(self) -> Cell | None:
        row = self.query_one(VirtualTable).current
        return self._cells[int(row.key)] if row and int(row.key) < len(self._cells) else None

    @on(VirtualTable.Moved)
    def show_remedy(self) -> None:
        cell = self._here()
        words = ""
        if cell is not None and cell.problem is not None:
            words = signs("→ ") + _(PROBLEM_REMEDIES[cell.problem])
            if cell.detail:
                words += f"\n  {clean(_(cell.detail))}"
        self.query_one("#remedy", Static).update(words)

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, (NeedsYou, Cleared)) for event in new):
            self.refresh_data()

    def do_refresh(self) -> None:
        self.refresh_data()

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        cell = self._here()
        if cell is not None:
            self.app.push_screen(ItemScreen(cell.sku_number))
