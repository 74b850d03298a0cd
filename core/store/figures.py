"""Figures that must be at hand whatever the size: how many cells are in each state, how many items
and variants are mapped.

Counting them takes as long as there are rows, and `status` asks beside a busy owner. SQLite's
triggers keep them instead, in the transaction that changes what they count, whoever changes it:

    figures[cells.S]         cells in the state S
    figures[T]               rows of T, for items, variants, mappings
    figures[mapped_items]    items that at least one mapping names
    figures[mapped_variants] variants that have a mapping
    figures[ignored_items]   items without a mapping that a person put aside
    figures[ignored_variants]
    figures[doubts]          mappings in doubt
"""

# ruff: noqa: S608 - the names in the SQL are this file's own

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model import CellState

if TYPE_CHECKING:
    from core.store.sqlite import Source

TABLE = "figures"


@dataclass(frozen=True, slots=True)
class _End:
    """One side of the mappings: its table, the field of a mapping that names a row of it, and the
    word before the row's key in `ignored`.
    """

    table: str
    named_by: str
    side: str

    def exists(self, key: str) -> str:
        return f"EXISTS (SELECT 1 FROM {self.table} WHERE {self.table}.id = {key})"

    def is_mapped(self, key: str) -> str:
        return f"EXISTS (SELECT 1 FROM mappings WHERE mappings.{self.named_by} = {key})"

    def is_ignored(self, key: str) -> str:
        """Without a mapping, and put aside."""
        aside = f"EXISTS (SELECT 1 FROM ignored WHERE ignored.id = '{self.side}|' || {key})"
        return f"{aside} AND NOT {self.is_mapped(key)}"

    def changed_by(self, mapping: str, by: int) -> Sequence[str]:
        """What a mapping that comes (by 1) or goes (-1) changes, if it is its row's only one."""
        named = f"{mapping}.{self.named_by}"
        another = f"SELECT 1 FROM mappings WHERE {self.named_by} = {named} AND id != {mapping}.id"
        only = f"{self.exists(named)} AND NOT EXISTS ({another})"
        aside = f"EXISTS (SELECT 1 FROM ignored WHERE ignored.id = '{self.side}|' || {named})"
        return (
            _add(f"'mapped_{self.table}'", by, only),
            _add(f"'ignored_{self.table}'", -by, f"{aside} AND {only}"),
        )


_ENDS = (_End("items", "sku_number", "here"), _End("variants", "id", "there"))

_COUNTED = (
    {
        "items": "SELECT count(*) FROM items",
        "variants": "SELECT count(*) FROM variants",
        "mappings": "SELECT count(*) FROM mappings",
        "doubts": "SELECT count(*) FROM mappings WHERE doubt IS NOT NULL",
    }
    | {f"cells.{s}": f"SELECT count(*) FROM cells WHERE state = '{s}'" for s in CellState}
    | {
        f"{what}_{end.table}": f"SELECT count(*) FROM {end.table} WHERE {fits(f'{end.table}.id')}"
        for end in _ENDS
        for what, fits in (("mapped", end.is_mapped), ("ignored", end.is_ignored))
    }
)


def create(connection: sqlite3.Connection) -> None:
    """The table with what there is now, and the triggers. Its tables are there already."""
    connection.execute(
        f"CREATE TABLE {TABLE} (name TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL) WITHOUT ROWID"
    )
    for name, count in _COUNTED.items():
        connection.execute(f"INSERT INTO {TABLE} VALUES ('{name}', ({count}))")
    for trigger in _triggers():
        connection.execute(trigger)


def create_anew(connection: sqlite3.Connection) -> None:
    """For a file whose figures are those of an earlier version, or that has none."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in found:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
    create(connection)


def read(source: Source) -> dict[str, int]:
    return dict(source.rows(f"SELECT name, n FROM {TABLE}"))


def counted_anew(source: Source) -> dict[str, int]:
    return {name: int(source.rows(count)[0][0]) for name, count in _COUNTED.items()}


def _triggers() -> Iterator[str]:
    yield _trigger("cells", "INSERT", _add("'cells.' || new.state", 1))
    yield _trigger("cells", "DELETE", _add("'cells.' || old.state", -1))
    yield _trigger(
        "cells",
        "UPDATE",
        _add("'cells.' || old.state", -1),
        _add("'cells.' || new.state", 1),
        when="old.state IS NOT new.state",
    )
    for event, row, by in (("INSERT", "new", 1), ("DELETE", "old", -1)):
        for end in _ENDS:
            yield _trigger(
                end.table,
                event,
                _add(f"'{end.table}'", by),
                _add(f"'mapped_{end.table}'", by, end.is_mapped(f"{row}.id")),
                _add(f"'ignored_{end.table}'", by, end.is_ignored(f"{row}.id")),
            )
        yield _trigger(
            "mappings",
            event,
            _add("'mappings'", by),
            *(change for end in _ENDS for change in end.changed_by(row, by)),
            _add("'doubts'", by, f"{row}.doubt IS NOT NULL"),
        )
        yield _trigger("ignored", event, *(_put_aside(end, row, by) for end in _ENDS))
    here = _ENDS[0]
    yield _trigger(
        "mappings",
        "UPDATE",
        *here.changed_by("old", -1),
        *here.changed_by("new", 1),
        when="old.sku_number IS NOT new.sku_number",
    )
    yield _trigger(
        "mappings",
        "UPDATE",
        _add("'doubts'", -1, "old.doubt IS NOT NULL"),
        _add("'doubts'", 1, "new.doubt IS NOT NULL"),
        when="old.doubt IS NOT new.doubt",
        name="mappings_doubted",
    )


def _put_aside(end: _End, row: str, by: int) -> str:
    start = len(end.side) + 1
    key = f"substr({row}.id, {start + 1})"
    is_its = f"substr({row}.id, 1, {start}) = '{end.side}|'"
    counts = f"{is_its} AND {end.exists(key)} AND NOT {end.is_mapped(key)}"
    return _add(f"'ignored_{end.table}'", by, counts)


def _add(name: str, by: int, condition: str = "1") -> str:
    return f"UPDATE {TABLE} SET n = n + ({by}) WHERE name = {name} AND {condition};"


def _trigger(table: str, event: str, *statements: str, when: str = "1", name: str = "") -> str:
    return (
        f"CREATE TRIGGER {name or f'{table}_{event.lower()}'} AFTER {event} ON {table} "
        f"FOR EACH ROW WHEN {when} BEGIN {' '.join(statements)} END"
    )
