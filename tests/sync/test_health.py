"""What the sync knows of itself: how much is verified, how long ago, what failed."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from core.errors import Offline, SafetyStop, UserMustAct
from core.model import CellKey, Reading
from core.sync.events import BackOnline, Event, SyncGoesOn, SyncStopped
from core.sync.health import Ages, ages_of, blocks_of
from core.sync.reading import MANY, Pacing, WorkingSet
from core.workspace.health import Blocks, age_of
from tests.twins.clock import ManualClock
from tests.twins.virtual_time import LoopClock, run
from tests.twins.world import World


def world_with(cells: int, **pacing: float) -> World:
    world = World(pacing=Pacing(**pacing))  # type: ignore[arg-type]
    for n in range(cells):
        world.linked(here=5, there=5, base=5, item=f"i{n:04}", sku=f"S{n}")
    return world


async def test_a_pass_over_everything_vouches_for_everything() -> None:
    world = world_with(10)
    await world.engine.read_pass()
    health = world.engine.health
    assert (health.verified_share, health.verified_pass, health.verified_hour) == (1.0, 1.0, 1.0)
    await world.clock.sleep(7)
    await world.engine.read_pass()
    assert health.ages.longest == 0


async def test_what_is_out_of_sync_is_not_verified() -> None:
    world = world_with(10)
    await world.engine.read_pass()
    world.set_here(9, "S3")
    await world.engine.read_pass()
    health = world.engine.health
    assert (health.verified_share, health.verified_pass, health.verified_hour) == (0.9, 0.9, 0.9)


async def test_a_rolling_sweep_vouches_for_what_it_has_read() -> None:
    world = world_with(1_000, everything_up_to=0, sweep_s=8, sweep_at_least=1, tick_s=2)
    world.clock.advance(3600)
    await world.engine.read_pass()
    health = world.engine.health
    assert health.verified_hour == 0.25
    assert health.ages == Ages(None, None, None)
    for _ in range(3):
        await world.clock.sleep(2)
        await world.engine.read_pass()
    assert health.verified_hour == 1.0
    assert (health.ages.p50, health.ages.p95, health.ages.longest) == (2, 6, 6)
    await world.clock.sleep(3_601)
    await world.engine.read_pass()
    assert health.verified_hour == 0.25
    world.set_here(9, "S999")  # not among those that this pass reads
    world.engine.reader.working.read_in_pass = []
    await world.engine.read_pass()
    assert health.verified_pass == 1.0


async def test_failures_are_counted_by_class() -> None:
    world = world_with(60)
    world.shop.refuse[CellKey("i0001", "there-x")] = "INVALID_QUANTITY"
    world.set_here(9, "S1")
    await world.engine.push_pass()
    for n in range(30, 60):
        world.shop.put(CellKey(f"i{n:04}", "there-x"), 0)
    engine = asyncio.create_task(world.engine.run())
    for _ in range(50):
        await asyncio.sleep(0)
        if world.engine.health.failing:
            break
    engine.cancel()
    await asyncio.gather(engine, return_exceptions=True)
    assert isinstance(world.engine.health.failure, SafetyStop)
    counted = world.engine.health.failures
    assert counted["refused"] >= 1  # once more when the engine began: it gives another chance
    assert (counted["safety_stop"], counted["stale"], counted["offline"]) == (1, 0, 0)


async def test_the_ages_grow_while_the_shop_cannot_be_reached() -> None:
    world = world_with(10)
    await world.engine.read_pass()
    noted: list[float | None] = []
    world.engine.on_health = lambda: noted.append(world.engine.health.ages.longest)
    await world.clock.sleep(27)
    world.engine._note_failure(world.engine.read_pass, Offline(detail="gone"))
    assert noted == [27]


class Locked(UserMustAct):
    code = "locked"
    message = "The shop is locked."


def test_what_stops_reading_and_writing_is_told_once_and_how_long_it_lasted() -> None:
    async def story() -> list[Event]:
        world = World(clock=cast(ManualClock, LoopClock()), pacing=Pacing(push_poll_s=1.0))
        world.linked(here=9, there=10, base=10)
        read, write = world.shop.read_levels, world.shop.write
        world.shop.read_levels = world.shop.write = stands  # type: ignore[method-assign]
        engine = asyncio.create_task(world.engine.run())
        await asyncio.sleep(30)
        world.shop.read_levels, world.shop.write = read, write  # type: ignore[method-assign]
        await asyncio.sleep(60)
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
        assert world.here() == world.there(CellKey("i1", "there-x")) == 9
        return world.events

    async def locked(*_: object) -> None:
        raise Locked

    stands: Any = locked

    told = SyncStopped | SyncGoesOn | BackOnline
    events = [event for event in run(story()) if isinstance(event, told)]
    assert [type(event) for event in events] == [SyncStopped, SyncGoesOn]
    assert cast(SyncGoesOn, events[1]).seconds == 60


def test_what_failed_before_the_sync_was_lent_does_not_keep_it_from_sending_afterwards() -> None:
    async def story() -> None:
        world = World(clock=cast(ManualClock, LoopClock()), pacing=Pacing(push_poll_s=1.0))
        world.linked(here=10, there=10, base=10)
        read = world.shop.read_levels
        stands: Any = away
        world.shop.read_levels = stands  # type: ignore[method-assign]
        await run_for(world, 30)
        world.shop.read_levels = read  # type: ignore[method-assign]
        world.add_here(-1)
        await run_for(world, 30)
        assert world.there(CellKey("i1", "there-x")) == 9
        assert world.engine.health.error is None

    async def away(*_: object) -> None:
        raise Offline(detail="no route")

    async def run_for(world: World, seconds: float) -> None:
        engine = asyncio.create_task(world.engine.run())
        await asyncio.sleep(seconds)
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)

    run(story())


def test_the_age_of_one_cell_is_that_of_its_batch() -> None:
    working = WorkingSet()
    working.load(1, [CellKey(f"i{n:04}", place) for n in range(600) for place in ("a", "b")])
    assert len(working.batches) == 6
    for number, batch in enumerate(working.batches):
        working.was_read(batch, 100.0 - number)
    blocks = Blocks("2026-11-23T10:00:00.000Z", blocks_of(working, 100.0))
    assert [age_of(blocks, CellKey(item, "b")) for item in ("i0000", "i0249", "i0250")] == [3, 3, 4]
    assert age_of(blocks, CellKey("i0599", "a")) == 2
    assert age_of(blocks, CellKey("i0000", "c")) is None
    assert age_of(Blocks(), CellKey("i0000", "a")) is None
    assert ages_of(working, 100.0) == Ages(2.0, 5.0, 5.0)


@pytest.mark.parametrize("cells", [0, 1])
async def test_nothing_to_read_is_nothing_verified(cells: int) -> None:
    world = world_with(cells)
    if not cells:
        world.books.now(lambda tx: tx.put_link(tx.link()))
    await world.engine.read_pass()
    assert world.engine.health.verified_share == (1.0 if cells else None)


def test_a_long_working_set_settles_once_for_each_revision_when_all_of_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settled: list[int] = []
    working = WorkingSet()
    monkeypatch.setattr("core.sync.reading.gc.freeze", lambda: settled.append(working.revision))
    keys = [CellKey(f"item-{n}", "place") for n in range(MANY)]
    for revision in (1, 2):
        working.load(revision, keys)
        working.last = {key: Reading(key, 1) for key in keys[1:]}
        working.settle()
        assert settled == [*range(1, revision)], "one cell is not known yet"
        working.last[keys[0]] = Reading(keys[0], 1)
        working.settle()
        working.settle()
        assert settled == [*range(1, revision + 1)]
    working.load(3, keys[:-1])
    working.last = {key: Reading(key, 1) for key in keys[:-1]}
    working.settle()
    assert settled == [1, 2], "short ones are not worth it"
