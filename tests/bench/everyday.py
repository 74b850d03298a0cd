"""What people wait for every day, as real processes: `status` beside a busy owner, and importing a
large file: `python -m tests.bench.everyday [--cells N] [--rows N] [--times N] [--json FILE]`.

Prints a table, then all figures as JSON. Goals: `status` within 0.25 s beside nobody and 0.4 s
(p95) beside an owner that writes all the time, at 100,000 cells; 100,000 rows imported in less
than 15 s with progress; the same file with one bad row changes nothing and names the row.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from typing import Any

from core.clock import SystemClock
from core.model import AuthKind, CauseKind, Connection, LevelKey
from core.model import Cause as Why
from core.store import Ownership, Purpose
from core.workspace import Workspace
from tests.bench import brand
from tests.bench.terminal import Terminal

GOALS = {"quiet p50": 0.25, "busy p95": 0.4, "import": 15.0}
SHOP = Connection("x.myshopify.com", AuthKind.TOKEN, "gid://shopify/Shop/1", "Shop", "2026-11-23")
CHUNK = 250
TUI = [sys.executable, "-m", "tui", "--lang", "en", "--home"]

Figures = dict[str, Any]


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TUI, str(home), *words], capture_output=True, text=True, timeout=300, check=False
    )


# -- status --------------------------------------------------------------------------------------


def fill(home: Path, cells: int) -> None:
    """A linked brand with so many cells, one an item, at ten places."""
    with Workspace(home) as workspace:
        workspace.add_brand("Everyday")
        store = workspace.desk()._store
        brand.fill(store, cells * brand.PLACES)
        store.put_connection(SHOP)


def own(home: Path) -> None:
    """The busy owner: it says so, then changes 250 levels in each commit until it is ended."""
    with Workspace(home) as workspace, Ownership.acquire(home, Purpose.SERVICE, SystemClock()):
        store = workspace.desk()._store
        place, items = store.locations()[0].id, store.count_items()
        print("owns", flush=True)
        for n in range(10**9):
            first = n * CHUNK % items
            with store.books.transaction() as tx:
                tx.record_levels(
                    {
                        LevelKey(brand.sku(m % items), place, "good"): n % 1000
                        for m in range(first, first + CHUNK)
                    },
                    Why(CauseKind.IMPORT, "bench"),
                )
            if not n % 20:
                print(n, flush=True)


@contextmanager
def busy_owner(home: Path) -> Iterator[None]:
    words = [sys.executable, "-m", "tests.bench.everyday", "--own", str(home)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as owner:
        try:
            assert owner.stdout is not None
            for _ in range(2):
                owner.stdout.readline()  # it owns, and has written
            yield
        finally:
            owner.kill()


def status_runs(home: Path, times: int, *, cells: int, owned: bool) -> list[float]:
    """Seconds of each run, sorted, from the start of the process to its end; last, those of the
    processor, which do not depend on what else the machine does.
    """
    taken, worked = [], cpu_s()
    for _ in range(times):
        begun = time.perf_counter()
        done = command(home, "status", "--json")
        taken.append(time.perf_counter() - begun)
        told = json.loads(done.stdout)
        assert told["cells"] == cells
        assert (told["owner"] is not None) is owned
    return [*sorted(taken), (cpu_s() - worked) / times]


def cpu_s() -> float:
    """Of all processes that were started and have ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def p50_p95(seconds: list[float]) -> list[float]:
    p95 = seconds[min(len(seconds) - 1, len(seconds) * 95 // 100)]
    return [round(statistics.median(seconds), 3), round(p95, 3)]


def figures_of(runs: list[float]) -> list[float]:
    return [*p50_p95(runs[:-1]), round(runs[-1], 3)]


def bare_python(times: int) -> list[float]:
    """An interpreter that does nothing, for comparison."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        taken.append(time.perf_counter() - begun)
    return sorted(taken)


def imports(home: Path, most: int = 8) -> Figures:
    """What `status` imports: how much, and what costs most by itself (milliseconds)."""
    words = [sys.executable, "-X", "importtime", *TUI[1:], str(home), "status"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    rows = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)", done.stderr)
    own_ms: dict[str, float] = {}
    for own_us, _all_us, name in rows:
        room = ".".join(name.split(".")[:2]) if name.startswith("core.") else name.split(".")[0]
        own_ms[room] = own_ms.get(room, 0.0) + int(own_us) / 1000
    costly = sorted(own_ms.items(), key=lambda pair: -pair[1])[:most]
    return {
        "modules": len(rows),
        "ms": round(sum(own_ms.values()), 1),
        "most": {name: round(ms, 1) for name, ms in costly},
    }


def measure_status(home: Path, cells: int, times: int) -> Figures:
    fill(home, cells)
    status_runs(home, 2, cells=cells, owned=False)
    found: Figures = {
        "cells": cells,
        "bare python": p50_p95(bare_python(times)),
        "quiet": figures_of(status_runs(home, times, cells=cells, owned=False)),
        "imports": imports(home),
    }
    with busy_owner(home):
        found["busy"] = figures_of(status_runs(home, times, cells=cells, owned=True))
    return found


# -- import --------------------------------------------------------------------------------------


def rows_of(rows: int) -> list[str]:
    head = "sku_number,name,barcode,location,label,quantity"
    return [
        head,
        *(f"SKU-{n:06},Tシャツ {n},49{n:011},Tokyo,main,{n % 500}" for n in range(rows)),
    ]


def imported(home: Path, file: Path) -> Figures:
    """By the real command in a real terminal: seconds, and how often it told its progress."""
    begun = time.perf_counter()
    pane = Terminal([*TUI, str(home), "item", "import", str(file)], {}, 80, 24)
    try:
        pane.wait_for("Imported")
        seconds = time.perf_counter() - begun
        told = re.findall(rb"Importing ([\d,]+)/", bytes(pane.out))
    finally:
        pane.close()
    return {"s": round(seconds, 2), "progress": len(set(told))}


def measure_import(home: Path, folder: Path, rows: int) -> Figures:
    for words in (("brand", "add", "A"), ("label", "add", "main"), ("location", "add", "Tokyo")):
        assert command(home, *words).returncode == 0
    lines = rows_of(rows)
    good, bad = folder / "good.csv", folder / "bad.csv"
    good.write_text("\n".join(lines) + "\n", "utf-8")
    wrong = rows * 7 // 10
    lines[wrong] = lines[wrong].rsplit(",", 1)[0] + ",many"
    bad.write_text("\n".join(lines) + "\n", "utf-8")
    found: Figures = {"rows": rows}

    begun = time.perf_counter()
    done = command(home, "item", "import", str(bad))
    found["bad row"] = {
        "s": round(time.perf_counter() - begun, 2),
        "exit": done.returncode,
        "names the row": f"line {wrong + 1}, quantity" in done.stderr,
        "nothing changed": not command(home, "stock", "export").stdout.splitlines()[1:],
    }
    found["import"] = imported(home, good)
    before = command(home, "stock", "export").stdout
    assert len(before.splitlines()) == rows + 1
    found["again, nothing new"] = imported(home, good)
    done = command(home, "item", "import", str(bad))
    same = command(home, "stock", "export").stdout == before
    found["bad row"]["nothing changed"] &= same and done.returncode == 2
    return found


# -- the table -----------------------------------------------------------------------------------


def met(figures: Figures) -> dict[str, bool]:
    bad = figures["import"]["bad row"]
    return {
        "status, quiet, p50": figures["status"]["quiet"][0] <= GOALS["quiet p50"],
        "status, busy, p95": figures["status"]["busy"][1] <= GOALS["busy p95"],
        "import": figures["import"]["import"]["s"] < GOALS["import"],
        "import tells its progress": figures["import"]["import"]["progress"]
        >= min(10, figures["import"]["rows"] // 1000),
        "a bad row changes nothing": bad["nothing changed"] and bad["exit"] == 2,
        "a bad row is named": bad["names the row"],
    }


def show(figures: Figures) -> None:
    status, taken = figures["status"], figures["import"]
    print(f"status at {status['cells']:,} cells; seconds of a process, p50 / p95")
    for name in ("bare python", "quiet", "busy"):
        p50, p95, *cpu = status[name]
        of_cpu = f"   of the processor {cpu[0]:.3f}" if cpu else ""
        print(f"  {name:24}{p50:>8.3f} / {p95:.3f}{of_cpu}")
    load = ", ".join(f"{one:.1f}" for one in figures["load"])
    print(f"  load of the machine before and after: {load}, on {os.cpu_count()} processors")
    loaded = status["imports"]
    print(f"  imports: {loaded['modules']} modules, {loaded['ms']} ms under -X importtime, most in")
    print("    " + ", ".join(f"{name} {ms}" for name, ms in loaded["most"].items()))
    print(f"import of {taken['rows']:,} rows, seconds of the command")
    for name in ("import", "again, nothing new"):
        print(
            f"  {name:24}{taken[name]['s']:>8.2f}   progress told {taken[name]['progress']} times"
        )
    print(f"  {'one bad row':24}{taken['bad row']['s']:>8.2f}   {taken['bad row']}")
    for name, good in figures["met"].items():
        print(f"  {'met   ' if good else 'MISSED'} {name}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.everyday", description=__doc__)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--own", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.own is not None:
        own(chosen.own)
        return
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="everyday") as place:
        folder = Path(place)
        figures: Figures = {
            "status": measure_status(folder / "status", chosen.cells, chosen.times),
            "import": measure_import(folder / "import", folder, chosen.rows),
        }
    figures["load"] = [round(load, 1), round(os.getloadavg()[0], 1)]
    figures["met"] = met(figures)
    show(figures)
    text = json.dumps(figures, indent=2)
    print(text)
    if chosen.json is not None:
        chosen.json.write_text(text)
    if not all(figures["met"].values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
