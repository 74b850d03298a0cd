"""How a table's columns share the width of the terminal: pure arithmetic on cells of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from rich.cells import cell_len, set_cell_size

from tui.clean import signs

GAP = 2
"""Empty cells between two columns (one on each side of a column's text)."""


LEAST_WIDTH = 4
"""Cells that a column keeps."""


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
    spare = width - sum(columns[i].width + GAP for i in kept)
    if spare < 0:
        return _squeezed([(i, columns[i].width) for i in kept], -spare)
    shares = sum(columns[i].grow for i in kept)
    widths = []
    for i in kept:
        extra = spare * columns[i].grow // shares if shares else 0
        widths.append((i, columns[i].width + extra))
    return _titled(columns, widths)


def _titled(columns: Sequence[Column], widths: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A title that is cut takes what it lacks from the columns that have grown the most."""
    now = dict(widths)
    most = {i: max(columns[i].width, cell_len(columns[i].title)) for i in now}
    for i in now:
        while now[i] < cell_len(columns[i].title):
            giver = max(now, key=lambda j: now[j] - most[j])
            if now[giver] <= most[giver]:
                break
            now[giver] -= 1
            now[i] += 1
    return list(now.items())


def shares(texts: Sequence[Sequence[str]], room: int) -> list[int]:
    """Widths for a column of texts each, as wide as they are where there is room for all."""
    longest = [(i, max(map(cell_len, column), default=0)) for i, column in enumerate(texts)]
    over = sum(width for _column, width in longest) - room
    return [width for _column, width in _squeezed(longest, max(0, over))]


def _squeezed(widths: list[tuple[int, int]], over: int) -> list[tuple[int, int]]:
    """The widest give way, so that every column keeps something of itself."""
    now = dict(widths)
    for _cell in range(over):
        widest = max(now, key=lambda i: now[i])
        if now[widest] <= LEAST_WIDTH:
            break
        now[widest] -= 1
    return list(now.items())


def clip(text: str, width: int, right: bool = False) -> str:
    """Cut or pad to `width` cells; a character that is two wide is never split."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        text = _cut(text, width) if not isinstance(text, Name) else text.cut(width)
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def _cut_sign() -> str:
    return "…" if signs("…") == "…" else "~"


def _cut(text: str, width: int) -> str:
    return set_cell_size(text, width - 1).rstrip() + _cut_sign()


class Name(str):
    """A name that is cut in the middle where one of the `others` would look the same when cut."""

    __slots__ = ("others",)

    others: frozenset[str]

    def __new__(cls, text: str, others: frozenset[str]) -> Self:
        name = super().__new__(cls, text)
        name.others = others
        return name

    def cut(self, width: int) -> str:
        return _cut_apart(str(self), self.others, width, _cut_sign())


@lru_cache(maxsize=1_024)
def _cut_apart(text: str, others: frozenset[str], width: int, sign: str) -> str:
    """Looking it up costs little: a page asks for the same names row after row."""
    plain = _cut(text, width)
    alike = (one for one in others if one != text and cell_len(one) > width)
    if all(_cut(one, width) != plain for one in alike):
        return plain
    head = set_cell_size(text, (width - 1) // 2).rstrip()
    room, start = width - 1 - cell_len(head), len(text)
    while cell_len(text[start - 1 :]) <= room:
        start -= 1
    return head + sign + text[start:]


NEVER_FIRST = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】〟ー〜々ゝゞ…‥％"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%”’"
)
NEVER_LAST = frozenset("（［｛〔〈《「『【〝([{“‘")
"""What a line of Japanese neither begins nor ends with."""


def fold(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """Lines of at most `width` cells: Latin text between words, Japanese anywhere but before what
    closes and after what opens. Spaces around a break are dropped. `first` is the indent of the
    first line where it is another one.
    """
    lines: list[str] = []
    lead, rest = indent if first is None else first, text.strip()
    while cell_len(rest) > (room := max(2, width - len(lead))):
        end = _line_end(rest, room)
        lines.append(lead + rest[:end].rstrip())
        lead, rest = indent, rest[end:].lstrip()
    return [*lines, lead + rest] if rest else lines


def _line_end(text: str, room: int) -> int:
    """Where the first line of a text that is too long ends."""
    most, taken = 0, 0
    for letter in text:
        taken += cell_len(letter)
        if taken > room:
            break
        most += 1
    ends = (at for at in range(most, 0, -1) if _may_break(text, at))
    return next(ends, max(1, most))


def _may_break(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if " " in (before, after):
        return True
    if after in NEVER_FIRST or before in NEVER_LAST or not cell_len(after):
        return False
    return cell_len(before) == 2 or cell_len(after) == 2
