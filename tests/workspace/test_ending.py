"""A service that is told to end ends, whatever fails at that moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import Offline
from core.store.books import Tx
from core.workspace import Desk, Workspace


class CountingClock:
    """Waits no time, and knows how often it was asked to."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def clock() -> CountingClock:
    return CountingClock()


@pytest.fixture
def desk(tmp_path: Path, clock: CountingClock) -> Iterator[Desk]:
    with Workspace(tmp_path, clock=clock) as workspace:
        workspace.add_brand("Tea")
        yield workspace.desk()


async def test_a_failure_while_ending_does_not_hide_that_it_was_told_to_end(
    desk: Desk, clock: CountingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cancellation arrives in the middle of connecting, and what it interrupts fails with an
    error of its own: then only the task itself still knows that it was told to end.
    """
    connecting = asyncio.Event()

    async def interrupted() -> None:
        connecting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Offline(detail="the connection was closed") from None

    monkeypatch.setattr(desk, "_open", interrupted)
    engine = asyncio.create_task(desk._run_engine())
    await connecting.wait()
    engine.cancel()
    await engine
    assert clock.waits == []


async def test_a_failure_by_itself_is_waited_out(
    desk: Desk, clock: CountingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> None:
        raise Offline(detail="nobody is there")

    monkeypatch.setattr(desk, "_open", fails)
    await desk._run_engine()
    assert len(clock.waits) == 1


def test_the_store_is_let_go_after_the_engine_has_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    began = threading.Event()

    async def keeps_running() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _turn in range(1_000):  # an engine has things to put in order
                await asyncio.sleep(0)
            order.append("ended")

    monkeypatch.setattr(desk, "_keep_running", keeps_running)
    desk.start()
    assert began.wait(10)
    let_go = desk._let_go
    assert let_go is not None

    def told() -> None:
        order.append("let go")
        let_go()

    monkeypatch.setattr(desk, "_let_go", told)
    desk.stop()
    assert order == ["ended", "let go"]


def test_what_is_being_committed_is_over_before_the_store_is_let_go(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to end while the store is writing: who has the sync next finds that written."""
    order: list[str] = []
    began, goes_on = threading.Event(), threading.Event()

    def slow(_tx: Tx) -> None:
        began.set()
        goes_on.wait(5)
        order.append("committed")

    async def keeps_running() -> None:
        await desk._store.books.commit(slow)

    monkeypatch.setattr(desk, "_keep_running", keeps_running)
    desk.start()
    assert began.wait(10)
    let_go = desk._let_go
    assert let_go is not None

    def told() -> None:
        order.append("let go")
        let_go()

    monkeypatch.setattr(desk, "_let_go", told)
    threading.Timer(0.2, goes_on.set).start()
    desk.stop()
    goes_on.set()
    assert order == ["committed", "let go"]
