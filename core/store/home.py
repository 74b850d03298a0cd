"""The data directory: which brands there are, and where each one's files lie.

    <home>/brands/<brand id>/brand.json, inventory.db, secrets.json      (0700, files 0600)

A brand appears at once and whole: its folder is made beside and then renamed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from core.clock import Clock
from core.errors import N_
from core.model import Brand
from core.store.brand import BrandStore
from core.store.errors import CannotLock, Damaged, EmptyName, NameTaken, UnknownBrand
from core.store.files import file_faults, make_private_folder, sync_folder, write_private
from core.store.records import folded
from core.store.sqlite import BUSY_S

INVENTORY_FILE = "inventory.db"

LEAST_BYTES = 512
"""Fewer bytes than SQLite's smallest page are no file of it."""


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
        """By name. One whose name cannot be read has that of its folder, and cannot be opened."""
        with file_faults(self._brands):
            files = [*self._brands.glob("[!.]*/brand.json")]
        return tuple(sorted(map(_read_or_folder, files), key=lambda brand: brand.name))

    def add(self, name: str) -> Brand:
        """Raises EmptyName, NameTaken (names that differ only by case or width are the same)."""
        name = name.strip()
        if not name:
            raise EmptyName(what=N_("name of the brand"))
        with self._alone():
            if any(folded(brand.name) == folded(name) for brand in self.brands()):
                raise NameTaken(what=N_("brand"), name=name)
            brand = Brand(self._new_id(), name)
            self._make(brand)
        return brand

    def open(self, brand: Brand) -> BrandStore:
        """Raises UnknownBrand, Damaged (also where the inventory is gone: no empty one takes its
        place), NewerFile, CannotOpen.
        """
        folder = self.folder(brand)
        if not (folder / "brand.json").is_file():
            raise UnknownBrand(brand=brand.name)
        _read(folder / "brand.json")
        _require_whole(folder / INVENTORY_FILE)
        return self._open_in(folder, brand)

    def set_aside(self, brand: Brand) -> Path:
        """Put a damaged inventory aside, so that a backup can be brought back into an empty one;
        gives where it is now. Nobody else may have it open: hold the ownership.
        """
        file = self.folder(brand) / INVENTORY_FILE
        aside = file.with_name(f"{file.name}.damaged-{self._clock.now():%Y%m%dT%H%M%SZ}")
        with file_faults(file):
            for companion in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):
                    Path(f"{file}{companion}").rename(f"{aside}{companion}")
            sync_folder(file.parent)
        self._open_in(self.folder(brand), brand).close()
        return aside

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


def _require_whole(file: Path) -> None:
    """A brand has had an inventory since its first moment; SQLite would make a new one."""
    with file_faults(file):
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            raise Damaged(file=str(file), detail=N_("it is gone")) from None
    if size < LEAST_BYTES:
        raise Damaged(file=str(file), detail="it is empty")


_NO_NAME = N_('it must tell the folder\'s name and the brand\'s, as {"id": …, "name": …}')


def _read(file: Path) -> Brand:
    with file_faults(file):
        content = file.read_bytes()
    try:
        record = orjson.loads(content)
        brand_id, name = record["id"], record["name"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Damaged(file=str(file), detail=_NO_NAME) from error
    if not (isinstance(brand_id, str) and isinstance(name, str) and name):
        raise Damaged(file=str(file), detail=_NO_NAME)
    return Brand(brand_id, name)


def _read_or_folder(file: Path) -> Brand:
    try:
        return _read(file)
    except Damaged:
        return Brand(file.parent.name, file.parent.name)
