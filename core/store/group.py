"""Group commit: one thread does what others submit, many works in one transaction, one fsync.

The engine's loop hands its changes here and goes on; a future that is done means on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from core.store.errors import StoreClosed
from core.store.sqlite import SqliteFile

T = TypeVar("T")

MOST = 256
"""Works in one commit, so that the first of a flood does not wait for all of it."""


class _Job:
    """One work, its future and, until the commit, its outcome."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self, failure: BaseException | None = None) -> None:
        error = self.error or failure
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.result)


class GroupCommit:
    """The thread starts with the first work and ends with `close`, which waits for all of it."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Callable[[], T]) -> Future[T]:
        job = _Job(work)
        with self._guard:
            if self._closed:
                raise StoreClosed(file=str(self._file.path))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
                self._thread.start()
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        with self._guard:
            self._closed = True
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            jobs, going_on = self._next_batch()
            self._carry_out([job for job in jobs if job.future.set_running_or_notify_cancel()])

    def _next_batch(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST:
                return jobs, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _carry_out(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        if len(jobs) == 1:
            self._carry_out_alone(jobs[0])
            return
        failure: BaseException | None = None
        try:
            with self._file.transaction():
                for job in jobs:
                    self._carry_out_one(job)
        except BaseException as error:  # noqa: BLE001 - belongs to those who wait, never to this thread
            failure = error
        for job in jobs:
            job.settle(failure)

    def _carry_out_alone(self, job: _Job) -> None:
        """Without a savepoint: there is nobody to spare, and what a savepoint has to remember makes
        each further change of a large work dearer (a hundred thousand cells would take minutes).
        """
        try:
            with self._file.transaction():
                job.result = job.work()
        except BaseException as error:  # noqa: BLE001 - as above
            job.error = error
        job.settle(None)

    def _carry_out_one(self, job: _Job) -> None:
        try:
            with self._file.transaction():
                job.result = job.work()
        except BaseException as error:  # noqa: BLE001 - as above
            job.error = error
