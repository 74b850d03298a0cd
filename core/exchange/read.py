"""A file's rows, layout by layout, into a preview. Changes nothing and knows no store.

Integers only. Which column of a Shopify inventory file gives the quantity depends on what the link
counts: `available`, or `on_hand`. Shopify's file is edited in `On hand (new)`; for `available` that
edit moves the number by as much (facts.md §4: writing either moves both by the same delta).
"""

from __future__ import annotations

from pathlib import Path

from core.errors import N_, NN_
from core.exchange.cells import integer_of, is_not_stocked, text_of
from core.exchange.collect import Collector
from core.exchange.decode import Table, read_table, table_of
from core.exchange.layouts import Header, Layout, header_of
from core.exchange.preview import ImportPreview, Known
from core.model import QuantityName

_EXAMPLE = "sku_number,name,barcode"

_NO_SKU = N_("The SKU number is empty.")
_NO_SKU_REMEDY = N_("Every row needs one: it is the item's key.")
_NO_SHOPIFY_SKU = N_("%(name)s has no SKU on Shopify, and is left out.")
_NO_SHOPIFY_SKU_REMEDY = N_("Give the variant a SKU in Shopify and export the file again.")
_NO_SKU_AT_ALL = N_("No row of this file has a SKU: there is nothing to import.")
_WIDTH = NN_(
    "The row has %(found)s cell, the first line has %(expected)s.",
    "The row has %(found)s cells, the first line has %(expected)s.",
    by="found",
)
_WIDTH_REMEDY = N_("A comma or a line break inside a cell must stand in quotation marks.")
_NO_INTEGER = N_("%(value)s is not a whole number.")
_NO_INTEGER_REMEDY = N_("Write digits only, with no separators and no decimals, for example 12.")
_NO_QUANTITY = N_("The row names a location and no quantity.")
_NO_QUANTITY_REMEDY = N_("Give the quantity, or `not stocked`, or leave the location empty too.")
_NO_PLACE = N_("The row gives a quantity and no location.")
_NO_PLACE_REMEDY = N_("Give the location, or leave the quantity empty too.")
_IGNORED = N_("These columns are not used: %(columns)s.")
_IGNORED_REMEDY = N_("Columns that are used: sku_number,name,barcode,location,label,quantity.")
_NOT_ONE_PLACE = N_("The quantities of this file were not taken: it does not name their location.")
_NOT_ONE_PLACE_REMEDY = N_("Import Shopify's inventory CSV for quantities by location.")

_NOTHING = frozenset({""})


def preview(
    path: Path, known: Known, quantity_name: QuantityName = QuantityName.AVAILABLE
) -> ImportPreview:
    """What importing the file would do, and every row that stands against it.

    Raises (all BadInput): CannotRead, EmptyFile, NotText, BrokenCsv, UnknownHeader, DoubledColumns.
    """
    return _preview(read_table(path, _EXAMPLE), known, quantity_name)


def preview_bytes(
    data: bytes,
    file: str,
    known: Known,
    quantity_name: QuantityName = QuantityName.AVAILABLE,
) -> ImportPreview:
    """The same for what came another way than by a path; `file` is the name to show."""
    return _preview(table_of(data, file, _EXAMPLE), known, quantity_name)


def _preview(table: Table, known: Known, quantity_name: QuantityName) -> ImportPreview:
    header = header_of(table.file, table.header)
    collector = Collector(known)
    reader = _READERS[header.layout](header, collector, quantity_name)
    rows = 0
    for line, cells in table.rows():
        rows += 1
        if len(cells) == header.width:
            reader.row(line, cells)
            continue
        collector.problem(line, "", _WIDTH, _WIDTH_REMEDY, found=len(cells), expected=header.width)
    reader.end()
    collector.finish()
    return ImportPreview(
        file=table.file,
        layout=header.layout,
        encoding=table.encoding,
        rows=rows,
        items=() if header.layout is Layout.STOCK else collector.items,
        levels=tuple(collector.levels),
        locations=tuple(collector.locations),
        labels=tuple(label for label in collector.labels if label),
        locations_missing=collector.locations_missing,
        labels_missing=collector.labels_missing,
        problems=tuple(collector.problems),
        skipped=tuple(collector.skipped),
        notes=tuple(collector.notes),
        bad_rows=collector.bad_rows,
        quantity_column=reader.quantity_column,
        carries=reader.carries,
    )


class _Reader:
    """What the layouts share: cells by field, and numbers."""

    carries = frozenset({"name"})

    def __init__(self, header: Header, collector: Collector, name: QuantityName) -> None:
        self.header = header
        self.collector = collector
        self.columns = header.columns
        self.quantity_name = name
        self.quantity_column = ""
        if "barcode" in self.columns:
            self.carries |= {"barcode"}

    def row(self, line: int, cells: list[str]) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """Called after the last row."""

    def text(self, cells: list[str], field: str) -> str:
        place = self.columns.get(field)
        return "" if place is None else text_of(cells[place])

    def number(self, line: int, column: str, cell: str) -> int | None:
        """The number of a cell; None where it says none, or (with a problem) where it is none."""
        cell = cell.strip()
        if cell in _NOTHING or is_not_stocked(cell):
            return None
        number = integer_of(cell)
        if number is None:
            self.collector.problem(line, column, _NO_INTEGER, _NO_INTEGER_REMEDY, value=cell[:40])
        return number


class _OwnReader(_Reader):
    """`sku_number,name,barcode` and/or `location,label,quantity`. Texts are kept as they are: in a
    SKU number case and spaces count.
    """

    def __init__(self, header: Header, collector: Collector, name: QuantityName) -> None:
        super().__init__(header, collector, name)
        if header.layout is Layout.STOCK:
            self.carries = frozenset()
        if "quantity" in self.columns:
            self.quantity_column = "quantity"
        if header.ignored:
            columns = [column[:40] for column in header.ignored[:20]]
            collector.note(_IGNORED, _IGNORED_REMEDY, columns=columns)

    def row(self, line: int, cells: list[str]) -> None:
        collector = self.collector
        sku_number = self.text(cells, "sku_number")
        if not sku_number.strip():
            collector.problem(line, "sku_number", _NO_SKU, _NO_SKU_REMEDY)
            return
        if self.header.layout is Layout.STOCK:
            collector.must_exist(line, sku_number)
        else:
            collector.item(line, sku_number, self.text(cells, "name"), self.text(cells, "barcode"))
        self._level(line, cells, sku_number)

    def _level(self, line: int, cells: list[str], sku_number: str) -> None:
        collector = self.collector
        location = self.text(cells, "location").strip()
        cell = cells[self.columns["quantity"]].strip() if "quantity" in self.columns else ""
        if not location and not cell:
            collector.once(line, sku_number)
        elif not location:
            collector.problem(line, "location", _NO_PLACE, _NO_PLACE_REMEDY)
        elif not cell:
            collector.problem(line, "quantity", _NO_QUANTITY, _NO_QUANTITY_REMEDY)
        else:
            label = self.text(cells, "label").strip()
            quantity = self.number(line, "quantity", cell)
            if quantity is not None:
                collector.level(line, sku_number, location, label, quantity, "quantity")


class _ShopifyReader(_Reader):
    """A row is a variant (at a location). Rows that follow with the same handle may leave the title
    empty.
    """

    def __init__(self, header: Header, collector: Collector, name: QuantityName) -> None:
        super().__init__(header, collector, name)
        self._handle = self._title = ""
        self._with_sku = 0

    def variant(self, line: int, cells: list[str]) -> str:
        """Collect the item of a row and give its SKU; "" (and a skipped row) where it has none."""
        name = self._name(cells)
        sku = self.text(cells, "sku_number")
        if not sku.strip():
            self.collector.skip(
                line, "SKU", _NO_SHOPIFY_SKU, _NO_SHOPIFY_SKU_REMEDY, name=name[:80]
            )
            return ""
        self._with_sku += 1
        self.collector.item(line, sku, name, self.text(cells, "barcode"))
        return sku

    def end(self) -> None:
        if self.collector.skipped and not self._with_sku:
            first = self.collector.skipped[0].line
            self.collector.problem(first, "SKU", _NO_SKU_AT_ALL, _NO_SHOPIFY_SKU_REMEDY)

    def _name(self, cells: list[str]) -> str:
        """As Shopify shows a variant: `product - option / option`."""
        handle, title = self.text(cells, "handle"), self.text(cells, "title")
        if title or handle != self._handle:
            self._handle, self._title = handle, title
        options = (self.text(cells, field).strip() for field in ("option1", "option2", "option3"))
        variant = " / ".join(option for option in options if option and option != "Default Title")
        product = self._title or handle
        return f"{product} - {variant}" if variant else product


class _InventoryReader(_ShopifyReader):
    def __init__(self, header: Header, collector: Collector, name: QuantityName) -> None:
        super().__init__(header, collector, name)
        on_hand_first = name is QuantityName.ON_HAND
        self._order = ("on_hand", "available") if on_hand_first else ("available", "on_hand")
        present = [field for field in (*self._order, "on_hand_new") if field in self.columns]
        self.quantity_column = present[0] if present else ""

    def row(self, line: int, cells: list[str]) -> None:
        sku = self.variant(line, cells)
        if not sku:
            return
        location = self.text(cells, "location").strip()
        quantity = self._quantity(line, cells)
        if quantity is None:
            self.collector.once(line, sku, location)
        elif not location:
            self.collector.problem(line, "Location", _NO_PLACE, _NO_PLACE_REMEDY)
        else:
            self.collector.level(line, sku, location, "", quantity, self.quantity_column)

    def _quantity(self, line: int, cells: list[str]) -> int | None:
        first, second = (self._cell(line, cells, field) for field in self._order)
        number = second if first is None else first
        new = self._cell(line, cells, "on_hand_new")
        if new is None:
            return number
        on_hand = self._cell(line, cells, "on_hand")
        if number is None or on_hand is None:
            return new
        return number + new - on_hand

    def _cell(self, line: int, cells: list[str], field: str) -> int | None:
        place = self.columns.get(field)
        return None if place is None else self.number(line, field, cells[place])


class _ByLocationReader(_ShopifyReader):
    """One column a location, named as the location is."""

    def __init__(self, header: Header, collector: Collector, name: QuantityName) -> None:
        super().__init__(header, collector, name)
        self.quantity_column = ", ".join(location for location, _ in header.locations[:10])

    def row(self, line: int, cells: list[str]) -> None:
        sku = self.variant(line, cells)
        if not sku:
            return
        said = False
        for location, place in self.header.locations:
            quantity = self.number(line, location, cells[place])
            if quantity is not None:
                said = True
                self.collector.level(line, sku, location, "", quantity, location)
        if not said:
            self.collector.once(line, sku)


class _ProductReader(_ShopifyReader):
    """Has one quantity and no location: it counts only where there is one location here."""

    def __init__(self, header: Header, collector: Collector, name: QuantityName) -> None:
        super().__init__(header, collector, name)
        locations = collector.known.locations
        self._location = locations[0] if len(locations) == 1 else None
        self._left_out = False
        if "quantity" in self.columns:
            self.quantity_column = "Inventory quantity"

    def row(self, line: int, cells: list[str]) -> None:
        if not self._is_variant(cells):
            # A further image of the product: no variant, nothing for the inventory. Its title, if
            # any, counts for the rows below.
            self._name(cells)
            return
        sku = self.variant(line, cells)
        if not sku:
            return
        self.collector.once(line, sku)
        cell = cells[self.columns["quantity"]] if "quantity" in self.columns else ""
        quantity = self.number(line, "Inventory quantity", cell)
        if quantity is None or not self._is_tracked(cells):
            return
        if self._location is None:
            self._left_out = True
            return
        self.collector.level(line, sku, self._location, "", quantity, "Inventory quantity")

    def end(self) -> None:
        super().end()
        if self._left_out:
            self.collector.note(_NOT_ONE_PLACE, _NOT_ONE_PLACE_REMEDY, "Inventory quantity")

    def _is_variant(self, cells: list[str]) -> bool:
        fields = ("sku_number", "option1", "price", "quantity", "barcode")
        return any(self.text(cells, field).strip() for field in fields)

    def _is_tracked(self, cells: list[str]) -> bool:
        return "tracker" not in self.columns or bool(self.text(cells, "tracker").strip())


_READERS: dict[Layout, type[_Reader]] = {
    Layout.ITEMS: _OwnReader,
    Layout.STOCK: _OwnReader,
    Layout.SHOPIFY_INVENTORY: _InventoryReader,
    Layout.SHOPIFY_INVENTORY_BY_LOCATION: _ByLocationReader,
    Layout.SHOPIFY_PRODUCTS: _ProductReader,
}
