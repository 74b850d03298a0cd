"""Those who do the same work in tests.bench.store: the same documents, each in its own way.

TinyDB's own storages know no transaction over several tables: four documents are four commits.
"""

# ruff: noqa: S608 - the names in the SQL are this file's own

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import orjson
from tinydb import Query, TinyDB
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage
from tinydb.table import Document

from core.store.schema import Schema
from core.store.table import DocumentDB

SCHEMA = Schema(1, {"levels": ("search",), "movements": ("sku",), "outbox": ()})
PAGE = 50
COLOURS = ("white", "black", "blue", "白", "黒")


def doc(n: int) -> dict[str, Any]:
    """About 130 bytes of JSON; `search` as the store folds it."""
    sku = f"SKU-{n:07}"
    return {
        "sku": sku,
        "search": f"{sku.lower()}\ntシャツ {COLOURS[n % 5]} {n % 1000:03}",
        "loc": f"place-{n % 10}",
        "qty": n % 97,
        "rev": n,
    }


def four(n: int) -> tuple[tuple[str, int], ...]:
    return (("levels", n), ("levels", n + 1), ("movements", n), ("outbox", n))


class Contender(ABC):
    name: ClassVar[str]
    slow: ClassVar[bool] = False
    """Takes so long that it is timed a few times only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def fill(self, levels: int) -> None: ...

    @abstractmethod
    def one(self, n: int) -> None: ...

    @abstractmethod
    def four(self, n: int) -> None: ...

    @abstractmethod
    def many(self, n: int) -> None:
        """250 documents in one commit."""

    def get(self, n: int) -> None:
        raise NotImplementedError

    def search(self, n: int) -> None:
        """The first page of what contains two terms, one of them of two letters."""
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None: ...


class Append(Contender):
    """What the disk itself takes: 200 bytes appended and synced."""

    name = "bare fdatasync"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def fill(self, levels: int) -> None:
        pass

    def one(self, n: int) -> None:
        os.write(self._handle, b"x" * 200)
        os.fdatasync(self._handle)

    def four(self, n: int) -> None:
        os.write(self._handle, b"x" * 800)
        os.fdatasync(self._handle)

    def many(self, n: int) -> None:
        os.write(self._handle, b"x" * 200 * 250)
        os.fdatasync(self._handle)

    def close(self) -> None:
        os.close(self._handle)


class Plain(Contender):
    """The standard library's SQLite, WAL and FULL, the same tables, written by hand."""

    name = "plain SQLite"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        fresh = not path.exists()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if fresh:
            SCHEMA.create(self._db)

    def fill(self, levels: int) -> None:
        for part in batches(range(levels)):
            self._many(part)

    def _put(self, table: str, n: int) -> None:
        text = orjson.dumps(doc(n)).decode()
        self._db.execute(f"INSERT OR REPLACE INTO {table} (id, doc) VALUES (?, ?)", (key(n), text))

    def one(self, n: int) -> None:
        self._put("levels", n)

    def four(self, n: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for table, number in four(n):
            self._put(table, number)
        self._db.execute("COMMIT")

    def many(self, n: int) -> None:
        self._many(range(n, n + 250))

    def _many(self, numbers: Iterable[int]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT OR REPLACE INTO levels (id, doc) VALUES (?, ?)",
            ((key(n), orjson.dumps(doc(n)).decode()) for n in numbers),
        )
        self._db.execute("COMMIT")

    def get(self, n: int) -> None:
        sql = "SELECT doc FROM levels WHERE id = ?"
        found(orjson.loads(self._db.execute(sql, (key(n),)).fetchone()[0]))

    def search(self, n: int) -> None:
        rows = self._db.execute(
            "SELECT doc FROM levels WHERE instr(search, ?) AND instr(search, ?) "
            f"ORDER BY search, id LIMIT {PAGE}",
            terms(n),
        ).fetchall()
        found([orjson.loads(text) for (text,) in rows])

    def close(self) -> None:
        self._db.close()


class Ours(Contender):
    name = "this store"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._db = DocumentDB(path, SCHEMA)
        self._levels = self._db.table("levels")

    def fill(self, levels: int) -> None:
        for part in batches(range(levels)):
            self._levels.put_many((key(n), doc(n)) for n in part)

    def one(self, n: int) -> None:
        self._levels.put(key(n), doc(n))

    def four(self, n: int) -> None:
        with self._db.transaction():
            for table, number in four(n):
                self._db.table(table).put(key(number), doc(number))

    def many(self, n: int) -> None:
        self._levels.put_many((key(m), doc(m)) for m in range(n, n + 250))

    def get(self, n: int) -> None:
        found(self._levels.doc(key(n)))

    def search(self, n: int) -> None:
        found(self._levels.rows.containing("search", terms(n), 0, PAGE))

    def close(self) -> None:
        self._db.close()


class Json(Contender):
    """TinyDB as it comes."""

    name = "JSONStorage"
    slow = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._db = TinyDB(path, storage=self._storage())
        self._levels = self._db.table("levels", cache_size=0)

    @staticmethod
    def _storage() -> Callable[..., Any]:
        return JSONStorage

    def _flush(self) -> None:
        pass

    def fill(self, levels: int) -> None:
        self._levels.insert_multiple(Document(doc(n), n + 1) for n in range(levels))
        self._flush()

    def one(self, n: int) -> None:
        self._levels.update(doc(n), doc_ids=[n + 1])
        self._flush()

    def four(self, n: int) -> None:
        for table, number in four(n):
            if table == "levels":
                self._levels.update(doc(number), doc_ids=[number + 1])
            else:
                self._db.table(table, cache_size=0).insert(doc(number))
        self._flush()

    def many(self, n: int) -> None:
        def change(found: Any) -> None:
            found["qty"] += 1

        self._levels.update(change, doc_ids=range(n + 1, n + 251))
        self._flush()

    def get(self, n: int) -> None:
        found(self._levels.get(doc_id=n + 1))

    def search(self, n: int) -> None:
        wanted = terms(n)
        query = Query()["search"].test(lambda text: all(term in text for term in wanted))
        found(self._levels.search(query)[:PAGE])

    def close(self) -> None:
        self._db.close()


class Caching(Json):
    """Kept in memory, and written whole at each commit so that the commit is one."""

    name = "CachingMiddleware"

    @staticmethod
    def _storage() -> Callable[..., Any]:
        return CachingMiddleware(JSONStorage)  # type: ignore[no-untyped-call]

    def _flush(self) -> None:
        self._db.storage.flush()  # type: ignore[attr-defined]  # the middleware's own


def key(n: int) -> str:
    return f"{n:07}"


def terms(n: int) -> tuple[str, str]:
    return ("シャ", f"{n % 1000:03}")


def batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    source = iter(numbers)
    while part := list(islice(source, 10_000)):
        yield part


def found(what: object) -> None:
    assert what
