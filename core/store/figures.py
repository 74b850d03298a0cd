"""Figures that must be at hand whatever the size: how many cells are in each state, how many items
and variants are mapped.

Counting them takes as long as there are rows, and `status` asks beside a busy owner. SQLite's
triggers keep them instead, in the transaction that changes what they count, whoever changes it:

    figures[cells.S]         cells in the state S
    figures[T]               rows of T, for items, variants, mappings
    figures[mapped_items]    items that at least one mapping names
    figures[mapped_variants] variants that have a mapping
    figures[doubts]          mappings in doubt
"""

# ruff: noqa: S608 - the names in the SQL are this file's own

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.model import CellState

if TYPE_CHECKING:
    from core.store.sqlite import Source

TABLE = "figures"

_COUNTED = {
    "items": "SELECT count(*) FROM items",
    "variants": "SELECT count(*) FROM variants",
    "mappings": "SELECT count(*) FROM mappings",
    "mapped_items": (
        "SELECT count(*) FROM items WHERE EXISTS "
        "(SELECT 1 FROM mappings WHERE mappings.sku_number = items.id)"
    ),
    "mapped_variants": (
        "SELECT count(*) FROM variants WHERE EXISTS "
        "(SELECT 1 FROM mappings WHERE mappings.id = variants.id)"
    ),
    "doubts": "SELECT count(*) FROM mappings WHERE doubt IS NOT NULL",
} | {f"cells.{s}": f"SELECT count(*) FROM cells WHERE state = '{s}'" for s in CellState}


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


def aside(source: Source, ends: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """How many of these (side, key) are items, and variants, that have no mapping."""
    if not ends:
        return 0, 0
    counts = [
        f"SELECT count(DISTINCT id) FROM {table} WHERE id IN (SELECT json_extract(value, '$[1]')"
        f" FROM json_each(?) WHERE json_extract(value, '$[0]') = '{side}')"
        f" AND NOT EXISTS (SELECT 1 FROM mappings WHERE mappings.{mapped} = {table}.id)"
        for side, table, mapped in (("here", "items", "sku_number"), ("there", "variants", "id"))
    ]
    given = json.dumps(ends)
    here, there = (int(source.rows(count, (given,))[0][0]) for count in counts)
    return here, there


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
        mapped = f"EXISTS (SELECT 1 FROM mappings WHERE sku_number = {row}.id)"
        yield _trigger("items", event, _add("'items'", by), _add("'mapped_items'", by, mapped))
        mapped = f"EXISTS (SELECT 1 FROM mappings WHERE id = {row}.id)"
        yield _trigger(
            "variants", event, _add("'variants'", by), _add("'mapped_variants'", by, mapped)
        )
        yield _trigger(
            "mappings",
            event,
            _add("'mappings'", by),
            _add("'mapped_items'", by, _only_mapping_of_an_item(row)),
            _add("'mapped_variants'", by, f"EXISTS (SELECT 1 FROM variants WHERE id = {row}.id)"),
            _add("'doubts'", by, f"{row}.doubt IS NOT NULL"),
        )
    yield _trigger(
        "mappings",
        "UPDATE",
        _add("'mapped_items'", -1, _only_mapping_of_an_item("old")),
        _add("'mapped_items'", 1, _only_mapping_of_an_item("new")),
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


def _only_mapping_of_an_item(row: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM items WHERE id = {row}.sku_number) AND NOT EXISTS "
        f"(SELECT 1 FROM mappings WHERE sku_number = {row}.sku_number AND id != {row}.id)"
    )


def _add(name: str, by: int, condition: str = "1") -> str:
    return f"UPDATE {TABLE} SET n = n + ({by}) WHERE name = {name} AND {condition};"


def _trigger(table: str, event: str, *statements: str, when: str = "1", name: str = "") -> str:
    return (
        f"CREATE TRIGGER {name or f'{table}_{event.lower()}'} AFTER {event} ON {table} "
        f"FOR EACH ROW WHEN {when} BEGIN {' '.join(statements)} END"
    )
