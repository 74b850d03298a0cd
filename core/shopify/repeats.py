"""Readings of an answer that says what the last one to the same question said.

While nothing happens nearly every answer does, and making each of its readings anew is most of
what an idle sync would cost. Not kept: the answers themselves, only the digests of their data.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from core.model import Reading

MOST = 1_024
"""Questions that are remembered; of 250 cells each, a quarter of a million cells."""


class Known(NamedTuple):
    digest: bytes
    readings: tuple[Reading, ...]


NOTHING = Known(b"", ())


class Repeats:
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[Hashable, Known] = {}

    def last(self, question: Hashable) -> Known:
        """What was read when this was asked last; NOTHING where that is not known."""
        return self._known.get(question, NOTHING)

    def keep(self, question: Hashable, known: Known) -> None:
        self._known.pop(question, None)
        self._known[question] = known  # the newest is the last
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
