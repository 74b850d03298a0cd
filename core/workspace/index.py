"""All items by place, searchable while somebody types: one folded text for each item, in memory.

It knows SKU numbers only; what is shown is read from the store. It does not follow changes: whoever
holds it makes a new one when items have come, gone or changed their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from core.matching.fold import folded
from core.model import Item

Places = Sequence[int]
TOLD_EVERY = 5_000


class ItemIndex:
    """For one thread at a time, once it is made."""

    def __init__(
        self, items: Iterable[Item], progress: Callable[[int], None] | None = None
    ) -> None:
        made: list[tuple[str, str]] = []
        for item in items:
            made.append(
                (folded(f"{item.sku_number}\n{item.name}\n{item.barcode}"), item.sku_number)
            )
            if progress is not None and not len(made) % TOLD_EVERY:
                progress(len(made))
        made.sort()
        self._texts = [text for text, _sku in made]
        self._skus = [sku for _text, sku in made]
        self._last: tuple[tuple[str, ...], Places] | None = None

    def __len__(self) -> int:
        return len(self._skus)

    def sku(self, place: int) -> str:
        return self._skus[place]

    def find(self, search: str) -> Places:
        """Places of the items that contain every word of `search`; all without any word."""
        parts = tuple(folded(search).split())
        if not parts:
            return range(len(self._skus))
        if self._last is not None and self._last[0] == parts:
            return self._last[1]
        texts, last = self._texts, self._last
        if last is not None and all(any(old in part for part in parts) for old in last[0]):
            places: Places = last[1]  # typed on: what fits now has fitted before
            others = list(parts)
        else:
            first, *others = parts
            places = [place for place, text in enumerate(texts) if first in text]
        for other in others:
            places = [place for place in places if other in texts[place]]
        self._last = (parts, places)
        return places
