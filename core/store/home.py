"""The data directory: which brands there are, and where each one's files lie.

    <home>/brands/<brand id>/brand.json, inventory.db, secrets.json      (0700, files 0600)

A brand appears at once and whole: its folder is made beside and then renamed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from core.clock import Clock
from core.model import Brand
from core.store.brand import BrandStore
from core.store.errors import CannotLock, Damaged, EmptyName, NameTaken, UnknownBrand
from core.store.files import file_faults, make_private_folder, sync_folder, write_private
from core.store.records import folded
from core.store.sqlite import BUSY_S

INVENTORY_FILE = "inventory.db"


class Home:
    """Makes the folder where it is missing. `new_id` makes the ids of brands and locations."""

    def __init__(
        self, path: Path, clock: Clock, new_id: Callable[[], str], busy_s: float = BUSY_S
    ) -> None:
        self.path = path
        self._clock = clock
        self._new_id = new_id
        self._busy_s = busy_s
        self._brands = path / "brands"
        make_private_folder(self._brands)

    def brands(self) -> tuple[Brand, ...]:
        """By name."""
        with file_faults(self._brands):
            files = [*self._brands.glob("[!.]*/brand.json")]
        return tuple(sorted((_read(file) for file in files), key=lambda brand: brand.name))

    def add(self, name: str) -> Brand:
        """Raises EmptyName, NameTaken (names that differ only by case or width are the same)."""
        name = name.strip()
        if not name:
            raise EmptyName(what="name of the brand")
        with self._alone():
            if any(folded(brand.name) == folded(name) for brand in self.brands()):
                raise NameTaken(what="brand", name=name)
            brand = Brand(self._new_id(), name)
            self._make(brand)
        return brand

    def open(self, brand: Brand) -> BrandStore:
        folder = self.folder(brand)
        if not (folder / "brand.json").is_file():
            raise UnknownBrand(brand=brand.name)
        return self._open_in(folder, brand)

    def folder(self, brand: Brand) -> Path:
        return self._brands / brand.id

    def _make(self, brand: Brand) -> None:
        fresh = self._brands / f".{brand.id}.new"
        make_private_folder(fresh)
        try:
            self._open_in(fresh, brand).close()
            record = orjson.dumps({"id": brand.id, "name": brand.name})
            write_private(fresh / "brand.json", record)
            with file_faults(self._brands):
                fresh.rename(self.folder(brand))
                sync_folder(self._brands)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def _open_in(self, folder: Path, brand: Brand) -> BrandStore:
        file = folder / INVENTORY_FILE
        return BrandStore.open(file, self._clock, self._new_id, self._busy_s, brand.name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time may add a brand."""
        with file_faults(self._brands):
            handle = os.open(self._brands / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
            except OSError as error:
                raise CannotLock(folder=str(self.path), detail=error.strerror) from error
            yield
        finally:
            os.close(handle)


def _read(file: Path) -> Brand:
    with file_faults(file):
        content = file.read_bytes()
    try:
        record = orjson.loads(content)
        return Brand(record["id"], record["name"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Damaged(file=str(file), detail=str(error)) from error
