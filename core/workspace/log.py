"""The log of one brand: events as JSON lines, written by whoever does something, read by whoever
looks.

It is also how news travels: a feed follows the file, so a screen sees what a command or a service
in another process did in the same way as what its own engine did. A line is one write to a file
opened for appending, so processes do not mix theirs.

A file that is full is put aside as `.1`, the one before it as `.2`, and so on; the oldest go. A
feed reads to the end of the file that was put aside before it goes on in the new one.

Nothing depends on a log that can be read: who asks what is in it gets CannotReadLog, and a feed
goes on as if there were none.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import orjson

from core.clock import iso, parse_iso
from core.on_demand import Room
from core.workspace.errors import CannotReadLog
from core.workspace.notes import cannot_write

if TYPE_CHECKING:
    from core.sync import events
    from core.sync.events import Event
else:
    events = Room("core.sync.events")

CATCH_UP = 4 << 20
"""Bytes that a feed that has fallen behind still reads; what is older is in the files."""

BLOCK = 1 << 16

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long the log is: bytes in a file, files beside the one that is written, and the age in
    days at which those go.
    """

    largest: int = 16 << 20
    files: int = 4
    days: int = 90


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to show; what is not given is not asked for. `run` is the beginning of an id,
    `level` the lowest one, `since` a moment in ISO.
    """

    sku: str | None = None
    run: str | None = None
    level: str | None = None
    since: str | None = None

    def fits(self, event: Event) -> bool:
        return (
            (self.sku is None or getattr(event, "sku", None) == self.sku)
            and (self.run is None or (event.run or "").startswith(self.run))
            and (self.level is None or _RANK[event.level.value] >= _RANK[self.level])
            and (self.since is None or event.at >= self.since)
        )

    def may_fit(self, line: bytes) -> bool:
        """Cheap, before a line is read as JSON."""
        return (self.sku is None or orjson.dumps(self.sku) in line) and (
            self.run is None or orjson.dumps(self.run).removesuffix(b'"') in line
        )


_RANK = {"debug": 0, "info": 1, "warning": 2, "error": 3}

EVERYTHING = Wanted()


class EventLog:
    def __init__(self, path: Path, keeping: Keeping | None = None) -> None:
        self.path = path
        self._keeping = keeping or Keeping()

    # -- writing ------------------------------------------------------------------------------

    def append(self, event: Event) -> None:
        """What the log tells has happened: a log that cannot be written does not undo it."""
        line = orjson.dumps(event.record(), default=str) + b"\n"
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(handle).st_size
                torn = size and os.pread(handle, 1, size - 1) != b"\n"  # by a disk that was full
                os.write(handle, b"\n" + line if torn else line)
                if size > self._keeping.largest:
                    self._turn(handle)
            finally:
                os.close(handle)
        except OSError as error:
            cannot_write(self.path, error)

    def keep(self, keeping: Keeping) -> None:
        """From now on so much; what is too old already goes."""
        if keeping != self._keeping:
            self._keeping = keeping
            self._forget_old()

    def _turn(self, handle: int) -> None:
        """Begin a new file. Of several processes that find the file full, one does it."""
        fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if self.path.stat().st_ino != os.fstat(handle).st_ino:
                return
            for number in range(len(aside(self.path)), 0, -1):
                numbered(self.path, number).replace(numbered(self.path, number + 1))
            self.path.replace(numbered(self.path, 1))
            self._forget_old()

    def _forget_old(self) -> None:
        oldest = time.time() - self._keeping.days * DAY_S
        for number, path in reversed([*enumerate(aside(self.path), 1)]):
            with suppress(OSError):
                if number > self._keeping.files or path.stat().st_mtime < oldest:
                    path.unlink()

    # -- reading ------------------------------------------------------------------------------

    def events(
        self,
        wanted: Wanted = EVERYTHING,
        limit: int | None = 200,
        *,
        until: EventFeed | None = None,
    ) -> list[Event]:
        """The last `limit` events that are wanted (None: all of them), oldest first, without those
        that the feed `until` will bring. Read from the end, so a long log costs no more than a
        short one.
        """
        found: list[Event] = []
        earliest = "" if wanted.since is None else _a_little_before(wanted.since)
        for line in self._backwards(until):
            if limit is not None and len(found) >= limit:
                break
            if not earliest and not wanted.may_fit(line):
                continue
            event = _event(line)
            if event is None:
                continue
            if event.at < earliest:
                break
            if wanted.fits(event):
                found.append(event)
        return found[::-1]

    def story(self, sku: str, limit: int | None = 200) -> list[Event]:
        """The last `limit` events of an item, oldest first, also under the SKU numbers that it had
        before; not those of an item that had its number before it.
        """
        found: list[Event] = []
        for line in self._backwards():
            if limit is not None and len(found) >= limit:
                break
            event = _event(line) if orjson.dumps(sku) in line else None
            if isinstance(event, events.ItemRenamed) and event.before == sku:
                break
            if event is None or getattr(event, "sku", None) != sku:
                continue
            found.append(event)
            if isinstance(event, events.ItemRenamed):
                sku = event.before
        return found[::-1]

    def _backwards(self, until: EventFeed | None = None) -> Iterator[bytes]:
        """All lines, newest first. All files are open before one is read: what is put aside
        meanwhile is not read twice.
        """
        inode, end = (None, None) if until is None else until.position
        with ExitStack() as opened:
            for file in [*_newest_first(self.path, opened)]:
                if inode is None:
                    yield from _lines_backwards(file)
                elif os.fstat(file.fileno()).st_ino == inode:
                    inode = None
                    yield from _lines_backwards(file, end)

    def feed(self) -> EventFeed:
        return EventFeed(self.path)


class EventFeed:
    """Follows the log from now on. `drain` is cheap when nothing happened; use it from one
    thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._at, self._rest = 0, 0, b""
        self._unread: deque[bytes] = deque()
        with ExitStack() as opened:
            for file in _that_can_be_read(_newest_first(path, opened)):
                stat = os.fstat(file.fileno())
                self._inode, self._at = stat.st_ino, stat.st_size
                return

    @property
    def position(self) -> tuple[int, int]:
        """Up to where it has read: the file (its inode, 0 for none) and the place in it."""
        return self._inode, self._at

    def drain(self, most: int | None = None) -> list[Event]:
        """What was logged since the last call, oldest first. No more than `most`, where that is
        given: the others come at the next calls, before the file is looked at again.
        """
        if most is None or not self._unread:
            self._unread.extend(self._new_lines())
        found: list[Event] = []
        while self._unread and (most is None or len(found) < most):
            event = _event(self._unread.popleft())
            if event is not None:
                found.append(event)
        return found

    def _new_lines(self) -> list[bytes]:
        with ExitStack() as opened:
            return self._new_lines_of(_that_can_be_read(_newest_first(self._path, opened)))

    def _new_lines_of(self, files: Iterator[BinaryIO]) -> list[bytes]:
        parts: list[bytes] = []
        newest: os.stat_result | None = None
        for file in files:
            stat = os.fstat(file.fileno())
            newest = newest or stat
            is_the_last = stat.st_ino == self._inode and stat.st_size >= self._at
            start = self._at if is_the_last else 0
            parts.append(_bytes_of(file, max(start, stat.st_size - CATCH_UP), stat.st_size))
            if is_the_last:
                break
        else:
            if self._inode:  # what we read last is gone: the log was deleted and begins anew
                parts, self._rest = parts[:1], b""
        if newest is None:
            return []
        self._inode, self._at = newest.st_ino, newest.st_size
        *lines, self._rest = (self._rest + b"".join(reversed(parts))).split(b"\n")
        return lines

    def close(self) -> None:
        """Nothing is held open between two calls of `drain`."""


# -- files ---------------------------------------------------------------------------------------


def numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def aside(path: Path) -> list[Path]:
    """The files that were put aside, newest first."""
    found: list[Path] = []
    while (older := numbered(path, len(found) + 1)).exists():
        found.append(older)
    return found


def _newest_first(path: Path, opened: ExitStack) -> Iterator[BinaryIO]:
    """The file that is written and those put aside, each once, whatever it is called by now. While
    files are being put aside, one number at a time is nobody's. Raises CannotReadLog.
    """
    missing = 0
    seen: set[int] = set()
    for name in chain([path], map(partial(numbered, path), count(1))):
        try:
            file = opened.enter_context(name.open("rb"))
        except FileNotFoundError:
            missing += 1
            if missing > 1:
                return
            continue
        except OSError as error:
            raise CannotReadLog(file=str(name), detail=error.strerror) from error
        missing = 0
        inode = os.fstat(file.fileno()).st_ino
        if inode not in seen:
            seen.add(inode)
            yield file


def _that_can_be_read(files: Iterator[BinaryIO]) -> Iterator[BinaryIO]:
    with suppress(CannotReadLog):
        yield from files


def _bytes_of(file: BinaryIO, start: int, end: int) -> bytes:
    if end <= start:
        return b""
    file.seek(start)
    return file.read(end - start)


def _lines_backwards(file: BinaryIO, end: int | None = None) -> Iterator[bytes]:
    rest = b""
    at = file.seek(0, os.SEEK_END) if end is None else end
    while at > 0:
        step = min(at, BLOCK)
        at -= step
        file.seek(at)
        rest, *lines = (file.read(step) + rest).split(b"\n")
        yield from (line for line in reversed(lines) if line)
    if rest:
        yield rest


# -- lines ---------------------------------------------------------------------------------------


def _a_little_before(since: str) -> str:
    """Lines are in the order in which they were written, whatever a clock that stepped back says
    of a few of them.
    """
    return iso(parse_iso(since) - timedelta(hours=1))


def _event(line: bytes) -> Event | None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return events.event_from(record) if isinstance(record, dict) else None
