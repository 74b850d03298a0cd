"""Points are reserved before a request leaves, and corrected by what each answer says.

`Bucket` is the arithmetic, without clock or waiting; `Throttle` makes requests wait their turn. Not
its business: what a request is, and what to do when one fails.

The invariant: `available` is never more than what the shop's bucket holds less what may still be
charged to it. An answer says `currentlyAvailable` at some unknown moment between its request and
its arrival, so from that figure everything is taken off that may have been charged after that
moment: all requests in flight now, and all that finished while it was in flight. Two lower bounds
of the same number result, the running estimate and the answer's; the higher is taken. Only where
the running estimate is above what the answer allows at best has somebody else used the bucket, and
then the answer's bound counts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from core.clock import Clock, iso, parse_iso
from core.shopify.errors import AskedToWait
from core.shopify.notes import Note, NoteInMemory

FIRST_MAXIMUM = 1000.0
FIRST_AVAILABLE = 100.0
FIRST_RESTORE = 50.0
"""Until the first answer: less than any plan has, for the bucket may be in use by others."""

HEADROOM = 0.05
"""Share of the bucket left untouched: the shop may restore in steps of a second."""

SURE_HEADROOM = 0.01
"""The same once the shop has shown that it does not, and that we are alone with it."""

AGREEING = 100
"""So many answers in a row show it: each came soon after its request, found the bucket well below
full, and had at least as many points as we thought. Steps of a second would show every second."""

LEAST = 1e-6
"""Points that are not worth a wait: they are rounding, and the headroom covers them."""

MAX_IN_FLIGHT = 24
"""Enough to use 100 points a second with the cheapest reads (3 points) at 0.7 s an answer."""

READS_SHARE = 0.2
"""Share of the points that reads which wait are given while writes wait as well: a mass change that
goes on and on must not keep us from hearing what is sold meanwhile."""

MIN_PAUSE = 1.0

PATIENCE = 60.0
"""Seconds of a pause that a request waits out. A longer one is left to the callers, who are told at
once and can say so on the screen."""

NOTED = 5.0
"""Seconds of a pause that the next process should know of."""

LONGEST_PAUSE = 3_600.0
"""However long we are asked to wait, after an hour we ask."""


@dataclass(frozen=True, slots=True)
class Status:
    """`extensions.cost` of an answer. `charged` is None where the shop refused before running."""

    requested: float | None
    charged: float | None
    maximum: float
    available: float
    restore_rate: float


@dataclass(slots=True, eq=False)
class Hold:
    """A reservation: `finished` and `refunded` gather what other requests did meanwhile."""

    cost: float
    since: float
    finished: float = 0.0
    refunded: float = 0.0


class Bucket:
    """A lower bound of the points that the shop's bucket has left for us."""

    def __init__(self, now: float, *, headroom: float = HEADROOM) -> None:
        self.maximum = FIRST_MAXIMUM
        self.restore_rate = FIRST_RESTORE
        self._available = FIRST_AVAILABLE
        self._headroom = headroom
        self._agreeing = 0
        self._at = now
        self._paused_until = now
        self._holds: list[Hold] = []

    def available(self, now: float) -> float:
        """Only looks: it may be asked from another thread."""
        grown = self._available + max(0.0, now - self._at) * self.restore_rate
        return max(self._available, min(grown, self._ceiling()))

    @property
    def in_flight(self) -> int:
        return len(self._holds)

    def wait_for(self, cost: float, now: float) -> float:
        """Seconds until `cost` may be reserved, if nothing else happens; 0 for now."""
        self._refill(now)
        pause = self.pause_left(now)
        goal = min(cost + self.maximum * self._untouched, self.maximum)
        lacking = goal - self._available
        if lacking <= LEAST:
            return pause
        if self._holds and goal > self._ceiling():
            # No refill gets there before something in flight ends; its end asks again.
            return max(pause, lacking / self.restore_rate, MIN_PAUSE)
        return max(pause, lacking / self.restore_rate)

    def reserve(self, cost: float, now: float) -> Hold:
        self._refill(now)
        hold = Hold(cost, now)
        self._holds.append(hold)
        self._available -= cost
        return hold

    def settle(self, hold: Hold, now: float, *, charged: float, status: Status | None) -> None:
        """A request ended. `charged` is what it cost, or may have cost where nobody said."""
        self._refill(now)
        self._holds.remove(hold)
        refund = hold.cost - charged
        for other in self._holds:
            other.finished += charged
            other.refunded += max(0.0, refund)
        self._available += refund
        if status is not None:
            self._correct(hold, now, status)
        self._available = min(self._available, self._ceiling())

    def pause(self, seconds: float, now: float) -> None:
        self._paused_until = max(self._paused_until, now + seconds)

    def pause_left(self, now: float) -> float:
        return max(0.0, self._paused_until - now)

    def distrust(self) -> None:
        """The shop refused what we thought it had: from now on the whole headroom is kept."""
        self._agreeing = -1_000_000

    @property
    def _untouched(self) -> float:
        sure = self._agreeing >= AGREEING
        return min(self._headroom, SURE_HEADROOM) if sure else self._headroom

    def _compare(self, hold: Hold, now: float, status: Status, at_most: float) -> None:
        if self._available > at_most:
            self._agreeing = min(self._agreeing, 0)
            return
        doubt = self.maximum * self._headroom / 4
        is_soon = status.restore_rate * (now - hold.since) < doubt
        if is_soon and status.available < self.maximum * 0.9:
            self._agreeing += 1

    def _correct(self, hold: Hold, now: float, status: Status) -> None:
        if status.maximum > 0 and status.restore_rate > 0:
            self.maximum, self.restore_rate = status.maximum, status.restore_rate
        in_flight = sum(other.cost for other in self._holds)
        at_least = status.available - in_flight - hold.finished
        at_most = status.available + status.restore_rate * (now - hold.since) + hold.refunded
        self._compare(hold, now, status, at_most)
        if self._available < at_least or self._available > at_most:
            self._available = at_least

    def _ceiling(self) -> float:
        """What is in flight may not have been charged yet: no refill counts beyond that."""
        return self.maximum - sum(hold.cost for hold in self._holds)

    def _refill(self, now: float) -> None:
        self._available = self.available(now)
        self._at = max(self._at, now)


@dataclass(slots=True, eq=False)
class _Ticket:
    cost: float
    is_write: bool
    called: asyncio.Event = field(default_factory=asyncio.Event)


class _Queue:
    """Who is next: the first of the writes, unless the reads have been passed over for so long that
    their share has come to what the first of them costs.
    """

    def __init__(self) -> None:
        self._writes: deque[_Ticket] = deque()
        self._reads: deque[_Ticket] = deque()
        self._owed = 0.0

    def add(self, ticket: _Ticket) -> None:
        self._line_of(ticket).append(ticket)

    def remove(self, ticket: _Ticket) -> None:
        self._line_of(ticket).remove(ticket)
        if not self._reads:
            self._owed = 0.0

    def first(self) -> _Ticket | None:
        if not self._reads:
            return self._writes[0] if self._writes else None
        if self._writes and self._owed < self._reads[0].cost:
            return self._writes[0]
        return self._reads[0]

    def served(self, ticket: _Ticket) -> None:
        """It was given its points. Called before it is removed."""
        if not ticket.is_write:
            self._owed = max(0.0, self._owed - ticket.cost)
        elif self._reads:
            self._owed += ticket.cost * READS_SHARE / (1 - READS_SHARE)

    def _line_of(self, ticket: _Ticket) -> deque[_Ticket]:
        return self._writes if ticket.is_write else self._reads


class Throttle:
    """The queue before the bucket: writes before reads, otherwise first come, first served; reads
    are never kept waiting for ever.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        max_in_flight: int = MAX_IN_FLIGHT,
        host: str = "",
        note: Note | None = None,
    ) -> None:
        """A pause worth noting is kept in `note`, for the next process that talks to `host`."""
        self._clock = clock
        self._host = host
        self._note = note or NoteInMemory()
        self._bucket = Bucket(clock.monotonic())
        self._max_in_flight = max_in_flight
        self._queue = _Queue()
        self._charged: dict[str, float] = {}
        self._is_wary = False
        self._patience = PATIENCE
        self._passing: set[asyncio.Event] = set()
        self._first: Hold | None = None
        """Of the requests that wait out a refusal, the one that has gone to see."""
        self.throttled = 0
        """How often the shop said that it is asked too much."""
        self.used = 0.0
        """Points charged, or perhaps charged where nobody said."""
        self._bucket.pause(self._pause_noted(), clock.monotonic())

    @property
    def points(self) -> int:
        """Points that are left, as far as we know."""
        return max(0, int(self._bucket.available(self._clock.monotonic())))

    @property
    def pause_left(self) -> float:
        """Seconds for which nothing is sent, whatever points there are."""
        return self._bucket.pause_left(self._clock.monotonic())

    async def reserve(self, name: str, estimate: float, *, write: bool) -> Hold:
        """Wait until the points for one request are there, and take them. `name` is the document's:
        what the shop asked for it the last time is better known than our estimate. Raises
        AskedToWait where a pause is longer than PATIENCE.
        """
        cost = self._charged.get(name, estimate)
        ticket = _Ticket(cost, write)
        with self._queued(ticket):
            while (wait := self._wait_of(ticket)) is None or wait > 0:
                self._look_at_pause()
                await self._until_called(ticket.called, wait)
            self._queue.served(ticket)
            hold = self._bucket.reserve(cost, self._clock.monotonic())
            if self._is_wary:
                self._first = hold
            return hold

    async def pass_pause(self) -> None:
        """Wait until no pause is left. Raises AskedToWait as `reserve` does."""
        while (left := self._look_at_pause()) > 0:
            called = asyncio.Event()
            self._passing.add(called)
            try:
                await self._until_called(called, left)
            finally:
                self._passing.discard(called)

    def pause(self, seconds: float) -> None:
        """The shop asks to be left alone for so long."""
        seconds = min(seconds, LONGEST_PAUSE)
        if seconds > max(NOTED, self.pause_left):
            until = iso(self._clock.now() + timedelta(seconds=seconds))
            self._note.keep(f"{self._host} {until}")
        self._bucket.pause(seconds, self._clock.monotonic())
        self._call_next()

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Nobody waits out a pause meanwhile: all who do are told AskedToWait at once."""
        before, self._patience = self._patience, 0.0
        self._call_next()
        for called in self._passing:
            called.set()
        try:
            yield
        finally:
            self._patience = before

    def settle(self, hold: Hold, name: str, status: Status | None) -> None:
        """The request was answered, or may have been carried out (`status` None)."""
        charged = hold.cost
        if status is not None:
            if status.requested is not None:
                self._charged[name] = status.requested
            charged = status.charged or 0.0
        if hold is self._first:
            self._is_wary, self._first = False, None  # where it was refused, `refused` comes next
        self.used += charged
        self._bucket.settle(hold, self._clock.monotonic(), charged=charged, status=status)
        self._call_next()

    def give_back(self, hold: Hold) -> None:
        """The request never reached the shop."""
        if hold is self._first:
            self._first = None
        self._bucket.settle(hold, self._clock.monotonic(), charged=0.0, status=None)
        self._call_next()

    def refused(self, seconds: float | None, status: Status | None) -> float:
        """The shop said THROTTLED or 429: nobody sends for as long as it asks for. Returns that
        time in seconds: `seconds` of its Retry-After, else until the points are there. After a 429
        one request goes first, and the others when it was answered.
        """
        self._is_wary = self._is_wary or seconds is not None or status is None
        self.throttled += 1
        self._bucket.distrust()
        wait = MIN_PAUSE
        if seconds is not None:
            wait = seconds
        elif status is not None and status.requested is not None and status.restore_rate > 0:
            wait = max(wait, (status.requested - status.available) / status.restore_rate)
        self.pause(wait)
        return wait

    @contextmanager
    def _queued(self, ticket: _Ticket) -> Iterator[None]:
        self._queue.add(ticket)
        try:
            yield
        finally:
            self._queue.remove(ticket)
            self._call_next()

    def _pause_noted(self) -> float:
        """Seconds that are left of what this host has asked another process for."""
        host, _, until = (self._note.kept() or "").partition(" ")
        if host != self._host:
            return 0.0
        try:
            left = (parse_iso(until) - self._clock.now()).total_seconds()
        except (ValueError, TypeError):
            return 0.0
        return left if left <= LONGEST_PAUSE else 0.0  # the wall clock has been put back

    def _look_at_pause(self) -> float:
        """Seconds that are left of it."""
        left = self.pause_left
        if left > self._patience:
            raise AskedToWait(left)
        return left

    def _wait_of(self, ticket: _Ticket) -> float | None:
        """Seconds to wait; None: until called."""
        if self._queue.first() is not ticket or self._bucket.in_flight >= self._max_in_flight:
            return None
        if self._first is not None:
            return None
        return self._bucket.wait_for(ticket.cost, self._clock.monotonic())

    async def _until_called(self, event: asyncio.Event, seconds: float | None) -> None:
        event.clear()
        if seconds is None:
            await event.wait()
            return
        called = asyncio.ensure_future(event.wait())
        slept = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((called, slept), return_when=asyncio.FIRST_COMPLETED)
        finally:
            called.cancel()
            slept.cancel()
            await asyncio.gather(called, slept, return_exceptions=True)

    def _call_next(self) -> None:
        following = self._queue.first()
        if following is not None:
            following.called.set()
