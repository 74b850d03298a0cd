"""A desk: everything a screen or a command may do for one brand. Here: the link itself, and how it
stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from core.clock import parse_iso
from core.errors import DextreError, Offline, TryAgain
from core.model import (
    Cell,
    CellState,
    Connection,
    ConnectionState,
    Link,
    Plan,
    PlanKind,
    Run,
    RunRow,
    Status,
)
from core.on_demand import Room
from core.workspace import health
from core.workspace.base import API_SECRET, ENGINE, Session, Surroundings
from core.workspace.errors import NothingToUndo, SeveralRuns, UnknownRun
from core.workspace.log import EventFeed, Wanted
from core.workspace.resolving import ResolvingDesk
from core.workspace.watching import LOCATIONS

if TYPE_CHECKING:
    import asyncio

    from core.sync import events
    from core.sync.engine import RestReport
    from core.sync.events import Event
    from core.sync.runs import Progress
    from core.workspace.hearing import Hearing
else:
    asyncio = Room("asyncio")
    events = Room("core.sync.events")

__all__ = ["Desk", "Surroundings"]

log = logging.getLogger(__name__)

RESTART_S = 5.0
"""Pause before an engine that failed in an unforeseen way is started again."""

LOOK_S = 2.0
"""Seconds between two looks whether another process has connected the brand anew."""


HEAR_AGAIN_S = 30.0
"""Pause before webhooks that could not be heard are tried again."""


def _silent(_done: int, _total: int | None) -> None:
    """Progress for those who do not ask."""


def _never() -> bool:
    return False


class Desk(ResolvingDesk):
    _let_go: Callable[[], None] | None = None
    _who_syncs = ""
    _running: Future[None] | None = None
    _hearing: Hearing | None = None
    _reconnected: asyncio.Event | None = None

    # -- plans and runs -----------------------------------------------------------------------

    def link(self) -> Link:
        return self._store.link()

    def plan(
        self, kind: PlanKind, only: Collection[str] = (), progress: Progress | None = None
    ) -> Future[Plan]:
        """Read both sides and say what would change; writes nothing on either side."""

        async def work() -> Plan:
            async with self._around.owning.held():
                session = await self._open()
                return await session.runs.plan(kind, tuple(only), progress or _silent)

        return self._call(work())

    def undo_plan(self, run_id: str | None = None) -> Future[Plan]:
        """What would take a run back (None: the last one that was not taken back)."""

        async def work() -> Plan:
            chosen = run_id or self._last_run()
            async with self._around.owning.held():
                session = await self._open()
                return await session.runs.undo_plan(chosen)

        return self._call(work())

    def _last_run(self) -> str:
        for run in self.runs():
            if run.undone_by is None and run.kind is not PlanKind.UNDO:
                return run.id
        raise NothingToUndo

    def apply(self, plan: Plan, progress: Progress | None = None) -> Future[Run]:
        """Do exactly this plan; rows that have moved since are told, not forced."""

        async def work() -> Run:
            async with self._around.owning.held():
                session = await self._open()
                return await session.runs.apply(plan, progress or _silent)

        return self._call(work())

    def enable(self, plan: Plan, progress: Progress | None = None) -> Future[Run]:
        """Apply the first alignment, then turn the link on."""

        async def work() -> Run:
            async with self._around.owning.held():
                session = await self._open()
                return await session.runs.enable(plan, progress or _silent)

        return self._call(work())

    def disable(self) -> Future[None]:
        return self._call(self._turn_off())

    def runs(self, limit: int = 50) -> Sequence[Run]:
        """Newest first."""
        return self._store.runs(limit)

    def run_named(self, start: str) -> Run:
        """The run whose id begins so. Raises UnknownRun, SeveralRuns."""
        found = self._store.runs_starting(start) if start else []
        if not found:
            raise UnknownRun(run=start)
        if len(found) > 1:
            raise SeveralRuns(run=start, ids=", ".join(run.id for run in found[:5]))
        return found[0]

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        return self._store.run_rows(run_id)

    def run_once(self) -> Future[RestReport]:
        """Passes until both sides rest."""

        async def work() -> RestReport:
            async with self._around.owning.held():
                session = await self._open()
                session.engine.on_health = lambda: self._note_health(session)
                try:
                    await _answers(session)
                    await self._look(LOCATIONS, lambda: self._take_locations(session))
                    report = await session.engine.rest()
                except DextreError as error:
                    self._note_error(error.code, str(error), error)
                    raise
                if not report.rests and report.detail:
                    self._note_error("not_at_rest", report.detail)
                return report

        return self._call(work())

    # -- the engine ---------------------------------------------------------------------------

    def start(
        self,
        hearing: Hearing | None = None,
        *,
        ask: bool = False,
        given_up: Callable[[], bool] = _never,
    ) -> None:
        """Become the one that syncs and keep this brand's engine going; `hearing`: with webhooks;
        `ask`: asking another app's person for it, too, until `given_up`. Raises StoreInUse.
        """
        if self._running is not None:
            return
        self._hearing = hearing
        self._let_go = self._around.owning.hold(ask=ask, given_up=given_up)
        self._who_syncs = self._around.owning.owner() or ""
        self._tell(events.SyncTaken(at=self._now(), brand=self.brand.name, who=self._who_syncs))
        self._running = self._call(self._keep_running())

    def stop(self) -> None:
        """Stop the engine; what is in flight stays in the outbox and is asked about at the next
        start.
        """
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with suppress(CancelledError):
                running.exception(timeout=10)
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            self._tell(events.SyncLeft(at=self._now(), brand=self.brand.name, who=self._who_syncs))
            let_go()

    def close(self) -> None:
        self.stop()
        if self._session is not None:
            self._call(self._drop_session()).result()
        super().close()

    @property
    def is_syncing(self) -> bool:
        """Whether this process runs the engine of this brand."""
        return self._running is not None

    async def _keep_running(self) -> None:
        """Run the engine of whatever connection there is, from each connecting to the next."""
        self._reconnected = asyncio.Event()
        while True:
            connection = self._store.connection()
            session = self._session
            if session is not None and session.connection != connection:
                await self._drop_session()
            changed = asyncio.ensure_future(self._connection_differs(connection))
            tasks = {changed}
            if connection is not None:
                tasks.add(asyncio.ensure_future(self._run_engine()))
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection_differs(self, known: Connection | None) -> None:
        """Until the kept connection is not `known` any more: it was made anew here, or by a command
        in another process.
        """
        assert self._reconnected is not None, "made by _keep_running"  # noqa: S101 - an invariant
        while self._store.connection() == known:
            self._reconnected.clear()
            made_here = asyncio.ensure_future(self._reconnected.wait())
            pause = asyncio.ensure_future(self._around.clock.sleep(LOOK_S))
            try:
                await asyncio.wait({made_here, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                made_here.cancel()
                pause.cancel()

    async def _run_engine(self) -> None:
        try:
            session = await self._open()
            session.engine.on_health = lambda: self._note_health(session)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.engine.run())
                tasks.create_task(self._watch_network(session))
                tasks.create_task(self._watch_catalogue(session))
                tasks.create_task(self._watch_locations(session))
                if self._hearing is not None:
                    tasks.create_task(self._hear(session, self._hearing))
        except Exception as group:
            error = _first_of(group)
            if isinstance(error, DextreError):
                self._stopped(error.code, str(error), error)
            else:
                # The last fence: whatever it is, the sync of a merchant's stock starts again.
                log.exception("the engine of %s failed", self.brand.name)
                self._stopped("engine_failed", f"{type(error).__name__}: {error}")
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            return  # asked to end while something failed: the failure must not hide that
        await self._around.clock.sleep(RESTART_S)

    async def _watch_network(self, session: Session) -> None:
        from core.workspace.network import watch_network

        engine = session.engine

        def is_offline() -> bool:
            return any(isinstance(error, Offline) for error in engine.health.failing.values())

        await watch_network(self._around.clock, is_offline, session.shop.reachable, engine.look)

    async def _hear(self, session: Session, hearing: Hearing) -> None:
        """Webhooks beside the engine; whatever keeps them from coming does not stop the polling."""
        from core.workspace.hearing import HeardNote, heal, hear

        secret = self._around.secrets.get(API_SECRET)
        note = HeardNote(self._hearing_path, hearing, self._around.clock)
        told = ""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(
                        hear(
                            hearing,
                            session.connection,
                            secret,
                            session.engine,
                            self._catalogue_hinted.set,
                            self._places_hinted.set,
                            note,
                        )
                    )
                    if hearing.public_url is not None:
                        url = hearing.public_url
                        clock, wanted = self._around.clock, self.wants_webhooks
                        tasks.create_task(heal(url, session.shop, clock, wanted))
            except* DextreError as group:
                error = _first_of(group)
                if isinstance(error, DextreError) and error.code != told:
                    self._tell_stopped(error)
                    told = error.code
            await self._around.clock.sleep(HEAR_AGAIN_S)

    def _stopped(self, code: str, detail: str, error: DextreError | None = None) -> None:
        """Told once; trying again every few seconds is not news."""
        if health.read(self._health_path).detail == detail:
            return
        self._tell(
            events.SyncStopped(at=self._now(), brand=self.brand.name, detail=detail, error=code)
        )
        self._note_error(code, detail, error)

    def _note_error(self, code: str, detail: str, error: DextreError | None = None) -> None:
        before = health.read(self._health_path)
        note = replace(before, error=code, detail=detail)
        if error is not None:
            note = note.stopped(ENGINE, error, self._now())
        health.write(self._health_path, note)

    async def _after_connecting(self) -> None:
        health.write(self._health_path, health.HealthNote())
        if self._reconnected is not None:
            self._reconnected.set()

    # -- how it stands ------------------------------------------------------------------------

    def status(self) -> Status:
        """Works beside any owner, and without a network."""
        connection = self._store.connection()
        link = self._store.link()
        counts = self._store.count_cells()
        note = health.read(self._health_path)
        seconds = self._since(note.at)
        return Status(
            brand=self.brand.name,
            connection=_connection_state(connection is not None, note),
            link=link.enabled,
            label=link.label_code,
            pairs=len(self._store.pairs()),
            mapped=self._store.count_mappings(),
            unmapped_local=self._store.count_unmapped_local(),
            unmapped_shopify=self._store.count_unmapped_shopify(),
            cells=sum(counts.values()) - counts[CellState.IGNORED],
            in_sync=counts.get(CellState.IN_SYNC, 0),
            pending_push=counts.get(CellState.PENDING_PUSH, 0) + counts.get(CellState.PUSHING, 0),
            pending_pull=counts.get(CellState.PENDING_PULL, 0),
            needs_you=self.count_waiting(),
            ignored=counts[CellState.IGNORED],
            last_pass_at=note.last_pass_at,
            oldest_unsent_s=self._oldest_unsent(),
            verified_share=note.verified_share,
            throttled=note.throttled,
            owner=self._around.owning.owner(),
            domain=connection.domain if connection else None,
            shop_name=connection.shop_name if connection else None,
            error=note.detail or note.error,
            points=note.points,
            points_used=note.points_used,
            verified_pass=note.verified_pass,
            verified_hour=note.verified_hour,
            read_age_p50_s=_older(note.age_p50_s, seconds),
            read_age_p95_s=_older(note.age_p95_s, seconds),
            read_age_max_s=_older(note.age_max_s, seconds),
            failures=note.failures,
            counted_since=note.since,
        )

    def read_age(self, cell: Cell) -> float | None:
        """Seconds since Shopify's number of a cell was last read, as far as that is known."""
        blocks = health.read_blocks(self._blocks_path)
        ages = [
            self._since(cell.read_at),
            _older(health.age_of(blocks, cell.key), self._since(blocks.at)),
        ]
        known = [age for age in ages if age is not None]
        return min(known) if known else None

    def _since(self, moment: str | None) -> float | None:
        """Seconds; None where there is no moment."""
        if not moment:
            return None
        age = self._around.clock.now() - parse_iso(moment)
        return max(0.0, round(age.total_seconds(), 1))

    def _oldest_unsent(self) -> float | None:
        return self._since(self._store.oldest_change())

    def needs_you(self) -> Sequence[Cell]:
        return list(self._store.cells((CellState.NEEDS_YOU,)))

    def cells_of(self, sku_number: str) -> Sequence[Cell]:
        return self._store.cells_of(sku_number)

    def cells(
        self, states: Collection[CellState] | None = None, offset: int = 0, limit: int = 200
    ) -> Sequence[Cell]:
        found = self._store.cells(None if states is None else tuple(states))
        return list(islice(found, offset, offset + limit))

    # -- what happens -------------------------------------------------------------------------

    def feed(self) -> EventFeed:
        return self._log.feed()

    def log(
        self,
        sku: str | None = None,
        limit: int | None = 200,
        *,
        run: str | None = None,
        level: str | None = None,
        since: str | None = None,
    ) -> list[Event]:
        """The last `limit` (None: all) of those that fit, oldest first; `level` is the lowest one,
        `since` a moment in ISO.
        """
        return self._log.events(Wanted(sku, run, level, since), limit)


async def _answers(session: Session) -> None:
    """Raises Offline where nobody answers at all. The engine would wait minutes for that to pass,
    as it should for a shop that goes away in the middle.
    """
    try:
        await session.shop.identity()
    except Offline:
        raise
    except TryAgain:
        return  # somebody is there, with trouble: that is for the engine


def _older(age: float | None, seconds: float | None) -> float | None:
    """An age that was written down so many seconds ago."""
    return None if age is None else round(age + (seconds or 0.0), 1)


def _connection_state(connected: bool, note: health.HealthNote) -> ConnectionState:
    if not connected:
        return ConnectionState.NOT_CONNECTED
    return ConnectionState.ERROR if note.error else ConnectionState.CONNECTED


def _first_of(error: BaseException) -> BaseException:
    """What happened, out of the groups that tasks put around it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
