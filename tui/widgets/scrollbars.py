"""Scrolling: of lists whose place does not depend on what is in them, and scroll bars for terminals
that draw block characters two cells wide.
"""

from __future__ import annotations

from typing import ClassVar

from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender


class PlacedView(ScrollView):
    """As high as its place, however many lines there are: other lines change the scroll bar, and
    the screen is not laid out anew. Not for a height that is `auto`. Whoever changes
    `virtual_size` paints.
    """

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)

    def watch_virtual_size(self, size: Size) -> None:
        self._scroll_update(size)


class PlainScrollBar(ScrollBarRender):
    """Without block characters: whole cells only."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


def use_plain_scrollbars(on: bool) -> None:
    ScrollBar.renderer = PlainScrollBar if on else ScrollBarRender
