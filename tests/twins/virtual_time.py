"""An event loop whose time passes only where everybody waits: what takes a minute is over in the
time that the work itself takes, and waits are as long as they say to the microsecond. For work
without threads and without a real network.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class NobodyGoesOn(AssertionError):
    """All tasks wait for each other, and none for time: in real time this would be for ever."""


class _Selector(selectors.DefaultSelector):
    """In place of waiting, it says how long it would have waited."""

    def __init__(self, passed: Callable[[float], None]) -> None:
        super().__init__()
        self._passed = passed

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise NobodyGoesOn
        if not ready and timeout:
            self._passed(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__(_Selector(self.let_pass))

    def let_pass(self, seconds: float) -> None:
        """At once, whoever waits: what was due meanwhile is late."""
        self._seconds += seconds

    def time(self) -> float:
        return self._seconds


class LoopClock:
    """The clock of a loop, or of the one that runs. `off`: how wrong its wall clock is."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop
        self.off = timedelta()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic()) + self.off

    def monotonic(self) -> float:
        return (self._loop or asyncio.get_running_loop()).time()

    def step_back(self, seconds: float) -> None:
        self.off -= timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
