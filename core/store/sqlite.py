"""One SQLite file, used safely by many threads and processes. Knows SQL, not documents.

* One connection writes, under a lock of this process and `BEGIN IMMEDIATE` for the others: what
  is read inside a transaction cannot change before it commits, so no update is lost.
* Reading takes a connection from a pool: readers never wait for a writer (WAL). Nothing is kept
  in memory, so another process's commit is seen at once and memory and disk cannot disagree.
* A commit is on the disk when it returns (synchronous=FULL). After an I/O failure nobody knows
  what reached it; nothing more is written until the file is opened again.

Results are always fetched whole and in bounded pages: an open cursor would keep an old picture
alive and hold up checkpoints.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from core.errors import N_, DextreError, OurBug
from core.store.errors import (
    CannotOpen,
    CannotWrite,
    Damaged,
    DiskFailed,
    DiskFull,
    FileGone,
    MustReopen,
    NewerFile,
    StoreBusy,
    StoreClosed,
)
from core.store.files import file_faults
from core.store.schema import APPLICATION_ID, Schema

BUSY_S = 30.0
"""How long one change waits for another's; longer than the largest import takes."""

WAL_KEPT = 64 << 20
"""Bytes of write-ahead log that stay allocated after a large change."""

WRITER_CACHE = 64 << 20
"""Bytes of pages that the writer keeps at most. A mass change comes back to each page of the cells
and their indexes: with SQLite's own 2 MB it would read most of them again for each commit.
"""

WAL_TRIES = 10

OLDEST = (3, 33)
"""The first SQLite with UPDATE … FROM; generated columns and upserts are older."""

Params = tuple[Any, ...]


class Source(Protocol):
    """Where rows are read from: the file as it is now, or one picture of it."""

    path: Path

    def rows(self, sql: str, params: Params = ()) -> list[Any]: ...


class SqliteFile:
    """Opens (creating or migrating where needed); `close` when done."""

    def __init__(self, path: Path, schema: Schema, busy_s: float = BUSY_S) -> None:
        self.path = path
        self._known = schema.version
        self._busy_s = busy_s
        self._lock = threading.RLock()
        self._owner: int | None = None  # the thread whose transaction is open
        self._depth = 0
        self._broken: str | None = None
        self._lost: DextreError | None = None  # why SQLite ended the open transaction by itself
        self._closed = False
        self._pool: deque[sqlite3.Connection] = deque()
        self._inode: int | None = None
        self._watching = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        if sqlite3.sqlite_version_info < OLDEST:
            detail = f"this Python's SQLite is {sqlite3.sqlite_version}; 3.33 or newer is needed"
            raise CannotOpen(file=str(path), detail=detail)
        with file_faults(path):
            _create_private(path)
        with self._faults(opening=True):
            self._writer = self._connect()
            try:
                # What a savepoint may have to put back stays in memory: writing it to a temporary
                # file costs as much as the change itself.
                self._writer.execute("PRAGMA temp_store = MEMORY")
                self._writer.execute(f"PRAGMA cache_size = -{WRITER_CACHE >> 10}")
                self._prepare(schema)
            except BaseException:
                self._writer.close()
                raise
        self._inode = _inode(path)

    # -- opening ---------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        # On a disk that cannot be written there is nobody to agree with, and no place to do it.
        how = "immutable=1" if _stands_still(self.path) else "mode=rw"
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{how}",
            uri=True,
            timeout=self._busy_s,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = 1")  # macOS: fsync alone stops at the drive's cache
        connection.execute(f"PRAGMA journal_size_limit = {WAL_KEPT}")
        return connection

    def _prepare(self, schema: Schema) -> None:
        run = self._writer.execute
        run("BEGIN")  # one picture: another process may be making the file at this moment
        try:
            self._refuse_foreign()
        finally:
            run("ROLLBACK")
        self._use_wal()
        if self._version() == schema.version:
            return
        with self.transaction():  # asks again inside: another process may have been quicker
            self._refuse_foreign()
            version = self._version()
            if version == 0:
                schema.create(self._writer)
                run(f"PRAGMA application_id = {APPLICATION_ID}")
            for step in range(version or schema.version, schema.version):
                schema.migrations[step](self._writer)
            run(f"PRAGMA user_version = {schema.version}")

    def _use_wal(self) -> None:
        """Two that switch at once refuse each other without waiting; a transaction waits."""
        for left in reversed(range(WAL_TRIES)):
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if not left:
                    raise
                self._writer.execute("BEGIN IMMEDIATE")
                self._writer.execute("ROLLBACK")
            else:
                return

    def _version(self) -> int:
        return int(self._writer.execute("PRAGMA user_version").fetchone()[0])

    def _refuse_foreign(self) -> None:
        application = self._writer.execute("PRAGMA application_id").fetchone()[0]
        tables = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION_ID and tables:
            raise CannotOpen(file=str(self.path), detail="it is not a file of dextre-sync")
        self._refuse_newer()

    def _refuse_newer(self) -> None:
        if (found := self._version()) > self._known:
            raise NewerFile(file=str(self.path), found=found, known=self._known)

    def _refuse_gone(self) -> None:
        """What is written to a file without a name is gone with the last who has it open."""
        if self._inode is not None and _inode(self.path) != self._inode:
            raise FileGone(file=str(self.path))

    # -- reading ---------------------------------------------------------------------------------

    def rows(self, sql: str, params: Params = ()) -> list[Any]:
        """What a statement finds, as it is now; inside a transaction, with its own changes."""
        try:
            if self.in_transaction_here:
                return self._writer.execute(sql, params).fetchall()
            connection = self._take()
            try:
                return connection.execute(sql, params).fetchall()
            finally:
                self._give(connection)
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def version(self) -> int:
        """Another number after each commit, whoever made it; cheaper to ask than any row."""
        try:
            with self._watching:
                if self._closed:
                    raise StoreClosed(file=str(self.path))
                if self._watcher is None:  # it must be the same connection each time
                    self._watcher = self._connect()
                found: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
            return found
        except sqlite3.Error as error:
            raise self._fault(error) from error

    @contextmanager
    def snapshot(self) -> Iterator[Source]:
        """One consistent picture, whatever is committed meanwhile."""
        with self._faults():
            connection = self._take()
        try:
            with self._faults():
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # fixes the moment
            yield _Snapshot(self, connection)
        finally:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._give(connection)

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreClosed(file=str(self.path))
        with suppress(IndexError):
            return self._pool.pop()
        connection = self._connect()
        connection.execute("PRAGMA query_only = 1")
        return connection

    def _give(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._pool.append(connection)

    # -- writing ---------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are on the disk together when this ends, or none is.

        Belongs to the calling thread. Inside another one of the same thread it is a savepoint:
        its own failure undoes its own changes only. Never wait for anything inside.
        """
        if not self._lock.acquire(timeout=self._busy_s):
            raise StoreBusy(file=str(self.path))
        try:
            scope = self._savepoint() if self._depth else self._outermost()
            with scope:
                yield
        finally:
            self._lock.release()

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        if self._closed:
            raise StoreClosed(file=str(self.path))
        if self._broken is not None:
            raise MustReopen(file=str(self.path), detail=self._broken)
        with self._faults():
            self._writer.execute("BEGIN IMMEDIATE")
        self._owner, self._depth, self._lost = threading.get_ident(), 1, None
        try:
            with self._faults():
                self._refuse_newer()  # a newer program may have opened it since we did
            self._refuse_gone()
            yield
            with self._faults():
                self._require_open_transaction()
                self._writer.execute("COMMIT")
        except BaseException:
            self._undo("ROLLBACK")
            raise
        finally:
            self._owner, self._depth = None, 0

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        name = f"s{self._depth}"
        with self._faults():
            self._require_open_transaction()
            self._writer.execute(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
            with self._faults():
                self._require_open_transaction()
                self._writer.execute(f"RELEASE {name}")
        except BaseException:
            self._undo(f"ROLLBACK TO {name}")
            self._undo(f"RELEASE {name}")
            raise
        finally:
            self._depth -= 1

    def _require_open_transaction(self) -> None:
        # A full disk or an I/O failure makes SQLite roll everything back by itself, including
        # what outer blocks did. Going on would commit a part.
        if not self._writer.in_transaction:
            detail = "the transaction was rolled back"
            raise self._lost or CannotWrite(file=str(self.path), detail=detail)

    def _undo(self, sql: str) -> None:
        if not self._writer.in_transaction:
            return
        try:
            self._writer.execute(sql)
        except sqlite3.Error as error:
            self._broken = str(error)

    @property
    def in_transaction_here(self) -> bool:
        """Whether the calling thread has a transaction open."""
        return self._owner == threading.get_ident()

    def execute(self, sql: str, params: Params = ()) -> int:
        """Change rows inside the open transaction; gives how many."""
        try:
            self._require_transaction_here()
            return self._writer.execute(sql, params).rowcount
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def execute_many(self, sql: str, params: Iterable[Params]) -> int:
        """The same statement for many; gives how many rows it changed in all."""
        with self._faults():
            self._require_transaction_here()
            return self._writer.executemany(sql, params).rowcount

    def _require_transaction_here(self) -> None:
        if not self.in_transaction_here:
            raise OurBug(detail="a change outside of a transaction")
        self._require_open_transaction()

    # -- the rest --------------------------------------------------------------------------------

    def check(self) -> None:
        """Read the whole file and compare its indexes; raises Damaged."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise Damaged(file=str(self.path), detail=str(found[0]))

    def copy_to(self, target: sqlite3.Connection) -> None:
        """One consistent picture of the whole file; nobody waits for it."""
        with self._faults():
            connection = self._take()
        try:
            connection.backup(target)
        finally:
            self._give(connection)

    def close(self) -> None:
        with self._lock, self._watching:
            self._closed = True
            if self._watcher is not None:
                self._watcher.close()
            while self._pool:
                self._pool.pop().close()
            self._writer.close()

    @contextmanager
    def _faults(self, *, opening: bool = False) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._fault(error, opening=opening) from error

    def _fault(self, error: sqlite3.Error, *, opening: bool = False) -> DextreError:
        fault = self._fault_of(error, opening)
        if isinstance(fault, DiskFailed) or "IOERR" in _name(error):
            self._broken = str(error)
        if self.in_transaction_here and not self._writer.in_transaction:
            self._lost = self._lost or fault
        return fault

    def _fault_of(self, error: sqlite3.Error, opening: bool) -> DextreError:
        fault = fault_of(error, self.path, opening=opening)
        if isinstance(fault, OurBug) and self._closed:
            return StoreClosed(file=str(self.path))
        return fault


class _Snapshot:
    def __init__(self, file: SqliteFile, connection: sqlite3.Connection) -> None:
        self.path = file.path
        self._file = file
        self._connection = connection

    def rows(self, sql: str, params: Params = ()) -> list[Any]:
        with self._file._faults():
            return self._connection.execute(sql, params).fetchall()


def _inode(path: Path) -> int | None:
    """None: there is no such file, or nobody can say."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


@contextmanager
def fault_in(path: Path) -> Iterator[None]:
    """Turn SQLite's refusals on another file than the store's into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise fault_of(error, path, opening=True) from error


def fault_of(error: sqlite3.Error, path: Path, *, opening: bool) -> DextreError:
    file = str(path)
    name = _name(error)
    if name == "SQLITE_IOERR_SHMSIZE":  # there is no room for the index of the write-ahead log
        return DiskFull(file=file)
    match name.split("_")[1:2]:
        case ["FULL"]:
            return DiskFull(file=file)
        case ["BUSY"] | ["LOCKED"]:
            return StoreBusy(file=file)
        case ["CORRUPT"] | ["NOTADB"]:
            return Damaged(file=file, detail=str(error))
        case ["ERROR"] if "malformed JSON" in str(error):  # there is no code of its own for it
            return Damaged(file=file, detail=N_("a document cannot be read"))
        case ["IOERR"]:
            return DiskFailed(file=file, detail=f"{error} ({name})")
        case ["CANTOPEN"] | ["PERM"] | ["AUTH"]:
            return CannotOpen(file=file, detail=str(error))
        case ["READONLY"]:
            kind = CannotOpen if opening else CannotWrite
            return kind(file=file, detail=str(error))
    return OurBug(detail=f"{type(error).__name__} {name}: {error}")


def _stands_still(path: Path) -> bool:
    """On a read-only disk, with nothing in its write-ahead log."""
    try:
        log = Path(f"{path}-wal")
        waits = log.exists() and log.stat().st_size > 0
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY) and not waits
    except OSError:
        return False


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "") or ""


def _create_private(path: Path) -> None:
    """SQLite gives its companions (-wal, -shm) the mode of the file, so it must be right first.

    A file that is there is not even opened: closing it again would drop the locks that another
    connection of this process holds on it (POSIX).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
