"""A table of any length: rows are asked of a source a page at a time, and only what is seen is
rendered, so a million rows cost what forty cost. Cursor row, optional cursor cell, marks by key.

Not its business: where rows come from, filters, what Enter means. It tells by messages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.actions import bindings
from tui.clean import signs
from tui.widgets.columns import GAP, LEAST_WIDTH, Column, clip, fit, fold
from tui.widgets.rows import ListSource, Pages, Row, RowSource, Toned
from tui.widgets.scrollbars import PlacedView

BREATH = 0.001
"""Seconds between two steps of a search: keys come first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is in a table."""

    cursor: int
    cell: int
    marks: frozenset[str]


class VirtualTable(PlacedView, can_focus=True, inherit_bindings=False):
    DEFAULT_CSS = """
    VirtualTable { height: 1fr; background: $background; color: $foreground;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden; }
    VirtualTable > .table--header { color: $dim; text-style: bold; background: $panel; }
    VirtualTable > .table--cursor { background: $cursor-ground; color: $cursor-text; }
    VirtualTable > .table--resting { background: $panel; color: $foreground; }
    VirtualTable > .table--cell { background: $accent; color: $background; text-style: bold; }
    VirtualTable:nocolor > .table--cell { text-style: bold underline; }
    VirtualTable > .table--good { color: $success; }
    VirtualTable > .table--warn { color: $warning; }
    VirtualTable > .table--bad { color: $error; }
    VirtualTable > .table--dim { color: $dim; }
    """
    TONES = ("good", "warn", "bad", "dim")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--resting",
        "table--cell",
        *(f"table--{tone}" for tone in TONES),
    }
    BINDINGS = bindings("table")

    cursor: reactive[int] = reactive(0, repaint=False)
    cell: reactive[int] = reactive(-1, repaint=False)
    """The column under the cursor; below 0 the whole row is."""

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: VirtualTable, row: Row | None) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> VirtualTable:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, VirtualTable.Moved) and message.table is self.table

    class Sized(Message):
        """The reader changed a column's width."""

        def __init__(self, table: VirtualTable) -> None:
            super().__init__()
            self.table = table

    class Counted(Message):
        """All its rows are found: `row_count` is how many there are."""

        def __init__(self, table: VirtualTable) -> None:
            super().__init__()
            self.table = table

    class Copied(Message):
        """The reader wants these rows on the clipboard."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Activated(Message):
        """Enter on a row."""

        def __init__(self, table: VirtualTable, row: Row) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> VirtualTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column] = (),
        source: RowSource | None = None,
        *,
        empty: str = "",
        id: str | None = None,  # noqa: A002 - the toolkit's name
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._rows = Pages(source or ListSource())
        self._empty = empty
        self._layout: list[tuple[int, int]] = []
        self._styles: dict[str, Style] = {}
        self._looks: dict[int, object] = {}
        self.marks: set[str] = set()
        self._anchor: int | None = None
        self.widths: dict[int, int] = {}
        self._sized = -1
        self._wanted: Place | None = None
        self._question: object = None
        self._stood: tuple[Row | None, int] = (None, 0)
        self.lost: Row | None = None
        """The row that the reader was on and that has left by itself; None once they move."""

    # -- what it shows -----------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return self._rows.count

    def show(
        self,
        source: RowSource,
        columns: Sequence[Column] | None = None,
        *,
        empty: str | None = None,
        keep_cursor: bool = True,
        question: object = None,
    ) -> None:
        """Show other rows. The cursor stays on its row; where that has left, on its row number as
        far as there are rows. `question` is what the reader asked for, such as a filter: a row
        that is no answer any more, though nothing else was asked, is `lost`.
        """
        stood = self._stand_before() if keep_cursor else (None, 0)
        again, self._question = question == self._question, question
        self._rows = Pages(source)
        if columns is not None:
            self._columns = tuple(columns)
        if empty is not None:
            self._empty = empty
        self._anchor = None
        self._place()
        sought = self._stand_again(stood, again=again)
        if self._wanted is not None and self._rows.count:
            place, self._wanted = self._wanted, None
            self.cursor, self.cell = place.cursor, place.cell
            self.marks |= place.marks
        self._keep_in_view()
        self.repaint()
        self._stand()
        self.post_message(self.Moved(self, self.current))
        if self._rows.growing:
            pages = self._rows
            self.set_timer(BREATH, lambda: self._go_on(pages, sought))
        else:
            self.post_message(self.Counted(self))

    # -- the row that the reader is on -------------------------------------------------------------

    def _stand_before(self) -> tuple[Row | None, int]:
        """The row under the cursor and its number; of a table that is empty meanwhile, the last
        one.
        """
        return (self.current, self.cursor) if self._rows.count else self._stood

    def _stand_again(self, stood: tuple[Row | None, int], *, again: bool) -> Row | None:
        """The cursor on that row, else on its number; the row where it was not found."""
        row, number = stood
        lost = self.lost if again else None
        found = row is not None and self._go_to(row)
        if found:
            lost = None if lost == row else lost
        else:
            self.cursor = number
            lost = lost or (row if again else None)
        self.lost = lost  # after the cursor, which takes it away when it moves
        self._stood = stood
        return None if found else row

    def forget_lost(self) -> None:
        """The reader knows that the row has left, by their own word or because they have moved
        since (also where the cursor could not): the next key means what is under the cursor then.
        """
        self.lost = None
        if not self._rows.count:
            self._stood = (None, 0)

    def go_to(self, key: str) -> None:
        """The cursor on the row of this key, where there is one."""
        index = self._rows.index_of(key, self.cursor)
        if index is not None:
            self.cursor = index

    def _go_to(self, row: Row) -> bool:
        """The cursor on this row, as far down the screen as before; False where it is not there."""
        index = self._rows.index_of(row.key, self.cursor)
        if index is None:
            return False
        top = int(self.scroll_y) + index - self.cursor
        self.cursor = index
        if top != int(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True)
        return True

    # -- a source that is still searching ----------------------------------------------------------

    def _go_on(self, pages: Pages, sought: Row | None) -> None:
        """A little more of it, with keys in between; dropped where other rows are shown by now.
        The row that was `sought` may be found late: until then it is lost.
        """
        if pages is not self._rows:
            return
        before = pages.count
        pages.grow()
        if pages.growing:
            self.set_timer(BREATH, lambda: self._go_on(pages, sought))
            return
        self._all_found(before)
        if self.lost is not None and self.lost is sought and self._go_to(sought):
            self.lost = None

    def _all_found(self, before: int) -> None:
        self._place()
        if before <= int(self.scroll_y) + self.size.height:
            self.repaint()
        self.post_message(self.Counted(self))

    def find_all(self) -> None:
        """However long it takes: where the last row counts, or every one."""
        if self._rows.growing:
            before = self._rows.count
            self._rows.find_all()
            self._all_found(before)

    def all_rows(self) -> Sequence[Row]:
        self.find_all()
        return self._rows.source.rows(0, self._rows.count)

    def invalidate(self) -> None:
        """The same source has other rows now."""
        self.show(self._rows.source, question=self._question)

    def reread(self, keys: Collection[str]) -> None:
        """These rows have other cells now: read them again, and paint those that are seen."""
        for index in self._rows.drop(keys):
            self._repaint(index)

    @property
    def place(self) -> Place:
        return Place(self.cursor, self.cell, frozenset(self.marks))

    def stand_at(self, place: Place) -> None:
        """From the next rows on that are shown: the reader is there."""
        self._wanted = place

    @property
    def current(self) -> Row | None:
        return self.row(self.cursor) if self._rows.count else None

    def row(self, index: int) -> Row | None:
        return self._rows.row(index)

    def chosen(self) -> list[str]:
        """The marked rows' keys, else the cursor row's."""
        if self.marks:
            return sorted(self.marks)
        return [self.current.key] if self.current else []

    # -- layout ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._place()
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _screen: self._stand())

    def on_resize(self) -> None:
        self._place()
        self._keep_in_view()
        self.repaint()

    def watch_show_vertical_scrollbar(self) -> None:
        """It takes a column of the screen: the toolkit tells no one."""
        if self.is_mounted:
            self._place()
            self.repaint()

    def _place(self) -> None:
        width = self.scrollable_content_region.width or self.size.width
        self._layout = fit(self._widened(), width)
        total = sum(w + GAP for _, w in self._layout)
        self.virtual_size = Size(min(total, width) or width, self._rows.count + 1)

    def _widened(self) -> list[Column]:
        """The columns as the reader has made them."""
        columns = list(self._columns)
        for index, by in self.widths.items():
            if index < len(columns):
                width = max(LEAST_WIDTH, columns[index].width + by)
                columns[index] = replace(columns[index], width=width)
        return columns

    def has_room_for(self, column: int) -> bool:
        """Whether this column is shown."""
        return any(index == column for index, _width in self._layout)

    def _keep_in_view(self) -> None:
        height = self.scrollable_content_region.height - 1
        if height <= 0:  # a watcher may run before the size is known
            return
        top = int(self.scroll_y)
        if self.cursor < top:
            self._scroll_at_once(self.cursor)
        elif self.cursor >= top + height:
            self._scroll_at_once(self.cursor - height + 1)

    def _scroll_at_once(self, top: int) -> None:
        """Painted together with what made it scroll."""
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            base = self.rich_style
            self._styles[name] = (
                base + self.get_component_rich_style(f"table--{name}", partial=True)
                if name
                else base
            )
        return self._styles[name]

    # -- rendering ---------------------------------------------------------------------------------

    def repaint(self) -> None:
        """The lines that look otherwise than they were painted last, and no others."""
        if self._looks.get(0) != self._look(0):
            self.refresh()
            return
        top = int(self.scroll_offset.y)
        for y in range(1, self.size.height):
            if y not in self._looks or self._looks[y] != self._look(y):
                self.refresh_line(top + y)

    def _look(self, y: int) -> object:
        """What is painted on this line, the cursor aside, which paints itself; the head has what
        holds for every line.
        """
        if y == 0:
            return (self.size, self._columns, self._layout, self._sized)
        index = int(self.scroll_offset.y) + y - 1
        row = self.row(index) if index < self._rows.count else None
        if row is None:
            return self._empty_line(y)
        return (row, row.key in self.marks)

    def _empty_line(self, y: int) -> str:
        """What an empty table says on this line, from the third one on; the last one is cut where
        there is more to say.
        """
        if self._rows.count or self._rows.growing or y < 2:
            return ""
        lines = fold(self._empty, self.size.width - 1, "  ")[y - 2 :]
        is_last = y == self.size.height - 1
        return " ".join(lines) if is_last else next(iter(lines), "")

    def render_line(self, y: int) -> Strip:
        self._looks[y] = self._look(y)
        width = self.size.width
        if y == 0:
            return self._header(width)
        index = int(self.scroll_offset.y) + y - 1
        base = self._style("")
        if index >= self._rows.count:
            if words := self._empty_line(y):
                return Strip([Segment(clip(words, width), self._style("dim"))], width)
            return Strip.blank(width, base)
        row = self.row(index)
        if row is None:
            return Strip.blank(width, base)
        return self._row_strip(row, index == self.cursor, width)

    def _header(self, width: int) -> Strip:
        head = self._style("header")
        chosen = self._style("cell")
        segments = [
            Segment(
                f" {clip(self._columns[i].title, w, self._columns[i].right)} ",
                chosen if i == self._sized else head,
            )
            for i, w in self._layout
        ]
        return Strip(segments).adjust_cell_length(width, head)

    def _row_strip(self, row: Row, under_cursor: bool, width: int) -> Strip:
        ground = ("cursor" if self.has_focus else "resting") if under_cursor else ""
        base = self._style(ground)
        segments: list[Segment] = []
        marked = row.key in self.marks
        for place, (i, w) in enumerate(self._layout):
            value = row.cells[i] if i < len(row.cells) else ""
            text, tone = (value.text, value.tone) if isinstance(value, Toned) else (value, "")
            sign = signs("▸") if marked and place == 0 else " "
            style = base
            if under_cursor and i == self.cell and self.has_focus:
                style = self._style("cell")
            elif tone and not under_cursor:
                style = self._style(tone)
            segments.append(Segment(f"{sign}{clip(text, w, self._columns[i].right)} ", style))
        return Strip(segments).adjust_cell_length(width, base)

    # -- cursor and marks --------------------------------------------------------------------------

    def validate_cursor(self, value: int) -> int:
        return max(0, min(value, self._rows.count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        if old == new:
            return
        self.lost = None
        self._repaint(old)
        self._repaint(new)
        self._keep_in_view()
        self._place_terminal_cursor()
        self.post_message(self.Moved(self, self.current))

    def watch_cell(self) -> None:
        self._repaint(self.cursor)

    def on_focus(self) -> None:
        self._repaint(self.cursor)
        self._place_terminal_cursor()

    def on_blur(self) -> None:
        self._repaint(self.cursor)

    def _repaint(self, index: int) -> None:
        line = index + 1 - int(self.scroll_offset.y)
        if 0 < line < self.size.height:
            self.refresh_line(index + 1)

    def _place_terminal_cursor(self) -> None:
        """Screen readers and braille displays follow the terminal's own cursor."""
        if self.has_focus:
            self.app.cursor_position = self._terminal_cursor()

    def _terminal_cursor(self) -> Offset:
        y = self.cursor + 1 - int(self.scroll_offset.y)
        return Offset(self.region.x, self.region.y + max(0, y))

    def _stand(self) -> None:
        """The layout is new: so may be the place of the cursor, which moves with a paint."""
        if self.has_focus and self.app.cursor_position != self._terminal_cursor():
            self._place_terminal_cursor()
            self._repaint(self.cursor)

    def cell_spot(self) -> tuple[Offset, int] | None:
        """Where on the screen the cell under the cursor is, and how wide."""
        x = self.region.x
        for index, width in self._layout:
            if index == self.cell:
                y = self.cursor + 1 - int(self.scroll_offset.y)
                return Offset(x, self.region.y + y), width + GAP
            x += width + GAP
        return None

    def action_cursor(self, by: int) -> None:
        self.forget_lost()
        self.cursor += by

    def action_page(self, by: int) -> None:
        self.forget_lost()
        self.cursor += by * max(1, self.scrollable_content_region.height - 2)

    def action_go(self, where: int) -> None:
        self.forget_lost()
        if where < 0:
            self.find_all()
        self.cursor = where if where >= 0 else self._rows.count - 1

    def action_activate(self) -> None:
        if self.current is not None:
            self.post_message(self.Activated(self, self.current))

    def action_copy(self) -> None:
        rows = [self.current] if self.current is not None else []
        self.post_message(self.Copied("\n".join(row.words for row in rows)))

    def action_column(self) -> None:
        """The next column, then none."""
        shown = [i for i, _width in self._layout]
        after = [i for i in shown if i > self._sized]
        self._sized = after[0] if after else -1
        self.repaint()

    def action_widen(self, by: int) -> None:
        chosen = max(0, self._sized)
        width = self._columns[chosen].width if chosen < len(self._columns) else LEAST_WIDTH
        self.widths[chosen] = max(LEAST_WIDTH - width, self.widths.get(chosen, 0) + by)
        self._place()
        self.repaint()
        self.post_message(self.Sized(self))

    def on_click(self, event: events.Click) -> None:
        if event.y > 0:
            self.cursor = int(self.scroll_offset.y) + event.y - 1
