"""The rows of a plan by filter and search, however many: only those that are seen are put into
words, a search is taken in steps, and what all of them sum up to is counted once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import overload

from core.model import Plan, PlanRow, Why
from core.workspace import Hits, Places, folded
from tui.screens.finding import index_in
from tui.widgets.rows import Row

CHANGING, LEFT_OUT, ALL = "changing", "left_out", "all"
FILTERS = (CHANGING, LEFT_OUT, ALL)

TEXTS_AT_ONCE = 8_000
"""Texts that are made and looked at before the next key: a few milliseconds."""


class PlanRows:
    """`text` is what a search looks at in a row. The sums are those of the whole plan."""

    def __init__(self, plan: Plan, text: Callable[[PlanRow], str]) -> None:
        self._rows = plan.rows
        self._text = text
        self._found: dict[str, tuple[str, Hits]] = {}
        self.here = self.there = 0
        """Rows that change a number on that side."""
        self.units_here = self.units_there = 0
        self.zeros = 0
        self.undecided = 0
        """Rows that are left out because the two sides differ."""
        self.left_open = plan.left_open
        changing, left_out = array("L"), array("L")
        for place, row in enumerate(plan.rows):
            here, there = row.changes_here, row.changes_there
            if row.left_out:
                left_out.append(place)
                self.undecided += row.why is Why.DIFFERS
            elif here or there:
                changing.append(place)
                self._count(row, here=here, there=there)
        self._places = {
            CHANGING: changing,
            LEFT_OUT: left_out,
            ALL: array("L", range(len(plan.rows))),
        }
        self._texts = Texts(self._rows, text)

    def _count(self, row: PlanRow, *, here: bool, there: bool) -> None:
        if here:
            self.here += 1
            self.units_here += (row.new_here or 0) - (row.here or 0)
        if there:
            self.there += 1
            self.units_there += (row.new_there or 0) - (row.there or 0)
        if (row.new_there == 0 and row.there) or (row.new_here == 0 and row.here):
            self.zeros += 1

    def size(self, chosen: str) -> int:
        return len(self._places[chosen])

    def begin(self, chosen: str, search: str) -> Places:
        """The places of the rows that fit, as far as they are found: `Hits` find more."""
        wanted = folded(search)
        among: Places = self._places[chosen]
        if not wanted:
            return among
        before, hits = self._found.get(chosen, ("", None))
        if hits is None or wanted != before:
            if hits is not None and hits.complete and before in wanted:
                among = hits  # what is typed on narrows what was found
            hits = Hits(self._texts, (among,), (wanted,))
            self._found[chosen] = (wanted, hits)
        return hits

    def hits(self, chosen: str, search: str) -> list[int]:
        """Which ones of the rows of a filter fit a search."""
        among, found = self._places[chosen], self.begin(chosen, search)
        if isinstance(found, Hits):
            found.finish()
        return [bisect_left(among, place) for place in found]

    def forget_texts(self) -> None:
        """The reader's language is another one."""
        self._found.clear()
        self._texts = Texts(self._rows, self._text)


class Texts(Sequence[str]):
    """What a search looks at, made when it does."""

    def __init__(self, rows: Sequence[PlanRow], text: Callable[[PlanRow], str]) -> None:
        self._rows, self._text = rows, text
        self._made: list[str | None] = [None] * len(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        text = self._made[index]
        if text is None:
            text = self._made[index] = folded(self._text(self._rows[index]))
        return text


class PlanSource:
    """A row's key is its place in the plan."""

    def __init__(self, plan: Plan, places: Places, shown: Callable[[int, PlanRow], Row]) -> None:
        self._rows, self._places, self._shown = plan.rows, places, shown

    def __len__(self) -> int:
        return len(self._places)

    def grow(self) -> bool:
        places = self._places
        return isinstance(places, Hits) and places.advance(TEXTS_AT_ONCE)

    def index_of(self, key: str) -> int | None:
        return index_in(self._places, int(key))

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return [
            self._shown(place, self._rows[place]) for place in self._places[start : start + count]
        ]
