"""A window on many mapping rows: filter by state, search, page. It holds the rows it was given and
one folded text for each; it changes nothing.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter

from core.matching.fold import folded
from core.model import MappingRow, MatchState


class MappingView:
    """Rows of a matching, searchable. Safe to read from several threads.

    A search is split at spaces; every part must occur in the row's SKU number, Shopify SKU, names
    or barcodes. Case and width do not count, so two letters of Japanese find their row.
    """

    def __init__(self, rows: Sequence[MappingRow], before: MappingView | None = None) -> None:
        """`before`: a view of nearly the same rows (before an edit), whose texts are used again."""
        self._rows = rows
        # By identity: the earlier view keeps its rows alive meanwhile, so no id is used twice.
        known = (
            {} if before is None else dict(zip(map(id, before._rows), before._texts, strict=True))
        )
        self._texts: list[str] = [known.get(id(row)) or _text(row) for row in rows]
        counted = Counter(map(attrgetter("state"), rows))
        self.counts: Mapping[MatchState, int] = {state: counted[state] for state in MatchState}
        # One value, replaced whole: paging with an unchanged filter does not search again.
        self._last: tuple[frozenset[MatchState] | None, tuple[str, ...], array[int]] | None = None

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
        found = self._found(states, search)
        if found is None:
            return self._rows[start:stop]
        return [self._rows[place] for place in found[start:stop]]

    def count(self, states: Collection[MatchState] | None = None, search: str = "") -> int:
        """How many rows fit."""
        parts = folded(search).split()
        if not parts:
            wanted = set(MatchState if states is None else states)
            return sum(self.counts[state] for state in wanted)
        found = self._found(states, search)
        return len(self._rows) if found is None else len(found)

    def _found(self, states: Collection[MatchState] | None, search: str) -> array[int] | None:
        """Places of the rows that fit; None where all do."""
        wanted = None if states is None else frozenset(states)
        parts = tuple(folded(search).split())
        if wanted is None and not parts:
            return None
        last = self._last
        if last is not None and last[:2] == (wanted, parts):
            return last[2]
        places: Sequence[int] = range(len(self._rows))
        if wanted is not None:
            places = [place for place in places if self._rows[place].state in wanted]
        texts = self._texts
        for part in parts:
            places = [place for place in places if part in texts[place]]
        found = array("L", places)
        self._last = (wanted, parts, found)
        return found


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
