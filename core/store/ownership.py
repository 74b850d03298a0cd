"""Who runs the sync engine on a data directory: one process at a time.

A kernel lock on `<home>/owner.lock`, which a killed process cannot leave behind, and
`<home>/owner.json` beside it, which says who holds it. The file alone means nothing. Not needed
for reading, nor for a short change: the inventory file orders those by itself.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import orjson

from core.clock import Clock, iso
from core.errors import StoreInUse
from core.model import Owner, Purpose, owner_from
from core.store.errors import CannotLock
from core.store.files import file_faults, make_private_folder, write_private

PROBES = 20
PROBE_S = 0.01
"""`holder` takes a shared lock for a moment; an acquiring process must not take it for an
owner."""


class Ownership:
    """Held from `acquire` to `release`, or to the end of the process, however it ends."""

    def __init__(self, home: Path, owner: Owner, handle: int) -> None:
        self.owner = owner
        self._home = home
        self._handle: int | None = handle

    @classmethod
    def acquire(
        cls,
        home: Path,
        purpose: Purpose,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> Ownership:
        """Raises StoreInUse(who=…) at once where another process owns the sync, CannotLock where
        the folder cannot lock. To ask the owner for it: `core.store.handover.take`.
        """
        for _ in range(PROBES):
            held = cls.try_acquire(home, purpose, clock)
            if held is not None:
                return held
            pause(PROBE_S)
        raise StoreInUse(who=recorded_owner(home))

    @classmethod
    def try_acquire(cls, home: Path, purpose: Purpose, clock: Clock) -> Ownership | None:
        """None where another process has it (or looks at it at this very moment)."""
        make_private_folder(home)
        handle = _open_lock(home)
        try:
            if not _try(home, handle, fcntl.LOCK_EX):
                os.close(handle)
                return None
            owner = this_process(purpose, clock)
            write_private(_record(home), orjson.dumps(asdict(owner)))
        except BaseException:
            os.close(handle)
            raise
        return cls(home, owner, handle)

    @staticmethod
    def holder(home: Path) -> Owner | None:
        """Who owns the sync now; None where nobody does."""
        if not _lock_file(home).exists():
            return None
        handle = _open_lock(home)
        try:
            return None if _try(home, handle, fcntl.LOCK_SH) else recorded_owner(home)
        finally:
            os.close(handle)

    def __enter__(self) -> Ownership:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        with suppress(OSError):  # it means nothing without the lock
            _record(self._home).unlink(missing_ok=True)
        os.close(handle)


def _lock_file(home: Path) -> Path:
    return home / "owner.lock"


def _record(home: Path) -> Path:
    return home / "owner.json"


def _open_lock(home: Path) -> int:
    path = _lock_file(home)
    with file_faults(path):
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def _try(home: Path, handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise CannotLock(folder=str(home), detail=error.strerror or str(error)) from error
    return True


def recorded_owner(home: Path) -> Owner:
    """What the record says. Between the lock and the record there is a moment without one."""
    try:
        return owner_from(orjson.loads(_record(home).read_bytes()))
    except (OSError, ValueError, TypeError, KeyError):
        return Owner("?", 0, "", "?", Purpose.SERVICE)


def this_process(purpose: Purpose, clock: Clock) -> Owner:
    return Owner(_user(), os.getpid(), _tty(), iso(clock.now()), purpose)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return str(os.getuid())


def _tty() -> str:
    for handle in (0, 1, 2):
        with suppress(OSError):
            return os.ttyname(handle)
    return ""
