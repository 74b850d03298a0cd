"""The engine: keeps one brand's cells following the shop, and the shop following them, until told
to stop.

Three loops in one asyncio loop: reading (every tick), reading what somebody hinted at, and writing
(woken by changes here, and looking for changes that other processes made). All pass a gate that
mass changes take alone. All memory of the engine is a cache: whatever it knows that matters is in
the books, so it can be killed at any await and started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from core.clock import Clock, iso
from core.errors import DextreError, LinkIsOff, SafetyStop, TryAgain, failure_class, note_of
from core.model import CellKey, CellState
from core.sync.breaker import Limits
from core.sync.commits import Commits
from core.sync.events import BackOnline, Event, SyncGoesOn, SyncStopped, WentOffline
from core.sync.gate import Gate
from core.sync.health import Health
from core.sync.ports import Books, Shop
from core.sync.reader import Reader
from core.sync.reading import Pacing
from core.sync.sender import Sender

PATIENCE = 6
"""Failures in a row after which `rest` gives up."""

PATIENCE_S = 60.0
"""Seconds of nothing but failures after which it gives up, too: whoever waits wants to know."""


@dataclass(frozen=True, slots=True)
class RestReport:
    """How a `run --once` ended. `rests`: outbox empty, and a whole pass found nothing to do."""

    rests: bool
    passes: int
    pulled: int
    pushed: int
    needs_you: int
    trouble: DextreError | None = None


class Engine:
    """One brand's sync. `new_key` makes globally unique texts; `on_health` is called when `health`
    has news. `tuning` gives pacing and limits as they are now, in place of fixed ones.
    """

    def __init__(
        self,
        *,
        brand: str,
        shop: Shop,
        books: Books,
        clock: Clock,
        new_key: Callable[[], str],
        emit: Callable[[Event], None],
        location_name: Callable[[str], str],
        pacing: Pacing | None = None,
        limits: Limits | None = None,
        tuning: Callable[[], tuple[Pacing, Limits]] | None = None,
    ) -> None:
        self.brand = brand
        self.books = books
        self.clock = clock
        self.pacing = pacing or Pacing()
        self.limits = limits or Limits()
        self._tuning = tuning
        if tuning is not None:
            self.pacing, self.limits = tuning()
        self.gate = Gate()
        self.health = Health(since=iso(clock.now()))
        self.on_health: Callable[[], None] = lambda: None
        self.commits = Commits(
            brand, books, clock, emit, location_name, failures=self.health.failures
        )
        self.reader = Reader(shop, self.commits, self.pacing, self.limits)
        self.sender = Sender(
            shop,
            self.commits,
            self.pacing,
            self.limits,
            new_key,
            self.reader.answered,
            self.reader.settled,
            self.reader.read_some,
        )
        self.reader.refused_moved = self.sender.chance_soon
        self._left_at: int | None = None
        """The version of the books when `run` or `rest` ended last."""
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._hinted = asyncio.Event()
        self._hints: set[CellKey] = set()

    # -- the loop -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. Failures of the world are told, waited out and tried again."""
        # Ended in the middle of a failure, as when the sync is lent, and now run again: what was
        # waited for then says nothing of now, and would keep the other loops waiting for ever.
        self.health.failing.clear()
        self._take_up()
        self.sender.give_chance()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._forever(self.read_pass, self._tick, self._look))
                tasks.create_task(self._forever(self.push_pass, self._poll, self._wake))
                tasks.create_task(self._forever(self.hint_pass, self._tick, self._hinted))
        finally:
            with suppress(DextreError):
                self._left_at = self.books.version()

    def _take_up(self) -> None:
        """What was read before means something else after what others did meanwhile."""
        if self._left_at != self.books.version():
            self.reader.forget()

    def wake(self) -> None:
        """Something changed here: send it now. Call it on the engine's own loop."""
        self._wake.set()

    def look(self) -> None:
        """A person wants to know: read the shop now as well. Call it on the engine's own loop."""
        self._look.set()
        self._wake.set()
        self._hinted.set()

    def hint(self, key: CellKey) -> None:
        """Somebody says that this cell has changed on Shopify: look at it now. What is no cell of
        ours is passed over. Call it on the engine's own loop.
        """
        self._hints.add(key)
        self._hinted.set()

    def retune(self) -> None:
        """Take up pacing and limits where they have changed, and look at both sides with them."""
        if self._tuning is None:
            return
        pacing, limits = self._tuning()
        if (pacing, limits) == (self.pacing, self.limits):
            return
        self.pacing = self.reader.pacing = self.sender.pacing = pacing
        self.limits = self.reader.limits = self.sender.limits = limits
        self.look()

    async def read_pass(self) -> None:
        """Read what is due and let it flow; nothing while the link is off."""
        self.retune()
        async with self.gate.shared():
            if self.commits.link_is_on():
                self._note_pass(await self.reader.read_due())

    async def hint_pass(self) -> None:
        """Read the cells that were hinted at; a hint that fails is made good by the next pass."""
        if not self._hints:
            return
        hints, self._hints = self._hints, set()
        if isinstance(self.health.failing.get("read_pass"), SafetyStop):
            return  # what a person has to agree to does not flow by another way
        async with self.gate.shared():
            if self.commits.link_is_on():
                await self.reader.read_hinted(hints)

    async def look_at(self, keys: Collection[CellKey]) -> None:
        """Read these cells now, for a person who has just changed something about them; while the
        link is off, Shopify's numbers are only noted.
        """
        async with self.gate.shared():
            if self.commits.link_is_on():
                await self.reader.read_some(keys)
            else:
                await self.reader.note(keys)

    async def push_pass(self) -> None:
        """Settle what waits in the outbox, then send all that is pending. Called several times a
        second, so that it costs next to nothing while there is neither.
        """
        is_due = self.sender.chance_is_due()
        if not is_due and not self.sender.has_work():
            return
        self.retune()
        async with self.gate.shared():
            link_is_on = self.commits.link_is_on()
            await self.sender.settle_outbox(link_is_on=link_is_on)
            if self.health.online:
                if is_due:
                    await self.sender.try_refused()
                if link_is_on:
                    await self.sender.push_pending()

    def try_refused(self) -> None:
        """What refused rows may be gone: try them now. Call it on the engine's own loop."""
        self.sender.give_chance()
        self._wake.set()

    def _tick(self) -> float:
        return self.pacing.tick(self.reader.quiet_passes)

    def _poll(self) -> float:
        return self.pacing.push_poll_s

    async def _forever(
        self,
        step: Callable[[], Awaitable[None]],
        pause: Callable[[], float],
        wakes: asyncio.Event,
    ) -> None:
        failures = 0
        since = 0.0
        while True:
            began = self.clock.monotonic()
            try:
                await step()
            except TryAgain as error:
                since = since or began
                failures += 1
                self._tell_trouble(error, first=self._is_news(error))
                self._note_failure(step, error)
                await self._pause(max(self.pacing.backoff(failures), error.wait_s), wakes)
                continue
            except DextreError as error:
                since = since or began
                failures += 1
                self._tell_stop(error, first=self._is_news(error))
                self._note_failure(step, error)
                await self._pause(self.pacing.offline_max_s, wakes)
                continue
            if failures:
                self._back(since, self.health.failing.pop(_name(step), None))
                failures, since = 0, 0.0
            took = self.clock.monotonic() - began
            await self._pause(max(self.pacing.least_s, pause() - took), wakes)

    async def _pause(self, seconds: float, wakes: asyncio.Event) -> None:
        waits = {
            asyncio.ensure_future(wakes.wait()),
            asyncio.ensure_future(self.clock.sleep(seconds)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        wakes.clear()

    # -- health -------------------------------------------------------------------------------

    def _tell_trouble(self, error: TryAgain, *, first: bool) -> None:
        if first:
            self.commits.emit(
                WentOffline(
                    at=self.commits.now(),
                    brand=self.brand,
                    detail=str(error),
                    told=note_of(error).record(),
                )
            )

    def _tell_stop(self, error: DextreError, *, first: bool) -> None:
        if first:
            self.commits.emit(
                SyncStopped(
                    at=self.commits.now(),
                    brand=self.brand,
                    detail=str(error),
                    error=error.code,
                    told=note_of(error).record(),
                )
            )

    def _is_news(self, error: DextreError) -> bool:
        """Whether no loop fails so already: what stops reading mostly stops writing, too. Of what
        passes by itself one line is enough, in whatever way the shop cannot be reached.
        """
        failing = self.health.failing.values()
        if isinstance(error, TryAgain):
            return not any(isinstance(failure, TryAgain) for failure in failing)
        return error.code not in {failure.code for failure in failing}

    def _back(self, since: float, was: DextreError | None) -> None:
        """A loop works again, after that failure; told when all do."""
        if not self.health.failing:
            told = BackOnline if was is None or isinstance(was, TryAgain) else SyncGoesOn
            seconds = round(self.clock.monotonic() - since)
            self.commits.emit(told(at=self.commits.now(), brand=self.brand, seconds=seconds))
        self.sender.wait_no_longer()
        self.look()
        self._note_ages()

    def _note_failure(self, step: Callable[[], Awaitable[None]], error: DextreError) -> None:
        self.health.failing[_name(step)] = error
        if isinstance(error, SafetyStop):
            self.health.failures[failure_class(error)] += 1
        self._note_ages()

    def _note_ages(self) -> None:
        """Without a pass that read anything."""
        self.health.grow_older(self.reader.working, self.clock.monotonic())
        self.on_health()

    def _note_pass(self, known_share: float) -> None:
        self.health.last_pass_at = self.commits.now()
        with self.books.view() as view:
            self.health.take_pass(view, self.reader.working, self.clock.monotonic(), known_share)
        self.on_health()

    # -- to rest ------------------------------------------------------------------------------

    async def rest(self, *, passes: int = 60) -> RestReport:
        """Pass after pass until both sides rest: a whole pass by direct reads that finds nothing to
        do but what waits for a person.

        Raises LinkIsOff, SafetyStop, and what a person must act on.
        """
        if not self.commits.link_is_on():
            raise LinkIsOff(brand=self.brand)
        self._take_up()
        self.retune()
        self.sender.give_chance()
        self.commits.pulled = self.commits.pushed = 0
        trouble: TryAgain | None = None
        failures = restless = 0
        failing_since = 0.0
        for number in range(1, passes + 1):
            before = (self.commits.pulled, self.commits.pushed)
            began = self.clock.monotonic()
            try:
                quiet = await self.whole_pass()
                trouble = self.sender.unanswered
            except TryAgain as error:
                quiet, trouble = False, error
            is_moving = before != (self.commits.pulled, self.commits.pushed)
            if trouble is not None and not is_moving:
                failures += 1
                failing_since = began if failures == 1 else failing_since
                lasts = self.clock.monotonic() - failing_since
                pause = max(self.pacing.backoff(failures), trouble.wait_s)
                if failures > PATIENCE or max(lasts, trouble.wait_s) > PATIENCE_S:
                    return self._report(number, trouble, rests=False)
                await self.clock.sleep(pause)
                continue
            failures = 0
            if not quiet:
                restless += 1
                await self.clock.sleep(min(self.pacing.backoff(restless), 5.0))
            elif not is_moving:
                return self._report(number, rests=True)
        return self._report(passes, trouble, rests=False)

    async def whole_pass(self) -> bool:
        """Settle, read everything, push; True when nothing is left to do but what waits for a
        person.
        """
        async with self.gate.shared():
            await self.sender.settle_outbox(now=True)
            await self.reader.read_all()
            self._note_pass(1.0)
            if self.sender.chance_is_due():
                await self.sender.try_refused()
            await self.sender.push_pending()
            with self.books.view() as view:
                counts = view.count_cells()
                waiting = len(view.intents())
        if waiting or self.reader.waits():
            return False
        busy = (CellState.PENDING_PUSH, CellState.PENDING_PULL, CellState.PUSHING)
        return not any(counts.get(state) for state in busy)

    def _report(
        self, passes: int, trouble: DextreError | None = None, *, rests: bool
    ) -> RestReport:
        self._left_at = self.books.version()
        with self.books.view() as view:
            needs_you = view.count_cells().get(CellState.NEEDS_YOU, 0)
        return RestReport(
            rests, passes, self.commits.pulled, self.commits.pushed, needs_you, trouble
        )


def _name(step: Callable[[], Awaitable[None]]) -> str:
    return getattr(step, "__name__", "step")
