"""How old a key is, judged on the safe side: a wall clock may step, and time passes all the same.

`Moments.now` never goes back. While the process runs it goes on by the monotonic clock, so that
ages are true whatever the wall clock does; the latest one is kept with each write that is decided
or settled, so that the next process begins there. Where its wall clock is well behind that, nobody
knows how long it did not run: how old the keys from before are cannot be told.

A clock that was far ahead by mistake is forgotten as soon as no write is under way.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from core.clock import Clock, iso, parse_iso
from core.model import KEY_LIFE, Intent
from core.sync.ports import Books

WELL_BEHIND = timedelta(minutes=30)


class Moments:
    """For one thread: that of the engine's loop."""

    def __init__(self, clock: Clock, books: Books) -> None:
        self._clock = clock
        self._books = books
        self._unknown_until = ""
        self._wall, self._at = clock.now(), clock.monotonic()
        with books.view() as view:
            kept = view.latest_moment()
        if kept and parse_iso(kept) > self._wall:
            if parse_iso(kept) - self._wall > WELL_BEHIND:
                self._unknown_until = kept
            self._wall = parse_iso(kept) + timedelta(milliseconds=1)

    def now(self) -> datetime:
        passed = self._clock.monotonic() - self._at
        self._wall = max(self._clock.now(), self._wall + timedelta(seconds=passed))
        self._at += passed
        return self._wall

    def of_new(self) -> str:
        """The moment of an intent that is about to be decided."""
        if self.now() > self._clock.now() + timedelta(seconds=1):
            with self._books.view() as view:
                if not view.intents():
                    self._wall, self._unknown_until = self._clock.now(), ""
        return iso(self._wall)

    def has_expired(self, intent: Intent) -> bool:
        """Whether Shopify may have forgotten the key: then sending it again could write twice."""
        if intent.at <= self._unknown_until:
            return True
        return self.now() - parse_iso(intent.at) > KEY_LIFE
