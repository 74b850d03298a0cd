"""How loud an event is. Apart from the events, for those who only name levels."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
