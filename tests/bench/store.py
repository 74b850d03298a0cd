"""What a commit costs on this store, against plain SQLite in the same run on the same disk.

`python -m tests.bench.store [LEVELS]` prints a table of milliseconds (p50, p99) and ratios.
"""

# ruff: noqa: S608 - the names in the SQL are this file's own

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import orjson

from core.store.schema import Schema
from core.store.table import DocumentDB

TIMES = 300
SCHEMA = Schema(1, {"levels": (), "movements": ("sku",), "outbox": ()})


def doc(n: int) -> dict[str, object]:
    return {"sku": f"SKU-{n:07}", "loc": "warehouse", "sup": "acme", "qty": n % 97, "rev": n}


def timed(
    one: Callable[[int], None], other: Callable[[int], None], times: int = TIMES
) -> tuple[list[float], list[float]]:
    """p50 and p99 of both in milliseconds, taken in turns, so that both meet the same disk."""
    taken: tuple[list[float], list[float]] = ([], [])
    for n in range(times):
        for work, times_taken in zip((one, other), taken, strict=True):
            begun = time.perf_counter()
            work(n)
            times_taken.append((time.perf_counter() - begun) * 1000)
    first, second = ([statistics.median(ts), statistics.quantiles(ts, n=100)[98]] for ts in taken)
    return first, second


class Plain:
    """The same tables, written by hand."""

    def __init__(self, path: Path, levels: int) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        SCHEMA.create(self.db)
        self.many("levels", range(levels))

    def put(self, table: str, n: int) -> None:
        text = orjson.dumps(doc(n)).decode()
        self.db.execute(f"INSERT OR REPLACE INTO {table} (id, doc) VALUES (?, ?)", (f"{n}", text))

    def one(self, n: int) -> None:
        self.put("levels", n)

    def four(self, n: int) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        for table, key in (("levels", n), ("levels", n + 1), ("movements", n), ("outbox", n)):
            self.put(table, key)
        self.db.execute("COMMIT")

    def many(self, table: str, numbers: range) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(
            f"INSERT OR REPLACE INTO {table} (id, doc) VALUES (?, ?)",
            ((f"{n}", orjson.dumps(doc(n)).decode()) for n in numbers),
        )
        self.db.execute("COMMIT")

    def close(self) -> None:
        self.db.close()


class Ours:
    def __init__(self, path: Path, levels: int) -> None:
        self.db = DocumentDB(path, SCHEMA)
        self.many("levels", range(levels))

    def one(self, n: int) -> None:
        self.db.table("levels").put(f"{n}", doc(n))

    def four(self, n: int) -> None:
        with self.db.transaction():
            for table, key in (("levels", n), ("levels", n + 1), ("movements", n), ("outbox", n)):
                self.db.table(table).put(f"{key}", doc(key))

    def many(self, table: str, numbers: range) -> None:
        self.db.table(table).put_many((f"{n}", doc(n)) for n in numbers)

    def close(self) -> None:
        self.db.close()


def rows(levels: int) -> Iterator[tuple[str, list[float], list[float]]]:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        plain, ours = Plain(Path(folder) / "plain.db", levels), Ours(Path(folder) / "o.db", levels)
        with closing(plain), closing(ours):
            yield "one document", *timed(plain.one, ours.one)
            yield "four documents", *timed(plain.four, ours.four)
            yield (
                "250 documents",
                *timed(
                    lambda n: plain.many("levels", range(n, n + 250)),
                    lambda n: ours.many("levels", range(n, n + 250)),
                    100,
                ),
            )
            yield (
                "get by key",
                *timed(
                    lambda n: _get(plain.db, n),
                    lambda n: _use(ours.db.table("levels").doc(f"{n}")),
                ),
            )


def _get(db: sqlite3.Connection, n: int) -> None:
    (text,) = db.execute("SELECT doc FROM levels WHERE id = ?", (f"{n}",)).fetchone()
    _use(orjson.loads(text))


def _use(found: object) -> None:
    assert found


def main(levels: int) -> None:
    print(f"{levels} levels; ms p50 / p99")
    print(f"{'':16}{'plain SQLite':>18}{'this store':>18}{'p50 ratio':>12}{'p99 ratio':>12}")
    for name, plain, ours in rows(levels):
        shown = (f"{pair[0]:.3f} / {pair[1]:.3f}" for pair in (plain, ours))
        print(f"{name:16}{next(shown):>18}{next(shown):>18}", end="")
        print(f"{ours[0] / plain[0]:>12.2f}{ours[1] / plain[1]:>12.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
