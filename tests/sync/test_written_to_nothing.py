"""Writes that succeed and change nothing: to an item that is not tracked any more, or not stocked
there. The change made here is not lost over it: it goes when it can, or a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.model import CellState, Intent, PlanKind, Problem, QuantityName, RowOutcome, WriteResult
from core.sync import aside
from tests.sync.real_world import START_WITH
from tests.sync.test_races import Race


@pytest.fixture(params=QuantityName)
def race(request: pytest.FixtureRequest) -> Iterator[Race]:
    """By delta, and by absolute numbers."""
    made = Race(name=request.param)
    yield made
    made.world.close()


def track(race: Race, tracked: bool) -> None:
    with race.watcher.person():
        race.world.practice.set_tracked(race.key.inventory_item_id, tracked=tracked)


def stock(race: Race, stocked: bool) -> None:
    with race.watcher.person():
        race.world.practice.set_stocked(*race.key, stocked=stocked)


def waits_for(race: Race, problem: Problem) -> bool:
    return race.cell.problem is problem


def requests(race: Race) -> int:
    return race.world.practice.counts["writes"]


def written_beside_another(race: Race) -> None:
    """Our +2 is in one write with another item's +1. That one has effect, so there is a receipt,
    and only what it lists tells that ours had none.
    """
    race.world.start()
    race.world.go(0.6)
    track(race, False)
    with race.watcher.person():
        race.world.change_here("A", race.place, +2)
        race.world.change_here("B", race.place, +1)
    race.world.go(8)
    assert waits_for(race, Problem.UNTRACKED)


def test_a_write_to_an_item_untracked_meanwhile_goes_when_it_is_tracked_again(race: Race) -> None:
    race.world.start()
    race.world.go(0.6)
    track(race, False)
    race.change_here(+2)
    race.world.go(10)
    assert (race.cell.problem, race.writes) == (Problem.UNTRACKED, 0)
    assert race.cell.intent is None
    asked = requests(race)
    race.world.go(60)
    assert requests(race) == asked, "nobody goes on trying"
    track(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_what_was_written_to_nothing_is_not_asked_for_without_end_while_readings_are_behind(
    race: Race,
) -> None:
    race.world.start()
    race.world.go(5)
    race.world.practice.faults.lag = 4
    track(race, False)
    race.change_here(+2)
    race.world.go(20)
    assert waits_for(race, Problem.UNTRACKED)
    assert requests(race) < 12
    race.world.practice.faults.lag = 0
    track(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_a_write_to_nothing_beside_one_with_effect_goes_when_it_is_tracked_again(
    race: Race,
) -> None:
    written_beside_another(race)
    assert race.both() == (START_WITH + 2, START_WITH)
    track(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2, writes=3)


def test_untracked_and_tracked_again_between_two_readings_loses_nothing(race: Race) -> None:
    """No reading ever shows it: only the write's own answer can tell."""
    race.world.start()
    race.world.go(0.6)
    track(race, False)
    with race.watcher.person():
        race.world.change_here("A", race.place, +2)
        race.world.change_here("B", race.place, +1)
    race.until("the shop has it")
    track(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2, writes=3)


def test_what_staff_count_while_it_is_not_tracked_is_one_more_change(race: Race) -> None:
    written_beside_another(race)
    with race.watcher.person():
        race.world.practice.restock(*race.key, 3)
    track(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 5, writes=3)


def test_a_write_to_nothing_is_not_forgotten_while_its_cell_is_left_out(race: Race) -> None:
    race.world.start()
    race.world.go(0.6)
    track(race, False)
    with race.watcher.person():
        race.world.change_here("A", race.place, +2)
        race.world.change_here("B", race.place, +1)
    race.until("it is settled")
    with race.watcher.person(), race.world.store.books.transaction() as tx:
        aside.ignore(tx, [race.key])
    race.world.go(8)
    track(race, True)
    race.world.go(8)
    with race.watcher.person(), race.world.store.books.transaction() as tx:
        aside.notice(tx, [race.key])
    race.come_to_rest()
    assert race.is_at(START_WITH + 2, writes=3)


def test_a_sale_just_before_the_item_is_untracked_is_one_and_nobody_is_asked(race: Race) -> None:
    race.world.start()
    race.world.go(5)
    race.sell(2)
    track(race, False)
    race.world.go(8)
    assert waits_for(race, Problem.UNTRACKED)
    track(race, True)
    race.come_to_rest()
    assert race.cell.state is CellState.IN_SYNC
    available = race.world.name is QuantityName.AVAILABLE  # a sale leaves on_hand until it ships
    assert race.both() == ((START_WITH - 2,) * 2 if available else (START_WITH,) * 2)


def test_a_doubt_stays_one_when_the_item_becomes_untracked(race: Race) -> None:
    race.trouble("loss_after")
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    race.world.kill()
    with race.watcher.person():
        race.world.practice.restock(*race.key, 1)
    race.world.loop.let_pass(25 * 3600)
    race.come_to_rest()
    assert waits_for(race, Problem.OUTCOME_UNKNOWN)
    for tracked in (False, True):
        track(race, tracked)
        race.come_to_rest()
    assert waits_for(race, Problem.DIFFERS_AT_START)
    assert race.both() == (START_WITH + 2, START_WITH + 3)


def test_an_item_stocked_again_with_the_number_it_had_goes_on(race: Race) -> None:
    stock(race, False)
    race.come_to_rest()
    assert (race.cell.problem, race.cell.there) == (Problem.NOT_STOCKED, None)
    race.change_here(+2)
    stock(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_an_item_stocked_again_with_another_number_waits_for_a_person(race: Race) -> None:
    """A write that was the last before may have had no effect: what differs is nobody's sale."""
    race.world.start()
    race.change_here(+2)
    race.until("it is settled")
    stock(race, False)
    race.world.go(8)
    assert waits_for(race, Problem.NOT_STOCKED)
    with race.watcher.person():
        race.world.practice.set_available(*race.key, START_WITH)
        race.world.practice.set_stocked(*race.key, stocked=True)
    race.come_to_rest()
    assert waits_for(race, Problem.DIFFERS_AT_START)
    assert race.both() == (START_WITH + 2, START_WITH)


def test_a_mass_change_tells_that_a_row_was_written_to_nothing(race: Race) -> None:
    """Untracked between the look at the plan and its being applied."""
    with race.watcher.person():
        race.world.change_here("A", race.place, +2)
    runs = race.world.runs
    plan = race.world.do(runs.plan_cells(PlanKind.PUSH, [race.key]))
    track(race, False)
    with race.watcher.person():
        run = race.world.do(runs.apply(plan))
    assert (run.applied, run.moved, run.waiting) == (0, 1, 0)
    assert waits_for(race, Problem.UNTRACKED)
    track(race, True)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_an_absolute_write_of_what_the_shop_holds_already_is_applied(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No receipt, for it changed nothing; and yet both sides are where a person wanted them."""
    with race.watcher.person():
        race.world.change_here("A", race.place, +2)
    runs = race.world.runs
    plan = race.world.do(runs.plan_cells(PlanKind.PUSH, [race.key]))
    practice = race.world.practice

    async def held_already(_intent: Intent) -> WriteResult:
        with race.watcher.person():
            practice.set_available(*race.key, START_WITH + 2)
        return WriteResult()

    with monkeypatch.context() as patch:
        patch.setattr(type(race.world.shop), "write", lambda _self, intent: held_already(intent))
        run = race.world.do(runs.apply(plan))
    assert run.applied == 1
    with race.world.store.books.view() as view:
        assert [row.outcome for row in view.run_rows(run.id)] == [RowOutcome.APPLIED]
    race.come_to_rest()
    assert race.is_at(START_WITH + 2, writes=0)
