"""Mappings as a file: written out, edited in a spreadsheet, and read back with a preview."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, headed, listed
from tui.keymap import keyed
from tui.paths import new_file, path_of
from tui.screens.base import BaseScreen
from tui.screens.lines_of_file import FileScreen, how_to_import, wrong_lines
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from core.workspace.editing import MappingPreview


SKIPPED = "skipped-"

SHARED_AT_MOST = 5
"""SKU numbers that are named."""


def ask_for_export(screen: BaseScreen) -> None:
    def submit(answers: Mapping[str, str]) -> str | None:
        def write() -> None:
            path = path_of(answers["path"])
            with new_file(path) as out:
                rows = screen.desk.export_mappings(out)
            words = _("%(rows)s written to %(file)s") % {
                "rows": counted.rows(rows),
                "file": clean(path),
            }
            screen.call_after_refresh(screen.say, words)

        return screen.attempt_words(write)

    note = _("Change the column sku_number in a spreadsheet, then read the file back with %(key)s.")
    note = keyed(note, "mapping.import")
    ask = Ask("path", _("File"), "~/mappings.csv")
    screen.app.push_screen(
        FormDialog(_("Export all mappings"), [ask], _("Export"), submit, note=note)
    )


def ask_for_import(screen: BaseScreen) -> None:
    def submit(answers: Mapping[str, str]) -> str | None:
        def read() -> None:
            path = path_of(answers["path"])
            shown = MappingFileScreen(path, screen.desk.preview_mappings(path))
            screen.call_after_refresh(screen.app.push_screen, shown)

        return screen.attempt_words(read)

    note = _("An exported file with changed SKU numbers. Nothing changes before you agree.")
    ask = Ask("path", _("File"), hint="~/mappings.csv")
    screen.app.push_screen(FormDialog(_("Import mappings"), [ask], _("Preview"), submit, note=note))


class MappingFileScreen(FileScreen):
    """Every edit that the file asks for, and every line that is wrong, before anything is done."""

    NAME = N_("Import mappings")
    BINDINGS = bindings("mapfile")

    def __init__(self, path: Path, preview: MappingPreview) -> None:
        super().__init__()
        self._path, self._preview = path, preview

    def refresh_data(self) -> None:
        self.set_class(bool(self._preview.problems), "-wrong")
        self.show_about()
        words = _("File: %(file)s") % {"file": clean(self._path)}
        self.query_one("#file", Prose).update(words)
        columns = [
            Column(_("Line"), 6, right=True),
            Column(_("Shopify"), 16, grow=1, drop=1),
            Column(_("SKU number before"), 14, grow=1),
            Column(_("SKU number after"), 14, grow=1),
        ]
        empty = _("The file changes nothing: every line stands so already.")
        if self._preview.problems:
            found = [(line, "bad") for line in self._preview.problems]
            found += [(line, "warn") for line in self._preview.skipped]
            self.show_problems(found, empty)
        elif self._preview.skipped and not self._preview.changes:
            self.show_problems([(line, "warn") for line in self._preview.skipped], empty)
        else:
            self.query_one(VirtualTable).show(ListSource(self._changes()), columns, empty=empty)
        self.refresh_bindings()

    def about(self, *, short: bool) -> list[str]:
        preview = self._preview
        if short and preview.problems:
            return [wrong_lines(preview.problems, short=True)]
        lines = [
            _("%(lines)s: mappings that change %(changes)d, equal already %(same)d")
            % {
                "lines": counted.lines(preview.rows),
                "changes": len(preview.changes),
                "same": preview.unchanged,
            },
        ]
        if preview.skipped:
            told = counted.lines(len(preview.skipped))
            words = _("Left out, because they name no Shopify variant: %(lines)s")
            lines.append(signs("! ") + words % {"lines": told})
            if short:
                return lines[1:]
        if preview.shared:
            named = [clean(sku) for sku in preview.shared[:SHARED_AT_MOST]]
            named += [signs("…")] * (len(preview.shared) > SHARED_AT_MOST)
            words = _("Then mapped to several products: %(skus)s") % {"skus": listed(named)}
            lines.append(signs("! ") + words)
        if preview.problems:
            lines.append(wrong_lines(preview.problems))
        elif preview.changes and not short:
            lines.append(how_to_import("mapfile.apply"))
        return lines

    def _changes(self) -> list[Row]:
        left_out = Toned(signs("! ") + _("left out"), "warn")
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
        ] + [
            Row(f"{SKIPPED}{index}", (str(one.line), "", left_out, clean(one.params["sku"])))
            for index, one in enumerate(self._preview.skipped)
        ]

    def _variant(self, inventory_item_id: str) -> str:
        variant = self.desk.variant(inventory_item_id)
        if variant is None:
            return clean(inventory_item_id.rpartition("/")[2])
        return f"{clean(variant.sku)}  {clean(variant.name)}"

    def whole(self, row: Row) -> str:
        if self._preview.problems or not self._preview.changes:
            return super().whole(row)
        if row.key.startswith(SKIPPED):
            skipped = self._preview.skipped[int(row.key.removeprefix(SKIPPED))]
            return super().whole(self._problem(0, skipped, "warn"))
        _line, variant, before, after = (c.text if isinstance(c, Toned) else c for c in row.cells)
        return headed(variant, f"{before} {signs('→')} {after}")

    def why_not(self, action_id: str) -> str | None:
        if action_id == "mapfile.apply":
            if self._preview.problems:
                return _("Lines of the file are wrong. Correct them, then try again.")
            if self._preview.skipped and not self._preview.changes:
                return _("The file changes nothing: what was edited names no Shopify variant.")
            if not self._preview.changes:
                return _("The file changes nothing: every line stands so already.")
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def do_apply(self) -> None:
        done = self.attempt(lambda: self.desk.import_mappings(self._preview))
        if done is not None:
            self.own_app.say(
                _("Changed: %(mappings)s.") % {"mappings": counted.mappings(done.value)}
            )
            self.app.pop_screen()
