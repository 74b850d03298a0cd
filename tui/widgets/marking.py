"""A table with marks: space marks a row, `v` twice a range. Marks are keys of rows, so they stay
whatever the filter is.
"""

from __future__ import annotations

from textual.message import Message

from tui.actions import bindings
from tui.widgets.table import VirtualTable


class MarkingTable(VirtualTable):
    BINDINGS = bindings("marks")

    class RangeBegun(Message):
        """One end of a range is set."""

    class Empty(Message):
        """There is no row that could be marked."""

    class Left(Message):
        """A key may have been meant for the row that has just left from under the cursor."""

    def action_mark(self) -> None:
        if self.current is None:
            self.post_message(self.Empty())
            return
        if self.lost is not None:
            self.post_message(self.Left())
            return
        self.marks ^= {self.current.key}
        self._repaint(self.cursor)
        self.cursor += 1
        self.post_message(self.Moved(self, self.current))  # on the last row it stays

    def action_mark_all(self) -> None:
        """Every row of the source; a second time none."""
        keys = {row.key for row in self.all_rows()}
        if not keys:
            self.post_message(self.Empty())
            return
        self.marks = set() if keys <= self.marks else self.marks | keys
        self._marked()

    def action_copy(self) -> None:
        if not self.marks:
            super().action_copy()
            return
        text = "\n".join(row.words for row in self.all_rows() if row.key in self.marks)
        self.post_message(self.Copied(text))

    def action_range(self) -> None:
        if self.current is None:
            self.post_message(self.Empty())
            return
        if self._anchor is None:
            self._anchor = self.cursor
            self.marks |= set(self.chosen()[:1]) if not self.marks else set()
            self._repaint(self.cursor)
            self.post_message(self.RangeBegun())
            return
        first, last = sorted((self._anchor, self.cursor))
        rows = (self.row(index) for index in range(first, last + 1))
        self.marks |= {row.key for row in rows if row is not None}
        self._marked()

    def action_clear_marks(self) -> None:
        self.marks.clear()
        self._marked()

    def _marked(self) -> None:
        """Other rows are marked now: whoever tells what can be done with them looks again."""
        self._anchor = None
        self.repaint()
        self.post_message(self.Moved(self, self.current))
