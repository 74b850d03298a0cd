"""A log pane: the last lines of a stream, styled by level when painted, followed or paused. Fed in
batches; the oldest lines leave in blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.actions import bindings
from tui.widgets.columns import clip


class LogLine(NamedTuple):
    text: str
    tone: str = ""


class RingLog(ScrollView, can_focus=True):
    DEFAULT_CSS = """
    RingLog { height: 1fr; background: $background; color: $foreground;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden; }
    RingLog > .log--warn { color: $warning; }
    RingLog > .log--bad { color: $error; }
    RingLog > .log--dim { color: $dim; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--warn", "log--bad", "log--dim"}
    BINDINGS = bindings("scroll")

    class Following(Message):
        """It follows the newest line now, or not."""

        def __init__(self, on: bool) -> None:
            super().__init__()
            self.on = on

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
        self._empty = empty

    def show(self, lines: Sequence[LogLine], empty: str | None = None) -> None:
        """Replace everything."""
        self.lines = []
        if empty is not None:
            self._empty = empty
        self.extend(lines)

    def extend(self, new: Sequence[LogLine]) -> None:
        """Add a batch; a reader who has scrolled back keeps the lines that are in front of him."""
        self.lines.extend(new)
        over = len(self.lines) - self.limit
        if over > self.limit // 10 or over > len(new):
            del self.lines[:over]
            if not self.following:
                self.scroll_to(y=max(0, self.scroll_y - over), animate=False, force=True)
        self._place()
        self.refresh()

    def _place(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.lines))
        if self.following:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)

    def on_resize(self) -> None:
        self._place()

    def follow(self, on: bool) -> None:
        if on != self.following:
            self.following = on
            self.post_message(self.Following(on))
        if on:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)

    def render_line(self, y: int) -> Strip:
        index = int(self.scroll_offset.y) + y
        width, base = self.size.width, self.rich_style
        if index >= len(self.lines):
            if not self.lines and y == 0:
                dim = base + self.get_component_rich_style("log--dim", partial=True)
                return Strip([Segment(clip(" " + self._empty, width), dim)], width)
            return Strip.blank(width, base)
        text, tone = self.lines[index]
        style = base
        if tone in ("warn", "bad", "dim"):
            style = base + self.get_component_rich_style(f"log--{tone}", partial=True)
        return Strip([Segment(clip(" " + text, width), style)], width)

    # -- keys --------------------------------------------------------------------------------------

    def _scroll_by(self, lines: int) -> None:
        self.follow(False)
        self.scroll_to(y=self.scroll_y + lines, animate=False, force=True)
        if self.scroll_y >= self.max_scroll_y:
            self.follow(True)

    def action_cursor(self, by: int) -> None:
        self._scroll_by(by)

    def action_page(self, by: int) -> None:
        self._scroll_by(by * max(1, self.size.height - 1))

    def action_go(self, where: int) -> None:
        if where < 0:
            self.follow(True)
            return
        self.follow(False)
        self.scroll_to(y=0, animate=False, force=True)
