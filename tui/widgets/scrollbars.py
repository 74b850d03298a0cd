"""Scroll bars for terminals that draw block characters two cells wide."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBar, ScrollBarRender


class PlainScrollBar(ScrollBarRender):
    """Without block characters: whole cells only."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


def use_plain_scrollbars(on: bool) -> None:
    ScrollBar.renderer = PlainScrollBar if on else ScrollBarRender
