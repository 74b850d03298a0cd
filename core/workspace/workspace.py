"""A data directory with its brands, one engine thread, and the ownership of who syncs."""

from __future__ import annotations

import getpass
import os
import random
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.clock import Clock, SystemClock
from core.model import Brand, Owner, Secret
from core.on_demand import Room
from core.store import Home, Purpose, SecretsStore
from core.workspace.desk import Desk, Surroundings
from core.workspace.errors import NoBrand, UnknownBrandName, WhichBrand
from core.workspace.hearing import Hearing
from core.workspace.owning import Owning
from core.workspace.thread import EngineThread

if TYPE_CHECKING:
    import httpx

    from core.store import BackupFile, sealing
    from core.store import backup as backups
else:
    backups, sealing = Room("core.store.backup"), Room("core.store.sealing")


class Workspace:
    """Use as a context manager. `transport` stands in for the network (the practice shop); `who`
    is written into movements and runs."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        who: str | None = None,
        environ: Mapping[str, str] | None = None,
        purpose: Purpose = Purpose.COMMAND,
    ) -> None:
        self.home = home
        self._clock: Clock = clock or SystemClock()
        self._environ = os.environ if environ is None else environ
        self._store = Home(home, self._clock, _new_id)
        self._thread = EngineThread()
        self._transport = transport
        self._who = who or _user()
        self._desks: dict[str, Desk] = {}
        self._owning = Owning(home, purpose, self._clock)
        if purpose is Purpose.APP:
            self.beside(self._owning.answer_askers())

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def brands(self) -> tuple[Brand, ...]:
        return self._store.brands()

    def add_brand(self, name: str) -> Brand:
        """Raises BadInput where the name is empty or taken."""
        return self._store.add(name)

    def desk(self, brand: str | None = None) -> Desk:
        """By name; without one only where there is exactly one brand. Raises NoBrand, WhichBrand,
        UnknownBrandName.
        """
        chosen = self._choose(brand)
        if chosen.id not in self._desks:
            self._desks[chosen.id] = Desk(chosen, self._surroundings(chosen))
        return self._desks[chosen.id]

    def look_into_backup(self, path: Path, passphrase: Secret | None = None) -> BackupFile:
        """What a backup is, without any inventory; with a passphrase, whether it opens the secrets.
        Raises CannotOpen, Damaged, NewerFile, NoSecretsInBackup, WrongPassphrase, SealDamaged.
        """
        found: BackupFile = backups.BackupFile.inspect(path)
        if passphrase is not None:
            sealing.unseal(*backups.sealed_in(path), passphrase, path)
        return found

    def set_aside_damaged(self, brand: str | None = None) -> Path:
        """Where the inventory of a brand cannot be opened because it is damaged or gone: put it
        aside and begin an empty one, for a backup to come back into; gives where it is now. Raises
        StoreInUse where a service or an app has it open.
        """
        chosen = self._choose(brand)
        self._owning.refuse_second()
        desk = self._desks.pop(chosen.id, None)
        if desk is not None:
            desk.close()
        let_go = self._owning.hold()
        try:
            return self._store.set_aside(chosen)
        finally:
            let_go()

    def _choose(self, name: str | None) -> Brand:
        brands = self.brands()
        if not brands:
            raise NoBrand
        names = [brand.name for brand in brands]
        if name is None:
            if len(brands) > 1:
                raise WhichBrand(brands=names)
            return brands[0]
        for brand in brands:
            if brand.name == name:
                return brand
        raise UnknownBrandName(brand=name, brands=names)

    def _surroundings(self, brand: Brand) -> Surroundings:
        folder = self._store.folder(brand)
        return Surroundings(
            folder=folder,
            store=self._store.open(brand),
            secrets=SecretsStore.open(folder, brand.id, self._environ),
            thread=self._thread,
            clock=self._clock,
            random=random.Random(),  # noqa: S311 - jitter of waits, no secret
            transport=self._transport,
            who=self._who,
            new_id=_new_id,
            owning=self._owning,
        )

    def beside(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        """Run something on the engine's loop for as long as the workspace is open (the demo's
        till).
        """
        return self._thread.call(work)

    # -- who syncs ----------------------------------------------------------------------------

    def owner(self) -> Owner | None:
        """Who syncs now; None where nobody does."""
        return self._owning.owner()

    def asked_by(self) -> Owner | None:
        """Who asks this app's person for the sync. To say yes: stop the desk."""
        return self._owning.asked_by()

    def refuse(self) -> None:
        """Say no to the one who asks."""
        self._owning.refuse()

    def serve(
        self,
        brands: Sequence[str],
        stop: Callable[[], bool],
        hearing: Hearing | None = None,
    ) -> None:
        """Sync these brands until `stop` says so (asked ten times a second), handing over to an app
        or a command that asks, and taking the sync back; `hearing`: with webhooks, for one brand.
        Blocks. Raises StoreInUse where a
        service or an app syncs already.
        """
        self._owning.refuse_second()
        desks = [self.desk(name) for name in brands]
        lent = False
        for wait in self._owning.turns(stop):
            try:
                for desk in desks:
                    desk.start(hearing, returned=lent)
                asker = wait()
                lent = asker is not None and asker.purpose is Purpose.COMMAND
            finally:
                for desk in desks:
                    desk.stop(lent=lent)

    def close(self) -> None:
        """Stop the engines (what is in flight stays in the outbox), end the thread, close the
        files.
        """
        for desk in self._desks.values():
            desk.close()
        self._thread.close()
        self._desks.clear()


def _new_id() -> str:
    return uuid.uuid4().hex


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
