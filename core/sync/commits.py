"""One transaction at a time, with its events told when it is on disk, and a count of what moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from core.clock import Clock, iso
from core.sync.events import Event, WriteRejected
from core.sync.moments import Moments
from core.sync.ports import Books, BooksTx, BooksView
from core.sync.trace import Trace

T = TypeVar("T")


@dataclass(slots=True)
class Commits:
    """`emit` takes events after they are on disk; `location_name` says what people call a location.

    `pulled` and `pushed` count rows since somebody set them to 0; `failures` what was refused.
    """

    brand: str
    books: Books
    clock: Clock
    emit: Callable[[Event], None]
    location_name: Callable[[str], str]
    pulled: int = 0
    pushed: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    _moments: Moments | None = None

    def view(self) -> AbstractContextManager[BooksView]:
        return self.books.view()

    async def commit(self, work: Callable[[BooksTx, Trace], T], run: str | None = None) -> T:
        trace = Trace(self.now(), self.brand, self.location_name, run)

        def traced(tx: BooksTx) -> T:
            trace.clear()  # the books may begin a transaction again
            return work(tx, trace)

        result = await self.books.commit(traced)
        self.pulled += trace.pulled
        self.pushed += trace.pushed_rows
        for event in trace.events:
            if isinstance(event, WriteRejected):
                self.failures["refused"] += event.refused
            self.emit(event)
        return result

    def moments(self) -> Moments:
        """By which the ages of keys are judged."""
        if self._moments is None:
            self._moments = Moments(self.clock, self.books)
        return self._moments

    def now(self) -> str:
        return iso(self.clock.now())

    def link_is_on(self) -> bool:
        with self.view() as view:
            return view.link().enabled
