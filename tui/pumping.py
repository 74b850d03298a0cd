"""What happens is brought to the screen that is seen: four times a second at most, some news at a
time, with keys in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.driver import Driver

from tui import preferences
from tui.screens.frame import FrameScreen
from tui.themed import ThemedApp

if TYPE_CHECKING:
    from core.sync.events import Event
    from tui.session import Session

PUMP_EVERY = 0.25
AT_ONCE = 100
"""Events that are shown before the next key is looked at."""

LOOK_EVERY = 8
"""Pumps between two looks at the figures when nothing happened (only differences are painted)."""

KEEP_EVERY = 40
"""Pumps between two looks whether there is something to be kept for the next start."""

_log = logging.getLogger(__name__)


class PumpedApp(ThemedApp):
    def __init__(self, home: Path, driver_class: type[Driver] | None = None) -> None:
        super().__init__(home, driver_class=driver_class)
        self.session: Session | None = None
        self.state = preferences.ScreenState(home)
        self._here = "home"
        self._pumps = 0
        self._looks = False

    def start_pump(self) -> None:
        self.set_interval(PUMP_EVERY, self.pump)

    def look(self) -> None:
        """Something was done: read the figures at the next pump, at most 4 times a second."""
        self._looks = True

    def pump(self) -> None:
        """Bring events and figures to the screen that is seen."""
        if self.session is None:
            return
        new = self.session.drain()
        self._pumps += 1
        if not self._pumps % KEEP_EVERY:
            self.keep()
        if not new and not self._looks and self._pumps % LOOK_EVERY:
            return
        self._looks = False
        if error := self.session.attempt_status():
            _log.warning("The figures could not be read: %s", error)
        for screen in self._seen():
            screen.show_frame()
        self._hand_out(new)

    def _seen(self) -> list[FrameScreen]:
        """The screen on top, and those that a dialog lies over."""
        return [
            screen
            for screen in self.screen_stack
            if (screen is self.screen or self.screen.is_modal)
            and isinstance(screen, FrameScreen)
            and screen.is_whole
        ]

    def _hand_out(self, new: Sequence[Event]) -> None:
        if len(new) > AT_ONCE:
            self._hand_out_in_turns(new)
            return
        for screen in self._seen():
            screen.on_happenings(new)

    @work(group="news")
    async def _hand_out_in_turns(self, new: Sequence[Event]) -> None:
        """Some at a time, with keys in between, and painted together: a burst of news never holds
        up a reader.
        """
        with self.batch_update():
            for start in range(0, len(new), AT_ONCE):
                self._hand_out(new[start : start + AT_ONCE])
                await asyncio.sleep(0)

    def say(self, words: str, tone: str = "") -> None:
        """Say it on the screen that is seen after what was just left."""
        self.call_later(self._say_now, words, tone)

    def _say_now(self, words: str, tone: str) -> None:
        if isinstance(self.screen, FrameScreen):
            self.screen.say(words, tone)

    def keep(self) -> None:
        """Write down what comes back at the next start."""
        self.state.keep()
        if self._kept().screen != self._here and self.session is not None:
            preferences.remember(self.home, screen=self._here)
