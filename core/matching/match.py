"""The matcher: exact by one field on each side, and a row that says why for everything else.

A value is mapped by rule only where it names exactly one item and exactly one variant. Whatever
could be meant in two ways is reported and left to a person. In this order, each row is:

    MAPPED                          by hand, or by rule
    BLANK_HERE, BLANK_THERE         its own value is blank
    DUPLICATE_HERE, DUPLICATE_THERE its value is shared on its own side; else on the other side
    ONLY_HERE, ONLY_THERE with near the exact counterpart exists, but is mapped by hand to another,
                                    or the two were unmapped by hand: `near` is that value
    CASE_DIFFERS, SPACES_DIFFER     a counterpart differs only so (see `fold`): `near` is its value
    ONLY_HERE, ONLY_THERE           no counterpart at all

A mapping by hand takes its item and its variant out of the matching, but not out of the count
of who shares a value: if one of two variants with the same SKU is mapped by hand, the other one is
still a duplicate and waits for a person as well. Several variants map to one item only by hand.
What a person has ignored keeps its state, is never mapped by the rule, and counts among those who
share a value like everything else. The result does not depend on the order of what comes in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from core.matching.edits import HERE, THERE, End
from core.matching.fold import difference, is_blank, loose
from core.matching.sections import IgnoredRow, section_of
from core.model import (
    Item,
    LocalField,
    MappedBy,
    MappingRow,
    MatchState,
    Problem,
    ShopifyField,
    SkuMapping,
    Variant,
)

Rule = tuple[ShopifyField, LocalField]

T = TypeVar("T", Item, Variant)


@dataclass(frozen=True, slots=True)
class Matching:
    """What a matching found. `counts` has every state, in rows that are not ignored; `dropped` are
    the mappings that were given but whose item or variant is gone.
    """

    mappings: tuple[SkuMapping, ...]
    rows: tuple[MappingRow, ...]
    counts: Mapping[MatchState, int]
    dropped: tuple[SkuMapping, ...] = ()


def match(
    items: Iterable[Item],
    variants: Iterable[Variant],
    rule: Rule,
    kept: Iterable[SkuMapping] = (),
    ignored: Collection[End] = (),
) -> Matching:
    """Map by the rule; of `kept`, those by hand stay while both their ends exist. Mappings by rule
    in `kept` are made anew, so all mappings of a brand may be given.
    """
    return Catalogue(items, variants, rule, ignored).match(kept)


def report(
    items: Iterable[Item],
    variants: Iterable[Variant],
    rule: Rule,
    mappings: Iterable[SkuMapping],
) -> Matching:
    """The same rows for mappings as they stand, without making any: what a screen shows between
    two matchings.
    """
    return Catalogue(items, variants, rule).report(mappings)


class _Side:
    """The values of one side: who has them, and which of them almost fit another value."""

    def __init__(self, values: Iterable[str]) -> None:
        self.holders = Counter(value for value in values if not is_blank(value))
        self._near: dict[str, list[str]] | None = None

    def near(self, value: str) -> str | None:
        """The value here that differs from `value` least, or None."""
        if self._near is None:
            # Built when first asked: a catalogue that fits never needs it.
            self._near = {}
            for held in self.holders:
                self._near.setdefault(loose(held), []).append(held)
        candidates = self._near.get(loose(value), [])
        if len(candidates) <= 1:
            return candidates[0] if candidates else None
        return min(
            candidates,
            key=lambda held: (difference(value, held) is MatchState.SPACES_DIFFER, held),
        )


class Catalogue:
    """Both sides, each entry once by its key, with the value that the rule looks at. Kept, it
    answers what an edit does without looking at everything again.
    """

    def __init__(
        self,
        items: Iterable[Item],
        variants: Iterable[Variant],
        rule: Rule,
        ignored: Collection[End] = (),
    ) -> None:
        shopify_field, local_field = rule
        self.ignored = set(ignored)
        self._here: Callable[[Item], str] = attrgetter(local_field.value)
        self._there: Callable[[Variant], str] = attrgetter(shopify_field.value)
        self.items = _once(items, "sku_number")
        # Two variants may share one inventory item, and that is what is mapped (facts.md §5.1).
        self.variants = _once(variants, "inventory_item_id")
        self._side_here = _Side(map(self._here, self.items.values()))
        self._side_there = _Side(map(self._there, self.variants.values()))

    def match(self, kept: Iterable[SkuMapping] = ()) -> Matching:
        """See the function `match`."""
        fixed, dropped = self.valid(mapping for mapping in kept if mapping.by is MappedBy.HAND)
        return self._matching(fixed + self._pairs(fixed), dropped)

    def report(self, mappings: Iterable[SkuMapping]) -> Matching:
        """See the function `report`."""
        return self._matching(*self.valid(mappings))

    def value(self, row: MappingRow) -> tuple[str, str]:
        """What the rule compares: (here, there); empty where the row has no such side."""
        return (
            self._here(row.item) if row.item else "",
            self._there(row.variant) if row.variant else "",
        )

    def valid(
        self, mappings: Iterable[SkuMapping]
    ) -> tuple[tuple[SkuMapping, ...], tuple[SkuMapping, ...]]:
        """The mappings whose two ends exist, one a variant; and the rest."""
        valid: dict[str, SkuMapping] = {}
        dropped: list[SkuMapping] = []
        for mapping in sorted(mappings, key=attrgetter("inventory_item_id", "sku_number", "by")):
            if self.has(mapping) and mapping.inventory_item_id not in valid:
                valid[mapping.inventory_item_id] = mapping
            else:
                dropped.append(mapping)
        return tuple(valid.values()), tuple(dropped)

    def has(self, mapping: SkuMapping) -> bool:
        return mapping.inventory_item_id in self.variants and mapping.sku_number in self.items

    def doubt(self, mapping: SkuMapping) -> Problem | None:
        """Why the rule would not make this mapping of its own again; None where it would, where a
        person made it, and where an end is gone (then its cells say so).
        """
        if mapping.by is MappedBy.HAND or not self.has(mapping):
            return None
        here = self._here(self.items[mapping.sku_number])
        there = self._there(self.variants[mapping.inventory_item_id])
        if here != there or is_blank(here):
            return Problem.SKU_CHANGED
        shared = self._side_here.holders[here] > 1 or self._side_there.holders[there] > 1
        return Problem.DUPLICATE if shared else None

    def _matching(self, mappings: Iterable[SkuMapping], dropped: Iterable[SkuMapping]) -> Matching:
        ordered = sorted(mappings, key=_by_item)
        return _told(ordered, self._rows(ordered), sorted(set(dropped), key=_by_item))

    def _pairs(self, fixed: Iterable[SkuMapping]) -> tuple[SkuMapping, ...]:
        """What the rule maps: values that name one item and one variant, neither of them fixed."""
        taken_items = {mapping.sku_number for mapping in fixed}
        taken_variants = {mapping.inventory_item_id for mapping in fixed}
        held_here, held_there = self._side_here.holders, self._side_there.holders
        sku_of = {
            value: sku_number
            for sku_number, item in self.items.items()
            if held_here[value := self._here(item)] == 1
            and sku_number not in taken_items
            and (HERE, sku_number) not in self.ignored
        }
        return tuple(
            SkuMapping(inventory_item_id, sku_of[value], MappedBy.RULE)
            for inventory_item_id, variant in self.variants.items()
            if (value := self._there(variant)) in sku_of
            and held_there[value] == 1
            and inventory_item_id not in taken_variants
            and (THERE, inventory_item_id) not in self.ignored
        )

    def _rows(self, mappings: Iterable[SkuMapping]) -> list[MappingRow]:
        rows: list[MappingRow] = []
        mapped_items: set[str] = set()
        mapped_variants: set[str] = set()
        for mapping in mappings:
            mapped_items.add(mapping.sku_number)
            mapped_variants.add(mapping.inventory_item_id)
            rows.append(self.mapped_row(mapping))
        rows.extend(
            self.item_row(item)
            for sku_number, item in self.items.items()
            if sku_number not in mapped_items
        )
        rows.extend(
            self.variant_row(variant)
            for inventory_item_id, variant in self.variants.items()
            if inventory_item_id not in mapped_variants
        )
        rows.sort(key=self.place)
        return rows

    def mapped_row(self, mapping: SkuMapping) -> MappingRow:
        item = self.items[mapping.sku_number]
        variant = self.variants[mapping.inventory_item_id]
        if self.doubt(mapping) is None:
            return MappingRow(MatchState.MAPPED, item, variant, mapping.by)
        here, there = self._here(item), self._there(variant)
        near = there if here != there else ""
        return MappingRow(MatchState.CHANGED_SINCE, item, variant, mapping.by, near)

    def item_row(self, item: Item) -> MappingRow:
        """The row of an item that is not mapped."""
        row = self._alone_here(item)
        if (HERE, item.sku_number) in self.ignored:
            return IgnoredRow(row.state, item=item, near=row.near)
        return row

    def variant_row(self, variant: Variant) -> MappingRow:
        """The row of a variant that is not mapped."""
        row = self._alone_there(variant)
        if (THERE, variant.inventory_item_id) in self.ignored:
            return IgnoredRow(row.state, variant=variant, near=row.near)
        return row

    def _alone_here(self, item: Item) -> MappingRow:
        value = self._here(item)
        if is_blank(value):
            return MappingRow(MatchState.BLANK_HERE, item=item)
        if self._side_here.holders[value] > 1:
            return MappingRow(MatchState.DUPLICATE_HERE, item=item)
        if self._side_there.holders[value] > 1:
            return MappingRow(MatchState.DUPLICATE_THERE, item=item)
        state, near = _counterpart(value, self._side_there, MatchState.ONLY_HERE)
        return MappingRow(state, item=item, near=near)

    def _alone_there(self, variant: Variant) -> MappingRow:
        value = self._there(variant)
        if is_blank(value):
            return MappingRow(MatchState.BLANK_THERE, variant=variant)
        if self._side_there.holders[value] > 1:
            return MappingRow(MatchState.DUPLICATE_THERE, variant=variant)
        if self._side_here.holders[value] > 1:
            return MappingRow(MatchState.DUPLICATE_HERE, variant=variant)
        state, near = _counterpart(value, self._side_here, MatchState.ONLY_THERE)
        return MappingRow(state, variant=variant, near=near)

    def place(self, row: MappingRow) -> str:
        """Rows of one state by value, so that what almost fits or is shared stands together. No two
        rows of a matching have the same place. One text compares faster than a tuple.
        """
        item, variant = row.item, row.variant
        place = f"{section_of(row):02}"
        if item is not None:
            value = self._here(item)
            there = variant.inventory_item_id if variant is not None else ""
            return f"{place}\0{loose(value)}\0{value}\0{item.sku_number}\0{there}"
        if variant is not None:
            value = self._there(variant)
            named = f"{variant.name}\0{variant.inventory_item_id}"
            return f"{place}\0{loose(value)}\0{value}\0\0{named}"
        return place


def _by_item(mapping: SkuMapping) -> tuple[str, str]:
    return mapping.sku_number, mapping.inventory_item_id


def _told(
    mappings: Iterable[SkuMapping], rows: Sequence[MappingRow], dropped: Iterable[SkuMapping]
) -> Matching:
    counted = Counter(row.state for row in rows if type(row) is not IgnoredRow)
    return Matching(
        mappings=tuple(mappings),
        rows=tuple(rows),
        counts={state: counted[state] for state in MatchState},
        dropped=tuple(dropped),
    )


def _counterpart(value: str, other: _Side, alone: MatchState) -> tuple[MatchState, str]:
    if value in other.holders:
        return alone, value
    near = other.near(value)
    return (alone, "") if near is None else (difference(value, near), near)


def _once(entries: Iterable[T], key: str) -> dict[str, T]:
    """Entries by their key. Where a key comes twice, which one stays must not depend on the
    order: the smallest by its text.
    """
    key_of: Callable[[T], str] = attrgetter(key)
    found: dict[str, T] = {}
    for entry in entries:
        held = found.setdefault(key_of(entry), entry)
        if held is not entry:
            found[key_of(entry)] = min(held, entry, key=repr)
    return found
