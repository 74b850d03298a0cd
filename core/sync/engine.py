"""The engine: keeps one brand's cells following the shop, and the shop following them, until told
to stop.

Two loops in one asyncio loop: reading (every tick; answers are absorbed as they come) and writing
(woken by changes here, and looking for changes that other processes made). Both pass a gate that
mass changes take alone. All memory of the engine is a cache: whatever it knows that matters is in
the books, so it can be killed at any await and started again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from core.clock import Clock, iso, parse_iso
from core.errors import DextreError, LinkIsOff, OutcomeUnknown, TryAgain
from core.model import CellKey, CellState, Intent, Problem, Reading
from core.sync import outbox
from core.sync.breaker import HERE, THERE, Limits, check, pull_effect, push_effect
from core.sync.events import BackOnline, Event, SyncStopped, WentOffline, WriteWaits
from core.sync.gate import Gate
from core.sync.ports import CHUNK, Books, BooksTx, Shop
from core.sync.pulling import absorb
from core.sync.reading import Batch, Freshness, Pacing, WorkingSet, batches
from core.sync.trace import Trace

log = logging.getLogger(__name__)

T = TypeVar("T")
Settler = Callable[[BooksTx, Intent, outbox.Settled], None]


@dataclass(slots=True)
class Health:
    """What the engine knows of itself; `error` is the code of what it waits for, `online` whether
    the shop answers.
    """

    online: bool = True
    error: str | None = None
    detail: str = ""
    last_pass_at: str | None = None
    verified_share: float | None = None


@dataclass(frozen=True, slots=True)
class RestReport:
    """How a `run --once` ended. `rests`: both sides equal, outbox empty, and a whole pass found
    nothing to do.
    """

    rests: bool
    passes: int
    pulled: int
    pushed: int
    needs_you: int
    detail: str = ""


@dataclass(slots=True)
class _Waiting:
    """An intent without an outcome: when to ask again."""

    tries: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class _Tally:
    pulled: int = 0
    pushed: int = 0


@dataclass(slots=True)
class Engine:
    """One brand's sync. `emit` takes events after they are on disk; `new_key` makes globally
    unique texts.
    """

    brand: str
    shop: Shop
    books: Books
    clock: Clock
    new_key: Callable[[], str]
    emit: Callable[[Event], None]
    location_name: Callable[[str], str]
    pacing: Pacing = field(default_factory=Pacing)
    limits: Limits = field(default_factory=Limits)
    on_settled: Settler | None = None
    on_health: Callable[[], None] = lambda: None
    gate: Gate = field(default_factory=Gate)
    health: Health = field(default_factory=Health)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _look: asyncio.Event = field(default_factory=asyncio.Event)
    _set: WorkingSet = field(default_factory=WorkingSet)
    _fresh: Freshness = field(init=False)
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _sending: set[str] = field(default_factory=set)
    _tally: _Tally = field(default_factory=_Tally)
    _watermark: str = ""

    def __post_init__(self) -> None:
        self._fresh = Freshness(self.clock.monotonic)

    # -- the loop -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled. Failures of the world are told, waited out and tried again."""
        await self.begin()
        async with asyncio.TaskGroup() as tasks:
            pacing = self.pacing
            tasks.create_task(self._forever(self._read_tick, pacing.tick_s, self._look))
            tasks.create_task(self._forever(self.push_pass, pacing.push_poll_s, self._wake))

    def wake(self) -> None:
        """Something changed here: send it now. Call it on the engine's own loop."""
        self._wake.set()

    def look(self) -> None:
        """A person wants to know: read the shop now as well. Call it on the engine's own loop."""
        self._look.set()
        self._wake.set()

    async def begin(self) -> None:
        """Give rows that were refused before another chance: what refused them may be gone."""

        def work(tx: BooksTx) -> None:
            for cell in list(tx.cells((CellState.NEEDS_YOU,))):
                if cell.problem is Problem.REJECTED:
                    tx.put_cell(replace(cell, problem=None, detail=""))

        await self.books.commit(work)

    async def _forever(
        self, step: Callable[[], Awaitable[None]], pause: float, wakes: asyncio.Event
    ) -> None:
        failures = 0
        since = 0.0
        while True:
            try:
                await step()
            except TryAgain as error:
                since = since or self.clock.monotonic()
                failures += 1
                self._tell_trouble(error, first=failures == 1)
                await self.clock.sleep(self._backoff(failures))
                continue
            except DextreError as error:
                failures += 1
                self._tell_stop(error, first=failures == 1)
                await self._pause(self.pacing.offline_max_s, wakes)
                continue
            if failures:
                self._tell_back(since)
                failures, since = 0, 0.0
            await self._pause(pause, wakes)

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

    def _backoff(self, failures: int) -> float:
        return min(self.pacing.offline_max_s, float(2 ** min(failures, 10)))

    def _tell_trouble(self, error: TryAgain, *, first: bool) -> None:
        self.health.online = False
        self.health.error, self.health.detail = error.code, str(error)
        self.on_health()
        if first:
            self.emit(WentOffline(at=self.now(), brand=self.brand, detail=str(error)))

    def _tell_stop(self, error: DextreError, *, first: bool) -> None:
        self.health.error, self.health.detail = error.code, str(error)
        self.on_health()
        if first:
            self.emit(
                SyncStopped(at=self.now(), brand=self.brand, detail=str(error), error=error.code)
            )

    def _tell_back(self, since: float) -> None:
        self.health.online, self.health.error, self.health.detail = True, None, ""
        seconds = round(self.clock.monotonic() - since) if since else 0
        self.emit(BackOnline(at=self.now(), brand=self.brand, seconds=seconds))

    # -- reading ------------------------------------------------------------------------------

    async def _read_tick(self) -> None:
        async with self.gate.shared():
            if not self._link_enabled():
                return
            await self._read_due()

    async def _read_due(self) -> None:
        self._load_working_set()
        if self._set.size <= self.pacing.everything_up_to:
            await self.read(self._set.batches)
            self._note_pass(whole=True)
            return
        started = self.now()
        hints = await self._hints()
        await self.read([*batches(hints), *self._set.slice(self.pacing)])
        self._watermark = started
        self._note_pass(whole=False)

    async def _hints(self) -> Sequence[CellKey]:
        """Cells that the search index says have changed since the last look, with an overlap for
        its lag.
        """
        since = _earlier(self._watermark or self.now(), self.pacing.overlap_s)
        with self.books.view() as view:
            locations = [pair.shopify_location_id for pair in view.pairs()]
        found = await asyncio.gather(*(self.shop.changed_items(loc, since) for loc in locations))
        with self.books.view() as view:
            return [
                key
                for loc, ids in zip(locations, found, strict=True)
                for key in (CellKey(item_id, loc) for item_id in ids)
                if view.cell(key) is not None
            ]

    async def read(self, todo: Iterable[Batch]) -> None:
        """Read batches, several at a time; look at all that is new, then let it flow.

        Raises SafetyStop where that is more than a shop does by itself; then nothing of it flows.
        """
        answers = await self._answers(todo)
        try:
            self._check_pull([reading for _, news in answers for reading in news])
            for started, news in answers:
                await self._absorb(news, started, flow=True)
        finally:
            for started, _ in answers:
                self._fresh.done(started)

    async def note(self, todo: Iterable[Batch]) -> None:
        """Read batches and only note what Shopify holds: nothing changes on either side."""
        for started, news in await self._answers(todo, everything=True):
            try:
                await self._absorb(news, started, flow=False)
            finally:
                self._fresh.done(started)

    async def _answers(
        self, todo: Iterable[Batch], *, everything: bool = False
    ) -> list[tuple[int, list[Reading]]]:
        """What is new in the answers, each with the moment at which its request started."""
        with self.books.view() as view:
            name = view.link().quantity_name
        limit = asyncio.Semaphore(self.pacing.parallel)

        async def one(batch: Batch) -> tuple[int, list[Reading]]:
            async with limit:
                started = self._fresh.start()
                try:
                    readings = await self.shop.read_levels(
                        batch.shopify_location_id, batch.inventory_item_ids, name
                    )
                    news = list(readings) if everything else self._set.news(readings)
                except BaseException:
                    self._fresh.done(started)
                    raise
            if not news:
                self._fresh.done(started)
            return started, news

        answers = await _settled([one(batch) for batch in todo])
        found = [answer for answer in answers if not isinstance(answer, BaseException)]
        for answer in answers:
            if isinstance(answer, BaseException):
                for started, news in found:
                    if news:
                        self._fresh.done(started)
                raise answer
        return [answer for answer in found if answer[1]]

    async def _absorb(self, news: list[Reading], started: int, *, flow: bool) -> None:
        is_fresh = self._fresh.since(started)
        trusted = await self.commit(lambda tx, trace: absorb(tx, news, is_fresh, trace, flow=flow))
        if flow:
            self._set.last.update((r.key, r) for r in news if r.key in trusted)

    def _check_pull(self, news: list[Reading]) -> None:
        if len(news) <= self.limits.least:
            return
        with self.books.view() as view:
            if not view.link().enabled:
                return
            pairs = [(cell, r) for r in news if (cell := view.cell(r.key)) is not None]
        check(pull_effect(pairs, self._set.size), self.limits, HERE)

    def _check_push(self) -> None:
        with self.books.view() as view:
            pending = list(view.cells((CellState.PENDING_PUSH,)))
        if len(pending) > self.limits.least:
            self._load_working_set()
            check(push_effect(pending, self._set.size), self.limits, THERE)

    def _load_working_set(self) -> None:
        with self.books.view() as view:
            revision = view.link().revision
            if revision != self._set.revision:
                self._set.load(revision, [cell.key for cell in view.cells()])
            for cell in view.cells((CellState.NEEDS_YOU,)):
                if cell.here == cell.there:  # a person mended it here: the same reading is news now
                    self._set.last.pop(cell.key, None)

    def forget_readings(self) -> None:
        """After a mass change or turning on, the same reading may mean something else."""
        self._set.forget()

    def _note_pass(self, *, whole: bool) -> None:
        self.health.last_pass_at = self.now()
        with self.books.view() as view:
            counts = view.count_cells()
        total = sum(counts.values())
        seen = 1.0 if whole else min(1.0, len(self._set.last) / max(total, 1))
        equal = counts.get(CellState.IN_SYNC, 0)
        self.health.verified_share = seen * equal / total if total else None
        self.on_health()

    # -- writing ------------------------------------------------------------------------------

    async def push_pass(self) -> None:
        """Settle what waits in the outbox, then send all that is pending."""
        async with self.gate.shared():
            await self.settle_outbox()
            if self.health.online and self._link_enabled():
                await self._push_pending()

    async def _push_pending(self) -> None:
        self._check_push()
        while self._has_pending():
            intents: list[Intent] = []
            while len(intents) < self.pacing.parallel:
                decided = await self.commit(self._decide)
                if decided is None:
                    break
                intents.append(decided)
                if len(decided.rows) < CHUNK:
                    break
            if not intents or not all(await _all([self.send(intent) for intent in intents])):
                return

    def _has_pending(self) -> bool:
        """Looked up before a transaction is begun: most of the time there is nothing to send."""
        with self.books.view() as view:
            return next(view.cells((CellState.PENDING_PUSH,)), None) is not None

    def _decide(self, tx: BooksTx, trace: Trace) -> Intent | None:
        return outbox.decide(tx, self.new_key(), trace.at, trace)

    async def settle_outbox(self, *, now: bool = False) -> int:
        """Ask again for every intent whose time has come (`now`: for all); returns how many still
        wait.
        """
        with self.books.view() as view:
            waiting = view.intents()
        if not waiting:
            return 0
        moment = self.clock.monotonic()
        due = [
            intent
            for intent in waiting
            if intent.key not in self._sending
            and (now or self._waiting.get(intent.key, _Waiting()).not_before <= moment)
        ]
        await _all([self.send(intent) for intent in due])
        with self.books.view() as view:
            return len(view.intents())

    async def send(self, intent: Intent) -> bool:
        """Send an intent that is in the outbox and settle it. False: no outcome, or the shop asked
        to come later.
        """
        self._sending.add(intent.key)
        try:
            if outbox.expired(intent, self.clock.now()):
                await self._settle_by_reading(intent)
                return True
            result = await self.shop.write(intent)
        except TryAgain as error:
            self._wait_longer(intent, error)
            return False
        finally:
            self._sending.discard(intent.key)
        self._waiting.pop(intent.key, None)
        if result.problems and result.receipt:
            # Never seen, and all-or-nothing forbids it: then what Shopify holds decides.
            await self._settle_by_reading(intent)
            return True

        def work(tx: BooksTx, trace: Trace) -> outbox.Settled:
            settled = outbox.settle(tx, intent, result, trace)
            self._after_settling(tx, intent, settled)
            return settled

        settled = await self.commit(work)
        self._settled(intent, settled)
        return not settled.again

    def _wait_longer(self, intent: Intent, error: TryAgain) -> None:
        waiting = self._waiting.setdefault(intent.key, _Waiting())
        waiting.tries += 1
        waiting.not_before = self.clock.monotonic() + self._backoff(waiting.tries)
        if isinstance(error, OutcomeUnknown) and waiting.tries == 1:
            self.emit(
                WriteWaits(
                    at=self.now(),
                    brand=self.brand,
                    run=intent.run,
                    key=intent.key,
                    rows=len(intent.rows),
                    detail=str(error.params.get("detail", error.code)),
                )
            )

    async def _settle_by_reading(self, intent: Intent) -> None:
        found: dict[CellKey, Reading] = {}
        for batch in batches(row.key for row in intent.rows):
            readings = await self.shop.read_levels(
                batch.shopify_location_id, batch.inventory_item_ids, intent.name
            )
            found.update((reading.key, reading) for reading in readings)

        def work(tx: BooksTx, trace: Trace) -> outbox.Settled:
            settled = outbox.decide_by_reading(tx, intent, found, trace)
            self._after_settling(tx, intent, settled)
            return settled

        self._settled(intent, await self.commit(work))
        self._waiting.pop(intent.key, None)

    def _after_settling(self, tx: BooksTx, intent: Intent, settled: outbox.Settled) -> None:
        if intent.run is not None and self.on_settled is not None:
            self.on_settled(tx, intent, settled)

    def _settled(self, intent: Intent, settled: outbox.Settled) -> None:
        keys = [row.key for row in intent.rows]
        self._fresh.settled(keys, settled.echoes)
        for key in keys:
            self._set.last.pop(key, None)

    # -- to rest ------------------------------------------------------------------------------

    async def rest(self, *, passes: int = 60) -> RestReport:
        """Pass after pass until both sides rest: a whole pass by direct reads that finds nothing
        to do.

        Raises LinkIsOff where the link is off, and what a person must act on as it is."""
        if not self._link_enabled():
            raise LinkIsOff(brand=self.brand)
        await self.begin()
        self._tally = _Tally()
        detail = ""
        failures = 0
        for number in range(1, passes + 1):
            before = (self._tally.pulled, self._tally.pushed)
            try:
                quiet = await self._whole_pass()
                failures, detail = 0, ""
            except TryAgain as error:
                quiet, detail = False, str(error)
                failures += 1
                await self.clock.sleep(self._backoff(failures))
                if failures > 6:
                    return self._report(number, detail, rests=False)
                continue
            if quiet and before == (self._tally.pulled, self._tally.pushed):
                return self._report(number, rests=True)
            if not quiet:
                failures += 1
                await self.clock.sleep(min(self._backoff(failures), 5.0))
        return self._report(passes, detail, rests=False)

    async def _whole_pass(self) -> bool:
        """Settle, read everything, push; True when nothing is left to do but what waits for a
        person.
        """
        async with self.gate.shared():
            waiting = await self.settle_outbox(now=True)
            self._load_working_set()
            await self.read(self._set.batches)
            self._note_pass(whole=True)
            await self._push_pending()
            with self.books.view() as view:
                counts = view.count_cells()
                waiting = len(view.intents())
        busy = (CellState.PENDING_PUSH, CellState.PENDING_PULL, CellState.PUSHING)
        if waiting or self._fresh.waits():
            return False
        return not any(counts.get(state) for state in busy)

    def _report(self, passes: int, detail: str = "", *, rests: bool) -> RestReport:
        with self.books.view() as view:
            needs_you = view.count_cells().get(CellState.NEEDS_YOU, 0)
        return RestReport(rests, passes, self._tally.pulled, self._tally.pushed, needs_you, detail)

    # -- small things -------------------------------------------------------------------------

    async def commit(self, work: Callable[[BooksTx, Trace], T], run: str | None = None) -> T:
        """One transaction; its events are told when it is on disk."""
        trace = Trace(self.now(), self.brand, self.location_name, run)

        def traced(tx: BooksTx) -> T:
            trace.events.clear()
            trace.pulled = trace.pushed_rows = 0
            return work(tx, trace)

        result = await self.books.commit(traced)
        self._tally.pulled += trace.pulled
        self._tally.pushed += trace.pushed_rows
        for event in trace.events:
            self.emit(event)
        return result

    def _link_enabled(self) -> bool:
        with self.books.view() as view:
            return view.link().enabled

    def now(self) -> str:
        return iso(self.clock.now())


async def _settled(work: Sequence[Awaitable[T]]) -> list[T | BaseException]:
    """Run all and let all end: one failing request does not cut off its neighbours."""
    return await asyncio.gather(*work, return_exceptions=True)


async def _all(work: Sequence[Awaitable[T]]) -> list[T]:
    """The same, then raise the first failure."""
    done = await _settled(work)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]


def _earlier(moment: str, seconds: float) -> str:
    return iso(parse_iso(moment) - timedelta(seconds=seconds))
