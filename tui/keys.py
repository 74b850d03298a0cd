"""Keys take effect in the order in which they were typed.

The toolkit hands a key to the focused widget at once, but runs a binding only after the key has
travelled up to the app: typed ahead (a slow line, a barcode scanner), `a b Backspace c` would
become `ab`, and what follows a Tab would land in the field before it. So a key waits here until the
one before it has come home, and until what it made its widget say has come home as well: the code
that a scanner types after an Enter belongs to the next scan. While the app is still opening what it
shows, all keys wait. Once it is to end, those that wait are dropped.

What a key changes is painted once, when it has come home.

How long nobody has typed is known here, too: what comes by itself and takes keys waits for that.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from textual import events
from textual.dom import DOMNode
from textual.driver import Driver

from tui.painting import PaintsTogether

ALWAYS = ("ctrl+q",)
"""Keys that never wait: the way out."""

PATIENCE_S = 0.5
"""A key that got lost on its way (its screen was closed by it) holds up the next no longer."""

PAINT_AFTER_S = 0.02
"""How long what a key changes waits for the rest of it: what takes longer is seen meanwhile."""


class KeysInOrder(PaintsTogether):
    """An app whose keys wait for each other."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._typed: deque[events.Event] = deque()
        self._number = 0
        self._under_way = False
        self._watch: asyncio.TimerHandle | None = None
        self._held = False
        self.seconds: Callable[[], float] = time.monotonic
        self._typed_at = self._wrote_at = float("-inf")

    def typed_within(self, seconds: float) -> bool:
        """Whether any key was pressed in the last `seconds`."""
        return self.seconds() - self._typed_at < seconds

    def wrote_within(self, seconds: float) -> bool:
        """Whether a character was typed or pasted in the last `seconds`."""
        return self.seconds() - self._wrote_at < seconds

    def hold_keys(self) -> None:
        """What is typed from now on waits for `release_keys`; the way out does not."""
        self._held = True

    def release_keys(self) -> None:
        self._held = False
        if not self._under_way:
            self.call_later(self._hand_on)

    @property
    def keys_wait(self) -> bool:
        """Whether something that was typed has not had its effect yet."""
        return self._held or self._under_way or bool(self._typed)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._typed_at = self.seconds()
            if isinstance(event, events.Paste) or event.is_printable:
                self._wrote_at = self._typed_at
            if self._held and isinstance(event, events.Key) and event.key in ALWAYS:
                await super().on_event(event)
                return
            self._typed.append(event)
            if not (self._under_way or self._held):
                await self._hand_on()
            return
        await super().on_event(event)

    async def _hand_on(self) -> None:
        if self._exit:
            self._typed.clear()
        if not self._typed:
            self._under_way = False
            self.let_paint()
            return
        loop = asyncio.get_running_loop()
        self._under_way = True
        self.hold_paint(PAINT_AFTER_S)
        self._number += 1
        number = self._number
        self._watch = loop.call_later(PATIENCE_S, self._home, number)
        event = self._typed.popleft()
        target: DOMNode = self.focused or self.screen
        await super().on_event(event)

        def told() -> None:
            self._climb(target, number, lambda: self._home(number))

        self._climb(target, number, lambda: self.call_later(told))

    def _climb(self, node: DOMNode | None, number: int, at_the_top: Callable[[], object]) -> None:
        """Up from where the key went, through each queue behind what is already in it. The first
        time that is the key, which takes effect at the top; the second time what its effect said.
        """
        if number != self._number:
            return
        if node is not None and node is not self:
            waits = node.call_later(self._climb, node.parent, number, at_the_top)
            if waits:  # False where the node is closing: its key went with it
                return
        at_the_top()

    def _home(self, number: int) -> None:
        if number != self._number:
            return
        self._number += 1
        if self._watch is not None:
            self._watch.cancel()
        self.call_later(self._hand_on)
