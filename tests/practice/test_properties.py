"""What must hold after any sequence of events (hypothesis)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.practice.state import NAMES
from tests.practice.desk import ADJUST, SET, Desk

CELLS = st.tuples(st.integers(0, 2), st.integers(0, 1))
AMOUNTS = st.integers(-5, 9)
LOST = st.sampled_from(["none", "loss_before", "loss_after", "503", "503_after", "internal_after"])

EVENTS = st.one_of(
    st.tuples(st.sampled_from(["sell", "restock", "set_available", "fulfil"]), CELLS, AMOUNTS),
    st.tuples(
        st.just("adjust"),
        st.lists(st.tuples(CELLS, AMOUNTS, st.sampled_from([None, 0, 10])), min_size=1, max_size=4),
        st.tuples(st.integers(0, 3), st.lists(LOST, max_size=3)),
    ),
    st.tuples(
        st.just("set"),
        st.lists(st.tuples(CELLS, AMOUNTS, st.sampled_from([None, 0, 10])), min_size=1, max_size=4),
        st.tuples(st.integers(0, 3), st.lists(LOST, max_size=3)),
    ),
)

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def new_desk() -> Desk:
    desk = Desk(variants=3, points=1e9)
    for item in desk.shop.stock.items:
        for level in item.levels:
            desk.shop.stock.set_by_staff(item, level.location, 10)
    return desk


async def play(desk: Desk, event: Any) -> None:
    kind, what, how = event
    stock = desk.shop.stock
    if kind not in ("adjust", "set"):
        item, location = stock.items[what[0]], stock.locations[what[1]]
        getattr(desk.shop, kind)(item.id, location.id, how)
        return
    rows = [
        {
            "inventoryItemId": stock.items[cell[0]].id,
            "locationId": stock.locations[cell[1]].id,
            "changeFromQuantity": expected,
            "delta" if kind == "adjust" else "quantity": amount,
        }
        for cell, amount, expected in what
    ]
    number, faults = how
    head = {"name": "available", "reason": "correction"}
    variables = {
        "input": {**head, "changes" if kind == "adjust" else "quantities": rows},
        "key": f"key-{number}",
    }
    for fault in [*faults, "none"]:
        desk.shop.faults.next = [fault]
        try:
            await desk.post(ADJUST if kind == "adjust" else SET, variables)
        except httpx.TransportError:
            continue


@QUICK
@given(st.lists(EVENTS, max_size=12))
def test_the_ledger_explains_every_quantity(events: list[Any]) -> None:
    desk = new_desk()

    async def all_of_it() -> None:
        for event in events:
            desk.clock.passed += 1
            await play(desk, event)

    asyncio.run(all_of_it())
    sums: Counter[tuple[str, str, str]] = Counter()
    for entry in desk.shop.ledger:
        sums[entry.inventory_item_id, entry.location_id, entry.name] += entry.delta
    for item in desk.shop.stock.items:
        for level in item.levels:
            for name in NAMES:
                moved = sums[item.id, level.location.id, name]
                assert level.opened_with(name) + moved == level.quantity(name)
            parts = [n for n in NAMES if n not in ("incoming", "on_hand")]
            assert level.quantity("on_hand") == sum(map(level.quantity, parts))
    numbers = [entry.number for entry in desk.shop.ledger]
    assert numbers == list(range(1, len(numbers) + 1))


@QUICK
@given(
    rows=st.lists(st.tuples(CELLS, AMOUNTS), min_size=1, max_size=5),
    faults=st.lists(LOST, max_size=6),
)
def test_however_often_it_is_sent_it_happens_once(
    rows: list[tuple[tuple[int, int], int]], faults: list[str]
) -> None:
    desk = new_desk()
    start = len(desk.shop.ledger)
    what = [(cell, amount, None) for cell, amount in rows]
    asyncio.run(play(desk, ("adjust", what, (1, faults))))
    applied = [e.delta for e in desk.shop.ledger[start:] if e.name == "available"]
    assert applied == [amount for _, amount in rows if amount]


@QUICK
@given(rows=st.lists(st.tuples(CELLS, AMOUNTS), min_size=1, max_size=5), wrong=st.integers(0, 4))
def test_one_stale_row_and_nothing_is_applied(
    rows: list[tuple[tuple[int, int], int]], wrong: int
) -> None:
    desk = new_desk()
    start = len(desk.shop.ledger)
    what = [
        (cell, amount, 999 if at == wrong % len(rows) else None)
        for at, (cell, amount) in enumerate(rows)
    ]
    asyncio.run(play(desk, ("adjust", what, (1, []))))
    assert len(desk.shop.ledger) == start
