"""Full disks, damaged files, failing disks: a clear word, and nothing half done."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import UserMustAct
from core.store import figures
from core.store.errors import (
    CannotOpen,
    CannotWrite,
    Damaged,
    DiskFailed,
    DiskFull,
    FileGone,
    MustReopen,
    NewerFile,
)
from core.store.schema import INVENTORY, Schema, create_table
from core.store.table import DocumentDB
from tests.store.given import SMALL, Oops, open_db, open_store, undone


def test_a_full_disk_takes_nothing_of_the_change_and_goes_on_when_there_is_room(
    db: DocumentDB,
) -> None:
    things = db.table("things")
    things.put("a", {"n": 1})
    run = db.file._writer.execute
    pages = run("PRAGMA page_count").fetchone()[0]
    run(f"PRAGMA max_page_count = {pages + 2}")

    def too_much() -> None:
        with db.transaction():
            things.put("a", {"n": 2})
            things.put_many((f"k{n}", {"text": "x" * 1000}) for n in range(100))

    with pytest.raises(DiskFull, match=r"small\.db"):
        too_much()
    assert dict(things.rows.items()) == {"a": {"n": 1}}
    run("PRAGMA max_page_count = 1000000")
    things.put("a", {"n": 3})
    assert things.doc("a") == {"n": 3}


def test_a_full_disk_inside_of_a_group_fails_all_of_it(db: DocumentDB) -> None:
    """SQLite may end the whole transaction by itself: nobody may be told that it worked."""
    things = db.table("things")
    things.put("a", {"n": 1})

    def half_of_it() -> None:
        with db.transaction():
            things.put("a", {"n": 2})
            with undone(db):
                db.file._writer.execute("ROLLBACK")  # what SQLite does in need
            things.put("a", {"n": 3})

    with pytest.raises(CannotWrite, match="rolled back"):
        half_of_it()
    assert things.doc("a") == {"n": 1}
    things.put("a", {"n": 4})


def test_a_full_disk_in_a_group_tells_each_work_the_truth(db: DocumentDB) -> None:
    things = db.table("things")
    things.put("a", {"n": 1})
    pages = db.file._writer.execute("PRAGMA page_count").fetchone()[0]
    db.file._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [(f"k{n}", {"text": "x" * 1000}) for n in range(100)]
    with db.transaction():  # so that the three are one group
        works = [
            db.submit(lambda: things.put("b", {})),
            db.submit(lambda: things.put_many(many)),
            db.submit(lambda: things.put("c", {})),
        ]
    first, big, last = (work.exception(10) for work in works)
    assert isinstance(big, DiskFull)
    for failed, key in ((first, "b"), (last, "c")):
        assert failed is None or isinstance(failed, DiskFull)
        assert (key in things.rows) == (failed is None)
    assert "k0" not in things.rows


class FailingDisk:
    """The connection, with a disk below it that fails at one statement."""

    def __init__(self, real: sqlite3.Connection, at: str, name: str) -> None:
        self.real, self.at, self.name = real, at, name

    def execute(self, sql: str, *params: Any) -> sqlite3.Cursor:
        if sql.startswith(self.at):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = self.name
            raise error
        return self.real.execute(sql, *params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def fail(db: DocumentDB, at: str, name: str = "SQLITE_IOERR_FSYNC") -> None:
    db.file._writer = FailingDisk(db.file._writer, at, name)  # type: ignore[assignment]


def test_after_a_failed_sync_nothing_is_written_until_reopened(tmp_path: Path) -> None:
    db = open_db(tmp_path)
    db.table("things").put("a", {"n": 1})
    real = db.file._writer
    fail(db, "COMMIT")
    with pytest.raises(DiskFailed, match=r"small\.db.*SQLITE_IOERR_FSYNC"):
        db.table("things").put("a", {"n": 2})
    db.file._writer = real  # the disk seems well again, but who knows what it kept
    with pytest.raises(MustReopen, match="start dextre-sync again"):
        db.table("things").put("a", {"n": 3})
    with pytest.raises(MustReopen):
        db.submit(lambda: db.table("things").put("a", {"n": 3})).result(10)
    assert db.table("things").doc("a") == {"n": 1}
    db.close()
    with open_db(tmp_path) as again:
        again.table("things").put("a", {"n": 4})
        assert again.table("things").doc("a") == {"n": 4}


def test_a_commit_that_finds_the_disk_full_changes_nothing(db: DocumentDB) -> None:
    db.table("things").put("a", {"n": 1})
    real = db.file._writer
    fail(db, "COMMIT", "SQLITE_FULL")
    with pytest.raises(DiskFull):
        db.table("things").put("a", {"n": 2})
    db.file._writer = real
    assert db.table("things").doc("a") == {"n": 1}
    db.table("things").put("a", {"n": 2})


def test_a_file_that_is_no_database_is_refused_unharmed(tmp_path: Path) -> None:
    file = tmp_path / "small.db"
    file.write_bytes(b"not a database, but somebody's letter " * 200)
    before = file.read_bytes()
    with pytest.raises(Damaged, match=r"small\.db"):
        open_db(tmp_path)
    assert file.read_bytes() == before


def test_somebody_elses_database_is_refused_unharmed(tmp_path: Path) -> None:
    file = tmp_path / "small.db"
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(CannotOpen, match="not a file of dextre-sync"):
        open_db(tmp_path)
    assert file.read_bytes() == before


def test_damage_inside_is_found(tmp_path: Path) -> None:
    with open_db(tmp_path) as db:
        db.table("things").put_many((f"k{n:05}", {"text": "x" * 100}) for n in range(2000))
    file = tmp_path / "small.db"
    content = bytearray(file.read_bytes())
    for page in range(6, len(content) // 4096, 3):
        content[page * 4096 : page * 4096 + 64] = os.urandom(64)
    file.write_bytes(content)
    with open_db(tmp_path) as db:
        with pytest.raises(Damaged, match=r"small\.db is damaged"):
            db.file.check()
        with pytest.raises(Damaged):
            list(db.table("things"))


def test_a_document_that_is_no_json_is_named(db: DocumentDB) -> None:
    db.table("things").put("a", {"n": 1})
    with db.transaction():
        db.file.execute("INSERT INTO others (id, doc) VALUES ('b', '{')")
    with pytest.raises(Damaged, match=r"small\.db is damaged: document 'b' of others"):
        db.table("others").doc("b")


def test_a_folder_that_takes_no_files_is_named() -> None:
    with pytest.raises(CannotWrite, match=r"/proc/small\.db"):
        open_db(Path("/proc"))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CannotWrite, match=r"small\.db"):
        open_db(tmp_path)
    tmp_path.chmod(0o700)


def test_a_database_that_became_read_only_says_so(db: DocumentDB) -> None:
    db.file._writer.execute("PRAGMA query_only = 1")
    with pytest.raises(CannotWrite, match=r"small\.db cannot be written"):
        db.table("things").put("a", {})
    assert issubclass(CannotWrite, UserMustAct)


# -- versions ------------------------------------------------------------------------------------


def newer(*steps: Callable[[sqlite3.Connection], None]) -> Schema:
    tables = {**SMALL.tables, "fresh": ("n",)}
    return Schema(1 + len(steps), tables, dict(enumerate(steps, start=1)))


def add_table(connection: sqlite3.Connection) -> None:
    create_table(connection, "fresh", ("n",))


def move_over(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO fresh (id, doc) SELECT id, doc FROM things")


def break_down(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM things")
    raise Oops


def test_an_old_file_is_brought_forward_step_by_step(tmp_path: Path) -> None:
    with open_db(tmp_path) as db:
        db.table("things").put("a", {"n": "1"})
    with open_db(tmp_path, newer(add_table, move_over)) as db:
        assert list(db.table("fresh").find("n", "1")) == [("a", {"n": "1"})]
    with open_db(tmp_path, newer(add_table, move_over)) as db:  # and not once more
        assert len(db.table("fresh")) == 1


def test_a_fresh_file_is_made_in_the_newest_shape_without_migrations(tmp_path: Path) -> None:
    with open_db(tmp_path, newer(break_down)) as db:
        db.table("fresh").put("a", {})


def test_a_migration_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    with open_db(tmp_path) as db:
        db.table("things").put("a", {"n": 1})
    with pytest.raises(Oops):
        open_db(tmp_path, newer(add_table, break_down))
    with open_db(tmp_path) as db:
        assert db.table("things").doc("a") == {"n": 1}


def test_a_newer_file_is_refused_unharmed(tmp_path: Path) -> None:
    open_db(tmp_path, newer(add_table, move_over)).close()
    before = (tmp_path / "small.db").read_bytes()
    with pytest.raises(NewerFile, match="its version is 3, this program knows 1"):
        open_db(tmp_path)
    assert (tmp_path / "small.db").read_bytes() == before


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_file_that_is_gone_takes_nothing_more(tmp_path: Path, replaced: bool) -> None:
    """What is written to it would be gone with its last handle, and be pushed all the same."""
    path, aside = tmp_path / "small.db", tmp_path / "aside.db"
    with open_db(tmp_path) as db:
        db.table("things").put("a", {"n": 1})
        path.rename(aside)
        if replaced:
            path.write_bytes(aside.read_bytes())
        with pytest.raises(FileGone, match=r"small\.db"):
            db.table("things").put("a", {"n": 2})
        aside.replace(path)
        db.table("things").put("a", {"n": 3})
        assert db.table("things").doc("a") == {"n": 3}


def test_every_version_of_the_inventory_has_its_migration(tmp_path: Path) -> None:
    assert set(INVENTORY.migrations) == set(range(1, INVENTORY.version))
    store = open_store(tmp_path)
    found = {
        row[0] for row in store._db.file.rows("SELECT name FROM sqlite_master WHERE type='table'")
    }
    assert found == {*INVENTORY.tables, figures.TABLE}
    store.close()
