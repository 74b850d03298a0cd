"""A window on many mapping rows: filter, search, page, and edits in place. It holds the rows it was
given and one folded text for each; it decides nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

from core.errors import OurBug
from core.matching.fold import folded
from core.matching.hits import Hits, Places, Searches
from core.matching.sections import (
    IGNORED,
    SECTIONS,
    Filter,
    section_of,
    sections_of_filter,
    sections_of_state,
)
from core.model import MappingRow, MatchState


class MappingView:
    """Rows of a matching, searchable. `place` orders the rows (section first); it is needed for
    edits only. `named` makes the row of two ends as it is now, which is then found without looking
    at the others. For one thread at a time.

    A search is split at spaces; every part must occur in the row's SKU number, Shopify SKU, names
    or barcodes. Case and width do not count, so two letters of Japanese find their row.
    """

    def __init__(
        self,
        rows: Sequence[MappingRow],
        place: Callable[[MappingRow], str] | None = None,
        named: Callable[[str, str], MappingRow | None] | None = None,
    ) -> None:
        self._rows = sorted(rows, key=section_of)
        self._place = place
        self._named = named
        self._texts: list[str] = [_text(row) for row in self._rows]
        self._sizes = [0] * SECTIONS
        for row in self._rows:
            self._sizes[section_of(row)] += 1
        self._states: dict[MatchState, int] = dict.fromkeys(MatchState, 0)
        self._count_states(self._rows, 1)
        # Paging and counting with an unchanged filter do not search again.
        self._searches = Searches()

    # -- how many ----------------------------------------------------------------------------------

    @property
    def counts(self) -> Mapping[MatchState, int]:
        """Rows by state, those that are ignored aside."""
        return self._states

    def size(self, chosen: Filter) -> int:
        """How many rows a filter has."""
        return sum(self._sizes[section] for section in sections_of_filter(chosen))

    # -- finding -----------------------------------------------------------------------------------

    def find(self, chosen: Filter = Filter.ALL, search: str = "") -> Places:
        """The places of the rows that fit, in order; good until the next edit."""
        return _all_of(self.begin(chosen, search))

    def begin(self, chosen: Filter = Filter.ALL, search: str = "") -> Places:
        """The same, as far as they are found: for `Hits`, `advance` finds more."""
        return self._found((self._range(sections_of_filter(chosen)),), search)

    def at(self, places: Places) -> list[MappingRow]:
        rows = self._rows
        return [rows[place] for place in places]

    def place_of(self, inventory_item_id: str, sku_number: str) -> int | None:
        """Where the row of these two ends is ("": it has none there); None where there is none."""
        ends = (inventory_item_id, sku_number)
        if self._named is None:
            found = (place for place, row in enumerate(self._rows) if _ends(row) == ends)
            return next(found, None)
        row = self._named(*ends)
        place = None if row is None else bisect_left(self._rows, self._key(row), key=self._key)
        if place is None or place == len(self._rows) or _ends(self._rows[place]) != ends:
            return None
        return place

    def rows(
        self,
        states: Collection[MatchState] | None = None,
        search: str = "",
        offset: int = 0,
        limit: int | None = None,
    ) -> Sequence[MappingRow]:
        """The rows that fit, in order, from `offset` on. `states` None: all; empty: none."""
        start = max(offset, 0)
        stop = None if limit is None else start + max(limit, 0)
        return self.at(_all_of(self._found(self._ranges(states), search))[start:stop])

    def count(self, states: Collection[MatchState] | None = None, search: str = "") -> int:
        """How many rows fit."""
        return len(_all_of(self._found(self._ranges(states), search)))

    def _range(self, sections: range) -> range:
        ends = [0, *accumulate(self._sizes)]
        return range(ends[sections.start], ends[sections.stop])

    def _ranges(self, states: Collection[MatchState] | None) -> tuple[range, ...]:
        if states is None:
            return (range(len(self._rows)),)
        found = sorted((self._range(sections_of_state(s)) for s in set(states)), key=_start)
        return tuple(places for places in found if places)

    def _found(self, ranges: tuple[range, ...], search: str) -> Places:
        parts = tuple(folded(search).split())
        if not parts:
            if len(ranges) == 1:
                return ranges[0]
            return array("L", chain.from_iterable(ranges))
        return self._searches.hits(self._texts, ranges, parts)

    # -- edits -------------------------------------------------------------------------------------

    def replace(self, gone: Sequence[MappingRow], added: Sequence[MappingRow]) -> None:
        """Take rows out and put others in, each where it belongs."""
        self._searches.forget()
        outs = sorted(self._where(row) for row in gone)
        for place in reversed(outs):
            self._count(self._rows[place], -1)
        _without(self._rows, outs)
        _without(self._texts, outs)
        new = sorted(added, key=self._key)
        ins = [bisect_left(self._rows, self._key(row), key=self._key) for row in new]
        _with(self._rows, ins, new)
        _with(self._texts, ins, [_text(row) for row in new])
        for row in new:
            self._count(row, 1)

    def _key(self, row: MappingRow) -> str:
        if self._place is None:
            raise OurBug(detail="an edit of mapping rows that have no order")
        return self._place(row)

    def _where(self, row: MappingRow) -> int:
        place = bisect_left(self._rows, self._key(row), key=self._key)
        if place == len(self._rows) or self._rows[place] != row:
            raise OurBug(detail="an edit of the mapping does not start from what is mapped")
        return place

    def _count(self, row: MappingRow, by: int) -> None:
        self._sizes[section_of(row)] += by
        self._count_states((row,), by)

    def _count_states(self, rows: Sequence[MappingRow], by: int) -> None:
        for row in rows:
            if section_of(row) != IGNORED:
                self._states[row.state] += by


FEW = 64
"""Changes up to here are made one by one: each moves the rest of the list in memory."""


def _without(held: list[Any], places: Sequence[int]) -> None:
    if len(places) <= FEW:
        for place in reversed(places):
            del held[place]
        return
    out = set(places)
    held[:] = [entry for place, entry in enumerate(held) if place not in out]


def _with(held: list[Any], places: Sequence[int], new: Sequence[Any]) -> None:
    """Insert `new` (in order) before what stands at `places` (in order)."""
    if len(places) <= FEW:
        for place, entry in zip(reversed(places), reversed(new), strict=True):
            held.insert(place, entry)
        return
    merged: list[Any] = []
    before = 0
    for place, entry in zip(places, new, strict=True):
        merged += held[before:place]
        merged.append(entry)
        before = place
    merged += held[before:]
    held[:] = merged


def _all_of(places: Places) -> Places:
    return places.finish() if isinstance(places, Hits) else places


def _ends(row: MappingRow) -> tuple[str, str]:
    item, variant = row.item, row.variant
    return variant.inventory_item_id if variant else "", item.sku_number if item else ""


def _start(places: range) -> int:
    return places.start


def _text(row: MappingRow) -> str:
    """Everything a search looks at. Fields end with a line break, which no part of a search can
    hold, so that none is found across two of them.
    """
    item, variant = row.item, row.variant
    fields: list[str] = []
    if item is not None:
        fields += (item.sku_number, item.name, item.barcode)
    if variant is not None:
        fields += (variant.sku, variant.name, variant.barcode)
    # The two sides of a mapped row mostly say the same: once is enough.
    return folded("\n".join(dict.fromkeys(field for field in fields if field)))
