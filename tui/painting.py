"""What belongs together is painted together. A key moves a cursor, has something told about it and
changes the line of keys: by itself the toolkit paints three times, a frame apart, and the reader
waits for the last. Here the screen waits until all of it is there, and never long.
"""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.driver import Driver
from textual.screen import Screen


class PaintsTogether(App[int]):
    """An app that can let its screens wait with their next paint."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._patience: asyncio.TimerHandle | None = None
        self._unpainted: set[Screen[Any]] = set()

    def hold_paint(self, seconds: float) -> None:
        """More comes at once: paint when `let_paint` says so, after `seconds` at the latest."""
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(seconds, self.let_paint)

    def let_paint(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        while self._unpainted:
            self._unpainted.pop().check_idle()

    def paints_later(self, screen: Screen[Any]) -> bool:
        """Whether the screen has to wait; it is woken when it may paint."""
        if self._patience is None:
            return False
        self._unpainted.add(screen)
        return True
