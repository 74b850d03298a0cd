"""Files whose names people type."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.errors import N_, BadInput

STDOUT = Path("-")
"""What people write for standard output."""

WITH_MARK = "utf-8-sig"
"""Spreadsheets know UTF-8 by the byte order mark; without it Japanese becomes unreadable there."""


class UnknownHomeFolder(BadInput):
    code = "unknown_home_folder"
    message = N_("%(path)s: nobody here has a home folder of that name.")
    remedy = N_("Write the path from / on, or begin it with ~/ for your own home folder.")


def path_of(text: str) -> Path:
    """A path as it was typed. Raises UnknownHomeFolder."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:
        raise UnknownHomeFolder(path=str(path)) from None


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """To write a CSV file into, where there is none. Raises FileIsThere, CannotWrite, DiskFull."""
    from core.workspace import FileIsThere, file_faults

    with file_faults(path):
        try:
            out = path.open("x", encoding=WITH_MARK, newline="")
        except FileExistsError:
            raise FileIsThere(file=str(path)) from None
        with out:
            yield out


@contextmanager
def replaced_file(path: Path) -> Iterator[TextIO]:
    """To write a CSV file into, in the place of what is there; whole or not at all, except into a
    device. Raises CannotWrite, DiskFull.
    """
    from core.workspace import file_faults

    with file_faults(path):
        target = path.resolve()  # a link stays one
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8", newline="") as out:
                yield out
            return
        fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            with fresh.open("w", encoding=WITH_MARK, newline="") as out:
                yield out
            if target.exists():
                fresh.chmod(target.stat().st_mode & 0o7777)
            fresh.replace(target)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
