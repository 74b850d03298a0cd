"""What every Books promises: the same stories on the twin in memory and on the store on disk, and
one machine that does the same to both and finds no difference.

Not promised: the order of `cells` and `run_rows` (each one comes exactly once).

Long, because a contract stands in one place.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.clock import iso
from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    CellState,
    Intent,
    IntentKind,
    IntentRow,
    Item,
    Label,
    LevelKey,
    Link,
    LocationPair,
    MappedBy,
    Movement,
    PlanKind,
    PlanRow,
    Problem,
    QuantityName,
    RowOutcome,
    Run,
    RunRow,
    SkuMapping,
    Why,
)
from core.store import BrandStore
from core.sync.ports import Books, BooksTx, BooksView
from tests.twins.books import MemoryBooks
from tests.twins.clock import ManualClock

LABELS = (Label("good", "Good", is_default=True), Label("bad", "Bad", negative_allowed=True))
CAUSE = Cause(CauseKind.PULL, "sync", arithmetic="10 + (9 - 10) = 9")
HERE, THERE = "here", "gid://shopify/Location/1"
KEY = CellKey("gid://shopify/InventoryItem/1", THERE)
OTHER = CellKey("gid://shopify/InventoryItem/10", THERE)


class Twin:
    def __init__(self, clock: ManualClock) -> None:
        self.memory = MemoryBooks(clock, LABELS)
        self.books: Books = self.memory

    def movements(self, sku_number: str) -> list[Movement]:
        """Oldest first."""
        return [m for m in self.memory.state.movements if m.key.sku_number == sku_number]

    def close(self) -> None:
        pass


class Real:
    def __init__(self, clock: ManualClock) -> None:
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "inventory.db"
        self.store = BrandStore.open(file, clock, lambda: "id")
        for label in LABELS:
            self.store.add_label(label)
        self.store.put_items([Item("A"), Item("B")])
        self.books: Books = self.store.books

    def movements(self, sku_number: str) -> list[Movement]:
        return [*reversed(self.store.movements(sku_number, 10_000))]

    def close(self) -> None:
        self.store.close()
        self.folder.cleanup()


Side = Twin | Real


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=[Twin, Real])
def side(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Side]:
    made: Side = request.param(clock)
    yield made
    made.close()


@pytest.fixture
def books(side: Side) -> Books:
    return side.books


def linked(tx: BooksTx) -> None:
    """A at 10, aligned at 10 with two variants of it."""
    tx.put_link(Link(label_code="good", enabled=True))
    tx.put_pairs([LocationPair(HERE, THERE, "Tokyo")])
    tx.set_level("A", HERE, "good", 10, CAUSE)
    for key in (KEY, OTHER):
        tx.put_mapping(SkuMapping(key.inventory_item_id, "A"))
        tx.put_cell(Cell(key, "A", HERE, there=10, base=10))


def cell_of(view: BooksView, key: CellKey = KEY) -> Cell:
    found = view.cell(key)
    assert found is not None
    return found


# -- commits and views ---------------------------------------------------------------------------


async def test_a_commit_gives_what_its_work_gave_and_is_seen_afterwards(books: Books) -> None:
    def work(tx: BooksTx) -> str:
        linked(tx)
        assert tx.level("A", HERE, "good") == 10  # its own changes are seen inside
        return "done"

    assert await books.commit(work) == "done"
    with books.view() as view:
        assert view.level("A", HERE, "good") == 10
        assert view.link() == Link(label_code="good", enabled=True)


class Oops(Exception):
    pass


async def test_a_work_that_raises_has_done_nothing(books: Books, side: Side) -> None:
    await books.commit(linked)

    def work(tx: BooksTx) -> None:
        tx.set_level("A", HERE, "good", 1, CAUSE)
        tx.remove_cell(KEY)
        tx.remove_mapping(KEY.inventory_item_id)
        tx.put_link(Link())
        raise Oops

    with books.view() as view:
        before = everything(view)
    with pytest.raises(Oops):
        await books.commit(work)
    with books.view() as view:
        assert everything(view) == before
    assert len(side.movements("A")) == 1


async def test_a_view_stays_as_it_was(books: Books) -> None:
    await books.commit(linked)
    with books.view() as view:
        await books.commit(lambda tx: tx.set_level("A", HERE, "good", 3, CAUSE))
        assert (cell_of(view).here, view.level("A", HERE, "good")) == (10, 10)
    with books.view() as view:
        assert (cell_of(view).here, view.level("A", HERE, "good")) == (3, 3)


async def test_each_commit_is_another_version_and_a_look_is_none(books: Books) -> None:
    seen = [books.version()]
    for _ in range(3):
        with books.view() as view:
            view.count_cells()
        assert books.version() == seen[-1]
        await books.commit(lambda tx: tx.put_latest_moment(f"2026-11-23T10:00:0{len(seen)}.000Z"))
        assert books.version() not in seen
        seen.append(books.version())
    with pytest.raises(RuntimeError):
        await books.commit(_fail)
    assert books.version() == seen[-1]


def _fail(_tx: BooksTx) -> None:
    raise RuntimeError


async def test_commits_at_once_are_one_after_the_other(books: Books) -> None:
    await books.commit(linked)

    def add_one(tx: BooksTx) -> int:
        now = (tx.level("A", HERE, "good") or 0) + 1
        tx.set_level("A", HERE, "good", now, CAUSE)
        return now

    seen = await asyncio.gather(*(books.commit(add_one) for _ in range(40)))
    assert sorted(seen) == [*range(11, 51)]


# -- levels, movements, cells --------------------------------------------------------------------


async def test_every_setting_of_a_level_is_a_movement_even_to_the_same_number(
    books: Books, side: Side
) -> None:
    await books.commit(linked)
    await books.commit(lambda tx: tx.set_level("A", HERE, "good", 10, CAUSE))
    await books.commit(lambda tx: tx.set_level("A", HERE, "bad", -4, CAUSE))
    found = side.movements("A")
    assert [(m.before, m.after) for m in found] == [(None, 10), (10, 10), (None, -4)]
    assert [m.id for m in found] == sorted({m.id for m in found})
    assert (found[0].key, found[0].cause) == (LevelKey("A", HERE, "good"), CAUSE)


async def test_a_level_brings_all_its_cells_along_and_no_other(
    books: Books, clock: ManualClock
) -> None:
    await books.commit(linked)
    clock.advance(5)
    await books.commit(lambda tx: tx.set_level("A", HERE, "good", 7, CAUSE))
    with books.view() as view:
        for key in (KEY, OTHER):
            cell = cell_of(view, key)
            assert (cell.here, cell.state) == (7, CellState.PENDING_PUSH)
            assert cell.changed_at == iso(clock.now())
    since = clock.now()
    clock.advance(5)
    await books.commit(lambda tx: tx.set_level("A", HERE, "good", 6, CAUSE))
    await books.commit(lambda tx: tx.set_level("A", HERE, "bad", 99, CAUSE))
    await books.commit(lambda tx: tx.set_level("A", "elsewhere", "good", 98, CAUSE))
    await books.commit(lambda tx: tx.set_level("B", HERE, "good", 97, CAUSE))
    with books.view() as view:
        cell = cell_of(view)
        assert (cell.here, cell.changed_at) == (6, iso(since))  # since the first change
    await books.commit(lambda tx: tx.set_level("A", HERE, "good", 10, CAUSE))
    with books.view() as view:
        assert (cell_of(view).changed_at, cell_of(view).state) == ("", CellState.IN_SYNC)


async def test_here_and_changed_at_are_never_the_callers(books: Books, clock: ManualClock) -> None:
    await books.commit(linked)
    wrong = Cell(KEY, "A", HERE, 999, there=10, base=8, changed_at="2020-01-01T00:00:00.000Z")
    await books.commit(lambda tx: tx.put_cell(wrong))
    with books.view() as view:
        assert cell_of(view) == wrong._replace(here=10)  # it had waited before: kept
    await books.commit(lambda tx: tx.put_cell(wrong._replace(base=10)))
    with books.view() as view:
        assert cell_of(view) == wrong._replace(here=10, base=10, changed_at="")
    await books.commit(lambda tx: tx.put_cell(wrong._replace(base=9, changed_at="")))
    with books.view() as view:
        assert cell_of(view).changed_at == iso(clock.now())


async def test_an_ignored_cell_does_not_wait_and_says_since_when_it_is_ignored(
    books: Books, clock: ManualClock
) -> None:
    await books.commit(linked)
    ignored = Cell(KEY, "A", HERE, there=10, base=4, problem=Problem.IGNORED)
    clock.advance(5)
    since = iso(clock.now())
    await books.commit(lambda tx: tx.put_cell(ignored))
    clock.advance(5)
    await books.commit(lambda tx: tx.set_level("A", HERE, "good", 7, CAUSE))
    with books.view() as view:
        cell = cell_of(view)
        assert (cell.state, cell.here, cell.changed_at, cell.since) == (
            CellState.IGNORED,
            7,
            "",
            since,
        )
    await books.commit(lambda tx: tx.put_cell(ignored._replace(problem=None, since=since)))
    with books.view() as view:
        cell = cell_of(view)
        assert (cell.changed_at, cell.since) == (iso(clock.now()), "")


async def test_another_label_brings_its_own_levels_into_the_cells(books: Books) -> None:
    await books.commit(linked)
    await books.commit(lambda tx: tx.set_level("A", HERE, "bad", 2, CAUSE))
    await books.commit(lambda tx: tx.put_link(Link(label_code="bad")))
    with books.view() as view:
        assert (cell_of(view).here, cell_of(view).unsynced_here) == (2, -8)
    await books.commit(lambda tx: tx.put_link(Link()))
    with books.view() as view:
        assert cell_of(view).here is None


async def test_cells_are_given_once_each_and_counted_by_state(books: Books) -> None:
    def many(tx: BooksTx) -> None:
        linked(tx)
        for n in range(100, 1300):
            problem = Problem.UNTRACKED if n % 3 == 0 else None
            tx.put_cell(Cell(CellKey(f"item-{n}", THERE), "B", HERE, problem=problem))

    await books.commit(many)
    waiting = (CellState.NEEDS_YOU, CellState.IN_SYNC)
    with books.view() as view:
        everyone = [cell.key for cell in view.cells()]
        some = [cell.key for cell in view.cells(waiting)]
        twice = [cell.key for cell in view.cells((*waiting, *waiting))]
        assert not list(view.cells(()))
        counts = dict(view.count_cells())
    assert (len(everyone), len(set(everyone))) == (1202, 1202)
    assert (len(some), len(set(some)), sorted(twice)) == (402, 402, sorted(some))
    none = dict.fromkeys(CellState, 0)
    assert counts == none | {
        CellState.NEEDS_YOU: 400,
        CellState.IN_SYNC: 2,
        CellState.UNALIGNED: 800,
    }


async def test_many_cells_are_looked_up_at_once_and_unknown_ones_are_not_there(
    books: Books,
) -> None:
    await books.commit(linked)
    unknown = CellKey("gid://shopify/InventoryItem/2", THERE)

    def work(tx: BooksTx) -> None:
        tx.put_cell(cell_of(tx)._replace(base=7))
        assert {key: cell.base for key, cell in tx.cells_at([KEY, unknown, OTHER]).items()} == {
            KEY: 7,
            OTHER: 10,
        }

    await books.commit(work)
    with books.view() as view:
        assert view.cells_at([unknown]) == {}
        assert view.cells_at([]) == {}
        assert view.cells_at([OTHER, KEY]) == {KEY: cell_of(view), OTHER: cell_of(view, OTHER)}


async def test_what_is_not_there_is_none_and_is_removed_without_complaint(books: Books) -> None:
    def work(tx: BooksTx) -> None:
        tx.remove_cell(KEY)
        tx.remove_mapping("nothing")
        tx.remove_intent("nothing")

    await books.commit(work)
    with books.view() as view:
        assert view.link() == Link()
        assert (view.label("none"), view.label("good")) == (None, LABELS[0])
        assert (view.mapping("x"), view.cell(KEY), view.run("x")) == (None, None, None)
        assert view.level("A", HERE, "good") is None
        assert not [*view.pairs(), *view.mappings(), *view.mappings_of("A"), *view.intents()]
        assert not [*view.cells(), *view.run_rows("x")]


# -- the link, the outbox, the runs --------------------------------------------------------------


async def test_pairs_and_mappings_are_replaced_and_sorted_by_their_keys(books: Books) -> None:
    await books.commit(linked)
    pairs = [LocationPair("b", "1", "B"), LocationPair("a", "2", "A")]
    by_hand = SkuMapping(OTHER.inventory_item_id, "B", MappedBy.HAND)

    def work(tx: BooksTx) -> None:
        tx.put_pairs(pairs)
        tx.put_mapping(by_hand)

    await books.commit(work)
    with books.view() as view:
        assert list(view.pairs()) == pairs[::-1]
        assert list(view.mappings()) == [SkuMapping(KEY.inventory_item_id, "A"), by_hand]
        assert list(view.mappings_of("B")) == [by_hand]
        assert view.mapping(OTHER.inventory_item_id) == by_hand


async def test_the_outbox_is_oldest_first(books: Books) -> None:
    rows = (IntentRow(KEY, "A", before=10, delta=-3, new_base=None),)
    late = Intent("k-1", IntentKind.SET, "2026-11-23T10:00:02Z", QuantityName.ON_HAND, rows)
    early = replace(late, key="k-3", at="2026-11-23T10:00:01Z", run="r")
    also = replace(late, key="k-2", at="2026-11-23T10:00:01Z")

    def work(tx: BooksTx) -> None:
        for intent in (late, early, also):
            tx.put_intent(intent)

    await books.commit(work)
    with books.view() as view:
        assert list(view.intents()) == [also, early, late]
    await books.commit(lambda tx: tx.remove_intent("k-2"))
    with books.view() as view:
        assert list(view.intents()) == [early, late]


async def test_a_cell_waits_for_its_write_until_that_leaves_the_outbox(books: Books) -> None:
    unknown = KEY._replace(inventory_item_id="nobody's")
    rows = tuple(IntentRow(key, "A", 8, 2, 10) for key in (KEY, unknown))
    intent = Intent("k-1", IntentKind.ADJUST, "t", QuantityName.AVAILABLE, rows)
    await books.commit(linked)
    with books.view() as view:
        cell = cell_of(view)

    def decide(tx: BooksTx) -> None:
        tx.put_cell(cell._replace(base=8))  # two more here
        assert tx.cell(KEY) in list(tx.cells((CellState.PENDING_PUSH,)))
        tx.put_intent(intent)
        tx.put_cell(cell._replace(base=8, intent=None))  # whatever the caller says

    await books.commit(decide)
    with books.view() as view:
        assert (cell_of(view).intent, cell_of(view).state) == ("k-1", CellState.PUSHING)
        assert {*view.cells_at([KEY]).values(), cell_of(view, OTHER)} == {*view.cells()}
        assert cell_of(view, OTHER).intent is None
        assert list(view.cells((CellState.PUSHING,))) == [cell_of(view)]
        assert list(view.cells((CellState.PENDING_PUSH,))) == []
        counts = view.count_cells()
        assert (counts[CellState.PUSHING], counts[CellState.PENDING_PUSH]) == (1, 0)
        assert view.cells_waiting_for(intent) == {KEY: cell_of(view)}
        assert view.cells_waiting_for(replace(intent, key="k-2")) == {}
    await books.commit(lambda tx: tx.remove_intent("k-1"))
    with books.view() as view:
        assert (cell_of(view).intent, cell_of(view).state) == (None, CellState.PENDING_PUSH)
        assert list(view.cells((CellState.PENDING_PUSH,))) == [cell_of(view)]
        assert view.cells_waiting_for(intent) == {}


async def test_a_cell_that_was_made_anew_waits_for_no_write_from_before(books: Books) -> None:
    intent = Intent(
        "k-1",
        IntentKind.ADJUST,
        "t",
        QuantityName.AVAILABLE,
        tuple(IntentRow(key, "A", 8, 2, 10) for key in (KEY, OTHER)),
    )
    await books.commit(linked)
    with books.view() as view:
        cell = cell_of(view)

    await books.commit(lambda tx: tx.put_intent(intent))
    await books.commit(lambda tx: tx.remove_cell(KEY))
    await books.commit(lambda tx: tx.put_cell(cell))
    with books.view() as view:
        assert {cell.key: cell.intent for cell in view.cells()} == {KEY: None, OTHER: "k-1"}
        assert [*view.cells_waiting_for(intent)] == [OTHER]
        assert list(view.intents()) == [intent]  # it goes out as it was decided
    again = replace(intent, key="k-2", rows=intent.rows[:1])
    await books.commit(lambda tx: tx.put_intent(again))
    with books.view() as view:
        assert {cell.key: cell.intent for cell in view.cells()} == {KEY: "k-2", OTHER: "k-1"}
    await books.commit(lambda tx: tx.remove_intent("k-1"))
    with books.view() as view:
        assert {cell.key: cell.intent for cell in view.cells()} == {KEY: "k-2", OTHER: None}


async def test_a_run_keeps_the_last_row_of_each_cell(books: Books) -> None:
    run = Run("r1", PlanKind.PUSH, "2026-11-23T10:00:00Z", "ann", 1, 0, 0, waiting=1)
    row = PlanRow(KEY, "A", HERE, 10, 8, 8, 10, 10, 10, Why.HERE_WINS)
    waiting, done = RunRow(row, RowOutcome.WAITING), RunRow(row, RowOutcome.APPLIED, "well")
    other = RunRow(replace(row, key=OTHER, here=None), RowOutcome.MOVED)

    def work(tx: BooksTx) -> None:
        tx.put_run(run, [waiting, other])
        tx.put_run(replace(run, id="r10"), [other])
        tx.put_run(replace(run, applied=2, undone_by="u"), [done])

    await books.commit(work)
    with books.view() as view:
        assert view.run("r1") == replace(run, applied=2, undone_by="u")
        assert {row.row.key: row for row in view.run_rows("r1")} == {KEY: done, OTHER: other}
        assert list(view.run_rows("r10")) == [other]


# -- both at once --------------------------------------------------------------------------------


def everything(view: BooksView) -> dict[str, object]:
    """All that can be read, without an order where none is promised."""
    return {
        "link": view.link(),
        "pairs": list(view.pairs()),
        "mappings": list(view.mappings()),
        "doubts": {m.inventory_item_id: (m.doubt, m.since) for m in view.mappings()},
        "in doubt": {m.inventory_item_id for m in view.mappings_in_doubt()},
        "with": {p: {cell.key for cell in view.cells_with((p,))} for p in Problem},
        "of": [list(view.mappings_of(sku)) for sku in "AB"],
        "levels": {
            (sku, place, label): view.level(sku, place, label)
            for sku in "AB"
            for place in PLACES
            for label in ("good", "bad")
        },
        "cells": {cell.key: cell for cell in view.cells()},
        "by state": {s: {cell.key for cell in view.cells((s,))} for s in CellState},
        "counts": dict(view.count_cells()),
        "intents": list(view.intents()),
        "waiting": [view.cells_waiting_for(intent) for intent in view.intents()],
        "rows": {row.row.key: row for row in view.run_rows("r1")},
    }


PLACES = (HERE, "cellar")
skus = st.sampled_from("AB")
places = st.sampled_from(PLACES)
labels = st.sampled_from(["good", "bad"])
items = st.sampled_from(["i1", "i10", "i2"])
few = st.integers(-2, 3)
keys = st.sampled_from(["k1", "k2", "k3"])


class SameOnBoth(RuleBasedStateMachine):
    """Whatever is done in whatever order, the twin and the store answer alike."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.twin, self.real = Twin(self.clock), Real(self.clock)

    def teardown(self) -> None:
        self.real.close()

    def do(self, work: Callable[[BooksTx], object]) -> None:
        self.clock.advance(1)
        self.twin.memory.now(work)
        with self.real.store.books.transaction() as tx:
            work(tx)

    @rule(sku=skus, place=places, label=labels, quantity=few)
    def level(self, sku: str, place: str, label: str, quantity: int) -> None:
        self.do(lambda tx: tx.set_level(sku, place, label, quantity, CAUSE))

    @rule(
        item=items,
        sku=skus,
        place=places,
        there=st.none() | few,
        base=st.none() | few,
        problem=st.none() | st.sampled_from(Problem),
    )
    def cell(
        self,
        item: str,
        sku: str,
        place: str,
        there: int | None,
        base: int | None,
        problem: Problem | None,
    ) -> None:
        cell = Cell(CellKey(item, THERE), sku, place, 5, there, base, "told", problem)
        self.do(lambda tx: tx.put_cell(cell))

    @rule(item=items)
    def no_cell(self, item: str) -> None:
        self.do(lambda tx: tx.remove_cell(CellKey(item, THERE)))

    @rule(
        item=items,
        sku=skus,
        doubt=st.none() | st.sampled_from([Problem.SKU_CHANGED, Problem.DUPLICATE]),
    )
    def mapping(self, item: str, sku: str, doubt: Problem | None) -> None:
        since = "t" if doubt else ""
        self.do(lambda tx: tx.put_mapping(SkuMapping(item, sku, doubt=doubt, since=since)))

    @rule(item=items)
    def no_mapping(self, item: str) -> None:
        self.do(lambda tx: tx.remove_mapping(item))

    @rule(chosen=st.lists(places, unique=True), active=st.booleans())
    def pairs(self, chosen: list[str], active: bool) -> None:
        pairs = [LocationPair(place, f"there-{place}", place, active) for place in chosen]
        self.do(lambda tx: tx.put_pairs(pairs))

    @rule(label=st.none() | labels, on=st.booleans(), revision=st.integers(0, 5))
    def link(self, label: str | None, on: bool, revision: int) -> None:
        self.do(lambda tx: tx.put_link(Link(label, enabled=on, revision=revision)))

    @rule(key=keys, at=st.sampled_from(["t1", "t2"]), chosen=st.sets(items))
    def intent(self, key: str, at: str, chosen: set[str]) -> None:
        """Under a new key, of cells that do not wait already."""

        def work(tx: BooksTx) -> None:
            if key in {intent.key for intent in tx.intents()}:
                return
            found = tx.cells_at([CellKey(item, THERE) for item in chosen])  # in no order
            cells = [cell for _, cell in sorted(found.items()) if cell.intent is None]
            rows = [IntentRow(cell.key, cell.sku_number, 1, 1, 2) for cell in cells]
            tx.put_intent(Intent(key, IntentKind.ADJUST, at, QuantityName.AVAILABLE, tuple(rows)))

        self.do(work)

    @rule(key=keys)
    def no_intent(self, key: str) -> None:
        self.do(lambda tx: tx.remove_intent(key))

    @rule(item=items, outcome=st.sampled_from(RowOutcome))
    def run_row(self, item: str, outcome: RowOutcome) -> None:
        run = Run("r1", PlanKind.PULL, "t", "ann", 0, 0, 0)
        key = CellKey(item, THERE)
        row = PlanRow(key, "A", HERE, None, None, None, 1, 1, 1, Why.MERGED)
        self.do(lambda tx: tx.put_run(run, [RunRow(row, outcome)]))

    @invariant()
    def both_say_the_same(self) -> None:
        with self.twin.books.view() as one, self.real.books.view() as other:
            assert everything(one) == everything(other)
        for sku in "AB":
            one_s, other_s = self.twin.movements(sku), self.real.movements(sku)
            assert [replace(m, id="") for m in one_s] == [replace(m, id="") for m in other_s]


TestSameOnBoth = SameOnBoth.TestCase
TestSameOnBoth.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
