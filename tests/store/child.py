"""What the other process does in test_processes.py: `python -m tests.store.child WHAT FOLDER …`.

Prints one line for each thing that is done, as soon as it is done.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from core.clock import SystemClock
from core.errors import DextreError, StoreInUse
from core.model import LevelKey
from core.store import BrandStore, Ownership, Purpose, Turns, take
from tests.store.given import BY_HAND, counting_ids


def say(*words: object) -> None:
    print(*words, flush=True)


def store_in(folder: Path) -> BrandStore:
    return BrandStore.open(folder / "inventory.db", SystemClock(), counting_ids())


def transfer(folder: Path) -> None:
    """For ever: one unit from A to B, and a note of it, in one transaction."""
    store = store_in(folder)
    place = store.locations()[0].id
    number = len(store._db.table("runs"))
    while True:
        with store.books.transaction() as tx:
            for sku, delta in (("A", -1), ("B", 1)):
                tx.set_level(
                    sku, place, "good", (tx.level(sku, place, "good") or 0) + delta, BY_HAND
                )
            store._db.table("runs").put(f"{number:08}", {"at": "x"})
        say(number)
        number += 1


def count(folder: Path, times: str) -> None:
    """Add one to the level of A, many times."""
    store = store_in(folder)
    key = LevelKey("A", store.locations()[0].id, "good")
    say("ready")
    sys.stdin.readline()
    for _ in range(int(times)):
        store.adjust_level(key, 1, BY_HAND)
    store.close()


def fill(folder: Path) -> None:
    """Write until the file may not grow any more, then once again."""
    store = store_in(folder)
    place = store.locations()[0].id
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    for n in range(100_000):
        try:
            store.set_level(LevelKey("A", place, "good"), n, BY_HAND)
        except DextreError as error:
            say(type(error).__name__, n)
            break
    try:
        store.set_level(LevelKey("A", place, "good"), -1, BY_HAND)
    except DextreError as error:
        say(type(error).__name__, store.levels_of("A")[0].quantity)


def own(folder: Path) -> None:
    """Own the sync until told to stop."""
    Ownership.acquire(folder, Purpose.SERVICE, SystemClock())
    say("owner")
    sys.stdin.readline()


def serve(folder: Path) -> None:
    """A service: own the sync, hand it over when asked, take it back, for ever."""
    turns = Turns(folder, SystemClock())
    while True:
        held = turns.next()
        assert held is not None
        with held:
            say("owns", time.monotonic())
            turns.until_asked()
            say("settled", time.monotonic())


def borrow(folder: Path, purpose: str) -> None:
    """Ask for the sync, keep it until told to stop."""
    begun = time.monotonic()
    try:
        with take(folder, Purpose(purpose), SystemClock(), on_waiting=lambda o: say("asks", o.pid)):
            say("owns", time.monotonic(), time.monotonic() - begun)
            sys.stdin.readline()
            say("settled", time.monotonic())
    except StoreInUse as error:
        say(type(error).__name__)


if __name__ == "__main__":
    what, folder, *rest = sys.argv[1:]
    doings: dict[str, Callable[..., None]] = {
        "transfer": transfer,
        "count": count,
        "fill": fill,
        "own": own,
        "serve": serve,
        "borrow": borrow,
    }
    doings[what](Path(folder), *rest)
