"""How fast the engine is, in one run on one machine, each figure with its goal:
`python -m tests.bench.engine [--json FILE] [--small] [--orders LINES]`.

The practice shop is a process of its own and meters points as Shopify does (2,000 at once, 100 a
second); only the engine's process is measured. A round-trip is that shop's time for one request
alone: a read of 250 levels, or a write of one row. Latencies are held against it, so they say what
the engine adds. At the end the same stream of orders goes through the engine and through a loop
that reads and sets one item a call (tests.bench.orders).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import SystemClock, iso
from core.model import (
    Cause,
    CauseKind,
    CellKey,
    CellState,
    Intent,
    IntentKind,
    IntentRow,
    LevelKey,
    QuantityName,
)
from core.shopify.cost import MUTATION
from core.shopify.documents import ADJUST_QUANTITIES
from core.sync.events import Event, Pushed, SaleSeen
from core.sync.ports import CHUNK
from core.sync.reading import Pacing
from tests.bench.world import LABEL, LinkedBrand, PracticeProcess, linked_brand, practice_process

BURST, REFILL = 2_000.0, 100.0
WRITE_POINTS = float(ADJUST_QUANTITIES.cost)
SAMPLES = 40


@dataclass(slots=True)
class Figures:
    rows: list[tuple[str, float, str, str, bool | None]] = field(default_factory=list)

    def head(self) -> None:
        print(f"{'':<58} {'measured':>10} {'':<4} {'goal':<9}")

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> None:
        good: bool | None = None
        goal = ""
        if at_most is not None:
            good, goal = value <= at_most, f"≤ {at_most:g}"
        if at_least is not None:
            good, goal = value >= at_least, f"≥ {at_least:g}"
        self.rows.append((name, value, unit, goal, good))
        mark = {None: "", True: "ok", False: "MISSED"}[good]
        print(f"{name:<58} {value:>10.3f} {unit:<4} {goal:<9} {mark}", flush=True)

    def sum_up(self) -> None:
        verdicts = [good for *_, good in self.rows if good is not None]
        print(f"{sum(verdicts)} of {len(verdicts)} goals met")

    def as_json(self) -> list[dict[str, object]]:
        names = ("name", "value", "unit", "goal", "good")
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


# -- a mass change ---------------------------------------------------------------------------------


async def push_all(brand: LinkedBrand, figures: Figures, cells: int) -> None:
    """Every cell changed here at once; the floor is what 100 points a second allow, with the points
    that Shopify charges for our write, and beside it with those of the least write there is.
    """
    await brand.engine.reader.read_all()
    await wait_for_points(brand)
    brand.import_all(77)
    throttled = brand.shop.throttled
    cpu, started = time.process_time(), time.monotonic()
    while not at_rest(brand):
        await brand.engine.push_pass()
    took, cpu = time.monotonic() - started, time.process_time() - cpu
    floor = (cells / CHUNK * WRITE_POINTS - BURST) / REFILL
    figures.add(f"push of {cells} cells: time", took, "s")
    if floor > 1:
        figures.add(f"push of {cells} cells: of the point floor", floor / took, "×", at_least=0.9)
        least = (cells / CHUNK * MUTATION - BURST) / REFILL
        figures.add("  with a write that does not tell what it changed", least / took, "×")
    figures.add("engine CPU for each synced cell", cpu / cells * 1e6, "µs", at_most=100)
    figures.add("THROTTLED by our own fault", brand.shop.throttled - throttled, "", at_most=0)


def at_rest(brand: LinkedBrand) -> bool:
    with brand.store.books.view() as view:
        counts = view.count_cells()
    return counts[CellState.IN_SYNC] == sum(counts.values())


async def wait_for_points(brand: LinkedBrand) -> None:
    missing = BURST - brand.shop.points
    await asyncio.sleep(max(0.0, missing / REFILL))
    await brand.shop.identity()


# -- single changes --------------------------------------------------------------------------------


@dataclass(slots=True)
class Seen:
    """When a change on one side was made, and when the engine told of it."""

    brand: LinkedBrand
    made: dict[tuple[type[Event], str], float] = field(default_factory=dict)
    told: dict[tuple[type[Event], str], float] = field(default_factory=dict)

    def look(self) -> bool:
        """Whether all have been told."""
        for moment, event in self.brand.events:
            if isinstance(event, (Pushed, SaleSeen)):
                self.told.setdefault((type(event), event.sku), moment)
        self.brand.events.clear()
        return self.made.keys() <= self.told.keys()

    def seconds(self, kind: type[Event]) -> list[float]:
        return [self.told[key] - at for key, at in self.made.items() if key[0] is kind]


async def latencies(
    brand: LinkedBrand, practice: PracticeProcess, figures: Figures, cells: int
) -> None:
    """The engine runs; single changes on either side, at random moments."""
    read_s, write_s = await round_trips(brand)
    rng = random.Random(7)
    state = practice.call("/practice/state?sku=-")
    here = {pair.shopify_location_id: pair.location_id for pair in brand.store.pairs()}
    place = state["locations"][0]
    loop = asyncio.get_running_loop()
    brand.events.clear()
    seen = Seen(brand)
    engine = asyncio.create_task(brand.engine.run())
    await asyncio.sleep(2 * brand.engine.pacing.tick_s)
    skus = rng.sample(brand.skus, SAMPLES * 2)
    for ours, theirs in zip(skus[:SAMPLES], skus[SAMPLES:], strict=True):
        await asyncio.sleep(rng.uniform(0.05, 0.35))
        seen.made[Pushed, ours] = time.monotonic()
        key = LevelKey(ours, here[place["id"]], LABEL)
        brand.store.adjust_level(key, 1, Cause(CauseKind.ADJUST, "bench"))
        brand.engine.wake()
        sale = {"sku": theirs, "location": place["name"], "quantity": 1}
        await loop.run_in_executor(None, practice.call, "/practice/sell", sale)
        seen.made[SaleSeen, theirs] = time.monotonic()
        seen.look()
    await until(seen.look, 60)
    engine.cancel()
    await asyncio.gather(engine, return_exceptions=True)
    tick = brand.engine.pacing.tick_s
    limit = tick + 2 * read_s if cells <= brand.engine.pacing.everything_up_to else 3 * tick
    arrived = len(seen.told.keys() & seen.made.keys()) / len(seen.made)
    figures.add(f"{cells} cells: round-trip of a read, of a write", read_s * 1e3, "ms")
    figures.add("", write_s * 1e3, "ms")
    figures.add(f"{cells} cells: changes that arrived", arrived, "×", at_least=1)
    for share in (0.5, 0.95):
        figures.add(
            f"{cells} cells: change here → confirmed on Shopify, p{share * 100:.0f}",
            percentile(seen.seconds(Pushed), share),
            "s",
            at_most=round(2 * write_s + 0.150, 3) if share > 0.9 else None,
        )
    for share in (0.5, 0.95):
        figures.add(
            f"{cells} cells: sale on Shopify → here, p{share * 100:.0f}",
            percentile(seen.seconds(SaleSeen), share),
            "s",
            at_most=round(limit, 3) if share > 0.9 else None,
        )


async def round_trips(brand: LinkedBrand) -> tuple[float, float]:
    """The median time of a read of 250 levels and of a write of one row, each request alone; the
    writes take each other back.
    """
    with brand.store.books.view() as view:
        batch = brand.engine.reader.working.batches[0]
        key = CellKey(batch.inventory_item_ids[0], batch.shopify_location_id)
        cell = view.cell(key)
    assert cell is not None
    reads, writes = [], []
    for _ in range(15):
        started = time.monotonic()
        await brand.shop.read_levels(
            batch.shopify_location_id, batch.inventory_item_ids, QuantityName.AVAILABLE
        )
        reads.append(time.monotonic() - started)
    for number in range(14):
        row = IntentRow(key, cell.sku_number, 0, 1 if number % 2 else -1, None)
        name = f"{random.getrandbits(64):x}"
        at = iso(SystemClock().now())
        intent = Intent(name, IntentKind.ADJUST, at, QuantityName.AVAILABLE, (row,))
        started = time.monotonic()
        await brand.shop.write(intent)
        writes.append(time.monotonic() - started)
    return percentile(reads, 0.5), percentile(writes, 0.5)


async def until(done: Callable[[], bool], limit: float) -> None:
    """Look again and again; a benchmark may, a test may not."""
    end = time.monotonic() + limit
    while not done() and time.monotonic() < end:  # noqa: ASYNC110 - the watched list has no event
        await asyncio.sleep(0.01)


# -- at rest ---------------------------------------------------------------------------------------


async def idle(brand: LinkedBrand, figures: Figures, cells: int, seconds: float) -> None:
    """Nothing changes on either side, and all has been read once, as after the first sweep: what
    the engine costs."""
    engine = asyncio.create_task(brand.engine.run())
    await asyncio.sleep(brand.engine.pacing.tick_s)
    async with brand.engine.gate.alone():
        await brand.engine.reader.read_all()
    brand.engine.reader.quiet_passes = brand.engine.pacing.quiet_after
    await asyncio.sleep(brand.engine.pacing.tick_s)
    cpu, started = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.monotonic() - started)
    engine.cancel()
    await asyncio.gather(engine, return_exceptions=True)
    figures.add(f"{cells} cells: CPU when nothing happens", share * 100, "%", at_most=1.0)


async def tick_cost(brand: LinkedBrand, figures: Figures, cells: int) -> float:
    """CPU of one tick when every cell rests and has been read."""
    await brand.engine.reader.read_all()
    await asyncio.sleep(brand.engine.pacing.overlap_s + 5)  # what was changed before is old news
    await wait_for_points(brand)
    costs = []
    for _ in range(9):
        cpu = time.process_time()
        await brand.engine.read_pass()
        costs.append(time.process_time() - cpu)
    cost = percentile(costs, 0.5)
    figures.add(f"{cells} cells: CPU of a tick at rest", cost * 1e3, "ms")
    return cost


def forget_peak() -> None:
    """From now on the peak is that of what follows (Linux)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory() -> float:
    """Megabytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peak) / 1024


# -- all of it -------------------------------------------------------------------------------------


async def run(small: bool, orders: int) -> Figures:
    figures = Figures()
    print(f"{SystemClock().now():%Y-%m-%d %H:%M} UTC; {Pacing()}")
    figures.head()
    few, more, many = (1_000, 6_000, 8_000) if small else (5_000, 10_000, 100_000)
    with practice_process(few // 2, 2) as practice, linked_brand(practice) as brand:
        await push_all(brand, figures, few)
        await wait_for_points(brand)
        await latencies(brand, practice, figures, few)
        await idle(brand, figures, few, 8 if small else 32)
        await brand.shop.aclose()
    with practice_process(more // 2, 2) as practice, linked_brand(practice) as brand:
        at_few = await tick_cost(brand, figures, more)
        await brand.shop.aclose()
    forget_peak()
    with practice_process(many // 2, 2) as practice, linked_brand(practice) as brand:
        await push_all(brand, figures, many)
        at_many = await tick_cost(brand, figures, many)
        await latencies(brand, practice, figures, many)
        await idle(brand, figures, many, 8 if small else 32)
        figures.add(f"{many} cells: peak memory", peak_memory(), "MB", at_most=400)
        await brand.shop.aclose()
    ratio = at_many / at_few
    figures.add(f"a tick at rest, {many} ÷ {more} cells", ratio, "×", at_most=1.25)
    if orders:
        await side_by_side(figures, orders)
    figures.sum_up()
    return figures


async def side_by_side(figures: Figures, lines: int) -> None:
    from tests.bench import orders

    told = await orders.replay(lines)
    ours, naive = told["dextre-sync"], told["one item a call"]
    figures.add(f"{lines} orders: units lost", ours["units lost or invented"], "", at_most=0)
    figures.add(f"{lines} orders: sale → here, p95", ours["lag p95 s"], "s")
    figures.add(
        f"{naive['lines']:.0f} orders, one item a call: units lost",
        naive["units lost or invented"],
        "",
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--orders", type=int, default=10_000, help="0: without them")
    given = parser.parse_args()
    figures = asyncio.run(run(given.small, given.orders))
    if given.json:
        given.json.write_text(json.dumps(figures.as_json(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
