"""What a row that is not mapped could be: counterparts that look like it, best first, with what
they have in common. Only to be shown or agreed to; nothing is ever mapped by a likeness alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from core.matching.fold import folded, is_blank, loose
from core.matching.match import Catalogue
from core.matching.sections import Filter
from core.matching.view import MappingView
from core.model import Item, MappingRow, Variant

T = TypeVar("T", Item, Variant)
LONGEST = 20
LOOKED_AT = 2_000
"""Rows with the same letters and digits that are looked at closely."""

_RUNS = re.compile(r"\d+|[^\W\d_]+")


class Likeness(StrEnum):
    SKU = "sku"
    BARCODE = "barcode"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Suggestion(Generic[T]):
    """`like` says what the two have in common."""

    end: T
    like: Likeness


def plain(text: str) -> str:
    """A SKU without case, width, spaces and punctuation: `TEA-001` and `tea 001` are one."""
    return "".join(letter for letter in loose(text) if letter.isalnum())


def items_like(view: MappingView, there: Variant) -> list[Suggestion[Item]]:
    """Items that a variant could be."""
    return _alike(view, there, lambda row: row.item)


def variants_like(view: MappingView, here: Item) -> list[Suggestion[Variant]]:
    """Variants that an item could be."""
    return _alike(view, here, lambda row: row.variant)


def _alike(
    view: MappingView, one: Item | Variant, end_of: Callable[[MappingRow], T | None]
) -> list[Suggestion[T]]:
    """The view's own texts find those that may be alike; the traits themselves decide."""
    kept: dict[T, Suggestion[T]] = {}
    for like, value in _traits(one):
        words = " ".join(_RUNS.findall(folded(_value(one, like))))
        for row in view.at(view.find(Filter.ALL, words)[:LOOKED_AT]) if words else ():
            end = end_of(row)
            if end is not None and (like, value) in _traits(end):
                kept.setdefault(end, Suggestion(end, like))
            if len(kept) == LONGEST:
                return list(kept.values())
    return list(kept.values())


def _value(one: Item | Variant, like: Likeness) -> str:
    if like is Likeness.SKU:
        return one.sku_number if isinstance(one, Item) else one.sku
    return one.barcode.lstrip("0") if like is Likeness.BARCODE else one.name


def _traits(one: Item | Variant) -> Iterator[tuple[Likeness, str]]:
    """Best first."""
    sku, barcode, name = (_value(one, like) for like in Likeness)
    if not is_blank(sku):
        yield Likeness.SKU, plain(sku) or sku
    if not is_blank(barcode):
        yield Likeness.BARCODE, loose(barcode)
    if not is_blank(name):
        yield Likeness.NAME, loose(name)


class AlikeSkus:
    """All SKUs of a catalogue by what is left without case, spaces and punctuation: for many rows
    at once.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._items: dict[str, list[Item]] = {}
        self._variants: dict[str, list[Variant]] = {}
        for item in catalogue.items.values():
            self._items.setdefault(plain(item.sku_number), []).append(item)
        for variant in catalogue.variants.values():
            self._variants.setdefault(plain(variant.sku), []).append(variant)

    def pair(self, row: MappingRow) -> tuple[Variant, Item] | None:
        """The row's one side with the only one on the other side that is alike, if there is."""
        if row.item is not None and row.variant is None:
            found = self._variants.get(plain(row.item.sku_number), [])
            return (found[0], row.item) if len(found) == 1 else None
        if row.variant is not None and row.item is None and plain(row.variant.sku):
            items = self._items.get(plain(row.variant.sku), [])
            return (row.variant, items[0]) if len(items) == 1 else None
        return None
