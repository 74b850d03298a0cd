"""All or nothing, by one thread or many, at once or in groups."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from core.errors import OurBug
from core.store.errors import StoreBusy, StoreClosed
from core.store.table import DocumentDB
from tests.store.given import Oops, open_db, undone


def both(db: DocumentDB) -> tuple[Any, Any]:
    return db.table("things").doc("a"), db.table("others").doc("a")


def test_a_failure_takes_back_every_table(db: DocumentDB) -> None:
    with undone(db):
        db.table("things").put("a", {"n": 1})
        db.table("others").put("a", {"n": 1})
        assert both(db) == ({"n": 1}, {"n": 1})  # one sees one's own changes
    assert both(db) == (None, None)


def test_a_failure_inside_takes_back_the_inner_part_only(db: DocumentDB) -> None:
    with db.transaction():
        db.table("things").put("a", {"n": 1})
        with undone(db):
            db.table("things").put("a", {"n": 2})
            db.table("others").put("a", {"n": 2})
        assert both(db) == ({"n": 1}, None)
    assert both(db) == ({"n": 1}, None)


def test_nobody_sees_a_transaction_before_it_ends_and_nobody_waits(db: DocumentDB) -> None:
    db.table("things").put("a", {"n": 1})
    seen: list[Any] = []
    with db.transaction():
        db.table("things").put("a", {"n": 2})
        reader = threading.Thread(target=lambda: seen.append(db.table("things").doc("a")))
        reader.start()
        reader.join(10)
        assert seen == [{"n": 1}]
    assert db.table("things").doc("a") == {"n": 2}


def test_a_snapshot_does_not_move(db: DocumentDB) -> None:
    db.table("things").put("a", {"n": 1})
    with db.snapshot() as picture:
        db.table("things").put("a", {"n": 2})
        with db.snapshot() as newer:
            assert newer.table("things").doc("a") == {"n": 2}
        assert picture.table("things").doc("a") == {"n": 1}
        with pytest.raises(OurBug, match="through a view"):
            picture.table("things").put("a", {"n": 3})
    assert db.table("things").doc("a") == {"n": 2}


def test_threads_that_count_the_same_thing_lose_nothing(db: DocumentDB) -> None:
    things = db.table("things")
    things.put("a", {"n": 0})

    def count() -> None:
        for _ in range(50):
            with db.transaction():
                doc = things.doc("a")
                assert doc is not None
                things.put("a", {"n": doc["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert things.doc("a") == {"n": 200}


def test_what_another_opening_commits_is_another_version_here(tmp_path: Path) -> None:
    mine, other = open_db(tmp_path), open_db(tmp_path)
    before = mine.file.version()
    with other.transaction():
        other.table("things").put("a", {"n": 1})
        assert mine.file.version() == before
    assert mine.file.version() != before
    for db in (mine, other):
        db.close()
    with pytest.raises(StoreClosed):
        mine.file.version()


def test_waiting_for_another_opening_ends_with_a_clear_word(tmp_path: Path) -> None:
    with open_db(tmp_path) as one, open_db(tmp_path, busy_s=0.05) as other:
        with one.transaction():
            one.table("things").put("a", {"n": 1})
            with pytest.raises(StoreBusy, match=r"small\.db was busy"):
                other.table("things").put("a", {"n": 2})
        other.table("things").put("a", {"n": 2})
        assert one.table("things").doc("a") == {"n": 2}


def test_many_that_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    for turn in range(15):
        folder = tmp_path / str(turn)
        folder.mkdir()
        ready = threading.Barrier(6)
        opened: list[int] = []

        def open_it(folder: Path, ready: threading.Barrier, opened: list[int]) -> None:
            ready.wait()
            with open_db(folder) as db:
                db.table("things").put(str(threading.get_ident()), {})
                opened.append(len(db.table("things")))

        threads = [threading.Thread(target=open_it, args=(folder, ready, opened)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 6


def test_a_change_outside_of_any_transaction_is_impossible(db: DocumentDB) -> None:
    with pytest.raises(OurBug, match="outside of a transaction"):
        db.file.execute("DELETE FROM things")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    db = open_db(tmp_path)
    db.close()
    with pytest.raises(StoreClosed):
        db.table("things").doc("a")
    with pytest.raises(StoreClosed):
        db.table("things").put("a", {})
    with pytest.raises(StoreClosed):
        db.submit(lambda: None)


# -- group commit --------------------------------------------------------------------------------


def held(db: DocumentDB) -> tuple[threading.Event, Future[None]]:
    """The writer thread, busy until the event: what is submitted meanwhile is one group."""
    go, begun = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go.wait(10)

    future = db.submit(wait)
    assert begun.wait(10)
    return go, future


def commits(db: DocumentDB) -> list[str]:
    seen: list[str] = []
    db.file._writer.set_trace_callback(lambda sql: seen.append(sql) if sql == "COMMIT" else None)
    return seen


def test_many_works_share_one_commit(db: DocumentDB) -> None:
    seen = commits(db)
    go, first = held(db)
    futures = [
        db.submit(lambda n=n: db.table("things").put(f"k{n}", {"n": n}))  # type: ignore[misc]
        for n in range(100)
    ]
    go.set()
    for future in [first, *futures]:
        future.result(10)
    assert len(db.table("things")) == 100
    assert len(seen) == 2


def test_a_work_that_fails_undoes_itself_only(db: DocumentDB) -> None:
    def fail() -> None:
        db.table("things").put("bad", {})
        raise Oops

    go, _ = held(db)
    before = db.submit(lambda: db.table("things").put("a", {}))
    bad = db.submit(fail)
    after = db.submit(lambda: len(db.table("things")))
    go.set()
    assert before.result(10) is None
    assert after.result(10) == 1
    with pytest.raises(Oops):
        bad.result(10)
    assert list(db.table("things").rows) == ["a"]


def test_when_the_commit_fails_nobody_is_told_it_worked(
    db: DocumentDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, first = held(db)
    futures = [db.submit(lambda: db.table("things").put("a", {})) for _ in range(3)]
    db.file._writer.set_authorizer(
        lambda action, what, *_: (
            sqlite3.SQLITE_DENY
            if action == sqlite3.SQLITE_TRANSACTION and what == "COMMIT"
            else sqlite3.SQLITE_OK
        )
    )
    go.set()
    for future in [first, *futures]:
        assert future.exception(10) is not None
    db.file._writer.set_authorizer(None)
    assert len(db.table("things")) == 0
    db.submit(lambda: db.table("things").put("a", {})).result(10)


def test_a_cancelled_work_is_not_done(db: DocumentDB) -> None:
    go, _ = held(db)
    future = db.submit(lambda: db.table("things").put("a", {}))
    assert future.cancel()
    go.set()
    assert db.submit(lambda: len(db.table("things"))).result(10) == 0


def test_closing_waits_for_what_was_submitted(tmp_path: Path) -> None:
    db = open_db(tmp_path)
    futures = [
        db.submit(lambda n=n: db.table("things").put(f"k{n}", {}))  # type: ignore[misc]
        for n in range(600)
    ]
    db.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with open_db(tmp_path) as again:
        assert len(again.table("things")) == 600
