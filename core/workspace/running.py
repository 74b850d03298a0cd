"""The running part of a desk: being the one that syncs, and keeping the engine going through
failures and new connections.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from core.errors import DextreError, Offline, note_of
from core.model import Connection, Owner
from core.on_demand import Room
from core.workspace import health
from core.workspace.base import API_SECRET, ENGINE, Session
from core.workspace.errors import EngineFailed
from core.workspace.resolving import ResolvingDesk

if TYPE_CHECKING:
    import asyncio

    from core.sync import events
    from core.sync.ports import BooksTx
    from core.workspace.hearing import Hearing
else:
    asyncio = Room("asyncio")
    events = Room("core.sync.events")

log = logging.getLogger(__name__)

RESTART_S = 5.0
"""Pause before an engine that failed in an unforeseen way is started again."""

LOOK_S = 2.0
"""Seconds between two looks whether another process has connected the brand anew."""

HEAR_AGAIN_S = 30.0
"""Pause before webhooks that could not be heard are tried again."""

END_S = 10.0
"""So long an engine may take to end."""


def _never() -> bool:
    return False


def _nothing(_tx: BooksTx) -> None:
    """Done when all is that came before it."""


class RunningDesk(ResolvingDesk):
    _let_go: Callable[[], None] | None = None
    _syncs: Owner | None = None
    _running: asyncio.Task[None] | None = None
    _hearing: Hearing | None = None
    _reconnected: asyncio.Event | None = None

    def start(
        self,
        hearing: Hearing | None = None,
        *,
        ask: bool = False,
        given_up: Callable[[], bool] = _never,
        returned: bool = False,
    ) -> None:
        """Become the one that syncs and keep this brand's engine going; `hearing`: with webhooks;
        `ask`: asking another app's person for it, too, until `given_up`; `returned`: a command had
        it for a moment. Raises StoreInUse.
        """
        if self._running is not None:
            return
        self._hearing = hearing
        self._let_go = self._around.owning.hold(ask=ask, given_up=given_up)
        self._syncs = self._around.owning.owner()
        self._tell_owner(events.SyncReturned if returned else events.SyncTaken)
        self._running = self._call(self._begun()).result()

    def _tell_owner(self, kind: type[events.SyncTaken | events.SyncLeft]) -> None:
        who = self._syncs
        by = None if who is None else asdict(who)
        self._tell(kind(at=self._now(), brand=self.brand.name, who=str(who or ""), by=by))

    async def _begun(self) -> asyncio.Task[None]:
        return asyncio.ensure_future(self._keep_running())

    def stop(self, *, lent: bool = False) -> None:
        """Stop the engine, and let others have the store when it has ended; what is in flight stays
        in the outbox and is asked about at the next start. `lent`: to a command, for a moment.
        """
        running, self._running = self._running, None
        if running is not None:
            with suppress(TimeoutError):
                self._call(self._ended(running)).result(timeout=END_S)
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            self._tell_owner(events.SyncLent if lent else events.SyncLeft)
            let_go()

    async def _ended(self, running: asyncio.Task[None]) -> None:
        """With what the store was writing for it: others must not have that come in between."""
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        with suppress(DextreError):
            await self._store.books.commit(_nothing)

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
                tasks.create_task(self._watch_renames())
                if self._hearing is not None:
                    tasks.create_task(self._hear(session, self._hearing))
        except Exception as group:
            error = _first_of(group)
            if isinstance(error, DextreError):
                self._stopped(error)
            else:
                # The last fence: whatever it is, the sync of a merchant's stock starts again.
                log.exception("the engine of %s failed", self.brand.name)
                self._stopped(EngineFailed(detail=f"{type(error).__name__}: {error}"))
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

    def _stopped(self, error: DextreError) -> None:
        """Told once; trying again every few seconds is not news."""
        if str(health.read(self._health_path).error) == str(error):
            return
        self._tell_stopped(error)
        self._note_error(error)

    def _note_error(self, error: DextreError) -> None:
        held = self._session.engine.reader.held if self._session is not None else 0
        note = replace(health.read(self._health_path), error=note_of(error), held=held)
        health.write(self._health_path, note.stopped(ENGINE, error, self._now()))

    def _note_agreed(self) -> None:
        """What the breaker held has been decided by a person; the next pass counts anew."""
        health.write(self._health_path, replace(health.read(self._health_path), held=0))

    async def _after_connecting(self) -> None:
        health.write(self._health_path, health.HealthNote())
        if self._reconnected is not None:
            self._reconnected.set()


def _first_of(error: BaseException) -> BaseException:
    """What happened, out of the groups that tasks put around it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
