"""The log file: filters, rotation, retention, and a feed that loses nothing when a file is full."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from core.sync.events import Event, NeedsYou, SaleSeen, SyncStopped
from core.workspace import log as log_module
from core.workspace.errors import CannotReadLog
from core.workspace.log import EventLog, Keeping, Wanted, aside, numbered


def sale(n: int, sku: str = "A", run: str | None = None) -> SaleSeen:
    at = f"2026-11-23T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000Z"
    return SaleSeen(
        at=at, brand="Acme", run=run, sku=sku, location="Tokyo", pulled=-1, before=n, after=n
    )


def numbers(events: list[Event]) -> list[int]:
    return [event.after for event in events if isinstance(event, SaleSeen)]


@pytest.fixture
def small(tmp_path: Path) -> EventLog:
    """A new file every five events or so."""
    return EventLog(tmp_path / "log.jsonl", Keeping(largest=700, files=3))


def test_a_full_log_goes_on_in_a_new_file_and_the_oldest_go(small: EventLog) -> None:
    for n in range(100):
        small.append(sale(n))
    assert [path.name for path in aside(small.path)] == [f"log.jsonl.{n}" for n in (1, 2, 3)]
    found = numbers(small.events(limit=None))
    assert found == list(range(100))[-len(found) :]
    assert 15 <= len(found) < 30
    assert numbers(small.events(limit=7)) == list(range(93, 100))


def test_a_log_without_older_files_keeps_one(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl", Keeping(largest=700, files=0))
    for n in range(50):
        log.append(sale(n))
    assert aside(log.path) == []
    assert numbers(log.events(limit=None))[-1:] in ([49], [])


def test_files_that_are_too_old_go(small: EventLog) -> None:
    for n in range(30):
        small.append(sale(n))
    old = numbered(small.path, 2)
    os.utime(old, (0, 0))
    os.utime(numbered(small.path, 3), (0, 0))
    small.keep(Keeping(largest=700, files=3, days=30))
    assert [path.name for path in aside(small.path)] == ["log.jsonl.1"]


def test_a_feed_reads_the_rest_of_a_file_that_was_put_aside(small: EventLog) -> None:
    feed = small.feed()
    seen: list[int] = []
    for n in range(60):
        small.append(sale(n))
        if n % 13 == 12:  # several files later
            seen += numbers(feed.drain())
    assert seen + numbers(feed.drain()) == list(range(60))
    assert feed.drain() == []


def test_what_a_feed_will_bring_is_not_read_from_the_file_as_well(small: EventLog) -> None:
    assert small.events(until=small.feed()) == []
    for n in range(8):
        small.append(sale(n))
    feed = small.feed()
    for n in range(8, 15):
        small.append(sale(n))
    assert numbers(small.events(limit=None, until=feed)) == list(range(8))
    assert numbers(small.events(limit=3, until=feed)) == [5, 6, 7]
    assert numbers(feed.drain()) == list(range(8, 15))


def test_a_file_that_is_put_aside_while_it_is_read_is_read_once(
    small: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        small.append(sale(n))
    read = log_module._event

    def read_while_it_goes_on(line: bytes) -> Event | None:
        small.append(sale(99))
        return read(line)

    monkeypatch.setattr(log_module, "_event", read_while_it_goes_on)
    assert numbers(small.events(limit=None)) == list(range(12))


def test_much_is_handed_out_some_at_a_time_in_its_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl")
    feed = log.feed()
    for n in range(5):
        log.append(sale(n))
    assert numbers(feed.drain(2)) == [0, 1]
    log.append(sale(5))
    assert numbers(feed.drain(2)) == [2, 3]
    assert numbers(feed.drain()) == [4, 5]
    assert feed.drain(2) == []


def test_what_nobody_knows_does_not_count_as_news(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl")
    feed = log.feed()
    log.append(sale(0))
    with log.path.open("ab") as out:
        out.write(b'{"code": "from_the_future"}\n' * 3)
    log.append(sale(1))
    assert numbers(feed.drain(2)) == [0, 1]


def test_a_feed_goes_on_after_the_log_was_deleted(small: EventLog) -> None:
    small.append(sale(0))
    small.append(sale(1))
    feed = small.feed()
    small.path.unlink()
    small.append(sale(2))
    assert numbers(feed.drain()) == [2]


def test_filters_by_sku_run_level_and_moment(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl")
    for n in range(20):
        log.append(sale(n, sku="AB"[n % 2], run="r1" if n >= 10 else None))
    log.append(NeedsYou(at=sale(20).at, brand="Acme", sku="A", location="x", problem="bundle"))
    log.append(SyncStopped(at=sale(21).at, brand="Acme", detail="r1", error="e"))
    assert numbers(log.events(Wanted(sku="A"))) == list(range(0, 20, 2))
    assert numbers(log.events(Wanted(sku="A", run="r1"), limit=2)) == [16, 18]
    assert [e.code for e in log.events(Wanted(level="warning"))] == ["needs_you", "sync_stopped"]
    assert [e.code for e in log.events(Wanted(level="error"))] == ["sync_stopped"]
    assert numbers(log.events(Wanted(since=sale(17).at))) == [17, 18, 19]
    assert numbers(log.events(Wanted(since="2027-01-01T00:00:00.000Z"))) == []


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl")
    log.append(sale(1))
    with log.path.open("ab") as file:
        file.write(b'{"code":"sale_s\n\n[1]\n')
    log.append(sale(2))
    assert numbers(log.events()) == [1, 2]


def write_many(path: Path, start: int) -> None:
    log = EventLog(path, Keeping(largest=4_000, files=50))
    for n in range(start, start + 200):
        log.append(sale(n))


def test_a_line_that_is_no_event_of_ours_is_passed_over(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl")
    feed = log.feed()
    log.append(sale(1))
    whole = {"code": "sale_seen", "at": sale(1).at, "brand": "Acme"}
    for line in (
        {"code": "sale_seen"},
        {"code": "sale_seen", "at": 5, "brand": "Acme"},
        {**whole, "brand": None},
        {"code": ["sale_seen"], "at": sale(1).at, "brand": "Acme"},
        [1],
        "x",
    ):
        with log.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
    with log.path.open("ab") as file:
        file.write(b"\0" * 80 + b"\n\xff\xfe\n")
    log.append(sale(2))
    since = "2026-11-23T00:00:00.000Z"
    for wanted in (Wanted(), Wanted(sku="A"), Wanted(level="info"), Wanted(since=since)):
        assert numbers(log.events(wanted)) == [1, 2]
    assert numbers(feed.drain()) == [1, 2]


def test_processes_that_find_the_file_full_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, n * 1_000)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    found = numbers(EventLog(path).events(limit=None))
    assert sorted(found) == sorted(n * 1_000 + k for n in range(3) for k in range(200))


def test_a_feed_that_looks_between_two_files_says_nothing_twice(small: EventLog) -> None:
    feed = small.feed()
    small.append(sale(0))
    assert numbers(feed.drain()) == [0]
    small.path.rename(numbered(small.path, 1))
    assert feed.drain() == []
    small.append(sale(1))
    assert numbers(feed.drain()) == [1]


@pytest.mark.parametrize("number", [0, 1])
def test_a_log_that_cannot_be_read_is_said_where_it_is_asked_for(
    small: EventLog, number: int
) -> None:
    """A folder in its place: root may read every file."""
    path = numbered(small.path, number) if number else small.path
    if number:
        small.append(sale(1))
    path.mkdir()
    with pytest.raises(CannotReadLog, match=path.name):
        small.events()
    with pytest.raises(CannotReadLog, match=path.name):
        small.story("A")
    feed = small.feed()
    small.append(sale(2))
    small.keep(Keeping(files=0))
    assert numbers(feed.drain()) == ([2] if number else [])
    path.rmdir()
    small.append(sale(3))
    assert numbers(feed.drain()) == [3]
