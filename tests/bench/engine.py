"""How fast the engine is, in one run on one machine:
`python -m tests.bench.engine [--json FILE] [--small]`.

The practice shop is a process of its own and meters points as Shopify does (2,000 at once, 100 a
second). Figures are held against what the points or the round-trip allow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import SystemClock
from core.model import Cause, CauseKind, LevelKey
from core.sync.events import Event, Pushed, SaleSeen
from core.sync.reading import Pacing
from tests.bench.world import LABEL, LinkedBrand, PracticeProcess, linked_brand, practice_process

BURST, REFILL = 2_000.0, 100.0
WRITE_POINTS, READ_POINTS = 10.0, 3.0
CHUNK = 250


@dataclass(slots=True)
class Figures:
    rows: list[tuple[str, float, str, str, bool]] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, goal: float | None = None) -> None:
        good = goal is None or value <= goal
        shown = "" if goal is None else f"≤ {goal:g}"
        self.rows.append((name, value, unit, shown, good))
        mark = "" if goal is None else ("ok" if good else "MISSED")
        print(f"{name:<58} {value:>10.3f} {unit:<6} {shown:<10} {mark}", flush=True)

    def as_json(self) -> list[dict[str, object]]:
        names = ("name", "value", "unit", "goal", "good")
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def push_all(brand: LinkedBrand, figures: Figures, cells: int) -> None:
    """Every cell changed here at once; the floor is what 100 points a second allow."""
    await brand.engine.reader.read_all()
    await wait_for_points(brand)
    brand.import_all(77)
    points = cells / CHUNK * WRITE_POINTS
    floor = max(0.0, points - BURST) / REFILL
    cpu, started = time.process_time(), time.monotonic()
    while not at_rest(brand):
        await brand.engine.push_pass()
    took, cpu = time.monotonic() - started, time.process_time() - cpu
    if floor > 1:
        figures.add(f"push {cells} cells: time ÷ point floor", took / floor, "×", 1 / 0.9)
    figures.add(f"push {cells} cells: seconds", took, "s")
    figures.add(f"push {cells} cells: engine CPU per cell", cpu / cells * 1e6, "µs", 100)
    figures.add(f"push {cells} cells: THROTTLED", brand.shop.throttled, "", 0)


def at_rest(brand: LinkedBrand) -> bool:
    with brand.store.books.view() as view:
        counts = view.count_cells()
        return counts["in_sync"] == sum(counts.values())  # type: ignore[index]


async def wait_for_points(brand: LinkedBrand) -> None:
    missing = BURST - brand.shop.points
    await asyncio.sleep(max(0.0, missing / REFILL))
    await brand.shop.identity()


async def latencies(
    brand: LinkedBrand, practice: PracticeProcess, figures: Figures, cells: int, samples: int
) -> None:
    """The engine runs; single changes on either side, at random moments."""
    rng = random.Random(7)
    names = {
        place["id"]: place["name"] for place in practice.call("/practice/state?sku=-")["locations"]
    }
    loop = asyncio.get_running_loop()
    seen: dict[tuple[type[Event], str], float] = {}
    brand.events.clear()

    def watch() -> int:
        for moment, event in brand.events:
            if isinstance(event, (Pushed, SaleSeen)):
                seen[type(event), event.sku] = moment
        brand.events.clear()
        return len(seen)

    round_trip = await measured_round_trip(brand)
    engine = asyncio.create_task(brand.engine.run())
    await asyncio.sleep(4)
    skus = rng.sample(brand.skus, samples * 2)
    out, back = skus[:samples], skus[samples:]
    sent: dict[tuple[type[Event], str], float] = {}
    place_name = next(iter(names.values()))
    for ours, theirs in zip(out, back, strict=True):
        await asyncio.sleep(rng.uniform(0.02, 0.12))
        key = LevelKey(ours, brand.places[0], LABEL)
        sent[Pushed, ours] = time.monotonic()
        brand.store.adjust_level(key, 1, Cause(CauseKind.ADJUST, "bench"))
        brand.engine.wake()
        sale = {"sku": theirs, "location": place_name, "quantity": 1}
        await loop.run_in_executor(None, practice.call, "/practice/sell", sale)
        sent[SaleSeen, theirs] = time.monotonic()
        watch()
    await until(lambda: watch() >= len(sent), 60)
    engine.cancel()
    await asyncio.gather(engine, return_exceptions=True)
    tick = brand.engine.pacing.tick_s
    pushes = [seen[key] - at for key, at in sent.items() if key[0] is Pushed and key in seen]
    sales = [seen[key] - at for key, at in sent.items() if key[0] is SaleSeen and key in seen]
    figures.add(f"round-trip of a read, {cells} cells", round_trip * 1e3, "ms")
    figures.add(f"changes that arrived, {cells} cells", (len(pushes) + len(sales)) / len(sent), "×")
    goal = 2 * round_trip + 0.150
    figures.add(
        f"change here → confirmed there, p95, {cells} cells",
        percentile(pushes, 0.95),
        "s",
        round(goal, 3),
    )
    bound = tick + 2 * round_trip if cells <= 5_000 else 3 * tick
    figures.add(
        f"sale there → here, p95, {cells} cells", percentile(sales, 0.95), "s", round(bound, 3)
    )


async def until(done: Callable[[], bool], limit: float) -> None:
    """Look again and again; a benchmark may, a test may not."""
    end = time.monotonic() + limit
    while not done() and time.monotonic() < end:  # noqa: ASYNC110 - the watched list has no event
        await asyncio.sleep(0.01)


async def measured_round_trip(brand: LinkedBrand) -> float:
    taken = []
    for _ in range(20):
        started = time.monotonic()
        await brand.shop.identity()
        taken.append(time.monotonic() - started)
    return percentile(taken, 0.5)


async def idle(brand: LinkedBrand, figures: Figures, cells: int, seconds: float) -> None:
    """Nothing changes on either side: what the engine costs."""
    engine = asyncio.create_task(brand.engine.run())
    await asyncio.sleep(seconds / 4)
    brand.engine.reader.quiet_passes = brand.engine.pacing.quiet_after
    await asyncio.sleep(brand.engine.pacing.tick_s)
    cpu, started = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.monotonic() - started)
    engine.cancel()
    await asyncio.gather(engine, return_exceptions=True)
    figures.add(f"idle CPU, {cells} cells", share * 100, "%", 1.0)


async def tick_cost(brand: LinkedBrand, figures: Figures, cells: int) -> float:
    """CPU of one tick's reading when all cells rest."""
    await brand.engine.reader.read_due()
    cpu = time.process_time()
    for _ in range(5):
        await brand.engine.reader.read_due()
    cost = (time.process_time() - cpu) / 5
    figures.add(f"CPU of a tick at rest, {cells} cells", cost * 1e3, "ms")
    return cost


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def at(cells: int, figures: Figures, samples: int, idle_s: float) -> float:
    with practice_process(cells // 2, 2) as practice, linked_brand(practice) as brand:
        await push_all(brand, figures, cells)
        await wait_for_points(brand)
        cost = await tick_cost(brand, figures, cells)
        await latencies(brand, practice, figures, cells, samples)
        await idle(brand, figures, cells, idle_s)
        await brand.shop.aclose()
    return cost


async def run(small: bool) -> Figures:
    figures = Figures()
    print(f"{SystemClock().now():%Y-%m-%d %H:%M} UTC; pacing {Pacing()}")
    await at(1_000 if small else 5_000, figures, 40, 10)
    middle = 2_000 if small else 50_000
    large = 4_000 if small else 100_000
    costs = []
    for cells in (middle, large):
        with practice_process(cells // 2, 2) as practice, linked_brand(practice) as brand:
            if cells == large:
                await push_all(brand, figures, cells)
                await wait_for_points(brand)
            costs.append(await tick_cost(brand, figures, cells))
            if cells == large:
                await latencies(brand, practice, figures, cells, 40)
                figures.add(f"peak memory, {cells} cells", memory(), "MB", 400)
            await brand.shop.aclose()
    figures.add(f"tick cost, {large} ÷ {middle} cells at rest", costs[1] / costs[0], "×", 2.2)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    figures = asyncio.run(run(given.small))
    if given.json:
        given.json.write_text(json.dumps(figures.as_json(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
