"""A CSV file before it is read in: what it holds, what is wrong with it, and one key to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from core.model import Movement
from tui import counted
from tui.actions import bindings
from tui.clean import clean
from tui.i18n import N_, _, listed, sentences
from tui.keymap import keyed
from tui.screens.base import Progress
from tui.screens.lines_of_file import FileScreen, how_to_import, wrong_lines
from tui.widgets.prose import Prose

if TYPE_CHECKING:
    from core.workspace import ImportPreview


class ImportScreen(FileScreen):
    NAME = N_("Import a CSV file")
    BINDINGS = bindings("import")

    def __init__(
        self, path: Path, preview: ImportPreview, made: Callable[[Sequence[Movement]], None]
    ) -> None:
        """`made` is told which quantities were changed, so that they can be taken back."""
        super().__init__()
        self._path, self._preview, self._made = path, preview, made

    def refresh_data(self) -> None:
        preview = self._preview
        self.set_class(bool(preview.problems), "-wrong")
        self.show_about()
        self.query_one("#file", Prose).update(
            _("File: %(file)s   (%(layout)s)")
            % {"file": clean(self._path), "layout": clean(_(str(preview.layout)))}
        )
        marked = [(problem, "bad") for problem in preview.problems]
        marked += [(line, "warn") for line in preview.skipped]
        marked += [(line, "dim") for line in preview.notes]
        self.show_problems(marked, _("No problems: every line can be imported."))
        self.refresh_bindings()

    def about(self, *, short: bool) -> list[str]:
        preview = self._preview
        if short and preview.problems:
            return [wrong_lines(preview.problems, short=True)]
        unknown = (*preview.locations_missing, *preview.labels_missing)
        missing = listed(clean(name) for name in unknown)
        lines = [
            _("%(lines)s: %(items)s, %(levels)s")
            % {
                "lines": counted.lines(preview.rows),
                "items": counted.items(len(preview.items)),
                "levels": counted.quantities(len(preview.levels)),
            },
        ]
        if missing:
            lines.append(
                _("These locations or labels do not exist yet: %(names)s") % {"names": missing}
            )
        if preview.problems:
            lines.append(wrong_lines(preview.problems))
        elif not short:
            lines.append(how_to_import("import.apply"))
        return lines

    def why_not(self, action_id: str) -> str | None:
        if action_id == "import.apply" and self._preview.problems:
            return _("Lines of the file are wrong. Correct them, then try again.")
        if action_id == "import.apply":
            return self.session.why_only_looking()
        return super().why_not(action_id)

    @work(exclusive=True, group="job")
    async def do_apply(self) -> None:
        pool = ThreadPoolExecutor(1, "import")
        moved: list[Movement] = []
        done = await self.job(_("Importing"), lambda progress: self._start(pool, progress, moved))
        pool.shutdown(wait=False)
        self._made(moved)
        if done is None:
            return
        words = _("Imported: %(items)s, %(levels)s.") % {
            "items": counted.items(len(done.value.items)),
            "levels": counted.quantities(len(done.value.levels)),
        }
        if moved:
            undo = keyed(_("%(key)s takes the quantities back."), "inventory.undo")
            words = sentences(words, undo)
        self.own_app.say(words)
        self.app.pop_screen()

    def _start(
        self, pool: ThreadPoolExecutor, progress: Progress, moved: list[Movement]
    ) -> Future[ImportPreview]:
        """A thread cannot be cancelled from outside: its own progress report ends it."""
        work_now = self._work

        def tick(done: int, total: int | None = None) -> None:
            if work_now is not None and work_now.cancelled:
                raise CancelledError
            progress(done, total)

        return pool.submit(self.desk.import_items, self._path, tick, moved.extend)
