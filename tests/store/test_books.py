"""The books as the sync uses them. `here` always is what the level says."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.clock import iso
from core.model import (
    Cell,
    CellKey,
    CellState,
    Intent,
    IntentKind,
    IntentRow,
    Label,
    Link,
    LocationPair,
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
from core.store import BrandStore, StoreBooks, Tx, View
from tests.store.given import BY_HAND, Oops, StandingClock, at, open_store, stocked

if TYPE_CHECKING:
    from core.sync import ports

    def _is_books(books: StoreBooks) -> ports.Books:
        return books

    def _is_view(view: View) -> ports.BooksView:
        return view

    def _is_tx(tx: Tx) -> ports.BooksTx:
        return tx


ITEM, OTHER_ITEM = "gid://shopify/InventoryItem/1", "gid://shopify/InventoryItem/2"
PLACE = "gid://shopify/Location/9"
KEY = CellKey(ITEM, PLACE)


def linked(store: BrandStore, sku: str = "A") -> Cell:
    """One item, its level 10, mapped and paired, aligned at 10."""
    warehouse = stocked(store, sku)
    cell = Cell(KEY, sku, warehouse.id, there=10, base=10)
    with store.books.transaction() as tx:
        tx.put_link(Link(label_code="good", enabled=True))
        tx.put_pairs([LocationPair(warehouse.id, PLACE, "Tokyo")])
        tx.put_mapping(SkuMapping(ITEM, sku))
        tx.set_level(sku, warehouse.id, "good", 10, BY_HAND)
        tx.put_cell(cell)
    found = only(store)
    assert found.state is CellState.IN_SYNC
    return found


def only(store: BrandStore, key: CellKey = KEY) -> Cell:
    with store.books.view() as view:
        cell = view.cell(key)
    assert cell is not None
    return cell


async def test_a_commit_returns_what_the_work_returned_and_is_seen_by_a_view(
    store: BrandStore,
) -> None:
    cell = linked(store)

    def work(tx: Tx) -> int | None:
        tx.set_level("A", cell.location_id, "good", 7, BY_HAND)
        return tx.level("A", cell.location_id, "good")

    assert await store.books.commit(work) == 7
    with store.books.view() as view:
        assert view.level("A", cell.location_id, "good") == 7
    assert store.movements("A")[0].after == 7


async def test_a_work_that_raises_changes_nothing(store: BrandStore) -> None:
    cell = linked(store)

    def work(tx: Tx) -> None:
        tx.set_level("A", cell.location_id, "good", 7, BY_HAND)
        tx.remove_cell(KEY)
        raise Oops

    with pytest.raises(Oops):
        await store.books.commit(work)
    assert only(store) == cell
    assert len(store.movements("A")) == 1


async def test_the_loop_goes_on_while_a_commit_waits_for_another_change(
    store: BrandStore,
) -> None:
    linked(store)
    with store.books.transaction():
        commit = asyncio.ensure_future(store.books.commit(lambda tx: tx.put_link(Link())))
        done, _ = await asyncio.wait([commit], timeout=0.05)
        assert not done
    await commit


def test_a_view_does_not_move(store: BrandStore) -> None:
    cell = linked(store)
    with store.books.view() as view:
        store.set_level(at(store.locations()[0], "A"), 3, BY_HAND)
        assert view.cell(KEY) == cell
        assert [c.state for c in view.cells()] == [CellState.IN_SYNC]
    assert only(store).here == 3


def test_a_level_set_by_anyone_reaches_its_cells_at_once(
    store: BrandStore, clock: StandingClock
) -> None:
    linked(store)
    clock.forward(5)
    store.adjust_level(at(store.locations()[0], "A"), -3, BY_HAND)
    cell = only(store)
    assert (cell.here, cell.unsynced_here, cell.state) == (7, -3, CellState.PENDING_PUSH)
    assert cell.changed_at == iso(clock.now()) == store.oldest_change()
    clock.forward(5)
    store.adjust_level(at(store.locations()[0], "A"), -1, BY_HAND)
    assert only(store).changed_at == cell.changed_at  # waiting since the first change
    store.set_level(at(store.locations()[0], "A"), 10, BY_HAND)
    assert (only(store).changed_at, only(store).state) == ("", CellState.IN_SYNC)
    assert store.oldest_change() is None


def test_a_level_reaches_every_variant_of_the_item_and_nothing_else(store: BrandStore) -> None:
    cell = linked(store)
    store.add_label(Label("broken", "Broken"))
    shop_floor = store.add_location("Shop floor")
    with store.books.transaction() as tx:
        tx.put_mapping(SkuMapping(OTHER_ITEM, "A"))
        tx.put_cell(cell._replace(key=CellKey(OTHER_ITEM, PLACE)))
    store.set_level(at(shop_floor, "A"), 55, BY_HAND)
    store.set_level(at(store.location(cell.location_id), "A", "broken"), 66, BY_HAND)
    assert [c.here for c in store.cells()] == [10, 10]
    store.set_level(at(store.location(cell.location_id), "A"), 4, BY_HAND)
    assert [c.here for c in store.cells()] == [4, 4]


def test_a_caller_cannot_store_a_cell_that_disagrees_with_its_level(store: BrandStore) -> None:
    cell = linked(store)
    with store.books.transaction() as tx:
        tx.put_cell(cell._replace(here=999, changed_at="2020-01-01T00:00:00.000Z"))
    assert only(store) == cell


def test_another_linked_label_brings_its_own_levels(store: BrandStore) -> None:
    cell = linked(store)
    store.add_label(Label("broken", "Broken"))
    store.set_level(at(store.location(cell.location_id), "A", "broken"), 2, BY_HAND)
    with store.books.transaction() as tx:
        tx.put_link(Link(label_code="broken"))
    assert (only(store).here, only(store).unsynced_here) == (2, -8)
    with store.books.transaction() as tx:
        tx.put_link(Link())
    assert only(store).here is None


def test_cells_are_found_and_counted_by_their_state(store: BrandStore) -> None:
    cell = linked(store)
    many = [cell._replace(key=CellKey(f"item-{n:04}", PLACE)) for n in range(700)]
    with store.books.transaction() as tx:
        for n, one in enumerate(many):
            tx.put_cell(one._replace(problem=Problem.UNTRACKED) if n % 7 == 0 else one)
    with store.books.view() as view:
        waiting = list(view.cells([CellState.NEEDS_YOU]))
        counts = view.count_cells()
        assert sum(1 for _ in view.cells()) == 701
        assert not list(view.cells([]))
    assert {c.problem for c in waiting} == {Problem.UNTRACKED}
    assert (len(waiting), counts[CellState.NEEDS_YOU], counts[CellState.IN_SYNC]) == (100, 100, 601)
    assert counts[CellState.PUSHING] == 0
    plan = store._db.file.rows("EXPLAIN QUERY PLAN SELECT id FROM cells WHERE state = 'x'")
    assert "cells_by_state" in plan[0][3]


def test_mappings_and_pairs_are_kept_replaced_and_removed(store: BrandStore) -> None:
    linked(store)
    with store.books.transaction() as tx:
        tx.put_mapping(SkuMapping(OTHER_ITEM, "A"))
        assert [m.inventory_item_id for m in tx.mappings_of("A")] == [ITEM, OTHER_ITEM]
        tx.remove_mapping(ITEM)
        tx.remove_mapping("never there")
        assert [m.inventory_item_id for m in tx.mappings()] == [OTHER_ITEM]
        assert tx.mapping(ITEM) is None
        tx.put_pairs([LocationPair("here", "there", "Osaka")])
    assert store.pairs() == (LocationPair("here", "there", "Osaka"),)


def test_the_outbox_is_oldest_first_and_writes_no_cell(store: BrandStore) -> None:
    cell = linked(store)
    rows = (IntentRow(KEY, "A", before=10, delta=-3, new_base=7),)
    late = Intent("k-1", IntentKind.ADJUST, "2026-11-23T10:00:02Z", QuantityName.AVAILABLE, rows)
    early = replace(late, key="k-2", at="2026-11-23T10:00:01Z", run="r")
    with store.books.transaction() as tx:
        tx.put_intent(late)
        tx.put_intent(early)
    with store.books.transaction() as tx:
        assert tx.intents() == [early, late]
        tx.remove_intent("k-2")
    with store.books.view() as view:
        assert view.intents() == [late]
    assert only(store) == cell._replace(intent="k-1")
    with store.books.transaction() as tx:
        tx.remove_intent("k-1")
    assert only(store) == cell


def test_a_run_keeps_one_row_a_cell_and_is_not_mixed_with_another(store: BrandStore) -> None:
    linked(store)
    run = Run("r1", PlanKind.PUSH, "2026-11-23T10:00:00Z", "ann", 1, 0, 0, waiting=1)
    row = PlanRow(KEY, "A", "here", 10, 8, 8, 10, 10, 10, Why.HERE_WINS)
    waiting, done = RunRow(row, RowOutcome.WAITING), RunRow(row, RowOutcome.APPLIED)
    with store.books.transaction() as tx:
        tx.put_run(run, [waiting])
        tx.put_run(replace(run, id="r10", at="2026-11-23T11:00:00Z"), [waiting])
        tx.put_run(replace(run, applied=2, waiting=0), [done])
    with store.books.view() as view:
        assert view.run("r1") == replace(run, applied=2, waiting=0)
        assert list(view.run_rows("r1")) == [done]
        assert list(view.run_rows("r10")) == [waiting]
    assert [found.id for found in store.runs()] == ["r10", "r1"]


class HereIsTheLevel(RuleBasedStateMachine):
    """Whatever is done in whatever order: here = level, and changed_at is set exactly when the
    cell has something to push.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name))
        self.warehouse = stocked(self.store, "A", "B")
        self.store.add_label(Label("bad", "Bad"))

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(
        sku=st.sampled_from("AB"),
        label=st.sampled_from(["good", "bad"]),
        quantity=st.integers(0, 3),
        by=st.sampled_from(["screen", "sync", "import"]),
    )
    def level(self, sku: str, label: str, quantity: int, by: str) -> None:
        key = at(self.warehouse, sku, label)
        if by == "screen":
            self.store.set_level(key, quantity, BY_HAND)
        else:
            with self.store.books.transaction() as tx:
                tx.set_level(*key, quantity, BY_HAND)

    @rule(
        item=st.sampled_from([ITEM, OTHER_ITEM]),
        sku=st.sampled_from("AB"),
        here=st.integers(0, 3),
        base=st.one_of(st.none(), st.integers(0, 3)),
        changed=st.sampled_from(["", "2026-01-01T00:00:00.000Z"]),
    )
    def cell(self, item: str, sku: str, here: int, base: int | None, changed: str) -> None:
        cell = Cell(CellKey(item, PLACE), sku, self.warehouse.id, here, 1, base, changed_at=changed)
        with self.store.books.transaction() as tx:
            tx.put_cell(cell)

    @rule(label=st.sampled_from(["good", "bad", None]))
    def link(self, label: str | None) -> None:
        with self.store.books.transaction() as tx:
            tx.put_link(Link(label_code=label))

    @invariant()
    def here_is_the_level(self) -> None:
        with self.store.books.view() as view:
            label = view.link().label_code
            states = dict.fromkeys(CellState, 0)
            for cell in view.cells():
                level = view.level(cell.sku_number, cell.location_id, label) if label else None
                assert cell.here == level
                assert bool(cell.changed_at) == bool(cell.unsynced_here)
                states[cell.state] += 1
            assert view.count_cells() == states


TestHereIsTheLevel = HereIsTheLevel.TestCase
TestHereIsTheLevel.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
