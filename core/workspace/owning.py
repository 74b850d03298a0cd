"""Who syncs, as far as this process is concerned: asks for the ownership when it is first needed,
keeps it while anybody here needs it, and answers others who ask.

A service takes turns (`serve`): it hands over to whoever is at a keyboard and takes the sync back.
A command asks and is soon over. The app asks when it opens, but not another app: that means asking
its person (`ask`), who says yes by letting go or no by `refuse`. An app says no to commands at
once, so that nobody waits in vain.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core import store  # whose names are imported when they are used
from core.clock import Clock
from core.errors import StoreInUse
from core.on_demand import Room
from core.store import Owner, Ownership, Purpose

if TYPE_CHECKING:
    import asyncio

    from core.store import Request, Turns
else:
    asyncio = Room("asyncio")

ANSWER_S = 0.1

SOON_S = 10.0
"""How long a process may take to hand over."""

PERSON_S = 60.0
"""How long a person may think about handing over."""


def _never() -> bool:
    return False


class Owning:
    def __init__(self, home: Path, purpose: Purpose, clock: Clock) -> None:
        self._home = home
        self.purpose = purpose
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Ownership | None = None
        self._lent = False
        self._holders = 0
        self._asked: Request | None = None

    def hold(
        self, *, ask: bool = False, given_up: Callable[[], bool] = _never
    ) -> Callable[[], None]:
        """Own the sync, asking whoever has it; gives what lets it go. Blocks while it asks: with
        `ask` also another app's person, until `given_up`.

        Raises StoreInUse, CannotLock.
        """
        with self._lock:
            if self._held is None:
                if not ask:
                    self._refuse_to_ask_a_person()
                patience_s = PERSON_S if ask else SOON_S
                self._held = store.take(
                    self._home, self.purpose, self._clock, patience_s=patience_s, given_up=given_up
                )
            self._holders += 1
        return self._let_go

    def _refuse_to_ask_a_person(self) -> None:
        holder = Ownership.holder(self._home) if self.purpose is Purpose.APP else None
        if holder is not None and holder.purpose is Purpose.APP:
            raise StoreInUse(who=holder)

    def _let_go(self) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders and self._held is not None and not self._lent:
                self._held.release()
                self._held = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """The same on the engine's loop, which must not block."""
        let_go = await asyncio.to_thread(self.hold)
        try:
            yield
        finally:
            let_go()

    def owner_pid(self) -> int | None:
        owner = self.owner()
        return None if owner is None else owner.pid

    def owner(self) -> Owner | None:
        """Who syncs now; None where nobody does."""
        held = self._held
        return held.owner if held is not None else Ownership.holder(self._home)

    def refuse_second(self) -> None:
        """Raises StoreInUse where a service or an app syncs already: neither gives way to another
        service, which would only wait. A command is soon over.
        """
        holder = Ownership.holder(self._home)
        if holder is not None and holder.purpose is not Purpose.COMMAND:
            raise StoreInUse(who=holder)

    # -- for others ---------------------------------------------------------------------------

    async def answer_askers(self) -> None:
        """For the app, for as long as it is open: know who asks its person, and tell others no."""
        requests = store.Requests(self._home)
        while True:
            held = self._held
            asked: Request | None = None
            for request in requests.waiting() if held is not None else ():
                if store.consent(self.purpose, request.asker.purpose) is not store.Consent.ASK:
                    continue
                if request.asker.purpose is Purpose.APP:
                    asked = asked or request
                elif held is not None:
                    requests.refuse(request, held.owner)
            self._asked = asked
            await self._clock.sleep(ANSWER_S)

    def asked_by(self) -> Owner | None:
        """Who asks this app's person for the sync. Yes: let go of it."""
        return None if self._asked is None else self._asked.asker

    def refuse(self) -> None:
        """No, to the one who asks."""
        request, held = self._asked, self._held
        if request is not None and held is not None:
            store.Requests(self._home).refuse(request, held.owner)

    def turns(self, stop: Callable[[], bool]) -> Iterator[Callable[[], Owner | None]]:
        """For a service: each turn at the sync; call what it gives to wait until somebody asks, who
        is what it returns.

        `stop` is asked ten times a second and ends it.
        """
        turns = store.Turns(self._home, self._clock)
        while (held := turns.next(stop)) is not None:
            with held, self._adopted(held):
                yield lambda: _wait(turns, stop)

    @contextmanager
    def _adopted(self, held: Ownership) -> Iterator[None]:
        self._held, self._lent = held, True
        try:
            yield
        finally:
            self._held, self._lent = None, False


def _wait(turns: Turns, stop: Callable[[], bool]) -> Owner | None:
    request = turns.until_asked(stop)
    return None if request is None else request.asker
