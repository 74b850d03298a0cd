"""Backups made beside a busy writer, looked into, and brought back."""

from __future__ import annotations

import gzip
import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.model import (
    AuthKind,
    Cause,
    CauseKind,
    Cell,
    CellKey,
    CellState,
    Connection,
    Intent,
    IntentKind,
    Item,
    Label,
    Link,
    LocationPair,
    PlanKind,
    QuantityName,
    Run,
    SkuMapping,
    Variant,
)
from core.store import BackupFile, BrandStore, Home
from core.store.errors import (
    BackupOfAnotherShop,
    CannotOpen,
    CannotWrite,
    Damaged,
    DiskFull,
    FileIsThere,
    NewerFile,
    NoBackup,
    OutboxNotEmpty,
)
from core.store.schema import INVENTORY
from tests.store.given import BY_HAND, StandingClock, at, counting_ids, open_store, stocked

RESTORE = Cause(CauseKind.UNDO, "ann", "restored from yesterday.db")
TOKYO = "gid://shopify/Location/9"
SHOP = Connection("x.myshopify.com", AuthKind.TOKEN, "gid://shopify/Shop/1", "Berg", "2026-11-23")


def variant(n: int) -> str:
    return f"gid://shopify/InventoryItem/{n}"


def furnished(store: BrandStore) -> None:
    """A at 10 and B at 5, both mapped and aligned, the link on."""
    place = stocked(store, "A", "B")
    store.put_connection(SHOP)
    with store.books.transaction() as tx:
        tx.put_link(Link("good", enabled=True, revision=7))
        tx.put_pairs([LocationPair(place.id, TOKYO, "Tokyo")])
        for n, (sku, quantity) in enumerate((("A", 10), ("B", 5)), start=1):
            tx.put_mapping(SkuMapping(variant(n), sku))
            tx.set_level(sku, place.id, "good", quantity, BY_HAND)
            key = CellKey(variant(n), TOKYO)
            tx.put_cell(Cell(key, sku, place.id, there=quantity, base=quantity))


def contents(store: BrandStore) -> dict[str, object]:
    return {
        "labels": store.labels(),
        "locations": store.locations(),
        "items": list(store.items()),
        "levels": list(store.levels()),
        "pairs": store.pairs(),
        "mappings": list(store.mappings()),
        "cells": {cell.key for cell in store.cells()},
    }


# -- writing -------------------------------------------------------------------------------------


def test_a_backup_is_one_private_file_that_says_what_it_is(
    store: BrandStore, tmp_path: Path, clock: StandingClock
) -> None:
    furnished(store)
    target = tmp_path / "mine.db"
    made = store.backup(target)
    assert made == BackupFile.inspect(target)
    assert (made.at, made.shop_name) == ("2026-11-23T10:00:00.000Z", "Berg")
    assert made.version == INVENTORY.version
    assert (made.labels, made.locations, made.items, made.levels) == (1, 1, 2, 2)
    assert (made.mappings, made.movements) == (2, 2)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    found = {file.name for file in tmp_path.iterdir() if not file.name.startswith("inventory.db")}
    assert found == {"mine.db"}


def test_a_backup_names_its_brand(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", StandingClock(), counting_ids())
    store = home.open(home.add("Berg & Co"))
    assert store.backup(tmp_path / "b.db").brand == "Berg & Co"
    store.close()


def test_a_file_that_is_there_is_replaced_only_when_told(store: BrandStore, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    target.write_bytes(b"a letter")
    with pytest.raises(FileIsThere, match=r"mine\.db is there already"):
        store.backup(target)
    assert target.read_bytes() == b"a letter"
    store.backup(target, overwrite=True)
    assert BackupFile.inspect(target).items == 0


def test_a_backup_that_cannot_be_written_leaves_nothing(store: BrandStore, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="nowhere"):
        store.backup(tmp_path / "nowhere" / "mine.db")
    before = {file.name for file in tmp_path.iterdir()}
    real = store._db.file.copy_to

    def no_room(target: sqlite3.Connection) -> None:
        real(target)
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    store._db.file.copy_to = no_room  # type: ignore[method-assign]
    with pytest.raises(DiskFull, match=r"mine\.db"):
        store.backup(tmp_path / "mine.db")
    assert {file.name for file in tmp_path.iterdir()} == before


def test_a_backup_beside_a_busy_writer_is_a_moment_of_it(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    place = stocked(store, "A", "B")
    store.set_level(at(place, "A"), 1000, BY_HAND)
    store.set_level(at(place, "B"), 0, BY_HAND)
    going_on, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        while not going_on.is_set():
            with store.books.transaction() as tx:
                for sku, delta in (("A", -1), ("B", 1)):
                    before = tx.level(sku, place.id, "good") or 0
                    tx.set_level(sku, place.id, "good", before + delta, BY_HAND)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    try:
        for n in range(8):
            target = tmp_path / f"backup-{n}.db"
            store.backup(target)
            with sqlite3.connect(target) as db:
                found = db.execute(
                    "SELECT id, json_extract(doc, '$.good.\"id-1\"') FROM levels"
                ).fetchall()
                moved = db.execute("SELECT count(*) FROM movements").fetchone()[0] // 2 - 1
            assert dict(found) == {"A": 1000 - moved, "B": moved}
            seen.add(moved)
    finally:
        going_on.set()
        writer.join()
    assert written > len(seen) > 1
    store.close()


def test_automatic_backups_are_dated_and_the_oldest_go(
    store: BrandStore, clock: StandingClock
) -> None:
    first = store.backup_before("unmap-all")
    assert first == store.backups_folder / "20261123T100000Z-before-unmap-all.db"
    assert BackupFile.inspect(first).at == "2026-11-23T10:00:00.000Z"
    assert stat.S_IMODE(store.backups_folder.stat().st_mode) == 0o700
    second = store.backup_before("unmap-all")  # within the same second
    assert second.name == "20261123T100000Z-before-unmap-all-2.db"
    (store.backups_folder / "mine.db").write_bytes(b"kept by hand")
    for _ in range(9):
        clock.forward(60)
        last = store.backup_before("unmap-all")
    names = sorted(file.name for file in store.backups_folder.iterdir())
    assert len(names) == 11
    assert first.name not in names
    assert {second.name, last.name, "mine.db"} <= set(names)


def test_a_backup_by_hand_has_a_dated_name_and_stays(
    store: BrandStore, clock: StandingClock
) -> None:
    first = store.new_backup_path()
    assert first == store.backups_folder / "20261123T100000Z-by-hand.db"
    store.backup(first)
    assert stat.S_IMODE(store.backups_folder.stat().st_mode) == 0o700
    assert store.new_backup_path().name == "20261123T100000Z-by-hand-2.db"
    for _ in range(11):
        clock.forward(60)
        store.backup_before("unmap-all")
    assert first.exists()


# -- looking -------------------------------------------------------------------------------------


def test_what_is_no_backup_is_named(store: BrandStore, tmp_path: Path) -> None:
    letter, other, newer = (tmp_path / name for name in ("letter.txt", "other.db", "newer.db"))
    letter.write_bytes(b"Dear Ann, here is no database at all. " * 100)
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE theirs (x)")
    store.backup(newer)
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(NoBackup, match=r"letter\.txt.*: it is not a file of dextre-sync"):
        BackupFile.inspect(letter)
    with pytest.raises(NoBackup, match="not a file of dextre-sync"):
        BackupFile.inspect(other)
    with pytest.raises(NewerFile, match="99"):
        BackupFile.inspect(newer)
    with pytest.raises(CannotOpen, match="no such file"):
        BackupFile.inspect(tmp_path / "gone.db")
    for path in (letter, other, newer):
        before = path.read_bytes()
        with pytest.raises((Damaged, CannotOpen, NewerFile)):
            store.restore(path, RESTORE)
        assert path.read_bytes() == before


def test_a_damaged_backup_restores_nothing(store: BrandStore, tmp_path: Path) -> None:
    furnished(store)
    store.put_items(Item(f"S{n:05}", "x" * 100) for n in range(3000))
    target = tmp_path / "mine.db"
    store.backup(target)
    content = bytearray(target.read_bytes())
    for page in range(20, len(content) // 4096, 5):
        content[page * 4096 : page * 4096 + 64] = bytes(range(64))
    target.write_bytes(content)
    store.put_items([Item("A", "newer")])
    before = contents(store)
    with pytest.raises(Damaged, match=r"mine\.db"):
        store.restore(target, RESTORE)
    assert contents(store) == before
    assert not list(tmp_path.glob(".restore-*"))


# -- restoring -----------------------------------------------------------------------------------


def changed_since(store: BrandStore, clock: StandingClock) -> None:
    clock.forward(3600)
    place = next(place for place in store.locations() if place.name == "Warehouse")
    cellar = store.add_location("Cellar")
    store.add_label(Label("sold", "Sold", negative_allowed=True))
    store.put_items([Item("A", "another name"), Item("C", "new")])
    store.set_level(at(place, "A"), 3, BY_HAND)
    store.set_level(at(cellar, "A"), 8, BY_HAND)
    store.set_level(at(cellar, "C", "sold"), -8, BY_HAND)
    with store.books.transaction() as tx:
        for n in (1, 2):
            tx.remove_mapping(variant(n))
            tx.remove_cell(CellKey(variant(n), TOKYO))
        tx.put_mapping(SkuMapping(variant(3), "C"))
        tx.put_run(Run("r2", PlanKind.PUSH, "2026-11-23T10:30:00Z", "ann", 1, 0, 0), [])


def test_a_restore_says_before_what_it_will_change(
    store: BrandStore, tmp_path: Path, clock: StandingClock
) -> None:
    furnished(store)
    store.replace_variants([Variant(variant(1), "v", "CATALOGUE-1")])
    backup = store.backup(tmp_path / "mine.db")
    assert not store.restore_preview(backup.path)
    changed_since(store, clock)
    before = contents(store)
    preview = store.restore_preview(backup.path)
    counts = {
        name: (found.added, found.removed, found.changed)
        for name, found in preview.changes.items()
        if found
    }
    assert counts == {
        "labels": (0, 1, 0),
        "locations": (0, 1, 0),
        "items": (0, 1, 1),
        "mappings": (2, 1, 0),
        "levels": (0, 2, 1),
    }
    rows = {(row.what, row.key): (row.now, row.then) for row in preview.rows}
    assert rows["levels", "A · Warehouse · good"] == (3, 10)
    assert rows["levels", "A · Cellar · good"] == (8, None)
    assert rows["mappings", variant(1)][0] is None
    assert (preview.refused, preview.backup) == (None, backup)
    assert contents(store) == before
    names = {(row.what, row.key): row.name or row.key for row in preview.rows}
    [cellar] = [key for what, key in names if what == "locations"]
    assert names["locations", cellar] == "Cellar"
    assert names["mappings", variant(1)] == "CATALOGUE-1"
    assert names["mappings", variant(3)] == "3", "in no catalogue: the end of its id"
    assert names["items", "C"] == "C"


def test_a_restore_brings_the_inventory_back_and_keeps_the_history(
    store: BrandStore, tmp_path: Path, clock: StandingClock
) -> None:
    furnished(store)
    store.put_settings({"poll": 2})
    then = contents(store)
    store.backup(tmp_path / "mine.db")
    changed_since(store, clock)
    store.put_settings({"poll": 3})
    clock.forward(60)
    changed = contents(store)
    saved = store.restore(tmp_path / "mine.db", RESTORE)
    assert contents(store) == then
    assert not store.restore_preview(tmp_path / "mine.db")
    history = [(m.key.label_code, m.before, m.after, m.cause) for m in store.movements("A")]
    assert sorted(history[:2]) == [("good", 3, 10, RESTORE), ("good", 8, 0, RESTORE)]
    assert [after for _, _, after, _ in history[2:]] == [8, 3, 10]  # what happened stays told
    assert [m.cause for m in store.movements("B")] == [BY_HAND]  # it was right already
    assert [run.id for run in store.runs()] == ["r2"]
    assert (store.settings(), store.connection()) == ({"poll": 3}, SHOP)
    store.check()
    store.restore(saved, RESTORE)  # and a restore can be restored
    restored = contents(store)
    assert restored.pop("cells") == {CellKey(variant(3), TOKYO)}
    assert restored == {name: changed[name] for name in restored}


def test_after_a_restore_nothing_flows_until_it_is_aligned_again(
    store: BrandStore, tmp_path: Path
) -> None:
    furnished(store)
    store.backup(tmp_path / "mine.db")
    store.restore(tmp_path / "mine.db", RESTORE)
    assert store.link() == Link("good", enabled=False, revision=8)
    cells = list(store.cells())
    assert len(cells) == 2
    assert {(cell.state, cell.base, cell.there) for cell in cells} == {
        (CellState.UNALIGNED, None, None)
    }
    assert {cell.here for cell in cells} == {10, 5}


def test_nothing_is_restored_while_a_write_has_no_answer(store: BrandStore, tmp_path: Path) -> None:
    furnished(store)
    backup = store.backup(tmp_path / "mine.db")
    intent = Intent("k", IntentKind.ADJUST, "2026-11-23T10:00:00Z", QuantityName.AVAILABLE, ())
    with store.books.transaction() as tx:
        tx.put_intent(intent)
    assert isinstance(store.restore_preview(backup.path).refused, OutboxNotEmpty)
    before = contents(store)
    with pytest.raises(OutboxNotEmpty, match="1 write "):
        store.restore(backup.path, RESTORE)
    assert contents(store) == before
    assert not store.backups_folder.exists()


def test_the_mappings_of_another_shop_are_not_restored(store: BrandStore, tmp_path: Path) -> None:
    furnished(store)
    backup = store.backup(tmp_path / "mine.db")
    store.put_connection(replace(SHOP, shop_id="gid://shopify/Shop/2", shop_name="Tal"))
    with pytest.raises(BackupOfAnotherShop, match=r"the shop Berg.*connected to Tal"):
        store.restore(backup.path, RESTORE)
    store.put_connection(None)
    store.restore(backup.path, RESTORE)


def test_a_restore_that_fails_half_way_changes_nothing(
    store: BrandStore, tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnished(store)
    store.backup(tmp_path / "mine.db")
    changed_since(store, clock)
    before = contents(store)
    monkeypatch.setattr("core.store.restore._restore_link", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.restore(tmp_path / "mine.db", RESTORE)
    assert contents(store) == before
    assert len(store.movements("A")) == 3


def test_what_a_killed_restore_left_is_swept_away(store: BrandStore, tmp_path: Path) -> None:
    store.backup(tmp_path / "mine.db")
    left = tmp_path / ".restore-left"
    left.mkdir()
    (left / "inventory.db").write_bytes(b"half a copy")
    store.restore_preview(tmp_path / "mine.db")
    assert not list(tmp_path.glob(".restore-*"))


def test_a_backup_of_an_earlier_version_is_brought_forward(
    store: BrandStore, tmp_path: Path
) -> None:
    old = tmp_path / "old.db"
    packed = Path(__file__).parent / "files" / "inventory-1.db.gz"
    old.write_bytes(gzip.decompress(packed.read_bytes()))
    content = old.read_bytes()
    found = BackupFile.inspect(old)
    assert (found.version, found.brand, found.at, found.levels) == (1, "", "", 3)
    store.restore(old, RESTORE)
    assert [item.sku_number for item in store.items()] == ["A", "B", "C"]
    assert [m.after for m in store.movements("B")] == [7, 7]  # its history, then the restore
    assert old.read_bytes() == content
    store.check()


def test_a_new_machine_gets_the_history_too(store: BrandStore, tmp_path: Path) -> None:
    furnished(store)
    place = store.locations()[0]
    store.adjust_level(at(place, "A"), -1, BY_HAND)
    store.backup(tmp_path / "mine.db")
    (tmp_path / "new").mkdir()
    fresh = open_store(tmp_path / "new")
    fresh.restore(tmp_path / "mine.db", RESTORE)
    assert contents(fresh) == contents(store)
    assert [m.after for m in fresh.movements("A")] == [9, 9, 10]
    assert fresh.connection() is None
    fresh.check()
    fresh.close()
