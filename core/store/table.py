"""TinyDB's Table and database, with natural keys and changes that cost what they change.

Only documented seams are used: overrides of Table's public methods, `document_id_class`,
`table_class`, `default_storage_class`. TinyDB's traps are closed here:

* `persist_empty=True` would wipe an existing table: ignored, tables always exist.
* The query cache shares its documents with every caller and knows nothing of other processes:
  off, whatever size is asked for. Every document read is the caller's own.
* Integer ids are used again after a removal: there are none. A new document brings its key.
* A failing `update(callable)` leaves half of it applied: all changes are worked out on copies
  first, then written in one transaction.
* `get(doc_ids=)` and `update_multiple` cost tables times conditions: a lookup an id, one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from core.errors import OurBug
from core.store.group import GroupCommit
from core.store.rows import Doc, Pair, Rows
from core.store.schema import Schema
from core.store.sqlite import BUSY_S, Source
from core.store.storage import Change, DocumentStorage, SnapshotStorage, SqliteStorage

T = TypeVar("T")

BATCH = 1000
"""Documents that are on their way to the file at once."""

Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class DocumentTable(Table):
    """TinyDB's methods, and beside them those that ask an index by its name."""

    document_id_class = str  # type: ignore[assignment]  # TinyDB's public hook, declared as int
    default_query_cache_capacity = 0

    def __init__(self, storage: Storage, name: str, **_ignored: Any) -> None:
        super().__init__(storage, name, cache_size=0, persist_empty=False)

    @property
    def rows(self) -> Rows:
        return self._documents.rows(self.name)

    @property
    def _documents(self) -> DocumentStorage:
        return cast(DocumentStorage, self.storage)

    # -- by key and by index ---------------------------------------------------------------------

    def doc(self, key: str) -> Doc | None:
        """The document under a key, without TinyDB's wrapping."""
        return cast("Doc | None", self.rows.get(key))

    def put(self, key: str, doc: Mapping[str, Any]) -> None:
        """Keep a document, new or in place of the old one, without reading first."""
        self._documents.change(self.name, ((key, doc),))

    def put_many(self, docs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        self._documents.change(self.name, docs)

    def revise_many(self, docs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Keep documents that are there already, as nearly always: cheaper than `put_many` then."""
        self._documents.revise(self.name, docs)

    def discard(self, *keys: str) -> None:
        """Remove documents that may or may not be there."""
        self._documents.change(self.name, ((key, None) for key in keys))

    def change(self, changes: Iterable[Change]) -> None:
        """Keep documents and remove those that are None, inside the open transaction, however
        many.
        """
        source = iter(changes)
        while batch := list(islice(source, BATCH)):
            self._documents.change(self.name, batch)

    def find(self, field: str, value: str) -> Iterator[Pair]:
        return self.rows.find(field, value)

    # -- TinyDB's reading ------------------------------------------------------------------------

    def get(self, cond: QueryLike | None = None, doc_id: Any = None, doc_ids: Any = None) -> Any:
        if doc_id is None and doc_ids is not None:
            found = self.rows.many([str(key) for key in doc_ids])
            return [self.document_class(doc, cast(Any, key)) for key, doc in found.items()]
        if doc_id is not None:
            doc = self.rows.get(str(doc_id))
            return None if doc is None else self.document_class(doc, doc_id)
        return super().get(cond) if cond is not None else super().get()

    # -- TinyDB's changes ------------------------------------------------------------------------

    def insert(self, document: Mapping[str, Any]) -> Any:
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
        with self._documents.transaction():
            changes: dict[str, Doc] = {}
            for document in documents:
                key = self._key_of(document)
                if key in changes or key in self.rows:
                    raise ValueError(f"Document with ID {key} already exists")
                changes[key] = dict(document)
            self._documents.change(self.name, changes.items())
        return list(changes)

    def _key_of(self, document: Mapping[str, Any]) -> str:
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")
        if not isinstance(document, Document):
            raise OurBug(detail=f"a document for {self.name} without its natural key")
        return str(document.doc_id)

    def update(
        self,
        fields: Fields,
        cond: QueryLike | None = None,
        doc_ids: Iterable[Any] | None = None,
    ) -> list[Any]:
        with self._documents.transaction():
            changes: dict[str, Doc] = {}
            for key, doc in self._chosen(cond, doc_ids):
                _apply(fields, doc)
                changes[key] = doc
            self._documents.change(self.name, changes.items())
        return list(changes)

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[Any]:
        wanted = list(updates)
        updated: list[str] = []
        with self._documents.transaction():
            changes: dict[str, Doc] = {}
            for key, doc in self.rows.pairs():
                for fields, cond in wanted:
                    if cond(doc):
                        _apply(fields, doc)
                        changes[key] = doc
                        updated.append(key)
            self._documents.change(self.name, changes.items())
        return updated

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[Any]:
        keys = [document.doc_id] if isinstance(document, Document) else None
        if keys is None and cond is None:
            raise ValueError("upsert needs a query, or a Document with its doc_id")
        with self._documents.transaction():
            return self.update(document, cond, keys) or [self.insert(document)]

    def remove(
        self, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None
    ) -> list[Any]:
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")
        with self._documents.transaction():
            keys = [key for key, _ in self._chosen(cond, doc_ids)]
            self.discard(*keys)
        return keys

    def truncate(self) -> None:
        self._documents.clear(self.name)

    def _chosen(self, cond: QueryLike | None, doc_ids: Iterable[Any] | None) -> Iterator[Pair]:
        if doc_ids is not None:
            keys = list(dict.fromkeys(str(key) for key in doc_ids))
            found = self.rows.many(keys)
            return ((key, found[key]) for key in keys if key in found)
        return (pair for pair in self.rows.pairs() if cond is None or cond(pair[1]))


class DocumentDB(TinyDB):
    """A TinyDB database. `transaction` is the one way to change several documents at once."""

    table_class = DocumentTable  # type: ignore[assignment]  # keys are text here
    default_storage_class = SqliteStorage  # type: ignore[assignment]  # declared as JSONStorage

    def __init__(self, path: Path, schema: Schema, busy_s: float = BUSY_S) -> None:
        super().__init__(path, schema, busy_s)
        self.file = cast(SqliteStorage, self.storage).file
        self._group = GroupCommit(self.file)

    def __getattr__(self, name: str) -> NoReturn:
        # TinyDB would forward any slip of the pen to a default table; there is none.
        raise AttributeError(name)

    def __bool__(self) -> bool:
        return True

    @property
    def source(self) -> Source:
        return self.file

    def table(self, name: str, **options: Any) -> DocumentTable:
        return _known_table(self, name, super().table, options)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, on disk at the end; inside another one, a savepoint."""
        return cast(DocumentStorage, self.storage).transaction()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have `work` done in a transaction by the writer thread; the future is done when it is
        on disk. Many waiting works share one commit; one that raises undoes itself only.
        """
        return self._group.submit(work)

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotDB]:
        """The documents of this moment, whatever is committed meanwhile."""
        with cast(SqliteStorage, self.storage).snapshot() as storage:
            yield SnapshotDB(storage)

    def drop_table(self, name: str) -> None:
        """Remove a table's documents; the table itself belongs to the schema."""
        self.table(name).truncate()

    def drop_tables(self) -> None:
        with self.transaction():
            for name in self.tables():
                self.drop_table(name)

    def close(self) -> None:
        self._group.close()
        super().close()


class SnapshotDB(TinyDB):
    """The tables of one moment, for reading only."""

    table_class = DocumentTable  # type: ignore[assignment]  # keys are text here

    def __init__(self, storage: SnapshotStorage) -> None:
        super().__init__(storage=lambda: storage)
        self.source = storage.source

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(name)

    def __bool__(self) -> bool:
        return True

    def table(self, name: str, **options: Any) -> DocumentTable:
        return _known_table(self, name, super().table, options)


def _known_table(
    db: TinyDB, name: str, table: Callable[..., Table], options: dict[str, Any]
) -> DocumentTable:
    if name not in cast(DocumentStorage, db.storage).schema.tables:
        raise OurBug(detail=f"no such table: {name}")
    return cast(DocumentTable, table(name, **options))


def _apply(fields: Fields, doc: Doc) -> None:
    if callable(fields):
        fields(doc)
    else:
        doc.update(fields)
