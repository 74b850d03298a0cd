"""What every screen with a list has: `/` filters it while one types, n and N go through the hits,
y copies, column widths are kept. The filter and the widths come back at the next start.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.widgets import Input

from core.workspace import folded
from tui.actions import bindings
from tui.i18n import _
from tui.keymap import keyed
from tui.screens.base import BaseScreen
from tui.widgets.fields import FilterField
from tui.widgets.table import VirtualTable

TEXTS_AT_ONCE = 40_000
"""Texts that a search looks at before the next key: a few milliseconds."""


def grow(places: Sequence[int]) -> bool:
    """A little more of a search that is still going on; whether there is more."""
    advance = getattr(places, "advance", None)
    return bool(advance is not None and advance(TEXTS_AT_ONCE))


def index_in(places: Sequence[int], place: int | None) -> int | None:
    """Which one of the places, in order, it is."""
    if place is None:
        return None
    index = bisect_left(places, place)
    return index if index < len(places) and places[index] == place else None


class Finding(BaseScreen):
    """`KEPT` is the name under which filter and widths are remembered ("": they are not)."""

    BINDINGS = bindings("find")
    KEPT: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self._search = ""
        self._sought = ""

    @property
    def search(self) -> str:
        return self._search

    def table(self) -> VirtualTable:
        return self.query_one(VirtualTable)

    def on_mount(self) -> None:
        if self.KEPT:
            self._search = str(self.own_app.state.get(self.KEPT, "search", ""))
            widths = self.own_app.state.get(self.KEPT, "widths", {})
            if isinstance(widths, dict):
                self.table().widths = {
                    int(k): int(v) for k, v in widths.items() if str(k).isdigit()
                }
            for field in self.query(FilterField):
                field.restore(self._search)

    @on(VirtualTable.Sized)
    def keep_widths(self) -> None:
        if self.KEPT:
            widths = {str(index): by for index, by in self.table().widths.items()}
            self.own_app.state.put(self.KEPT, "widths", widths)

    # -- the filter --------------------------------------------------------------------------------

    def do_search(self) -> None:
        self.query_one(FilterField).open()

    def why_not(self, action_id: str) -> str | None:
        if action_id == "main.cancel" and self._search:
            return None
        return super().why_not(action_id)

    def do_cancel(self) -> None:
        """Esc on the rows ends the search as it does in the field; work that runs goes first."""
        if self._search and not self.is_working:
            self.query_one(FilterField).action_leave()
            return
        super().do_cancel()

    @on(Input.Changed, "#filter")
    def searched(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if text == self._search:
            return
        if text:
            self._sought = text
        self._search = text
        if self.KEPT:
            self.own_app.state.put(self.KEPT, "search", text)
        self.refresh_data()

    @on(FilterField.Left)
    def to_rows(self) -> None:
        self.table().focus()

    # -- hits --------------------------------------------------------------------------------------

    def hits(self, text: str) -> Sequence[int]:
        """The rows of the table, as it is now, that contain a text."""
        table = self.table()
        wanted = folded(text)
        return [
            index
            for index in range(table.row_count)
            if (row := table.row(index)) is not None and wanted in folded(row.words)
        ]

    def do_next(self) -> None:
        self._to_hit(1)

    def do_previous(self) -> None:
        self._to_hit(-1)

    def _to_hit(self, by: int) -> None:
        table = self.table()
        if not self._sought:
            self.say(keyed(_("Search first: press %(key)s and type."), "find.search"), "warn")
            return
        hits = range(table.row_count) if self._search else self.hits(self._sought)
        if not hits:
            self.say(_("No row fits “%(search)s”.") % {"search": self._sought}, "warn")
            return
        if by > 0:
            place = bisect_right(hits, table.cursor)
            table.cursor = hits[place if place < len(hits) else 0]
        else:
            table.cursor = hits[bisect_left(hits, table.cursor) - 1]
