"""A log pane: the last lines of a stream, styled by level when painted, followed or paused. Long
lines are folded. Fed in batches; the oldest lines leave in blocks. While paused, one line is under
the cursor.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tui.actions import bindings
from tui.widgets.columns import clip, fold
from tui.widgets.scrollbars import PlacedView

INDENT = "           "
"""Under the words of a line, not under its time."""

MOST_ROWS = 6
"""Rows that one line may take; the rest is cut with a sign."""


class LogLine(NamedTuple):
    """`entry` is what is the same of it however it is shown, where that is not the `text`."""

    text: str
    tone: str = ""
    sku: str = ""
    entry: str = ""

    @property
    def name(self) -> str:
        return self.entry or self.text


class _Row(NamedTuple):
    """One row of the screen; `line` is the number of its line since the start."""

    line: int
    text: str


class RingLog(PlacedView, can_focus=True, inherit_bindings=False):
    DEFAULT_CSS = """
    RingLog { height: 1fr; background: $background; color: $foreground;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden; }
    RingLog > .log--warn { color: $warning; }
    RingLog > .log--bad { color: $error; }
    RingLog > .log--dim { color: $dim; }
    RingLog > .log--cursor { background: $cursor-ground; color: $cursor-text; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--warn", "log--bad", "log--dim", "log--cursor"}
    BINDINGS = bindings("scroll")

    class Following(Message):
        """It follows the newest line now, or not."""

        def __init__(self, on: bool) -> None:
            super().__init__()
            self.on = on

    class Opened(Message):
        """Enter on a line."""

        def __init__(self, line: LogLine) -> None:
            super().__init__()
            self.line = line

    def __init__(
        self,
        *,
        limit: int = 10_000,
        empty: str = "",
        id: str | None = None,  # noqa: A002 - the toolkit's name
    ) -> None:
        super().__init__(id=id)
        self.limit = limit
        self.lines: list[LogLine] = []
        self.following = True
        self._first = 0
        self._cursor = -1
        self._rows: list[_Row] = []
        self._folded_at = 0
        self._height = 0
        """Rows that were in view when the lines were placed last."""
        self._sought: LogLine | None = None
        """The line that the reader was on and that is not shown; None once they move."""
        self._empty = empty
        self._styles: dict[str, Style] = {}

    # -- lines -------------------------------------------------------------------------------------

    def show(self, lines: Sequence[LogLine], empty: str | None = None) -> None:
        """Replace everything; who does not follow stays on their line, also where it is shown
        again only later; without it, at the newest.
        """
        stood, above = self._sought or self.current, self._rows_above(self._cursor)
        self.lines, self._rows, self._first, self._cursor = [], [], 0, -1
        if empty is not None:
            self._empty = empty
        self.extend(lines)
        if self.following:
            return
        found = self._index_of(stood)
        self.go_to(len(self.lines) - 1 if found is None else found)
        if found is None:
            self._sought = stood
        else:
            self._keep_in_view(self._cursor, above)

    def _index_of(self, line: LogLine | None) -> int | None:
        if line is None:
            return None
        name = line.name
        return next((at for at, one in enumerate(self.lines) if one.name == name), None)

    def extend(self, new: Sequence[LogLine]) -> None:
        """Add a batch; a reader who has scrolled back keeps the lines that are in front of him."""
        start = self._first + len(self.lines)
        self.lines.extend(new)
        over = len(self.lines) - self.limit
        if over > self.limit // 10 or over > len(new):
            start = max(start, self._first + over)
            self._drop(over)
        self._fold_from(start)
        self._place()
        self.refresh()

    def _drop(self, over: int) -> None:
        del self.lines[:over]
        self._first += over
        gone = bisect_left(self._rows, self._first, key=_line_of)
        del self._rows[:gone]
        if not self.following:
            self.scroll_to(y=max(0, self.scroll_y - gone), animate=False, force=True)

    def _fold_from(self, start: int) -> None:
        width = self._folded_at = self.scrollable_content_region.width - 2
        for number in range(max(start, self._first), self._first + len(self.lines)):
            text = self.lines[number - self._first].text
            if width <= 0 or (text.isascii() and len(text) <= width) or cell_len(text) <= width:
                self._rows.append(_Row(number, text))
                continue
            indent = INDENT if width > 3 * len(INDENT) else "  "
            head, *rest = fold(text, width, indent, first="")
            if len(rest) >= MOST_ROWS:
                rest = [*rest[: MOST_ROWS - 2], indent + "…"]
            self._rows.extend(_Row(number, part) for part in (head, *rest))

    def _place(self) -> None:
        """Whoever does not follow keeps a line in view: the one under the cursor where it was seen,
        else the top one, however the lines are folded now.
        """
        kept = self._line_to_keep()
        above = self._rows_above(kept)
        if self.scrollable_content_region.width - 2 != self._folded_at:
            self._rows = []
            self._fold_from(self._first)
        is_other = self._height != self.size.height or above != self._rows_above(kept)
        self._height = self.size.height
        self.virtual_size = Size(self.size.width, len(self._rows))
        if self.following:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        elif is_other:
            self._keep_in_view(kept, above)

    def _line_to_keep(self) -> int:
        """Its number; below 0 where there is none."""
        if 0 <= self._rows_above(self._cursor) < self._height:
            return self._cursor
        top = int(self.scroll_y)
        return self._rows[top].line if top < len(self._rows) else -1

    def _first_row(self, line: int) -> int:
        return bisect_left(self._rows, line, key=_line_of)

    def _rows_above(self, line: int) -> int:
        """Rows of the view above this line; below 0 where it is further up or there is none."""
        return self._first_row(line) - int(self.scroll_y) if line >= 0 else -1

    def _keep_in_view(self, line: int, above: int) -> None:
        """With as many rows above it as before, as far as the view is high enough."""
        if line < 0:
            return
        rows = self._first_row(line + 1) - self._first_row(line)
        above = max(0, min(above, self.size.height - rows))
        top = max(0, self._first_row(line) - above)
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        self._place()
        self.refresh()

    @property
    def current(self) -> LogLine | None:
        """The line under the cursor; none while it follows."""
        index = self._cursor - self._first
        return self.lines[index] if 0 <= index < len(self.lines) else None

    def follow(self, on: bool) -> None:
        if on != self.following:
            self._sought = None
            self.following = on
            self._refresh_line(self._cursor)
            self._cursor = -1 if on or not self._rows else self._lowest_seen().line
            self._refresh_line(self._cursor)
            self.post_message(self.Following(on))
        if on:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)

    def _refresh_line(self, number: int) -> None:
        """Paint the rows of this line anew; none where it is not seen."""
        first = bisect_left(self._rows, number, key=_line_of)
        last = bisect_left(self._rows, number + 1, key=_line_of)
        if number >= 0 and first < last:
            self.refresh_lines(first, last - first)

    def _lowest_seen(self) -> _Row:
        lowest = int(self.scroll_y) + max(1, self.size.height) - 1
        return self._rows[min(lowest, len(self._rows) - 1)]

    # -- painting ----------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            base = self.rich_style
            if name:
                base += self.get_component_rich_style(f"log--{name}", partial=True)
            self._styles[name] = base
        return self._styles[name]

    def render_line(self, y: int) -> Strip:
        index = int(self.scroll_offset.y) + y
        width, base = self.size.width, self._style("")
        if index >= len(self._rows):
            if not self.lines and y == 0:
                return Strip([Segment(clip(" " + self._empty, width), self._style("dim"))], width)
            return Strip.blank(width, base)
        number, text = self._rows[index]
        tone = self.lines[number - self._first].tone
        style = base
        if number == self._cursor and self.has_focus:
            style = self._style("cursor")
        elif tone in ("warn", "bad", "dim"):
            style = self._style(tone)
        return Strip([Segment(clip(" " + text, width), style)], width)

    # -- keys --------------------------------------------------------------------------------------

    def go_to(self, index: int) -> None:
        """Put the cursor on a line, and the line in view."""
        self._sought = None
        if not self.lines:
            return
        self.follow(False)
        self._cursor = self._first + max(0, min(index, len(self.lines) - 1))
        row = bisect_left(self._rows, self._cursor, key=_line_of)
        last = bisect_left(self._rows, self._cursor + 1, key=_line_of) - 1
        top, height = int(self.scroll_y), max(1, self.size.height)
        if row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif last >= top + height:
            self.scroll_to(y=last - height + 1, animate=False, force=True)
        self.refresh()

    @property
    def cursor_index(self) -> int:
        return self._cursor - self._first if self._cursor >= 0 else len(self.lines)

    def action_cursor(self, by: int) -> None:
        if self.following and by > 0:
            return
        index = self.cursor_index + by
        if index >= len(self.lines):
            self.follow(True)
            return
        self.go_to(index)

    def action_page(self, by: int) -> None:
        self.action_cursor(by * max(1, self.size.height - 1))

    def action_go(self, where: int) -> None:
        if where < 0:
            self.follow(True)
            return
        self.go_to(0)

    def action_open(self) -> None:
        line = self.current or (self.lines[-1] if self.lines else None)
        if line is not None:
            self.post_message(self.Opened(line))


def _line_of(row: _Row) -> int:
    return row.line
