"""CSV in and out: our own items, stock and mappings, and Shopify's inventory and product files.

Reads bytes and says what they hold and what is wrong with them, line by line; writes text that a
spreadsheet opens rightly and that cannot carry a formula in. Keeping any of it is others' business.
"""

from core.exchange.errors import (
    BrokenCsv,
    CannotRead,
    DoubledColumns,
    EmptyFile,
    ImportRefused,
    NotText,
    UnknownHeader,
)
from core.exchange.layouts import Layout
from core.exchange.mappings import (
    MappingFile,
    MappingLine,
    mappings_of,
    read_mappings,
    write_mappings,
)
from core.exchange.preview import ImportedLevel, ImportPreview, Known, RowProblemLine
from core.exchange.read import preview, preview_bytes
from core.exchange.write import StockRow, write_items, write_plan, write_stock

__all__ = [
    "BrokenCsv",
    "CannotRead",
    "DoubledColumns",
    "EmptyFile",
    "ImportPreview",
    "ImportRefused",
    "ImportedLevel",
    "Known",
    "Layout",
    "MappingFile",
    "MappingLine",
    "NotText",
    "RowProblemLine",
    "StockRow",
    "UnknownHeader",
    "mappings_of",
    "preview",
    "preview_bytes",
    "read_mappings",
    "write_items",
    "write_mappings",
    "write_plan",
    "write_stock",
]
