"""Runs: mass changes that were applied, their rows, and their undoing (as a plan, shown first)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from textual import events, work
from textual.widget import Widget

from core.model import RowOutcome, Run, RunRow
from core.sync.events import Event, RunApplied
from core.workspace.errors import UnknownRun
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, headed, sentences
from tui.screens.base import BaseScreen, MainScreen, SubScreen
from tui.screens.plan import PlanScreen, run_words
from tui.variants import sku_words
from tui.when import day_and_time, short_day_and_time
from tui.widgets.columns import Column
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import DIM, OUTCOMES, PLANS, RUNS, WHYS, Mark, detail_text, number, show

if TYPE_CHECKING:
    from core.workspace import Siblings

SHOWN_ROWS = 10_000
LAST_RANK = 2
EQUAL = Mark("=", N_("Equal"), DIM)

ROOMY = 60
"""Columns of the terminal from which on a day is told with its year."""


class Undoing(BaseScreen):
    """What both screens of runs can do."""

    def why_not_undo(self, run: Run | None) -> str | None:
        if reason := self.session.why_not_connected():
            return reason
        if run is None:
            return _("There is no run to undo.")
        if run.undone_by:
            return _("This run was undone already.")
        return None

    @work(exclusive=True, group="job")
    async def plan_undo(self, run_id: str | None) -> None:
        done = await self.job(_("Planning the undo"), lambda _p: self.desk.undo_plan(run_id))
        if done is not None:
            self.app.push_screen(PlanScreen(done.value))


class RunsScreen(MainScreen, Undoing):
    NAME = N_("Runs")
    BINDINGS = bindings("runs")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[str, Run] = {}

    def body(self) -> Iterable[Widget]:
        yield VirtualTable(
            id="runs", empty=_("No mass change was applied yet: push, pull and enable come here.")
        )

    def refresh_data(self) -> None:
        self._runs = {run.id: run for run in self.desk.runs()}
        is_roomy = self.size.width >= ROOMY
        columns = [
            Column(_("When"), 16 if is_roomy else 11),
            Column(_("Run"), 24, grow=2),
            Column(_("Changed"), 8, right=True),
            Column(_("Equal"), 7, right=True, drop=3),
            Column(_("Changed since"), 8, right=True, drop=3),
            Column(_("Refused"), 7, right=True, drop=2),
            Column(_("Who"), 8, grow=1, drop=4),
            Column(_("Undone"), 10, drop=1),
        ]
        when = day_and_time if is_roomy else short_day_and_time
        rows = [self._row(run, when(run.at)) for run in self._runs.values()]
        self.query_one(VirtualTable).show(ListSource(rows), columns)
        self.refresh_bindings()

    def on_resize(self, _event: events.Resize) -> None:
        if self.is_whole:
            self.call_after_refresh(self.refresh_data)

    @staticmethod
    def _row(run: Run, when: str) -> Row:
        undone = Toned(signs("✓ ") + _("undone"), "dim") if run.undone_by else ""
        refused = Toned(str(run.rejected), "bad") if run.rejected else "0"
        cells = (
            when,
            _(RUNS[run.kind]),
            str(run.changed),
            str(run.equal),
            str(run.moved),
            refused,
            clean(run.who),
            undone,
        )
        return Row(run.id, cells)

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, RunApplied) for event in new):
            self.refresh_data()

    def _here(self) -> Run | None:
        row = self.query_one(VirtualTable).current
        return self._runs.get(row.key) if row else None

    def why_not(self, action_id: str) -> str | None:
        if action_id == "runs.undo":
            return self.why_not_undo(self._here())
        if action_id == "runs.undo-last":
            open_runs = (run for run in self._runs.values() if not run.undone_by)
            return self.why_not_undo(next(open_runs, None))
        return super().why_not(action_id)

    def do_undo(self) -> None:
        run = self._here()
        if run is not None:
            self.plan_undo(run.id)

    def do_undo_last(self) -> None:
        self.plan_undo(None)

    def do_open(self) -> None:
        run = self._here()
        if run is not None:
            self.app.push_screen(RunScreen(run))


class RunScreen(SubScreen, Undoing):
    """The rows of one run."""

    NAME = N_("Run")
    BINDINGS = bindings("run")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run_shown = run

    def title_text(self) -> str:
        return f"{_(PLANS[self.run_shown.kind])}  {day_and_time(self.run_shown.at)}"

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="about", classes="text")
        yield VirtualTable(id="rows", empty=_("This run has no rows."))

    def refresh_data(self) -> None:
        columns = [
            Column(_("SKU number"), 12, grow=2),
            Column(_("Location"), 12, grow=1, drop=1),
            Column(_("Here"), 13, right=True),
            Column("Shopify", 13, right=True),
            Column(_("Outcome"), 15),
            Column(_("Why"), 12, grow=2, drop=2),
        ]
        with suppress(UnknownRun):  # a backup without it was brought back by another process
            self.run_shown = self.desk.run_named(self.run_shown.id)
        rows, siblings = self.desk.run_rows(self.run_shown.id), self.desk.siblings()
        first = sorted(islice(rows, SHOWN_ROWS), key=_rank)
        shown = [self._row(one, siblings) for one in first]
        self.query_one(VirtualTable).show(ListSource(shown), columns)
        self.query_one("#about", Prose).update(self._about(more=next(rows, None) is not None))
        self.refresh_bindings()

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, RunApplied) for event in new):
            self.refresh_data()

    def _about(self, *, more: bool) -> str:
        words = run_words(self.run_shown)
        if self.run_shown.undone_by:
            words = sentences(words, _("This run was undone already."))
        if more:
            only = _("Only the first %(rows)s are shown.") % {"rows": counted.rows(SHOWN_ROWS)}
            words = sentences(words, only)
        return words

    def _row(self, one: RunRow, siblings: Siblings) -> Row:
        row = one.row
        mark = EQUAL if _rank(one) == LAST_RANK else OUTCOMES[one.outcome]
        why = _(WHYS[row.why])
        why = headed(why, detail_text(one.detail)) if one.detail else why
        cells = (
            sku_words(siblings, row.sku_number, row.key.inventory_item_id),
            self.session.place(row.location_id),
            _change(row.here, row.new_here),
            _change(row.there, row.new_there),
            Toned(show(mark), mark.tone),
            why,
        )
        return Row("|".join(row.key), cells)

    def why_not(self, action_id: str) -> str | None:
        if action_id == "run.undo":
            return self.why_not_undo(self.run_shown)
        return super().why_not(action_id)

    def do_undo(self) -> None:
        self.plan_undo(self.run_shown.id)


def _rank(one: RunRow) -> int:
    """What did not go as planned first, then what was changed, then what was equal already."""
    if one.outcome is not RowOutcome.APPLIED:
        return 0
    return 1 if one.row.changes else LAST_RANK


def _change(before: int | None, after: int | None) -> str:
    if before == after:
        return number(before)
    return f"{number(before)} {signs('→')} {number(after)}"
