"""Backups: one consistent file of a brand's inventory, made while everything goes on.

A backup is an ordinary SQLite file of ours without companions, complete and checked before it gets
its name. It holds the connection (which shop) and no secret; with a passphrase, it holds them
encrypted (`core.store.sealing`). `core.store.restore` brings it back.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path

import orjson

from core.clock import Clock, iso
from core.errors import N_
from core.store.errors import (
    CannotOpen,
    Damaged,
    FileIsThere,
    NewerFile,
    NoBackup,
    NoSecretsInBackup,
    SealDamaged,
)
from core.store.files import file_faults, make_private_folder, sync_folder
from core.store.rows import Doc
from core.store.schema import APPLICATION_ID, INVENTORY
from core.store.sqlite import SqliteFile, fault_in

STAMP = "backup"
"""The document of `meta` that says whose backup it is, and of when."""

NOT_OURS = N_("it is not a file of dextre-sync")
SEALED = "sealed_secrets"
"""The document of `meta` that holds encrypted secrets. In backups only."""

LEVELS = (
    "SELECT count(*) FROM levels, json_each(levels.doc) AS label, json_each(label.value) AS place"
)


@dataclass(frozen=True, slots=True)
class BackupFile:
    """What a backup is. `at` (ISO) and `brand` are empty where the file does not say so: then it
    is a copy of an inventory file that was made by other means.
    """

    path: Path
    brand: str
    at: str
    version: int
    shop_id: str
    shop_name: str
    labels: int
    locations: int
    items: int
    levels: int
    mappings: int
    movements: int
    has_secrets: bool = False

    @classmethod
    def inspect(cls, path: Path) -> BackupFile:
        """Read it, change nothing. Raises CannotOpen, Damaged, NewerFile."""
        with _reading(path) as db:
            version = _version_of(path, db)
            stamp, connection = _meta(path, db, STAMP), _meta(path, db, "connection")
            counts = {
                name: int(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - names of our own
                for name in ("labels", "locations", "items", "mappings", "movements")
            }
            return cls(
                path=path,
                brand=stamp.get("brand", ""),
                at=stamp.get("at", ""),
                version=version,
                shop_id=connection.get("shop_id", ""),
                shop_name=connection.get("shop_name", ""),
                has_secrets=_has(db, SEALED),
                levels=int(db.execute(LEVELS).fetchone()[0]),
                **counts,
            )


def write_backup(
    file: SqliteFile,
    target: Path,
    brand: str,
    moment: datetime,
    *,
    overwrite: bool,
    sealed: Doc | None = None,
) -> None:
    """The file as it is at one moment, at `target`, readable by its owner only, on disk when this
    returns; with secrets where they are given, encrypted already. Raises FileIsThere, DiskFull,
    CannotWrite, Damaged; then there is no new file.
    """
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    with _reserved(target, overwrite), file_faults(target):
        try:
            os.close(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_NOFOLLOW, 0o600))
            with fault_in(target), closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
                copy.execute("PRAGMA synchronous = OFF")  # synced whole below
                file.copy_to(copy)
                _finish(copy, target, {STAMP: {"brand": brand, "at": iso(moment)}, SEALED: sealed})
            _sync(fresh)
            fresh.replace(target)
            sync_folder(target.parent)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise


def path_by_hand(folder: Path, moment: datetime) -> Path:
    """A dated name in the folder that no file has yet. Such a backup stays when the automatic ones
    go.
    """
    name = f"{moment:%Y%m%dT%H%M%S}Z-by-hand"
    numbered = (folder / f"{name}-{number}.db" for number in count(2))
    return next(path for path in chain([folder / f"{name}.db"], numbered) if not path.exists())


def copy_for_reading(path: Path, target: Path) -> None:
    """A backup as a file of its own that may be migrated. Raises as `BackupFile.inspect`."""
    with _reading(path) as db:
        _version_of(path, db)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            db.backup(copy)
            _check(copy, path)


class AutomaticBackups:
    """The dated backups in one folder, made before what cannot be undone otherwise."""

    def __init__(self, folder: Path, clock: Clock, keep: int = 10) -> None:
        self.folder = folder
        self._clock = clock
        self._keep = keep

    def write(self, file: SqliteFile, what: str, brand: str) -> Path:
        """`what` becomes part of the name; gives the path. The oldest ones beyond `keep` go."""
        make_private_folder(self.folder)
        moment = self._clock.now()
        name = f"{moment:%Y%m%dT%H%M%S}Z-before-{what}"
        target = self.folder / f"{name}.db"
        for number in range(2, 1000):
            try:
                write_backup(file, target, brand, moment, overwrite=False)
                break
            except FileIsThere:  # two in one second
                target = self.folder / f"{name}-{number}.db"
        self._forget_old()
        return target

    def files(self) -> list[Path]:
        """Oldest first."""
        found = self.folder.glob("[0-9]*Z-before-*.db")
        return sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name))

    def _forget_old(self) -> None:
        for file in self.files()[: -self._keep]:
            with suppress(OSError):  # one too many is no reason to fail
                file.unlink()


# -- inside --------------------------------------------------------------------------------------


@contextmanager
def _reserved(target: Path, overwrite: bool) -> Iterator[None]:
    """Take the name before the work, so that nobody's file is replaced; give it back on failure."""
    with file_faults(target):
        ours = _created(target)
    if not ours and not overwrite:
        raise FileIsThere(file=str(target))
    try:
        yield
    except BaseException:
        if ours:
            target.unlink(missing_ok=True)
        raise


def _created(target: Path) -> bool:
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return False
    return True


def _finish(copy: sqlite3.Connection, target: Path, notes: Mapping[str, Doc | None]) -> None:
    """`notes`: documents of `meta` that a backup has beside its inventory, or has not."""
    copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
    for name, doc in notes.items():
        copy.execute("DELETE FROM meta WHERE id = ?", (name,))
        if doc is not None:
            text = orjson.dumps(doc).decode()
            copy.execute("INSERT INTO meta (id, doc) VALUES (?, ?)", (name, text))
    _check(copy, target)


def _check(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Damaged(file=str(path), detail=str(found))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise CannotOpen(file=str(path), detail=N_("there is no such file"))
    try:
        with (
            fault_in(path),
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db,
        ):
            yield db
    except Damaged as error:
        raise NoBackup(file=str(path), detail=_in_our_words(error)) from error


def _in_our_words(error: Damaged) -> str:
    """What SQLite says of a damaged file is no text of ours."""
    if isinstance(error.__cause__, sqlite3.DatabaseError):
        name = error.__cause__.sqlite_errorname
        return NOT_OURS if name == "SQLITE_NOTADB" else N_("its contents are damaged")
    return str(error.params["detail"])


def _version_of(path: Path, db: sqlite3.Connection) -> int:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NoBackup(file=str(path), detail=NOT_OURS)
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > INVENTORY.version:
        raise NewerFile(file=str(path), found=version, known=INVENTORY.version)
    return version


def sealed_in(path: Path) -> tuple[Doc, str]:
    """The encrypted secrets of a backup, and the id of the shop that they belong to. Raises
    NoSecretsInBackup, and as `BackupFile.inspect`.
    """
    with _reading(path) as db:
        _version_of(path, db)
        if not _has(db, SEALED):
            raise NoSecretsInBackup(file=str(path))
        try:
            sealed = _meta(path, db, SEALED)
        except Damaged as error:
            raise SealDamaged(file=str(path)) from error
        return sealed, _meta(path, db, "connection").get("shop_id", "")


def _has(db: sqlite3.Connection, name: str) -> bool:
    return db.execute("SELECT 1 FROM meta WHERE id = ?", (name,)).fetchone() is not None


def _meta(path: Path, db: sqlite3.Connection, name: str) -> Doc:
    """Empty where there is none."""
    found = db.execute("SELECT doc FROM meta WHERE id = ?", (name,)).fetchone()
    try:
        doc = orjson.loads(found[0]) if found else {}
    except orjson.JSONDecodeError:
        doc = None
    if not isinstance(doc, dict):
        raise Damaged(file=str(path), detail=f"document {name!r} of meta")
    return doc
