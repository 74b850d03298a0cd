"""Sentences on the screen: never markup, and folded as each language is (Japanese anywhere)."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.visual import VisualType
from textual.widgets import Static

from tui.widgets.columns import clip, fold


class Prose(Static):
    """A text of any number of lines; an indented one keeps its indent where it goes on, and is
    indented by `hang` cells there at least.
    """

    def __init__(
        self,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002 - the toolkit's name
        classes: str | None = None,
        hang: int = 0,
    ) -> None:
        self._hang = " " * hang
        super().__init__(text, id=id, classes=classes, markup=False)

    @property
    def plain(self) -> str:
        return str(self.content)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Nothing is placed anew where the words take as much room as those before."""
        before = self._room()
        super().update(content, layout=False)
        if layout and self.styles.auto_dimensions and (before is None or self._room() != before):
            self.refresh(layout=True)

    def _room(self) -> int | None:
        """The lines that the words take; None where that is not all, or not known yet."""
        width = self.styles.width
        is_placed = self.display and self.content_size.width > 0
        if not is_placed or (width is not None and width.is_auto):
            return None
        return len(self.lines(self.content_size.width)) if self.plain else 0

    def lines(self, width: int) -> list[str]:
        found: list[str] = []
        for line in self.plain.split("\n"):
            indent = line[: len(line) - len(line.lstrip(" "))]
            found += fold(line, width, max(indent, self._hang), first=indent) or [""]
        return found

    def get_content_width(self, _container: Size, _viewport: Size) -> int:
        return max(cell_len(line) for line in self.plain.split("\n"))

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        return len(self.lines(width)) if self.plain else 0

    def render(self) -> RenderResult:
        """What has no room ends in a sign that says so."""
        width, height = self.content_size
        lines = self.lines(max(1, width))
        if len(lines) > height > 0:
            lines[height - 1] = clip(" ".join(lines[height - 1 : height + 1]), width).rstrip()
        return Content("\n".join(lines[:height]))
