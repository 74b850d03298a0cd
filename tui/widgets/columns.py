"""How a table's columns share the width of the terminal: pure arithmetic on cells of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from tui.clean import signs

GAP = 2
"""Empty cells between two columns (one on each side of a column's text)."""


@dataclass(frozen=True, slots=True)
class Column:
    """`title` is ready to show. `width` is the least; `grow` its share of what is left over; where
    the width does not suffice, columns with the highest `drop` go first (0 never goes).
    """

    title: str
    width: int
    grow: int = 0
    drop: int = 0
    right: bool = False


def fit(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """The columns that are shown, as (index, width), for a table `width` cells wide."""
    kept = list(range(len(columns)))
    while sum(columns[i].width + GAP for i in kept) > width:
        droppable = [i for i in kept if columns[i].drop]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda i: columns[i].drop))
    spare = max(0, width - sum(columns[i].width + GAP for i in kept))
    shares = sum(columns[i].grow for i in kept)
    widths = []
    for i in kept:
        extra = spare * columns[i].grow // shares if shares else 0
        widths.append((i, columns[i].width + extra))
    return widths


def clip(text: str, width: int, right: bool = False) -> str:
    """Cut or pad to `width` cells; a character that is two wide is never split."""
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + ("…" if signs("…") == "…" else "~")
    padding = " " * (width - length)
    return padding + text if right else text + padding


def fold(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` cells: between words where there are spaces, else anywhere, as
    Japanese is set.
    """
    room = max(2, width - len(indent))
    lines: list[str] = []
    rest = text.strip()
    while cell_len(rest) > room:
        end = len(rest)
        while cell_len(rest[:end]) > room:
            end -= 1
        space = rest.rfind(" ", 0, end + 1)
        if space > 0 and rest[end].isascii():
            end = space
        lines.append(indent + rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*lines, indent + rest] if rest else lines
