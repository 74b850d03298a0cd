"""Time as a value that is passed in, so that tests own it. Nothing else in the core asks the
system for the time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, UTC. It may step back: never measure a duration with it."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import asyncio  # here: most commands wait for nothing

        await asyncio.sleep(seconds)


def iso(moment: datetime) -> str:
    """`2026-11-23T10:00:00.123Z`: UTC, milliseconds; sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """The reverse of `iso`; takes Shopify's whole-second form as well."""
    return datetime.fromisoformat(text)
