"""A merchant's own Shopify inventory or product CSV as the catalogue of a practice shop.

Columns are found by their header, in the old and the new spelling (facts.md §10); what is missing
is taken as empty. This is not the import of a DEXTRE inventory (core.exchange): what it reads only
has to look like the merchant's shop.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import N_
from core.practice.catalogue import Shelves, add_locations
from core.practice.errors import CatalogueFileInvalid
from core.practice.state import Location, Product, Stock, Variant

Row = dict[str, str]

_NAMES = {
    "url handle": "handle",
    "variant sku": "sku",
    "variant barcode": "barcode",
    "variant inventory tracker": "inventory tracker",
    "variant inventory qty": "inventory quantity",
    "variant price": "price",
}
_INVENTORY_COLUMNS = {
    "handle", "title", "sku", "barcode", "hs code", "coo", "location", "bin name", "incoming",
    "unavailable", "committed", "available", "on hand", "on hand (new)",
}  # fmt: skip


def load(
    stock: Stock, rng: random.Random, file: Path, *, locations: int, keep_tracking: bool = True
) -> None:
    """Fill the stock from the file. `locations` counts only where the file names none.

    Raises CatalogueFileInvalid; nothing is half loaded that a caller would go on with.
    """
    rows = _read(file)
    shelves = Shelves(stock, rng)
    header = set(rows[0])
    if "location" in header:
        _load_rows_by_location(shelves, file, rows)
    elif "inventory quantity" in header or "inventory tracker" in header or "price" in header:
        _load_products(shelves, rows, add_locations(shelves, locations), keep_tracking)
    elif columns := _location_columns(rows):
        _load_columns_by_location(shelves, file, rows, columns)
    else:
        raise CatalogueFileInvalid(
            file=file.name, detail=N_("there is neither a location nor a quantity column")
        )


def _read(file: Path) -> list[Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = [_heading(cell) for cell in next(reader, [])]
            rows = [
                dict(zip(header, map(_clean, cells), strict=False)) for cells in reader if cells
            ]
    except UnicodeDecodeError as error:
        raise CatalogueFileInvalid(file=file.name, detail=N_("it is not UTF-8")) from error
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise CatalogueFileInvalid(file=file.name, detail=detail) from error
    except csv.Error as error:
        raise CatalogueFileInvalid(file=file.name, detail=str(error)) from error
    if "sku" not in header or not {"handle", "title"} & set(header):
        raise CatalogueFileInvalid(
            file=file.name, detail=N_("a SKU column and a Handle or Title column are needed")
        )
    if not rows:
        raise CatalogueFileInvalid(file=file.name, detail=N_("it has no rows"))
    return rows


def _heading(text: str) -> str:
    name = re.sub(r"\s*\((not editable|current)\)", "", text.strip().lower())
    return _NAMES.get(name, name)


def _clean(text: str) -> str:
    """Spreadsheets keep long numbers alive with a leading apostrophe (facts.md §10.2)."""
    return text.removeprefix("'")


def _options(row: Row) -> tuple[tuple[str, str], ...]:
    found = tuple(
        (row.get(f"option{n} name") or "Title", row[f"option{n} value"])
        for n in (1, 2, 3)
        if row.get(f"option{n} value")
    )
    return found or (("Title", "Default Title"),)


def _number(text: str | None) -> int | None:
    """None where the cell is empty, no whole number, or `not stocked`."""
    cleaned = (text or "").strip().replace(",", "")
    return int(cleaned) if re.fullmatch(r"[-+]?[0-9]{1,9}", cleaned) else None


class _Rows:
    """Products and variants as their rows come: found again by handle and options."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._products: dict[str, Product] = {}
        self._variants: dict[tuple[str, tuple[tuple[str, str], ...]], Variant] = {}
        self._title = ""

    def variant(self, row: Row, *, tracked: bool = True) -> Variant:
        self._title = row.get("title") or self._title
        handle = row.get("handle") or re.sub(r"\W+", "-", self._title.lower()).strip("-")
        product = self._products.get(handle)
        if product is None:
            product = self._shelves.product(
                row.get("title") or handle,
                handle,
                kind=row.get("type", ""),
                vendor=row.get("vendor", ""),
            )
            self._products[handle] = product
        options = _options(row)
        variant = self._variants.get((handle, options))
        if variant is None:
            variant = self._shelves.variant(
                product,
                row.get("sku"),
                options,
                barcode=row.get("barcode") or None,
                tracked=tracked,
                price=row.get("price") or "0",
            )
            self._variants[handle, options] = variant
        return variant


def _load_rows_by_location(shelves: Shelves, file: Path, rows: Sequence[Row]) -> None:
    found = _Rows(shelves)
    places: dict[str, Location] = {}
    for line, row in enumerate(rows, start=2):
        name = row.get("location", "").strip()
        if not name:
            continue
        if name not in places:
            places[name] = shelves.location(name)
        place = places[name]
        item = found.variant(row).item
        opening = _opening(row)
        if opening is None:
            continue
        if shelves.stock.level(item, place):
            raise CatalogueFileInvalid(
                file=file.name,
                detail=f"line {line}: {row.get('sku')} at {name} stands there twice.",
            )
        shelves.stock.stock_at(item, place, opening=opening)
    if not places:
        raise CatalogueFileInvalid(file=file.name, detail=N_("no row names a location"))


def _opening(row: Row) -> dict[str, int] | None:
    """Quantities of one level, or None where it is not stocked there."""
    available, on_hand = _number(row.get("available")), _number(row.get("on hand"))
    if available is None and on_hand is None:
        return None
    committed = _number(row.get("committed")) or 0
    unavailable = _number(row.get("unavailable")) or 0
    if available is None:
        available = (on_hand or 0) - committed - unavailable
    return {
        "available": available,
        "committed": committed,
        "reserved": unavailable,
        "incoming": _number(row.get("incoming")) or 0,
    }


def _location_columns(rows: Sequence[Row]) -> list[str]:
    """The oldest layout: a column for each location, its name as the header."""
    return [
        name
        for name in rows[0]
        if name
        and name not in _INVENTORY_COLUMNS
        and not name.startswith("option")
        and all(_is_quantity(row.get(name)) for row in rows)
    ]


def _is_quantity(text: str | None) -> bool:
    return _number(text) is not None or (text or "").strip().lower() in ("", "not stocked")


def _load_columns_by_location(
    shelves: Shelves, file: Path, rows: Sequence[Row], columns: Sequence[str]
) -> None:
    places = {name: shelves.location(name) for name in _original_names(file, columns)}
    found = _Rows(shelves)
    for row in rows:
        item = found.variant(row).item
        for name, place in places.items():
            quantity = _number(row.get(_heading(name)))
            if quantity is not None and shelves.stock.level(item, place) is None:
                shelves.stock.stock_at(item, place, opening={"available": quantity})


def _original_names(file: Path, columns: Sequence[str]) -> Iterator[str]:
    """The headers as they are written in the file; `columns` are lower-cased."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header = next(csv.reader(lines), [])
    return (cell.strip() for cell in header if _heading(cell) in columns)


def _load_products(
    shelves: Shelves, rows: Sequence[Row], places: Sequence[Location], keep_tracking: bool
) -> None:
    found = _Rows(shelves)
    for row in rows:
        if not (row.get("sku") or row.get("option1 value") or row.get("inventory quantity")):
            continue  # a row that only adds a picture to the product above it
        tracked = not keep_tracking or row.get("inventory tracker", "shopify") == "shopify"
        item = found.variant(row, tracked=tracked).item
        if item.levels:
            continue
        for at, place in enumerate(places):
            quantity = _number(row.get("inventory quantity")) or 0
            # The file has one quantity for the whole shop: it lies at the first location.
            shelves.stock.stock_at(item, place, opening={"available": 0 if at else quantity})
