"""Rows of a table, and where they come from: a source is asked for a page at a time, and the pages
seen last are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Toned(NamedTuple):
    """A cell with a tone of the theme: good, warn, bad, dim."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """`key` names the row whatever the filter is; marks hold keys."""

    key: str
    cells: tuple[str | Toned, ...]

    @property
    def words(self) -> str:
        """All cells as one text, apart by tabs."""
        return "\t".join(cell.text if isinstance(cell, Toned) else cell for cell in self.cells)


class RowSource(Protocol):
    """One that knows where a row is without reading all has `index_of(key)`, too."""

    def __len__(self) -> int: ...
    def rows(self, start: int, count: int) -> Sequence[Row]: ...


class ListSource:
    """Rows that are in memory already."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return self._rows[start : start + count]

    def index_of(self, key: str) -> int | None:
        return next((index for index, row in enumerate(self._rows) if row.key == key), None)


class Pages:
    """The rows of one source. `count` is what the source had when it was last counted."""

    SIZE = 32
    KEPT = 64

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self.count = 0
        self.growing = False
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self.grow()

    def row(self, index: int) -> Row | None:
        page, offset = divmod(index, self.SIZE)
        rows = self._pages.get(page)
        if rows is None:
            rows = self.source.rows(page * self.SIZE, self.SIZE)
            self._pages[page] = rows
            if len(self._pages) > self.KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(page)
        return rows[offset] if offset < len(rows) else None

    def index_of(self, key: str, near: int) -> int | None:
        """Where a row is: the source knows it, else it is looked for about the place `near`."""
        find = getattr(self.source, "index_of", None)
        place = near if find is None else find(key)
        if place is None:
            return None
        around = range(max(0, place - self.SIZE), min(self.count, place + self.SIZE))
        return next((index for index in (place, *around) if self._is_at(key, index)), None)

    def _is_at(self, key: str, index: int) -> bool:
        row = self.row(index) if 0 <= index < self.count else None
        return row is not None and row.key == key

    def find_all(self) -> None:
        while self.growing:
            self.grow()

    def drop(self, keys: Collection[str]) -> list[int]:
        """Rows that have other cells now are read again when they are seen; which of the kept ones
        those are.
        """
        places = []
        for page, rows in list(self._pages.items()):
            found = [place for place, row in enumerate(rows) if row.key in keys]
            if found:
                del self._pages[page]
                places += [page * self.SIZE + place for place in found]
        return places

    def grow(self) -> None:
        """A little more of a source that is still searching. Pages that were not full are read
        again.
        """
        grow = getattr(self.source, "grow", None)
        self.growing = bool(grow is not None and grow())
        before, self.count = self.count, len(self.source)
        if self.count != before:
            for page in [page for page in self._pages if (page + 1) * self.SIZE > before]:
                del self._pages[page]
