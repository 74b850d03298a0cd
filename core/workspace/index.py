"""All items by place, searchable while somebody types: one folded text for each item, in memory.

It knows SKU numbers only; what is shown is read from the store. It does not follow changes: whoever
holds it makes a new one when items have come, gone or changed their names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from core.matching.fold import folded
from core.matching.hits import Hits, Places, Searches

TOLD_EVERY = 5_000


class ItemIndex:
    """Of (text, SKU number) in the order of their texts. For one thread at a time, once made."""

    def __init__(
        self, words: Iterable[tuple[str, str]], progress: Callable[[int], None] | None = None
    ) -> None:
        self._texts: list[str] = []
        self._skus: list[str] = []
        for text, sku in words:
            self._texts.append(text)
            self._skus.append(sku)
            if progress is not None and not len(self._skus) % TOLD_EVERY:
                progress(len(self._skus))
        self._searches = Searches()

    def __len__(self) -> int:
        return len(self._skus)

    def sku(self, place: int) -> str:
        return self._skus[place]

    def place_of(self, sku_number: str) -> int | None:
        """Where an item is; None where it is none of them."""
        text = folded(sku_number)  # texts begin with it, and a line break or nothing follows
        first, last = (bisect_left(self._texts, one) for one in (text, f"{text}\x0b"))
        places = range(first, last)
        return next((place for place in places if self._skus[place] == sku_number), None)

    def find(self, search: str) -> Places:
        """Places of the items that contain every word of `search`; all without any word."""
        places = self.begin(search)
        return places.finish() if isinstance(places, Hits) else places

    def begin(self, search: str) -> Places:
        """The same, as far as they are found: for `Hits`, `advance` finds more."""
        parts, everything = tuple(folded(search).split()), range(len(self._skus))
        return self._searches.hits(self._texts, (everything,), parts) if parts else everything
