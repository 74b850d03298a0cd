"""What every Shop promises: the same stories on the twin in memory and on the Admin API client in
front of the practice shop.

Not promised: the words of problems, and which receipt a write gets.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import pytest

from core.clock import iso
from core.model import (
    CellKey,
    Credentials,
    Intent,
    IntentKind,
    IntentRow,
    Problem,
    QuantityName,
    Reading,
    Secret,
)
from core.practice import PracticeShop
from core.shopify import open_shop
from core.sync.ports import Shop
from tests.twins.clock import ManualClock
from tests.twins.shop import FakeShop

Row = tuple[CellKey, int]


class Side(Protocol):
    """A shop of two items at two places, and what its staff do."""

    shop: Shop
    clock: ManualClock
    keys: list[CellKey]
    """A and B at the first place, A and B at the second."""

    def set_to(self, key: CellKey, quantity: int) -> None: ...
    def track(self, key: CellKey, *, tracked: bool) -> None: ...
    def unstock(self, key: CellKey) -> None: ...
    def quantity(self, key: CellKey) -> int: ...


class Twin:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.shop = self._twin = FakeShop(self.clock)
        self.keys = [CellKey(item, place) for place in ("p/1", "p/2") for item in ("i/1", "i/2")]
        for key in self.keys:
            self._twin.put(key, 10)

    def set_to(self, key: CellKey, quantity: int) -> None:
        self._twin.put(key, quantity)

    def track(self, key: CellKey, *, tracked: bool) -> None:
        for each in self.keys:
            if each.inventory_item_id == key.inventory_item_id:
                self._twin.problems.pop(each, None)
                if not tracked:
                    self._twin.problems[each] = Problem.UNTRACKED

    def unstock(self, key: CellKey) -> None:
        del self._twin.levels[key]

    def quantity(self, key: CellKey) -> int:
        return self._twin.quantity(key)


class Real:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self._practice = PracticeShop(variants=2, locations=2, clock=self.clock)
        self.shop = open_shop(
            Credentials(self._practice.domain, access_token=Secret(self._practice.access_token)),
            clock=self.clock,
            random=random.Random(1),
            transport=self._practice.transport(),
        )
        places, items = self._practice.stock.locations, self._practice.stock.items
        self.keys = [CellKey(item.id, place.id) for place in places for item in items]
        for key in self.keys:
            self._practice.set_stocked(*key, stocked=True)
            self.set_to(key, 10)

    def set_to(self, key: CellKey, quantity: int) -> None:
        self._practice.set_available(*key, quantity)

    def track(self, key: CellKey, *, tracked: bool) -> None:
        self._practice.set_tracked(key.inventory_item_id, tracked=tracked)

    def unstock(self, key: CellKey) -> None:
        self._practice.set_stocked(*key, stocked=False)

    def quantity(self, key: CellKey) -> int:
        return self._practice.quantity(*key)


@dataclass(frozen=True)
class _Deltas:
    """Intents of these deltas, made now."""

    side: Side

    def __call__(self, key: str, *deltas: Row) -> Intent:
        return self._intent(key, IntentKind.ADJUST, deltas)

    def absolute(self, key: str, *deltas: Row) -> Intent:
        return self._intent(key, IntentKind.SET, deltas)

    def _intent(self, key: str, kind: IntentKind, deltas: tuple[Row, ...]) -> Intent:
        rows = tuple(
            IntentRow(cell, f"SKU {number}", 10, delta, 10 + delta)
            for number, (cell, delta) in enumerate(deltas)
        )
        return Intent(key, kind, iso(self.side.clock.now()), QuantityName.AVAILABLE, rows)


@pytest.fixture(params=[Twin, Real])
def side(request: pytest.FixtureRequest) -> Side:
    made: Side = request.param()
    return made


@pytest.fixture
def deltas(side: Side) -> _Deltas:
    return _Deltas(side)


async def read(side: Side, *keys: CellKey) -> list[Reading]:
    found = await side.shop.read_levels(
        keys[0].shopify_location_id,
        [key.inventory_item_id for key in keys],
        QuantityName.AVAILABLE,
    )
    return list(found)


# -- reading -------------------------------------------------------------------------------------


async def test_levels_come_in_the_order_asked_for(side: Side) -> None:
    a, b, *_ = side.keys
    side.set_to(b, 3)
    assert [(r.key, r.quantity, r.problem) for r in await read(side, b, a)] == [
        (b, 3, None),
        (a, 10, None),
    ]


async def test_what_cannot_be_written_says_why(side: Side) -> None:
    a, b, *_ = side.keys
    side.track(a, tracked=False)
    side.unstock(b)
    untracked, unstocked = await read(side, a, b)
    assert (untracked.problem, untracked.quantity) == (Problem.UNTRACKED, 10)
    assert (unstocked.problem, unstocked.quantity) == (Problem.NOT_STOCKED, None)


async def test_a_change_moves_the_moment_of_the_level(side: Side) -> None:
    a, *_ = side.keys
    (before,) = await read(side, a)
    side.clock.advance(5)
    side.set_to(a, 4)
    (after,) = await read(side, a)
    assert after.updated_at > before.updated_at


async def test_what_changed_since_is_told_by_place(side: Side) -> None:
    a, b, _a2, b2 = side.keys
    side.clock.advance(100)
    since = iso(side.clock.now())
    side.set_to(b2, 1)
    ask = side.shop.changed_items
    assert list(await ask(b2.shopify_location_id, since, 10)) == [b.inventory_item_id]
    assert list(await ask(a.shopify_location_id, since, 10)) == []


# -- writing -------------------------------------------------------------------------------------


async def test_a_write_moves_its_rows_and_gives_a_receipt(side: Side, deltas: _Deltas) -> None:
    a, b, *others = side.keys
    result = await side.shop.write(deltas("k-1", (a, +3), (b, -4)))
    assert result.receipt
    assert (result.problems, result.untouched) == ((), frozenset())
    assert [side.quantity(key) for key in (a, b, *others)] == [13, 6, 10, 10]


async def test_a_write_may_go_to_several_places(side: Side, deltas: _Deltas) -> None:
    a, _b, a2, _b2 = side.keys
    await side.shop.write(deltas("k-1", (a, +1), (a2, +2)))
    assert [side.quantity(key) for key in side.keys] == [11, 10, 12, 10]


async def test_the_same_key_gives_the_same_answer_and_writes_once(
    side: Side, deltas: _Deltas
) -> None:
    a, *_ = side.keys
    intent = deltas("k-1", (a, +3))
    first, second = await side.shop.write(intent), await side.shop.write(intent)
    assert (first.receipt, first.problems) == (second.receipt, second.problems)
    assert side.quantity(a) == 13


async def test_a_key_with_other_rows_is_refused(side: Side, deltas: _Deltas) -> None:
    a, b, *_ = side.keys
    await side.shop.write(deltas("k-1", (a, +3)))
    result = await side.shop.write(deltas("k-1", (b, +3)))
    assert [p.code for p in result.problems] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert result.problems[0].index is None
    assert side.quantity(b) == 10


async def test_one_row_that_fails_keeps_all_of_them_back(side: Side, deltas: _Deltas) -> None:
    a, *_ = side.keys
    unknown = a._replace(inventory_item_id="gid://shopify/InventoryItem/1")
    result = await side.shop.write(deltas("k-1", (a, +3), (unknown, +1)))
    assert {p.index for p in result.problems} == {1}
    assert result.receipt is None
    assert side.quantity(a) == 10


async def test_an_absolute_write_is_refused_where_the_number_is_another(
    side: Side, deltas: _Deltas
) -> None:
    a, b, *_ = side.keys
    side.set_to(b, 9)
    result = await side.shop.write(deltas.absolute("k-1", (a, +3), (b, +3)))
    assert [(p.index, p.code) for p in result.problems] == [(1, "CHANGE_FROM_QUANTITY_STALE")]
    assert (side.quantity(a), side.quantity(b)) == (10, 9)


async def test_an_absolute_write_sets_what_it_found_as_expected(
    side: Side, deltas: _Deltas
) -> None:
    a, *_ = side.keys
    await side.shop.write(deltas.absolute("k-1", (a, +3)))
    assert side.quantity(a) == 13


# -- rows without effect ---------------------------------------------------------------------------


async def test_a_row_of_an_untracked_item_is_named_beside_one_that_moved(
    side: Side, deltas: _Deltas
) -> None:
    a, b, *_ = side.keys
    side.track(a, tracked=False)
    result = await side.shop.write(deltas("k-1", (a, +3), (b, +1)))
    assert result.receipt
    assert result.untouched == frozenset({a})
    assert (side.quantity(a), side.quantity(b)) == (10, 11)


async def test_an_answer_from_before_names_them_still(side: Side, deltas: _Deltas) -> None:
    a, b, *_ = side.keys
    side.track(a, tracked=False)
    intent = deltas("k-1", (a, +3), (b, +1))
    first = await side.shop.write(intent)
    side.track(a, tracked=True)
    assert (await side.shop.write(intent)).untouched == first.untouched == frozenset({a})
    assert side.quantity(a) == 10


async def test_a_write_without_any_effect_has_no_receipt(side: Side, deltas: _Deltas) -> None:
    a, *_ = side.keys
    side.track(a, tracked=False)
    result = await side.shop.write(deltas("k-1", (a, +3)))
    assert (result.receipt, result.problems) == (None, ())
    assert result.untouched == frozenset({a})


async def test_what_is_tracked_again_takes_the_next_write(side: Side, deltas: _Deltas) -> None:
    a, *_ = side.keys
    side.track(a, tracked=False)
    await side.shop.write(deltas("k-1", (a, +3)))
    await side.shop.set_tracked(a.inventory_item_id)
    await side.shop.write(deltas("k-2", (a, +3)))
    assert side.quantity(a) == 13


async def test_a_key_is_remembered_for_a_day(side: Side, deltas: _Deltas) -> None:
    a, *_ = side.keys
    await side.shop.write(deltas("k-1", (a, +3)))
    side.clock.advance(timedelta(hours=23).total_seconds())
    later = deltas("k-1", (a, +3))
    await side.shop.write(later)
    assert side.quantity(a) == 13
    side.clock.advance(timedelta(hours=1, minutes=1).total_seconds())
    await side.shop.write(deltas("k-1", (a, +3)))
    assert side.quantity(a) == 16
