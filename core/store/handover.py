"""Handing the sync over: a service gives it to an app or a command and takes it back, an app gives
it to another app by consent.

    <home>/requests/<id>.json   somebody asks; locked by the asker for as long as it waits
    <home>/requests/<id>.no     the owner would rather not

Kernel locks are the only truth. A request counts while its asker holds its lock; the answer yes
is that the owner's lock becomes free. So a process that is killed, wherever it stands, leaves at
most files that mean nothing, and whoever looks next removes them.

* The owner settles what it has in flight, then releases (`Ownership.release`): that is all.
* The asker takes the lock as soon as it is free. Its request stays until then, so that
* a service that gave it away (`Turns`) does not take it back while anybody asks.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import orjson

from core.clock import Clock
from core.model import Owner, Purpose, owner_from
from core.store.errors import HandoverRefused, HandoverUnanswered
from core.store.files import file_faults, make_private_folder, write_private
from core.store.ownership import Ownership, recorded_owner, this_process

ASK_S = 0.02
LOOK_S = 0.1
"""How often an asker tries the lock, and how often an owner or a waiting service looks."""

PATIENCE_S = 10.0

Pause = Callable[[float], None]


def _never() -> bool:
    return False


def _silent(_: Owner) -> None:
    pass


class Consent(StrEnum):
    YES = "yes"
    ASK = "ask"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who is alive, asks for the sync, and waits."""

    id: str
    asker: Owner


def consent(owner: Purpose, asker: Purpose) -> Consent:
    """What an owner answers: a service gives way to whoever is at a keyboard, an app asks its
    person, a command is over soon anyway.
    """
    if owner is Purpose.COMMAND or asker is Purpose.SERVICE:
        return Consent.WAIT
    return Consent.YES if owner is Purpose.SERVICE else Consent.ASK


# -- asking --------------------------------------------------------------------------------------


def take(
    home: Path,
    purpose: Purpose,
    clock: Clock,
    *,
    patience_s: float = PATIENCE_S,
    pause: Pause = time.sleep,
    given_up: Callable[[], bool] = _never,
    on_waiting: Callable[[Owner], None] = _silent,
) -> Ownership:
    """Own the sync, asking whoever has it. For an app that opens, and (with Purpose.COMMAND) for a
    short command: `with take(...):`.

    `on_waiting` is told who is asked (again, when it is somebody else by now); `given_up` ends the
    waiting. Raises HandoverRefused, HandoverUnanswered after `patience_s` (both are StoreInUse),
    CannotLock.
    """
    held = Ownership.try_acquire(home, purpose, clock)
    if held is not None:
        return held
    with _asking(home, this_process(purpose, clock)) as request_id:
        ends = clock.monotonic() + patience_s
        asked: Owner | None = None
        while True:
            held = Ownership.try_acquire(home, purpose, clock)
            if held is not None:
                return held
            refused_by = _refusal(home, request_id)
            if refused_by is not None:
                raise HandoverRefused(who=refused_by)
            owner = recorded_owner(home)
            if owner.pid and owner != asked:
                asked = owner
                on_waiting(owner)
            if given_up() or clock.monotonic() >= ends:
                raise HandoverUnanswered(who=asked or "?", seconds=round(patience_s))
            pause(ASK_S)


@contextmanager
def _asking(home: Path, asker: Owner) -> Iterator[str]:
    """A request that ends with this block, or with this process."""
    folder = _folder(home)
    make_private_folder(folder)
    request_id = f"{asker.pid}-{os.urandom(6).hex()}"
    fresh, file = folder / f".{request_id}.new", folder / f"{request_id}.json"
    with file_faults(file):
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, orjson.dumps(asdict(asker)))
            fresh.rename(file)  # locked before anybody can see it
        except BaseException:
            fresh.unlink(missing_ok=True)
            os.close(handle)
            raise
    try:
        yield request_id
    finally:
        _forget(file)
        _forget(folder / f"{request_id}.no")
        os.close(handle)


def _refusal(home: Path, request_id: str) -> Owner | None:
    """Who said no."""
    try:
        return owner_from(orjson.loads((_folder(home) / f"{request_id}.no").read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):  # a no by another version of this program
        return recorded_owner(home)


# -- being asked ---------------------------------------------------------------------------------


class Requests:
    """What an owner looks at a few times a second, with the answer no. The answer yes is to settle
    and release the ownership.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = _folder(home)

    def waiting(self) -> list[Request]:
        """Those who ask and are alive, oldest first; refused ones are not waiting any more."""
        if not self._folder.is_dir():
            return []
        names = {file.name for file in self._folder.iterdir()}
        found: list[Request] = []
        for name in names:
            request_id, _, kind = name.rpartition(".")
            if kind == "no" and f"{request_id}.json" not in names:
                _forget(self._folder / name)
            if kind == "json" and not request_id.startswith("."):
                asker = self._alive(request_id)
                if asker is not None and f"{request_id}.no" not in names:
                    found.append(Request(request_id, asker))
        return sorted(found, key=lambda request: (request.asker.since, request.id))

    def refuse(self, request: Request, owner: Owner) -> None:
        write_private(self._folder / f"{request.id}.no", orjson.dumps(asdict(owner)))

    def _alive(self, request_id: str) -> Owner | None:
        file = self._folder / f"{request_id}.json"
        try:
            handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            if not _is_locked(handle):
                _forget(file)
                return None
            return owner_from(orjson.loads(os.read(handle, 10_000)))
        except (ValueError, TypeError, KeyError):
            return None
        finally:
            os.close(handle)


class Turns:
    """The service's turns: own the sync, hand it over when asked, wait, own it again.

        turns = Turns(home, clock)
        while (held := turns.next(stop)) is not None:
            with held:
                ... start the engines
                turns.until_asked(stop)
                ... stop the engines, settling what is in flight

    Both methods block; `stop` is asked ten times a second.
    """

    def __init__(self, home: Path, clock: Clock, pause: Pause = time.sleep) -> None:
        self._home = home
        self._clock = clock
        self._pause = pause
        self._requests = Requests(home)

    def next(self, stop: Callable[[], bool] = _never) -> Ownership | None:
        """Own the sync as soon as nobody else does and nobody asks for it; None: told to stop."""
        while not stop():
            if not self._requests.waiting():
                held = Ownership.try_acquire(self._home, Purpose.SERVICE, self._clock)
                if held is not None:
                    return held
            self._pause(LOOK_S)
        return None

    def until_asked(self, stop: Callable[[], bool] = _never) -> Request | None:
        """Return when somebody asks who gets it from a service; None: told to stop."""
        while not stop():
            for request in self._requests.waiting():
                if consent(Purpose.SERVICE, request.asker.purpose) is Consent.YES:
                    return request
            self._pause(LOOK_S)
        return None


# -- inside --------------------------------------------------------------------------------------


def _folder(home: Path) -> Path:
    return home / "requests"


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _forget(file: Path) -> None:
    with suppress(OSError):  # it means nothing any more, whether it goes or not
        file.unlink(missing_ok=True)
