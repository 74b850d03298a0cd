"""Which layout a file has, told by its header, and where its columns are.

Header names are compared without case, width, spaces, `_` and ` (not editable)`; unknown columns
are tolerated, because Shopify adds and renames some (facts.md §10).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.exchange.errors import DoubledColumns, UnknownHeader


class Layout(StrEnum):
    ITEMS = "items"
    STOCK = "stock"
    SHOPIFY_INVENTORY = "shopify_inventory"
    SHOPIFY_INVENTORY_BY_LOCATION = "shopify_inventory_by_location"
    SHOPIFY_PRODUCTS = "shopify_products"


EXPECTED = (
    "sku_number,name,barcode",
    "sku_number,name,barcode,location,label,quantity",
    "sku_number,location,label,quantity",
)
"""Our own layouts, as messages show them."""


@dataclass(frozen=True, slots=True)
class Header:
    """`columns`: field → place. `locations`: (name, place) of the columns that are locations.
    `ignored`: columns of our own layouts that mean nothing to us, as written.
    """

    layout: Layout
    columns: Mapping[str, int]
    width: int
    locations: tuple[tuple[str, int], ...] = ()
    ignored: tuple[str, ...] = ()


_OURS = {
    "sku_number": ("skunumber", "sku番号", "sku"),
    "name": ("name", "商品名", "名前"),
    "barcode": ("barcode", "バーコード", "jan", "janコード"),
    "location": ("location", "ロケーション"),
    "label": ("label", "在庫ラベル", "ラベル"),
    "quantity": ("quantity", "数量", "在庫数量"),
}

_VARIANT = {
    "handle": ("handle", "urlhandle"),
    "title": ("title",),
    "option1": ("option1value",),
    "option2": ("option2value",),
    "option3": ("option3value",),
}

_INVENTORY = _VARIANT | {
    "sku_number": ("sku",),
    "barcode": ("barcode",),
    "location": ("location",),
    "available": ("available",),
    "on_hand": ("onhand(current)", "onhand"),
    "on_hand_new": ("onhand(new)",),
}

_PRODUCTS = _VARIANT | {
    "sku_number": ("variantsku", "sku"),
    "barcode": ("variantbarcode", "barcode"),
    "tracker": ("variantinventorytracker", "inventorytracker"),
    "quantity": ("variantinventoryqty", "inventoryquantity"),
    "price": ("variantprice", "price"),
}

# Names that only the product files have: one of them tells them from the inventory files.
_ONLY_PRODUCTS = {
    *("variantsku", "variantprice", "variantgrams", "variantinventoryqty", "body(html)", "vendor"),
    *("variantinventorytracker", "inventorytracker", "inventoryquantity", "price", "description"),
}

# Inventory columns that are known and hold no quantity that we take; the rest of an inventory file
# without a `Location` column are locations.
_INVENTORY_OTHERS = {
    *("option1name", "option2name", "option3name", "option1linkedto", "option2linkedto"),
    *("option3linkedto", "hscode", "coo", "binname", "incoming", "unavailable", "committed"),
    *("variantpackedlength", "variantpackedwidth", "variantpackedheight"),
    *("variantpackeddimensionunit",),
}


def header_of(file: str, cells: Sequence[str]) -> Header:
    """Recognise a header. Raises UnknownHeader, which names what was found, what is missing and
    what is expected; DoubledColumns.
    """
    keys = [_key(cell) for cell in cells]
    twice = sorted({cells[keys.index(key)] for key in keys if key and keys.count(key) > 1})
    if twice:
        raise DoubledColumns(file=file, twice=_shown(twice))
    if "title" in keys and ("handle" in keys or "urlhandle" in keys):
        return _shopify(file, cells, keys)
    return _own(file, cells, keys)


def _own(file: str, cells: Sequence[str], keys: Sequence[str]) -> Header:
    columns = _places(keys, _OURS)
    ignored = tuple(
        cell.strip()
        for place, cell in enumerate(cells)
        if place not in columns.values() and cell.strip()
    )
    is_stock = not columns.keys() & {"name", "barcode"} and columns.keys() & {
        "location",
        "quantity",
    }
    required = ("sku_number", "location", "quantity") if is_stock else tuple(_OURS)[:3]
    missing = [name for name in required if name not in columns]
    if missing:
        raise _unknown(file, cells, missing)
    layout = Layout.STOCK if is_stock else Layout.ITEMS
    return Header(layout, columns, len(cells), ignored=ignored)


def _shopify(file: str, cells: Sequence[str], keys: Sequence[str]) -> Header:
    if _ONLY_PRODUCTS.intersection(keys):
        columns = _places(keys, _PRODUCTS)
        layout = Layout.SHOPIFY_PRODUCTS
    else:
        columns = _places(keys, _INVENTORY)
        layout = Layout.SHOPIFY_INVENTORY
    if "sku_number" not in columns:
        sku = "Variant SKU" if "variantprice" in keys else "SKU"
        raise _unknown(file, cells, [sku])
    if layout is Layout.SHOPIFY_PRODUCTS or "location" in columns:
        return Header(layout, columns, len(cells))
    locations = tuple(
        (cell.strip(), place)
        for place, cell in enumerate(cells)
        if keys[place] and place not in columns.values() and keys[place] not in _INVENTORY_OTHERS
    )
    if not locations:
        raise _unknown(file, cells, ["Location"])
    return Header(Layout.SHOPIFY_INVENTORY_BY_LOCATION, columns, len(cells), locations)


def _places(keys: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, int]:
    places: dict[str, int] = {}
    for field, spellings in names.items():
        for spelling in spellings:
            if spelling in keys:
                places[field] = keys.index(spelling)
                break
    return places


def _key(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell).casefold().replace("(not editable)", "")
    return "".join(text.split()).replace("_", "").lstrip("'\ufeff")


def _unknown(file: str, cells: Sequence[str], missing: Sequence[str]) -> UnknownHeader:
    return UnknownHeader(
        file=file,
        found=_shown(cells),
        missing=list(missing),
        expected=" | ".join(EXPECTED),
    )


def _shown(cells: Sequence[str]) -> str:
    """Column names as found, short enough for one message."""
    shown = ", ".join(cell.strip()[:40] or '""' for cell in cells[:30])
    return shown + (", …" if len(cells) > 30 else "")
