"""Points: never more than the shop has, and hardly fewer than it gives."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.shopify.errors import AskedToWait
from core.shopify.notes import NoteInMemory
from core.shopify.throttle import (
    HEADROOM,
    LONGEST_PAUSE,
    PATIENCE,
    READS_SHARE,
    SURE_HEADROOM,
    Bucket,
    Hold,
    Status,
    Throttle,
)
from tests.shopify.support import START, QuickClock

MAXIMUM = 2000.0
RATE = 100.0


class ShopBucket:
    """The shop's side: charges what was asked for, refunds what was not used."""

    def __init__(self, maximum: float = MAXIMUM, rate: float = RATE, left: float = 2000.0) -> None:
        self.maximum, self.rate, self.left, self.at = maximum, rate, min(left, maximum), 0.0
        self.overdrawn = 0.0

    def charge(self, now: float, cost: float) -> None:
        self._to(now)
        self.left -= cost
        self.overdrawn = min(self.overdrawn, self.left)

    def finish(self, now: float, requested: float, actual: float) -> Status:
        self._to(now)
        self.left = min(self.maximum, self.left + requested - actual)
        return Status(requested, actual, self.maximum, self.left, self.rate)

    def _to(self, now: float) -> None:
        self.left = min(self.maximum, self.left + (now - self.at) * self.rate)
        self.at = now


class Play:
    """Requests with any delays, against the shop's bucket, in the order of their moments."""

    def __init__(
        self, seed: int, shop: ShopBucket, mine: Bucket, seconds: float | None = None
    ) -> None:
        """`seconds`: what every request takes, with nothing refunded; else all is by chance."""
        self.random, self.shop, self.mine = random.Random(seed), shop, mine
        self.seconds = seconds
        self.events: list[tuple[float, int, str, float, float, Hold]] = []
        self.numbers = count()
        self.now = 0.0
        self.answers: dict[int, Status] = {}

    def run(self, costs: list[int], lost: float = 0.0, in_flight: int = 8) -> float:
        for cost in costs:
            while True:
                wait = self.mine.wait_for(cost, self.now)
                if self.mine.in_flight >= in_flight:
                    self._step()
                elif wait > 0:
                    self._until(self.now + wait)
                else:
                    break
            self._send(float(cost), lost)
        while self.events:
            self._step()
        return self.now

    def _send(self, cost: float, lost: float) -> None:
        hold = self.mine.reserve(cost, self.now)
        actual = cost - self.random.choice((0, 0, self.random.randint(0, int(cost) - 1)))
        runs = self.now + self.random.expovariate(1 / 0.2)
        ends = runs + self.random.expovariate(1 / 0.1)
        arrives = ends + self.random.expovariate(1 / 0.2)
        if self.seconds is not None:
            actual = cost
            third = self.seconds / 3
            runs = self.now + third * self.random.uniform(0.5, 1.5)
            ends = runs + third
            arrives = ends + third * self.random.uniform(0.5, 1.5)
        if self.random.random() < lost:
            actual = -1.0
        for moment, what in ((runs, "charge"), (ends, "finish"), (arrives, "arrive")):
            heapq.heappush(self.events, (moment, next(self.numbers), what, cost, actual, hold))

    def _until(self, moment: float) -> None:
        if self.events and self.events[0][0] <= moment:
            self._step()
        else:
            self.now = moment

    def _step(self) -> None:
        self.now, _, what, cost, actual, hold = heapq.heappop(self.events)
        if what == "charge":
            self.shop.charge(self.now, cost)
        elif what == "finish":
            self.answers[id(hold)] = self.shop.finish(self.now, cost, max(actual, 0.0))
        elif actual < 0:
            self.mine.settle(hold, self.now, charged=cost, status=None)
        else:
            status = self.answers[id(hold)]
            self.mine.settle(hold, self.now, charged=actual, status=status)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    costs=st.lists(st.integers(1, 120), min_size=1, max_size=120),
    left=st.floats(100, MAXIMUM),
    lost=st.sampled_from((0.0, 0.2)),
)
def test_no_order_of_answers_makes_us_ask_for_more_than_there_is(
    seed: int, costs: list[int], left: float, lost: float
) -> None:
    shop = ShopBucket(left=left)
    # Without its headroom, so that the arithmetic has to hold by itself.
    Play(seed, shop, Bucket(0.0, headroom=0.0)).run(costs, lost)
    assert shop.overdrawn > -1e-3


def test_an_answer_that_was_overtaken_does_not_give_back_what_the_other_one_took() -> None:
    bucket = Bucket(0.0)
    first = bucket.reserve(50, 0.0)
    second = bucket.reserve(40, 0.0)
    # The shop ran the second one before the first, and answered the first one first.
    bucket.settle(first, 0.0, charged=50, status=Status(50, 50, MAXIMUM, 910, RATE))
    bucket.settle(second, 0.0, charged=40, status=Status(40, 40, MAXIMUM, 960, RATE))
    assert bucket.available(0.0) == pytest.approx(910)


def test_a_full_bucket_does_not_fill_further_behind_a_request_that_is_on_its_way() -> None:
    bucket = Bucket(0.0)
    hold = bucket.reserve(1, 0.0)
    bucket.settle(hold, 0.0, charged=1, status=Status(1, 1, MAXIMUM, MAXIMUM, RATE))
    bucket.reserve(300, 0.0)
    assert bucket.available(60.0) == pytest.approx(MAXIMUM - 300)


@pytest.mark.parametrize(
    ("cost", "maximum", "in_flight"),
    [(3, 1000.0, 24), (3, 2000.0, 24), (10, 2000.0, 24), (36, 2000.0, 8), (36, 20000.0, 24)],
)
def test_under_load_nearly_all_points_are_used(cost: int, maximum: float, in_flight: int) -> None:
    rate = maximum / 20
    shop = ShopBucket(maximum=maximum, rate=rate, left=maximum)
    total = maximum + 60 * rate
    took = Play(7, shop, Bucket(0.0)).run([cost] * int(total / cost), in_flight=in_flight)
    assert shop.overdrawn > -1e-6
    assert total / took >= 0.9 * (maximum + rate * took) / took


class SteppingShop(ShopBucket):
    """Restores once a second, what that second brings."""

    def _to(self, now: float) -> None:
        super()._to(float(int(now)))


@pytest.mark.parametrize("seconds", [0.03, 0.15, 0.22, 0.45, 1.5])
@pytest.mark.parametrize("cost", [3, 10])
@pytest.mark.parametrize("seed", range(3))
def test_a_shop_that_restores_in_steps_is_never_asked_for_more_than_it_has(
    seed: int, cost: int, seconds: float
) -> None:
    shop = SteppingShop(left=100)
    mine = Bucket(0.0)
    Play(seed, shop, mine, seconds).run([cost] * 2000, in_flight=24)
    assert shop.overdrawn > -1e-6
    assert mine._untouched == HEADROOM


def test_a_shop_that_restores_all_the_time_is_used_to_nearly_its_last_point() -> None:
    shop = ShopBucket(left=100)
    mine = Bucket(0.0)
    took = Play(3, shop, mine, 0.15).run([3] * 400, in_flight=24)
    assert shop.overdrawn > -1e-6
    assert mine._untouched == SURE_HEADROOM
    assert took / ((1200 - 100) / RATE) <= 1.08


def test_one_refusal_brings_the_whole_headroom_back() -> None:
    mine = Bucket(0.0)
    Play(3, ShopBucket(left=100), mine, 0.15).run([3] * 400, in_flight=24)
    mine.distrust()
    assert mine._untouched == HEADROOM
    Play(3, ShopBucket(left=100), mine, 0.15).run([3] * 400, in_flight=24)
    assert mine._untouched == HEADROOM


def test_what_another_app_takes_is_noticed_with_the_next_answer() -> None:
    bucket = Bucket(0.0)
    first = bucket.reserve(3, 0.0)
    bucket.settle(first, 0.1, charged=3, status=Status(3, 3, 2000, 1997, 100))
    assert bucket.available(0.1) == pytest.approx(1997)
    second = bucket.reserve(3, 1.0)
    bucket.settle(second, 1.1, charged=3, status=Status(3, 3, 2000, 40, 100))
    assert bucket.available(1.1) == pytest.approx(40)


def test_a_lowered_limit_is_taken_over() -> None:
    bucket = Bucket(0.0)
    hold = bucket.reserve(3, 0.0)
    bucket.settle(hold, 0.1, charged=3, status=Status(3, 3, 500, 497, 25))
    assert bucket.available(100.0) == 500
    assert bucket.wait_for(400, 100.0) == 0
    bucket.reserve(400, 100.0)
    assert bucket.wait_for(100, 100.0) == pytest.approx((100 + 500 * HEADROOM - 100) / 25, abs=1)


def test_a_request_dearer_than_the_bucket_waits_for_the_full_bucket_not_for_ever() -> None:
    bucket = Bucket(0.0)
    hold = bucket.reserve(3, 0.0)
    bucket.settle(hold, 0.0, charged=3, status=Status(3, 3, 100, 50, 10))
    assert bucket.wait_for(500, 0.0) == pytest.approx(5)
    assert bucket.wait_for(500, 5.0) == 0


# -- the queue -----------------------------------------------------------------------------------


class ManualClock:
    """Time moves when the test says so; sleepers wake in order."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        heapq.heappush(self._sleepers, (self.seconds + seconds, next(self._numbers), event))
        await event.wait()

    async def advance(self, seconds: float) -> None:
        goal = self.seconds + seconds
        await settle_down()
        while self._sleepers and self._sleepers[0][0] <= goal:
            self.seconds, _, event = heapq.heappop(self._sleepers)
            event.set()
            await settle_down()
        self.seconds = goal
        await settle_down()


async def settle_down() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def full(left: float, charged: float = 1) -> Status:
    return Status(charged, charged, MAXIMUM, left, RATE)


async def emptied(clock: ManualClock | QuickClock, left: float) -> Throttle:
    throttle = Throttle(clock)
    hold = await throttle.reserve("First", 1, write=False)
    throttle.settle(hold, "First", full(left))
    return throttle


async def test_writes_go_before_reads_that_came_earlier() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=0)
    order: list[str] = []

    async def take(name: str, *, write: bool) -> None:
        hold = await throttle.reserve(name, 50, write=write)
        order.append(name)
        throttle.settle(hold, name, None)

    tasks = [asyncio.create_task(take(f"read {number}", write=False)) for number in range(3)]
    await clock.advance(1.0)
    assert order == []
    tasks.append(asyncio.create_task(take("write", write=True)))
    await clock.advance(5.0)
    assert order == ["write", "read 0", "read 1", "read 2"]
    await asyncio.gather(*tasks)


async def test_endless_writes_do_not_keep_reads_waiting_for_ever() -> None:
    """Both lines are always full: reads get their share of the points, writes the rest."""
    clock = ManualClock()
    throttle = await emptied(clock, left=0)
    taken: Counter[str] = Counter()

    async def endless(name: str, cost: float, *, write: bool) -> None:
        while True:
            hold = await throttle.reserve(name, cost, write=write)
            taken[name] += int(cost)
            throttle.settle(hold, name, None)

    tasks = [asyncio.create_task(endless("write", 10, write=True)) for _ in range(4)]
    tasks += [asyncio.create_task(endless("read", 35, write=False)) for _ in range(4)]
    for _ in range(200):
        await clock.advance(1.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert taken.total() == pytest.approx(200 * RATE, rel=0.05)
    assert taken["read"] / taken.total() == pytest.approx(READS_SHARE, abs=0.02)


async def test_reads_that_come_late_have_no_claim_on_writes_before_them() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=1000)
    for _ in range(20):
        throttle.settle(await throttle.reserve("write", 10, write=True), "write", None)
    order: list[str] = []

    async def take(name: str, *, write: bool) -> None:
        hold = await throttle.reserve(name, 900, write=write)
        order.append(name)
        throttle.settle(hold, name, None)

    tasks = [asyncio.create_task(take("read", write=False))]
    await settle_down()
    tasks.append(asyncio.create_task(take("write", write=True)))
    await clock.advance(60)
    assert order == ["write", "read"]
    await asyncio.gather(*tasks)


async def test_a_waiter_that_gives_up_does_not_hold_up_the_next() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=0)
    dear = asyncio.create_task(throttle.reserve("Dear", 900, write=True))
    cheap = asyncio.create_task(throttle.reserve("Cheap", 1, write=False))
    await clock.advance(2.0)
    assert not cheap.done()
    dear.cancel()
    await clock.advance(0.1)
    assert cheap.done()


async def test_only_so_many_are_in_flight_at_once() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, max_in_flight=2)
    holds = [await throttle.reserve("Read", 1, write=False) for _ in range(2)]
    third = asyncio.create_task(throttle.reserve("Read", 1, write=False))
    await clock.advance(10)
    assert not third.done()
    throttle.settle(holds[0], "Read", full(1999))
    await settle_down()
    assert third.done()


async def test_a_throttled_is_waited_out_for_exactly_the_time_that_the_points_need() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    hold = await throttle.reserve("Read", 50, write=False)
    refusal = Status(350, None, MAXIMUM, 50, RATE)
    throttle.settle(hold, "Read", refusal)
    assert throttle.refused(None, refusal) == pytest.approx(3.0)
    again = asyncio.create_task(throttle.reserve("Other", 1, write=True))
    await clock.advance(2.99)
    assert not again.done()
    await clock.advance(0.02)
    assert again.done()
    assert throttle.throttled == 1


async def test_a_retry_after_stops_everyone() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=1999)
    assert throttle.refused(7.0, None) == 7.0
    waiting = asyncio.create_task(throttle.reserve("Read", 1, write=False))
    await clock.advance(6.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert waiting.result()


async def test_what_is_longer_than_patience_is_told_to_all_who_wait() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=0)
    waiting = [asyncio.create_task(throttle.reserve("Read", 500, write=False)) for _ in range(3)]
    await clock.advance(0.1)
    throttle.pause(PATIENCE + 1)
    await clock.advance(0.1)
    for task in waiting:
        assert isinstance(task.exception(), AskedToWait)


async def test_no_pause_is_longer_than_an_hour() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=1999)
    throttle.pause(1e9)
    with pytest.raises(AskedToWait):
        await throttle.reserve("Read", 1, write=False)
    await clock.advance(LONGEST_PAUSE + 0.1)
    await throttle.reserve("Read", 1, write=False)


@pytest.mark.parametrize(
    ("host", "later", "left"),
    [("a", 60, 540), ("a", 600, 0), ("b", 60, 0), ("a", -86_400, 0)],
)
async def test_the_next_process_knows_of_a_pause_of_the_same_shop(
    host: str, later: float, left: float
) -> None:
    clock, note = QuickClock(), NoteInMemory()
    Throttle(clock, host="a", note=note).pause(600.0)
    clock.seconds += later
    assert Throttle(clock, host=host, note=note).pause_left == left


async def test_a_longer_pause_is_not_shortened_by_a_later_word() -> None:
    clock, note = QuickClock(), NoteInMemory()
    throttle = Throttle(clock, host="a", note=note)
    throttle.pause(600.0)
    throttle.pause(20.0)
    assert throttle.pause_left == Throttle(clock, host="a", note=note).pause_left == 600


@pytest.mark.parametrize("text", ["", "a", "a soon", "a 2026-11-23", "�"])
async def test_a_note_that_cannot_be_read_is_none(text: str) -> None:
    note = NoteInMemory()
    note.keep(text)
    assert Throttle(QuickClock(), host="a", note=note).pause_left == 0


async def test_who_is_in_a_hurry_has_nobody_wait_out_a_pause() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=1999)
    throttle.pause(50.0)
    waiting = [asyncio.create_task(throttle.reserve("Read", 1, write=False)) for _ in range(3)]
    waiting.append(asyncio.create_task(throttle.pass_pause()))  # type: ignore[arg-type]
    await clock.advance(1)
    assert not any(task.done() for task in waiting)
    with throttle.impatient():
        await clock.advance(0)
        assert [type(task.exception()) for task in waiting] == [AskedToWait] * 4
        with pytest.raises(AskedToWait):
            await throttle.reserve("Read", 1, write=True)
    late = asyncio.create_task(throttle.reserve("Read", 1, write=False))
    await clock.advance(49.5)
    assert late.result()


async def test_a_cost_that_the_shop_names_replaces_our_estimate() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    hold = await throttle.reserve("Read", 3, write=False)
    throttle.settle(hold, "Read", Status(40, 10, MAXIMUM, 1960, RATE))
    assert (await throttle.reserve("Read", 3, write=False)).cost == 40


async def test_a_request_that_never_left_costs_nothing() -> None:
    clock = ManualClock()
    throttle = await emptied(clock, left=1000)
    before = throttle.points
    hold = await throttle.reserve("Read", 300, write=False)
    assert throttle.points == before - 300
    throttle.give_back(hold)
    assert throttle.points == before


async def test_after_a_429_all_wait_it_out_and_one_goes_first() -> None:
    clock = QuickClock()
    throttle = Throttle(clock)
    early = [await throttle.reserve("Read", 3, write=False) for _ in range(2)]
    for hold in early:
        throttle.settle(hold, "Read", None)
        throttle.refused(4.0, None)
    held: list[tuple[float, Hold]] = []

    async def one() -> None:
        hold = await throttle.reserve("Read", 3, write=False)
        held.append((clock.monotonic(), hold))

    tasks = [asyncio.ensure_future(one()) for _ in range(5)]
    await steps(50)
    assert [moment for moment, _ in held] == [4.0]
    throttle.settle(held[0][1], "Read", None)
    throttle.refused(4.0, None)  # still too early
    await steps(50)
    assert [moment for moment, _ in held] == [4.0, 8.0]
    throttle.give_back(held[1][1])  # never got there: another goes to see
    await steps(50)
    assert len(held) == 3
    throttle.settle(held[2][1], "Read", Status(3, 3, MAXIMUM, 1900, RATE))
    await steps(50)
    assert len(held) == 5
    await asyncio.gather(*tasks)


async def steps(n: int) -> None:
    for _ in range(n):
        await asyncio.sleep(0)
