"""Cells that are put aside and taken up again: by a person, by their location, by the catalogue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.model import CellKey, CellState, PlanKind, Problem, SkuMapping, Why
from core.sync.aside import ignore, note_bundles, note_locations, notice
from core.sync.cells import arrange, map_one
from core.sync.events import LocationActiveAgain, LocationDeactivated, NeedsYou
from tests.twins.world import World


@pytest.fixture
def world() -> World:
    return World()


def leave_out(world: World, key: CellKey) -> None:
    world.books.now(lambda tx: ignore(tx, [key]))


def take_up(world: World, key: CellKey) -> None:
    world.books.now(lambda tx: notice(tx, [key]))


async def active(world: World, *places: str) -> None:
    await world.engine.commits.commit(lambda tx, trace: note_locations(tx, places, trace))


async def bundles(world: World, *items: str) -> None:
    await world.engine.commits.commit(lambda tx, trace: note_bundles(tx, items, trace))


def state(world: World, key: CellKey) -> CellState:
    return world.cell(key).state


# -- by a person ---------------------------------------------------------------------------------


async def test_what_is_ignored_flows_neither_way_and_is_not_listed(world: World) -> None:
    key = world.linked(10, 10, 10)
    leave_out(world, key)
    world.add_here(2)
    world.shop.sell(key, 1)
    report = await world.engine.rest()
    assert (report.rests, report.pulled, report.pushed, report.needs_you) == (True, 0, 0, 0)
    assert (world.here(), world.there(key)) == (12, 9)
    cell = world.cell(key)
    assert (cell.there, cell.base, cell.changed_at) == (9, 10, "")
    assert cell.since


async def test_taken_up_again_both_sides_get_what_came_meanwhile(world: World) -> None:
    key = world.linked(10, 10, 10)
    leave_out(world, key)
    world.add_here(2)
    world.shop.sell(key, 1)
    await world.engine.rest()
    take_up(world, key)
    assert world.cell(key).changed_at
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (11, 11)


async def test_a_running_engine_sees_that_a_cell_was_taken_up(world: World) -> None:
    """The same reading as before is news now, also where another process said it."""
    key = world.linked(10, 10, 10)
    leave_out(world, key)
    world.shop.sell(key, 4)
    await world.engine.read_pass()
    await world.engine.read_pass()
    take_up(world, key)
    await world.engine.read_pass()
    assert world.here() == 6


async def test_a_base_in_doubt_is_forgotten_by_leaving_the_cell_out(world: World) -> None:
    """10 were pushed or not; nobody knows. Flowing from that base would lose or invent units."""
    key = world.linked(20, 13, 10)
    unknown = world.cell(key)._replace(problem=Problem.OUTCOME_UNKNOWN, there=13)
    world.books.now(lambda tx: tx.put_cell(unknown))
    leave_out(world, key)
    take_up(world, key)
    await world.engine.rest()
    assert world.cell(key).problem is Problem.DIFFERS_AT_START
    assert (world.here(), world.there(key)) == (20, 13)


async def test_a_write_in_flight_is_settled_and_the_cell_stays_out(world: World) -> None:
    key = world.linked(12, 10, 10)
    world.fault = _once("lose_after")
    await world.engine.push_pass()
    assert state(world, key) is CellState.PUSHING
    leave_out(world, key)
    assert state(world, key) is CellState.PUSHING  # until its outcome is known
    world.clock.advance(70)
    await world.engine.push_pass()
    assert state(world, key) is CellState.IGNORED
    assert (world.cell(key).base, world.there(key)) == (12, 12)


async def test_a_refused_write_leaves_an_ignored_cell_ignored(world: World) -> None:
    key = world.linked(12, 10, 10)
    world.fault = _once("lose_before")
    await world.engine.push_pass()
    leave_out(world, key)
    world.shop.refuse[key] = "INVALID_LOCATION"
    world.clock.advance(70)
    await world.engine.push_pass()
    assert state(world, key) is CellState.IGNORED
    assert "needs_you" not in world.codes()
    del world.shop.refuse[key]
    take_up(world, key)
    await world.engine.rest()
    assert world.there(key) == 12


async def test_a_lost_key_forgets_the_base_of_an_ignored_cell(world: World) -> None:
    key = world.linked(12, 10, 10)
    world.fault = _once("lose_before")
    await world.engine.push_pass()
    leave_out(world, key)
    world.shop.put(key, 7)
    world.clock.advance(25 * 3600)
    await world.engine.push_pass()
    assert (state(world, key), world.cell(key).base) == (CellState.IGNORED, None)
    take_up(world, key)
    await world.engine.rest()
    assert world.cell(key).problem is Problem.DIFFERS_AT_START


def _once(name: str) -> Callable[[str], bool]:
    left = [name]

    def fault(asked: str) -> bool:
        if asked in left:
            left.remove(asked)
            return True
        return False

    return fault


async def test_no_plan_takes_in_what_was_left_out(world: World) -> None:
    key = world.linked(12, 10, 10)
    leave_out(world, key)
    for kind in (PlanKind.PUSH, PlanKind.PULL, PlanKind.MERGE):
        (row,) = (await world.runs.plan(kind)).rows
        assert (row.left_out, row.why) == (True, Why.IGNORED)


async def test_left_out_after_the_plan_was_shown_is_left_out_of_its_run(world: World) -> None:
    key = world.linked(12, 10, 10)
    plan = await world.runs.plan(PlanKind.PUSH)
    leave_out(world, key)
    run = await world.runs.apply(plan)
    assert (run.applied, run.moved) == (0, 1)
    assert (world.there(key), state(world, key)) == (10, CellState.IGNORED)


async def test_undo_leaves_what_was_left_out_since(world: World) -> None:
    key = world.linked(12, 10, 10)
    run = await world.do(PlanKind.PUSH)
    leave_out(world, key)
    (row,) = (await world.runs.undo_plan(run.id)).rows
    assert (row.left_out, row.why) == (True, Why.IGNORED)


# -- by its location -----------------------------------------------------------------------------


async def test_cells_of_a_deactivated_location_wait_and_go_on(world: World) -> None:
    key = world.linked(10, 10, 10)
    await active(world)
    assert world.cell(key).problem is Problem.LOCATION_INACTIVE
    world.add_here(-3)
    world.shop.sell(key, 1)
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (7, 9)
    await active(world, "there-x")
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (6, 6)
    told = [e for e in world.events if isinstance(e, LocationDeactivated | LocationActiveAgain)]
    assert [(event.code, event.cells) for event in told] == [
        ("location_deactivated", 1),
        ("location_active_again", 1),
    ]
    assert not [event for event in world.events if isinstance(event, NeedsYou)]


async def test_nothing_is_told_or_written_while_nothing_changes(world: World) -> None:
    world.linked(10, 10, 10)
    await active(world, "there-x", "there-other")
    before = world.books.state.link.revision
    await active(world, "there-x")
    assert (world.events, world.books.state.link.revision) == ([], before)


async def test_an_ignored_cell_stays_ignored_through_it(world: World) -> None:
    key = world.linked(10, 10, 10)
    leave_out(world, key)
    await active(world)
    assert state(world, key) is CellState.IGNORED
    take_up(world, key)
    assert world.cell(key).problem is Problem.LOCATION_INACTIVE
    leave_out(world, key)
    await active(world, "there-x")
    assert state(world, key) is CellState.IGNORED
    take_up(world, key)
    assert state(world, key) is CellState.IN_SYNC


async def test_what_is_mapped_at_a_deactivated_location_waits_from_the_start(world: World) -> None:
    world.linked(10, 10, 10)
    await active(world)
    key = CellKey("i2", "there-x")
    world.shop.put(key, 5)
    world.books.now(lambda tx: map_one(tx, SkuMapping("i2", "B")))
    assert world.cell(key).problem is Problem.LOCATION_INACTIVE
    world.map(i3="C")
    assert world.cell(CellKey("i3", "there-x")).problem is Problem.LOCATION_INACTIVE
    await active(world, "there-x")
    await world.engine.rest()
    assert world.here("B") == 5


async def test_pairing_again_takes_the_cells_up(world: World) -> None:
    key = world.linked(10, 10, 10)
    await active(world)
    world.pair("x")
    assert state(world, key) is CellState.IN_SYNC


# -- by the catalogue ----------------------------------------------------------------------------


async def test_a_bundle_waits_until_it_is_none(world: World) -> None:
    key = world.linked(10, 10, 10)
    await bundles(world, "i1", "never mapped")
    assert world.cell(key).problem is Problem.BUNDLE
    world.add_here(1)
    await world.engine.rest()
    assert world.there(key) == 10
    await bundles(world)
    await world.engine.rest()
    assert world.there(key) == 11
    assert world.codes().count("cleared") == 1


async def test_a_bundle_that_is_mapped_waits_from_the_start(world: World) -> None:
    world.linked(10, 10, 10)
    world.books.now(lambda tx: map_one(tx, SkuMapping("i2", "B"), is_bundle=True))
    assert world.cell(CellKey("i2", "there-x")).problem is Problem.BUNDLE


# -- mapped as it is already ---------------------------------------------------------------------


async def test_mapping_by_hand_what_is_mapped_so_already_keeps_the_cells(world: World) -> None:
    key = world.linked(10, 10, 10)
    world.books.now(lambda tx: map_one(tx, SkuMapping("i1", "A")))
    assert world.cell(key).base == 10
    world.books.now(lambda tx: arrange(tx))
    assert world.cell(key).base == 10
