"""Small files that tell whoever looks how things are. Losing one costs nothing, so they are not
synced, and a disk that is full or a folder that may not be written stops neither the sync nor a
change: it is said once, in the program's own log. Nobody else may read them, as all that is kept.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_told: set[Path] = set()


def write_note(path: Path, content: bytes) -> None:
    """Replace the file whole, where that can be done."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError as error:
        cannot_write(path, error)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    else:
        _told.discard(path)


def cannot_write(path: Path, error: OSError) -> None:
    """Say it, but not every time."""
    if path in _told:
        return
    import logging  # here: it is seldom needed

    _told.add(path)
    logging.getLogger(__name__).warning("%s cannot be written: %s", path, error.strerror)
