"""TinyDB's Storage over an SQLite file: hands out tables that are read on demand, and takes
changes as {id: document or None} instead of the whole database.
"""

# ruff: noqa: S608 - the names in the SQL are the schema's, values are always parameters

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
from tinydb.storages import Storage

from core.errors import OurBug
from core.store.rows import Doc, Rows
from core.store.schema import Schema
from core.store.sqlite import BUSY_S, Source, SqliteFile

Change = tuple[str, Mapping[str, Any] | None]

TOGETHER = 500
"""Documents of one statement; SQLite takes 32,766 values."""


class Tables(Mapping[str, Rows]):
    """All tables of the schema; an empty one is there, too."""

    def __init__(self, source: Source, schema: Schema) -> None:
        self._source = source
        self._schema = schema

    def __getitem__(self, name: str) -> Rows:
        return Rows(self._source, name, self._schema.tables[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._schema.tables)

    def __len__(self) -> int:
        return len(self._schema.tables)


class DocumentStorage(Storage):
    """What our tables need of a storage, beyond TinyDB's `read`, `write` and `close`."""

    schema: Schema

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]: ...

    @abstractmethod
    def change(self, name: str, changes: Iterable[Change]) -> None:
        """Keep documents, remove those that are None. In the open transaction, or as one."""

    @abstractmethod
    def revise(self, name: str, docs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Keep documents whose keys are there already, as nearly always."""

    @abstractmethod
    def clear(self, name: str) -> None: ...

    @abstractmethod
    def rows(self, name: str) -> Rows: ...


class SqliteStorage(DocumentStorage):
    def __init__(self, path: Path, schema: Schema, busy_s: float = BUSY_S) -> None:
        self.schema = schema
        self.file = SqliteFile(path, schema, busy_s)
        self._tables = Tables(self.file, schema)

    def read(self) -> Tables:  # type: ignore[override]  # lazy Mappings where TinyDB says dict
        return self._tables

    def rows(self, name: str) -> Rows:
        return self._tables[name]

    def write(self, data: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """Make the whole database equal to `data`, at once. O(everything): not for daily use."""
        unknown = set(data) - set(self.schema.tables)
        if unknown:
            raise OurBug(detail=f"no such table: {', '.join(sorted(unknown))}")
        with self.transaction():
            for name in self.schema.tables:
                table = data.get(name, {})
                if isinstance(table, Rows):  # what `read` gave: it is as it is
                    continue
                self.clear(name)
                self.change(name, table.items())

    def transaction(self) -> AbstractContextManager[None]:
        return self.file.transaction()

    def change(self, name: str, changes: Iterable[Change]) -> None:
        kept: list[tuple[str, str]] = []
        gone: list[tuple[str]] = []
        for key, doc in changes:
            if doc is None:
                gone.append((key,))
            else:
                kept.append((key, encode(doc)))
        if len(kept) + len(gone) == 1 and self.file.in_transaction_here:
            self._write(name, kept, gone)  # one statement is a savepoint of its own
        elif kept or gone:
            with self.transaction():
                self._write(name, kept, gone)

    def revise(self, name: str, docs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        kept = [(key, encode(doc)) for key, doc in docs]
        if not kept:
            return
        with self.transaction():
            for part in _parts(kept):
                update = (
                    f'UPDATE "{name}" SET doc = new.column2 FROM (VALUES {_marks(part)}) AS new '
                    "WHERE id = new.column1"
                )
                if self.file.execute(update, (*chain.from_iterable(part),)) < len(part):
                    self._write(name, part, [])

    def _write(self, name: str, kept: list[tuple[str, str]], gone: list[tuple[str]]) -> None:
        for part in _parts(kept):
            # An upsert, because a REPLACE would not wake the triggers that keep the figures.
            put = (
                f'INSERT INTO "{name}" (id, doc) VALUES {_marks(part)} '
                "ON CONFLICT (id) DO UPDATE SET doc = excluded.doc"
            )
            self.file.execute(put, (*chain.from_iterable(part),))
        if gone:
            self.file.execute_many(f'DELETE FROM "{name}" WHERE id = ?', gone)

    def clear(self, name: str) -> None:
        with self.transaction():
            self.file.execute(f'DELETE FROM "{name}"')

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotStorage]:
        with self.file.snapshot() as source:
            yield SnapshotStorage(source, self.schema)

    def close(self) -> None:
        self.file.close()


class SnapshotStorage(DocumentStorage):
    """The documents of one moment; nothing can be changed through it."""

    def __init__(self, source: Source, schema: Schema) -> None:
        self.schema = schema
        self.source = source
        self._tables = Tables(source, schema)

    def read(self) -> Tables:  # type: ignore[override]  # as above
        return self._tables

    def rows(self, name: str) -> Rows:
        return self._tables[name]

    def write(self, data: object) -> None:  # noqa: ARG002 - refused, whatever it is
        raise OurBug(detail="a change through a view")

    def transaction(self) -> AbstractContextManager[None]:
        raise OurBug(detail="a change through a view")

    def change(self, name: str, changes: Iterable[Change]) -> None:  # noqa: ARG002 - as above
        raise OurBug(detail="a change through a view")

    def revise(self, name: str, docs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:  # noqa: ARG002 - as above
        raise OurBug(detail="a change through a view")

    def clear(self, name: str) -> None:  # noqa: ARG002 - as above
        raise OurBug(detail="a change through a view")


def _parts(kept: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """For one statement each: with triggers, a statement keeps what it would take to undo it, and
    one for each document would pay for that each time.
    """
    return (kept[start : start + TOGETHER] for start in range(0, len(kept), TOGETHER))


def _marks(part: list[tuple[str, str]]) -> str:
    return ",".join(["(?,?)"] * len(part))


def encode(doc: Mapping[str, Any]) -> str:
    return orjson.dumps(doc if isinstance(doc, dict) else dict(doc)).decode()


def copy_of(doc: Mapping[str, Any]) -> Doc:
    """A copy that shares nothing, with the meaning a reader will find on disk."""
    found: Doc = orjson.loads(encode(doc))
    return found
