"""A shop that asks to be left alone for a while (Retry-After) is, however long that is; and nobody
waits for it who need not.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from core.errors import TryAgain
from core.model import CellKey, PlanKind
from core.sync.reading import Pacing
from tests.twins.clock import ManualClock
from tests.twins.virtual_time import LoopClock, run
from tests.twins.world import World


class LeaveAlone(TryAgain):
    code = "leave_alone"
    message = "Not for %(wait_s)s s."


def busy_world() -> World:
    world = World(clock=cast(ManualClock, LoopClock()), pacing=Pacing(push_poll_s=1.0))
    world.linked(here=9, there=10, base=10)
    return world


def closed_until(world: World, moment: float, asked: list[float]) -> None:
    """Until that moment the shop names what is left of the time."""
    names = ("read_levels", "write")
    usual = {name: getattr(world.shop, name) for name in names}

    def instead(name: str) -> Any:
        async def ask(*words: Any) -> Any:
            asked.append(world.clock.monotonic())
            if world.clock.monotonic() < moment:
                raise LeaveAlone(wait_s=moment - world.clock.monotonic())
            return await usual[name](*words)

        return ask

    for name in names:
        setattr(world.shop, name, instead(name))


def test_the_engine_does_not_ask_before_the_time_is_over_and_then_at_once() -> None:
    async def story() -> list[float]:
        world, asked = busy_world(), list[float]()
        closed_until(world, 500.0, asked)
        engine = asyncio.create_task(world.engine.run())
        await asyncio.sleep(510)
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
        assert world.there(CellKey("i1", "there-x")) == 9
        return asked

    asked = run(story())
    assert all(moment < 3 or moment >= 500 for moment in asked)
    assert min(moment for moment in asked if moment >= 500) < 501


def test_who_waits_for_rest_is_told_at_once_where_it_would_be_long() -> None:
    async def story() -> None:
        world = busy_world()
        closed_until(world, 500.0, [])
        report = await world.engine.rest()
        assert (report.rests, world.clock.monotonic()) == (False, 0.0)
        assert isinstance(report.trouble, LeaveAlone)

    run(story())


def test_who_waits_for_rest_waits_where_it_is_short() -> None:
    async def story() -> None:
        world, asked = busy_world(), list[float]()
        closed_until(world, 20.0, asked)
        assert (await world.engine.rest()).rests
        assert [moment for moment in asked if 0 < moment < 20] == []

    run(story())


def test_a_run_leaves_what_is_in_flight_to_the_outbox_without_waiting() -> None:
    async def story() -> None:
        world = busy_world()
        plan = await world.runs.plan(PlanKind.PUSH)
        closed_until(world, 500.0, [])
        done = await world.runs.apply(plan)
        assert world.clock.monotonic() == 0.0
        assert done.waiting == 1

    run(story())


def test_turning_off_does_not_wait_for_what_is_in_flight() -> None:
    async def story() -> None:
        world = busy_world()
        closed_until(world, 500.0, [])
        await world.engine.push_pass()
        await world.runs.disable()
        assert world.clock.monotonic() == 0.0
        with world.books.view() as view:
            assert not view.link().enabled

    run(story())
