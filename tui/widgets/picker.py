"""Choose one row of a list by typing a few letters: palette, keys, the counterpart of a SKU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from tui.i18n import _
from tui.widgets.columns import Column
from tui.widgets.dialogs import Dialog
from tui.widgets.fields import Field
from tui.widgets.prose import Prose
from tui.widgets.rows import Row, RowSource
from tui.widgets.table import VirtualTable


class PickerDialog(Dialog[str]):
    """Answers with the key of the row, or None. `find` gives the rows for what was typed."""

    DEFAULT_CSS = """
    PickerDialog > #box { width: 76; height: 80%; }
    PickerDialog VirtualTable { background: $panel; margin-top: 1; }
    PickerDialog.-short > #box { height: 92%; }
    PickerDialog #told { height: 2; color: $dim; }
    PickerDialog.-short VirtualTable { margin: 0; }
    PickerDialog.-short.-tells .dialog--note { display: none; }
    PickerDialog VirtualTable > .table--resting { background: $cursor-ground; color: $cursor-text; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
    ]
    AUTO_FOCUS = "Field"

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        find: Callable[[str], RowSource],
        *,
        hint: str = "",
        search: str = "",
        tell: Callable[[Row], str] | None = None,
    ) -> None:
        """`tell`: all that there is to say of a row, whose cells may be cut."""
        super().__init__()
        self._tell = tell
        self.set_class(tell is not None, "-tells")
        self._title, self._columns, self._find = title, columns, find
        self._hint, self._search = hint, search

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(self._title, classes="dialog--title")
            yield Field(self._search, placeholder=_("Type to search"))
            yield VirtualTable(self._columns, self._find(self._search), empty=_("Nothing fits."))
            if self._tell is not None:
                yield Prose("", id="told")
            if self._hint:
                yield Prose(self._hint, classes="dialog--note")

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        self.query_one(VirtualTable).show(self._find(event.value), keep_cursor=False)

    def on_mount(self) -> None:
        self.moved()

    @on(VirtualTable.Moved)
    def moved(self) -> None:
        row = self.query_one(VirtualTable).current
        if self._tell is not None:
            self.query_one("#told", Prose).update(self._tell(row) if row is not None else "")

    @on(Input.Submitted)
    def submitted(self) -> None:
        self.query_one(VirtualTable).action_activate()

    @on(VirtualTable.Activated)
    def picked(self, event: VirtualTable.Activated) -> None:
        self.dismiss(event.row.key)

    def action_move(self, by: int) -> None:
        self.query_one(VirtualTable).action_cursor(by)
