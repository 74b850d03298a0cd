"""The reading half of the engine: ask the shop, believe what is fresh, and let it flow.

A few changes flow as they come; many in one pass are looked at together before any of them changes
a level, so that the breaker sees the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from core.clock import iso, parse_iso
from core.errors import SafetyStop
from core.model import CellKey, Intent, Problem, Reading
from core.sync.breaker import HERE, NOTHING, Effect, Limits, check, pull_effect
from core.sync.commits import Commits
from core.sync.health import Block, blocks_of
from core.sync.ports import BooksTx, Shop
from core.sync.problems import IN_DOUBT
from core.sync.pulling import absorb
from core.sync.reading import Batch, Freshness, Pacing, WorkingSet, batches
from core.sync.trace import Trace


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is new in one answer, and the moment at which its request started."""

    started: int
    news: list[Reading]


@dataclass(slots=True)
class _Tally:
    """What has flowed of what the breaker looks at as one."""

    flowed: Effect = NOTHING


def _nobody(*_what: object) -> None:
    """Where nobody wants to be told."""


@dataclass(slots=True)
class Reader:
    shop: Shop
    commits: Commits
    pacing: Pacing
    limits: Limits
    _set: WorkingSet = field(default_factory=WorkingSet)
    _fresh: Freshness = field(init=False)
    quiet_passes: int = 0
    """Passes in a row that brought nothing new."""
    held: int = 0
    """Cells that differ from what was read, because the breaker has stopped that pass."""
    refused_moved: Callable[[], None] = _nobody
    """Told when the numbers of a refused cell have moved."""
    skus_read: Callable[[Mapping[str, str]], None] = _nobody
    """Told the SKUs, by inventory item, that have changed since they were last read, or that a
    first reading shows to be other ones than here."""
    _tally: _Tally = field(default_factory=lambda: _Tally())
    """What counts for the next pass, too: what hints have brought since the last one, and what had
    flowed of one before the breaker stopped it."""
    _watermark: str = ""
    _long_look: float = float("-inf")

    def __post_init__(self) -> None:
        self._fresh = Freshness(self.commits.clock.monotonic)

    # -- passes -------------------------------------------------------------------------------

    async def read_due(self) -> float:
        """One tick's reading; returns the share of cells known by a reading since the last
        sweep.
        """
        cells = self.load()
        self.held = 0
        self._set.read_in_pass = []
        if cells <= self.pacing.everything_up_to:
            await self.read_all()
            return 1.0
        started = self.commits.now()
        with self._one_pass():
            hints, too_many = await self._hints()
            await self.read_hinted(hints)
            todo = list(self._set.slice(self.pacing, hurried=too_many))
            await self._read(todo, self._tally)
        self._watermark = started
        self._set.settle()
        return min(1.0, len(self._set.last) / cells)

    async def read_all(self) -> None:
        """Every cell by direct ids. Raises SafetyStop where that is more than a shop does by
        itself; then only what came before that was in sight has flowed.
        """
        self.load()
        self.held = 0
        self._set.read_in_pass = []
        with self._one_pass():
            await self._read(self._set.batches, self._tally)
        self._set.settle()

    async def read_some(self, keys: Iterable[CellKey]) -> None:
        """These cells, as far as they are cells of the link; they count by themselves."""
        await self._read(self._batches_of(keys), _Tally())

    async def read_hinted(self, keys: Iterable[CellKey]) -> None:
        """The same for what the shop hints at. A mass change may come as many small hints: what
        they bring counts together, and for the next pass.
        """
        await self._read(self._batches_of(keys), self._tally)

    def _batches_of(self, keys: Iterable[CellKey]) -> list[Batch]:
        self.load()
        with self.commits.view() as view:
            return batches(view.cells_at([*keys]))

    async def note(self, keys: Iterable[CellKey]) -> None:
        """Read cells and only note what Shopify holds: no level changes on either side."""

        async def take(answer: _Answer) -> None:
            await self._absorb(answer, flow=False)

        await self._ask(batches(keys), take, everything=True)

    def load(self) -> int:
        """Make the working set fit the link; returns how many cells there are."""
        with self.commits.view() as view:
            revision = view.link().revision
            if revision != self._set.revision:
                self._set.load(revision, [cell.key for cell in view.cells()])
            for cell in view.cells_with((*IN_DOUBT, Problem.REJECTED)):
                if cell.here == cell.there:  # a person mended it here: the same reading is news now
                    self._set.last.pop(cell.key, None)
        return self._set.size

    # -- what others tell it ------------------------------------------------------------------

    def forget(self) -> None:
        """After a mass change or turning on, the same reading may mean something else."""
        self._set.forget()
        self._tally = _Tally()

    def answered(self, intent: Intent) -> None:
        """A write of ours has its outcome: what was asked before does not know of it, and the very
        same reading may come again and be news. To be told before that outcome is on disk: who is
        told to end in between knows it all the same.
        """
        self._fresh.answered(row.key for row in intent.rows)
        for row in intent.rows:
            self._set.last.pop(row.key, None)

    def settled(self, echoes: Mapping[CellKey, tuple[int, str]]) -> None:
        """That outcome is on disk."""
        self.quiet_passes = 0
        self._fresh.settled(echoes)

    @property
    def working(self) -> WorkingSet:
        return self._set

    def blocks(self) -> list[Block]:
        """How long ago each batch of the cells was read."""
        return blocks_of(self._set, self.commits.clock.monotonic())

    def waits(self) -> bool:
        """Whether some cell has not been read since our last write to it."""
        return self._fresh.waits()

    # -- one reading --------------------------------------------------------------------------

    async def _hints(self) -> tuple[Sequence[CellKey], bool]:
        """Cells that the search index says have changed since the last look, with an overlap for
        its lag; and whether there are so many that these are only some of them.
        """
        pace, now = self.pacing, self.commits.clock.monotonic()
        overlap = pace.overlap_s
        if now - self._long_look >= pace.long_look_s:
            self._long_look, overlap = now, pace.long_overlap_s
        since = _earlier(self._watermark or self.commits.now(), overlap)
        with self.commits.view() as view:
            locations = [pair.shopify_location_id for pair in view.pairs()]
        most = pace.hints_at_most
        found = await asyncio.gather(
            *(self.shop.changed_items(location, since, most) for location in locations)
        )
        hints = [
            CellKey(item_id, location)
            for location, item_ids in zip(locations, found, strict=True)
            for item_id in item_ids
        ]
        return hints, any(len(item_ids) >= most for item_ids in found)

    @contextmanager
    def _one_pass(self) -> Iterator[None]:
        """What flows in it counts together. Where the breaker stops it, for the next one, too."""
        is_stopped = False
        try:
            yield
        except SafetyStop:
            is_stopped = True
            raise
        finally:
            if not is_stopped:
                self._tally = _Tally()

    async def _read(self, todo: Iterable[Batch], tally: _Tally) -> None:
        """A few changes flow as they come; beyond what no limit can meet, all are held until the
        whole has been looked at, together with what the tally has already.
        """
        held: list[_Answer] = []
        counted = tally.flowed.changed + len(tally.flowed.gone)
        news = 0

        async def take(answer: _Answer) -> None:
            nonlocal news
            news += len(answer.news)
            if counted + news <= self.limits.least:
                tally.flowed += self._effect(answer.news)
                await self._absorb(answer, flow=True)
            else:
                held.append(answer)

        try:
            await self._ask(todo, take)
            tally.flowed += self._check([news for answer in held for news in answer.news], tally)
        except BaseException:
            for answer in held:
                self._fresh.done(answer.started)
            raise
        self.quiet_passes = 0 if news else self.quiet_passes + 1
        left = iter(held)
        try:
            for answer in left:
                await self._absorb(answer, flow=True)
        finally:
            for answer in left:
                self._fresh.done(answer.started)

    async def _ask(
        self,
        todo: Iterable[Batch],
        take: Callable[[_Answer], Awaitable[None]],
        *,
        everything: bool = False,
    ) -> None:
        """Ask for batches, several at a time; `take` gets each answer that holds something new (or
        every one). All requests end before a failure is raised.
        """
        with self.commits.view() as view:
            name = view.link().quantity_name
        limit = asyncio.Semaphore(self.pacing.parallel)

        async def one(batch: Batch) -> None:
            async with limit:
                started = self._fresh.start()
                moment = self.commits.clock.monotonic()
                try:
                    readings = await self.shop.read_levels(
                        batch.shopify_location_id, batch.inventory_item_ids, name
                    )
                except BaseException:
                    self._fresh.done(started)
                    raise
            self._set.was_read(batch, moment)
            news = list(readings) if everything else self._set.news(readings)
            if news:
                await take(_Answer(started, news))
            else:
                self._fresh.done(started)

        ended = await asyncio.gather(*(one(batch) for batch in todo), return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException):
                raise end

    async def _absorb(self, answer: _Answer, *, flow: bool) -> None:
        is_fresh = self._fresh.since(answer.started)

        def work(tx: BooksTx, trace: Trace) -> tuple[set[CellKey], Trace]:
            return absorb(tx, answer.news, is_fresh, trace, flow=flow), trace

        try:
            trusted, trace = await self.commits.commit(work)
        finally:
            self._fresh.done(answer.started)
        if trace.refused_moved:
            self.refused_moved()
        skus = self._set.new_skus((r for r in answer.news if r.key in trusted), trace.other_skus)
        if skus:
            self.skus_read(skus)
        if flow:
            self._set.last.update((r.key, r) for r in answer.news if r.key in trusted)

    def _check(self, news: list[Reading], tally: _Tally) -> Effect:
        """What these would do, where that may be."""
        if not news:
            return NOTHING
        effect = self._effect(news)
        try:
            check(effect + tally.flowed, self.limits, HERE)
        except SafetyStop:
            self.held = effect.changed
            raise
        return effect

    def _effect(self, news: list[Reading]) -> Effect:
        with self.commits.view() as view:
            cells = view.cells_at([reading.key for reading in news])
        pairs = [(cells[reading.key], reading) for reading in news if reading.key in cells]
        return pull_effect(pairs, self._set.size, self._set.items)


def _earlier(moment: str, seconds: float) -> str:
    return iso(parse_iso(moment) - timedelta(seconds=seconds))
