"""Mappings as a file: written out, edited in a spreadsheet, and read back with a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from core.errors import BadInput
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, finding_text
from tui.screens.base import BaseScreen, SubScreen
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from core.workspace.editing import MappingPreview


def ask_for_export(screen: BaseScreen) -> None:
    def submit(answers: Mapping[str, str]) -> str | None:
        path = Path(answers["path"].strip()).expanduser()

        def write() -> None:
            try:
                with path.open("x", encoding="utf-8", newline="") as out:
                    rows = screen.desk.export_mappings(out)
            except OSError as error:
                raise BadInput(detail=f"{path}: {error.strerror}") from error
            words = _("%(n)d rows written to %(file)s") % {"n": rows, "file": clean(path)}
            screen.call_after_refresh(screen.say, words)

        return screen.attempt_words(write)

    note = _("Change the column sku_number in a spreadsheet, then read the file back with i.")
    ask = Ask("path", _("File"), "~/mappings.csv")
    screen.app.push_screen(
        FormDialog(_("Export all mappings"), [ask], _("Export"), submit, note=note)
    )


def ask_for_import(screen: BaseScreen) -> None:
    def submit(answers: Mapping[str, str]) -> str | None:
        path = Path(answers["path"].strip()).expanduser()

        def read() -> None:
            shown = MappingFileScreen(path, screen.desk.preview_mappings(path))
            screen.call_after_refresh(screen.app.push_screen, shown)

        return screen.attempt_words(read)

    note = _("An exported file with changed SKU numbers. Nothing changes before you agree.")
    ask = Ask("path", _("File"), hint="~/mappings.csv")
    screen.app.push_screen(FormDialog(_("Import mappings"), [ask], _("Preview"), submit, note=note))


class MappingFileScreen(SubScreen):
    """Every edit that the file asks for, and every line that is wrong, before anything is done."""

    NAME = N_("Import mappings")
    BINDINGS = bindings("mapfile")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self, path: Path, preview: MappingPreview) -> None:
        super().__init__()
        self._path, self._preview = path, preview

    def body(self) -> Iterable[Widget]:
        yield Static("", id="about", classes="text", markup=False)
        yield VirtualTable(id="changes")

    def refresh_data(self) -> None:
        self.query_one("#about", Static).update("\n".join(self._about()))
        columns = [
            Column(_("Line"), 6, right=True),
            Column(_("Shopify"), 16, grow=1, drop=1),
            Column(_("SKU number before"), 14, grow=1),
            Column(_("SKU number after"), 14, grow=1),
        ]
        rows = self._changes()
        if self._preview.problems:
            columns = [Column(_("Line"), 6, right=True), Column(_("Problem"), 30, grow=2)]
            columns.append(Column(_("What to do"), 24, grow=2, drop=1))
            rows = self._problems()
        empty = _("The file changes nothing: every line stands so already.")
        self.query_one(VirtualTable).show(ListSource(rows), columns, empty=empty)
        self.refresh_bindings()

    def _about(self) -> list[str]:
        preview = self._preview
        lines = [
            _("File: %(file)s") % {"file": clean(self._path)},
            _("%(rows)d lines: %(changes)d change a mapping, %(same)d stand so already")
            % {
                "rows": preview.rows,
                "changes": len(preview.changes),
                "same": preview.unchanged,
            },
        ]
        if preview.problems:
            lines.append(
                _("%(n)d lines cannot be imported. Correct the file, then try again.")
                % {"n": len(preview.problems)}
            )
        elif preview.changes:
            lines.append(_("Press i to import. All lines or none are taken in."))
        return lines

    def _changes(self) -> list[Row]:
        unmapped = Toned(signs("– ") + _("not mapped"), "dim")
        return [
            Row(
                str(index),
                (
                    str(one.line),
                    self._variant(one.inventory_item_id),
                    clean(one.before) or unmapped,
                    clean(one.after) or unmapped,
                ),
            )
            for index, one in enumerate(self._preview.changes)
        ]

    def _variant(self, inventory_item_id: str) -> str:
        variant = self.desk.variant(inventory_item_id)
        if variant is None:
            return clean(inventory_item_id.rpartition("/")[2])
        return f"{clean(variant.sku)}  {clean(variant.name)}"

    def _problems(self) -> list[Row]:
        rows = []
        for index, line in enumerate(self._preview.problems):
            message, remedy = finding_text(line)
            rows.append(Row(str(index), (str(line.line), Toned(message, "bad"), remedy)))
        return rows

    def why_not(self, action_id: str) -> str | None:
        if action_id == "mapfile.apply":
            if self._preview.problems:
                return _("Lines of the file are wrong. Correct them, then try again.")
            if not self._preview.changes:
                return _("The file changes nothing: every line stands so already.")
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def do_apply(self) -> None:
        done = self.attempt(lambda: self.desk.import_mappings(self._preview))
        if done is not None:
            self.own_app.say(_("%(n)d mappings were changed.") % {"n": done.value})
            self.app.pop_screen()
