"""What the Admin API's client makes of the points that a shop gives, and of a long catalogue.

python -m tests.bench.shopify [LEVELS]       tables, and the same as one line of JSON at the end

paced     LEVELS levels read by ids, then written, over a real connection to the practice shop with
          100 points a second and 0.15 s latency: time ÷ the time that the points allow
simulated the same in this process, in virtual time, and every unit counted
one call  the official Python package, one item a call, 500 items, extrapolated
bulk      the catalogue of LEVELS variants at 2 locations by bulk operation, in a process of its
          own: time, and memory above what the process had before
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from core.clock import Clock, SystemClock, iso
from core.model import CellKey, Credentials, Intent, IntentKind, IntentRow, QuantityName, Secret
from core.practice import PracticeShop
from core.shopify import ShopifyShop, open_shop
from tests.bench.world import PracticeProcess, practice_process
from tests.clients.installing import HERE as CLIENTS
from tests.clients.installing import official_python
from tests.twins import virtual_time

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 250
RATE = 100.0
LATENCY = 0.15
AT_ONCE = 32
START_WITH = 100
"""Points in the bucket at the beginning: the rest has to be waited for."""
ONE_CALL_ITEMS = 500

Figures = dict[str, Any]


def resident() -> float:
    """MB of this process now."""
    return _memory("VmRSS")


def peak() -> float:
    return _memory("VmHWM")


def _memory(name: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def process(*arguments: str) -> Iterator[Iterator[str]]:
    """A server; what it prints, a line at a time."""
    command = [sys.executable, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield (line.strip() for line in running.stdout)
        finally:
            running.terminate()


def intent(rows: Sequence[str], location: str, number: int) -> Intent:
    return Intent(
        key=f"bench-{number}",
        kind=IntentKind.ADJUST,
        at=iso(SystemClock().now()),
        name=QuantityName.AVAILABLE,
        rows=tuple(IntentRow(CellKey(each, location), "", 0, 1, None) for each in rows),
    )


async def in_chunks(
    ids: Sequence[str], work: Callable[[int, Sequence[str]], Coroutine[Any, Any, None]]
) -> None:
    """Several chunks in flight; how many may be sent is the throttle's business."""
    chunks = iter(range(0, len(ids), CHUNK))

    async def worker() -> None:
        for start in chunks:
            await work(start // CHUNK, ids[start : start + CHUNK])

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def read_all(shop: ShopifyShop, ids: Sequence[str], location: str) -> None:
    async def read(_number: int, rows: Sequence[str]) -> None:
        found = await shop.read_levels(location, rows, QuantityName.AVAILABLE)
        assert len(found) == len(rows)

    await in_chunks(ids, read)


async def write_all(shop: ShopifyShop, ids: Sequence[str], location: str) -> None:
    async def write(number: int, rows: Sequence[str]) -> None:
        result = await shop.write(intent(rows, location, number))
        assert not result.problems

    await in_chunks(ids, write)


# -- paced ----------------------------------------------------------------------------------------


@asynccontextmanager
async def opened(
    credentials: Credentials, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[ShopifyShop]:
    shop = open_shop(credentials, clock=clock, random=random.Random(1), transport=transport)
    try:
        yield shop
    finally:
        await shop.aclose()


async def paced(practice: PracticeProcess) -> list[Figures]:
    credentials = Credentials(practice.domain, Secret(practice.token), api_url=practice.address)
    state = practice.call("/practice/state")
    ids = [level["inventory_item_id"] for level in state["levels"]]
    location = state["locations"][0]["id"]
    before = sum(level["available"] for level in state["levels"])
    practice.call("/practice/drain", {"points": state["points"]["maximumAvailable"] - START_WITH})
    figures: list[Figures] = []
    async with opened(credentials, SystemClock()) as shop:
        for name, work, cost in (("read by ids", read_all, 3), ("written", write_all, 10)):
            left = practice.call("/practice/state?sku=-")["points"]["currentlyAvailable"]
            memory, began = resident(), time.perf_counter()
            halfway = asyncio.create_task(_memory_later(2.0))
            await work(shop, ids, location)
            seconds = time.perf_counter() - began
            points = -(-len(ids) // CHUNK) * cost
            allowed = (points - left) / RATE
            figures.append(
                {
                    "what": name,
                    "levels": len(ids),
                    "points": points,
                    "seconds": round(seconds, 2),
                    "allowed": round(allowed, 2),
                    "ratio": round(seconds / allowed, 3),
                    "throttled": shop.throttled,
                    "memory_start_mb": round(memory, 1),
                    "memory_2s_mb": round(await halfway, 1),
                    "memory_end_mb": round(resident(), 1),
                }
            )
    after = practice.call("/practice/state")["levels"]
    assert sum(level["available"] for level in after) == before + len(ids), "units were lost"
    return figures


async def _memory_later(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return resident()


# -- simulated ------------------------------------------------------------------------------------


async def simulated(levels: int) -> list[Figures]:
    clock = virtual_time.LoopClock()
    practice = PracticeShop(variants=levels, locations=1, clock=clock)
    practice.faults.latency = LATENCY
    location = practice.stock.locations[0]
    ids = [item.id for item in practice.stock.items]
    before = sum(level.quantity("available") for level in location.levels)
    bucket = practice.executor.bucket
    bucket.drain(bucket.maximum - START_WITH)
    credentials = Credentials(practice.domain, access_token=Secret(practice.access_token))
    figures = []
    async with opened(credentials, clock, practice.transport()) as shop:
        for name, work, cost in (("read by ids", read_all, 3), ("written", write_all, 10)):
            left, began = bucket.available(), clock.monotonic()
            await work(shop, ids, location.id)
            seconds = clock.monotonic() - began
            points = -(-levels // CHUNK) * cost
            allowed = (points - left) / RATE
            figures.append(
                {
                    "what": name,
                    "levels": levels,
                    "points": points,
                    "seconds": round(seconds, 2),
                    "allowed": round(allowed, 2),
                    "ratio": round(seconds / allowed, 3),
                    "throttled": practice.counts["THROTTLED"],
                }
            )
    after = sum(level.quantity("available") for level in location.levels)
    assert after == before + levels, "units were lost or written twice"
    return figures


# -- one call -------------------------------------------------------------------------------------


def one_call(address: Sequence[str], levels: int) -> Figures | None:
    with tempfile.TemporaryDirectory() as folder:
        python = official_python(Path(folder) / "venv")
        if python is None:
            return None
        told = dict(line.split(": ", 1) for line in address)
        environment = {
            **os.environ,
            **{name.upper(): value for name, value in told.items()},
            "ITEMS": str(ONE_CALL_ITEMS),
            "NO_PROXY": "*",
        }
        done = subprocess.run(
            [str(python), str(CLIENTS / "official_python.py")],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    seconds = json.loads(done.stdout)["seconds"]
    return {
        "what": "read and adjusted, one item a call",
        "items": ONE_CALL_ITEMS,
        "seconds": round(seconds, 2),
        "extrapolated_seconds": round(seconds * levels / ONE_CALL_ITEMS),
    }


# -- bulk -----------------------------------------------------------------------------------------

SERVER = """
import sys
from core.practice import PracticeShop, serve
shop = PracticeShop(variants=int(sys.argv[1]), locations=2)
def ready(address):
    print(f"address: {address}", flush=True)
    print(f"domain: {shop.domain}", flush=True)
    print(f"token: {shop.access_token}", flush=True)
serve(shop, on_ready=ready)
"""


async def bulk_child(address: str, domain: str, token: str) -> Figures:
    """In a process of its own, so that its peak is its own."""
    credentials = Credentials(domain, access_token=Secret(token), api_url=address)
    async with opened(credentials, SystemClock()) as shop:
        places = await shop.locations()
        idle = resident()
        began, count = time.perf_counter(), 0
        async for page in shop.variants():
            count += len(page)
        streamed, streamed_peak = time.perf_counter() - began, peak()
        held = [one async for page in shop.variants() for one in page]
        held_peak = peak()
        began = time.perf_counter()
        ids = [one.inventory_item_id for one in held]
        for place in places:
            await read_all(shop, ids, place.id)
        levels_seconds = time.perf_counter() - began
    assert count == len(held)
    return {
        "variants": count,
        "bulk_seconds": round(streamed, 2),
        "idle_mb": round(idle, 1),
        "streamed_above_idle_mb": round(streamed_peak - idle, 1),
        "held_above_idle_mb": round(held_peak - idle, 1),
        "levels_read": len(ids) * len(places),
        "levels_seconds": round(levels_seconds, 2),
        "with_levels_above_idle_mb": round(peak() - idle, 1),
        "throttled": shop.throttled,
    }


def bulk(levels: int) -> Figures:
    with process("-c", SERVER, str(levels)) as lines:
        told = dict(next(lines).split(": ", 1) for _ in range(3))
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.shopify", "--child", *told.values()],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    found: Figures = json.loads(done.stdout)
    return found


# -- tables ---------------------------------------------------------------------------------------


def table(title: str, rows: Sequence[Figures | None]) -> None:
    print(f"\n{title}")
    for row in rows:
        if row is None:
            print("  not measured: what it needs is not at hand")
            continue
        for name, value in row.items():
            print(f"  {name:28}{value:>14}" if not isinstance(value, str) else f"  — {value}")


def main(levels: int) -> None:
    with practice_process(levels, 1, "--faults", f"latency={LATENCY}s") as practice:
        on_the_wire = asyncio.run(paced(practice))
    table(f"paced: 100 points/s, {LATENCY} s latency, real time", on_the_wire)
    in_virtual_time = virtual_time.run(simulated(levels))
    table("simulated: the practice shop, virtual time", in_virtual_time)
    with process("-m", "tui", "practice-shop", "--port", "0") as lines:
        alone = one_call([next(lines) for _ in range(5)], levels)
    table("one call: the official package ShopifyAPI", [alone])
    catalogue = bulk(levels)
    table("bulk: a catalogue at 2 locations", [catalogue])
    figures = {
        "paced": on_the_wire,
        "simulated": in_virtual_time,
        "one_call": alone,
        "bulk": catalogue,
    }
    print("\n" + json.dumps(figures))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(asyncio.run(bulk_child(*sys.argv[2:5]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
