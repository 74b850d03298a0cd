"""What is wrong with single lines of a file, before anything of it is taken in: a table, and below
it the chosen line's whole text, which a row of the table has no room for.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Protocol

from textual import events, on
from textual.widget import Widget

from tui.clean import signs
from tui.i18n import Told, _, ngettext
from tui.keymap import keyed
from tui.remedies import finding_text
from tui.screens.base import SubScreen
from tui.widgets.columns import Column
from tui.widgets.dialogs import SHORT
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable


class LineOfFile(Told, Protocol):
    @property
    def line(self) -> int: ...
    @property
    def field(self) -> str: ...


def wrong_lines(problems: Iterable[LineOfFile], *, short: bool = False) -> str:
    """How many lines are wrong, however many things are wrong with each."""
    count = len({problem.line for problem in problems})
    if short:
        words = ngettext(
            "%(n)d line wrong: none is imported.", "%(n)d lines wrong: none is imported.", count
        )
        return words % {"n": count}
    return ngettext(
        "%(n)d line is wrong, so none is imported. Correct it, then try again.",
        "%(n)d lines are wrong, so none is imported. Correct them, then try again.",
        count,
    ) % {"n": count}


def how_to_import(action_id: str) -> str:
    words = _("Press %(key)s to import. All lines or none are taken in.")
    return keyed(words, action_id)


class FileScreen(SubScreen):
    """Gives the table and the text below it; the screen says what stands above (`about`). Where
    there is little room, that leaves some for rows and for the whole of one.
    """

    AUTO_FOCUS = "VirtualTable"

    def body(self) -> Iterable[Widget]:
        yield Prose(id="file", classes="text file")
        yield Prose(id="about", classes="text")
        yield VirtualTable(id="lines")
        yield Prose(id="whole", classes="text whole")

    @abstractmethod
    def about(self, *, short: bool) -> Sequence[str]:
        """What stands above, in one or two lines where it is to be short."""

    def show_about(self) -> None:
        short = self.size.height < SHORT
        self.set_class(short, "-tight")
        self.query_one("#about", Prose).update("\n".join(self.about(short=short)))

    def on_resize(self, _event: events.Resize) -> None:
        if self.is_whole:
            self.call_after_refresh(self.show_about)

    def show_problems(self, found: Sequence[tuple[LineOfFile, str]], empty: str) -> None:
        """`found` as (what is wrong with a line, tone)."""
        columns = [
            Column(_("Line"), 6, right=True),
            Column(_("Problem"), 30, grow=2),
            Column(_("What to do"), 24, grow=2, drop=1),
        ]
        rows = [self._problem(index, line, tone) for index, (line, tone) in enumerate(found)]
        self.query_one(VirtualTable).show(ListSource(rows), columns, empty=empty)

    @staticmethod
    def _problem(index: int, line: LineOfFile, tone: str) -> Row:
        message, remedy = finding_text(line)
        if line.field:
            message = _("%(column)s: %(problem)s") % {"column": line.field, "problem": message}
        return Row(str(index), (str(line.line), Toned(message, tone), remedy))

    @on(VirtualTable.Moved)
    def show_whole(self, message: VirtualTable.Moved) -> None:
        self.query_one("#whole", Prose).update(self.whole(message.row) if message.row else "")

    def whole(self, row: Row) -> str:
        """All that a row says, where it may be cut in the table."""
        line, problem, remedy = (c.text if isinstance(c, Toned) else c for c in row.cells)
        words = _("Line %(line)s: %(problem)s") % {"line": line, "problem": problem}
        return f"{words}\n{signs('→')} {remedy}" if remedy else words
