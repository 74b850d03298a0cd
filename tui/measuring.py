"""The part of the app that asks the terminal how wide it draws our signs (tui.sign_width)."""

from __future__ import annotations

import asyncio

from textual import events
from textual.app import App

from tui.sign_width import ANSWERS_WITHIN, SIGN, WHERE, column_width

SHOWN_AND_ASKED = f"\x1b7\x1b[H{SIGN}{WHERE}\x1b8"
"""In the corner, and the cursor back to where it was."""


class MeasuringApp(App[int]):
    _asked: asyncio.Future[int] | None = None

    async def sign_width(self, within_s: float = ANSWERS_WITHIN) -> int | None:
        """Columns of one sign; None where the terminal does not tell."""
        if self.is_headless or self._driver is None:
            return None
        asked = self._asked = asyncio.get_running_loop().create_future()
        self._driver.write(SHOWN_AND_ASKED)
        try:
            return column_width(await asyncio.wait_for(asked, within_s))
        except TimeoutError:
            return None
        finally:
            self._asked = None
            self.screen.refresh()

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The answer; one that nobody waits for any more says nothing."""
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(event.x + 1)
