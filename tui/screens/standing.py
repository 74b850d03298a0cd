"""Where the reader stands on a screen: what has the focus, and the rows under the cursors. Taken
before a screen is composed anew, given back after.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.screen import Screen
from textual.widget import Widget

from tui.widgets.table import Place, VirtualTable

Spot = tuple[type[Widget], int]
"""A widget as its class and its number among those of the class, from the top."""


@dataclass(frozen=True, slots=True)
class Standing:
    focus: Spot | None
    places: tuple[Place, ...]

    @classmethod
    def of(cls, screen: Screen[None]) -> Standing:
        focused = screen.focused
        spot = None
        if focused is not None:
            spot = type(focused), list(screen.query(type(focused))).index(focused)
        return cls(spot, tuple(table.place for table in screen.query(VirtualTable)))

    def give_back(self, screen: Screen[None]) -> None:
        """Where there is no such widget any more, the first that can has the focus."""
        for table, place in zip(screen.query(VirtualTable), self.places, strict=False):
            table.stand_at(place)
        if self.focus is None:
            return
        kind, number = self.focus
        same = list(screen.query(kind))
        if number < len(same) and same[number].focusable:
            screen.set_focus(same[number])
        elif screen.focused is None:
            screen.focus_next()
