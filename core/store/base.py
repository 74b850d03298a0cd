"""What all parts of a brand's store stand on: the database, its tables, and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Self, TypeVar

from core.clock import Clock
from core.errors import N_
from core.store import figures
from core.store.books import StoreBooks, Tx, View
from core.store.errors import Damaged
from core.store.rows import Doc
from core.store.schema import INVENTORY
from core.store.sqlite import BUSY_S
from core.store.table import DocumentDB, DocumentTable

T = TypeVar("T")


class StoreBase:
    """`new_id` makes the ids of locations; `brand` is the brand's name, for its backups."""

    def __init__(
        self, db: DocumentDB, clock: Clock, new_id: Callable[[], str], brand: str = ""
    ) -> None:
        self._db = db
        self._clock = clock
        self._new_id = new_id
        self._brand = brand
        self.books = StoreBooks(db, clock)

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Clock,
        new_id: Callable[[], str],
        busy_s: float = BUSY_S,
        brand: str = "",
    ) -> Self:
        """The inventory file at `path`, made where there is none. Raises CannotOpen, Damaged,
        NewerFile.
        """
        return cls(DocumentDB(path, INVENTORY, busy_s), clock, new_id, brand)

    @property
    def path(self) -> Path:
        return self._db.file.path

    def close(self) -> None:
        """Waits for what was submitted."""
        self._db.close()

    def check(self) -> None:
        """Read the whole file; raises Damaged."""
        self._db.file.check()
        with self._db.snapshot() as now:
            if figures.read(now.source) != figures.counted_anew(now.source):
                raise Damaged(file=str(self.path), detail=N_("its figures do not fit its rows"))

    def submit(self, work: Callable[[Tx], T]) -> Future[T]:
        """`books.commit` for those without an event loop."""
        return self._db.submit(lambda: work(self._tx()))

    def _tx(self) -> Tx:
        return self.books.begun()

    def _table(self, name: str) -> DocumentTable:
        return self._db.table(name)

    @property
    def _now(self) -> View:
        return View(self._db)

    def _put_batches(self, name: str, pairs: Iterable[tuple[str, Doc]]) -> int:
        count = 0

        def counted() -> Iterator[tuple[str, Doc]]:
            nonlocal count
            for pair in pairs:
                count += 1
                yield pair

        with self._db.transaction():
            self._table(name).change(counted())
        return count
