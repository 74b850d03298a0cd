"""Restoring: making the inventory equal to a backup, in one transaction, and saying before what
would change.

What comes back: labels, locations, items, levels, pairs, mappings, and the link's settings; and,
when the secrets come back as well, the connection that they belong to. What stays: otherwise the
connection and the secrets, the program's settings, the shop's catalogue. What is joined: the
history. Movements and runs of the backup that are not here are added, nothing of what happened
since is forgotten, and each level that the restore changes gets its own movement.

The link is off afterwards and no cell has a base, because the backup's bases do not know what was
sent to Shopify since: a difference would be pushed a second time. Turning the link on again
aligns the cells by a plan that a person sees. For the same reason nothing is restored while a
write has no answer yet.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from core.model import Cause, Cell, CellKey, LevelKey, LocationPair, Problem
from core.store.backup import BackupFile, copy_for_reading
from core.store.books import Tx, View
from core.store.errors import BackupOfAnotherShop, OutboxNotEmpty
from core.store.files import file_faults
from core.store.rows import Doc
from core.store.schema import INVENTORY
from core.store.table import DocumentDB, SnapshotDB

REPLACED = ("labels", "locations", "items", "pairs", "mappings")
JOINED = ("movements", "runs", "run_rows")
PREFIX = ".restore-"
"""Of the folders that hold a copy of a backup while it is read."""

SHOWN = 20_000
"""Changes that a preview names one by one: more than anybody reads, and little enough to hold."""


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """One change: of what, its key, both values as documents (None: not there), and what people
    call it, where that is not the key.
    """

    what: str
    key: str
    now: Doc | int | None
    then: Doc | int | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    added: int = 0
    removed: int = 0
    changed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(slots=True)
class RestorePreview:
    """What restoring `backup` would change, counted by table (labels, locations, items, levels,
    pairs, mappings), the first rows of it, and why it cannot be done now (None: it can).
    """

    backup: BackupFile
    changes: dict[str, Changes] = field(default_factory=dict)
    rows: list[RestoreRow] = field(default_factory=list)
    refused: OutboxNotEmpty | BackupOfAnotherShop | None = None

    def __bool__(self) -> bool:
        return any(self.changes.values())

    def note(self, row: RestoreRow) -> None:
        before = self.changes.get(row.what, Changes())
        if row.now is None:
            after = replace(before, added=before.added + 1)
        elif row.then is None:
            after = replace(before, removed=before.removed + 1)
        else:
            after = replace(before, changed=before.changed + 1)
        self.changes[row.what] = after
        if len(self.rows) < SHOWN:
            self.rows.append(row)


@contextmanager
def opened(path: Path, beside: Path) -> Iterator[DocumentDB]:
    """A backup of this or an earlier version, as a private copy in this version's shape."""
    with _alone_in(beside), tempfile.TemporaryDirectory(dir=beside, prefix=PREFIX) as folder:
        copy = Path(folder) / "inventory.db"
        copy_for_reading(path, copy)
        db = DocumentDB(copy, INVENTORY)
        try:
            yield db
        finally:
            db.close()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One restore at a time; what a killed one left is swept away."""
    with file_faults(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with file_faults(folder):
            fcntl.flock(handle, fcntl.LOCK_EX)
        for left in folder.glob(f"{PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(handle)


def preview(backup: BackupFile, now: DocumentDB | SnapshotDB, then: DocumentDB) -> RestorePreview:
    found = RestorePreview(backup, {name: Changes() for name in (*REPLACED, "levels")})
    found.refused = reason_against(backup, now)
    for name in REPLACED:
        for key, before, after in _differences(now, then, name):
            found.note(RestoreRow(name, key, before, after))
    for row in _level_rows(now, then):
        found.note(row)
    places = _places(now, then)
    found.rows = [replace(row, name=_name(row, places, (now, then))) for row in found.rows]
    return found


def _name(
    row: RestoreRow, places: dict[str, str], sources: tuple[DocumentDB | SnapshotDB, ...]
) -> str:
    """Of what has a key that says nothing to people."""
    if row.what in ("locations", "pairs"):
        return places.get(row.key, "")
    if row.what != "mappings":
        return ""
    variants = (source.table("variants").doc(row.key) for source in sources)
    sku = next((doc["sku"] for doc in variants if doc and doc.get("sku")), "")
    return str(sku) or row.key.rpartition("/")[2]


def _places(now: DocumentDB | SnapshotDB, then: DocumentDB) -> dict[str, str]:
    """Names of locations, by id; as they are now, where they are still there."""
    return {
        key: doc["name"]
        for source in (then, now)
        for key, doc in source.table("locations").rows.pairs()
    }


def reason_against(
    backup: BackupFile, now: DocumentDB | SnapshotDB
) -> OutboxNotEmpty | BackupOfAnotherShop | None:
    waiting = len(now.table("outbox").rows)
    if waiting:
        return OutboxNotEmpty(count=waiting)
    connection = now.table("meta").doc("connection") or {}
    if backup.shop_id and connection and backup.shop_id != connection["shop_id"]:
        return BackupOfAnotherShop(
            file=str(backup.path), theirs=backup.shop_name, ours=connection["shop_name"]
        )
    return None


def carry_out(
    backup: BackupFile,
    tx: Tx,
    now: DocumentDB,
    then: DocumentDB,
    cause: Cause,
    *,
    connection: bool,
) -> None:
    """Inside the open transaction of `tx`; `connection`: that of the backup, too. Raises
    OutboxNotEmpty, BackupOfAnotherShop.
    """
    refused = reason_against(backup, now)
    if refused is not None:
        raise refused
    ignored = [
        cell.key for view in (tx, View(then)) for cell in view.cells_with((Problem.IGNORED,))
    ]
    now.table("cells").truncate()
    for name in REPLACED:
        now.table(name).change((key, after) for key, _, after in _differences(now, then, name))
    for name in JOINED:
        _join(now, then, name)
    _restore_levels(tx, now, then, cause)  # its movements are newer than all that were joined
    _restore_link(tx, now, then, frozenset(ignored))
    if connection and (doc := then.table("meta").doc("connection")):
        # With a moment of its own, so that whoever holds it open sees that it is another one.
        now.table("meta").put("connection", doc | {"connected_at": tx.at})


def _restore_levels(tx: Tx, now: DocumentDB, then: DocumentDB, cause: Cause) -> None:
    for sku_number, before, after in _differences(now, then, "levels"):
        was, will = _flat(sku_number, before), _flat(sku_number, after)
        changed = {key: will.get(key) for key in was | will if was.get(key) != will.get(key)}
        if changed:
            tx.record_levels(changed, cause)


def _restore_link(tx: Tx, now: DocumentDB, then: DocumentDB, ignored: frozenset[CellKey]) -> None:
    """The link off, and its cells anew: without numbers, and aside where they have to be."""
    link = View(then).link()
    revision = max(tx.link().revision, link.revision) + 1
    tx.put_link(replace(link, enabled=False, resume=False, revision=revision))
    pairs = tx.pairs()
    bundles = {key for key, doc in now.table("variants").rows.pairs() if doc["requires_components"]}

    def aside(key: CellKey, pair: LocationPair) -> Problem | None:
        if key in ignored:
            return Problem.IGNORED
        if not pair.is_active:
            return Problem.LOCATION_INACTIVE
        return Problem.BUNDLE if key.inventory_item_id in bundles else None

    tx.put_cells(
        Cell(
            key := CellKey(mapping.inventory_item_id, pair.shopify_location_id),
            mapping.sku_number,
            pair.location_id,
            problem=aside(key, pair),
        )
        for mapping in tx.mappings()
        for pair in pairs
    )


def _join(now: DocumentDB, then: DocumentDB, name: str) -> None:
    differences = _differences(now, then, name)
    now.table(name).change((key, after) for key, before, after in differences if before is None)


def _level_rows(now: DocumentDB | SnapshotDB, then: DocumentDB) -> Iterator[RestoreRow]:
    places = _places(now, then)
    for sku_number, before, after in _differences(now, then, "levels"):
        was, will = _flat(sku_number, before), _flat(sku_number, after)
        for key in dict.fromkeys(chain(was, will)):
            if was.get(key) != will.get(key):
                where = places.get(key.location_id, key.location_id)
                name = f"{sku_number} · {where} · {key.label_code}"
                yield RestoreRow("levels", name, was.get(key), will.get(key))


def _flat(sku_number: str, doc: Doc | None) -> dict[LevelKey, int]:
    return {
        LevelKey(sku_number, location_id, label_code): quantity
        for label_code, places in (doc or {}).items()
        for location_id, quantity in places.items()
    }


def _differences(
    now: DocumentDB | SnapshotDB, then: DocumentDB, name: str
) -> Iterator[tuple[str, Doc | None, Doc | None]]:
    """Keys whose documents are not equal, with both. Walks both tables once, side by side."""
    ours, theirs = now.table(name).rows.pairs(), then.table(name).rows.pairs()
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        key = min(pair[0] for pair in (one, other) if pair is not None)
        before = one[1] if one is not None and one[0] == key else None
        after = other[1] if other is not None and other[0] == key else None
        if before != after:
            yield key, before, after
        if before is not None:
            one = next(ours, None)
        if after is not None:
            other = next(theirs, None)
