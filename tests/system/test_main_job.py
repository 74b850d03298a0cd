"""The main job, end to end, in processes of their own: both sides follow each other, no unit is
lost or invented, and at rest nothing more is written.
"""

from __future__ import annotations

import random
import signal
import subprocess
import threading
from collections import Counter

import pytest

from tests.system.conftest import PLACES, Home, Shop, Shops, items_csv, set_up

pytestmark = pytest.mark.system

Stock = dict[tuple[str, str], int]


def change_both_sides(home: Home, shop: Shop, skus: list[str], *, seed: int) -> Stock:
    """100 changes here and 100 there, of the same cells; what both sides must then have."""
    dice = random.Random(seed)
    cells = [(sku, place) for sku in skus[:50] for place in PLACES]
    assert len(cells) == 100
    names = dict(zip(PLACES, shop.places, strict=False))
    before = home.stock()
    expected = dict(before)
    here: Stock = {}
    for cell in cells:
        delta = dice.choice([-4, -2, 1, 3, 9])
        here[cell] = before[cell] + delta
        expected[cell] += delta
    for sku, place in cells:
        sold = dice.choice([1, 2, 5])
        shop.ask("sell", {"sku": sku, "location": names[place], "quantity": sold})
        expected[sku, place] -= sold
    home.run("item", "import", home.write("changes.csv", items_csv(here)))
    home.run("stock", "adjust", *cells[0], "-3")
    expected[cells[0]] -= 3
    return expected


def nothing_was_written_twice(shop: Shop) -> None:
    """Each idempotency key took effect once, on each of its cells once."""
    written = Counter(
        (entry["key"], entry["inventory_item_id"], entry["location_id"], entry["name"])
        for entry in shop.ledger()
        if entry["key"]
    )
    assert written
    assert set(written.values()) == {1}


def both_sides_have(home: Home, shop: Shop, expected: Stock) -> None:
    assert home.stock() == expected
    there = shop.stock()
    assert {cell: there[cell] for cell in expected} == expected


@pytest.mark.parametrize("by_client", [False, True], ids=["token", "client id and secret"])
def test_both_sides_follow_each_other(home: Home, shops: Shops, by_client: bool) -> None:
    shop = shops.open("--variants", "200", "--locations", "3")
    skus = set_up(home, shop, by_client=by_client)
    third = {(e["sku"], e["available"]) for e in levels_at(shop, shop.places[2])}
    expected = change_both_sides(home, shop, skus, seed=1)
    assert len(expected) == 400
    report = home.json("run", "--once")
    assert (report["rests"], report["needs_you"]) == (True, 0)
    both_sides_have(home, shop, expected)
    nothing_was_written_twice(shop)
    count = len(shop.ledger())
    again = home.json("run", "--once")
    assert (again["pulled"], again["pushed"]) == (0, 0)
    assert len(shop.ledger()) == count
    status = home.json("status")
    assert (status["in_sync"], status["pending_push"], status["pending_pull"]) == (400, 0, 0)
    assert third == {(e["sku"], e["available"]) for e in levels_at(shop, shop.places[2])}


def levels_at(shop: Shop, place: str) -> list[dict[str, object]]:
    return [level for level in shop.ask("state")["levels"] if level["location"] == place]


def test_lost_requests_and_lost_answers_lose_no_unit(home: Home, shops: Shops) -> None:
    shop = shops.open("--variants", "200", "--locations", "3")
    skus = set_up(home, shop)
    expected = change_both_sides(home, shop, skus, seed=2)
    shop.ask("faults", {"loss": 0.2})
    for _ in range(5):
        if home.run("run", "--once", code=None).returncode == 0:
            break
    shop.ask("faults", {"clear": True})
    assert home.json("run", "--once")["rests"] is True
    both_sides_have(home, shop, expected)
    nothing_was_written_twice(shop)


def test_a_service_that_is_killed_again_and_again_loses_no_unit(home: Home, shops: Shops) -> None:
    shop = shops.open("--variants", "40", "--locations", "3", "--faults", "latency=30ms")
    skus = set_up(home, shop)
    names = dict(zip(PLACES, shop.places, strict=False))
    expected = home.stock()
    sold: Counter[tuple[str, str]] = Counter()
    ended = threading.Event()
    dice = random.Random(3)

    def customers() -> None:
        while not ended.wait(0.02):
            sku, place = dice.choice(skus), dice.choice(PLACES)
            shop.ask("sell", {"sku": sku, "location": names[place], "quantity": 1})
            sold[sku, place] += 1

    till = threading.Thread(target=customers)
    till.start()
    try:
        for number in range(6):
            service = home.start("run")
            for step in range(3):
                cell = (skus[(number * 7 + step) % len(skus)], PLACES[step % 2])
                home.run("stock", "adjust", *cell, str(step + 1))
                expected[cell] += step + 1
            kill(service)
    finally:
        ended.set()
        till.join()
    assert home.json("run", "--once")["rests"] is True
    both_sides_have(home, shop, {cell: n - sold[cell] for cell, n in expected.items()})
    nothing_was_written_twice(shop)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
