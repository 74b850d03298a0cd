"""A machine that does everything that can happen, in any order, with faults; then it asks for calm.

At rest: both sides equal, start + all changes on both sides, and no write carried out twice. A
crash is a new engine on the same books, cut off at any request and before or after any commit.

The sync is lent, too: an engine of another process does its work at the same books, then the first
goes on with what it remembers. Without being told to look, it must find all that the other left.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.errors import PlanIsStale, TryAgain
from core.model import Cell, CellKey, CellState, Label, PlanKind, Problem, Why
from core.sync.aside import ignore, note_locations, notice
from core.sync.cells import map_one, pair_locations, unmap_one
from core.sync.engine import Engine
from core.sync.ports import BooksTx
from core.sync.problems import ASIDE
from core.sync.runs import NoSuchRun, NothingMapped, Runs
from tests.sync.examples import stories
from tests.twins.world import LABEL, World

pytestmark = pytest.mark.timeout(7200)

ITEMS = ("i1", "i2", "i3")
SKUS = {"i1": "A", "i2": "B", "i3": "B"}  # two variants share the item B
PLACES = ("x", "y")


class Crash(BaseException):
    """kill -9: nothing of ours runs after it."""


async def synced_for(engine: Engine, seconds: float) -> None:
    """The engine runs, and is told to end at one of its steps."""
    ends = engine.clock.monotonic() + seconds
    running = asyncio.ensure_future(engine.run())
    for _turn in range(10_000):
        if running.done() or engine.clock.monotonic() >= ends:
            break
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})
    error = None if running.cancelled() else running.exception()
    if isinstance(error, BaseExceptionGroup) and error.subgroup(Crash) is not None:
        raise Crash from error
    if error is not None:
        raise error


BUSY = frozenset({CellState.PENDING_PUSH, CellState.PENDING_PULL, CellState.PUSHING})


class SyncMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.armed: list[str] = []
        self.crash_in: int | None = None
        self.loop = asyncio.new_event_loop()
        self.visitor: Runs | None = None
        self.is_shared = False

    def teardown(self) -> None:
        self.calm()
        self.loop.close()

    # -- the world ----------------------------------------------------------------------------

    @initialize(negative=st.booleans(), start=st.integers(0, 20))
    def begin(self, negative: bool, start: int) -> None:
        self.world = World(negative_allowed=negative, fault=self.fault)
        self.negative = negative
        self.expected: Counter[tuple[str, str]] = Counter()
        for item in ITEMS:
            for place in PLACES:
                self.world.shop.put(CellKey(item, f"there-{place}"), start)
        self.world.pair(*PLACES)
        self.world.map(**SKUS)
        for sku in set(SKUS.values()):
            for place in PLACES:
                self.world.set_here(start, sku, f"here-{place}")
                self.expected[sku, place] = start
        self.run(self.world.enable())
        self.ignored: set[CellKey] = set()
        self.seen: dict[CellKey, Cell] = {}
        self.world.books.on_commit = self.at_commit

    def at_commit(self, when: str) -> None:
        if when == "after commit":
            self.nothing_aside_flows()
        self.fault(when)

    def nothing_aside_flows(self) -> None:
        """Its base stands still, whatever is read of it; a new cell in its place has none."""
        with self.world.books.view() as view:
            cells = {cell.key: cell for cell in view.cells()}
        for key, cell in cells.items():
            before = self.seen.get(key)
            if before is not None and before.problem in ASIDE and before.intent is None:
                assert cell.problem not in ASIDE or cell.base in (None, before.base)
        self.seen = cells

    def fault(self, name: str) -> bool:
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in <= 0:
                self.crash_in = None
                raise Crash
        if name in self.armed:
            self.armed.remove(name)
            return True
        return False

    def run(self, work: Any) -> Any:
        try:
            return self.loop.run_until_complete(work)
        except Crash:
            self.world.start()
            return None

    # -- another process has the sync -----------------------------------------------------------

    def lend(self, work: Callable[[Runs], Awaitable[None]], *, anew: bool = True) -> None:
        """To another process, with a memory of its own: a new one, or the one that had it before.
        Then the service takes up the sync, with the memory that it had.
        """
        self.is_shared = True
        if anew or self.visitor is None:
            self.visitor = self.world.another()
        try:
            self.loop.run_until_complete(self.guarded(work(self.visitor)))
        except Crash:
            self.visitor = None
        self.run(synced_for(self.world.engine, 1))

    async def in_between(self, seconds: float) -> None:
        """The service takes up the sync while a person thinks about a plan."""
        if seconds:
            await synced_for(self.world.engine, seconds)

    @rule(what=st.sampled_from(["sync", "once", "plan"]), anew=st.booleans())
    def the_sync_is_lent(self, what: str, anew: bool) -> None:
        """To an app that syncs for a while, to `run --once`, or to one that only looks."""

        async def work(runs: Runs) -> None:
            if what == "sync":
                await synced_for(runs.engine, 5)
            elif what == "once" and self.world.books.state.link.enabled:
                await runs.engine.rest()
            elif self.world.books.state.cells:
                await runs.plan(PlanKind.MERGE)

        self.lend(work, anew=anew)

    # -- what happens -------------------------------------------------------------------------

    @rule(sku=st.sampled_from(["A", "B"]), place=st.sampled_from(PLACES), n=st.integers(-4, 6))
    def change_here(self, sku: str, place: str, n: int) -> None:
        here = self.world.here(sku, f"here-{place}")
        n = n if self.negative else max(n, -max(here, 0))
        self.world.add_here(n, sku, f"here-{place}")
        self.expected[sku, place] += n

    @rule(item=st.sampled_from(ITEMS), place=st.sampled_from(PLACES), n=st.integers(-5, 5))
    def change_there(self, item: str, place: str, n: int) -> None:
        self.world.shop.sell(CellKey(item, f"there-{place}"), n)
        self.expected[SKUS[item], place] -= n

    @rule(kind=st.sampled_from(["lose_before", "lose_after", "read", "lag"]))
    def arm(self, kind: str) -> None:
        self.armed.append(kind)

    @rule(steps=st.integers(1, 12))
    def arm_crash(self, steps: int) -> None:
        self.crash_in = steps

    @rule()
    def restart(self) -> None:
        self.world.start()

    @rule(seconds=st.sampled_from([0, 1, 3, 70]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def read(self) -> None:
        self.run(self.guarded(self.world.engine.read_pass()))

    @rule()
    def push(self) -> None:
        self.run(self.guarded(self.world.engine.push_pass()))

    @rule(item=st.sampled_from(ITEMS), place=st.sampled_from(PLACES))
    def leave_out(self, item: str, place: str) -> None:
        """A person ignores a cell, maybe while its write is in flight."""
        key = CellKey(item, f"there-{place}")
        self.world.books.now(lambda tx: ignore(tx, [key]))
        if key in self.world.books.state.cells:
            self.ignored.add(key)

    @rule(item=st.sampled_from(ITEMS), place=st.sampled_from(PLACES))
    def take_up(self, item: str, place: str) -> None:
        key = CellKey(item, f"there-{place}")
        self.world.books.now(lambda tx: notice(tx, [key]))
        self.ignored.discard(key)

    @rule(active=st.sets(st.sampled_from(PLACES)))
    def locations_are_active(self, active: set[str]) -> None:
        self.run(self.note_active(active))

    async def note_active(self, active: set[str]) -> None:
        places = [f"there-{place}" for place in active]
        await self.world.engine.commits.commit(lambda tx, tr: note_locations(tx, places, tr))

    @rule(lent=st.booleans())
    def pause_and_go_on(self, lent: bool) -> None:
        async def both(runs: Runs) -> None:
            await runs.disable()
            self.turn_on()

        self.done_by(both, lent=lent)

    def done_by(self, work: Callable[[Runs], Awaitable[None]], *, lent: bool) -> None:
        if lent:
            self.lend(work)
        else:
            self.run(self.guarded(work(self.world.runs)))

    @rule(
        item=st.sampled_from(ITEMS),
        place=st.sampled_from(PLACES),
        there=st.integers(-3, 3),
        here=st.integers(0, 3),
        undone=st.booleans(),
        lent=st.booleans(),
        thinks=st.sampled_from([0, 0, 3]),
    )
    def merge(
        self, item: str, place: str, there: int, here: int, undone: bool, lent: bool, thinks: int
    ) -> None:
        """Looked at, then a sale and a delivery, then applied; maybe taken back in the same way. By
        the process that syncs, or by one to which the sync is lent, each time anew.
        """

        def meanwhile() -> None:
            self.change_there(item, place, there)
            self.change_here(SKUS[item], place, here)

        async def work(runs: Runs) -> None:
            plan = await runs.plan(PlanKind.MERGE)
            if any(row.why is Why.AGREE and row.base != row.here for row in plan.rows):
                return  # two hands that agree count once, by intent
            meanwhile()
            if lent:
                await self.in_between(thinks)
            run = await runs.apply(plan)
            if undone:
                if lent:
                    await self.in_between(thinks)
                back = await runs.undo_plan(run.id)
                meanwhile()
                await runs.apply(back)

        self.done_by(work, lent=lent)

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def no_write_happened_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        seen = Counter((key, cell) for key, cell, _ in self.world.shop.ledger)
        assert not [pair for pair, times in seen.items() if times > 1]

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def forbidden_negative_never_stands_here(self) -> None:
        if hasattr(self, "world") and not self.negative:
            assert all(quantity >= 0 for quantity in self.world.books.state.levels.values())

    async def guarded(self, work: Any) -> None:
        try:
            await work
        except (TryAgain, NoSuchRun, PlanIsStale):
            self.world.clock.advance(2)

    def turn_on(self) -> None:
        """On again with the bases as they are, which is what a pause without a new alignment is."""
        self.world.books.now(lambda tx: tx.put_link(replace(tx.link(), enabled=True)))

    # -- calm ---------------------------------------------------------------------------------

    def go_on(self) -> None:
        """The service takes up what it knew, and what others left, without being told to look."""
        self.run(synced_for(self.world.engine, 30))
        state = self.world.books.state
        assert not state.intents
        assert not [cell for cell in state.cells.values() if cell.state in BUSY]

    def rest_with_some_aside(self) -> None:
        """What is aside does not keep the others from resting, and nothing of it is written; then
        it is all taken up again.
        """
        assert self.run(self.world.engine.rest()).rests
        cells = self.world.books.state.cells
        assert all(cells[key].problem is Problem.IGNORED for key in self.ignored)
        aside = [cell for cell in cells.values() if cell.problem in ASIDE]
        assert all(cell.there == self.world.there(cell.key) for cell in aside)
        assert self.run(self.world.engine.rest()).pushed == 0
        self.run(self.note_active(set(PLACES)))
        self.world.books.now(lambda tx: notice(tx, [cell.key for cell in aside]))
        self.ignored.clear()

    def calm(self) -> None:
        if not hasattr(self, "world"):
            return
        self.armed, self.crash_in = [], None
        self.world.clock.advance(70)
        self.turn_on()
        if self.is_shared:
            self.go_on()
        self.rest_with_some_aside()
        report = self.run(self.world.engine.rest())
        assert report.rests, report
        for cell in self.world.books.state.cells.values():
            place = cell.location_id.removeprefix("here-")
            total = self.expected[cell.sku_number, place]
            held_back = cell.unsynced_there
            assert cell.here == self.world.here(cell.sku_number, cell.location_id)
            assert cell.there == self.world.there(cell.key)
            assert cell.unsynced_here == 0
            if held_back:
                assert cell.problem is Problem.NEGATIVE_NOT_ALLOWED
                assert cell.here == 0
            else:
                assert cell.state is CellState.IN_SYNC
                assert cell.here == cell.there
        for (sku, place), total in self.expected.items():
            cells = [
                cell
                for cell in self.world.books.state.cells.values()
                if (cell.sku_number, cell.location_id) == (sku, f"here-{place}")
            ]
            here = self.world.here(sku, f"here-{place}")
            assert here + sum(cell.unsynced_there for cell in cells) == total
        writes = self.world.shop.writes
        again = self.run(self.world.engine.rest())
        assert (again.pulled, again.pushed, self.world.shop.writes) == (0, 0, writes)


class LinkMachine(SyncMachine):
    """The same world while people edit the link: mappings, pairs, the label, on and off, mass
    changes, undo, and more than a day without an answer.

    Where a cell lost its base, or a person made one side win, the units are that person's; for all
    others they are conserved as before. At every commit: writes are decided for mapped cells only,
    and while the link is off only by a person's order.
    """

    @initialize(negative=st.booleans(), start=st.integers(0, 20))
    def begin(self, negative: bool, start: int) -> None:
        super().begin(negative, start)
        self.touched: set[tuple[str, str]] = set()
        self.decided: set[str] = set()
        self.known = dict(self.world.books.state.mappings)
        self.last_run: str | None = None

    def at_commit(self, when: str) -> None:
        if when == "after commit":
            self.check_intents()
        super().at_commit(when)

    def check_intents(self) -> None:
        state = self.world.books.state
        for key, intent in state.intents.items():
            if key in self.decided:
                continue
            self.decided.add(key)
            assert intent.run or state.link.enabled
            for row in intent.rows:
                assert state.held[row.key] == key
                assert row.key.inventory_item_id in state.mappings
                assert state.cells[row.key].problem not in ASIDE

    def touch_all(self) -> None:
        self.touched.update(self.expected)

    @rule(item=st.sampled_from(ITEMS))
    def unmap(self, item: str) -> None:
        self.world.books.now(lambda tx: unmap_one(tx, item))
        self.ignored = {key for key in self.ignored if key.inventory_item_id != item}
        self.touch(SKUS[item])

    @rule(item=st.sampled_from(ITEMS))
    def map_again(self, item: str) -> None:
        self.world.books.now(lambda tx: map_one(tx, self.known[item]))
        self.touch(SKUS[item])

    def touch(self, sku: str) -> None:
        self.touched.update((sku, place) for place in PLACES)

    @rule(places=st.sampled_from([("x",), ("x", "y"), ("y",)]))
    def pair(self, places: tuple[str, ...]) -> None:
        self.world.pair(*places)
        self.ignored.intersection_update(self.world.books.state.cells)
        self.touch_all()

    @rule()
    def label_away_and_back(self) -> None:
        other = Label("other", "Other", negative_allowed=self.negative)
        self.world.books.state.labels["other"] = other

        def work(tx: BooksTx) -> None:
            pairs = tuple(tx.pairs())
            pair_locations(tx, pairs, "other")
            pair_locations(tx, pairs, LABEL)

        self.world.books.now(work)
        self.ignored.clear()
        self.touch_all()

    @rule(lent=st.booleans())
    def turn_off(self, lent: bool) -> None:
        self.done_by(Runs.disable, lent=lent)

    @rule(
        kind=st.sampled_from([PlanKind.PUSH, PlanKind.PULL, PlanKind.MERGE]),
        on=st.booleans(),
        lent=st.booleans(),
        thinks=st.sampled_from([0, 0, 3]),
    )
    def mass_change(self, kind: PlanKind, on: bool, lent: bool, thinks: int) -> None:
        async def work(runs: Runs) -> None:
            plan = await runs.plan(kind)
            self.last_run = plan.id
            if lent:
                await self.in_between(thinks)
            await (runs.enable(plan) if on else runs.apply(plan))

        if self.world.books.state.cells:
            self.touch_all()
            self.done_by(work, lent=lent)

    @rule(lent=st.booleans())
    def undo(self, lent: bool) -> None:
        async def work(runs: Runs) -> None:
            if self.last_run is not None:
                await runs.apply(await runs.undo_plan(self.last_run))

        self.touch_all()
        self.done_by(work, lent=lent)

    @rule()
    def a_day_passes(self) -> None:
        if self.world.books.state.intents:
            self.touch_all()
        self.world.clock.advance(25 * 3600)

    @rule(item=st.sampled_from(ITEMS), place=st.sampled_from(PLACES), n=st.integers(0, 30))
    def another_app_sets(self, item: str, place: str, n: int) -> None:
        key = CellKey(item, f"there-{place}")
        self.expected[SKUS[item], place] += n - self.world.there(key)
        self.world.shop.put(key, n)

    async def guarded(self, work: Any) -> None:
        try:
            await work
        except (TryAgain, NoSuchRun, PlanIsStale, NothingMapped):
            self.world.clock.advance(2)

    def calm(self) -> None:
        if not hasattr(self, "touched"):
            return
        self.armed, self.crash_in = [], None
        self.world.clock.advance(70)
        self.turn_on()
        if self.is_shared:
            self.go_on()
        self.rest_with_some_aside()
        report = self.run(self.world.engine.rest())
        assert report.rests, report
        state = self.world.books.state
        assert not state.intents
        for cell in state.cells.values():
            assert cell.there == self.world.there(cell.key)
            if cell.state is CellState.IN_SYNC:
                assert cell.here == cell.there == cell.base
            else:
                assert cell.state is CellState.NEEDS_YOU
                assert cell.problem in WAITING
        for (sku, place), total in self.expected.items():
            cells = [c for c in state.cells.values() if c.location_id == f"here-{place}"]
            mine = [cell for cell in cells if cell.sku_number == sku]
            if (sku, place) not in self.touched and mine:
                here = self.world.here(sku, f"here-{place}")
                assert here + sum(cell.unsynced_there for cell in mine) == total
        writes = self.world.shop.writes
        again = self.run(self.world.engine.rest())
        assert (again.pulled, again.pushed, self.world.shop.writes) == (0, 0, writes)


WAITING = (
    Problem.NEGATIVE_NOT_ALLOWED,
    Problem.DIFFERS_AT_START,
    Problem.OUTCOME_UNKNOWN,
)

SyncMachine.TestCase.settings = stories(0.2, steps=30)
LinkMachine.TestCase.settings = stories(0.2, steps=30)
TestSyncMachine = SyncMachine.TestCase
TestLinkMachine = LinkMachine.TestCase
