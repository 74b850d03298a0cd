"""The breaker: mass changes stop, name their numbers, and go on when a person says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import CellKey, PlanKind, Problem
from core.sync.breaker import (
    HERE,
    Effect,
    Limits,
    TooManyChanges,
    TooManyGone,
    TooManyZeros,
    check,
)
from tests.twins.world import World


async def shop_with(count: int, quantity: int = 5) -> tuple[World, list[CellKey]]:
    world = World()
    world.pair("x")
    keys = [CellKey(f"i{n}", "there-x") for n in range(count)]
    for key in keys:
        world.shop.put(key, quantity)
    world.map(**{f"i{n}": f"S{n}" for n in range(count)})
    await world.enable(PlanKind.PULL)
    await world.engine.rest()
    return world, keys


async def test_a_shop_that_is_emptied_at_once_stops_the_pull() -> None:
    world, keys = await shop_with(60)
    for key in keys[:30]:
        world.shop.put(key, 0)
    with pytest.raises(TooManyZeros, match="30 of 60"):
        await world.engine.rest()
    assert all(world.here(f"S{n}") == 5 for n in range(60))


async def test_a_person_who_agrees_lets_it_go_on() -> None:
    world, keys = await shop_with(60)
    for key in keys[:30]:
        world.shop.put(key, 0)
    plan = await world.runs.plan(PlanKind.MERGE)
    assert len(plan.changing) == 30
    await world.runs.apply(plan)
    assert (await world.engine.rest()).rests
    assert [world.here(f"S{n}") for n in (0, 29, 30)] == [0, 0, 5]


async def test_a_person_may_let_our_side_win_instead() -> None:
    world, keys = await shop_with(60)
    for key in keys[:30]:
        world.shop.put(key, 0)
    await world.do(PlanKind.PUSH)
    assert (await world.engine.rest()).rests
    assert all(world.there(key) == 5 for key in keys)


async def test_emptying_here_stops_the_push() -> None:
    world, keys = await shop_with(60)
    for n in range(30):
        world.set_here(0, f"S{n}")
    with pytest.raises(TooManyZeros, match="on Shopify"):
        await world.engine.rest()
    assert all(world.there(key) == 5 for key in keys)


async def test_more_than_half_changed_at_once_stops() -> None:
    world, keys = await shop_with(500)
    for key in keys[:260]:
        world.shop.put(key, 6)
    with pytest.raises(TooManyChanges, match="260 of 500"):
        await world.engine.rest()


async def test_items_that_vanish_together_stop() -> None:
    world, keys = await shop_with(60)
    for key in keys[:25]:
        world.shop.problems[key] = Problem.DELETED
    with pytest.raises(TooManyGone, match="25 of 60"):
        await world.engine.rest()


async def test_an_item_that_is_gone_counts_once_however_many_locations_had_it() -> None:
    world = World()
    places = [f"x{n}" for n in range(25)]
    world.pair(*places)
    for item in range(30):
        for place in places:
            world.shop.put(CellKey(f"i{item}", f"there-{place}"), 5)
    world.map(**{f"i{n}": f"S{n}" for n in range(30)})
    await world.enable(PlanKind.PULL)
    await world.engine.rest()
    for item in range(20):
        for place in places:
            world.shop.problems[CellKey(f"i{item}", f"there-{place}")] = Problem.DELETED
    assert (await world.engine.rest()).needs_you == 20 * 25


async def test_too_many_items_that_are_gone_from_several_locations_stop() -> None:
    world = World()
    world.pair("x", "y")
    keys = [CellKey(f"i{n}", f"there-{place}") for n in range(30) for place in "xy"]
    for key in keys:
        world.shop.put(key, 5)
    world.map(**{f"i{n}": f"S{n}" for n in range(30)})
    await world.enable(PlanKind.PULL)
    await world.engine.rest()
    for key in keys[:42]:
        world.shop.problems[key] = Problem.DELETED
    with pytest.raises(TooManyGone, match="21 of 30"):
        await world.engine.rest()


async def test_a_small_share_is_not_exceeded_by_what_flows_as_it_comes() -> None:
    world, keys = await shop_with(500)
    world.engine.reader.limits = world.engine.sender.limits = Limits(changed_share=0.01)
    for key in keys[:6]:
        world.shop.put(key, 6)
    with pytest.raises(TooManyChanges, match="6 of 500"):
        await world.engine.rest()
    assert sum(world.here(f"S{n}") == 6 for n in range(6)) <= 5


def test_a_share_that_is_met_exactly_is_not_exceeded() -> None:
    for percent in range(1, 101):
        check(Effect(100, zeroed=percent), Limits(zeroed_share=percent / 100), HERE)


async def test_an_ordinary_day_passes() -> None:
    world, keys = await shop_with(300)
    for key in keys[:29]:
        world.shop.put(key, 0)
    for key in keys[29:140]:
        world.shop.sell(key, 1)
    assert (await world.engine.rest()).rests
    assert world.here("S0") == 0


async def test_the_other_direction_goes_on() -> None:
    world, keys = await shop_with(60)
    for key in keys[:30]:
        world.shop.put(key, 0)
    world.add_here(2, "S50")
    with pytest.raises(TooManyZeros):
        await world.engine.read_pass()
    await world.engine.push_pass()
    assert world.there(keys[50]) == 7


async def refused_zeros(count: int) -> tuple[World, list[CellKey]]:
    """So many cells that became 0 here, a few at a time, and that the shop did not take."""
    world, keys = await shop_with(60)
    for n in range(count):
        world.shop.refuse[keys[n]] = "INVALID_LOCATION"
        world.set_here(0, f"S{n}")
        if n % 15 == 14:
            await world.engine.push_pass()
    await world.engine.push_pass()
    assert len([key for key in keys if world.cell(key).problem is Problem.REJECTED]) == count
    return world, keys


async def test_more_refused_rows_than_the_breaker_lets_through_stop_nobody() -> None:
    """They wait for a person already; what else is pending goes out, also after a restart."""
    world, keys = await refused_zeros(30)
    writes = world.shop.writes
    world.start()
    world.add_here(2, "S50")
    report = await world.engine.rest()
    assert (report.rests, report.needs_you) == (True, 30)
    assert (world.there(keys[50]), world.shop.writes) == (7, writes + 1)


async def test_more_refused_rows_than_the_breaker_lets_through_are_not_sent_unasked() -> None:
    """Not even a few at a time when their cause is gone: all of them together are a mass change,
    and a person's word sends them.
    """
    world, keys = await refused_zeros(30)
    world.shop.refuse.clear()
    for _ in range(5):
        world.clock.advance(1000)
        world.engine.try_refused()
        await world.engine.push_pass()
    assert (await world.engine.rest()).needs_you == 30
    assert all(world.there(key) == 5 for key in keys)
    await world.runs.apply(await world.runs.plan_cells(PlanKind.PUSH, keys[:30]))
    assert (await world.engine.rest()).needs_you == 0
    assert [world.there(keys[n]) for n in (0, 29, 30)] == [0, 0, 5]


async def test_a_persons_word_that_was_refused_stays_listed_until_both_sides_agree() -> None:
    """Before it the two sides differed and had no base, so there is nothing to send again."""
    world, key = World(), CellKey("i1", "there-x")
    world.shop.put(key, 5)
    world.pair("x")
    world.map(i1="A")
    world.set_here(7)
    await world.enable()
    await world.engine.rest()
    world.shop.refuse[key] = "INVALID_LOCATION"
    await world.runs.apply(await world.runs.plan_cells(PlanKind.PUSH, [key]))
    assert world.cell(key).problem is Problem.REJECTED
    for _ in range(3):
        world.clock.advance(1000)
        await world.engine.whole_pass()
        assert world.cell(key).problem is Problem.DIFFERS_AT_START
    assert "cleared" not in world.codes()
    world.set_here(5)
    assert (await world.engine.rest()).needs_you == 0


async def test_refused_rows_wait_while_they_are_too_many_together_with_what_is_pending() -> None:
    world, keys = await refused_zeros(15)
    world.shop.refuse.clear()
    for n in range(20, 35):
        world.set_here(0, f"S{n}")
    world.engine.try_refused()
    await world.engine.push_pass()
    assert [sum(world.there(key) == 0 for key in part) for part in (keys[:15], keys[20:35])] == [
        0,
        15,
    ]
    world.clock.advance(100)
    await world.engine.push_pass()
    assert all(world.there(key) == 0 for key in (*keys[:15], *keys[20:35]))
    assert (await world.engine.rest()).needs_you == 0


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 5_000))
def test_the_limits_are_what_they_say(cells: int, changed: int, zeroed: int) -> None:
    stops = zeroed > max(20, cells / 10) or (cells >= 500 and changed > cells / 2)
    try:
        check(Effect(cells, changed, zeroed), Limits(), HERE)
    except (TooManyZeros, TooManyChanges):
        assert stops
    else:
        assert not stops
