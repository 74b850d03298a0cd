"""When two values are "almost the same": folding of case, width, spaces and invisible characters.

Never used to map, only to explain (and to search): SKUs are case-sensitive on Shopify (facts.md
§5.1), and so are SKU numbers here.
"""

from __future__ import annotations

import unicodedata

from core.model import MatchState


def folded(text: str) -> str:
    """The text without differences of case and width (Ａ = A = a, ｶﾞ = ガ); spaces stay, as
    plain ones.
    """
    if text.isascii():
        return text.lower()
    # Folding case can undo the normal form, so it is taken twice.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def loose(text: str) -> str:
    """`folded` without any spaces or invisible characters: equal for values that almost fit."""
    text = folded(text)
    if text.isprintable():
        # Of all spaces and invisible characters only the plain space is printable: the usual case.
        return text.replace(" ", "")
    return "".join(character for character in text if not _unseen(character))


def is_blank(value: str) -> bool:
    """Nothing that a person could see: empty, spaces (full-width ones too), zero-width marks."""
    return not value.strip() or (not value.isascii() and not loose(value))


def difference(one: str, other: str) -> MatchState:
    """How two different values with the same `loose` form differ.

    CASE_DIFFERS: only in case or width (the same letters in the same places). SPACES_DIFFER: in
    spaces or invisible characters, whether or not case differs as well, because those are what an
    eye misses.
    """
    same_spaces = one.isascii() and other.isascii()
    if not same_spaces:
        same_spaces = _unseen_in(one) == _unseen_in(other)
    if same_spaces and folded(one) == folded(other):
        return MatchState.CASE_DIFFERS
    return MatchState.SPACES_DIFFER


def _unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _unseen_in(text: str) -> list[str]:
    if text.isprintable():
        return [" "] * text.count(" ")
    return [character for character in text if _unseen(character)]
