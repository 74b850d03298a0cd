"""The variants of items that several are mapped to, and what tells them apart. Most items have one:
for those nothing is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from core.model import Variant
from core.workspace.mapping import MappingDesk

Variants = Mapping[str, Variant | None]
"""By inventory item; None: the last catalogue has none."""

_ALONE: Mapping[str, str] = {}

MANY = 500
"""Items from which on looking at every mapping once costs less."""


def told_apart(variants: Variants) -> dict[str, str]:
    """By inventory item, what tells each of some variants from the others: their SKUs, else their
    names, else the ends of their ids; nothing where there is one.
    """
    if len(variants) < 2:
        return {}
    skus = {one: variant.sku if variant else "" for one, variant in variants.items()}
    names = {one: variant.name if variant else "" for one, variant in variants.items()}
    for told in (skus, names):
        if len({words.strip() for words in told.values()} - {""}) == len(variants):
            return told
    return {one: one.rpartition("/")[2] for one in variants}


class Siblings:
    """`shared_items` gives the SKU numbers with several variants, by a look at every mapping: it is
    asked once many items were asked for. The variants of one item are read when it is asked for.
    """

    def __init__(
        self,
        shared_items: Callable[[], Collection[str]],
        variants_of: Callable[[str], Variants],
        *,
        known: Collection[str] | None = None,
    ) -> None:
        self._shared_items = shared_items
        self._variants_of = variants_of
        self._known = known
        self._told: dict[str, Mapping[str, str]] = {}

    def of(self, sku_number: str) -> Mapping[str, str]:
        """What tells its variants apart, by inventory item; nothing where it has one."""
        if self._known is not None and sku_number not in self._known:
            return _ALONE
        found = self._told.get(sku_number)
        if found is None:
            found = self._told[sku_number] = told_apart(self._variants_of(sku_number))
            if self._known is None and len(self._told) >= MANY:
                self._known = self._shared_items()
        return found


class SiblingsDesk(MappingDesk):
    _siblings: tuple[object, Siblings] | None = None

    def siblings(self) -> Siblings:
        """As the mapping is now; to be asked for once for many rows."""
        key, kept = self._mapping_key(), self._siblings
        if kept is None or kept[0] != key:
            known = None if self._store.has_shared_items() else ()
            made = Siblings(self._store.shared_items, self._variants_of, known=known)
            kept = self._siblings = (key, made)
        return kept[1]

    def _variants_of(self, sku_number: str) -> Variants:
        ids = [mapping.inventory_item_id for mapping in self.mappings_of(sku_number)]
        return {one: self.variant(one) for one in ids} if len(ids) > 1 else {}
