"""Without colour (`NO_COLOR`): no colour is sent at all, so that the terminal's own stay. The
toolkit would send greys. What stood out by its ground is shown reversed, what can be typed into is
underlined; states are told by sign and word anyway.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from rich.color import Color as SentColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

REVERSED = Style(reverse=True)
UNDERLINED = Style(underline=True)


class Colourless(LineFilter):
    """`quiet` are the grounds that stand for nothing, `field` that of what can be typed into; any
    other ground is there to be seen.
    """

    def __init__(self, quiet: Container[SentColor], field: SentColor) -> None:
        super().__init__()
        self._quiet = quiet
        self._field = field
        self._bare = lru_cache(1024)(self._without_colour)

    def apply(
        self,
        segments: list[Segment],
        background: Color,  # noqa: ARG002 - the toolkit's signature
    ) -> list[Segment]:
        bare = self._bare
        return [Segment(text, style and bare(style), control) for text, style, control in segments]

    def _without_colour(self, style: Style) -> Style:
        bare = style.without_color
        if style.meta:
            bare += Style.from_meta(style.meta)
        ground = style.bgcolor
        if ground is None or ground in self._quiet:
            return bare
        return bare + (UNDERLINED if ground == self._field else REVERSED)
