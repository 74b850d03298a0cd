"""Files whose names people type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.errors import N_, BadInput
from core.workspace import FileIsThere, file_faults


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
    with file_faults(path):
        try:
            out = path.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            raise FileIsThere(file=str(path)) from None
        with out:
            yield out
