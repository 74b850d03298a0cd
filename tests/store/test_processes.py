"""Real processes: killed, side by side, out of room."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import StoreInUse
from core.store import BrandStore, Ownership, Purpose
from tests.store.given import BY_HAND, ROOT, StandingClock, at, open_store, stocked

pytestmark = pytest.mark.system


@contextmanager
def child(what: str, folder: Path, *rest: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.store.child", what, str(folder), *rest]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def quantities(store: BrandStore) -> dict[str, int]:
    return {level.key.sku_number: level.quantity for level in store.levels()}


def replayed(store: BrandStore, sku: str) -> int | None:
    movements = [*reversed(store.movements(sku, limit=1_000_000))]
    for before, after in itertools.pairwise(movements):
        assert after.before == before.after
    return movements[-1].after if movements else None


def test_processes_that_change_the_same_level_lose_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    key = at(stocked(store, "A"), "A")
    store.set_level(key, 0, BY_HAND)
    with child("count", tmp_path, "150") as one, child("count", tmp_path, "150") as other:
        assert (line(one), line(other)) == ("ready", "ready")
        tell(one)
        tell(other)
        for _ in range(150):
            store.adjust_level(key, 1, BY_HAND)
        assert (one.wait(60), other.wait(60)) == (0, 0)
    assert quantities(store) == {"A": 450}
    assert len(store.movements("A", limit=1000)) == 451
    assert replayed(store, "A") == 450
    store.close()


def test_reading_goes_on_beside_a_busy_writer(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    place = stocked(store, "A", "B")
    store.set_level(at(place, "A"), 1000, BY_HAND)
    store.set_level(at(place, "B"), 0, BY_HAND)
    with child("transfer", tmp_path) as process:
        seen = set()
        for _ in range(100):
            line(process)
            with store.books.view() as view:
                a, b = view.level("A", place.id, "good"), view.level("B", place.id, "good")
            assert (a or 0) + (b or 0) == 1000  # never half of a transfer
            seen.add(b)
        assert len(seen) > 50
    store.close()


def test_a_file_that_may_not_grow_loses_nothing_acknowledged(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    stocked(store, "A")
    store.close()
    with child("fill", tmp_path) as process:
        error, failed_at = line(process).split()
        again, still = line(process).split()
    assert (error, again) == ("DiskFailed", "MustReopen")
    last = int(failed_at) - 1
    assert last > 10
    assert int(still) == last
    store = open_store(tmp_path)
    assert quantities(store) == {"A": last}
    assert replayed(store, "A") == last
    store.check()
    store.close()


def test_a_killed_owner_frees_the_sync_at_once(tmp_path: Path) -> None:
    with child("own", tmp_path) as process:
        assert line(process) == "owner"
        holder = Ownership.holder(tmp_path)
        assert holder is not None
        assert (holder.pid, holder.purpose) == (process.pid, Purpose.SERVICE)
        with pytest.raises(StoreInUse, match=f"pid {process.pid}"):
            Ownership.acquire(tmp_path, Purpose.APP, StandingClock())
        process.kill()
        process.wait()
        assert Ownership.holder(tmp_path) is None
        Ownership.acquire(tmp_path, Purpose.APP, StandingClock()).release()
