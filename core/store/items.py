"""The items of a brand: kept, found, renamed and removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.errors import N_
from core.model import Cause, Item, LevelKey, LocalField, MappedBy, SkuMapping
from core.store import figures, records
from core.store.books import Tx
from core.store.errors import EmptyName, ItemInUse, NameTaken, NumberWasUsed, UnknownSku
from core.store.places import PlacesStore
from core.store.rows import Doc


class ItemsStore(PlacesStore):
    def put_items(self, items: Iterable[Item]) -> int:
        """Keep items, new ones or in place of those with the same SKU number; gives how many."""
        return self._put_batches("items", (_item_pair(item) for item in items))

    def add_item(self, item: Item) -> None:
        """A new one. Raises EmptyName, NameTaken."""
        with self._db.transaction():
            if self.item(item.sku_number) is not None:
                raise NameTaken(what=N_("SKU number"), name=item.sku_number)
            self.put_items([item])

    def item(self, sku_number: str) -> Item | None:
        doc = self._table("items").doc(sku_number)
        return None if doc is None else records.item_from(sku_number, doc)

    def items_named(self, sku_numbers: Sequence[str]) -> dict[str, Item]:
        """Those of them that exist, looked up together: for imports."""
        found = self._table("items").rows.many(sku_numbers)
        return {sku: records.item_from(sku, doc) for sku, doc in found.items()}

    def items(self) -> Iterator[Item]:
        """All, by SKU number."""
        return (records.item_from(*pair) for pair in self._table("items").rows.pairs())

    def items_by_barcode(self, barcode: str) -> Sequence[Item]:
        return [records.item_from(*pair) for pair in self._table("items").find("barcode", barcode)]

    def search_items(self, search: str = "", offset: int = 0, limit: int = 200) -> Sequence[Item]:
        """Items whose SKU number, name or barcode contain every word, in the order of SKU
        numbers. Case and full or half width do not matter.
        """
        terms = records.folded(search).split()
        found = self._table("items").rows.containing("search", terms, offset, limit)
        return [records.item_from(*pair) for pair in found]

    def item_words(self) -> Iterator[tuple[str, str]]:
        """(what a search looks at, SKU number) of all items, in the order of `search_items`; no
        document is read.
        """
        return self._table("items").rows.fields_with_ids("search")

    def count_items(self, search: str = "") -> int:
        terms = records.folded(search).split()
        if not terms:
            return figures.read(self._db.source)["items"]
        return self._table("items").rows.count_containing("search", terms)

    # -- another number, and none ----------------------------------------------------------------

    def edit_item(self, item: Item) -> None:
        """Its name and barcode. Raises UnknownSku."""
        with self._db.transaction():
            self._required(item.sku_number)
            self.put_items([item])

    def rename_item(self, sku_number: str, new: str) -> int:
        """Give an item another SKU number: its levels, movements, mappings and cells go with it.
        Gives how many mappings there are. Raises UnknownSku, EmptyName, NameTaken,
        NumberWasUsed.

        What the rule had mapped by the old number stays mapped: by hand, where the rule would not
        map the new one.
        """
        with self.books.transaction() as tx:
            item = self._required(sku_number)
            if not new.strip():
                raise EmptyName(what=N_("SKU number"))
            if self.item(new) is not None:
                raise NameTaken(what=N_("SKU number"), name=new)
            if self._table("movements").rows.newest(1, sku_number=new):
                raise NumberWasUsed(sku=new)  # two histories must not become one
            doc = records.item_doc(replace(item, sku_number=new))
            self._rename_key("items", sku_number, new, doc)
            self._rename_key("levels", sku_number, new)
            self._rename_movements(sku_number, new)
            mappings = tx.mappings_of(sku_number)
            for mapping in mappings:
                tx.put_mapping(self._renamed(tx, mapping, new))
            tx.put_cells([cell._replace(sku_number=new) for cell in tx.cells_of(sku_number)])
            tx.put_link(tx.link().revised())
        return len(mappings)

    def remove_item(self, sku_number: str, cause: Cause, *, force: bool = False) -> None:
        """Take an item away, with its mappings; its movements stay, and each level that it still
        has gets one that ends at 0. Raises UnknownSku, and without `force` ItemInUse where it has
        stock or is mapped.
        """
        with self.books.transaction() as tx:
            self._required(sku_number)
            stock = self._stock_of(sku_number)
            mappings = tx.mappings_of(sku_number)
            if (stock or mappings) and not force:
                raise ItemInUse(sku=sku_number, levels=len(stock), mappings=len(mappings))
            for mapping in mappings:
                tx.remove_mapping(mapping.inventory_item_id)
            for cell in tx.cells_of(sku_number):
                tx.remove_cell(cell.key)
            if mappings:
                tx.put_link(tx.link().revised())
            tx.record_levels(dict.fromkeys(stock), cause)
            self._table("levels").discard(sku_number)
            self._table("items").discard(sku_number)

    def _required(self, sku_number: str) -> Item:
        found = self.item(sku_number)
        if found is None:
            raise UnknownSku(sku=sku_number)
        return found

    def _stock_of(self, sku_number: str) -> list[LevelKey]:
        """Its levels that are not 0."""
        return [
            LevelKey(sku_number, location_id, label_code)
            for label_code, places in (self._table("levels").doc(sku_number) or {}).items()
            for location_id, quantity in places.items()
            if quantity
        ]

    def _rename_key(self, name: str, old: str, new: str, doc: Doc | None = None) -> None:
        table = self._table(name)
        kept = doc or table.doc(old)
        table.discard(old)
        if kept is not None:
            table.put(new, kept)

    def _rename_movements(self, old: str, new: str) -> None:
        found = self._table("movements").find("sku_number", old)
        self._table("movements").change([(key, {**doc, "sku_number": new}) for key, doc in found])

    def _renamed(self, tx: Tx, mapping: SkuMapping, new: str) -> SkuMapping:
        variant = self._table("variants").doc(mapping.inventory_item_id) or {}
        link = tx.link()
        by_number = link.local_field is LocalField.SKU_NUMBER
        fits = variant.get(link.shopify_field.value) == new
        by = mapping.by if fits or not by_number else MappedBy.HAND
        return SkuMapping(mapping.inventory_item_id, new, by)


def _item_pair(item: Item) -> tuple[str, Doc]:
    if not item.sku_number.strip():
        raise EmptyName(what=N_("SKU number"))
    return item.sku_number, records.item_doc(item)
