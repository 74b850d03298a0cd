"""The mapping as it stands, kept in order under edits: an edit touches only the rows concerned,
because whether and why a row is not mapped depends on the values alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from core.errors import OurBug
from core.matching.edits import HERE, THERE, Edit, End
from core.matching.match import Catalogue
from core.matching.view import MappingView
from core.model import MappingRow, SkuMapping


class MappingTable:
    """For one thread at a time. After any edits its view shows what a fresh report would."""

    def __init__(self, catalogue: Catalogue, mappings: Iterable[SkuMapping]) -> None:
        self._catalogue = catalogue
        result = catalogue.report(mappings)
        self._mapped = {mapping.inventory_item_id: mapping for mapping in result.mappings}
        self._mapped_items = Counter(mapping.sku_number for mapping in result.mappings)
        self._dropped = {mapping.inventory_item_id: mapping for mapping in result.dropped}
        self.view = MappingView(result.rows, catalogue.place, self._named)

    @property
    def catalogue(self) -> Catalogue:
        return self._catalogue

    def current(self, inventory_item_id: str) -> SkuMapping | None:
        """What a variant is mapped to, also where the item is gone."""
        return self._mapped.get(inventory_item_id) or self._dropped.get(inventory_item_id)

    def apply(self, edit: Edit) -> None:
        """Raises OurBug where the edit does not start from what is mapped."""
        for mapping in edit.before:
            if self.current(mapping.inventory_item_id) != mapping:
                raise OurBug(detail="an edit of the mapping does not start from what is mapped")
        variants = dict.fromkeys(
            [*edit.remove, *(m.inventory_item_id for m in (*edit.before, *edit.put))]
        )
        items = dict.fromkeys(mapping.sku_number for mapping in (*edit.before, *edit.put))
        for side, key in (*edit.ignore, *edit.notice):
            (items if side == HERE else variants)[key] = None
        gone = list(self._rows(items, variants))
        self._take_in(edit)
        self.view.replace(gone, list(self._rows(items, variants)))

    def _take_in(self, edit: Edit) -> None:
        for inventory_item_id in (*edit.remove, *(m.inventory_item_id for m in edit.put)):
            self._dropped.pop(inventory_item_id, None)
            old = self._mapped.pop(inventory_item_id, None)
            if old is not None:
                self._mapped_items[old.sku_number] -= 1
        for mapping in edit.put:
            if self._catalogue.has(mapping):
                self._mapped[mapping.inventory_item_id] = mapping
                self._mapped_items[mapping.sku_number] += 1
            else:
                self._dropped[mapping.inventory_item_id] = mapping
        self._catalogue.ignored.difference_update(edit.notice)
        self._catalogue.ignored.update(edit.ignore)

    def _named(self, inventory_item_id: str, sku_number: str) -> MappingRow | None:
        """The row of a variant or, without one, of an item, as it is now."""
        if inventory_item_id:
            return next(self._rows((), (inventory_item_id,)), None)
        return next(self._rows((sku_number,), ()), None)

    def _rows(self, items: Iterable[str], variants: Iterable[str]) -> Iterator[MappingRow]:
        """The rows of these items, where they are not mapped, and of these variants."""
        catalogue = self._catalogue
        for sku_number in items:
            if not self._mapped_items[sku_number] and sku_number in catalogue.items:
                yield catalogue.item_row(catalogue.items[sku_number])
        for inventory_item_id in variants:
            mapping = self._mapped.get(inventory_item_id)
            if mapping is not None:
                yield catalogue.mapped_row(mapping)
            elif inventory_item_id in catalogue.variants:
                yield catalogue.variant_row(catalogue.variants[inventory_item_id])


def ends_of(row: MappingRow) -> list[End]:
    """Both ends of a row, as far as it has them."""
    ends: list[End] = []
    if row.item is not None:
        ends.append((HERE, row.item.sku_number))
    if row.variant is not None:
        ends.append((THERE, row.variant.inventory_item_id))
    return ends
