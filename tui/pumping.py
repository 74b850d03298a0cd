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
    from tui.widgets.fields import Field

PUMP_EVERY = 0.25
AT_ONCE = 20
"""Events that are read and shown before the next key is looked at: about a millisecond's worth."""

KEYS_FIRST_S = 0.01
"""How long news wait for a key that is under way, before some more of them are looked at."""

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
        self._news_come = False

    def start_pump(self) -> None:
        self.set_interval(PUMP_EVERY, self.pump)

    def look(self) -> None:
        """Something was done: read the figures at the next pump, at most 4 times a second."""
        self._looks = True

    def pump(self) -> None:
        """Bring events and figures to the screen that is seen."""
        if self.session is None:
            return
        new = [] if self._news_come else self.session.drain(AT_ONCE)
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
        self._prepare(new)
        if len(new) < AT_ONCE:
            self._tell(new)
        else:
            self._news_come = True
            self._take_the_rest(self.session, new)

    def _seen(self) -> list[FrameScreen]:
        """The screen on top, and those that a dialog lies over."""
        return [
            screen
            for screen in self.screen_stack
            if (screen is self.screen or self.screen.is_modal)
            and isinstance(screen, FrameScreen)
            and screen.is_whole
        ]

    def _prepare(self, some: Sequence[Event]) -> None:
        for screen in self._seen():
            screen.prepare(some)

    def _tell(self, new: Sequence[Event]) -> None:
        for screen in self._seen():
            screen.on_happenings(new)

    @work(group="news")
    async def _take_the_rest(self, session: Session, new: list[Event]) -> None:
        """Some at a time, keys first, and shown together: a burst of news never holds up a reader,
        and a flood of it is seen as it comes.
        """
        now = asyncio.get_running_loop().time
        some, told = new, now()
        try:
            while len(some) == AT_ONCE:
                await asyncio.sleep(KEYS_FIRST_S if self.keys_wait else 0)
                if session is not self.session:
                    return
                some = session.drain(AT_ONCE)
                self._prepare(some)
                new += some
                if now() - told > PUMP_EVERY:
                    self._tell(new)
                    new, told = [], now()
            self._tell(new)
        finally:
            self._news_come = False

    def say(self, words: str, tone: str = "") -> None:
        """Say it on the screen that is seen after what was just left."""
        self.call_later(self._say_now, words, tone)

    def _say_now(self, words: str, tone: str) -> None:
        """Once the screen is composed, where it has only just come."""
        if isinstance(self.screen, FrameScreen):
            self.screen.call_later(self.screen.say, words, tone)

    def on_field_cut(self, event: Field.Cut) -> None:
        """From whichever field that does not tell it itself, also one of a dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, FrameScreen):
                screen.say(event.words, "warn")
                return

    def keep(self) -> None:
        """Write down what comes back at the next start."""
        self.state.keep()
        if self._kept().screen != self._here and self.session is not None:
            preferences.remember(self.home, screen=self._here)
