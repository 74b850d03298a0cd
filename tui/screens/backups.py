"""Backups: the ones made by themselves and those made by hand; bringing one back is shown first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.widget import Widget

from core.errors import DextreError
from core.model import Secret
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, headed, listed, sentences
from tui.keymap import keyed
from tui.paths import path_of
from tui.remedies import tell, told
from tui.screens.base import BaseScreen, SubScreen
from tui.when import day_and_time
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row
from tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from core.workspace import RestorePreview

TABLES = {
    "labels": N_("Inventory labels"),
    "locations": N_("Locations"),
    "items": N_("Items"),
    "levels": N_("Quantities"),
    "pairs": N_("Location pairs"),
    "mappings": N_("SKU mappings"),
}


class BackupsScreen(SubScreen):
    NAME = N_("Backups")
    BINDINGS = bindings("backups")
    AUTO_FOCUS = "VirtualTable"

    def body(self) -> Iterable[Widget]:
        yield Prose(
            _("One is made by itself before all mappings are deleted and before a restore."),
            classes="text dim",
        )
        words = _("No backup in the app's own folder yet. Press %(key)s to make one.")
        empty = keyed(words, "backups.make")
        yield VirtualTable(id="files", empty=empty)

    def refresh_data(self) -> None:
        rows = [Row(str(path), (clean(path.name), _size(path))) for path in self.desk.backups()]
        columns = [Column(_("File"), 30, grow=1), Column(_("Size"), 12, right=True)]
        self.query_one(VirtualTable).show(ListSource(rows), columns)
        self.refresh_bindings()

    def why_not(self, action_id: str) -> str | None:
        if action_id == "backups.open" and self.query_one(VirtualTable).current is None:
            words = _("There is no backup here. Press %(key)s to open one that is somewhere else.")
            return keyed(words, "backups.other")
        return super().why_not(action_id)

    def do_make(self) -> None:
        asks = [
            Ask("path", _("File"), str(self.desk.new_backup_path())),
            Ask("passphrase", _("Passphrase"), hint=_("only for secrets"), secret=True),
            Ask("again", _("Once more"), secret=True),
        ]
        note = _(
            "Everything but secrets, in one file. With a passphrase the secrets are in it as well, "
            "encrypted. The sync goes on meanwhile."
        )
        self.app.push_screen(FormDialog(_("Back up"), asks, _("Back up"), self._make, note=note))

    def _make(self, answers: Mapping[str, str]) -> str | None:
        typed = answers["passphrase"].strip()
        if typed != answers["again"].strip():
            return _("The two passphrases differ.")

        def write() -> None:
            path = path_of(answers["path"])
            made = self.desk.backup(path, passphrase=Secret(typed) if typed else None)
            words = _("Backed up to %(file)s: %(items)s, %(levels)s.") % {
                "file": clean(path),
                "items": counted.items(made.items),
                "levels": counted.quantities(made.levels),
            }
            if path not in self.desk.backups():
                words = sentences(words, _("It lies elsewhere, so it is not in this list."))
            if made.has_secrets:
                words = sentences(words, _("The secrets are in it, encrypted."))
            self.call_after_refresh(self.say, words)

        return self.attempt_words(write)

    def do_open(self) -> None:
        row = self.query_one(VirtualTable).current
        if row is not None:
            show_restore(self, Path(row.key))

    def do_other(self) -> None:
        ask = Ask("path", _("File"), hint="~/dextre-backup.db")

        def submit(answers: Mapping[str, str]) -> str | None:
            def read() -> None:
                path = path_of(answers["path"])
                self.call_after_refresh(show_restore, self, path)

            return self.attempt_words(read)

        self.app.push_screen(FormDialog(_("Open a backup"), [ask], _("Preview"), submit))


def show_restore(screen: BaseScreen, path: Path) -> None:
    """Read the backup beside the UI, then show what it would change."""
    screen.run_worker(_read(screen, path), group="restore", exclusive=True)


async def _read(screen: BaseScreen, path: Path) -> None:
    screen.say(_("The backup is being compared…"))
    try:
        preview = await asyncio.to_thread(screen.desk.restore_preview, path)
    except DextreError as error:
        screen.tell_error(error)
        return
    screen.hush()
    screen.app.push_screen(RestoreScreen(preview))


def _size(path: Path) -> str:
    try:
        return f"{path.stat().st_size / 1_000_000:.1f} MB"
    except OSError:
        return signs("–")


class RestoreScreen(SubScreen):
    """What a restore would change, and why it cannot be done now."""

    NAME = N_("Restore a backup")
    BINDINGS = bindings("restore")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, preview: RestorePreview) -> None:
        super().__init__()
        self._preview = preview

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="about", classes="text")
        yield VirtualTable(id="changes")

    def refresh_data(self) -> None:
        self.query_one("#about", Prose).update("\n".join(self._about()))
        columns = [
            Column(_("What"), 16),
            Column(_("Which"), 20, grow=2),
            Column(_("Now"), 10, grow=1),
            Column(_("In the backup"), 10, grow=1),
        ]
        rows = [
            Row(
                str(index),
                (
                    _(TABLES.get(one.what, one.what)),
                    clean(one.name or one.key),
                    _value(one.what, one.now),
                    _value(one.what, one.then),
                ),
            )
            for index, one in enumerate(self._preview.rows)
        ]
        empty = _("Nothing differs from this backup.")
        self.query_one(VirtualTable).show(ListSource(rows), columns, empty=empty)
        self.refresh_bindings()

    def _about(self) -> list[str]:
        preview = self._preview
        backup = preview.backup
        lines = [
            _("Backup of %(brand)s, %(at)s: %(file)s")
            % {
                "brand": clean(backup.brand, 40) or signs("–"),
                "at": day_and_time(backup.at) if backup.at else signs("–"),
                "file": clean(backup.path),
            }
        ]
        for name, words in TABLES.items():
            change = preview.changes.get(name)
            if change:
                lines.append(
                    headed(
                        _(words),
                        listed(
                            (
                                counted.come_back(change.added),
                                counted.change(change.changed),
                                counted.go(change.removed),
                            )
                        ),
                    )
                )
        if backup.has_secrets:
            lines.append(_("It holds encrypted secrets; their passphrase brings them back."))
        lines.append(_("The link is off afterwards; enabling it again shows a plan first."))
        if preview.refused is not None:
            lines.append(signs("✗ ") + told(preview.refused))
        return lines

    def why_not(self, action_id: str) -> str | None:
        if action_id == "restore.apply":
            if self._preview.refused is not None:
                return tell(self._preview.refused)[0]
            if not self._preview and not self._preview.backup.has_secrets:
                return _("Nothing differs from this backup.")
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def do_apply(self) -> None:
        if not self._preview.backup.has_secrets:
            self._ask(None)
            return
        ask = Ask("passphrase", _("Passphrase"), hint=_("empty: without secrets"), secret=True)
        note = _("With it the secrets and the connection they belong to come back.")
        dialog = FormDialog(_("Restore this backup?"), [ask], _("Next"), self._opens, note=note)
        self.app.push_screen(dialog, self._opened)

    def _opens(self, answers: Mapping[str, str]) -> str | None:
        """What is wrong with the passphrase."""
        typed = answers["passphrase"].strip()
        path = self._preview.backup.path
        if not typed:
            return None if self._preview else _("Nothing differs from this backup.")
        return self.attempt_words(lambda: self.desk.check_passphrase(path, Secret(typed)))

    def _opened(self, answers: Mapping[str, str] | None) -> None:
        if answers is not None:
            typed = answers["passphrase"].strip()
            self._ask(Secret(typed) if typed else None)

    def _ask(self, passphrase: Secret | None) -> None:
        body = "\n".join(self._about()[1:])
        body += "\n" + _("The state of now is saved first.")
        if passphrase is not None:
            body += "\n" + _("The secrets that are kept now are replaced.")
        dialog = ConfirmDialog(_("Restore this backup?"), body, _("Restore"), danger=True)
        self.app.push_screen(dialog, if_yes(lambda: self.restore(passphrase)))

    @work(exclusive=True, group="job")
    async def restore(self, passphrase: Secret | None) -> None:
        path = self._preview.backup.path
        done = await self.job(_("Restoring"), lambda _p: self.desk.restore(path, passphrase))
        if done is not None:
            words = _("Restored. The state before is in %(file)s")
            self.own_app.say(words % {"file": clean(done.value)})
            self.own_app.go("home")


CALLED = {"locations": "name", "pairs": "shopify_name", "mappings": "sku_number"}
"""The field of a document that is all a person wants to read of it."""


def _value(what: str, value: object) -> str:
    """A value of a document as a person reads it."""
    if value is None:
        return signs("–")
    if isinstance(value, dict) and what in CALLED:
        return clean(value[CALLED[what]], 200)
    if isinstance(value, dict):
        return clean(
            listed(headed(k, str(v)) for k, v in value.items() if v not in ("", None)), 200
        )
    return clean(value, 200)
