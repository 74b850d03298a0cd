"""A few words that are kept from one process to the next. Losing them costs time, nothing more.

the id of a bulk operation under way    so that it is gone on with
until when the shop wants to be left    so that a command after a command does not ask earlier
"""

from __future__ import annotations

from typing import Protocol


class Note(Protocol):
    def kept(self) -> str | None: ...

    def keep(self, text: str | None) -> None: ...


class NoteInMemory:
    def __init__(self) -> None:
        self._text: str | None = None

    def kept(self) -> str | None:
        return self._text

    def keep(self, text: str | None) -> None:
        self._text = text
