"""What is written opens rightly in a spreadsheet, carries no formula, and comes back as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange import (
    Known,
    StockRow,
    UnknownHeader,
    mappings_of,
    preview_bytes,
    read_mappings,
    write_items,
    write_mappings,
    write_plan,
    write_stock,
)
from core.exchange.cells import text_cell, text_of
from core.model import (
    CellKey,
    Item,
    MappedBy,
    MappingRow,
    MatchState,
    Plan,
    PlanKind,
    PlanRow,
    Variant,
    Why,
)

KNOWN = Known(("Tokyo",), {"GOOD": True}, "GOOD")
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")

hostile_text = st.text(
    st.one_of(
        st.sampled_from(list("=+-@'\",;\t\r\n　 ＝＋－＠|[]%\x1b\u202e\u200b赤0aÉ")),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=12,
)
sku_numbers = hostile_text.filter(lambda text: bool(text.strip()))


def items_text(*items: Item) -> str:
    out = io.StringIO(newline="")
    assert write_items(out, items) == len(items)
    return out.getvalue()


def test_items_are_rfc_4180() -> None:
    text = items_text(Item("A", 'Shirt, "red"', "0490"), Item("B"))
    assert text == 'sku_number,name,barcode\r\nA,"Shirt, ""red""",0490\r\nB,,\r\n'


def test_a_byte_order_mark_for_spreadsheets_is_read_away() -> None:
    data = items_text(Item("A")).encode("utf-8-sig")
    assert preview_bytes(data, "a.csv", KNOWN).items == (Item("A"),)


@pytest.mark.parametrize("start", [*FORMULA_STARTS, " =", "'"])
def test_no_text_is_a_formula(start: str) -> None:
    rows = list(csv.reader(io.StringIO(items_text(Item(start + "cmd|' /C calc'!A0")), newline="")))
    assert rows[1][0].startswith("'")


def test_a_separator_of_other_countries_is_quoted() -> None:
    assert items_text(Item("a;=1+1")).endswith('"a;=1+1",,\r\n')


def test_negative_quantities_stay_numbers() -> None:
    out = io.StringIO(newline="")
    assert write_stock(out, [StockRow("-A", "Tokyo", "GOOD", -3)]) == 1
    assert out.getvalue() == "sku_number,location,label,quantity\r\n'-A,Tokyo,GOOD,-3\r\n"


def test_what_cannot_be_encoded_does_not_end_the_export() -> None:
    text = items_text(Item("A\0B", "lone \ud800"))
    assert preview_bytes(text.encode(), "a.csv", KNOWN).items == (Item("AB", "lone ?"),)


def test_spaces_at_the_ends_are_quoted_so_that_no_program_trims_them() -> None:
    assert items_text(Item(" A", "B ")).endswith('" A","B ",\r\n')


@given(hostile_text)
def test_every_text_comes_back_from_its_cell(text: str) -> None:
    ((cell, *_),) = list(csv.reader(io.StringIO(text_cell(text) + ",x", newline=""), strict=True))
    assert text_of(cell) == text
    assert not cell.startswith(FORMULA_STARTS)


@given(
    st.lists(
        st.builds(Item, sku_numbers, hostile_text, hostile_text), unique_by=lambda i: i.sku_number
    )
)
def test_items_come_back_as_they_were(items: list[Item]) -> None:
    found = preview_bytes(items_text(*items).encode(), "a.csv", KNOWN)
    assert found.problems == ()
    assert list(found.items) == items


@given(st.dictionaries(sku_numbers, st.integers(-(10**9), 10**9)))
def test_stock_comes_back_as_it_was(stock: dict[str, int]) -> None:
    out = io.StringIO(newline="")
    rows = [StockRow(sku_number, "Tokyo", "GOOD", n) for sku_number, n in stock.items()]
    write_stock(out, rows)
    found = preview_bytes(out.getvalue().encode(), "a.csv", KNOWN)
    assert found.problems == ()
    assert [tuple(level) for level in found.levels] == [tuple(row) for row in rows]


# -- mappings ------------------------------------------------------------------------------------

GID = "gid://shopify/InventoryItem/"
SHIRT = MappingRow(
    MatchState.MAPPED, Item("A"), Variant(GID + "1", "V1", "=A", "0490", "Tee, S"), MappedBy.RULE
)
LONELY = MappingRow(MatchState.ONLY_THERE, variant=Variant(GID + "2", "V2", "x"))
SPARE = MappingRow(MatchState.ONLY_HERE, Item("C", "Cup", "0491"))


def mappings_text(*rows: MappingRow) -> str:
    out = io.StringIO(newline="")
    assert write_mappings(out, rows) == len(rows)
    return out.getvalue()


def test_mappings_as_a_table() -> None:
    assert mappings_text(SHIRT, LONELY, SPARE) == (
        "inventory_item_id,shopify_sku,shopify_barcode,shopify_name,sku_number,name,barcode,by\r\n"
        f'{GID}1,\'=A,0490,"Tee, S",A,,,rule\r\n'
        f"{GID}2,x,,,,,,\r\n"
        ",,,,C,Cup,0491,\r\n"
    )


def test_mappings_come_back_as_wishes(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text(mappings_text(SHIRT, LONELY, SPARE), encoding="utf-8-sig", newline="")
    found = read_mappings(path)
    assert found.problems == ()
    assert [tuple(line) for line in found.lines] == [(2, GID + "1", "A"), (3, GID + "2", "")]


def test_two_wishes_for_one_variant_name_both_lines() -> None:
    text = f"inventory_item_id,sku_number\n{GID}1,A\n{GID}2,B\n{GID}1,C\n"
    (problem,) = mappings_of(text.encode(), "map.csv").problems
    assert problem.line == 4
    assert "Line 2" in str(problem)


def test_a_broken_id_and_a_short_row_are_told() -> None:
    text = f"inventory_item_id,sku_number\n1.23E+14,A\n{GID}2\n"
    problems = mappings_of(text.encode(), "map.csv").problems
    assert [(problem.line, problem.field) for problem in problems] == [
        (2, "inventory_item_id"),
        (3, ""),
    ]


def test_a_mapping_file_needs_its_columns() -> None:
    with pytest.raises(UnknownHeader, match="Missing: inventory_item_id"):
        mappings_of(b"shopify_sku,sku_number\nA,A\n", "map.csv")


@given(st.dictionaries(st.integers(1, 99).map(lambda n: f"{GID}{n}"), hostile_text))
def test_wishes_come_back_as_they_were(wishes: dict[str, str]) -> None:
    rows = [
        MappingRow(MatchState.MAPPED, Item(sku), Variant(key, "V", sku, sku, sku), MappedBy.HAND)
        for key, sku in wishes.items()
    ]
    found = mappings_of(mappings_text(*rows).encode(), "map.csv")
    assert found.problems == ()
    assert {line.inventory_item_id: line.sku_number for line in found.lines} == wishes


# -- plans ---------------------------------------------------------------------------------------


def test_a_plan_as_a_table() -> None:
    row = PlanRow(
        CellKey(GID + "1", "gid://shopify/Location/1"),
        "=A",
        "L1",
        12,
        9,
        None,
        9,
        9,
        9,
        Why.THERE_WINS,
        left_out=True,
        detail="moved, twice",
    )
    out = io.StringIO(newline="")
    plan = Plan("P", PlanKind.PULL, "2026-11-23T10:00:00.000Z", 1, (row,))
    assert write_plan(out, plan, {"L1": "東京"}.__getitem__) == 1
    assert out.getvalue().splitlines()[1] == (
        f'pull,\'=A,東京,{GID}1,12,9,,9,9,9,there_wins,yes,"moved, twice"'
    )
