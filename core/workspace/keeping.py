"""The keeping part of a desk: backups, bringing one back, and forgetting old movements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.clock import iso
from core.model import Cause, CauseKind, Secret
from core.on_demand import Room
from core.store.errors import NoSecretsKept
from core.workspace.watching import WatchingDesk

if TYPE_CHECKING:
    import asyncio

    from core.store import BackupFile, RestorePreview
    from core.sync import events
else:
    asyncio = Room("asyncio")
    events = Room("core.sync.events")


class KeepingDesk(WatchingDesk):
    def backup(
        self, target: Path, *, overwrite: bool = False, passphrase: Secret | None = None
    ) -> BackupFile:
        """One consistent file, while all goes on: of everything but secrets, and with a passphrase
        of those as well, encrypted. Raises FileIsThere, DiskFull, CannotWrite, NoSecretsKept,
        PassphraseTooShort: then there is no new file.
        """
        secrets = None if passphrase is None else self._around.secrets.kept()
        if secrets is not None and not secrets:
            raise NoSecretsKept(brand=self.brand.name, place=self._around.secrets.where)
        made = self._store.backup(
            target, overwrite=overwrite, secrets=secrets, passphrase=passphrase
        )
        self._tell(events.BackedUp(at=self._now(), brand=self.brand.name, file=str(target)))
        return made

    def new_backup_path(self) -> Path:
        """A name that no file has yet, for a backup among `backups`."""
        return self._store.new_backup_path()

    def backups(self) -> Sequence[Path]:
        """Those in the brand's own folder: made by itself before something large was done, and by
        hand. Newest first.
        """
        return sorted(self._store.backups_folder.glob("*.db"), reverse=True)

    def restore_preview(self, path: Path) -> RestorePreview:
        """What bringing the backup back would change; changes nothing."""
        return self._store.restore_preview(path)

    def check_passphrase(self, path: Path, passphrase: Secret) -> None:
        """Whether it opens the secrets of a backup; changes nothing. Raises NoSecretsInBackup,
        WrongPassphrase, SealDamaged.
        """
        self._store.secrets_in(path, passphrase)

    def restore(
        self, path: Path, passphrase: Secret | None = None, *, connection: bool = False
    ) -> Future[Path]:
        """Make the inventory equal to the backup; with a passphrase its secrets and the connection
        that they belong to come back as well (`connection`: that alone). The link is off
        afterwards. Gives where the state before was saved.

        Raises OutboxNotEmpty, BackupOfAnotherShop, Damaged, NoSecretsInBackup, WrongPassphrase,
        SealDamaged: nothing was changed.
        """
        return self._call(self._restore(path, passphrase, connection))

    async def _restore(self, path: Path, passphrase: Secret | None, connection: bool) -> Path:
        secrets = None
        if passphrase is not None:
            secrets = await asyncio.to_thread(self._store.secrets_in, path, passphrase)
        async with self._around.owning.held():
            await self._turn_off()
            session = await self._open_or_none()
            if session is None:
                saved = await asyncio.to_thread(self._bring_back, path, secrets, connection)
            else:
                async with session.engine.gate.alone():
                    saved = await asyncio.to_thread(self._bring_back, path, secrets, connection)
                    session.engine.reader.forget()
            if secrets is not None:
                await self._drop_session()
                await self._after_connecting()
        self._tell(
            events.Restored(at=self._now(), brand=self.brand.name, file=str(path), saved=str(saved))
        )
        return saved

    def _bring_back(
        self, path: Path, secrets: Mapping[str, Secret] | None, connection: bool
    ) -> Path:
        """The secrets first: where the inventory then refuses, those of before are put back."""
        cause = Cause(CauseKind.RESTORE, self._around.who, path.name)
        if secrets is None:
            return self._store.restore(path, cause, connection=connection)
        kept = self._around.secrets.kept()
        self._around.secrets.replace_all(secrets)
        try:
            return self._store.restore(path, cause, connection=True)
        except BaseException:
            self._around.secrets.replace_all(kept)
            raise

    def prune_movements(self, days: int) -> int:
        """Forget movements older than so many days, but never the newest one of a level."""
        return self._store.prune_movements(self._days_ago(days))

    def count_prunable(self, days: int) -> int:
        """How many that would be."""
        return self._store.count_prunable(self._days_ago(days))

    def _days_ago(self, days: int) -> str:
        return iso(self._around.clock.now() - timedelta(days=days))
