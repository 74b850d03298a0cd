"""The same work on this store, on TinyDB's own storages, on plain SQLite and on the bare disk.

    python -m tests.bench.store [LEVELS…] [--json FILE] [--folder DIR]

prints a table for each size and writes all figures, with ratios, as JSON. Milliseconds, p50 and
p99; the fast ones take turns, so that all meet the same disk. Load and memory are those of a
fresh process that opens the file and gets one document.

Goals (single commit and four documents: p50 ≤ 1.3 and p99 ≤ 2 times plain SQLite; 250 changes
≤ 2.5 times) are printed with whether they are met.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench import brand
from tests.bench.contenders import Append, Caching, Contender, Json, Ours, Plain

FAST: tuple[type[Contender], ...] = (Append, Plain, Ours)
SLOW: tuple[type[Contender], ...] = (Caching, Json)
WORKS = ("one", "four", "many", "get", "search")
SAID = {
    "one": "commit 1 document",
    "four": "transaction of 4",
    "many": "250 in one commit",
    "get": "get by key",
    "search": "search by text",
}
TIMES = {"one": 600, "four": 600, "many": 150, "get": 1000, "search": 5}
GOALS = {("one", 0): 1.3, ("one", 1): 2.0, ("four", 0): 1.3, ("four", 1): 2.0, ("many", 0): 2.5}
SLOW_S, MOST_S = 3.0, 20.0
"""About how long one kind of work may take."""

Work = Callable[[int], None]

Figures = dict[str, Any]


def in_turns(works: Sequence[Work], times: int, levels: int, most_s: float) -> list[list[float]]:
    """Milliseconds of each, sorted; fewer times where that would take too long."""
    taken: list[list[float]] = [[] for _ in works]
    ends = time.perf_counter() + most_s
    for n in range(times):
        place = n * 7919 % max(levels - 300, 1)
        for work, ms in zip(works, taken, strict=True):
            begun = time.perf_counter()
            work(place)
            ms.append((time.perf_counter() - begun) * 1000)
        if time.perf_counter() > ends:
            break
    return [sorted(ms) for ms in taken]


def p50_p99(ms: Sequence[float]) -> tuple[float, float]:
    return statistics.median(ms), ms[min(len(ms) - 1, len(ms) * 99 // 100)]


def measure(kinds: Sequence[type[Contender]], folder: Path, levels: int) -> dict[str, Figures]:
    """Fill them and let them work in turns."""
    made = [kind(folder / f"{kind.__name__.lower()}.db") for kind in kinds]
    figures: dict[str, Figures] = {one.name: {} for one in made}
    for one in made:
        begun = time.perf_counter()
        one.fill(levels)
        figures[one.name]["fill_s"] = round(time.perf_counter() - begun, 2)
    for work in WORKS:
        able = [one for one in made if not (isinstance(one, Append) and work in ("get", "search"))]
        most_s = SLOW_S if any(one.slow for one in able) else MOST_S
        works = [getattr(one, work) for one in able]
        taken = in_turns(works, TIMES[work], levels, most_s)
        for one, ms in zip(able, taken, strict=True):
            figures[one.name][work] = [round(value, 4) for value in p50_p99(ms)]
            figures[one.name][f"{work}_times"] = len(ms)
    for one in made:
        one.close()
        if not isinstance(one, Append):
            figures[one.name]["file_mb"] = round(one.path.stat().st_size / 1e6, 1)
            figures[one.name] |= fresh_process(type(one), one.path, levels)
    return figures


def fresh_process(kind: type[Contender], path: Path, levels: int) -> Figures:
    command = [sys.executable, "-m", "tests.bench.store", "--load", kind.__name__, str(path)]
    out = subprocess.run([*command, str(levels)], check=True, capture_output=True, text=True)
    found: Figures = json.loads(out.stdout)
    return found


def load(name: str, path: Path, levels: int) -> None:
    """In the fresh process: open, get one document, say what that took."""
    kind = {kind.__name__: kind for kind in (*FAST, *SLOW)}[name]
    before = brand.peak_mb()
    begun = time.perf_counter()
    one = kind(path)
    one.get(levels // 2)
    ms = (time.perf_counter() - begun) * 1000
    memory_mb = round(brand.peak_mb() - before, 1)
    print(json.dumps({"load_ms": round(ms, 2), "memory_mb": memory_mb}))
    one.close()


def ratios(figures: dict[str, Figures]) -> dict[str, list[float]]:
    ours, plain = figures[Ours.name], figures[Plain.name]
    return {
        work: [round(one / other, 2) for one, other in zip(ours[work], plain[work], strict=True)]
        for work in WORKS
    }


def show(levels: int, figures: dict[str, Figures], against_plain: dict[str, list[float]]) -> None:
    print(f"\n{levels:,} levels; ms p50 / p99")
    print(f"{'':20}" + "".join(f"{name:>22}" for name in figures) + f"{'ours / plain':>16}")
    for work in WORKS:
        cells = [figures[name].get(work) for name in figures]
        shown = [f"{pair[0]:.3f} / {pair[1]:.3f}" if pair else "-" for pair in cells]
        p50, p99 = against_plain[work]
        ratio = f"{p50:.2f} / {p99:.2f}"
        print(f"{SAID[work]:20}" + "".join(f"{text:>22}" for text in shown) + f"{ratio:>16}")
    for field, said in (("load_ms", "load ms"), ("memory_mb", "memory MB"), ("file_mb", "file MB")):
        values = [figures[name].get(field, "-") for name in figures]
        print(f"{said:20}" + "".join(f"{value!s:>22}" for value in values))
    for (work, place), goal in GOALS.items():
        got = against_plain[work][place]
        print(
            f"  {'met   ' if got <= goal else 'MISSED'} {SAID[work]} "
            f"p{(50, 99)[place]}: {got:.2f} of at most {goal} times plain SQLite"
        )


def run(sizes: Sequence[int], folder: Path) -> list[Figures]:
    found: list[Figures] = []
    for levels in sizes:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".bench-") as place:
            figures = measure(FAST, Path(place), levels)
            for kind in SLOW:
                figures |= measure([kind], Path(place), levels)
        against_plain = ratios(figures)
        show(levels, figures, against_plain)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".bench-") as place:
            whole = brand.measure(Path(place), levels)
        brand.show(levels, whole)
        found.append(
            {
                "levels": levels,
                "figures": figures,
                "ours_to_plain": against_plain,
                "brand": whole,
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.store", description=__doc__)
    parser.add_argument("levels", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure")
    chosen = parser.parse_args()
    found = run(chosen.levels, chosen.folder)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        load(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
