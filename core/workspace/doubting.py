"""The doubting part of a desk: whether the rule would still make the mappings that it made.

A mapping whose ends no longer fit stands and syncs, marked with the doubt, until a person decides
or the ends fit again. An edit of one item costs what it touches: the mappings of those who hold the
value it had and the value it has. A new catalogue, or a large import, is looked at as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.model import Item, LocalField, ShopifyField, SkuMapping, Variant
from core.on_demand import Room
from core.workspace.siblings import SiblingsDesk

if TYPE_CHECKING:
    from core import matching
    from core.sync import events
    from core.sync.events import Event
    from core.sync.ports import BooksTx
else:
    matching, events = Room("core.matching"), Room("core.sync.events")

FEW = 500
"""Edited items that are looked at one by one; more are looked at with all others."""


class DoubtingDesk(SiblingsDesk):
    # -- what changes items ---------------------------------------------------------------------

    def add_item(self, item: Item) -> None:
        super().add_item(item)
        self._doubt_edited({}, [item])

    def edit_item(self, item: Item) -> None:
        before = self.item(item.sku_number)
        super().edit_item(item)
        self._doubt_edited({item.sku_number: before} if before is not None else {}, [item])

    def rename_item(self, sku_number: str, new: str) -> int:
        before = self.item(sku_number)
        mappings = super().rename_item(sku_number, new)
        after = self.item(new.strip())
        if before is not None and after is not None:
            self._doubt_edited({after.sku_number: before}, [after])
        return mappings

    def remove_item(self, sku_number: str, *, force: bool = False) -> None:
        before = self.item(sku_number)
        super().remove_item(sku_number, force=force)
        if before is not None:
            self._doubt_holders({self._value_here(before)})

    def _items_imported(self, before: Mapping[str, Item], items: Sequence[Item]) -> None:
        self._mapping_is_old()
        self._doubt_edited(before, items)

    # -- some mappings --------------------------------------------------------------------------

    def _doubt_edited(self, before: Mapping[str, Item], items: Sequence[Item]) -> None:
        """`before`: what the items were, by their number now; new ones are not there."""
        edited = [(before.get(item.sku_number), item) for item in items]
        values = {
            self._value_here(one)
            for was, now in edited
            if was is None or self._value_here(was) != self._value_here(now)
            for one in (was, now)
            if one is not None
        }
        self._doubt_values(values)
        self._values_came(values)

    def _values_came(self, values: Collection[str]) -> None:
        """For the part that maps what is new; items hold these now, or held them before."""

    def _doubt_values(self, values: Collection[str]) -> None:
        """All mappings with an end that holds, or held, one of the values; at once where there are
        many.
        """
        if len(values) > FEW:
            self._doubt_all()
        elif values:
            self._doubt_holders(values)

    def _doubt_holders(self, values: Iterable[str]) -> None:
        self._note_doubts(*self._part_with(values))

    def _part_with(self, values: Iterable[str]) -> tuple[matching.Catalogue, list[SkuMapping]]:
        """What of both sides decides about the holders of these values, and their mappings."""
        values = set(values)
        standing = self._mappings_of_holders(values)
        ends = [(self.item(m.sku_number), self.variant(m.inventory_item_id)) for m in standing]
        held = values | {self._value_here(item) for item, _ in ends if item is not None}
        held |= {self._value_there(variant) for _, variant in ends if variant is not None}
        items, variants = self._holders(held)
        items += [item for item, _ in ends if item is not None]
        variants += [variant for _, variant in ends if variant is not None]
        ends_held = [
            *((matching.HERE, item.sku_number) for item in items),
            *((matching.THERE, variant.inventory_item_id) for variant in variants),
        ]
        ignored = self._store.ignored_among(ends_held)
        return matching.Catalogue(items, variants, self._rule, ignored), standing

    def _mappings_of_holders(self, values: set[str]) -> list[SkuMapping]:
        items, variants = self._holders(values)
        found = [m for item in items for m in self.mappings_of(item.sku_number)]
        for variant in variants:
            mapping = self._standing(variant.inventory_item_id)
            found += [] if mapping is None else [mapping]
        return list({mapping.inventory_item_id: mapping for mapping in found}.values())

    def _holders(self, values: Iterable[str]) -> tuple[list[Item], list[Variant]]:
        shopify_field, local_field = self._rule
        told = [value for value in values if value.strip()]
        items = [item for value in told for item in self._store.items_with(local_field, value)]
        variants = [v for value in told for v in self._store.variants_with(shopify_field, value)]
        return items, variants

    # -- all mappings ---------------------------------------------------------------------------

    def _doubt_all(self, catalogue: matching.Catalogue | None = None) -> None:
        if catalogue is None:
            catalogue = matching.Catalogue(self._store.items(), self._store.variants(), self._rule)
        self._note_doubts(catalogue, self._store.mappings())

    def _note_doubts(self, catalogue: matching.Catalogue, standing: Iterable[SkuMapping]) -> None:
        at = self._now()
        noted = [
            replace(mapping, doubt=doubt, since=at if doubt is not None else "")
            for mapping in standing
            if (doubt := catalogue.doubt(mapping)) is not mapping.doubt
        ]
        if not noted:
            return

        def work(tx: BooksTx) -> list[SkuMapping]:
            still = [m for m in noted if tx.mapping(m.inventory_item_id) == m]
            for mapping in still:
                tx.put_mapping(mapping)
            return still

        for mapping in self._store.submit(work).result():
            self._tell(self._event(mapping))

    def _event(self, mapping: SkuMapping) -> Event:
        at, brand, sku = self._now(), self.brand.name, mapping.sku_number
        if mapping.doubt is None:
            return events.MappingInOrder(at=at, brand=brand, sku=sku)
        variant = self.variant(mapping.inventory_item_id)
        value = self._value_there(variant) if variant is not None else ""
        problem = mapping.doubt.value
        return events.MappingInDoubt(at=at, brand=brand, sku=sku, problem=problem, value=value)

    # -- the rule -------------------------------------------------------------------------------

    @property
    def _rule(self) -> tuple[ShopifyField, LocalField]:
        link = self._store.link()
        return link.shopify_field, link.local_field

    def _value_here(self, item: Item) -> str:
        by_number = self._rule[1] is LocalField.SKU_NUMBER
        return item.sku_number if by_number else item.barcode

    def _value_there(self, variant: Variant) -> str:
        return variant.sku if self._rule[0] is ShopifyField.SKU else variant.barcode
