"""A replay of an order stream:
`python -m tests.bench.orders [CSV] [--speed N] [--lines N] [--skus N] [--json FILE]`.

Each line (time, sku, quantity) is a sale on the shop's side, or a return where its quantity is
negative, and a moment later a receipt of as many here; without a file, a day of orders is made up
from a seed. Both sides must end equal with every unit in place. Beside it, over the same stream,
runs a loop that reads and sets one item a call, as most connectors work; its lost units are
counted.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import random
import re
import time
import uuid
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import SystemClock, iso
from core.errors import BadInput
from core.exchange.decode import read_table
from core.model import (
    Cause,
    CauseKind,
    CellKey,
    Credentials,
    Intent,
    IntentKind,
    IntentRow,
    QuantityName,
    Secret,
)
from core.practice import PracticeShop
from core.shopify import ShopifyShop, open_shop
from core.sync.events import Event, SaleSeen
from core.sync.ports import BooksTx
from tests.bench.engine import percentile
from tests.bench.world import LABEL, LinkedBrand, linked_in_process

DAY = 86_400.0

SPEED = 1_440.0
"""A day in a minute."""


@dataclass(frozen=True, slots=True)
class Order:
    """`at` in seconds from the first line."""

    at: float
    sku: str
    quantity: int


class OrdersUnreadable(Exception):
    """Names the line and what is wrong with it."""


MOST_UNITS = 1_000_000
"""Of one line; Shopify's quantities have 32 bits."""

_COLUMNS = {
    "time": "time timestamp date datetime at created_at order_time 時刻 日時 注文日時",
    "sku": "sku sku_number lineitem_sku variant_sku sku番号 商品コード",
    "quantity": "quantity qty units lineitem_quantity 数量 個数",
}
_PLACES = {"time": 0, "sku": 1, "quantity": 2}


def read_orders(path: Path) -> list[Order]:
    """In the order of their times; a negative quantity is a return. Columns by their names in the
    header, without one time, sku, quantity. Times are ISO or seconds, without a zone UTC; a line
    without a time has that of the line above it, and one without a SKU is passed over. Raises
    OrdersUnreadable, BadInput.
    """
    table = read_table(path, "time,sku,quantity")
    found = _columns_of(table.header)
    lines = table.rows() if found else chain([(1, table.header)], table.rows())
    places = found or _PLACES
    rows: list[tuple[float, str, int]] = []
    at: float | None = None
    for line, cells in lines:
        cells = [*cells, *[""] * (max(places.values()) + 1 - len(cells))]
        time_text, sku, quantity = (cells[places[name]].strip() for name in _PLACES)
        try:
            at = at if not time_text and at is not None else _moment(time_text)
            if sku:
                rows.append((at, sku, _units(quantity)))
        except ValueError as wrong:
            raise OrdersUnreadable(f"{table.file}, line {line}: {wrong}") from None
    if not rows:
        raise OrdersUnreadable(f"{table.file}: no line has an order")
    rows.sort(key=itemgetter(0))
    first = rows[0][0]
    return [Order(at - first, sku, quantity) for at, sku, quantity in rows]


def _columns_of(header: Sequence[str]) -> dict[str, int]:
    """Empty where no cell names a column, as where the first line is an order itself."""
    names = [cell.strip().casefold().replace(" ", "_") for cell in header]
    places = {
        column: next((names.index(name) for name in known.split() if name in names), None)
        for column, known in _COLUMNS.items()
    }
    found = {column: place for column, place in places.items() if place is not None}
    if found and len(found) < len(_COLUMNS):
        missing = ", ".join(column for column in _COLUMNS if column not in found)
        raise OrdersUnreadable(f"the header names no column for: {missing}")
    return found


def _moment(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return _date_and_time(text)
    if not math.isfinite(seconds):
        raise ValueError(f"{text!r} is no time")
    return seconds


def _date_and_time(given: str) -> float:
    try:
        text = re.sub(r" (?=[+-]\d)", "", given.replace("/", "-"))
        # Spreadsheets write 2026/1/1 9:05.
        moment = datetime.fromisoformat(re.sub(r"(?<![.\d])(?=\d(?!\d))", "0", text))
    except ValueError:
        raise ValueError(f"{given!r} is no time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _units(text: str) -> int:
    try:
        units = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no quantity") from None
    if not units.is_integer() or abs(units) > MOST_UNITS:
        raise ValueError(f"{text!r} is no whole quantity up to {MOST_UNITS:,}")
    return int(units)


def made_up(lines: int, skus: Sequence[str], seed: int = 1) -> list[Order]:
    """A day of orders: few SKUs sell most, and more in the evening than at night."""
    rng = random.Random(seed)
    weights = [1 / (rank + 3) for rank in range(len(skus))]
    chosen = rng.choices(skus, weights, k=lines)
    times = sorted(rng.triangular(0, DAY, DAY * 0.8) for _ in range(lines))
    return [
        Order(at, sku, rng.choice((1, 1, 1, 2, 3))) for at, sku in zip(times, chosen, strict=True)
    ]


@dataclass(slots=True)
class Lag:
    """Sales that have not been seen here yet, first in first out by SKU."""

    open: dict[str, deque[list[float]]] = field(default_factory=lambda: defaultdict(deque))
    seconds: list[float] = field(default_factory=list)

    def sold(self, sku: str, quantity: int) -> None:
        self.open[sku].append([time.monotonic(), quantity])

    def seen(self, moment: float, event: Event) -> None:
        if not isinstance(event, SaleSeen) or event.pulled >= 0:
            return
        units, waiting = -event.pulled, self.open[event.sku]
        while units > 0 and waiting:
            at, quantity = waiting[0]
            took = min(units, int(quantity))
            units -= took
            waiting[0][1] -= took
            if not waiting[0][1]:
                self.seconds.append(moment - at)
                waiting.popleft()


async def at_speed(orders: Sequence[Order], speed: float) -> AsyncIterator[Order]:
    """The orders at their moments, `speed` times as fast as they came in life."""
    started = time.monotonic()
    for order in orders:
        wait = order.at / speed - (time.monotonic() - started)
        if wait > 0.005:
            await asyncio.sleep(wait)
        yield order


async def our_engine(
    shop: PracticeShop, brand: LinkedBrand, orders: Sequence[Order], speed: float
) -> dict[str, float]:
    lag = Lag()
    place_here, place_there = brand.places[0], shop.stock.locations[0].name
    expected = {sku: shop.quantity(sku, place_there) for sku in brand.skus}
    engine = asyncio.create_task(brand.engine.run())
    started = time.monotonic()
    receipts: deque[Order] = deque()
    number = 0
    async for order in at_speed(orders, speed):
        number += 1
        shop.sell(order.sku, place_there, order.quantity)
        lag.sold(order.sku, order.quantity)
        expected[order.sku] -= order.quantity
        receipts.append(order)
        if number % 50 == 0:
            await receive(brand, place_here, receipts, expected)
            await asyncio.sleep(0)
            for moment, event in brand.events:
                lag.seen(moment, event)
            brand.events.clear()
    await receive(brand, place_here, receipts, expected)
    fed = time.monotonic() - started
    engine.cancel()
    await asyncio.gather(engine, return_exceptions=True)
    report = await brand.engine.rest()
    for moment, event in brand.events:
        lag.seen(moment, event)
    here = {
        level.key.sku_number: level.quantity
        for level in brand.store.levels()
        if level.key.location_id == place_here
    }
    wrong = sum(
        abs(here[sku] - total) + abs(shop.quantity(sku, place_there) - total)
        for sku, total in expected.items()
    )
    seconds = lag.seconds or [0.0]
    return {
        "lines": len(orders),
        "seconds to feed": fed,
        "seconds to rest": time.monotonic() - started,
        "rests": float(report.rests),
        "units lost or invented": wrong,
        "lag p50 s": percentile(seconds, 0.5),
        "lag p95 s": percentile(seconds, 0.95),
        "lag p99 s": percentile(seconds, 0.99),
        "writes to Shopify": sum(1 for entry in shop.ledger if entry.cause == "api"),
    }


async def receive(
    brand: LinkedBrand, place: str, receipts: deque[Order], expected: dict[str, int]
) -> None:
    """Goods for what was sold some orders ago, while the sale may still be on its way here."""
    cause = Cause(CauseKind.ADJUST, "bench", "goods received")

    def work(tx: BooksTx) -> None:
        while receipts:
            order = receipts.popleft()
            level = tx.level(order.sku, place, LABEL) or 0
            tx.set_level(order.sku, place, LABEL, level + order.quantity, cause)
            expected[order.sku] += order.quantity

    await asyncio.wrap_future(brand.store.submit(work))
    brand.engine.wake()


async def one_item_a_call(
    shop: PracticeShop, orders: Sequence[Order], speed: float, items: int
) -> dict[str, float]:
    """The usual loop: our number changed → set Shopify to it; else take Shopify's."""
    client = connect(shop)
    place = shop.stock.locations[0]
    by_sku = {item.sku or "": item.id for item in shop.stock.items[:items]}
    start = {sku: shop.quantity(sku, place.name) for sku in by_sku}
    here, told, expected = dict(start), dict(start), dict(start)
    ended = asyncio.Event()
    calls = 0

    async def loop() -> None:
        nonlocal calls
        last = False
        while not last:
            last = ended.is_set()
            for sku, item in by_sku.items():
                [reading] = await client.read_levels(place.id, [item], QuantityName.AVAILABLE)
                calls += 1
                now = reading.quantity or 0
                if here[sku] != told[sku]:
                    wanted = here[sku]
                    await asyncio.sleep(0)  # between reading and setting, customers go on buying
                    shop_now = shop.quantity(sku, place.name)
                    row = IntentRow(CellKey(item, place.id), sku, shop_now, wanted - shop_now, None)
                    key = uuid.uuid4().hex
                    at = iso(SystemClock().now())
                    intent = Intent(key, IntentKind.SET, at, QuantityName.AVAILABLE, (row,))
                    await client.write(intent)
                    calls += 1
                    told[sku] = wanted
                else:
                    here[sku] = told[sku] = now

    task = asyncio.create_task(loop())
    number = 0
    async for order in at_speed([order for order in orders if order.sku in by_sku], speed):
        number += 1
        shop.sell(order.sku, place.name, order.quantity)
        here[order.sku] += order.quantity
        if number % 20 == 0:
            await asyncio.sleep(0)
    ended.set()
    await task
    await client.aclose()
    lost = sum(abs(here[sku] - expected[sku]) for sku in by_sku)
    return {"lines": number, "calls": calls, "units lost or invented": lost}


def connect(shop: PracticeShop) -> ShopifyShop:
    return open_shop(
        Credentials(shop.domain, Secret(shop.access_token)),
        clock=SystemClock(),
        random=random.Random(1),
        transport=shop.transport(),
    )


async def run(
    orders: Sequence[Order], speed: float, shop: PracticeShop
) -> dict[str, dict[str, float]]:
    with (
        TemporaryDirectory() as folder,
        linked_in_process(shop, connect(shop), Path(folder)) as brand,
    ):
        ours = await our_engine(shop, brand, orders, speed)
        await brand.shop.aclose()
    other = PracticeShop(variants=len(shop.stock.items), locations=1, seed=shop.seed)
    naive = await one_item_a_call(other, orders[:5_000], speed, 200)
    return {"dextre-sync": ours, "one item a call": naive}


async def replay(
    lines: int, *, speed: float = SPEED, skus: int = 1_000, file: Path | None = None
) -> dict[str, dict[str, float]]:
    """The orders of a file, or made-up ones, through the engine and through the usual loop."""
    shop = PracticeShop(variants=skus, locations=1)
    mine = [item.sku or "" for item in shop.stock.items]
    orders = read_orders(file)[:lines] if file else made_up(lines, mine)
    if not {order.sku for order in orders} <= {*mine}:
        # Another catalogue's SKUs: each becomes one of ours, so any file can be replayed.
        theirs = dict.fromkeys(order.sku for order in orders)
        ours = dict(zip(theirs, itertools.cycle(mine), strict=False))
        orders = [replace(order, sku=ours[order.sku]) for order in orders]
    return await run(orders, speed, shop)


def _above_zero(text: str) -> float:
    found = float(text)
    if not (math.isfinite(found) and found > 0):
        raise ValueError(text)
    return found


def _count(text: str) -> int:
    found = int(text)
    if found < 1:
        raise ValueError(text)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("csv", type=Path, nargs="?")
    parser.add_argument("--speed", type=_above_zero, default=SPEED, help="×1 to ×10,000")
    parser.add_argument("--lines", type=_count, default=100_000)
    parser.add_argument("--skus", type=_count, default=1_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    try:
        found = asyncio.run(replay(given.lines, speed=given.speed, skus=given.skus, file=given.csv))
    except (OrdersUnreadable, BadInput) as error:
        parser.error(str(error))
    told = {"speed": given.speed, **found}
    print(json.dumps(told, indent=2))
    if given.json:
        given.json.write_text(json.dumps(told, indent=2))
    if found["dextre-sync"]["units lost or invented"] or not found["dextre-sync"]["rests"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
