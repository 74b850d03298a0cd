"""SKU mappings as CSV: written for a spreadsheet, and read back as wishes.

`inventory_item_id,shopify_sku,shopify_barcode,shopify_name,sku_number,name,barcode,by`. Only
`sku_number` is meant to be edited; an empty one unmaps. `name` and `barcode` tell which item it is,
and reading passes them over. Whether a wish changes anything, and whether it can be fulfilled, is
for `core.matching` to say. Items that no variant is mapped to are written too (with no inventory
item id), so that their SKU numbers are at hand; reading keeps them apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

from core.errors import N_, NN_
from core.exchange.cells import text_cell, text_of
from core.exchange.decode import Table, read_table, table_of
from core.exchange.errors import UnknownMappingHeader
from core.exchange.preview import RowProblemLine
from core.exchange.write import write_rows
from core.model import MappingRow

MAPPING_COLUMNS = (
    *("inventory_item_id", "shopify_sku", "shopify_barcode", "shopify_name"),
    *("sku_number", "name", "barcode", "by"),
)
_FIRST_LINE = ",".join(MAPPING_COLUMNS)

_GID = "gid://shopify/InventoryItem/"

_TWICE = N_("Line %(first)s gives %(inventory_item_id)s another SKU number already.")
_TWICE_REMEDY = N_("A Shopify variant is mapped to one item: leave one of the two lines.")
_NO_ID = N_("%(value)s is not the id of a Shopify inventory item.")
_NO_ID_REMEDY = N_("Leave this column as it was written out.")
_SHORT = NN_(
    "The row has %(found)s cell, the first line has %(expected)s.",
    "The row has %(found)s cells, the first line has %(expected)s.",
    by="found",
)
_SHORT_REMEDY = N_("A comma or a line break inside a cell must stand in quotation marks.")


class MappingLine(NamedTuple):
    """What one line wishes for; "" as the SKU number: not mapped."""

    line: int
    inventory_item_id: str
    sku_number: str


@dataclass(frozen=True, slots=True)
class MappingFile:
    file: str
    encoding: str
    lines: tuple[MappingLine, ...]
    problems: tuple[RowProblemLine, ...] = ()
    without_variant: tuple[MappingLine, ...] = ()
    """Lines without an inventory item id: what they say of a SKU number maps nothing."""


def write_mappings(out: TextIO, rows: Iterable[MappingRow]) -> int:
    """Rows of the mapping table, in the order given. Returns the number of rows written."""
    return write_rows(out, MAPPING_COLUMNS, map(_cells, rows))


def read_mappings(path: Path) -> MappingFile:
    """Raises (all BadInput): CannotRead, EmptyFile, NotText, BrokenCsv, UnknownMappingHeader."""
    return _mappings(read_table(path, _FIRST_LINE))


def mappings_of(data: bytes, file: str) -> MappingFile:
    """The same for what came another way than by a path."""
    return _mappings(table_of(data, file, _FIRST_LINE))


def _cells(row: MappingRow) -> tuple[str, ...]:
    variant, item = row.variant, row.item
    return (
        text_cell(variant.inventory_item_id) if variant else "",
        text_cell(variant.sku) if variant else "",
        text_cell(variant.barcode) if variant else "",
        text_cell(variant.name) if variant else "",
        text_cell(item.sku_number) if item else "",
        text_cell(item.name) if item else "",
        text_cell(item.barcode) if item else "",
        row.by.value if row.by else "",
    )


def _mappings(table: Table) -> MappingFile:
    header = [unicodedata.normalize("NFKC", cell).strip().casefold() for cell in table.header]
    wanted = ("inventory_item_id", "sku_number")
    missing = [name for name in wanted if name not in header]
    if missing:
        raise UnknownMappingHeader(
            file=table.file,
            found=", ".join(cell.strip()[:40] for cell in table.header[:30]),
            missing=missing,
            expected=_FIRST_LINE,
        )
    id_place, sku_place = map(header.index, wanted)
    lines: dict[str, MappingLine] = {}
    problems: list[RowProblemLine] = []
    without: list[MappingLine] = []
    for line, cells in table.rows():
        if len(cells) == len(header) and not text_of(cells[id_place]).strip():
            without.append(MappingLine(line, "", text_of(cells[sku_place])))
            continue
        problem = _wish(lines, line, cells, len(header), id_place, sku_place)
        if problem is not None:
            problems.append(problem)
    found = tuple(lines.values())
    return MappingFile(table.file, table.encoding, found, tuple(problems), tuple(without))


def _wish(
    lines: dict[str, MappingLine],
    line: int,
    cells: list[str],
    width: int,
    id_place: int,
    sku_place: int,
) -> RowProblemLine | None:
    if len(cells) != width:
        params: dict[str, str | int] = {"found": len(cells), "expected": width}
        return RowProblemLine(line, "", _SHORT, params, _SHORT_REMEDY)
    inventory_item_id = text_of(cells[id_place]).strip()
    if not inventory_item_id.startswith(_GID):
        params = {"value": inventory_item_id[:60]}
        return RowProblemLine(line, "inventory_item_id", _NO_ID, params, _NO_ID_REMEDY)
    sku_number = text_of(cells[sku_place])
    first = lines.setdefault(inventory_item_id, MappingLine(line, inventory_item_id, sku_number))
    if first.sku_number == sku_number:
        return None
    params = {"first": first.line, "inventory_item_id": inventory_item_id}
    return RowProblemLine(line, "inventory_item_id", _TWICE, params, _TWICE_REMEDY)
