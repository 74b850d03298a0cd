"""What the app itself does to a brand's store, at a size: one process works, another only looks.

N levels are N / 10 items at ten locations, with a cell for each level of one location.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from core.clock import SystemClock
from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    CellState,
    Intent,
    IntentKind,
    Item,
    Label,
    LevelKey,
    Link,
    LocationPair,
    QuantityName,
    SkuMapping,
    Variant,
)
from core.store import BrandStore, Tx

CAUSE = Cause(CauseKind.ADJUST, "bench")
SHOP_PLACE = "gid://shopify/Location/1"
PLACES = 10

Work = Callable[[int], object]


def opened(path: Path) -> BrandStore:
    ids = count()
    return BrandStore.open(path, SystemClock(), lambda: f"place-{next(ids)}")


def sku(n: int) -> str:
    return f"SKU-{n:07}"


def item_id(n: int) -> str:
    return f"gid://shopify/InventoryItem/{n}"


def fill(store: BrandStore, levels: int) -> int:
    items = levels // PLACES
    store.add_label(Label("good", "Good"))
    places = [store.add_location(f"Place {n}").id for n in range(PLACES)]
    store.put_items(Item(sku(n), f"Tシャツ {n % 1000:03}", f"49{n:011}") for n in range(items))
    store.replace_variants(
        Variant(item_id(n), f"gid://shopify/ProductVariant/{n}", sku(n)) for n in range(items)
    )
    documents = {"good": dict.fromkeys(places, 100)}
    with store.books.transaction() as tx:
        store._db.table("levels").change((sku(n), documents) for n in range(items))
        tx.put_link(Link("good", enabled=True))
        tx.put_pairs([LocationPair(places[0], SHOP_PLACE, "Tokyo")])
        for n in range(items):
            tx.put_mapping(SkuMapping(item_id(n), sku(n)))
            key = CellKey(item_id(n), SHOP_PLACE)
            tx.put_cell(Cell(key, sku(n), places[0], there=100, base=100))
    return items


def works(store: BrandStore, items: int) -> dict[str, tuple[Work, int]]:
    """What is timed, and how often."""
    place = store.locations()[0].id

    def key(n: int) -> LevelKey:
        return LevelKey(sku(n % items), place, "good")

    def sale(n: int) -> None:
        """Two levels, two movements, their cells, and a write for the outbox."""
        with store.books.transaction() as tx:
            for m in (n, n + 1):
                tx.set_level(*key(m), n, CAUSE)
            name = QuantityName.AVAILABLE
            tx.put_intent(Intent(f"k{n}", IntentKind.ADJUST, "t", name, ()))

    def chunk(n: int) -> None:
        with store.books.transaction() as tx:
            for m in range(n, n + 250):
                tx.set_level(*key(m), n, CAUSE)

    def group(n: int) -> None:
        def one(m: int) -> Callable[[Tx], None]:
            return lambda tx: tx.set_level(*key(m), n, CAUSE)

        for future in [store.submit(one(m)) for m in range(n, n + 64)]:
            future.result()

    return {
        "adjust one level": (lambda n: store.adjust_level(key(n), 1, CAUSE), 300),
        "two levels and a write": (sale, 300),
        "250 levels at once": (chunk, 20),
        "64 changes, one fsync": (group, 30),
        "levels of an item": (lambda n: store.levels_of(sku(n % items)), 500),
        "search, 2 letters": (lambda n: store.search_items(f"シャ {n % 1000:03}"), 10),
        "figures for status": (lambda _: figures(store), 100),
    }


def figures(store: BrandStore) -> None:
    store.count_cells()
    store.count_mappings()
    store.count_unmapped_local()
    store.count_unmapped_shopify()
    store.oldest_change()


def measure(folder: Path, levels: int) -> dict[str, Any]:
    path = folder / "inventory.db"
    store = opened(path)
    begun = time.perf_counter()
    items = fill(store, levels)
    found: dict[str, Any] = {"fill_s": round(time.perf_counter() - begun, 1), "ms": {}}
    for name, (work, times) in works(store, items).items():
        taken = []
        for n in range(times):
            at = n * 7919 % items
            begun = time.perf_counter()
            work(at)
            taken.append((time.perf_counter() - begun) * 1000)
        taken.sort()
        p50, p99 = taken[len(taken) // 2], taken[min(len(taken) - 1, len(taken) * 99 // 100)]
        found["ms"][name] = [round(p50, 3), round(p99, 3)]
    store.close()
    found["file_mb"] = round(path.stat().st_size / 1e6, 1)
    command = [sys.executable, "-m", "tests.bench.brand", str(path)]
    out = subprocess.run(command, check=True, capture_output=True, text=True)
    found.update(json.loads(out.stdout))
    return found


def show(levels: int, found: dict[str, Any]) -> None:
    print(f"\nA brand with {levels:,} levels ({levels // PLACES:,} items at {PLACES} locations)")
    for name, (p50, p99) in found["ms"].items():
        print(f"  {name:24}{p50:>10.3f} / {p99:.3f} ms")
    print(f"  {'opened and first read':24}{found['load_ms']:>10.1f} ms")
    print(f"  {'memory, all levels read':24}{found['memory_mb']:>10.1f} MB")
    print(f"  {'file':24}{found['file_mb']:>10.1f} MB")


def peak_mb() -> float:
    """The most memory this process has had (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def look(path: Path) -> None:
    """In a fresh process: open, read one item, then walk all levels."""
    before = peak_mb()
    begun = time.perf_counter()
    store = opened(path)
    assert store.levels_of(sku(0))
    assert store.count_cells()[CellState.UNALIGNED] == 0
    load_ms = round((time.perf_counter() - begun) * 1000, 2)
    begun = time.perf_counter()
    levels = sum(1 for _ in store.levels())
    walk_s = round(time.perf_counter() - begun, 2)
    memory_mb = round(peak_mb() - before, 1)
    print(
        json.dumps({"load_ms": load_ms, "memory_mb": memory_mb, "walk_s": walk_s, "levels": levels})
    )


if __name__ == "__main__":
    look(Path(sys.argv[1]))
