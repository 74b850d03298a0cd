"""What a row that is not mapped could be: counterparts that look like it, best first, with what
they have in common. Only to be shown; nothing is ever mapped by a likeness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from core.matching.fold import is_blank, loose
from core.matching.match import Catalogue
from core.model import Item, MappingRow, Variant

T = TypeVar("T", Item, Variant)
LONGEST = 20


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


class Suggestions:
    """Indexes over both sides of a catalogue: built once, then each row is a few look-ups."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._items: dict[tuple[Likeness, str], list[Item]] = {}
        self._variants: dict[tuple[Likeness, str], list[Variant]] = {}
        for item in catalogue.items.values():
            for trait in _traits(item.sku_number, item.barcode, item.name):
                self._items.setdefault(trait, []).append(item)
        for variant in catalogue.variants.values():
            for trait in _traits(variant.sku, variant.barcode, variant.name):
                self._variants.setdefault(trait, []).append(variant)

    def items_for(self, row: MappingRow) -> list[Suggestion[Item]]:
        """Items that the row's variant could be."""
        there = row.variant
        if there is None:
            return []
        traits = _traits(there.sku, there.barcode, there.name)
        return _first(
            Suggestion(item, trait[0]) for trait in traits for item in self._items.get(trait, ())
        )

    def variants_for(self, row: MappingRow) -> list[Suggestion[Variant]]:
        """Variants that the row's item could be."""
        here = row.item
        if here is None:
            return []
        traits = _traits(here.sku_number, here.barcode, here.name)
        return _first(
            Suggestion(one, trait[0]) for trait in traits for one in self._variants.get(trait, ())
        )


def _traits(sku: str, barcode: str, name: str) -> Iterator[tuple[Likeness, str]]:
    """Best first."""
    if not is_blank(sku):
        yield Likeness.SKU, plain(sku) or sku
    if not is_blank(barcode):
        yield Likeness.BARCODE, loose(barcode).lstrip("0")
    if not is_blank(name):
        yield Likeness.NAME, loose(name)


def _first(found: Iterable[Suggestion[T]]) -> list[Suggestion[T]]:
    """Each once, with its best likeness, and not too many."""
    kept: dict[object, Suggestion[T]] = {}
    for one in found:
        kept.setdefault(one.end, one)
        if len(kept) == LONGEST:
            break
    return list(kept.values())
