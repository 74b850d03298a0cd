"""Needs you: everything that waits for a person, what happened, both numbers, and what can be done
about it at once. Rows leave by themselves when their cause is gone.

What a choice does is resolving.py's business; the words that explain a problem are guides.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual import events, on, work
from textual.widget import Widget
from textual.widgets import Static

from core.model import Choice, Problem, Waiting
from core.sync.events import (
    ChoiceTaken,
    Cleared,
    Event,
    LocationActiveAgain,
    LocationDeactivated,
    MappingInDoubt,
    MappingInOrder,
    NeedsYou,
    SyncStopped,
)
from core.workspace import folded
from tui import counted
from tui.actions import BY_ID, bindings
from tui.clean import signs
from tui.i18n import N_, _
from tui.keymap import key_of
from tui.screens.base import MainScreen
from tui.screens.finding import Finding
from tui.screens.resolving import CHOICE_ACTIONS, Resolving, detail_words
from tui.variants import sku_words
from tui.widgets.columns import Column, fold
from tui.widgets.fields import FilterField
from tui.widgets.marking import MarkingTable
from tui.widgets.prose import Prose
from tui.widgets.rows import Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import CHOICES, PROBLEMS, number, remedy_of

if TYPE_CHECKING:
    from core.workspace import Siblings, WaitingList

ROOMY = 18
"""Rows of the terminal from which on the words about a row are shown, too, and not only its keys.
"""

NARROW = 60

LOCATION = 1
"""The column of the locations; where there is no room for it, the one under the cursor is told."""

LOOKED_THROUGH = 500
"""Rows of a list that is made anew at once: what a list looks through in one step."""

SEEN = 4_096
"""Rows that are kept as they were shown: more than the table keeps."""

BETWEEN = 0.001
"""Seconds for keys between two steps of a long list."""

CHANGES = (
    ChoiceTaken,
    Cleared,
    LocationActiveAgain,
    LocationDeactivated,
    MappingInDoubt,
    MappingInOrder,
    NeedsYou,
    SyncStopped,
)


class WaitingSource:
    """Only the rows that are seen are read and put into words."""

    def __init__(self, waiting: WaitingList, shown: Callable[[Waiting], Row]) -> None:
        self._waiting, self._shown = waiting, shown

    def __len__(self) -> int:
        return len(self._waiting)

    def grow(self) -> bool:
        return not self._waiting.is_whole and self._waiting.grow()

    def index_of(self, key: str) -> int | None:
        return self._waiting.index_of(key)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return [self._shown(row) for row in self._waiting.at(start, count)]


class NeedsYouScreen(Finding, Resolving, MainScreen):
    NAME = N_("Needs you")
    BINDINGS = bindings("needs")
    AUTO_FOCUS = "MarkingTable"
    KEPT = "needs"
    _siblings: Siblings

    def __init__(self) -> None:
        super().__init__()
        self._list: WaitingList | None = None
        self._stale = self._renewing = self._settled = False
        self._shown_for: tuple[str, bool] | None = None
        self._seen: dict[str, Waiting] = {}
        self._chosen: tuple[frozenset[str], Sequence[Waiting]] = (frozenset(), ())
        self._ignored = False

    def body(self) -> Iterable[Widget]:
        yield Static("", id="about", classes="heading", markup=False)
        yield FilterField(self._search, placeholder=_("SKU, location or problem"), id="filter")
        yield MarkingTable(id="rows")
        yield Prose(id="remedy", classes="text dim")
        yield Static("", id="choices", classes="text", markup=False)

    # -- what it shows -----------------------------------------------------------------------------

    def come_back(self) -> None:
        """Where nothing is left out any more, what waits is shown."""
        if self._ignored and not self.session.status.ignored:
            self._ignored = False
        super().come_back()

    def key_words(self, action_id: str) -> str:
        if action_id == "needs.filter" and self._ignored:
            return _("What waits")
        return super().key_words(action_id)

    def refresh_data(self) -> None:
        """A long list that is only made anew is looked through beside what is seen, so that the
        cursor keeps its row.
        """
        self._siblings = self.desk.siblings()
        question = (self._search, self._ignored)
        if question == self._shown_for and self.query_one(MarkingTable).row_count > LOOKED_THROUGH:
            self._stale = True
            self._show_about()
            self._renew()
            return
        self._stale = False
        self._show(self.desk.waiting_list(self._fits, ignored=self._ignored))

    @work(group="list")
    async def _renew(self) -> None:
        """Again where something has changed meanwhile."""
        if self._renewing:
            return
        self._renewing = True
        try:
            while self._stale and self.is_attached:
                self._stale = False
                question = (self._search, self._ignored)
                found = self.desk.waiting_list(self._fits, ignored=self._ignored)
                while found.grow():  # noqa: ASYNC110 - it works between two sleeps
                    await asyncio.sleep(BETWEEN)
                if question == (self._search, self._ignored) and self.is_attached:
                    self._show(found)
        finally:
            self._renewing = False

    def _show(self, found: WaitingList) -> None:
        self._list = found
        self._shown_for = (self._search, self._ignored)
        self._seen.clear()
        self._chosen = (frozenset(), ())
        table = self.query_one(MarkingTable)
        columns = [
            Column(_("SKU number"), 11, grow=1),
            Column(_("Location"), 10, grow=1, drop=1),
            Column(_("Here"), 6, right=True),
            Column("Shopify", 7, right=True),
            Column(_("Problem"), 30, grow=2),
        ]
        source = WaitingSource(found, self._row)
        table.show(source, columns, empty=self._empty(), question=self._shown_for)
        if self._settled and not self._stale:  # it left by the reader's own word
            self._settled = False
            table.forget_lost()
        if found.is_whole:
            table.marks = {key for key in table.marks if key in found}
        self.show_remedy()

    def _fits(self, row: Waiting) -> bool:
        """Every word that was typed is in what the row shows."""
        words = folded(self._search).split()
        if not words:
            return True
        shown = (self._sku(row), self._place(row), _(PROBLEMS[row.problem]), detail_words(row))
        text = folded(" ".join(shown))
        return all(word in text for word in words)

    def _row(self, row: Waiting) -> Row:
        self._seen[row.key] = row
        if len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        tone = "dim" if row.problem is Problem.IGNORED else "bad"
        sign = signs("– " if row.problem is Problem.IGNORED else "! ")
        cells = (
            self._sku(row),
            self._place(row),
            number(row.here) if row.cell else "",
            number(row.there) if row.cell else "",
            Toned(sign + _(PROBLEMS[row.problem]), tone),
        )
        return Row(row.key, cells)

    def _sku(self, row: Waiting) -> str:
        if not row.sku_number:
            return _("(all)")
        return sku_words(self._siblings, row.sku_number, row.inventory_item_id)

    def _place(self, row: Waiting) -> str:
        return self.session.place(row.location_id) if row.location_id else ""

    def _empty(self) -> str:
        if self._search:
            return _("No row fits the filter.")
        if self._ignored:
            return _("You leave nothing out.")
        return signs("✓ ") + _("Nothing waits for you.")

    def _show_about(self) -> None:
        status = self.session.status
        left = {"n": status.ignored, "key": key_of("needs.filter")}
        if self._ignored:
            words = _("Left out by you: %(n)d   (%(key)s: what waits)") % left
        else:
            words = _("Waiting: %(n)d") % {"n": status.needs_you}
            if status.ignored:
                words += "   " + _("Left out by you: %(n)d (%(key)s)") % left
        here = self.here()
        if here is not None and not self.query_one(MarkingTable).has_room_for(LOCATION):
            words += "   " + self._place(here)
        self.query_one("#about", Static).update(words)

    # -- the row under the cursor ------------------------------------------------------------------

    def here(self) -> Waiting | None:
        """As it is seen: a choice is about the numbers that were shown."""
        row = self.query_one(MarkingTable).current
        if row is None or self._list is None:
            return None
        return self._seen.get(row.key) or next(iter(self._list.named([row.key])), None)

    def chosen(self) -> Sequence[Waiting]:
        """The marked rows in the order of the list, else the one under the cursor."""
        marks = self.query_one(MarkingTable).marks
        if not marks or self._list is None:
            here = self.here()
            return [here] if here else []
        if self._chosen[0] != marks:  # every key of the screen asks
            found = [self._seen.get(row.key, row) for row in self._list.among(marks)]
            self._chosen = (frozenset(marks), found)
        return self._chosen[1]

    @on(VirtualTable.Moved)
    def show_remedy(self) -> None:
        self._show_about()
        chosen = self.chosen()
        remedy = self.query_one("#remedy", Prose)
        remedy.update("\n".join(self._remedy(chosen)))
        remedy.display = bool(chosen) and (len(chosen) > 1 or self.size.height >= ROOMY)
        self.query_one("#choices", Static).update(self._choice_line(chosen))
        self.refresh_bindings()

    def on_resize(self, _event: events.Resize) -> None:
        """Words and keys are laid out for the width, and shown where the height allows."""
        if self.is_whole:
            self.call_after_refresh(self.show_remedy)

    def _remedy(self, chosen: Sequence[Waiting]) -> list[str]:
        if len(chosen) > 1:
            return [signs("▸ ") + _("Marked: %(rows)s") % {"rows": counted.rows(len(chosen))}]
        width = self.size.width - 3
        return [
            line
            for row in chosen
            for words in (detail_words(row), signs("→ ") + remedy_of(row))
            for line in fold(words, width)
        ]

    def _choice_line(self, chosen: Sequence[Waiting]) -> Text:
        """The keys that act on these rows, no choice broken over two lines."""
        possible = {choice for row in chosen for choice in row.choices}
        text, room, used = Text(end=""), self.size.width - 3, 0
        for choice, action_id in CHOICE_ACTIONS.items():
            if choice not in possible:
                continue
            key = key_of(action_id)
            words = self._choice_words(choice, action_id)
            width = cell_len(f"{key} {words}")
            if used and used + 2 + width > room:
                text.append("\n")
                used = 0
            elif used:
                text.append("  ")
                used += 2
            text.append(key, "bold").append(f" {words}")
            used += width
        return text

    def _choice_words(self, choice: Choice, action_id: str) -> str:
        """The short ones where there is little room."""
        short = self.size.width < NARROW and choice is not Choice.NOTICE
        return _(BY_ID[action_id].description if short else CHOICES[choice])

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, CHANGES) for event in new):
            self.refresh_data()

    # -- actions -----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "needs.open":
            here = self.here()
            if here is None:
                return _("There is no row under the cursor.")
            return None if here.sku_number else _("This is about no single item.")
        return super().why_not(action_id)

    def do_refresh(self) -> None:
        self.session.attempt_status()
        self.refresh_data()

    def do_filter(self) -> None:
        self._ignored = not self._ignored
        self.query_one(MarkingTable).marks.clear()
        self.refresh_data()

    def do_open(self) -> None:
        from tui.screens.item import ItemScreen

        here = self.here()
        if here is not None:
            self.app.push_screen(ItemScreen(here.sku_number))

    def resolved(self, left: Iterable[Waiting]) -> None:
        """What was chosen is done; the rows that refused it stay marked."""
        table = self.query_one(MarkingTable)
        table.marks = {row.key for row in left} if len(table.marks) > 1 else set()
        self.session.attempt_status()
        self._settled = True
        self.refresh_data()
