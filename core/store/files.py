"""Small private files: written whole or not at all, readable by their owner only.

Not for the inventory, which SQLite keeps.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import UserMustAct
from core.store.errors import CannotWrite, DiskFailed, DiskFull

OTHERS = 0o077


@contextmanager
def file_faults(path: Path) -> Iterator[None]:
    """Turn the system's refusals into ours, naming the file."""
    try:
        yield
    except OSError as error:
        raise fault_of(error, path) from error


def fault_of(error: OSError, path: Path) -> UserMustAct:
    detail = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(file=str(path))
    if error.errno == errno.EIO:
        return DiskFailed(file=str(path), detail=detail)
    return CannotWrite(file=str(path), detail=detail)


def make_private_folder(path: Path) -> None:
    """The folder and its missing parents, closed to other users from their first moment on."""
    with file_faults(path):
        for folder in [*reversed(path.parents), path]:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Replace the file at once; after a crash it is the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with file_faults(path):
        try:
            handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were just given or taken away in the folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
