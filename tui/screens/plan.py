"""A plan before it is applied: every row with here, there, base, what becomes of it and why;
totals; then one confirmation. All of it is applied, whatever is searched just then. Push, pull,
enabling and undo all pass here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events, on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button

from core.model import Plan, PlanRow, Run
from tui import counted
from tui.actions import bindings
from tui.clean import signs
from tui.i18n import N_, _, headed, ngettext, sentences
from tui.keymap import key_of
from tui.screens.base import SubScreen
from tui.screens.finding import Finding
from tui.screens.plan_rows import ALL, CHANGING, FILTERS, LEFT_OUT, PlanRows, PlanSource
from tui.variants import sku_words
from tui.widgets.columns import Column
from tui.widgets.dialogs import SHORT, ConfirmDialog, if_yes
from tui.widgets.fields import FilterField, Press
from tui.widgets.prose import Prose
from tui.widgets.rows import Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import PLANS, WHYS, detail_text, number

if TYPE_CHECKING:
    from core.workspace import Siblings

LOCATION = 1
"""The column of the locations."""


class PlanScreen(Finding, SubScreen):
    NAME = N_("Plan")
    BINDINGS = bindings("plan")
    AUTO_FOCUS = "VirtualTable"
    _siblings: Siblings

    def __init__(self, plan: Plan, *, enabling: bool = False) -> None:
        super().__init__()
        self.plan = plan
        self._enabling = enabling
        self._rows = PlanRows(plan, self._text)
        self._filter = CHANGING if self._rows.size(CHANGING) or enabling else ALL

    def title_text(self) -> str:
        words = _(PLANS[self.plan.kind])
        return headed(_("Enable inventory link"), words) if self._enabling else words

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="totals")
        with Horizontal(classes="buttons"):
            yield Press(self._apply_words(), id="apply")
            yield Press(_("Cancel"), id="cancel")
        yield FilterField(self._search, placeholder=_("SKU, location or reason"), id="filter")
        yield VirtualTable(id="rows")
        yield Prose("", id="place", classes="line dim")

    def _apply_words(self) -> str:
        return _("Enable inventory link") if self._enabling else _("Apply")

    # -- what it shows -----------------------------------------------------------------------------

    def refresh_data(self) -> None:
        self._siblings = self.desk.siblings()
        self._show_totals()
        place = max(10, cell_len(_("Location")))
        columns = [
            Column(_("SKU number"), 12, grow=1),
            Column(_("Location"), place, grow=1, drop=1),
            Column(_("Here"), 6, right=True),
            Column("Shopify", 7, right=True),
            Column(_("Base"), 5, right=True, drop=3),
            Column(_("Result"), 8, right=True),
            Column(_("Why"), 32 - place, grow=2, drop=2),
        ]
        places = self._rows.begin(self._filter, self._search)
        self.query_one(VirtualTable).show(
            PlanSource(self.plan, places, self._row),
            columns,
            empty=_("No row fits the filter."),
            question=(self._filter, self._search),
        )
        self.refresh_bindings()

    def _show_totals(self) -> None:
        short = self.size.height < SHORT
        totals = self._short_totals() if short else [*self._totals(), self._shown()]
        self.query_one("#totals", Prose).update("\n".join(totals))

    @on(VirtualTable.Moved)
    def show_place(self) -> None:
        """The location of the row under the cursor, where the table has no room for it."""
        table, line = self.query_one(VirtualTable), self.query_one("#place", Prose)
        line.display = not table.has_room_for(LOCATION)
        row = self.plan.rows[int(table.current.key)] if table.current else None
        line.update(self.session.place(row.location_id) if row else "")

    def on_resize(self, _event: events.Resize) -> None:
        if self.is_whole:
            self.call_after_refresh(self._show_totals)
            self.call_after_refresh(self.show_place)

    async def retext(self) -> None:
        self._rows.forget_texts()
        await super().retext()

    def hits(self, text: str) -> Sequence[int]:
        return self._rows.hits(self._filter, text)

    def _text(self, row: PlanRow) -> str:
        return f"{self._sku(row)} {self.desk.location_name(row.location_id)} {_(WHYS[row.why])}"

    def _sku(self, row: PlanRow) -> str:
        return sku_words(self._siblings, row.sku_number, row.key.inventory_item_id)

    def _row(self, index: int, row: PlanRow) -> Row:
        why = _(WHYS[row.why])
        why = headed(why, detail_text(row.detail)) if row.detail else why
        return Row(
            str(index),
            (
                self._sku(row),
                self.session.place(row.location_id),
                number(row.here),
                number(row.there),
                number(row.base),
                self._result(row),
                Toned(why, "warn" if row.left_out else "dim"),
            ),
        )

    def _result(self, row: PlanRow) -> str | Toned:
        """The number on both sides afterwards, and where it moves."""
        if row.left_out:
            return Toned(signs("– ") + _("out"), "warn")
        if not row.changes:
            return Toned(number(row.new_here), "dim")
        if row.new_here == row.new_there:
            arrow = {(True, False): "← ", (False, True): "→ "}.get(
                (row.changes_here, row.changes_there), "⇄ "
            )
            return Toned(signs(arrow) + number(row.new_here), "good")
        return Toned(f"{number(row.new_here)} {signs('≠')} {number(row.new_there)}", "warn")

    def _totals(self) -> list[str]:
        rows = self._rows
        lines = [
            _(
                "%(cells)s: change in Shopify %(there)d, in DEXTRE %(here)d; left out %(out)d, "
                "equal already %(same)d"
            )
            % {
                "cells": counted.cells(rows.size(ALL)),
                "there": rows.there,
                "here": rows.here,
                "out": rows.size(LEFT_OUT),
                "same": rows.size(ALL) - rows.size(CHANGING) - rows.size(LEFT_OUT),
            },
            _("Units: Shopify %(there)+d, DEXTRE %(here)+d")
            % {"there": rows.units_there, "here": rows.units_here},
        ]
        if become := self._become_zero():
            lines[1] += "   " + become
        if rows.left_open and self.session.status.link:
            lines.append(signs("! ") + self._opening(rows.left_open))
        if rows.undecided and self._enabling:
            words = ngettext(
                "%(n)d cell differs and will wait for you: it does not follow until you decide.",
                "%(n)d cells differ and will wait for you: they do not follow until you decide.",
                rows.undecided,
            )
            lines.append(signs("! ") + words % {"n": rows.undecided})
        return lines

    def _become_zero(self) -> str:
        zeros = self._rows.zeros
        become = ngettext("%(n)d number becomes 0", "%(n)d numbers become 0", zeros)
        return signs("! ") + become % {"n": zeros} if zeros else ""

    def _short_totals(self) -> list[str]:
        """What leaves room for rows on a small terminal; the question before applying tells all."""
        lines = [self._totals()[0], self._become_zero(), _("Nothing is written yet.")]
        return [line for line in lines if line]

    def _shown(self) -> str:
        shown = {
            CHANGING: _("changing rows"),
            LEFT_OUT: _("left out rows"),
            ALL: _("all rows"),
        }[self._filter]
        words = _("Shown: %(what)s (%(key)s shows others). Nothing is written yet.")
        return words % {"what": shown, "key": key_of("plan.filter")}

    @staticmethod
    def _opening(count: int) -> str:
        words = ngettext(
            "%(n)d cell differs afterwards and will wait for you, because the link is on.",
            "%(n)d cells differ afterwards and will wait for you, because the link is on.",
            count,
        )
        return sentences(
            words % {"n": count}, _("Turn the link off first to leave them as they are.")
        )

    # -- filters -----------------------------------------------------------------------------------

    def do_filter(self) -> None:
        self._filter = FILTERS[(FILTERS.index(self._filter) + 1) % len(FILTERS)]
        self.refresh_data()

    # -- applying ----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "plan.apply":
            if reason := self.session.why_only_looking():
                return reason
            if not self._rows.size(CHANGING) and not self._enabling:
                return _("Nothing would change.")
        return super().why_not(action_id)

    @on(Button.Pressed, "#cancel")
    def cancelled(self) -> None:
        self.do_back()

    @on(Button.Pressed, "#apply")
    async def apply_pressed(self) -> None:
        await self.action_act("plan.apply")

    def do_apply(self) -> None:
        body = "\n".join([*self._hidden(), *self._totals()])
        if self._enabling:
            body += "\n" + _("Then both sides follow each other in real time.")
        dialog = ConfirmDialog(self.title_text(), body, self._apply_words())
        self.app.push_screen(dialog, if_yes(self.apply_plan))

    def _hidden(self) -> list[str]:
        """That rows are applied which a search does not show."""
        rows = self._rows
        total = rows.size(CHANGING)
        hidden = total - len(rows.hits(CHANGING, self._search))
        words = ngettext(
            "%(n)d row is applied; the search hides %(hidden)d.",
            "All %(n)d rows are applied; the search hides %(hidden)d.",
            total,
        )
        return [signs("! ") + words % {"n": total, "hidden": hidden}] if hidden else []

    @work(exclusive=True, group="job")
    async def apply_plan(self) -> None:
        act = self.desk.enable if self._enabling else self.desk.apply
        done = await self.job(_("Applying the plan"), lambda progress: act(self.plan, progress))
        if done is None:
            return
        self.own_app.say(run_words(done.value, enabled=self._enabling))
        if self._enabling:
            self.own_app.go("home")
            return
        self.app.pop_screen()


def run_words(run: Run, *, enabled: bool = False) -> str:
    """What became of a plan, in a line."""
    words = ngettext("%(n)d cell changed", "%(n)d cells changed", run.changed) % {"n": run.changed}
    others = [
        (run.equal, _("equal already: %(n)d")),
        (run.moved, _("changed since: %(n)d")),
        (run.rejected, _("refused: %(n)d")),
        (run.waiting, _("outcome open: %(n)d")),
    ]
    told = [words, *(text % {"n": count} for count, text in others if count)]
    words = _("Applied: %(what)s.") % {"what": _("; ").join(told)}
    if enabled:
        words = sentences(_("The inventory link is on."), words)
    return words
