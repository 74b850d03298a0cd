"""Mass changes: what the plan shows is what happens, and it can be taken back."""

from __future__ import annotations

import pytest

from core.errors import PlanIsStale
from core.model import CellKey, CellState, PlanKind, Problem, RowOutcome, Why
from core.sync.runs import NoSuchRun, NothingMapped, UnknownSku
from tests.twins.world import World


def unlinked(
    here: int | None, there: int | None, *, negative_allowed: bool = False
) -> tuple[World, CellKey]:
    world = World(negative_allowed=negative_allowed)
    world.pair("x")
    key = CellKey("i1", "there-x")
    if there is not None:
        world.shop.put(key, there)
    world.map(i1="A")
    if here is not None:
        world.set_here(here)
    return world, key


async def test_a_plan_writes_nothing() -> None:
    world, key = unlinked(5, 9)
    plan = await world.runs.plan(PlanKind.PUSH)
    assert [(r.here, r.there, r.new_there, r.why) for r in plan.rows] == [(5, 9, 5, Why.HERE_WINS)]
    assert (world.here(), world.there(key), world.shop.writes) == (5, 9, 0)


async def test_push_makes_the_shop_equal_and_pull_makes_us_equal() -> None:
    world, key = unlinked(5, 9)
    await world.do(PlanKind.PUSH)
    assert (world.here(), world.there(key), world.cell(key).base) == (5, 5, 5)
    world.shop.put(key, 8)
    await world.do(PlanKind.PULL)
    assert (world.here(), world.there(key), world.cell(key).base) == (8, 8, 8)


async def test_what_was_never_set_here_is_taken_over_by_the_plan_that_enables() -> None:
    world, key = unlinked(None, 9)
    (row,) = (await world.runs.plan(PlanKind.PUSH)).rows
    assert row.left_out, "a push by hand changes nothing here"
    plan = await world.runs.plan(PlanKind.PUSH, to_enable=True)
    assert [(r.new_here, r.new_there, r.why) for r in plan.changing] == [(9, 9, Why.NEVER_SET_HERE)]
    run = await world.runs.enable(plan)
    assert (run.applied, world.here(), world.cell(key).base) == (1, 9, 9)
    await world.engine.rest()
    undone = await world.runs.apply(await world.runs.undo_plan(run.id))
    assert (undone.applied, world.here()) == (1, 0)


async def test_a_row_that_moved_on_shopify_is_told_and_never_forced() -> None:
    world, key = unlinked(5, 9)
    plan = await world.runs.plan(PlanKind.PUSH)
    world.shop.sell(key, 2)
    run = await world.runs.apply(plan)
    assert (run.applied, run.moved) == (0, 1)
    assert world.there(key) == 7
    assert world.cell(key).base is None


async def test_a_row_that_moved_here_is_told_and_left() -> None:
    world, _ = unlinked(5, 9)
    plan = await world.runs.plan(PlanKind.PULL)
    world.set_here(6)
    run = await world.runs.apply(plan)
    assert (run.applied, run.moved) == (0, 1)
    assert world.here() == 6


async def test_a_plan_made_before_the_mapping_changed_is_refused() -> None:
    world, _ = unlinked(5, 9)
    plan = await world.runs.plan(PlanKind.PUSH)
    world.map(i2="B")
    with pytest.raises(PlanIsStale):
        await world.runs.apply(plan)


async def test_pull_below_zero_is_left_out_where_the_label_forbids_it() -> None:
    world, _ = unlinked(5, -2)
    plan = await world.runs.plan(PlanKind.PULL)
    assert [(row.left_out, row.why) for row in plan.rows] == [(True, Why.NEGATIVE_NOT_ALLOWED)]
    await world.runs.apply(plan)
    assert world.here() == 5


async def test_pull_below_zero_is_done_where_the_label_allows_it() -> None:
    world, _ = unlinked(5, -2, negative_allowed=True)
    await world.do(PlanKind.PULL)
    assert world.here() == -2


async def test_a_location_that_does_not_stock_the_item_is_left_out() -> None:
    world, _ = unlinked(5, None)
    plan = await world.runs.plan(PlanKind.PUSH)
    assert [(r.left_out, r.why, r.detail) for r in plan.rows] == [
        (True, Why.CANNOT_WRITE, Problem.NOT_STOCKED.value)
    ]


async def test_variants_of_one_item_that_differ_are_not_pulled_by_guess() -> None:
    world, _ = unlinked(5, 9)
    world.shop.put(CellKey("i2", "there-x"), 7)
    world.map(i2="A")
    plan = await world.runs.plan(PlanKind.PULL)
    assert {row.why for row in plan.rows} == {Why.DIFFERS}
    assert all(row.left_out for row in plan.rows)


async def test_enabling_by_merge_lists_what_differs_and_links_what_agrees() -> None:
    world, key = unlinked(5, 5)
    other = CellKey("i2", "there-x")
    world.shop.put(other, 9)
    world.set_here(4, "B")
    world.map(i2="B")
    await world.enable()
    report = await world.engine.rest()
    assert (report.rests, report.needs_you) == (True, 1)
    assert world.cell(key).state is CellState.IN_SYNC
    assert (world.here("B"), world.there(other)) == (4, 9)


async def test_enabling_again_after_a_pause_merges_both_sides_changes() -> None:
    world, key = unlinked(10, 10)
    await world.enable()
    await world.runs.disable()
    world.add_here(2)
    world.shop.sell(key, 1)
    plan = await world.runs.plan(PlanKind.MERGE)
    assert [(r.new_here, r.new_there, r.why) for r in plan.rows] == [(11, 11, Why.MERGED)]
    await world.runs.enable(plan)
    assert (world.here(), world.there(key)) == (11, 11)


async def test_undo_takes_a_push_back() -> None:
    world, key = unlinked(5, 9)
    run = await world.do(PlanKind.PUSH)
    undone = await world.runs.apply(await world.runs.undo_plan(run.id))
    assert undone.applied == 1
    assert (world.here(), world.there(key), world.cell(key).base) == (5, 9, None)


async def test_undo_takes_a_pull_back() -> None:
    world, key = unlinked(5, 9)
    run = await world.do(PlanKind.PULL)
    await world.runs.apply(await world.runs.undo_plan(run.id))
    assert (world.here(), world.there(key)) == (5, 9)


async def test_undo_leaves_what_has_changed_since_and_says_so() -> None:
    world, key = unlinked(5, 9)
    run = await world.do(PlanKind.PUSH)
    world.shop.sell(key, 1)
    plan = await world.runs.undo_plan(run.id)
    assert [(row.left_out, row.why) for row in plan.rows] == [(True, Why.MOVED_SINCE)]
    await world.runs.apply(plan)
    assert world.there(key) == 4


async def test_a_run_is_undone_only_once() -> None:
    world, _ = unlinked(5, 9)
    run = await world.do(PlanKind.PUSH)
    await world.runs.apply(await world.runs.undo_plan(run.id))
    with pytest.raises(NoSuchRun):
        await world.runs.undo_plan(run.id)


async def test_a_lost_answer_in_a_run_is_asked_again_before_the_run_ends() -> None:
    left = ["lose_after"]
    world, key = unlinked(5, 9)
    world.fault = lambda name: bool(left) and left[0] == name and bool(left.pop())
    run = await world.do(PlanKind.PUSH)
    assert (run.applied, run.waiting) == (1, 0)
    assert (world.there(key), len(world.shop.ledger)) == (5, 1)


async def test_a_run_cut_off_is_finished_by_the_next_start() -> None:
    world, key = unlinked(5, 9)
    world.fault = lambda name: name == "lose_after"
    run = await world.do(PlanKind.PUSH)
    assert (run.applied, run.waiting) == (0, 1)
    world.fault = lambda _name: False
    world.start()
    await world.engine.sender.settle_outbox(now=True)
    with world.books.view() as view:
        kept = view.run(run.id)
        rows = list(view.run_rows(run.id))
    assert kept is not None
    assert (kept.applied, kept.waiting) == (1, 0)
    assert [row.outcome for row in rows] == [RowOutcome.APPLIED]
    assert (world.there(key), world.cell(key).base) == (5, 5)


async def test_only_the_skus_asked_for() -> None:
    world, key = unlinked(5, 9)
    other = CellKey("i2", "there-x")
    world.shop.put(other, 3)
    world.set_here(4, "B")
    world.map(i2="B")
    await world.runs.apply(await world.runs.plan(PlanKind.PUSH, ["B"]))
    assert (world.there(key), world.there(other)) == (9, 4)
    with pytest.raises(UnknownSku, match="NOPE"):
        await world.runs.plan(PlanKind.PUSH, ["NOPE"])


async def test_a_plan_without_cells_says_what_is_missing() -> None:
    with pytest.raises(NothingMapped):
        await World().runs.plan(PlanKind.PUSH)


async def test_many_rows_go_in_chunks_and_progress_is_told() -> None:
    world = World()
    world.pair("x")
    skus = {f"i{n}": f"S{n:03}" for n in range(600)}
    for item, sku in skus.items():
        world.shop.put(CellKey(item, "there-x"), 1)
        world.books.state.levels[(sku, "here-x", "main")] = 2  # type: ignore[index]
    world.map(**skus)
    told: list[tuple[int, int | None]] = []
    plan = await world.runs.plan(PlanKind.PUSH)
    run = await world.runs.apply(plan, lambda done, total: told.append((done, total)))
    assert (run.applied, world.shop.writes) == (600, 3)
    assert told == [(250, 600), (500, 600), (600, 600)]
