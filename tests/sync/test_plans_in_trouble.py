"""Plans, a person's word and the breaker's stops, when something comes in between: a sale, a kill,
a refusal, a doubt from before. What a person has not said is not done, and no unit is lost over it.

Long, because each kind of trouble has its own story.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.errors import SafetyStop, UserMustAct
from core.model import (
    Cause,
    CauseKind,
    CellKey,
    CellState,
    Intent,
    Label,
    PlanKind,
    Problem,
    WriteResult,
)
from core.sync import aside
from core.sync.engine import Engine
from core.sync.reading import Pacing
from core.sync.runs import RunOfAnotherLabel
from core.sync.trace import Trace
from tests.twins.world import World


def once(name: str) -> Callable[[str], bool]:
    left = [name]
    return lambda asked: bool(left) and left[0] == asked and bool(left.pop())


def killed_before_commit(number: int) -> Callable[[str], bool]:
    """A fault of the world: the process is gone before that commit (from 1) is on disk."""
    seen = 0

    def fault(name: str) -> bool:
        nonlocal seen
        if name == "before commit":
            seen += 1
            if seen == number:
                raise RuntimeError("killed")
        return False

    return fault


def go_on(world: World) -> None:
    """A new process on the same books."""
    world.fault = lambda _name: False
    world.start()


# -- a doubt from before ---------------------------------------------------------------------------


async def in_doubt() -> tuple[World, CellKey]:
    """10 on both; +2 here; the write happened, its answer is lost; 25 h; a customer buys 1: 11."""
    world = World()
    key = world.linked(here=12, there=10, base=10)
    world.fault = once("lose_after")
    await world.engine.push_pass()
    world.clock.advance(25 * 3600)
    world.shop.sell(key, 1)
    await world.engine.push_pass()
    assert world.cell(key).problem is Problem.OUTCOME_UNKNOWN
    assert (world.here(), world.there(key)) == (12, 11)
    return world, key


async def test_a_merge_does_not_use_a_base_in_doubt() -> None:
    world, key = await in_doubt()
    await world.enable(PlanKind.MERGE)
    await world.engine.rest()
    assert world.there(key) == 11, "nobody said that the write did not happen"
    assert world.cell(key).state is CellState.NEEDS_YOU


async def test_a_word_on_a_doubt_that_a_sale_overtakes_leaves_it_in_the_list() -> None:
    world, key = await in_doubt()
    plan = await world.runs.plan_cells(PlanKind.PUSH, [key])
    world.shop.sell(key, 1)
    assert (await world.runs.apply(plan)).moved == 1
    await world.engine.rest()
    assert world.cell(key).state is CellState.NEEDS_YOU
    assert world.there(key) == 10


async def test_a_word_on_a_doubt_that_a_kill_cuts_off_leaves_it_in_the_list() -> None:
    world, key = await in_doubt()
    plan = await world.runs.plan_cells(PlanKind.PUSH, [key])
    world.fault = killed_before_commit(3)
    with pytest.raises(RuntimeError):
        await world.runs.apply(plan)
    go_on(world)
    await world.engine.rest()
    assert world.cell(key).state is CellState.NEEDS_YOU
    assert world.there(key) == 11


async def test_a_word_on_a_doubt_that_is_refused_is_not_added_to_later() -> None:
    world, key = await in_doubt()
    plan = await world.runs.plan_cells(PlanKind.PUSH, [key])
    world.shop.refuse[key] = "INVALID_LOCATION"
    await world.runs.apply(plan)
    world.shop.refuse.clear()
    await world.engine.rest()
    assert world.there(key) in (11, 12)


# -- merging ---------------------------------------------------------------------------------------


async def two_variants() -> tuple[World, CellKey, CellKey]:
    world = World()
    one = world.linked(here=10, there=10, base=10, item="i1")
    two = world.linked(here=10, there=10, base=10, item="i2")
    await world.engine.rest()
    return world, one, two


async def test_a_merge_of_two_variants_of_one_item_keeps_the_sales_of_both() -> None:
    world, one, two = await two_variants()
    await world.runs.disable()
    world.shop.sell(one, 1)
    world.shop.sell(two, 1)
    await world.enable(PlanKind.MERGE)
    await world.engine.rest()
    assert (world.here(), world.there(one), world.there(two)) == (8, 8, 8)


async def test_a_merge_keeps_a_sale_and_a_delivery_that_cancel_out_when_a_write_is_stale() -> None:
    """One variant +3, the other −3: nothing changes here, and yet both count."""
    world, one, two = await two_variants()
    await world.runs.disable()
    world.shop.sell(one, -3)
    world.shop.sell(two, 3)
    plan = await world.runs.plan(PlanKind.MERGE)
    world.shop.sell(two, 1)
    await world.runs.enable(plan)
    await world.engine.rest()
    assert (world.here(), world.there(one), world.there(two)) == (9, 9, 9)


async def test_a_merge_of_two_variants_of_which_one_is_new_begins_with_the_level_of_the_other() -> (
    None
):
    world = World()
    old = world.linked(here=10, there=9, base=10, item="i1")
    new = world.linked(here=10, there=9, base=None, item="i2")
    await world.enable(PlanKind.MERGE)
    await world.engine.rest()
    assert (world.here(), world.there(old), world.there(new)) == (9, 9, 9)


async def test_the_rows_of_a_level_are_undone_together_or_not_at_all() -> None:
    """Of two variants one has sold since: the level that both have made cannot go back for one."""
    world, one, two = await two_variants()
    await world.runs.disable()
    world.shop.sell(one, 2)
    run = await world.enable(PlanKind.MERGE)
    assert (world.here(), world.there(two)) == (8, 8)
    world.shop.sell(one, 1)
    plan = await world.runs.undo_plan(run.id)
    assert all(row.left_out for row in plan.rows)
    await world.runs.apply(plan)
    await world.engine.rest()
    assert (world.here(), world.there(one), world.there(two)) == (7, 7, 7)


async def test_variants_whose_changes_cancel_out_are_undone_together_or_not_at_all() -> None:
    """Nothing changed here by the merge, so that only what it did there could be taken back."""
    world, one, two = await two_variants()
    await world.runs.disable()
    world.shop.sell(one, -2)
    world.shop.sell(two, 2)
    run = await world.enable(PlanKind.MERGE)
    world.shop.sell(one, -1)
    await world.runs.apply(await world.runs.undo_plan(run.id))
    await world.engine.rest()
    assert (world.here(), world.there(one), world.there(two)) == (11, 11, 11)


async def test_a_cell_left_out_since_the_plan_keeps_its_whole_level_from_being_set() -> None:
    world, one, two = await two_variants()
    world.shop.sell(one, 2)
    plan = await world.runs.plan(PlanKind.MERGE)
    world.books.now(lambda tx: aside.ignore(tx, [one]))
    assert (await world.runs.apply(plan)).moved == 2
    world.books.now(lambda tx: aside.notice(tx, [one]))
    await world.engine.rest()
    assert (world.here(), world.there(one), world.there(two)) == (8, 8, 8)


async def test_two_hands_that_already_agree_are_not_added_up() -> None:
    """Somebody carried a sale over by hand while the link was off: 7 and 7 is agreement, not 4."""
    world = World()
    key = world.linked(here=7, there=7, base=10)
    await world.enable(PlanKind.MERGE)
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (7, 7)


async def test_a_sale_here_that_meets_the_planned_number_is_a_change_since() -> None:
    world = World()
    key = world.linked(here=10, there=10, base=10)
    world.shop.sell(key, 1)
    plan = await world.runs.plan(PlanKind.MERGE)
    world.add_here(-1)  # one goes over the counter while the plan is looked at
    assert (await world.runs.apply(plan)).moved == 1
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (8, 8)


async def test_an_undo_of_a_merge_whose_write_finds_the_shop_moved_invents_nothing() -> None:
    world = World()
    key = world.linked(here=12, there=9, base=10)
    run = await world.do(PlanKind.MERGE)
    assert (world.here(), world.there(key)) == (11, 11)
    plan = await world.runs.undo_plan(run.id)
    world.shop.sell(key, 1)
    assert (await world.runs.apply(plan)).moved == 1
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (10, 10)


async def test_an_undo_of_a_count_whose_write_finds_the_shop_moved_invents_nothing() -> None:
    world = World()
    key = world.linked(here=10, there=9, base=10)
    run = await world.runs.apply(await world.runs.plan_cells(PlanKind.COUNT, [key], {key: 7}))
    undo = await world.runs.undo_plan(run.id)
    world.shop.sell(key, 1)
    await world.runs.apply(undo)
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (8, 8)


# -- the breaker -----------------------------------------------------------------------------------


async def many(count: int, variants: int = 1) -> tuple[World, list[CellKey]]:
    """At 5 on both sides."""
    world = World()
    world.pair("x")
    keys = [CellKey(f"i{n:03}", "there-x") for n in range(count)]
    for key in keys:
        world.shop.put(key, 5)
    world.map(**{f"i{n:03}": f"S{n // variants:03}" for n in range(count)})
    await world.enable(PlanKind.PULL)
    await world.engine.rest()
    return world, keys


async def test_cells_that_are_left_out_are_not_counted() -> None:
    world, keys = await many(100)
    world.books.now(lambda tx: aside.ignore(tx, keys[:30]))
    for key in keys[:30]:
        world.shop.put(key, 0)
    world.shop.sell(keys[50], 1)
    await world.engine.read_pass()
    assert world.here("S050") == 4


async def test_items_that_are_not_tracked_any_more_are_not_counted() -> None:
    world, keys = await many(100)
    for key in keys[:30]:
        world.shop.problems[key] = Problem.UNTRACKED
        world.shop.put(key, 0)
    await world.engine.read_pass()
    assert world.here("S000") == 5
    assert world.cell(keys[0]).problem is Problem.UNTRACKED


async def test_a_merge_agrees_to_what_was_oversold_though_the_label_forbids_it() -> None:
    world, keys = await many(100)
    for key in keys[:30]:
        world.shop.put(key, -1)
    with pytest.raises(SafetyStop):
        await world.engine.read_pass()
    await world.enable(PlanKind.MERGE)
    await world.engine.read_pass()
    assert (world.here("S000"), world.there(keys[0])) == (0, -1)
    assert world.cell(keys[0]).problem is Problem.NEGATIVE_NOT_ALLOWED


async def test_a_merge_agrees_to_what_differs_between_the_variants_of_an_item() -> None:
    world, keys = await many(100, variants=2)
    for key in keys[:60:2]:
        world.shop.put(key, 0)
    with pytest.raises(SafetyStop):
        await world.engine.read_pass()
    await world.enable(PlanKind.MERGE)
    await world.engine.rest()
    assert [world.there(key) for key in keys[:2]] == [0, 0]


async def test_a_mass_change_that_comes_while_others_are_pushed_is_looked_at() -> None:
    world, keys = await many(100)
    write, others = world.shop.write, list(range(10, 90))

    async def imported_meanwhile(intent: Intent) -> WriteResult:
        while others:
            world.set_here(0, f"S{others.pop():03}")
        return await write(intent)

    world.shop.write = imported_meanwhile  # type: ignore[method-assign]
    world.set_here(6, "S000")
    with pytest.raises(SafetyStop):
        await world.engine.push_pass()
    assert [world.there(key) for key in keys[:1]] == [6]
    assert not any(world.there(key) == 0 for key in keys)


async def test_hints_do_not_pass_a_stop_that_holds_the_same_cells() -> None:
    world, keys = await many(100)
    running = asyncio.ensure_future(world.engine.run())
    for key in keys[:60]:
        world.shop.put(key, 0)
    for _ in range(400):
        await asyncio.sleep(0)
    assert "sync_stopped" in world.codes()
    for start in range(0, 60, 10):  # the webhooks of the same mass change
        for key in keys[start : start + 10]:
            world.engine.hint(key)
        for _ in range(100):
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not any(world.here(f"S{n:03}") == 0 for n in range(100))


async def hinted(world: World, keys: list[CellKey]) -> None:
    for key in keys:
        world.engine.hint(key)
    await world.engine.hint_pass()


async def test_hints_that_come_one_after_the_other_are_counted_together() -> None:
    """Webhooks of one mass change: each burst by itself is a few cells."""
    world, keys = await many(100)
    for key in keys[:60]:
        world.shop.put(key, 0)
    await hinted(world, keys[:10])
    await hinted(world, keys[10:20])
    with pytest.raises(SafetyStop):
        await hinted(world, keys[20:30])
    with pytest.raises(SafetyStop):  # and so does the pass that finds the rest
        await world.engine.read_pass()
    assert sum(world.here(f"S{n:03}") == 0 for n in range(100)) == 20


async def test_a_pass_counts_what_hints_have_brought_since_the_last_one() -> None:
    world, keys = await many(100)
    for key in keys[:30]:
        world.shop.put(key, 0)
    await hinted(world, keys[:15])
    with pytest.raises(SafetyStop):
        await world.engine.read_pass()
    assert sum(world.here(f"S{n:03}") == 0 for n in range(100)) == 15


async def test_hints_of_a_busy_day_are_counted_from_pass_to_pass() -> None:
    world, keys = await many(100)
    for start in range(0, 60, 15):
        for key in keys[start : start + 15]:
            world.shop.put(key, 0)
        await hinted(world, keys[start : start + 15])
        await world.engine.read_pass()
    assert sum(world.here(f"S{n:03}") == 0 for n in range(100)) == 60


async def test_hints_of_the_search_index_count_together_with_the_sweep() -> None:
    world, keys = await many(100)
    world.pacing = Pacing(everything_up_to=10)
    world.start()
    await world.clock.sleep(600)
    for key in keys[:60]:
        world.shop.put(key, 0)
    index = world.shop.changed_items

    async def behind(*words: Any) -> Any:
        return (await index(*words))[:12]

    world.shop.changed_items = behind  # type: ignore[assignment,method-assign]
    with pytest.raises(SafetyStop):
        await world.engine.read_pass()
    assert sum(world.here(f"S{n:03}") == 0 for n in range(100)) == 12


async def test_what_a_person_wants_read_does_not_count_with_hints() -> None:
    world, keys = await many(100)
    for key in keys[:40]:
        world.shop.put(key, 0)
    await hinted(world, keys[:20])
    await world.engine.look_at(keys[20:40])
    assert sum(world.here(f"S{n:03}") == 0 for n in range(100)) == 40


# -- a service that lends the sync to a command ----------------------------------------------------


async def for_a_while(engine: Engine) -> None:
    task = asyncio.ensure_future(engine.run())
    for _ in range(3000):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def undone_by_a_command(world: World, run_id: str) -> None:
    """With an engine of its own; then the service goes on."""
    service = world.engine
    world.start()
    await world.runs.apply(await world.runs.undo_plan(run_id))
    world.engine = service
    await for_a_while(service)


async def test_a_first_alignment_that_a_command_undoes_is_listed_by_the_service() -> None:
    world = World()
    world.pair("x")
    key = CellKey("i1", "there-x")
    world.shop.put(key, 8)
    world.map(i1="A")
    world.set_here(5)
    run = await world.enable(PlanKind.PULL)
    await for_a_while(world.engine)
    assert world.cell(key).state is CellState.IN_SYNC
    await undone_by_a_command(world, run.id)
    assert world.cell(key).state is CellState.NEEDS_YOU


async def test_what_a_command_has_undone_flows_again_with_the_service() -> None:
    world = World()
    key = world.linked(here=10, there=10, base=10)
    await for_a_while(world.engine)
    await world.runs.disable()
    world.shop.sell(key, 1)
    run = await world.enable(PlanKind.PULL)
    await for_a_while(world.engine)
    await undone_by_a_command(world, run.id)
    assert world.cell(key).state is CellState.IN_SYNC


# -- a run with a row that cannot go ---------------------------------------------------------------


@pytest.mark.parametrize("how", ["refused", "sold meanwhile"])
async def test_one_row_that_cannot_go_does_not_keep_the_others(how: str) -> None:
    world = World()
    keys = [
        world.linked(here=20 + n, there=10, base=10, item=f"i{n}", sku=f"S{n}") for n in range(6)
    ]
    plan = await world.runs.plan(PlanKind.PUSH)
    if how == "refused":
        world.shop.refuse[keys[2]] = "NON_MUTABLE_INVENTORY_ITEM"
    else:
        world.shop.sell(keys[2], 1)
    run = await world.runs.apply(plan)
    assert (run.applied, run.moved + run.rejected, run.waiting) == (5, 1, 0)
    assert [world.there(key) for key in keys] == [20, 21, 10 - (how != "refused"), 23, 24, 25]
    with world.books.view() as view:
        assert view.intents() == []
        assert len(list(view.run_rows(run.id))) == 6


async def test_a_kill_after_a_row_was_refused_leaves_the_others_in_the_outbox() -> None:
    world = World()
    keys = [
        world.linked(here=20 + n, there=10, base=10, item=f"i{n}", sku=f"S{n}") for n in range(3)
    ]
    plan = await world.runs.plan(PlanKind.PUSH)
    world.shop.refuse[keys[0]] = "NON_MUTABLE_INVENTORY_ITEM"
    commits = 0

    def fault(name: str) -> bool:
        nonlocal commits
        commits += name == "after commit"
        if commits == 4:  # opened, changed here, in the outbox, and settled
            raise RuntimeError("killed")
        return False

    world.fault = fault
    with pytest.raises(RuntimeError):
        await world.runs.apply(plan)
    go_on(world)
    await world.engine.sender.settle_outbox(now=True)
    assert [world.there(key) for key in keys] == [10, 21, 22]
    with world.books.view() as view:
        run = view.run(plan.id)
    assert run is not None
    assert (run.applied, run.rejected, run.waiting) == (2, 1, 0)


# -- undoing again, leaving out, turning off -------------------------------------------------------


async def test_an_undo_that_was_cut_off_can_be_done_again() -> None:
    world = World()
    key = world.linked(here=12, there=9, base=10)
    run = await world.do(PlanKind.PUSH)
    plan = await world.runs.undo_plan(run.id)
    world.fault = killed_before_commit(2)
    with pytest.raises(RuntimeError):
        await world.runs.apply(plan)
    go_on(world)
    await world.runs.apply(await world.runs.undo_plan(run.id))
    assert world.there(key) == 9


async def test_what_waited_when_a_run_was_undone_can_be_undone_later() -> None:
    world = World()
    key = world.linked(here=12, there=9, base=10)
    world.fault = lambda name: name == "lose_after"
    run = await world.do(PlanKind.PUSH)
    assert run.waiting == 1
    await world.runs.apply(await world.runs.undo_plan(run.id))
    world.fault = lambda _name: False
    await world.engine.sender.settle_outbox(now=True)
    await world.runs.apply(await world.runs.undo_plan(run.id))
    assert world.there(key) == 9


async def test_an_undo_that_lost_every_race_can_be_planned_again() -> None:
    world = World()
    key = world.linked(here=12, there=9, base=10)
    run = await world.do(PlanKind.PUSH)
    plan = await world.runs.undo_plan(run.id)
    world.shop.sell(key, 1)
    assert (await world.runs.apply(plan)).moved == 1
    again = await world.runs.undo_plan(run.id)
    assert [row.left_out for row in again.rows] == [True]


async def test_an_undo_changes_no_other_label() -> None:
    world = World()
    key = world.linked(here=3, there=10, base=10)
    run = await world.do(PlanKind.PULL)
    assert world.here() == 10
    world.books.state.labels["other"] = Label("other", "Other")
    world.books.now(lambda tx: tx.put_link(replace(tx.link(), label_code="other")))
    cause = Cause(CauseKind.SET, "me")
    world.books.now(lambda tx: tx.set_level("A", "here-x", "other", 10, cause))
    with pytest.raises(RunOfAnotherLabel, match="main"):
        await world.runs.undo_plan(run.id)
    assert world.there(key) == 10


async def test_a_bundle_that_was_left_out_waits_as_a_bundle_when_it_is_taken_up() -> None:
    world = World()
    key = world.linked(here=10, there=10, base=10)
    trace = Trace("", "Brand", str)
    world.books.now(lambda tx: aside.note_bundles(tx, {"i1"}, trace))
    world.books.now(lambda tx: aside.ignore(tx, [key]))
    world.books.now(lambda tx: aside.notice(tx, [key], {"i1"}))
    world.add_here(2)
    await world.engine.rest()
    assert world.cell(key).problem is Problem.BUNDLE
    assert world.shop.ledger == []


async def test_a_link_can_be_turned_off_while_the_shop_refuses_us() -> None:
    world = World()
    world.linked(here=12, there=10, base=10)
    world.fault = lambda name: name == "lose_before"
    await world.engine.push_pass()

    async def refuses(intent: Intent) -> WriteResult:
        raise UserMustAct(detail=f"{intent.key}: the token was revoked")

    world.shop.write = refuses  # type: ignore[method-assign]
    await world.runs.disable()
    with world.books.view() as view:
        assert not view.link().enabled
        assert view.intents(), "what is open is settled when the shop answers again"


async def test_what_swallows_every_write_is_listed_and_tried_with_pauses() -> None:
    world = World()
    key = world.linked(here=12, there=10, base=10)

    swallowing = True
    world.shop._ignores = lambda _row: swallowing  # type: ignore[method-assign, assignment]
    for _ in range(300):  # a minute
        await world.engine.push_pass()
        await world.engine.read_pass()
        world.clock.advance(0.2)
    assert world.cell(key).problem is Problem.REJECTED
    assert "NO_EFFECT" in world.cell(key).detail
    assert world.shop.writes < 5
    swallowing = False
    world.clock.advance(900)
    await world.engine.push_pass()
    assert (world.there(key), world.cell(key).state) == (12, CellState.IN_SYNC)
