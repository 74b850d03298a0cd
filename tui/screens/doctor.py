"""Doctor: is the inventory file sound, does the shop answer with all that is needed, and what can
this terminal show?
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

from rich.cells import cell_len
from textual import work
from textual.widget import Widget

from core.errors import DextreError
from core.model import Finding, Verdict
from tui import keymap
from tui.actions import bindings
from tui.clean import ascii_only, clean, signs
from tui.i18n import N_, _
from tui.remedies import finding_text, tell
from tui.screens.base import SubScreen
from tui.sign_width import finding, plain_finding
from tui.widgets.columns import GAP, Column
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import VERDICTS, show

CURE = N_(
    "Lines look shifted: choose plain signs in Settings, or have the terminal draw "
    "ambiguous-width characters narrow."
)
LOOK = N_("Where they look shifted here, choose plain signs in Settings.")
"""What to do about wide signs, in the words of the app."""

RESULT_WIDTH = 14
ROOM = 2 * GAP + 1
"""Beside the columns: the cells between them and the scrollbar."""


class DoctorScreen(SubScreen):
    NAME = N_("Doctor")
    BINDINGS = bindings("doctor")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self._found: list[tuple[Verdict, str, str]] = []

    def body(self) -> Iterable[Widget]:
        empty = keymap.keyed(_("Press %(key)s to check."), "doctor.run")
        yield VirtualTable(id="findings", empty=empty)
        yield Prose("", id="remedy", classes="text dim")

    def on_mount(self) -> None:
        self.call_after_refresh(self.do_run)

    def refresh_data(self) -> None:
        columns = [Column(_("Result"), RESULT_WIDTH), Column(_("What was checked"), 40, grow=1)]
        rows = []
        for index, (verdict, words, _remedy) in enumerate(self._found):
            mark = VERDICTS[verdict]
            rows.append(Row(str(index), (Toned(show(mark), mark.tone), words)))
        self.query_one(VirtualTable).show(ListSource(rows), columns)
        self.show_remedy()

    def on_virtual_table_moved(self) -> None:
        self.show_remedy()

    def show_remedy(self) -> None:
        """And all that was found, where its row has no room for it."""
        row = self.query_one(VirtualTable).current
        if row is None:
            return
        _verdict, found, remedy = self._found[int(row.key)]
        lines = [found] if cell_len(found) > self.size.width - RESULT_WIDTH - ROOM else []
        lines += [signs("→ ") + remedy] if remedy else []
        self.query_one("#remedy", Prose).update("\n".join(lines))

    # -- checking ----------------------------------------------------------------------------------

    @work(exclusive=True, group="job")
    async def do_run(self) -> None:
        self._found = [self._terminal(), self._told(await self._signs())]
        self._found += [self._told(one) for one in keymap.findings(self.own_app.home)]
        self.refresh_data()
        self._found.append(await self._store())
        version = self.desk.version_findings()
        self._found += [self._told(one) for one in version]
        self.refresh_data()
        if self.desk.connection() is None:
            words = _("No shop is connected yet.")
            self._found.append((Verdict.SKIPPED, words, ""))
        else:
            done = await self.job(_("Checking the connection"), lambda _p: self.desk.check())
            known = {one.code for one in version}
            checked = [one for one in (done.value if done else ()) if one.code not in known]
            self._found += [self._told(one) for one in checked]
        if self.is_attached:
            self.refresh_data()

    async def _store(self) -> tuple[Verdict, str, str]:
        try:
            await asyncio.to_thread(self.desk.check_store)
        except DextreError as error:
            message, remedy = tell(error)
            return (Verdict.FAILED, message, remedy)
        return (Verdict.OK, _("The inventory file is in order."), "")

    @staticmethod
    def _told(finding: Finding) -> tuple[Verdict, str, str]:
        message, remedy = finding_text(finding)
        return (finding.verdict, message, remedy)

    def _terminal(self) -> tuple[Verdict, str, str]:
        words = _("Terminal: %(term)s, %(columns)d×%(rows)d, %(colours)s colours") % {
            "term": clean(os.environ.get("TERM", "?"), 40),
            "columns": self.app.size.width,
            "rows": self.app.size.height,
            "colours": {"truecolor": "16,777,216", "256": "256"}.get(self._colours(), "16"),
        }
        if self.app.size.width < 80 or self.app.size.height < 24:
            return (Verdict.WARNING, words, _("80×24 or more shows every column."))
        return (Verdict.OK, words, "")

    def _colours(self) -> str:
        return str(self.app.console.color_system or "")

    async def _signs(self) -> Finding:
        if ascii_only():
            return plain_finding()
        return finding(await self.own_app.sign_width(), CURE, LOOK)
