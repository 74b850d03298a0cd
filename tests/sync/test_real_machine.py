"""Everything that can happen to a real brand, in any order: the engine runs in the background, the
world is stopped between any two of its steps, changed, let go on, or killed. It lends the sync to
another process, which has a handle and a memory of its own and may be killed as well, and goes on
with what it remembers. Then the machine asks for calm.

At every commit: the law of conservation (conservation.py), only what was in the outbox is written,
only what is mapped and paired, nothing while the link is off. After a kill: the books are what they
were. At rest: both sides equal, no key has written twice, nothing more is written.

That it bites was tried by breaking the engine in these ways, one at a time; found, within so many
stories: a request that was never in the outbox (12) · a new key after an unknown outcome (66) ·
readings taken while a write is in flight (4) · a base moved twice, or not at all (6) · settling in
two commits (4) · the outbox forgotten at a start (66) · keys that never expire (129) · refusals
taken for success (38) · a base that moves by more than the level (13) · writing absolute numbers in
place of deltas (21) · the link's switch ignored (538) · the outbox thrown away when the link is
turned off (330) · cells left behind by unmapping (156) · settling onto a cell that has left and
come back (413) · readings from before our own write believed (217) · a row without effect taken for
applied (1,000).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from core.errors import DextreError
from core.model import Cell, CellKey, CellState, Plan, PlanKind, Problem, QuantityName, SkuMapping
from core.sync import aside
from core.sync.cells import map_one, pair_locations, unmap_one
from core.sync.problems import FROM_READING
from core.sync.reading import Pacing
from core.sync.runs import Runs
from core.sync.trace import Trace
from tests.sync.conservation import Watcher
from tests.sync.examples import stories
from tests.sync.real_world import LABEL, OTHER_LABEL, SKUS, RealWorld, Visitor

pytestmark = pytest.mark.timeout(7200)

ITEMS, PLACES = st.integers(0, 2), st.integers(0, 1)
AT_THE_SHOP = (
    "loss_before", "loss_after", "timeout_after", "garbage_after", "internal", "internal_after",
    "failed_attempt", "429", "503_after", "throttled", "none", "points are taken",
)  # fmt: skip
MOST_BEHIND = 1200
"""Seconds that the clock may step back in all; the life of a key leaves half an hour for it."""
WAITING = frozenset(
    {
        Problem.NEGATIVE_NOT_ALLOWED,
        Problem.DIFFERS_AT_START,
        Problem.OUTCOME_UNKNOWN,
        *FROM_READING,
    }
)
BUSY = frozenset({CellState.PENDING_PUSH, CellState.PENDING_PULL, CellState.PUSHING})

THEN = st.sampled_from([(0, 0), (0, 0), (0, 5), (0, 20), (0.15, 3), (0.5, 0), (1.5, 9)])
"""Seconds and steps of the loop that the world goes on for before the next thing happens."""


Act = Callable[..., None]


def happens(**given: Any) -> Callable[[Act], Act]:
    """A rule of the machine: it happens, and then the world goes on a little, to any moment."""

    def as_rule(act: Act) -> Act:
        def happen(self: RealMachine, then: tuple[float, int], **values: Any) -> None:
            act(self, **values)
            self.w.go(*then)

        happen.__name__ = act.__name__
        made: Any = rule(then=THEN, **given)
        return cast(Act, made(happen))

    return as_rule


class RealMachine(RuleBasedStateMachine):
    world: RealWorld | None = None

    @initialize(
        name=st.sampled_from(QuantityName),
        negative=st.booleans(),
        by_hints=st.booleans(),
        latency=st.sampled_from([0.0, 0.3]),
        lagging=st.booleans(),
        edited=st.booleans(),
    )
    def begin(
        self,
        name: QuantityName,
        negative: bool,
        by_hints: bool,
        latency: float,
        lagging: bool,
        edited: bool,
    ) -> None:
        """`lagging`: readings may be behind; `edited`: people change the link while it runs."""
        pacing = Pacing(push_poll_s=1.0, everything_up_to=0 if by_hints else 5000, sweep_s=20.0)
        self.world = RealWorld(name=name, negative=negative, latency=latency, pacing=pacing)
        self.watcher = Watcher(self.world, trust=not lagging)
        self.lagging, self.edited = lagging, edited
        self.behind = 0
        self.deleted: set[str] = set()
        self.last_run: str | None = None
        self.is_shared = False
        self.world.start()

    @property
    def w(self) -> RealWorld:
        assert self.world is not None
        return self.world

    # -- both sides ------------------------------------------------------------------------------

    @happens(sku=st.sampled_from(["A", "B"]), place=PLACES, n=st.integers(-4, 6))
    def change_here(self, sku: str, place: int, n: int) -> None:
        self.change(sku, place, n)

    def change(self, sku: str, place: int, n: int) -> None:
        before = self.w.level_here(sku, self.w.places[place])
        n = n if self.w.negative else max(n, -max(before, 0))
        with self.watcher.person():
            self.w.change_here(sku, self.w.places[place], n)

    @happens(item=ITEMS, place=PLACES, n=st.integers(-5, 5), sets=st.booleans())
    def change_there(self, item: int, place: int, n: int, sets: bool) -> None:
        """A sale, a restock, or another app that sets what it thinks is right."""
        practice, at = self.w.practice, (self.w.items[item], self.w.places[place])
        if self.w.items[item] in self.deleted:
            return
        with self.watcher.person():
            if sets:
                practice.set_available(*at, abs(n) * 4)
            elif n > 0:
                practice.sell(*at, n)
            else:
                practice.restock(*at, -n)

    # -- time and trouble ------------------------------------------------------------------------

    @happens(seconds=st.sampled_from([2.5, 5]))
    def nothing_for_a_while(self, seconds: float) -> None:
        self.w.go(seconds)

    @happens(end=st.sampled_from(["kill", "kill in the next commit", "restart", "kill the other"]))
    def the_process_ends(self, end: str) -> None:
        if end == "kill in the next commit":
            self.w.dies_in_commit = True
        elif end == "kill the other" and self.w.visitor is not None:
            self.w.kill_visitor()
        elif end == "restart":
            self.w.restart()
            self.w.start()
        else:
            before = self.watcher.look()
            self.w.kill()
            assert self.watcher.look() == before
            self.w.start()

    @happens(kind=st.sampled_from(AT_THE_SHOP), only=st.sampled_from(["all", "writes"]))
    def trouble_at_the_shop(self, kind: str, only: str) -> None:
        self.w.practice.faults.only = only
        if kind == "points are taken":
            self.w.practice.executor.bucket.drain(2000)
        else:
            self.w.practice.faults.next.append(kind)

    @happens(kind=st.sampled_from(["late", "twice", "slow"]), of_write=st.booleans())
    def trouble_on_the_wire(self, kind: str, of_write: bool) -> None:
        self.w.armed.append((kind, of_write))

    @happens(
        readings=st.sampled_from([0, 2, 6]),
        index=st.sampled_from([0, 5, 40]),
        latency=st.sampled_from([0, 0.2, 3]),
    )
    def the_shop_is_behind(self, readings: int, index: int, latency: float) -> None:
        faults = self.w.practice.faults
        faults.lag, faults.index_lag = readings if self.lagging else 0, index
        faults.latency = latency

    @happens(seconds=st.sampled_from([70, 25 * 3600, -5, -600]))
    def the_clock_jumps(self, seconds: int) -> None:
        self.w.deliver()
        if seconds > 3600:
            self.w.until_nothing_is_under_way()  # no request is so for a day
        if seconds > 0:
            self.w.loop.let_pass(seconds)
        elif self.behind - seconds <= MOST_BEHIND:
            self.behind -= seconds
            self.w.clock.step_back(-seconds)

    @happens(place=PLACES, active=st.booleans(), noted=st.booleans())
    def a_location_is_switched(self, place: int, active: bool, noted: bool) -> None:
        self.w.practice.set_location_active(self.w.places[place], active=active)
        if noted:
            self.note_locations()

    @happens(item=ITEMS, tracked=st.booleans(), place=PLACES, n=st.integers(-2, 3))
    def the_item_is_tracked_or_not(self, item: int, tracked: bool, place: int, n: int) -> None:
        """And in the same moment its level here is changed."""
        self.track(self.w.items[item], tracked)
        self.change(SKUS[item], place, n)

    def track(self, item: str, tracked: bool) -> None:
        if item not in self.deleted:
            with self.watcher.person():
                self.w.practice.set_tracked(item, tracked=tracked)

    @happens(item=ITEMS, place=PLACES, stocked=st.booleans())
    def the_item_is_stocked_there_or_not(self, item: int, place: int, stocked: bool) -> None:
        if self.w.items[item] not in self.deleted:
            with self.watcher.person():
                self.w.practice.set_stocked(
                    self.w.items[item], self.w.places[place], stocked=stocked
                )

    @precondition(lambda self: self.edited)
    @happens(item=ITEMS)
    def the_variant_is_deleted(self, item: int) -> None:
        deleted = self.w.items[item]
        if deleted in self.deleted:
            return
        with self.watcher.person():
            self.w.practice.remove_variant(deleted)
            self.deleted.add(deleted)
            self.watcher.gone.update(CellKey(deleted, place) for place in self.w.places)

    def note_locations(self) -> None:
        active = [place.id for place in self.w.practice.stock.locations if place.is_active]
        trace = Trace(self.w.engine.commits.now(), "Brand", str)
        with self.watcher.person(), self.w.at_hand.books.transaction() as tx:
            aside.note_locations(tx, active, trace)

    # -- people ----------------------------------------------------------------------------------

    @happens(item=ITEMS, place=PLACES)
    def hint(self, item: int, place: int) -> None:
        self.w.engine.hint(CellKey(self.w.items[item], self.w.places[place]))

    @precondition(lambda self: self.edited)
    @happens(item=ITEMS, sku=st.sampled_from(["", "A", "B"]))
    def map_re_target_or_unmap(self, item: int, sku: str) -> None:
        with self.watcher.person(), self.w.at_hand.books.transaction() as tx:
            if sku:
                map_one(tx, SkuMapping(self.w.items[item], sku))
            else:
                unmap_one(tx, self.w.items[item])

    @precondition(lambda self: self.edited)
    @happens(item=ITEMS, place=PLACES, ignored=st.booleans())
    def ignore_or_notice(self, item: int, place: int, ignored: bool) -> None:
        act = aside.ignore if ignored else aside.notice
        with self.watcher.person(), self.w.at_hand.books.transaction() as tx:
            act(tx, [CellKey(self.w.items[item], self.w.places[place])])

    @precondition(lambda self: self.edited)
    @happens(
        places=st.sampled_from([(0,), (0, 1), (1,)]), label=st.sampled_from([LABEL, OTHER_LABEL])
    )
    def pair_and_choose_the_label(self, places: tuple[int, ...], label: str) -> None:
        pairs = self.w.pairs(*(self.w.places[place] for place in places))
        with self.watcher.person(), self.w.at_hand.books.transaction() as tx:
            pair_locations(tx, tuple(pairs), label)

    @precondition(lambda self: self.edited)
    @happens(on=st.booleans())
    def switch(self, on: bool) -> None:
        if on:
            self.turn_on_as_it_was()
        else:
            self.in_the_background(self.w.runs.disable)

    def turn_on_as_it_was(self) -> None:
        with self.watcher.person(), self.w.at_hand.books.transaction() as tx:
            tx.put_link(replace(tx.link(), enabled=True))

    @precondition(lambda self: self.edited)
    @happens(kind=st.sampled_from(PlanKind), on=st.booleans())
    def mass_change(self, kind: PlanKind, on: bool) -> None:
        runs, last = self.w.runs, self.last_run

        async def work() -> None:
            if kind is PlanKind.COUNT:
                counted = dict.fromkeys(self.watcher.books.cells, 5)
                await runs.apply(await runs.plan_cells(kind, list(counted), counted))
            elif kind is not PlanKind.UNDO:
                plan = await runs.plan(kind)
                self.last_run = plan.id
                await (runs.enable(plan) if on else runs.apply(plan))
            elif last is not None:
                await runs.apply(await runs.undo_plan(last))

        self.in_the_background(work)

    def in_the_background(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def to_its_end() -> None:
            with suppress(DextreError):  # what a person is told
                await work()

        if self.is_free():
            self.w.work = self.w.loop.create_task(to_its_end())

    # -- another process has the sync --------------------------------------------------------------

    @happens(
        what=st.sampled_from(["sync", "once", "plan"]),
        kind=st.sampled_from([PlanKind.MERGE, PlanKind.PUSH, PlanKind.PULL]),
        seconds=st.sampled_from([0.2, 3, 12]),
        anew=st.booleans(),
    )
    def the_sync_is_lent(self, what: str, kind: PlanKind, seconds: float, anew: bool) -> None:
        """To an app that syncs for a while, to `run --once`, or to one that only looks."""

        async def work(visitor: Visitor) -> None:
            async with self.w.held():
                if what == "sync":
                    await self.sync_for(visitor, seconds)
                elif what == "once":
                    await visitor.engine.rest()
                else:
                    await visitor.runs.plan(kind)

        self.lend(work, anew=anew)

    @precondition(lambda self: self.edited)
    @happens(
        kind=st.sampled_from(PlanKind),
        on=st.booleans(),
        thinks=st.sampled_from([0, 0.5, 4]),
        back=st.booleans(),
        anew=st.booleans(),
    )
    def the_sync_is_lent_for_a_run(
        self, kind: PlanKind, on: bool, thinks: float, back: bool, anew: bool
    ) -> None:
        """A command: it looks, its person thinks while the service has the sync, then it does it,
        and maybe takes it `back` after a while. COUNT stands for turning the link off.
        """

        async def work(visitor: Visitor) -> None:
            runs = visitor.runs
            if kind is PlanKind.COUNT:
                async with self.w.held():
                    await runs.disable()
                return
            if kind is not PlanKind.UNDO:
                await self.apply_later(lambda: runs.plan(kind), runs, thinks, on=on)
                await self.w.clock.sleep(thinks)
            last = self.last_run
            if (back or kind is PlanKind.UNDO) and last is not None:
                await self.apply_later(lambda: runs.undo_plan(last), runs, thinks)

        self.lend(work, anew=anew)

    async def apply_later(
        self,
        planning: Callable[[], Coroutine[Any, Any, Plan]],
        runs: Runs,
        thinks: float,
        *,
        on: bool = False,
    ) -> None:
        async with self.w.held():
            plan = await planning()
        await self.w.clock.sleep(thinks)
        async with self.w.held():
            self.w.is_deciding = True
            if plan.undoes is None:
                self.last_run = plan.id
            await (runs.enable(plan) if on else runs.apply(plan))

    async def sync_for(self, visitor: Visitor, seconds: float) -> None:
        running = self.w.loop.create_task(visitor.engine.run())
        try:
            await self.w.clock.sleep(seconds)
        finally:
            running.cancel()
            await asyncio.wait({running})

    def lend(self, work: Callable[[Visitor], Coroutine[Any, Any, None]], *, anew: bool) -> None:
        async def to_its_end(visitor: Visitor) -> None:
            with suppress(DextreError):  # what a person is told
                await work(visitor)

        if self.is_free():
            self.is_shared = True
            self.w.lend(to_its_end, anew=anew)

    def is_free(self) -> bool:
        """Whether nobody asks for the sync, or has it for a person's work."""
        return all(task is None or task.done() for task in (self.w.work, self.w.visit))

    # -- calm ------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            self.calm()
        finally:
            self.world.close()

    def calm(self) -> None:
        w = self.w
        w.practice.faults.clear()
        w.armed.clear()
        w.dies_in_commit = False
        w.deliver()
        w.stop()
        w.loop.let_pass(130)
        for place in w.places:
            w.practice.set_location_active(place, active=True)
        self.note_locations()
        with self.watcher.person(), w.store.books.transaction() as tx:
            aside.notice(tx, self.watcher.books.cells)
        self.turn_on_as_it_was()
        if self.is_shared:
            self.go_on()
        self.rest()
        for item in w.items:
            self.track(item, True)
            for place in w.places:
                if item not in self.deleted:
                    with self.watcher.person():
                        w.practice.set_stocked(item, place, stocked=True)
        self.rest()
        for cell in self.cells():
            is_deleted = cell.key.inventory_item_id in self.deleted
            assert (cell.problem is Problem.DELETED) is is_deleted
            assert is_deleted or cell.problem not in FROM_READING

    def go_on(self) -> None:
        """The service takes up what it knew, and what others left, without being told to look."""
        self.w.start()
        self.w.go(30)
        self.w.stop()
        self.watcher.before()
        assert not self.watcher.books.intents
        assert not [cell for cell in self.cells() if cell.state in BUSY]

    def rest(self) -> None:
        w = self.w
        for _ in range(2):  # a refusal from before may come once more as the answer to an old key
            report = w.do(w.engine.rest())
            assert report.rests, report
            if not any(cell.problem is Problem.REJECTED for cell in self.cells()):
                break
        self.check_rest()
        written = len(w.practice.ledger)
        again = w.do(w.engine.rest())
        assert (again.pulled, again.pushed, len(w.practice.ledger)) == (0, 0, written)

    def cells(self) -> list[Cell]:
        return list(self.watcher.books.cells.values())

    def check_rest(self) -> None:
        self.watcher.before()
        assert not self.watcher.books.intents
        assert max(self.w.written().values(), default=1) == 1, "a key wrote twice"
        for cell in self.cells():
            assert cell.there == self.w.shown(cell.key)
            if cell.state is CellState.IN_SYNC:
                assert cell.here == cell.there == cell.base
            else:
                assert cell.state is CellState.NEEDS_YOU, cell
                below = cell.detail.startswith("INVALID_QUANTITY_NEGATIVE")  # only for on_hand
                assert cell.problem in WAITING or below, cell
        if not self.w.negative:
            assert all((level or 0) >= 0 for level in self.watcher.books.levels.values())


RealMachine.TestCase.settings = stories(0.6, steps=14)
TestRealMachine = RealMachine.TestCase
