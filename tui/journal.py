"""Log lines as systemd's journal takes them.

prefixed   `<6>text`: what a service writes to standard output; systemd reads the priority
exported   the journal export format: every field of an event, and when it happened
           (https://systemd.io/JOURNAL_EXPORT_FORMATS), for systemd-journal-remote
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TextIO

from core.clock import parse_iso

if TYPE_CHECKING:
    from core.sync.events import Event

IDENTIFIER = "dextre-sync"
PRIORITIES: Mapping[str, int] = {"debug": 7, "info": 6, "warning": 4, "error": 3}
"""syslog's numbers; our levels have no others."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether what is written here goes to the journal: systemd says which file that is."""
    told = environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{found.st_dev}:{found.st_ino}"


def prefixed(text: str, level: str = "info") -> str:
    return f"<{PRIORITIES[level]}>{text}"


def exported(event: Event, text: str) -> bytes:
    """One entry with its closing empty line. `text` is the event in words."""
    return b"".join(_field(name, value) for name, value in _fields(event, text)) + b"\n"


def _fields(event: Event, text: str) -> Iterator[tuple[str, str]]:
    yield "__REALTIME_TIMESTAMP", str((parse_iso(event.at) - _EPOCH) // timedelta(microseconds=1))
    yield "PRIORITY", str(PRIORITIES[event.level.value])
    yield "SYSLOG_IDENTIFIER", IDENTIFIER
    yield "MESSAGE", text
    for name, value in event.record().items():
        yield f"DEXTRE_{name.upper()}", _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _field(name: str, value: str) -> bytes:
    """A value with a line break goes with its length in front."""
    data = value.encode("utf-8", "replace")
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
