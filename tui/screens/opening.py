"""What is painted first, before the store is opened: the frame, and that it is being opened. It
asks nothing of a brand; what is typed meanwhile waits for the screen that follows (tui.keys).
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from tui.clean import clean
from tui.i18n import N_, _
from tui.screens.frame import FrameScreen
from tui.widgets.fitting import Line, Piece
from tui.widgets.prose import Prose


class OpeningScreen(FrameScreen):
    NAME = N_("Home")

    def __init__(self, brand: str = "") -> None:
        super().__init__()
        self._brand = brand

    def body(self) -> Iterable[Widget]:
        yield Prose(_("The inventory is being opened…"), classes="text dim")

    def status_line(self) -> Line:
        brand = Piece("brand", (clean(self._brand, 40),), "accent")
        return Line((brand,) if self._brand else ())
