"""The shape of an inventory file: its tables, what is looked up in them, and how old files become
new ones.

A table is `(id, doc)`: a natural key and a flat JSON document. A looked-up field is a generated
column over the document with an index on it, so the document is the only thing that is ever
written and an index cannot disagree with it.

A change of shape is a new VERSION and one function in MIGRATIONS, from the version before. All
of them run in the one transaction that also writes the new version.
"""

# ruff: noqa: S608 - the names in the SQL are this file's own

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.store import figures

APPLICATION_ID = 0x44585359  # "DXSY": tells our files from other SQLite files

Migration = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Schema:
    """`tables`: name → looked-up fields. `migrations[n]` takes a file from version n to n + 1.
    `extras`: what a fresh file gets beside its tables.
    """

    version: int
    tables: Mapping[str, tuple[str, ...]]
    migrations: Mapping[int, Migration] = field(default_factory=dict)
    extras: tuple[Migration, ...] = ()

    def create(self, connection: sqlite3.Connection) -> None:
        for name, fields in self.tables.items():
            create_table(connection, name, fields)
        for extra in self.extras:
            extra(connection)


REWRITTEN = frozenset({"cells"})
"""Tables whose documents are written again and again. Their looked-up fields are kept beside the
document: what stood there before need not be read from it to take it from an index.
"""

SPARSE = frozenset({"doubt", "problem", "changed_at"})
"""Fields that few documents have: writing the others pays nothing for the index."""


def create_table(connection: sqlite3.Connection, name: str, fields: tuple[str, ...]) -> None:
    kept = "STORED" if name in REWRITTEN else "VIRTUAL"
    columns = "".join(f", {_column(f)} {kept}" for f in fields)
    connection.execute(
        f'CREATE TABLE "{name}" (id TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL{columns})'
        " WITHOUT ROWID"
    )
    for f in fields:
        _create_index(connection, name, f)


def _create_index(connection: sqlite3.Connection, name: str, f: str) -> None:
    only = f' WHERE "{f}" IS NOT NULL' if f in SPARSE else ""
    connection.execute(f'CREATE INDEX "{name}_by_{f}" ON "{name}" ("{f}"){only}')


def _add_field(connection: sqlite3.Connection, name: str, f: str) -> None:
    """One more looked-up field of a table that is there: what its documents hold is found."""
    connection.execute(f'ALTER TABLE "{name}" ADD COLUMN {_column(f)} VIRTUAL')
    _create_index(connection, name, f)


def _column(f: str) -> str:
    return f"\"{f}\" GENERATED ALWAYS AS (json_extract(doc, '$.{f}'))"


def _figures_come_later(_connection: sqlite3.Connection) -> None:
    """Version 2 brought the figures; the last migration makes them anew, and no file stops
    before.
    """


def _problems_are_looked_up(connection: sqlite3.Connection) -> None:
    """Version 4: mappings in doubt, cells by their problem."""
    _add_field(connection, "mappings", "doubt")
    _add_field(connection, "cells", "problem")


def _forget_location_index(connection: sqlite3.Connection) -> None:
    """Nobody asked it, and each write of a cell paid for it."""
    connection.execute('DROP INDEX IF EXISTS "cells_by_location_id"')


def _cells_are_rewritten(connection: sqlite3.Connection) -> None:
    """Version 5: the table of cells costs less to write."""
    fields = INVENTORY.tables["cells"]
    for f in fields:
        connection.execute(f'DROP INDEX "cells_by_{f}"')
    connection.execute("ALTER TABLE cells RENAME TO cells_before")
    create_table(connection, "cells", fields)
    connection.execute("INSERT INTO cells (id, doc) SELECT id, doc FROM cells_before ORDER BY id")
    connection.execute("DROP TABLE cells_before")


def _outbox_tells_what_waits(connection: sqlite3.Connection) -> None:
    """Version 6: which cell waits for which write is told by the outbox alone. Until then the cells
    told it; a row without one that did has left its write.
    """
    left = f"""
        SELECT json_group_array({_ROW_ID}) FROM json_each(outbox.doc, '$.rows') AS row
        WHERE NOT EXISTS (
            SELECT 1 FROM cells
            WHERE cells.id = {_ROW_ID} AND json_extract(cells.doc, '$.intent') = outbox.id
        )"""
    connection.execute(f"UPDATE outbox SET doc = json_set(doc, '$.left', json(({left})))")
    connection.execute(
        f"""
        UPDATE cells SET doc = json_set(
            json_remove(doc, '$.intent'),
            '$.state', CASE state WHEN 'pushing' THEN {_STATE_APART} ELSE state END
        ) WHERE json_extract(doc, '$.intent') IS NOT NULL"""
    )


_ROW_ID = "json_extract(row.value, '$[0]') || '|' || json_extract(row.value, '$[1]')"

_STATE_APART = """
    (SELECT CASE
        WHEN problem = 'ignored' THEN 'ignored'
        WHEN problem = 'negative_not_allowed' AND base IS NOT NULL
            AND (here != base OR here > 0 AND there < base) THEN 'pending_push'
        WHEN problem IS NOT NULL THEN 'needs_you'
        WHEN base IS NULL THEN 'unaligned'
        WHEN here != base THEN 'pending_push'
        WHEN there != base THEN 'pending_pull'
        ELSE 'in_sync'
    END FROM (SELECT
        coalesce(json_extract(doc, '$.here'), 0) AS here,
        json_extract(doc, '$.there') AS there,
        json_extract(doc, '$.base') AS base
    ))"""
"""Of a cell, as it would be without a write in flight."""


def _ignored_ends_are_rows(connection: sqlite3.Connection) -> None:
    """Version 7: what a person put aside in the mapping is a row each, and has figures. Until then
    it was one document, first among the settings.
    """
    create_table(connection, "ignored", ())
    connection.execute(
        """
        INSERT OR IGNORE INTO ignored (id, doc)
        SELECT json_extract(value, '$[0]') || '|' || json_extract(value, '$[1]'), '{}'
        FROM json_each(coalesce(
            (SELECT json_extract(doc, '$.ends') FROM meta WHERE id = 'ignored'),
            (SELECT json_extract(doc, '$.ignored') FROM meta WHERE id = 'settings'),
            '[]'
        ))"""
    )
    connection.execute("DELETE FROM meta WHERE id = 'ignored'")
    connection.execute("UPDATE meta SET doc = json_remove(doc, '$.ignored') WHERE id = 'settings'")
    figures.create_anew(connection)


INVENTORY = Schema(
    version=7,
    tables={
        "meta": (),  # link, connection, settings
        "labels": (),  # by code
        "locations": (),
        "items": ("search", "barcode"),  # by SKU number
        "levels": (),  # by SKU number: {label: {location: quantity}}
        "movements": ("sku_number",),  # by moment and counter
        "variants": ("sku", "barcode"),  # the shop's catalogue, by inventory item id
        "shop_locations": (),
        "pairs": (),  # by local location
        "mappings": ("sku_number", "doubt"),  # by inventory item id
        "ignored": (),  # put aside in the mapping, by here|SKU number or there|inventory item id
        "cells": ("state", "sku_number", "changed_at", "problem"),  # by item|location
        "outbox": (),  # intents, by idempotency key
        "runs": ("at",),
        "run_rows": (),  # by run|item|location
    },
    migrations={
        1: _figures_come_later,
        2: _forget_location_index,
        3: _problems_are_looked_up,
        4: _cells_are_rewritten,
        5: _outbox_tells_what_waits,
        6: _ignored_ends_are_rows,
    },
    extras=(figures.create,),
)
