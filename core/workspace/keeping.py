"""The keeping part of a desk: backups, bringing one back, and forgetting old movements."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.clock import iso
from core.model import Cause, CauseKind
from core.on_demand import Room
from core.workspace.mapping import MappingDesk

if TYPE_CHECKING:
    from core.store import BackupFile, RestorePreview
    from core.sync import events
else:
    events = Room("core.sync.events")


class KeepingDesk(MappingDesk):
    def backup(self, target: Path, *, overwrite: bool = False) -> BackupFile:
        """One consistent file of everything but secrets, while all goes on. Raises FileIsThere,
        DiskFull, CannotWrite: then there is no new file.
        """
        made = self._store.backup(target, overwrite=overwrite)
        self._tell(events.BackedUp(at=self._now(), brand=self.brand.name, file=str(target)))
        return made

    def backups(self) -> Sequence[Path]:
        """Those made by itself before something large was done, newest first."""
        return sorted(self._store.backups_folder.glob("*.db"), reverse=True)

    def restore_preview(self, path: Path) -> RestorePreview:
        """What bringing the backup back would change; changes nothing."""
        return self._store.restore_preview(path)

    def restore(self, path: Path) -> Future[Path]:
        """Make the inventory equal to the backup; the link is off afterwards. Gives where the state
        before was saved. Raises OutboxNotEmpty, BackupOfAnotherShop, Damaged: nothing was changed.
        """
        return self._call(self._restore(path))

    async def _restore(self, path: Path) -> Path:
        async with self._around.owning.held():
            await self._turn_off()
            session = await self._open_or_none()
            cause = Cause(CauseKind.RESTORE, self._around.who, path.name)
            if session is None:
                saved = await asyncio.to_thread(self._store.restore, path, cause)
            else:
                async with session.engine.gate.alone():
                    saved = await asyncio.to_thread(self._store.restore, path, cause)
                    session.engine.reader.forget()
        self._tell(
            events.Restored(at=self._now(), brand=self.brand.name, file=str(path), saved=str(saved))
        )
        return saved

    def prune_movements(self, days: int) -> int:
        """Forget movements older than so many days, but never the newest one of a level."""
        return self._store.prune_movements(self._days_ago(days))

    def count_prunable(self, days: int) -> int:
        """How many that would be."""
        return self._store.count_prunable(self._days_ago(days))

    def _days_ago(self, days: int) -> str:
        return iso(self._around.clock.now() - timedelta(days=days))
