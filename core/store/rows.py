"""A table of documents as a Mapping that is never in memory: every lookup asks SQLite.

Iteration goes page by page in the order of the ids, each page a picture of its own moment; for
one picture of everything, read inside a snapshot or a transaction.
"""

# ruff: noqa: S608 - the names in the SQL are the schema's, values are always parameters

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from typing import Any

import orjson

from core.errors import OurBug
from core.store.errors import Damaged
from core.store.sqlite import Params, Source

Doc = dict[str, Any]
Pair = tuple[str, Doc]

PAGE = 500


class Rows(Mapping[str, Doc]):
    """`fields` are the looked-up ones (core.store.schema); only they may be asked for by name."""

    def __init__(self, source: Source, name: str, fields: Sequence[str]) -> None:
        self._source = source
        self._name = name
        self._fields = fields

    # -- Mapping ---------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Doc:
        found: Doc | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        found = self._source.rows(f'SELECT doc FROM "{self._name}" WHERE id = ?', (key,))
        return self._load(key, found[0][0]) if found else default

    def __contains__(self, key: object) -> bool:
        return bool(self._source.rows(f'SELECT 1 FROM "{self._name}" WHERE id = ?', (key,)))

    def __len__(self) -> int:
        return int(self._source.rows(f'SELECT count(*) FROM "{self._name}"')[0][0])

    def __bool__(self) -> bool:
        return bool(self._source.rows(f'SELECT 1 FROM "{self._name}" LIMIT 1'))

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._paged("id", "1", ()))

    def items(self) -> ItemsView[str, Doc]:
        return _Pairs(self)

    def values(self) -> ValuesView[Doc]:
        return _Docs(self)

    # -- what TinyDB's Mapping cannot be asked ---------------------------------------------------

    def pairs(self) -> Iterator[Pair]:
        return self._docs("1", ())

    def many(self, keys: Sequence[str]) -> dict[str, Doc]:
        """The documents that exist among `keys`, a lookup each."""
        return {key: self._load(key, doc) for key, doc in self._among("id, doc", "id", keys)}

    def known(self, keys: Sequence[str]) -> set[str]:
        """Which of the keys there are."""
        return {key for (key,) in self._among("id", "id", keys)}

    def fields_of(self, fields: Sequence[str], keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Looked-up fields of those that exist among `keys`."""
        return self._among(", ".join(map(self._column, fields)), "id", keys)

    def find(self, field: str, value: str) -> Iterator[Pair]:
        """By index, in the order of the ids."""
        found = self._docs(f"{self._column(field)} = ?", (_indexed(value),))
        return (pair for pair in found if pair[1].get(field) == value)

    def find_any(self, field: str, values: Sequence[str]) -> list[Pair]:
        """By index, all those that have one of the values."""
        column = self._column(field)
        found = self._pairs_of(self._among("id, doc", column, [*map(_indexed, values)]))
        wanted = {*values}
        return [pair for pair in found if pair[1].get(field) in wanted]

    def starting_with(self, prefix: str) -> Iterator[Pair]:
        return self._docs("id >= ? AND id < ?", (prefix, prefix + "\U0010ffff"))

    def newest(self, limit: int, *, field: str = "id", **equal: str) -> list[Pair]:
        """The last ones in the order of `field`, backwards; only those whose fields are `equal`."""
        where = " AND ".join(f"{self._column(name)} = ?" for name in equal) or "1"
        order = "id" if field == "id" else f"{self._column(field)} DESC, id"
        sql = f'SELECT id, doc FROM "{self._name}" WHERE {where} ORDER BY {order} DESC LIMIT ?'
        return self._pairs_of(self._source.rows(sql, (*map(_indexed, equal.values()), limit)))

    def last_id(self) -> str | None:
        found = self._source.rows(f'SELECT max(id) FROM "{self._name}"')[0][0]
        return None if found is None else str(found)

    def containing(self, field: str, terms: Sequence[str], offset: int, limit: int) -> list[Pair]:
        """Documents whose `field` contains every term, in the order of `field`.

        The pages are cut on the index alone; documents are fetched for one page only.
        """
        column = self._column(field)
        sql = (
            f'SELECT t.id, t.doc FROM (SELECT id, {column} AS sort FROM "{self._name}" '
            f"WHERE {_contains(column, terms)} ORDER BY {column}, id LIMIT ? OFFSET ?) AS page "
            f'JOIN "{self._name}" AS t ON t.id = page.id ORDER BY page.sort, page.id'
        )
        return self._pairs_of(self._source.rows(sql, (*terms, limit, offset)))

    def fields_with_ids(self, field: str) -> Iterator[tuple[str, str]]:
        """(field, id) of all documents that have it, in the order of `field`: from the index."""
        column = self._column(field)
        select = f'SELECT {column}, id FROM "{self._name}" WHERE '
        order = f" ORDER BY {column}, id LIMIT {PAGE}"
        page = self._source.rows(f"{select}{column} IS NOT NULL{order}")
        while page:
            yield from page
            after = f"{select}({column}, id) > (?, ?){order}"
            page = self._source.rows(after, page[-1]) if len(page) == PAGE else []

    def repeated(self, field: str) -> list[str]:
        """The values of a field that several documents have: from the index."""
        column = self._column(field)
        select = f'SELECT {column} FROM "{self._name}" WHERE {column} IS NOT NULL'
        found = self._source.rows(f"{select} GROUP BY {column} HAVING count(*) > 1")
        return [value for (value,) in found]

    def count_containing(self, field: str, terms: Sequence[str]) -> int:
        where = _contains(self._column(field), terms)
        sql = f'SELECT count(*) FROM "{self._name}" WHERE {where}'
        return int(self._source.rows(sql, (*terms,))[0][0])

    # -- inside ----------------------------------------------------------------------------------

    def _docs(self, where: str, params: Params) -> Iterator[Pair]:
        return ((key, self._load(key, doc)) for key, doc in self._paged("id, doc", where, params))

    def _paged(self, columns: str, where: str, params: Params) -> Iterator[Any]:
        select = f'SELECT {columns} FROM "{self._name}" WHERE {where}'
        page = self._source.rows(f"{select} ORDER BY id LIMIT {PAGE}", params)
        while page:
            yield from page
            if len(page) < PAGE:
                return
            page = self._source.rows(
                f"{select} AND id > ? ORDER BY id LIMIT {PAGE}", (*params, page[-1][0])
            )

    def _among(self, columns: str, column: str, values: Sequence[str]) -> Iterator[Any]:
        for start in range(0, len(values), PAGE):
            part = values[start : start + PAGE]
            marks = ",".join("?" * len(part))
            sql = f'SELECT {columns} FROM "{self._name}" WHERE {column} IN ({marks}) ORDER BY id'
            yield from self._source.rows(sql, (*part,))

    def _pairs_of(self, page: Iterable[Any]) -> list[Pair]:
        return [(key, self._load(key, doc)) for key, doc in page]

    def _load(self, key: str, text: str) -> Doc:
        try:
            doc: Doc = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            detail = f"document {key!r} of {self._name}: {error}"
            raise Damaged(file=str(self._source.path), detail=detail) from error
        return doc

    def _column(self, field: str) -> str:
        if field not in self._fields:
            raise OurBug(detail=f"{self._name} has no index on {field}")
        return f'"{field}"'


class _Pairs(ItemsView[str, Doc]):
    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._rows = rows

    def __iter__(self) -> Iterator[Pair]:
        return self._rows.pairs()


class _Docs(ValuesView[Doc]):
    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._rows = rows

    def __iter__(self) -> Iterator[Doc]:
        return (doc for _, doc in self._rows.pairs())


def _indexed(value: str) -> str:
    """As SQLite's JSON gives it to an index: a text ends at its first NUL."""
    return value.partition("\0")[0]


def _contains(column: str, terms: Sequence[str]) -> str:
    # instr knows no wildcards, so % and _ in what people type mean themselves.
    return " AND ".join(f"instr({column}, ?) > 0" for _ in terms) or "1"
