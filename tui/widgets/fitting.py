"""How the pieces of one line share its width: pure arithmetic on cells of the screen. Shorter forms
are taken in a given order before anything is left out, and that goes in a given order too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

GAP = 2
"""Cells between two pieces."""

EDGE = 1
"""Cells before the first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`forms` from the longest to the shortest: one that saves nothing is none. `tone` of the
    theme.
    """

    name: str
    forms: tuple[str, ...]
    tone: str = ""

    def __post_init__(self) -> None:
        kept = list(self.forms[:1])
        for form in self.forms[1:]:
            if cell_len(form) < cell_len(kept[-1]):
                kept.append(form)
        object.__setattr__(self, "forms", tuple(kept))


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces in their order on the line. `shorten`: whose next form is taken, one after another,
    until all fit; `drop`: who is then left out, one after another. Who is not in it stays.
    """

    pieces: tuple[Piece, ...] = ()
    shorten: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def fitted(self, width: int) -> tuple[tuple[str, str], ...]:
        """Texts and tones, at most `width` cells of them as long as those that stay fit at all."""
        share = _Share(self.pieces, width)
        taken = [name for name in self.shorten if not share.fits() and share.shorten(name)]
        for name in self.drop:
            if not share.fits():
                share.leave_out(name)
        for name in reversed(taken):  # the last form may have given more than was wanted
            share.lengthen(name)
        return share.texts()


class _Share:
    def __init__(self, pieces: Sequence[Piece], width: int) -> None:
        self._pieces = {piece.name: piece for piece in pieces}
        self._at = dict.fromkeys(self._pieces, 0)
        self._room = width
        self._needed = EDGE - GAP
        for piece in pieces:
            self._needed += GAP + cell_len(piece.forms[0])

    def fits(self) -> bool:
        return self._needed <= self._room

    def shorten(self, name: str) -> bool:
        """Whether it had a shorter form."""
        if self._at.get(name, -1) + 1 in (0, self._count(name)):
            return False
        self._move(name, self._at[name] + 1)
        return True

    def lengthen(self, name: str) -> None:
        if name not in self._at:
            return
        self._move(name, self._at[name] - 1)
        if not self.fits():
            self._move(name, self._at[name] + 1)

    def leave_out(self, name: str) -> None:
        if name in self._at:
            self._needed -= GAP + cell_len(self._pieces[name].forms[self._at.pop(name)])

    def texts(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (self._pieces[name].forms[at], self._pieces[name].tone) for name, at in self._at.items()
        )

    def _count(self, name: str) -> int:
        return len(self._pieces[name].forms) if name in self._pieces else 0

    def _move(self, name: str, to: int) -> None:
        forms = self._pieces[name].forms
        self._needed += cell_len(forms[to]) - cell_len(forms[self._at[name]])
        self._at[name] = to
