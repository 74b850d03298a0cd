"""What the store's tests start from: a clock that stands still, and small stores."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.model import Cause, CauseKind, Item, Label, LevelKey, Location
from core.store import BrandStore
from core.store.schema import Schema
from core.store.table import DocumentDB

ROOT = Path(__file__).parents[2]

SMALL = Schema(version=1, tables={"things": ("colour",), "others": ()})


class StandingClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds)

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def counting_ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"id-{next(numbers)}"


def open_db(folder: Path, schema: Schema = SMALL, busy_s: float = 5.0) -> DocumentDB:
    return DocumentDB(folder / "small.db", schema, busy_s)


def open_store(folder: Path, clock: StandingClock | None = None) -> BrandStore:
    return BrandStore.open(folder / "inventory.db", clock or StandingClock(), counting_ids())


BY_HAND = Cause(CauseKind.SET, "ann", reason="counted")


def stocked(store: BrandStore, *skus: str) -> Location:
    """A label `good`, one location and these items."""
    store.add_label(Label("good", "Good stock"))
    store.put_items(Item(sku, name=f"Name of {sku}") for sku in skus)
    return store.add_location("Warehouse")


def at(location: Location, sku: str, label: str = "good") -> LevelKey:
    return LevelKey(sku, location.id, label)


class Oops(Exception):
    """What goes wrong in the middle of something."""


@contextmanager
def undone(db: DocumentDB) -> Iterator[None]:
    """A transaction that fails at its end."""
    with pytest.raises(Oops), db.transaction():  # noqa: PT012 - the end is what must fail
        yield
        raise Oops
