"""The races of two sides that change at once, each with a name: what was under way meets what has
changed meanwhile. With everything real but time and the wire (real_world.py); the world stands
still at exactly the step that the race needs. More stories of this kind, against twins, are in
test_engine.py; every order of all of them is test_real_machine's.

Long, because each race has its own story.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from core.clock import iso
from core.model import Cell, CellKey, CellState, PlanKind, Problem, QuantityName, SkuMapping
from core.sync.cells import map_one, pair_locations, unmap_one
from core.sync.events import SaleSeen, WriteWaits
from core.sync.reading import Pacing
from tests.sync.conservation import Watcher
from tests.sync.real_world import LABEL, START_WITH, RealWorld

LATENCY = 1.0


class Race:
    """One cell of item A at the first place, watched by the law of conservation."""

    def __init__(
        self, pacing: Pacing | None = None, name: QuantityName = QuantityName.AVAILABLE
    ) -> None:
        pacing = pacing or Pacing(push_poll_s=0.2)
        self.world = RealWorld(name=name, latency=LATENCY, pacing=pacing)
        self.watcher = Watcher(self.world, trust=True)
        self.at(0)

    def at(self, place: int) -> None:
        self.place = self.world.places[place]
        self.key = CellKey(self.world.items[0], self.place)

    @property
    def cell(self) -> Cell:
        return self.watcher.look().cells[self.key]

    def change_here(self, n: int) -> None:
        with self.watcher.person():
            self.world.change_here("A", self.place, n)

    def sell(self, n: int, item: int = 0) -> None:
        with self.watcher.person():
            self.world.practice.sell(self.world.items[item], self.place, n)

    def trouble(self, *kinds: str) -> None:
        self.world.practice.faults.only = "writes"
        self.world.practice.faults.next.extend(kinds)

    def until(self, what: str) -> None:
        """Let the world go on to the moment at which this is so, step by step of time."""
        for _ in range(400):
            if self.is_so(what):
                return
            self.world.go(0.05)
        raise AssertionError(f"never: {what}")

    def is_so(self, what: str) -> bool:
        return {
            "the write is under way": self.cell.intent is not None and not self.writes,
            "the shop has it": self.writes > 0 and self.cell.intent is not None,
            "it is settled": self.writes > 0 and self.cell.intent is None,
        }[what]

    @property
    def writes(self) -> int:
        """Rows that the shop has carried out for us."""
        return sum(1 for entry in self.world.practice.ledger if entry.key) // 2

    def until_lost(self) -> None:
        """A second write is with the shop, and its answer will never come."""
        for _ in range(400):
            if self.writes == 2 and self.cell.intent is not None:
                return
            self.world.go(0.05)
        raise AssertionError

    def come_to_rest(self) -> None:
        self.world.stop()
        self.world.loop.let_pass(70)
        assert self.world.do(self.world.engine.rest()).rests

    def both(self) -> tuple[int | None, int]:
        return self.cell.here, self.world.there(self.key)

    def is_at(self, quantity: int, writes: int = 1) -> bool:
        """Both sides there, by so many writes, and no key more than once."""
        assert max(self.world.written().values(), default=1) == 1
        assert self.cell.state is CellState.IN_SYNC
        return self.both() == (quantity, quantity) and self.writes == writes


@pytest.fixture
def race() -> Iterator[Race]:
    made = Race()
    yield made
    made.world.close()


def test_push_against_sale(race: Race) -> None:
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.sell(1)
    race.until("the shop has it")
    race.sell(1)
    race.come_to_rest()
    assert race.is_at(START_WITH)


def test_push_against_an_answer_already_on_its_way(race: Race) -> None:
    """The reading left the shop before our write came in, and arrives after it was settled."""
    race.world.armed.append(("slow", False))
    race.world.start()
    race.world.go(0.6)
    race.change_here(+2)
    race.until("it is settled")
    race.world.go(8)
    assert not [event for event in race.world.events if isinstance(event, SaleSeen)]
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_push_against_a_reading_that_is_absorbed_beside_its_settling(race: Race) -> None:
    """Both are asked in the same moment and answered in the same moment: what was read before our
    write is taken in right after the commit that settles it.
    """
    race.at(1)
    race.world.start()
    race.change_here(+2)
    race.until("it is settled")
    race.world.go(0.5)
    assert not [event for event in race.world.events if isinstance(event, SaleSeen)]
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_reading_from_a_lagging_replica(race: Race) -> None:
    """Readings that are seconds behind neither take our push back nor bring it twice."""
    race.world.start()
    race.world.go(5)
    race.world.practice.faults.lag = 4
    race.change_here(+2)
    race.until("it is settled")
    race.world.go(9)
    assert race.cell.here == START_WITH + 2
    assert not [event for event in race.world.events if isinstance(event, SaleSeen)]
    race.world.practice.faults.lag = 0
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_search_index_behind() -> None:
    """Above the limit, a hint comes late; the number that it leads to is the true one."""
    race = Race(Pacing(everything_up_to=0, sweep_s=3600, push_poll_s=0.2))
    race.world.start()
    race.world.go(5)
    race.world.practice.faults.index_lag = 30
    race.sell(3)
    race.world.go(10)
    race.sell(1)
    race.world.go(60)
    assert race.cell.here == START_WITH - 4
    race.world.close()


def test_two_variants_on_one_item(race: Race) -> None:
    """Both are sold at the same moment, while the item is counted here."""
    race.world.start()
    with race.watcher.person():
        race.world.change_here("B", race.place, +5)
    race.world.go(0.3)
    race.sell(2, item=1)
    race.sell(3, item=2)
    race.come_to_rest()
    cells = [CellKey(race.world.items[n], race.place) for n in (1, 2)]
    assert [race.world.there(key) for key in cells] == [START_WITH] * 2


def test_local_change_while_its_push_is_in_flight(race: Race) -> None:
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    race.change_here(-5)
    race.come_to_rest()
    assert race.is_at(START_WITH - 3, writes=2)


def test_mapping_edited_while_a_push_is_in_flight(race: Race) -> None:
    """Mapped anew, the cell knows nothing of the write; that it had effect is a difference, and
    both sides agree on it.
    """
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    with race.watcher.person(), race.world.store.books.transaction() as tx:
        unmap_one(tx, race.world.items[0])
    race.world.go(5)
    assert race.watcher.look().intents == {}
    with race.watcher.person(), race.world.store.books.transaction() as tx:
        map_one(tx, SkuMapping(race.world.items[0], "A"))
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_re_targeted_while_a_push_is_in_flight(race: Race) -> None:
    """The write was for A. The cell is B's now, and its number is not taken for B's."""
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    with race.watcher.person(), race.world.store.books.transaction() as tx:
        map_one(tx, SkuMapping(race.world.items[0], "B"))
    race.come_to_rest()
    assert (race.cell.sku_number, race.cell.problem) == ("B", Problem.DIFFERS_AT_START)
    assert race.both() == (START_WITH, START_WITH + 2)
    assert race.writes == 1


def test_pairing_edited_while_a_push_is_in_flight(race: Race) -> None:
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    for places in (race.world.places[1:], race.world.places):
        with race.watcher.person(), race.world.store.books.transaction() as tx:
            pair_locations(tx, tuple(race.world.pairs(*places)), LABEL)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


@pytest.mark.parametrize("lost", ["none", "loss_before", "loss_after"])
def test_link_switched_off_while_a_push_is_in_flight(race: Race, lost: str) -> None:
    """It is settled first, then nothing more is sent."""
    race.trouble(lost)
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.world.do(race.world.runs.disable())
    race.world.go(20)
    assert race.watcher.look().intents == {}
    assert (race.cell.base, race.world.there(race.key)) == (START_WITH + 2, START_WITH + 2)
    race.change_here(+1)
    race.world.go(20)
    assert (race.writes, race.cell.state) == (1, CellState.PENDING_PUSH)


@pytest.mark.parametrize("lost", ["loss_before", "loss_after"])
def test_clock_stepping_back(race: Race, lost: str) -> None:
    race.trouble(lost)
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.world.clock.step_back(900)
    race.world.go(1)
    race.change_here(+1)
    race.world.go(10)
    race.come_to_rest()
    assert race.is_at(START_WITH + 3, writes=2)


def answerless(race: Race) -> None:
    """A write that was carried out, and whose answer is lost; nobody asks again for now."""
    race.trouble("loss_after")
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    race.world.stop()


DAY, HOUR = 24 * 3600.0, 3600.0


def test_a_clock_that_steps_back_does_not_make_a_forgotten_key_young(race: Race) -> None:
    answerless(race)
    race.world.loop.let_pass(DAY + 600)
    race.world.clock.step_back(3 * HOUR)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_a_key_from_before_a_start_with_a_clock_well_behind_is_not_asked(race: Race) -> None:
    """Something was written 23 hours later. How long nothing ran after that, the clock hides."""
    answerless(race)
    race.world.loop.let_pass(23 * HOUR)
    with race.world.store.books.transaction() as tx:
        tx.put_latest_moment(iso(race.world.clock.now()))
    race.world.loop.let_pass(HOUR + 600)
    race.world.clock.step_back(3 * HOUR)
    race.world.kill()
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_each_settled_write_keeps_the_latest_moment(race: Race) -> None:
    race.world.start()
    race.change_here(+2)
    race.world.go(5)
    with race.world.store.books.view() as view:
        assert view.latest_moment() > "2026-11-23T10:00:01"


def test_a_clock_that_was_far_ahead_is_forgotten_when_no_write_is_under_way(race: Race) -> None:
    """Else each write after a crash would be decided by reading, for years."""
    race.world.clock.step_back(-365 * DAY)
    race.world.start()
    race.change_here(+2)
    race.world.go(5)
    race.world.clock.step_back(365 * DAY)
    race.trouble("loss_after")
    race.change_here(+2)
    race.until_lost()
    race.world.kill()
    (intent,) = race.watcher.look().intents.values()
    assert intent.at.startswith("2026-11-23")
    assert not race.world.engine.commits.moments().has_expired(intent)


# -- exactly once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["loss_before", "loss_after", "internal_after", "503_after"])
def test_the_same_key_goes_again_after_a_kill(race: Race, lost: str) -> None:
    race.trouble(lost)
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.world.go(1.2)
    key = race.cell.intent
    race.world.kill()
    assert race.cell.intent == key
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)
    assert {entry.key for entry in race.world.practice.ledger if entry.key} == {key}


def test_a_kill_between_the_decision_and_the_request_sends_it_at_the_next_start(
    race: Race,
) -> None:
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.world.kill()
    assert (race.cell.state, race.writes) == (CellState.PUSHING, 0)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_a_kill_in_the_commit_that_settles_asks_again_and_writes_once(race: Race) -> None:
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    race.world.dies_in_commit = True
    race.world.go(2)
    assert race.cell.state is CellState.PUSHING
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


@pytest.mark.parametrize(("lost", "writes"), [("loss_before", 1), ("loss_after", 1)])
def test_after_24_hours_a_reading_decides(race: Race, lost: str, writes: int) -> None:
    race.trouble(lost)
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.world.go(1.2)
    race.world.kill()
    race.world.loop.let_pass(25 * 3600)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2, writes)


@pytest.mark.parametrize("arrives", [False, True])
def test_a_machine_that_sleeps_while_a_write_waits_for_points(race: Race, arrives: bool) -> None:
    """The first sending has no answer. The second waits for points; the lid is closed for 25 h."""
    race.world.armed.append(("late", True))
    race.change_here(2)
    race.world.start()
    while not race.world.on_its_way:
        race.world.go(0.05)
    if arrives:
        race.world.deliver()
    race.world.shop._client.throttle.refused(50.0, None)
    race.world.go(10)
    race.world.loop.let_pass(25 * 3600)
    race.world.go(10)
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_after_24_hours_what_a_reading_cannot_tell_is_a_persons(race: Race) -> None:
    race.trouble("loss_after")
    race.world.start()
    race.change_here(+2)
    race.until("the shop has it")
    race.world.kill()
    race.sell(1)
    race.world.loop.let_pass(25 * 3600)
    race.come_to_rest()
    assert (race.cell.problem, race.writes) == (Problem.OUTCOME_UNKNOWN, 1)

    async def take_there() -> None:
        await race.world.runs.apply(await race.world.runs.plan(PlanKind.PULL))

    race.world.work = race.world.loop.create_task(take_there())
    race.world.go(20)
    assert race.both() == (START_WITH + 1, START_WITH + 1)


def test_a_request_that_comes_late_after_its_repetition_writes_nothing(race: Race) -> None:
    race.world.armed.append(("late", True))
    race.world.start()
    race.change_here(+2)
    race.until("it is settled")
    race.world.deliver()
    race.come_to_rest()
    assert race.is_at(START_WITH + 2)


def test_a_refusal_that_comes_again_as_the_answer_to_its_key_is_tried_anew(race: Race) -> None:
    """Refused, the answer lost, the cause gone: the key still says no, another key does not."""
    practice = race.world.practice
    practice.set_location_active(race.place, active=False)
    race.trouble("garbage_after")
    race.world.start()
    race.change_here(+2)
    race.until("the write is under way")
    race.world.go(1.2)
    practice.set_location_active(race.place, active=True)
    race.come_to_rest()
    assert "write_rejected" in [event.code for event in race.world.events]
    assert race.is_at(START_WITH + 2)


def test_why_a_write_waits_is_told_as_the_error_that_it_was(race: Race) -> None:
    """So that its reader's language has words for it."""
    race.trouble("503_after")
    race.world.start()
    race.change_here(+2)
    race.until("it is settled")
    (waits,) = [event for event in race.world.events if isinstance(event, WriteWaits)]
    assert waits.told is not None
    assert (waits.told["code"], waits.told["remedy"]) == ("server_trouble", "")
    assert waits.detail == "Shopify has trouble on its side (HTTP 503)."


def refused(race: Race) -> None:
    """A change here that the shop does not take, because its location is not active."""
    race.world.practice.set_location_active(race.place, active=False)
    race.world.start()
    race.change_here(+2)
    race.world.go(5)
    assert race.cell.problem is Problem.REJECTED


def test_a_refused_row_clears_by_itself_while_the_engine_runs(race: Race) -> None:
    """Told once, listed all the time, asked for ever more rarely; and taken when it can be."""
    refused(race)
    asked = race.world.practice.counts["writes"]
    for _ in range(3600):
        race.world.go(1)
        assert race.cell.state is CellState.NEEDS_YOU
    codes = [event.code for event in race.world.events]
    assert (codes.count("needs_you"), codes.count("write_rejected")) == (1, 1)
    assert codes.count("cleared") == 0
    assert 4 <= race.world.practice.counts["writes"] - asked <= 8
    race.world.practice.set_location_active(race.place, active=True)
    race.world.go(910)
    assert race.is_at(START_WITH + 2)
    assert [event.code for event in race.world.events].count("cleared") == 1


def test_a_refused_row_that_sells_is_told_once_and_tried_now_and_then(race: Race) -> None:
    """Each sale is a new reading, and flows; that the row is refused is no news any more."""
    refused(race)
    asked = race.world.practice.counts["writes"]
    for sold in range(1, 5):
        race.sell(1)
        race.world.go(30)
        assert race.both() == (START_WITH + 2 - sold, START_WITH - sold)
        assert race.cell.state is CellState.NEEDS_YOU
    race.world.restart()
    race.world.start()
    race.world.go(30)
    codes = [event.code for event in race.world.events]
    assert (codes.count("needs_you"), codes.count("write_rejected")) == (1, 1)
    assert codes.count("cleared") == 0
    assert 5 <= race.world.practice.counts["writes"] - asked <= 8
    race.world.practice.set_location_active(race.place, active=True)
    race.sell(1)
    race.world.go(15)
    assert race.is_at(START_WITH - 3)


def test_a_refused_row_that_sells_without_end_is_not_a_write_a_sale(race: Race) -> None:
    refused(race)
    asked = race.world.practice.counts["writes"]
    for _ in range(100):
        race.sell(1)
        race.world.go(2)
    assert 15 <= race.world.practice.counts["writes"] - asked <= 25


def test_a_refused_row_clears_when_the_shop_brings_both_sides_together(race: Race) -> None:
    """Nothing is left to write once the change here is taken back: the next reading says so."""
    refused(race)
    race.change_here(-2)
    race.sell(1)
    race.world.go(4)
    assert race.is_at(START_WITH - 1, writes=0)


def test_refused_rows_are_tried_at_once_when_somebody_knows_that_the_cause_is_gone(
    race: Race,
) -> None:
    refused(race)
    race.world.go(400)
    race.world.practice.set_location_active(race.place, active=True)
    race.world.engine.try_refused()
    race.world.go(4)
    assert race.is_at(START_WITH + 2)


def test_a_refused_row_clears_when_there_is_nothing_to_write_any_more(race: Race) -> None:
    refused(race)
    race.change_here(-2)
    race.world.go(70)
    assert race.is_at(START_WITH, writes=0)


def test_refused_rows_rest_while_the_link_is_off(race: Race) -> None:
    refused(race)
    race.world.do(race.world.runs.disable())
    race.world.practice.set_location_active(race.place, active=True)
    race.world.go(200)
    assert (race.writes, race.cell.problem) == (0, Problem.REJECTED)
    assert not race.world.engine.sender.chance_is_due()


def hide_receipts(race: Race, how: str) -> None:
    """The shop cannot say any more which rows a write has changed."""
    answered = race.world.wire._answered
    data = {"gone": {"node": None}, "garbled": {"node": {"changes": "?"}}}

    async def without(request: httpx.Request) -> httpx.Response:
        if b'"operationName":"Receipt"' not in request.content:
            return await answered(request)
        if how == "500":
            return httpx.Response(500, text="no", request=request)
        return httpx.Response(200, json={"data": data[how]}, request=request)

    race.world.wire._answered = without  # type: ignore[method-assign]


@pytest.mark.parametrize("how", ["500", "garbled", "gone"])
def test_a_receipt_that_the_shop_cannot_show_leaves_it_to_a_reading(race: Race, how: str) -> None:
    hide_receipts(race, how)
    race.world.start()
    race.world.go(0.6)
    with race.watcher.person():
        race.world.practice.set_tracked(race.key.inventory_item_id, tracked=False)
        race.world.change_here("A", race.place, +2)
        race.world.change_here("B", race.place, +1)
    race.world.go(180)
    assert race.watcher.look().intents == {}
    assert race.cell.problem is Problem.UNTRACKED


def test_without_a_receipt_no_reading_from_before_the_write_says_that_it_did_not_happen(
    race: Race,
) -> None:
    """Readings are three seconds behind."""
    hide_receipts(race, "gone")
    race.world.start()
    race.world.go(5)
    race.world.practice.faults.lag = 3
    with race.watcher.person():
        race.world.practice.set_tracked(race.key.inventory_item_id, tracked=False)
        race.world.change_here("A", race.place, +2)
        race.world.change_here("B", race.place, +1)
    race.world.go(60)
    assert race.watcher.look().intents == {}
    other = CellKey(race.world.items[1], race.place)
    assert race.world.there(other) == START_WITH + 1
    assert max(race.world.written().values()) == 1


def test_as_many_sold_as_an_unknown_write_added_is_not_taken_for_a_write_that_did_not_happen(
    race: Race,
) -> None:
    race.trouble("loss_after")
    race.world.start()
    race.world.go(5)
    race.change_here(+2)
    race.until("the shop has it")
    race.world.kill()
    race.sell(2)
    race.world.loop.let_pass(25 * 3600)
    race.come_to_rest()
    assert race.cell.problem is Problem.OUTCOME_UNKNOWN
    assert race.both() == (START_WITH + 2, START_WITH)
