"""Items, stock and plans as CSV (RFC 4180: commas, CRLF), for spreadsheets and for reading back.

Writes to a text stream that the caller has opened (UTF-8, `newline=""`), with a byte order mark
where it is a file: some spreadsheets know UTF-8 by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TextIO

from core.exchange.cells import number_cell, text_cell
from core.model import Item, Plan

ITEM_COLUMNS = ("sku_number", "name", "barcode")
STOCK_COLUMNS = ("sku_number", "location", "label", "quantity")
PLAN_COLUMNS = (
    *("kind", "sku_number", "location", "inventory_item_id", "here", "there", "base"),
    *("new_here", "new_there", "new_base", "why", "left_out", "detail"),
)


class StockRow(NamedTuple):
    """`location` is a name, `label` a code."""

    sku_number: str
    location: str
    label: str
    quantity: int


def write_items(out: TextIO, items: Iterable[Item]) -> int:
    """`sku_number,name,barcode`. Returns the number of rows below the header."""
    rows = (
        (text_cell(item.sku_number), text_cell(item.name), text_cell(item.barcode))
        for item in items
    )
    return write_rows(out, ITEM_COLUMNS, rows)


def write_stock(out: TextIO, rows: Iterable[StockRow]) -> int:
    """`sku_number,location,label,quantity`. Returns the number of rows below the header."""
    cells = (
        (text_cell(row[0]), text_cell(row[1]), text_cell(row[2]), number_cell(row[3]))
        for row in rows
    )
    return write_rows(out, STOCK_COLUMNS, cells)


def write_plan(out: TextIO, plan: Plan, location_name: Callable[[str], str]) -> int:
    """Every row of a plan, those that change nothing too. `location_name` gives a name for the id
    of a location here. Returns the number of rows below the header.
    """
    rows = (
        (
            plan.kind.value,
            text_cell(row.sku_number),
            text_cell(location_name(row.location_id)),
            text_cell(row.key.inventory_item_id),
            *map(number_cell, (row.here, row.there, row.base)),
            *map(number_cell, (row.new_here, row.new_there, row.new_base)),
            row.why.value,
            "yes" if row.left_out else "",
            text_cell(row.detail),
        )
        for row in plan.rows
    )
    return write_rows(out, PLAN_COLUMNS, rows)


def write_rows(out: TextIO, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> int:
    """Cells as they are to stand in the file, already guarded and quoted."""
    out.write(",".join(columns) + "\r\n")
    count = 0
    for row in rows:
        out.write(",".join(row) + "\r\n")
        count += 1
    return count
