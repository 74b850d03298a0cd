"""Stands in for the conftest of TinyDB's own tests (test_tinydb_suite.py copies it beside them), so
that they run over our tables.

What it bridges, and nothing else: TinyDB hands out integer ids and makes tables as they are named,
we have natural keys and a schema. So a table here numbers its documents, and a file has the tables
that those tests name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import MemoryStorage
from tinydb.table import Document

from core.store.schema import Schema
from core.store.table import DocumentDB, DocumentTable

NAMES = ("_default", "table", "table1", "table2", "table3", "foo", "some-other-table")
SCHEMA = Schema(1, dict.fromkeys(NAMES, ()))


def key(doc_id: Any) -> str:
    return f"{doc_id:09}"


class NumberedTable(DocumentTable):
    """Integer ids outside, keys that sort alike inside."""

    document_id_class = int  # type: ignore[assignment]

    def insert_multiple(self, documents: Iterable[Any]) -> list[Any]:
        def keyed(number: int) -> Iterator[Any]:
            for document in documents:
                if isinstance(document, Mapping):
                    doc_id = getattr(document, "doc_id", number + 1)
                    number = max(number, doc_id)
                    yield Document(dict(document), key(doc_id))  # type: ignore[arg-type]
                else:
                    yield document

        last = int(self.rows.last_id() or 0)
        return [int(found) for found in super().insert_multiple(keyed(last))]

    def get(self, cond: Any = None, doc_id: Any = None, doc_ids: Any = None) -> Any:
        keys = None if doc_ids is None else [key(one) for one in doc_ids]
        found = super().get(cond, None if doc_id is None else key(doc_id), keys)
        for one in found if isinstance(found, list) else [found]:
            if one is not None:
                one.doc_id = int(one.doc_id)
        return found

    def update(self, fields: Any, cond: Any = None, doc_ids: Any = None) -> list[Any]:
        keys = None if doc_ids is None else [key(int(one)) for one in doc_ids]
        return [int(found) for found in super().update(fields, cond, keys)]

    def remove(self, cond: Any = None, doc_ids: Any = None) -> list[Any]:
        keys = None if doc_ids is None else [key(one) for one in doc_ids]
        return [int(found) for found in super().remove(cond, keys)]


class NumberedDB(DocumentDB):
    """With the default table that TinyDB forwards to."""

    table_class = NumberedTable

    def __init__(self, path: Any = None, *_: Any, **__: Any) -> None:
        file = Path(path or Path(tempfile.mkdtemp()) / "memory.db")
        super().__init__(file, SCHEMA)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_tables":
            raise AttributeError(name)
        return getattr(self.table("_default"), name)

    def __len__(self) -> int:
        return len(self.table("_default"))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.table("_default"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[NumberedDB]:
    found = NumberedDB(tmp_path / "test.db")
    found.insert_multiple({"int": 1, "char": c} for c in "abc")
    yield found
    found.close()


@pytest.fixture
def storage() -> Any:
    return CachingMiddleware(MemoryStorage)()  # type: ignore[no-untyped-call]


@pytest.fixture(autouse=True)
def _ours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test of tables makes its database itself, it gets ours."""
    if request.module.__name__ == "test_tinydb":
        monkeypatch.setattr(request.module, "TinyDB", NumberedDB)
