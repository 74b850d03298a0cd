"""A desk: everything a screen or a command may do for one brand. Here: plans and runs, and how it
stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import TYPE_CHECKING

from core.clock import parse_iso
from core.errors import DextreError, LinkIsOff, Offline, TryAgain
from core.model import (
    Cell,
    CellState,
    ConnectionState,
    Link,
    Plan,
    PlanKind,
    Run,
    RunRow,
    Status,
)
from core.on_demand import Room
from core.progress import Progress, silent
from core.workspace import health
from core.workspace.base import Session, Surroundings
from core.workspace.errors import NothingToUndo, SeveralRuns, UnknownRun
from core.workspace.log import EventFeed, Wanted
from core.workspace.running import RunningDesk
from core.workspace.watching import CATALOGUE, LOCATIONS

if TYPE_CHECKING:
    import asyncio

    from core.sync import events
    from core.sync.engine import RestReport
    from core.sync.events import Event
else:
    asyncio = Room("asyncio")
    events = Room("core.sync.events")

__all__ = ["Desk", "Surroundings"]


class Desk(RunningDesk):
    # -- plans and runs -----------------------------------------------------------------------

    def link(self) -> Link:
        return self._store.link()

    def plan(
        self,
        kind: PlanKind,
        only: Collection[str] = (),
        progress: Progress | None = None,
        *,
        to_enable: bool = False,
    ) -> Future[Plan]:
        """Read both sides and say what would change; writes nothing on either side. `to_enable`: it
        is for `enable`.
        """

        async def work() -> Plan:
            async with self._around.owning.held():
                session = await self._open()
                told = progress or silent
                return await session.runs.plan(kind, tuple(only), told, to_enable=to_enable)

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
                run = await session.runs.apply(plan, progress or silent)
                self._note_agreed()
                self.sync_now()  # what kept the sync back may have been just this
                return run

        return self._call(work())

    def enable(self, plan: Plan, progress: Progress | None = None) -> Future[Run]:
        """Apply the first alignment, then turn the link on."""

        async def work() -> Run:
            async with self._around.owning.held():
                session = await self._open()
                run = await session.runs.enable(plan, progress or silent)
                self._note_agreed()
                return run

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
            raise SeveralRuns(run=start, ids=[run.id for run in found[:5]])
        return found[0]

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        return self._store.run_rows(run_id)

    def run_once(self) -> Future[RestReport]:
        """A look at what has changed about the shop, then passes until both sides rest. Raises
        SafetyStop, and what a person must act on.
        """

        async def work() -> RestReport:
            async with self._around.owning.held():
                session = await self._open()
                session.engine.on_health = lambda: self._note_health(session)
                try:
                    await _answers(session)
                    await self._look(LOCATIONS, lambda: self._take_locations(session))
                    stop = await self._look(
                        CATALOGUE, lambda: self._take_catalogue_changes(session)
                    )
                    report = await session.engine.rest()
                    await self._take_renames()
                except LinkIsOff:
                    raise
                except DextreError as error:
                    self._note_error(error)
                    raise
                if not report.rests and report.trouble is not None:
                    self._note_error(report.trouble)
                if stop is not None:
                    raise stop  # told, and listed, by the look; quantities went on
                return report

        return self._call(work())

    # -- how it stands ------------------------------------------------------------------------

    def status(self) -> Status:
        """Works beside any owner, and without a network."""
        connection = self._store.connection()
        link = self._store.link()
        counts = self._store.count_cells()
        note = health.read(self._health_path)
        in_sync = counts.get(CellState.IN_SYNC, 0)
        # What the breaker holds may have been read since, by a plan: then it is told by its cells.
        unread = note.held - counts.get(CellState.PENDING_PULL, 0)
        held = max(0, min(unread, in_sync)) if link.enabled else 0
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
            in_sync=in_sync - held,
            pending_push=counts.get(CellState.PENDING_PUSH, 0) + counts.get(CellState.PUSHING, 0),
            pending_pull=counts.get(CellState.PENDING_PULL, 0) + held,
            needs_you=self.count_waiting(),
            ignored=counts[CellState.IGNORED],
            last_pass_at=note.last_pass_at,
            oldest_unsent_s=self._oldest_unsent(),
            verified_share=note.verified_share,
            throttled=note.throttled,
            owner=self._around.owning.owner(),
            domain=connection.domain if connection else None,
            shop_name=connection.shop_name if connection else None,
            error=note.error,
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
        until: EventFeed | None = None,
    ) -> list[Event]:
        """The last `limit` (None: all) of those that fit, oldest first; `level` is the lowest one,
        `since` a moment in ISO, `until` a feed that brings what came later. Raises
        CannotReadLog.
        """
        return self._log.events(Wanted(sku, run, level, since), limit, until=until)

    def story(self, sku: str, limit: int | None = 200) -> list[Event]:
        """What the log tells of one item, oldest first, whatever its number was. Raises
        CannotReadLog.
        """
        return self._log.story(sku, limit)


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
    # What the breaker stops was read all right; another shop at the address was not.
    fine = note.error is None or note.error.is_mass_change
    return ConnectionState.CONNECTED if fine else ConnectionState.ERROR
