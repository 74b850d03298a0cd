"""A search that goes on while its first hits are seen already: over a million texts it takes longer
than a key may, so it is taken in steps, and whoever types on drops it and starts another one.

Not its business: what the texts are of. It is fed a list and gives places in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import overload

Places = Sequence[int]
AT_ONCE = 4_096
"""Texts looked at in one go."""

KEPT = 16
"""Searches that are remembered: taking letters back costs nothing."""


class Hits(Sequence[int]):
    """Places, in order, whose text contains every part; as many as were found so far."""

    def __init__(self, texts: Sequence[str], among: Iterable[Places], parts: Sequence[str]) -> None:
        self._texts = texts
        self._parts = parts
        self._left = [places for places in among if places]
        self._left.reverse()
        self._at = 0
        # A letter may find a million: four bytes each, and forgotten at once.
        self._found = array("I")

    @property
    def complete(self) -> bool:
        return not self._left

    def advance(self, texts: int) -> bool:
        """Look at so many more texts; whether any are left then."""
        while texts > 0 and self._left:
            places = self._left[-1]
            some = places[self._at : self._at + min(texts, AT_ONCE)]
            self._look(some)
            self._at += len(some)
            texts -= len(some)
            if self._at >= len(places):
                self._left.pop()
                self._at = 0
        return bool(self._left)

    def finish(self) -> Hits:
        while self.advance(AT_ONCE):
            pass
        return self

    def _look(self, places: Places) -> None:
        texts, (first, *others) = self._texts, self._parts
        if isinstance(places, range):
            some = texts[places.start : places.stop]
            fit = [place for place, text in enumerate(some, places.start) if first in text]
        else:
            fit = [place for place in places if first in texts[place]]
        for other in others:
            fit = [place for place in fit if other in texts[place]]
        self._found.extend(fit)

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> array[int]: ...
    def __getitem__(self, index: int | slice) -> int | array[int]:
        return self._found[index]


class Searches:
    """The searches made last over one list of texts. To be forgotten when the list changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[tuple[range, ...], tuple[str, ...]], Hits] = {}

    def forget(self) -> None:
        self._kept.clear()

    def hits(self, texts: Sequence[str], ranges: tuple[range, ...], parts: tuple[str, ...]) -> Hits:
        """Those of this search, as far as they are found; a search that narrows a complete one
        looks at its hits only.
        """
        key = (ranges, parts)
        found = self._kept.pop(key, None)
        if found is None:
            found = Hits(texts, self._wider(ranges, parts) or ranges, parts)
        self._kept[key] = found  # the newest at the end
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def _wider(self, ranges: tuple[range, ...], parts: tuple[str, ...]) -> tuple[Places, ...]:
        fitting = [
            hits
            for (other, before), hits in self._kept.items()
            if other == ranges and hits.complete and _narrows(before, parts)
        ]
        return (min(fitting, key=len),) if fitting else ()


def _narrows(before: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether everything that fits `now` has fitted `before`, as while typing on."""
    return all(any(old in part for part in now) for old in before)
