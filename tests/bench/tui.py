"""How quick the app is:

    python -m tests.bench.tui [--items N] [--large N] [--only PART] [--json FILE]

The real program on a real store in a real pty of 80×24: from the key to the last byte it paints.
Beside it, in the same harness on the same machine, the toolkit's own DataTable and
textual-fastdatatable (installed into a venv of the bench's own; left out with a reason where that
fails, or with --no-fast). Prints a table and one line of JSON; exits 1 where a budget is not kept.

A fixed loop before and after each part tells the pace of the machine meanwhile. A part that misses
a goal while the machine was slower than at its best in this run is measured again, at most twice;
each of its passes is printed, and the last one counts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from core.matching import match
from core.model import (
    Cause,
    CauseKind,
    Item,
    Label,
    Level,
    LevelKey,
    LocalField,
    LocationPair,
    ShopifyField,
    Variant,
)
from core.sync import cells
from core.sync.events import SaleSeen
from core.sync.ports import BooksTx
from core.workspace import Workspace
from tests.bench.terminal import Answer, Terminal

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("抹茶ラテ", "Green tea tin", "ほうじ茶", "Cup, white", "急須 黒")
SIZE = (80, 24)
BRAND = "Bench"
EDITS = 40
"""Of each kind."""

BUSY = 0.5
"""Load for each core from which on times are those of the others, too."""

SLOWER = 1.2
"""Pace, by the best of this run, from which on a missed goal is measured again."""

PASSES = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing; `budget` None: shown only."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    counts: bool = True
    """Not: the machine was slow, and it is measured again."""

    @property
    def kept(self) -> bool:
        return self.budget is None or self.value <= self.budget


# -- stores ----------------------------------------------------------------------------------------


def make_home(home: Path, items: int) -> None:
    """A brand with that many items at two paired locations, mapped to a catalogue."""
    with Workspace(home) as workspace:
        workspace.add_brand(BRAND)
        store = workspace.desk(BRAND)._store
        store.add_label(Label("main", "Main", is_default=True))
        places = [store.add_location(name).id for name in ("Shibuya", "Warehouse")]
        store.put_items(_item(n) for n in range(items))
        levels = (
            Level(LevelKey(f"SKU-{n:07d}", place, "main"), n * 7 % 120)
            for n in range(items)
            for place in places
        )
        store.import_batch((), levels, Cause(CauseKind.IMPORT, "bench"))
        store.replace_variants(_variant(n) for n in range(items))
        rule = (ShopifyField.SKU, LocalField.SKU_NUMBER)
        mappings = match(store.items(), store.variants(), rule).mappings

        def work(tx: BooksTx) -> None:
            for mapping in mappings:
                tx.put_mapping(mapping)
            there = [f"gid://shopify/Location/{n}" for n in (1, 2)]
            pairs = (LocationPair(places[n], there[n], f"Shop {n}") for n in (0, 1))
            cells.pair_locations(tx, tuple(pairs), "main")

        store.submit(work).result()


def _item(n: int) -> Item:
    return Item(f"SKU-{n:07d}", f"{NAMES[n % len(NAMES)]} {n % 997}", f"49{n:011d}")


def _variant(n: int) -> Variant:
    """One in fifty differs in case only, one in twenty is only there."""
    item = _item(n)
    sku = item.sku_number.lower() if not n % 50 else item.sku_number
    if not n % 20:
        sku = f"OTHER-{n}"
    ids = (f"gid://shopify/InventoryItem/{n}", f"gid://shopify/ProductVariant/{n}")
    return Variant(*ids, sku, item.barcode, item.name)


# -- the app ---------------------------------------------------------------------------------------


@contextmanager
def app(home: Path) -> Iterator[Terminal]:
    (home / "app.json").unlink(missing_ok=True)  # each time from the home screen
    command = [sys.executable, "-m", "tui", "--home", str(home), "--lang", "en"]
    terminal = Terminal(command, {"PYTHONPATH": str(ROOT)}, *SIZE)
    try:
        yield terminal
    finally:
        terminal.close()


def p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * 0.95) - 1]


def times(answers: Sequence[Answer]) -> list[float]:
    return [answer.ms for answer in answers]


def keys(terminal: Terminal, pressed: Sequence[str]) -> list[Answer]:
    return [terminal.key(key) for key in pressed]


def start_figures(home: Path, factor: float, runs: int = 5) -> Iterator[Figure]:
    """From the start of the process to the first screen, and to the figures of the brand."""
    seen, whole = [], []
    for _ in range(runs):
        with app(home) as terminal:
            seen.append(terminal.wait_for("Keys"))
            whole.append(terminal.wait_for("Live log"))
    yield Figure("first paint, median", statistics.median(seen) * 1000, "ms", 600 * factor)
    yield Figure("home with its figures, median", statistics.median(whole) * 1000, "ms")


def list_figures(name: str, terminal: Terminal, typed: str, factor: float) -> Iterator[Figure]:
    """Cursor, pages, ends and the filter of the list that is shown."""
    downs = keys(terminal, ["down"] * 60)
    yield Figure(f"{name}: cursor key, p95", p95(times(downs)), "ms", 16 * factor)
    yield Figure(f"{name}: cursor key, median", statistics.median(times(downs)), "ms")
    steady = [answer.size for answer in downs[:12]]  # before the page has to move
    yield Figure(f"{name}: bytes of a cursor key", statistics.median(steady), "B", 600)
    pages = keys(terminal, ["pagedown"] * 30)
    yield Figure(f"{name}: page, p95", p95(times(pages)), "ms", 25 * factor)
    ends = keys(terminal, ["end", "home"] * 8)
    yield Figure(f"{name}: jump to the end, p95", p95(times(ends[::2])), "ms", 25 * factor)
    terminal.key("/")
    letters = [terminal.key(key, quiet=0.4) for key in (*typed, *["\x7f"] * len(typed))]
    seen = [answer.first_ms for answer in letters]
    yield Figure(f"{name}: filter, rows seen, p95", p95(seen), "ms", 100 * factor)
    yield Figure(f"{name}: filter, all counted, p95", p95(times(letters)), "ms")
    terminal.key("escape", quiet=0.3)


def edit_figures(name: str, taken: Sequence[float], factor: float) -> Iterator[Figure]:
    """The disk's sync is in it: each is on the disk when it is seen."""
    yield Figure(f"{name}, p95", p95(taken), "ms", 30 * factor)
    yield Figure(f"{name}, median", statistics.median(taken), "ms")
    yield Figure(f"{name}, slowest of {len(taken)}", max(taken), "ms")


def inventory_figures(home: Path, factor: float, *, edits: bool) -> Iterator[Figure]:
    with app(home) as terminal:
        terminal.wait_for("Live log")
        begun = time.perf_counter()
        terminal.key("2")
        terminal.wait_for("SKU-0000000")
        yield Figure("inventory: shown after", (time.perf_counter() - begun) * 1000, "ms")
        terminal.rest()
        yield Figure("inventory: ready behind after", (time.perf_counter() - begun) - 1, "s")
        yield from list_figures("inventory", terminal, "sku-00123", factor)
        if edits:
            yield from edit_figures("inventory: edit", _typed_edits(terminal), factor)
            undos = [_until_seen(terminal, "u", "Undone") for _ in range(EDITS)]
            yield from edit_figures("inventory: undo", undos, factor)
        yield Figure("inventory: memory", terminal.memory_mb(), "MB")


def _typed_edits(terminal: Terminal) -> list[float]:
    """`=`, a number, Enter: until the number is in the table and the next row is open."""
    terminal.key("=")
    taken = []
    first = 10_000 + time.time_ns() % 80_000  # others than an earlier run has left
    for n in range(first, first + EDITS):
        for digit in str(n):
            terminal.key(digit)
        taken.append(_until_seen(terminal, "enter", str(n)))
    terminal.key("escape", quiet=0.3)
    return taken


def _until_seen(terminal: Terminal, key: str, words: str) -> float:
    """Milliseconds from a key until these words are painted; then it is let rest."""
    terminal.settle(0.3)
    terminal.forget()
    begun = time.perf_counter()
    terminal.send(key)
    terminal.wait_for(words, 20.0)
    taken = (time.perf_counter() - begun) * 1000
    terminal.settle(0.1)
    return taken


def mapping_figures(home: Path, factor: float) -> Iterator[Figure]:
    with app(home) as terminal:
        terminal.wait_for("Live log")
        begun = time.perf_counter()
        terminal.key("3")
        terminal.wait_for("sku-00")
        terminal.rest()
        yield Figure("mapping: ready after", (time.perf_counter() - begun) - 1, "s")
        yield from list_figures("mapping", terminal, "sku-00123", factor)
        edits = [_until_seen(terminal, "I", "Put aside") for _ in range(EDITS)]
        undos = [_until_seen(terminal, "u", "Undone") for _ in range(EDITS)]
        yield from edit_figures("mapping: edit", edits, factor)
        yield from edit_figures("mapping: undo", undos, factor)
        yield Figure("mapping: memory", terminal.memory_mb(), "MB")


def log_figures(home: Path, seconds: float = 8.0, a_second: int = 1000) -> Iterator[Figure]:
    """The log screen while another process writes a thousand lines a second."""
    with app(home) as terminal:
        terminal.wait_for("Live log")
        terminal.rest()
        before = terminal.total
        terminal.settle(60.0, 5.0)
        yield Figure("idle, 5 s", (terminal.total - before) / 5, "B/s", 0)
        terminal.key("6")
        terminal.rest()
        path = next((home / "brands").rglob("inventory.db")).parent / "log.jsonl"
        writer = _Writer(path, a_second)
        cpu, begun = terminal.cpu(), time.perf_counter()
        _until(terminal, writer, begun + seconds)
        share = (terminal.cpu() - cpu) / (time.perf_counter() - begun)
        yield Figure("log at 1,000 lines/s: one core", share * 100, "%", 20)
        taken = [_key_while_writing(terminal, writer, n) for n in range(30)]
        yield Figure("log at 1,000 lines/s: key, p95", p95(taken), "ms", 30)


class _Writer:
    """Log lines as the engine writes them, a tenth of a second's worth at a time."""

    def __init__(self, path: Path, a_second: int) -> None:
        event = SaleSeen(
            at="2026-11-23T09:00:00.000Z",
            brand=BRAND,
            sku="SKU-0000007",
            location="Shibuya",
            pulled=-2,
            before=9,
            after=7,
        )
        self._block = (orjson.dumps(event.record(), default=str) + b"\n") * (a_second // 10)
        self._path = path
        self._next = time.perf_counter()

    def write(self) -> None:
        while time.perf_counter() >= self._next:
            with self._path.open("ab") as out:
                out.write(self._block)
            self._next += 0.1


def _until(terminal: Terminal, writer: _Writer, end: float) -> None:
    while time.perf_counter() < end:
        writer.write()
        terminal.read(0.01)


def _key_while_writing(terminal: Terminal, writer: _Writer, n: int) -> float:
    """Space pauses the log and says so; the second one goes on."""
    begun = time.perf_counter()
    terminal.forget()
    terminal.send(" ")
    while b"paused" not in terminal.out and time.perf_counter() - begun < 5:
        writer.write()
        terminal.read(0.002)
    taken = time.perf_counter() - begun
    _until(terminal, writer, time.perf_counter() + 0.1 + 0.017 * (n % 10))
    terminal.send(" ")
    _until(terminal, writer, time.perf_counter() + 0.2)
    return taken * 1000


# -- others ----------------------------------------------------------------------------------------


def other_figures(kind: str, python: str, rows: int) -> Iterator[Figure]:
    command = [python, "-m", "tests.bench.tables", kind, str(rows)]
    terminal = Terminal(command, {"PYTHONPATH": str(ROOT)}, *SIZE)
    name = {"stock": "DataTable", "fast": "fastdatatable"}[kind] + f" {rows:,}"
    try:
        yield Figure(f"{name}: shown after", terminal.wait_for("ready") * 1000, "ms")
        terminal.rest()
        yield Figure(f"{name}: cursor key, p95", p95(times(keys(terminal, ["down"] * 40))), "ms")
        yield Figure(f"{name}: page, p95", p95(times(keys(terminal, ["pagedown"] * 20))), "ms")
        ends = keys(terminal, ["end", "home"] * 4)
        yield Figure(f"{name}: jump to the end, p95", p95(times(ends[::2])), "ms")
        terminal.key("end")
        yield Figure(f"{name}: edit, p95", p95(times(keys(terminal, ["e"] * 8))), "ms")
        yield Figure(f"{name}: memory", terminal.memory_mb(), "MB")
    finally:
        terminal.close()


def fast_python(folder: Path) -> str:
    """A Python that has textual-fastdatatable. Raises where it cannot be installed."""
    python = folder / "bin" / "python"
    if not python.exists():
        needs = ["textual-fastdatatable==0.19.5", "textual==8.2.8"]
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "-q", *needs],
        ):
            subprocess.run(command, check=True, capture_output=True, timeout=300)
    return str(python)


# -- all -------------------------------------------------------------------------------------------


class Pace:
    """How long the same work takes this machine now, and took it at its best."""

    def __init__(self) -> None:
        self.best = math.inf

    def measure(self) -> float:
        """Milliseconds of a fixed loop: the middle one of five."""
        taken = []
        for _ in range(5):
            begun, n = time.perf_counter(), 0
            for k in range(500_000):
                n += k
            taken.append((time.perf_counter() - begun) * 1000)
        self.best = min(self.best, *taken)
        return statistics.median(taken)


PARTS = ("start", "inventory", "mapping", "log", "others")


def figures(
    folder: Path, items: int, large: int, *, fast: bool, only: str | None = None
) -> Iterator[tuple[str, Figure]]:
    """All of them, or those of one part."""
    pace = Pace()
    pace.measure()
    for rows, factor in ((items, 1.0), (large, 1.5)):
        if not rows:
            continue
        home = folder / f"home-{rows}"
        if not home.exists():
            make_home(home, rows)
        for part, measure in _parts(home, factor).items():
            if only in (None, part):
                for figure in _passes(part, measure, pace):
                    yield f"{rows:,}", figure
    if only in (None, "others"):
        yield from _others(folder, items, fast=fast)


def _parts(home: Path, factor: float) -> dict[str, Callable[[], Iterator[Figure]]]:
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "start": lambda: start_figures(home, factor),
        "inventory": lambda: inventory_figures(home, factor, edits=True),
        "mapping": lambda: mapping_figures(home, factor),
    }
    if factor == 1:
        parts["log"] = lambda: log_figures(home)
    return parts


def _passes(part: str, measure: Callable[[], Iterator[Figure]], pace: Pace) -> Iterator[Figure]:
    for left in reversed(range(PASSES)):
        before = pace.measure()
        found = list(measure())
        slower = max(before, pace.measure()) / pace.best
        again = left and slower > SLOWER and not all(figure.kept for figure in found)
        for figure in found:
            yield replace(figure, counts=not again)
        yield Figure(f"{part}: the machine meanwhile, by its best", slower, "x")
        if not again:
            return


def _others(folder: Path, items: int, *, fast: bool) -> Iterator[tuple[str, Figure]]:
    for figure in other_figures("stock", sys.executable, items):
        yield "others", figure
    if not fast:
        return
    try:
        python = fast_python(folder / "venv")
    except (subprocess.SubprocessError, OSError) as error:
        print(f"textual-fastdatatable left out: {type(error).__name__}", file=sys.stderr)
        return
    for figure in other_figures("fast", python, items):
        yield "others", figure


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000, help="0: leave it out")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--no-fast", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep the stores here, for another run")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        fast, only = not given.no_fast, given.only
        found = _shown(figures(folder, given.items, given.large, fast=fast, only=only))
    record = json.dumps(
        [
            {
                "store": s,
                "what": f.what,
                "value": round(f.value, 2),
                "unit": f.unit,
                "budget": f.budget,
                "kept": f.kept,
                "counts": f.counts,
            }
            for s, f in found
        ]
    )
    print(record)
    if given.json:
        given.json.write_text(record, "utf-8")
    return 0 if all(figure.kept or not figure.counts for _store, figure in found) else 1


def _shown(measured: Iterator[tuple[str, Figure]]) -> list[tuple[str, Figure]]:
    found = []
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    if busy > BUSY:
        print(f"Others use this machine (load {busy:.1f} for each core): times say little now.")
    print(f"{'store':12}{'what':44}{'measured':>14}{'goal':>8}")
    for store, figure in measured:
        goal = "" if figure.budget is None else f"{figure.budget:g}"
        verdict = "" if figure.budget is None else "  ok" if figure.kept else "  NOT"
        if not figure.counts:
            verdict += "  (slow machine: again below)"
        value = f"{figure.value:,.1f} {figure.unit}"
        print(f"{store:12}{figure.what:44}{value:>14}{goal:>8}{verdict}", flush=True)
        found.append((store, figure))
    return found


if __name__ == "__main__":
    sys.exit(main())
