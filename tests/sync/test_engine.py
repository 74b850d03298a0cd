"""Stories of the engine against twins: one fault or race each.

Long, because each fault has its own story.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.clock import parse_iso
from core.errors import LinkIsOff, Offline, OutcomeUnknown
from core.model import CellKey, CellState, PlanKind, Problem, QuantityName
from core.sync.cells import unmap_one
from core.sync.events import NeedsYou, Pushed, SaleSeen
from core.sync.reading import Pacing
from core.sync.sender import MOST_WAITING
from tests.twins.world import World


def faults(*names: str) -> tuple[list[str], World]:
    """A world in which each named fault happens once, in order."""
    left = list(names)

    def fault(name: str) -> bool:
        if left and left[0] == name:
            left.pop(0)
            return True
        return False

    return left, World(fault=fault)


async def test_both_sides_changed_and_both_are_kept() -> None:
    world = World()
    key = world.linked(here=12, there=9, base=10)
    report = await world.engine.rest()
    assert report.rests
    assert (world.here(), world.there(key)) == (11, 11)
    assert world.codes().count("sale_seen") == world.codes().count("pushed") == 1


async def test_at_rest_nothing_is_written() -> None:
    world = World()
    world.linked(here=12, there=9, base=10)
    await world.engine.rest()
    writes, commits = world.shop.writes, len(world.books.state.movements)
    report = await world.engine.rest()
    assert (report.pulled, report.pushed) == (0, 0)
    assert (world.shop.writes, len(world.books.state.movements)) == (writes, commits)


async def test_a_sale_during_our_push_is_kept() -> None:
    world = World()
    key = world.linked(here=12, there=10, base=10)
    write = world.shop.write

    async def sell_meanwhile(intent):  # type: ignore[no-untyped-def]
        world.shop.sell(key, 1)
        return await write(intent)

    world.shop.write = sell_meanwhile  # type: ignore[method-assign]
    await world.engine.push_pass()
    world.shop.write = write  # type: ignore[method-assign]
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (11, 11)


async def test_an_absolute_write_that_finds_the_number_moved_reads_and_merges_again() -> None:
    world = World()
    key = world.linked(here=12, there=10, base=10)
    world.books.now(lambda tx: tx.put_link(replace(tx.link(), quantity_name=QuantityName.ON_HAND)))
    write, sales = world.shop.write, [1, 1]

    async def sell_first(intent):  # type: ignore[no-untyped-def]
        if sales:
            world.shop.sell(key, sales.pop())
        return await write(intent)

    world.shop.write = sell_first  # type: ignore[method-assign]
    await world.engine.push_pass()
    assert (world.here(), world.there(key), world.shop.writes) == (10, 10, 3)
    assert (await world.engine.rest()).rests


async def test_customers_who_are_always_quicker_do_not_keep_a_pass_for_ever() -> None:
    world = World()
    key = world.linked(here=500, there=490, base=490)
    world.books.now(lambda tx: tx.put_link(replace(tx.link(), quantity_name=QuantityName.ON_HAND)))
    write = world.shop.write

    async def always_quicker(intent):  # type: ignore[no-untyped-def]
        world.shop.sell(key, 1)
        return await write(intent)

    world.shop.write = always_quicker  # type: ignore[method-assign]
    await world.engine.push_pass()
    assert world.shop.writes == 4
    world.shop.write = write  # type: ignore[method-assign]
    await world.engine.rest()
    assert world.here() == world.there(key) == 496


async def test_a_lost_answer_is_asked_again_with_the_same_key() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    report = await world.engine.rest()
    assert report.rests
    assert world.there(key) == 12
    assert len(world.shop.ledger) == 1
    assert "write_waits" in world.codes()


async def test_a_write_lost_before_it_happened_happens_later() -> None:
    _, world = faults("lose_before")
    key = world.linked(here=12, there=10, base=10)
    assert (await world.engine.rest()).rests
    assert world.there(key) == 12


async def test_a_restart_finishes_what_the_last_one_began() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    assert world.cell(key).state is CellState.PUSHING
    world.start()
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (12, 12)
    assert len(world.shop.ledger) == 1


async def test_what_changes_while_no_write_is_answered_goes_out_in_few_writes() -> None:
    down = {"lose_before"}
    world = World(fault=lambda name: name in down)
    keys = [world.linked(here=10, there=10, base=10, item=f"i{n}", sku=f"S{n}") for n in range(200)]
    for n in range(200):
        world.add_here(1, sku=f"S{n}")
        await world.engine.push_pass()
    with world.books.view() as view:
        assert len(view.intents()) == MOST_WAITING
    down.clear()
    assert (await world.engine.rest()).rests
    assert [world.there(key) for key in keys] == [11] * 200
    assert world.shop.writes == MOST_WAITING + 1


async def test_a_change_here_while_its_push_is_in_flight_goes_out_next() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    world.add_here(-5)
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (7, 7)


async def test_while_a_push_is_in_flight_readings_are_not_taken() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    await world.engine.reader.read_all()
    assert world.cell(key).base == 10
    assert world.here() == 12


async def test_an_answer_that_does_not_know_of_our_push_is_not_believed() -> None:
    lag = {"on": False}
    world = World(fault=lambda name: name == "lag" and lag["on"])
    key = world.linked(here=12, there=10, base=10)
    world.clock.advance(5)
    world.shop.put(key, 10)
    await world.engine.rest()
    lag["on"] = True
    world.add_here(3)
    await world.engine.push_pass()
    for _ in range(3):
        await world.engine.whole_pass()
    assert world.here() == 15
    assert not [e for e in world.events if isinstance(e, SaleSeen)]
    lag["on"] = False
    assert (await world.engine.rest()).rests
    assert (world.here(), world.there(key)) == (15, 15)


async def test_rest_is_not_claimed_while_answers_are_behind() -> None:
    lag = {"on": False}
    world = World(fault=lambda name: name == "lag" and lag["on"])
    world.linked(here=10, there=10, base=10)
    await world.engine.rest()
    lag["on"] = True
    world.clock.advance(5)
    world.add_here(3)
    await world.engine.push_pass()
    assert not await world.engine.whole_pass()


async def test_two_variants_of_one_item_share_its_stock() -> None:
    world = World()
    first = world.linked(here=10, there=10, base=10, item="i1")
    second = world.linked(here=10, there=10, base=10, item="i2")
    world.shop.sell(first, 3)
    await world.engine.rest()
    assert (world.here(), world.there(first), world.there(second)) == (7, 7, 7)


async def test_an_oversale_waits_for_stock_where_negative_is_forbidden() -> None:
    world = World(negative_allowed=False)
    key = world.linked(here=1, there=-2, base=1)
    report = await world.engine.rest()
    assert (report.rests, report.needs_you) == (True, 1)
    assert world.here() == 0
    assert world.cell(key).problem is Problem.NEGATIVE_NOT_ALLOWED
    world.add_here(5)
    await world.engine.rest()
    assert (world.here(), world.there(key)) == (3, 3)
    assert world.cell(key).state is CellState.IN_SYNC


async def test_what_one_write_pulls_in_is_known_to_the_next_of_the_same_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the other variant would offer units that are sold, until the write after that."""
    monkeypatch.setattr("core.sync.outbox.CHUNK", 1)
    world = World(negative_allowed=False)
    oversold = world.linked(here=1, there=-2, base=1, item="i1")
    other = world.linked(here=1, there=1, base=1, item="i2")
    await world.engine.rest()
    world.add_here(5)
    before = world.codes().count("pushed")
    await world.engine.push_pass()
    assert (world.here(), world.there(oversold), world.there(other)) == (3, 3, 3)
    assert world.codes().count("pushed") == before + 2


async def test_held_back_units_come_over_even_when_our_own_change_is_taken_back() -> None:
    """Here −1, sold there −1, here +1 again: nothing is un-synced here, yet stock has come."""
    world = World(negative_allowed=False)
    key = world.linked(here=1, there=1, base=1)
    await world.engine.rest()
    world.add_here(-1)
    world.shop.sell(key, 1)
    await world.engine.read_pass()
    assert world.cell(key).problem is Problem.NEGATIVE_NOT_ALLOWED
    world.add_here(1)
    await world.engine.rest()
    assert (world.here(), world.there(key), world.cell(key).state) == (0, 0, CellState.IN_SYNC)


async def test_a_refused_row_is_put_aside_and_the_others_go_on() -> None:
    world = World()
    bad = world.linked(here=5, there=4, base=4, item="i1", sku="A")
    good = world.linked(here=5, there=4, base=4, item="i2", sku="B")
    world.shop.refuse[bad] = "NON_MUTABLE_INVENTORY_ITEM"
    report = await world.engine.rest()
    assert report.needs_you == 1
    assert world.there(good) == 5
    assert world.there(bad) == 4
    assert world.cell(bad).problem is Problem.REJECTED
    told = [event for event in world.events if isinstance(event, NeedsYou)]
    assert [event.sku for event in told] == ["A"]


async def test_an_item_that_left_the_location_is_listed_and_comes_back_by_itself() -> None:
    world = World()
    key = world.linked(here=5, there=5, base=5)
    world.shop.problems[key] = Problem.NOT_STOCKED
    world.add_here(2)
    await world.engine.rest()
    assert world.cell(key).state is CellState.NEEDS_YOU
    assert world.there(key) == 5
    del world.shop.problems[key]
    await world.engine.rest()
    assert (world.there(key), world.cell(key).state) == (7, CellState.IN_SYNC)


async def test_nothing_flows_while_the_link_is_off() -> None:
    world = World()
    key = world.linked(here=5, there=5, base=5)
    await world.runs.disable()
    world.add_here(2)
    world.shop.sell(key, 1)
    await world.engine.push_pass()
    with pytest.raises(LinkIsOff):
        await world.engine.rest()
    assert (world.here(), world.there(key)) == (7, 4)


async def test_a_new_cell_that_differs_waits_for_a_person_and_for_nothing_else() -> None:
    world = World()
    known = world.linked(here=5, there=5, base=5, item="i1", sku="A")
    world.shop.put(CellKey("i2", "there-x"), 9)
    world.set_here(4, "B")
    world.map(i2="B")
    world.shop.sell(known, 1)
    report = await world.engine.rest()
    assert report.needs_you == 1
    assert (world.here("A"), world.here("B")) == (4, 4)
    assert world.shop.quantity(CellKey("i2", "there-x")) == 9
    world.set_here(9, "B")
    report = await world.engine.rest()
    assert report.needs_you == 0


async def test_a_write_whose_key_expired_is_decided_by_reading() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    world.clock.advance(25 * 3600)
    await world.engine.rest()
    assert (world.here(), world.there(key), len(world.shop.ledger)) == (12, 12, 1)


async def test_an_expired_write_that_reading_cannot_settle_is_given_to_a_person() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    world.shop.sell(key, 1)
    world.clock.advance(25 * 3600)
    await world.engine.rest()
    assert world.cell(key).problem is Problem.OUTCOME_UNKNOWN
    assert len(world.shop.ledger) == 1
    await world.do(PlanKind.PULL)
    assert (world.here(), world.cell(key).state) == (11, CellState.IN_SYNC)


async def test_unmapping_in_flight_settles_the_write_and_touches_nothing_else() -> None:
    _, world = faults("lose_before")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    world.books.now(lambda tx: unmap_one(tx, "i1"))
    world.clock.advance(60)
    await world.engine.sender.settle_outbox()
    assert world.books.state.intents == {}
    assert world.books.state.cells == {}
    assert (world.here(), world.there(key)) == (12, 12)


async def test_the_story_of_a_push_carries_key_and_receipt() -> None:
    world = World()
    world.linked(here=12, there=10, base=10)
    await world.engine.rest()
    pushed = [event for event in world.events if isinstance(event, Pushed)]
    assert [(e.pushed, e.before, e.after) for e in pushed] == [(2, 10, 12)]
    assert pushed[0].key
    assert pushed[0].receipt
    assert pushed[0].request_id


async def test_offline_is_said_and_waited_out() -> None:
    left, world = faults("read", "read")
    world.linked(here=12, there=9, base=10)
    report = await world.engine.rest()
    assert report.rests
    assert left == []


async def test_a_shop_that_answers_nothing_for_a_minute_is_given_up() -> None:
    world = World()
    world.linked(here=12, there=9, base=10)

    async def slowly_refused(*_: object) -> None:
        await world.clock.sleep(50)
        raise Offline(detail="no answer")

    refused: Any = slowly_refused
    world.shop.read_levels = refused  # type: ignore[method-assign]
    report = await world.engine.rest()
    assert not report.rests
    assert report.trouble is not None
    assert world.clock.monotonic() <= 120


async def test_above_the_limit_hints_and_the_sweep_find_every_change() -> None:
    world = World(pacing=Pacing(everything_up_to=2, sweep_s=10, tick_s=2))
    keys = [world.linked(here=5, there=5, base=5, item=f"i{n}", sku=f"S{n}") for n in range(6)]
    await world.engine.reader.read_due()
    world.clock.advance(3600)
    world.shop.sell(keys[3], 2)
    await world.engine.reader.read_due()
    assert world.here("S3") == 3
    world.shop.levels[keys[4]].quantity = 1  # the index never hears of it
    for _ in range(6):
        await world.engine.reader.read_due()
    assert world.here("S4") == 1


async def test_too_many_hints_are_not_listed_to_the_end_the_sweep_hurries_instead() -> None:
    pacing = Pacing(everything_up_to=0, sweep_s=3_000, sweep_at_least=1, hints_at_most=5)
    world = World(pacing=pacing)
    keys = [
        world.linked(here=5, there=5, base=5, item=f"i{n:04}", sku=f"S{n}") for n in range(1_000)
    ]
    await world.engine.reader.read_all()
    world.clock.advance(3600)
    await world.engine.reader.read_due()
    assert world.shop.reads == 4 + 1  # nothing has changed: one step of the sweep
    for key in keys[::50]:
        world.shop.sell(key, 2)
    await world.engine.reader.read_due()
    assert world.shop.reads == 5 + 1 + 4
    assert {world.here(f"S{n}") for n in range(0, 1_000, 50)} == {3}


async def test_now_and_then_the_index_is_asked_for_a_longer_while() -> None:
    world = World(pacing=Pacing(everything_up_to=0, sweep_s=3_000))
    world.linked(here=5, there=5, base=5)
    asked: list[str] = []

    async def nothing(shopify_location_id: str, since: str, at_most: int) -> list[str]:
        asked.append(since)
        return []

    world.shop.changed_items = nothing  # type: ignore[method-assign]
    began = world.clock.now()
    for _ in range(20):
        await world.engine.reader.read_due()
        world.clock.advance(2)
    ages = [
        round((began + timedelta(seconds=2 * n) - parse_iso(since)).total_seconds())
        for n, since in enumerate(asked)
    ]
    assert [n for n, age in enumerate(ages) if age > 100] == [0, 15]
    assert {age for age in ages if age < 100} == {17}


async def test_pairing_edited_in_flight_settles_the_write_and_starts_afresh() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    world.pair("y")
    world.pair("x")
    assert world.cell(key).base is None
    world.clock.advance(5)
    assert (await world.engine.rest()).rests
    assert (world.here(), world.there(key), len(world.shop.ledger)) == (12, 12, 1)
    assert world.cell(key).state is CellState.IN_SYNC


async def test_turning_off_settles_what_is_in_flight_first() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    await world.runs.disable()
    assert world.books.state.intents == {}
    assert (world.cell(key).base, world.there(key), len(world.shop.ledger)) == (12, 12, 1)


@pytest.mark.parametrize("how", ["lose_before", "lose_after"])
@pytest.mark.parametrize("then", ["off again", "on"])
async def test_what_is_still_unknown_when_turned_off_is_not_written_while_off(
    how: str, then: str
) -> None:
    _, world = faults(*[how] * 5)
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    await world.runs.disable()
    assert world.cell(key).state is CellState.PUSHING
    written = list(world.shop.ledger)
    world.clock.advance(60)
    for _ in range(3):
        await world.engine.push_pass()
    assert world.shop.ledger == written
    if then == "on":
        await world.enable(PlanKind.MERGE)
        await world.engine.rest()
    else:
        await world.runs.disable()
    assert (world.cell(key).base, len(world.shop.ledger)) == (12, 1)


async def test_a_link_is_turned_off_when_the_answer_has_come_after_some_asking() -> None:
    _, world = faults(*["lose_after"] * 4)
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    await world.runs.disable()
    assert (world.cell(key).base, len(world.shop.ledger)) == (12, 1)


async def test_a_rest_that_no_write_lets_come_is_given_up_with_the_reason() -> None:
    world = World()
    world.linked(here=12, there=10, base=10)
    world.fault = lambda name: name == "lose_before"
    began = world.clock.monotonic()
    report = await world.engine.rest()
    assert not report.rests
    assert isinstance(report.trouble, OutcomeUnknown)
    assert world.clock.monotonic() - began < 130


async def test_an_error_that_passes_is_nobodys_refusal_though_it_names_a_row() -> None:
    world = World()
    key = world.linked(here=12, there=10, base=10)
    world.shop.refuse[key] = "SERVICE_UNAVAILABLE"
    await world.engine.push_pass()
    assert world.cell(key).state is CellState.PENDING_PUSH
    world.shop.refuse.clear()
    await world.engine.push_pass()
    assert world.cell(key).state is CellState.IN_SYNC


async def test_a_clock_that_steps_back_sends_nothing_twice_and_loses_nothing() -> None:
    _, world = faults("lose_after")
    key = world.linked(here=12, there=10, base=10)
    await world.engine.push_pass()
    world.clock.moment -= timedelta(hours=3)
    world.clock.advance(5)
    world.add_here(1)
    assert (await world.engine.rest()).rests
    assert (world.here(), world.there(key)) == (13, 13)
    assert len(world.shop.ledger) == 2


async def test_a_search_index_that_is_behind_delays_and_loses_nothing() -> None:
    world = World(pacing=Pacing(everything_up_to=0, sweep_s=4, tick_s=2))
    key = world.linked(here=5, there=5, base=5)
    world.linked(here=5, there=5, base=5, item="i2", sku="B")
    await world.engine.reader.read_due()

    async def nothing(shopify_location_id: str, since: str, at_most: int) -> list[str]:
        return []

    world.shop.changed_items = nothing  # type: ignore[method-assign]
    world.shop.sell(key, 2)
    for _ in range(2):
        await world.engine.reader.read_due()
    assert world.here() == 3


async def test_a_quiet_shop_is_asked_less_often_and_news_brings_the_pace_back() -> None:
    world = World(pacing=Pacing(quiet_after=3))
    key = world.linked(here=5, there=5, base=5)
    for _ in range(5):
        await world.engine.read_pass()
    assert world.engine._tick() == world.engine.pacing.quiet_tick_s
    world.shop.sell(key, 1)
    await world.engine.read_pass()
    assert world.engine._tick() == world.engine.pacing.tick_s


async def test_a_hint_brings_one_cell_at_once_and_a_wrong_one_harms_nothing() -> None:
    world = World()
    key = world.linked(here=5, there=5, base=5)
    world.linked(here=5, there=5, base=5, item="i2", sku="B")
    await world.engine.rest()
    world.shop.sell(key, 2)
    world.shop.sell(CellKey("i2", "there-x"), 1)
    world.engine.hint(key)
    world.engine.hint(CellKey("not ours", "there-x"))
    await world.engine.hint_pass()
    assert (world.here("A"), world.here("B")) == (3, 5)
