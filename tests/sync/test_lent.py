"""A service lends the sync: what its engine remembers meets what another process has done at the
same books meanwhile. Each story by its name; every order of all of them is the machines'.
"""

from __future__ import annotations

import asyncio

import pytest

from core.model import CellKey, CellState, PlanKind, Run
from core.sync.runs import Runs
from tests.twins.world import World


class Faults:
    def __init__(self) -> None:
        self.armed: list[str] = []

    def __call__(self, name: str) -> bool:
        if name not in self.armed:
            return False
        self.armed.remove(name)
        return True


async def test_a_write_that_another_process_has_settled_is_not_waited_for() -> None:
    faults = Faults()
    world = World(fault=faults)
    world.linked(12, 10, 10)
    faults.armed.append("lose_before")
    await world.engine.push_pass()
    assert world.books.state.intents
    await world.another().plan(PlanKind.MERGE)
    assert not world.books.state.intents
    assert (await world.engine.rest()).rests


async def synced(world: World) -> None:
    """The service has the sync for some passes."""
    running = asyncio.ensure_future(world.engine.run())
    for _turn in range(300):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})


async def done(runs: Runs, kind: PlanKind) -> Run:
    return await runs.apply(await runs.plan(kind))


async def pulled_by_another(world: World, key: CellKey) -> str:
    """9 on both sides, by a run of another process; the service has not looked since."""
    run = await done(world.another(), PlanKind.PULL)
    assert world.cell(key).state is CellState.IN_SYNC
    return run.id


async def undone_by_another(world: World, run_id: str) -> None:
    runs = world.another()
    await runs.apply(await runs.undo_plan(run_id))


@pytest.mark.parametrize("looks", ["for a person", "to rest", "all the time"])
@pytest.mark.parametrize("again", ["to rest", "all the time"])
async def test_what_another_process_takes_back_flows_anew_though_its_reading_is_known(
    looks: str, again: str
) -> None:
    """Once it was stuck: the reading was no news to whoever had it before the run was undone."""
    world = World()
    key = world.linked(here=10, there=9, base=10)
    run_id = await pulled_by_another(world, key)
    if looks == "for a person":
        await world.engine.look_at([key])
    elif looks == "to rest":
        assert (await world.engine.rest()).rests
    else:
        await synced(world)
    await undone_by_another(world, run_id)
    assert world.cell(key).state is CellState.PENDING_PULL
    if again == "to rest":
        assert (await world.engine.rest()).rests
    else:
        await synced(world)
    assert world.cell(key).state is CellState.IN_SYNC


async def test_what_others_have_left_alone_is_not_read_anew() -> None:
    world = World()
    key = world.linked(here=10, there=10, base=10)
    await synced(world)
    commits = world.books.commits
    await synced(world)
    assert (world.books.commits, world.cell(key).state) == (commits, CellState.IN_SYNC)


async def test_a_sale_in_the_second_of_a_write_whose_settling_was_cut_off_is_seen() -> None:
    """The sync is lent when the write is on disk, and nobody has been told. The sale brings back
    the very reading from before the write.
    """
    world = World()
    key = world.linked(here=12, there=10, base=10)
    await world.engine.read_pass()
    before = world.shop.levels[key].updated_at
    running = asyncio.ensure_future(world.engine.run())

    def settled(when: str) -> None:
        if when == "after commit" and world.cell(key).base == 12:
            world.books.on_commit = lambda _when: None
            running.cancel()
            raise asyncio.CancelledError

    world.books.on_commit = settled
    await asyncio.wait({running})
    assert (world.cell(key).state, world.there(key)) == (CellState.IN_SYNC, 12)
    world.shop.sell(key, 2)
    world.shop.levels[key].updated_at = before
    await synced(world)
    assert (world.here(), world.there(key)) == (10, 10)
