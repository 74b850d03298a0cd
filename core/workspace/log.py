"""The log of one brand: events as JSON lines, written by whoever does something, read by whoever
looks.

It is also how news travels: a feed follows the file, so a screen sees what a command or a service
in another process did in the same way as what its own engine did. A line is one write to a file
opened for appending, so processes do not mix theirs.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from core.on_demand import Room

if TYPE_CHECKING:
    from core.sync import events
    from core.sync.events import Event
else:
    events = Room("core.sync.events")


LARGEST = 16 << 20
"""Bytes after which the log is put aside as `.1`, in place of the one before."""

CATCH_UP = 4 << 20
"""Bytes that a feed that has fallen behind still reads; what is older is in the file."""

BLOCK = 1 << 16


class EventLog:
    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: Event) -> None:
        line = orjson.dumps(event.record(), default=str) + b"\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            full = os.fstat(handle).st_size > LARGEST
        finally:
            os.close(handle)
        if full:
            with suppress(FileNotFoundError):
                self.path.replace(self.path.with_suffix(".jsonl.1"))

    def events(self, sku: str | None = None, limit: int = 200) -> list[Event]:
        """The last `limit` events (of one SKU), oldest first."""
        if sku is None:
            return [event for line in self._last(limit) if (event := _event(line)) is not None]
        found: deque[Event] = deque(maxlen=limit)
        needle = orjson.dumps(sku)
        for line in self._lines():
            if needle not in line:
                continue
            event = _event(line)
            if event is not None and getattr(event, "sku", None) == sku:
                found.append(event)
        return list(found)

    def _lines(self) -> Iterator[bytes]:
        for path in (self.path.with_suffix(".jsonl.1"), self.path):
            with suppress(FileNotFoundError), path.open("rb") as file:
                yield from file

    def _last(self, limit: int) -> list[bytes]:
        """The last lines, read from the end, so that a long log costs no more than a short one."""
        lines: list[bytes] = []
        for path in (self.path, self.path.with_suffix(".jsonl.1")):
            if len(lines) < limit:
                lines = [*_tail(path, limit - len(lines)), *lines]
        return lines

    def feed(self) -> EventFeed:
        return EventFeed(self.path)


class EventFeed:
    """Follows the log from now on. `drain` is cheap when nothing happened; use it from one
    thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._at = self._where()
        self._rest = b""

    def _where(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return stat.st_ino, stat.st_size

    def drain(self) -> list[Event]:
        """What was logged since the last call, oldest first."""
        inode, size = self._where()
        if inode != self._inode:
            self._inode, self._at, self._rest = inode, 0, b""
        if size <= self._at:
            return []
        if size - self._at > CATCH_UP:
            self._at, self._rest = size - CATCH_UP, b""
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._at)
            data = self._rest + file.read(size - self._at)
            self._at = size
            *lines, self._rest = data.split(b"\n")
            return [event for line in lines if (event := _event(line)) is not None]
        return []

    def close(self) -> None:
        """Nothing is held open between two calls of `drain`."""


def _tail(path: Path, count: int) -> list[bytes]:
    data = b""
    with suppress(FileNotFoundError), path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        while at > 0 and data.count(b"\n") <= count:
            step = min(at, BLOCK)
            at -= step
            file.seek(at)
            data = file.read(step) + data
    return data.splitlines()[-count:] if count > 0 else []


def _event(line: bytes) -> Event | None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return events.event_from(record) if isinstance(record, dict) else None
