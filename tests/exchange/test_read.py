"""Files as merchants have them: read rightly, or refused with line, column and remedy.

Long, because each layout and each fault of a file has its own story.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.errors import BadInput
from core.exchange import (
    BrokenCsv,
    CannotRead,
    DoubledColumns,
    EmptyFile,
    ImportedLevel,
    ImportPreview,
    ImportRefused,
    Known,
    Layout,
    NotText,
    UnknownHeader,
    preview,
    preview_bytes,
)
from core.model import Item, Label, Location, QuantityName

KNOWN = Known(("Tokyo", "Osaka"), {"GOOD": False, "LOAN": True}, "GOOD")

INVENTORY_19 = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,"
    "SKU,HS Code,COO,Location,Bin name,Incoming (not editable),Unavailable (not editable),"
    "Committed (not editable),Available (not editable),On hand (current),On hand (new)\n"
)
INVENTORY_OLD = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,"
    "SKU,HS Code,COO,Location,Incoming,Unavailable,Committed,Available,On hand\n"
)


def look(text: str, known: Known = KNOWN, **options: QuantityName) -> ImportPreview:
    return preview_bytes(text.encode(), "stock.csv", known, **options)


def told(found: ImportPreview) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.field, str(problem)) for problem in found.problems]


# -- our own layouts -----------------------------------------------------------------------------


def test_items_alone() -> None:
    found = look("sku_number,name,barcode\nA-1,Shirt,0490\n007,Cup,\n")
    assert found.layout is Layout.ITEMS
    assert found.items == (Item("A-1", "Shirt", "0490"), Item("007", "Cup", ""))
    assert (found.rows, found.levels, found.problems) == (2, (), ())
    assert found.can_be_imported


def test_items_with_quantities_at_two_locations() -> None:
    found = look(
        "sku_number,name,barcode,location,label,quantity\n"
        "A,Shirt,1,Tokyo,GOOD,5\n"
        "A,,,Osaka,,7\n"
        "A,Shirt,,Osaka,LOAN,-2\n"
    )
    assert found.problems == ()
    assert found.items == (Item("A", "Shirt", "1"),)
    assert found.levels == (
        ImportedLevel("A", "Tokyo", "GOOD", 5),
        ImportedLevel("A", "Osaka", "GOOD", 7),
        ImportedLevel("A", "Osaka", "LOAN", -2),
    )
    assert found.locations == ("Tokyo", "Osaka")
    assert found.labels == ("GOOD", "LOAN")


@pytest.mark.parametrize(
    "header",
    [
        "SKU番号,商品名,バーコード,ロケーション,在庫ラベル,数量",
        "ＳＫＵ番号,名前,ﾊﾞｰｺｰﾄﾞ,ロケーション,在庫ラベル,数量",
        " SKU Number , NAME ,Bar code, Location,Label,Quantity ",
        '"sku_number","name","barcode","location","label","quantity"',
    ],
)
def test_headers_in_both_languages_and_any_case(header: str) -> None:
    found = look(header + "\nA,Shirt,1,Tokyo,GOOD,5\n")
    assert found.items == (Item("A", "Shirt", "1"),)
    assert found.levels == (ImportedLevel("A", "Tokyo", "GOOD", 5),)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_of_spreadsheets(separator: str) -> None:
    text = "sku_number,name,barcode\nA,Shirt,1\n".replace(",", separator)
    assert look(text).items == (Item("A", "Shirt", "1"),)


def test_quoted_commas_quotes_and_line_breaks_keep_line_numbers_right() -> None:
    found = look('sku_number,name,barcode\r\nA,"Shirt, ""red""\r\nlarge",1\r\n,Cup,2\r\n')
    assert found.items[0].name == 'Shirt, "red"\r\nlarge'
    assert told(found)[0][:2] == (4, "sku_number")


def test_leading_zeros_stay_and_one_apostrophe_goes() -> None:
    found = look("sku_number,name,barcode\n'0012,''quoted,'0490\n")
    assert found.items == (Item("0012", "'quoted", "0490"),)


def test_case_and_spaces_of_a_sku_number_count() -> None:
    found = look('sku_number,name,barcode\nA,x,\na,x,\n" A",x,\n')
    assert [item.sku_number for item in found.items] == ["A", "a", " A"]
    assert found.problems == ()


def test_blank_rows_are_passed_over() -> None:
    found = look("sku_number,name,barcode\n\nA,x,\n,,\n\n")
    assert (found.rows, len(found.items), found.problems) == (1, 1, ())


def test_a_header_alone_is_an_empty_import() -> None:
    found = look("sku_number,name,barcode\n")
    assert (found.rows, found.items, found.problems) == (0, (), ())


def test_columns_that_are_not_used_are_told() -> None:
    found = look("sku_number,name,barcode,qty\nA,x,,5\n")
    assert "qty" in str(found.notes[0])


def test_stock_alone_asks_whether_the_item_exists() -> None:
    known = Known(("Tokyo",), {"GOOD": False}, "GOOD", has_item={"A"}.__contains__)
    found = look("sku_number,location,label,quantity\nA,Tokyo,GOOD,1\nB,Tokyo,GOOD,1\n", known)
    assert found.layout is Layout.STOCK
    assert found.items == ()
    assert [(line, field) for line, field, _ in told(found)] == [(3, "sku_number")]
    assert "SKU number B" in told(found)[0][2]


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ("5", 5),
        (" 12 ", 12),
        ("-3", -3),
        ("１２", 12),
        ("－３", -3),
        ("−3", -3),
        ("'7", 7),
        ("0", 0),
    ],
)
def test_whole_numbers(written: str, quantity: int) -> None:
    found = look(f"sku_number,location,label,quantity\nA,Tokyo,LOAN,{written}\n")
    assert [level.quantity for level in found.levels] == [quantity]
    assert found.problems == ()


@pytest.mark.parametrize(
    "written", ['"1,000"', "1.0", "1.5", "+5", "five", "1e3", "--1", "五", "²"]
)
def test_anything_else_is_no_quantity(written: str) -> None:
    found = look(f"sku_number,location,label,quantity\nA,Tokyo,LOAN,{written}\n")
    ((line, field, text),) = told(found)
    assert (line, field) == (2, "quantity")
    assert "not a whole number" in text


def test_a_quantity_beyond_all_bounds() -> None:
    for written in ("1000000001", "9" * 5000):
        found = look(f"sku_number,location,label,quantity\nA,Tokyo,LOAN,{written}\n")
        assert "beyond what Shopify takes" in told(found)[0][2]


def test_below_zero_only_where_the_label_allows_it() -> None:
    found = look(
        "sku_number,location,label,quantity\nA,Tokyo,LOAN,-1\nA,Tokyo,GOOD,-1\nB,Tokyo,,-1\n"
    )
    assert [(line, field) for line, field, _ in told(found)] == [(3, "quantity"), (4, "quantity")]
    assert "label GOOD does not allow" in told(found)[1][2]


def test_not_stocked_makes_no_level() -> None:
    found = look("sku_number,location,label,quantity\nA,Tokyo,GOOD,Not Stocked\n")
    assert (found.levels, found.problems) == ((), ())


def test_an_unknown_location_is_one_problem_that_names_those_there_are() -> None:
    found = look("sku_number,location,label,quantity\nA,Tokio,GOOD,1\nB,Tokio,GOOD,1\n")
    ((line, field, text),) = told(found)
    assert (line, field) == (2, "location")
    assert "Tokio" in text
    assert "rows: 2" in text
    assert "Tokyo, Osaka" in text
    assert found.bad_rows == 2
    assert found.locations_missing == ("Tokio",)


def test_an_unknown_label_names_those_there_are() -> None:
    found = look("sku_number,location,label,quantity\nA,Tokyo,BAD,1\n")
    ((_, field, text),) = told(found)
    assert field == "label"
    assert "GOOD, LOAN" in text
    assert found.labels_missing == ("BAD",)


def test_no_label_and_no_default_one_asks_which() -> None:
    known = Known(("Tokyo",), {"GOOD": False, "LOAN": True})
    found = look("sku_number,name,barcode,location,quantity\nA,x,,Tokyo,1\n", known)
    assert "none is the default" in told(found)[0][2]


def test_what_is_known_of_labels() -> None:
    places = [Location("1", "Tokyo")]
    good, loan = Label("GOOD", "Good"), Label("LOAN", "Loan", is_default=True)
    assert Known.of(places, [good]).default_label == "GOOD"
    assert Known.of(places, [good, loan]).default_label == "LOAN"
    assert Known.of(places, [good, Label("X", "X")]).default_label is None
    assert Known.of(places, [good, loan], "GOOD").default_label == "GOOD"


@pytest.mark.parametrize(
    ("rows", "field"),
    [("A,x,,,,5\n", "location"), ("A,x,,Tokyo,,\n", "quantity"), (",x,,Tokyo,,5\n", "sku_number")],
)
def test_half_a_quantity_is_a_problem(rows: str, field: str) -> None:
    found = look("sku_number,name,barcode,location,label,quantity\n" + rows)
    assert [(line, column) for line, column, _ in told(found)] == [(2, field)]


def test_the_same_said_twice_names_both_lines() -> None:
    found = look(
        "sku_number,name,barcode,location,label,quantity\n"
        "A,x,,Tokyo,GOOD,5\nB,y,,Tokyo,GOOD,5\nA,x,,Tokyo,,6\n"
    )
    ((line, _, text),) = told(found)
    assert line == 4
    assert "Line 2" in text


def test_the_same_item_twice_without_quantities() -> None:
    found = look("sku_number,name,barcode\nA,x,1\nA,x,1\n")
    assert [(line, "Line 2" in text) for line, _, text in told(found)] == [(3, True)]


def test_one_item_with_two_names_or_barcodes_names_both_lines() -> None:
    found = look(
        "sku_number,name,barcode,location,label,quantity\nA,x,1,Tokyo,,5\nA,y,2,Osaka,,5\n"
    )
    assert [(line, field) for line, field, _ in told(found)] == [(3, "name"), (3, "barcode")]
    assert all("Line 2" in text for _, _, text in told(found))


def test_a_row_of_another_width_is_told() -> None:
    found = look("sku_number,name,barcode\nA,Shirt, red,1\nB\nC,x,\n")
    assert [(line, field) for line, field, _ in told(found)] == [(2, ""), (3, "")]
    assert [item.sku_number for item in found.items] == ["C"]


def test_a_blank_name_is_filled_from_another_line_of_the_item() -> None:
    found = look("sku_number,name,barcode,location,label,quantity\nA,,,Tokyo,,5\nA,x,1,Osaka,,5\n")
    assert found.items == (Item("A", "x", "1"),)


def test_a_blank_field_empties_only_in_our_own_layout() -> None:
    there = Item("A", "Shirt", "0490")
    ours = look("sku_number,name,barcode\nA,,\n")
    assert ours.item_over(there, ours.items[0]) == Item("A", "", "")
    shopify = look(INVENTORY_OLD + "shirt,Tee,Title,Default Title,,,,,A,,,Tokyo,0,0,0,1,1\n")
    assert shopify.item_over(there, shopify.items[0]) == Item("A", "Tee", "0490")
    assert shopify.item_over(None, shopify.items[0]) == Item("A", "Tee", "")
    products = look("Handle,Title,Variant SKU,Variant Barcode,Variant Price\nt,Tee,A,,1\n")
    assert products.item_over(there, products.items[0]) == Item("A", "Tee", "0490")


def test_refusing_names_the_file_the_number_and_the_first_lines() -> None:
    rows = "".join(f"A{n},Tokyo,GOOD,x\n" for n in range(8))
    found = look("sku_number,location,label,quantity\nok,Tokyo,GOOD,1\n" + rows)
    with pytest.raises(ImportRefused) as refused:
        found.refuse_if_bad()
    text = str(refused.value)
    assert "stock.csv" in text
    assert "8 of 9 rows" in text
    assert "line 3, quantity: x is not a whole number" in text
    assert "(+3)" in text
    assert refused.value.exit_code == 2
    look("sku_number,name,barcode\nA,x,\n").refuse_if_bad()


# -- bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "named"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp932", "Shift_JIS")]
)
def test_encodings_of_japanese_merchants(codec: str, named: str) -> None:
    text = "SKU番号,商品名,バーコード\r\nA-1,赤いシャツ①～ｶﾀｶﾅ,0490\r\n"
    found = preview_bytes(text.encode(codec), "a.csv", KNOWN)
    assert found.encoding == named
    assert found.items == (Item("A-1", "赤いシャツ①～ｶﾀｶﾅ", "0490"),)


@pytest.mark.parametrize("name", ["Tee赤", "Tシャツ", "L寸", "赤"])
def test_a_single_japanese_word_among_latin_ones_is_read(name: str) -> None:
    found = preview_bytes(f"sku_number,name,barcode\nA,{name},\n".encode("cp932"), "a.csv", KNOWN)
    assert found.items[0].name == name


@pytest.mark.parametrize("name", ["Caféine", "Größe", "café", "naïveté", "Señora"])
def test_western_one_byte_text_is_refused_with_its_line_and_byte(name: str) -> None:
    text = f"sku_number,name,barcode\nA,x,\nB,{name},\n"
    with pytest.raises(NotText, match=r"a\.csv is not UTF-8.*line 3 holds the byte 0x"):
        preview_bytes(text.encode("latin-1"), "a.csv", KNOWN)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"sku_number,name,barcode\nA,\xff\xfe,\n", 2),
        (b"sku_number,name,barcode\nA,x,\nB,\x00,\n", 3),
        ("sku_number,name,barcode\n".encode("utf-16"), 1),
        (b"PK\x03\x04\x00\x00", 1),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, line: int) -> None:
    with pytest.raises(NotText, match=f"line {line} "):
        preview_bytes(data, "a.csv", KNOWN)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_an_empty_file_says_what_is_expected(data: bytes) -> None:
    with pytest.raises(EmptyFile, match="sku_number,name,barcode"):
        preview_bytes(data, "a.csv", KNOWN)


def test_an_open_quotation_names_its_line() -> None:
    with pytest.raises(BrokenCsv, match="line 3"):
        look('sku_number,name,barcode\nA,x,\nB,"open,\nC,x,\n')


def test_old_line_ends_and_no_last_one() -> None:
    assert look("sku_number,name,barcode\rA,x,1\rB,y,2").items == (
        Item("A", "x", "1"),
        Item("B", "y", "2"),
    )


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CannotRead) as refused:
            preview(path, KNOWN)
        assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("foo,bar", "sku_number, name, barcode"),
        ("sku_number,name", "barcode"),
        ("name,barcode", "sku_number"),
        ("sku_number,quantity", "location"),
        ("Handle,Title,Location,Available", "SKU"),
        ("Handle,Title,SKU", "Location"),
        ("Handle,Title,Variant Price", "Variant SKU"),
    ],
)
def test_an_unknown_header_says_what_was_found_and_what_is_missing(
    header: str, missing: str
) -> None:
    with pytest.raises(UnknownHeader) as refused:
        look(header + "\n1,2\n")
    assert f"Found: {header.replace(',', ', ')}." in str(refused.value)
    assert f"Missing: {missing}." in str(refused.value)
    assert isinstance(refused.value, BadInput)


def test_a_column_twice_is_refused() -> None:
    with pytest.raises(DoubledColumns, match="name"):
        look("sku_number,name,Name,barcode\nA,x,y,\n")


# -- Shopify's layouts ---------------------------------------------------------------------------


def test_inventory_of_19_columns() -> None:
    found = preview_bytes(
        (
            "\ufeff"
            + INVENTORY_19
            + "tee,Tee,Size,S,,,,,TEE-S,,,Tokyo,,0,0,2,8,10,\n"
            + "tee,,Size,S,,,,,TEE-S,,,Osaka,,0,0,0,Not stocked,not stocked,\n"
            + "cup,Cup,Title,Default Title,,,,,'007,,,Tokyo,,0,0,0,-0,0,\n"
        ).encode(),
        "inventory.csv",
        KNOWN,
    )
    assert found.layout is Layout.SHOPIFY_INVENTORY
    assert found.problems == ()
    assert found.items == (Item("TEE-S", "Tee - S"), Item("007", "Cup"))
    assert found.levels == (
        ImportedLevel("TEE-S", "Tokyo", "GOOD", 8),
        ImportedLevel("007", "Tokyo", "GOOD", 0),
    )
    assert found.quantity_column == "available"


@pytest.mark.parametrize(
    ("name", "quantity"), [(QuantityName.AVAILABLE, 13), (QuantityName.ON_HAND, 15)]
)
def test_an_edit_in_on_hand_new_counts(name: QuantityName, quantity: int) -> None:
    row = "tee,Tee,,,,,,,TEE,,,Tokyo,,0,0,2,8,10,15\n"
    found = look(INVENTORY_19 + row, quantity_name=name)
    assert [level.quantity for level in found.levels] == [quantity]


def test_older_inventory_file() -> None:
    row = "tee,Tee,Size,S,Colour,Red,,,TEE,,,Tokyo,0,0,2,8,10\n"
    assert look(INVENTORY_OLD + row).levels[0].quantity == 8
    on_hand = look(INVENTORY_OLD + row, quantity_name=QuantityName.ON_HAND)
    assert on_hand.levels[0].quantity == 10
    assert on_hand.items[0].name == "Tee - S / Red"


def test_inventory_with_one_column_a_location() -> None:
    found = look(
        "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Tokyo,Osaka\n"
        "tee,Tee,Size,S,TEE-S,,,5,not stocked\n"
        "tee,,Size,M,TEE-M,,,,7\n"
        "cup,Cup,,,CUP,,,Not Stocked,\n"
    )
    assert found.layout is Layout.SHOPIFY_INVENTORY_BY_LOCATION
    assert found.problems == ()
    assert found.levels == (
        ImportedLevel("TEE-S", "Tokyo", "GOOD", 5),
        ImportedLevel("TEE-M", "Osaka", "GOOD", 7),
    )
    assert [item.name for item in found.items] == ["Tee - S", "Tee - M", "Cup"]


def test_rows_without_a_sku_are_left_out_and_told() -> None:
    found = look(
        INVENTORY_OLD
        + "tee,Tee,Size,S,,,,,,,,Tokyo,0,0,0,1,1\ncup,Cup,,,,,,,CUP,,,Tokyo,0,0,0,1,1\n"
    )
    assert found.can_be_imported
    (skipped,) = found.skipped
    assert skipped.line == 2
    assert "Tee - S has no SKU" in str(skipped)
    assert len(found.levels) == 1


def test_a_file_in_which_no_row_has_a_sku_cannot_be_imported() -> None:
    found = look(INVENTORY_OLD + "tee,Tee,Size,S,,,,,,,,Tokyo,0,0,0,1,1\n")
    assert [(line, field) for line, field, _ in told(found)] == [(2, "SKU")]


def test_two_variants_with_one_sku_name_both_lines() -> None:
    found = look(
        INVENTORY_OLD
        + "tee,Tee,Size,S,,,,,X,,,Tokyo,0,0,0,1,1\ntee,Tee,Size,M,,,,,X,,,Tokyo,0,0,0,2,2\n"
    )
    assert {(line, "Line 2" in text) for line, _, text in told(found)} == {(3, True)}


PRODUCTS_OLD = (
    "Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Grams,"
    "Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Barcode,Image Src\n"
    "tee,Tee,,V,Size,S,'0012,1,shopify,5,10.00,'0490,http://a/1\n"
    "tee,,,,,M,0013,1,shopify,6,10.00,,\n"
    "tee,,,,,,,,,,,,http://a/2\n"
    "gift,Gift,,V,Title,Default Title,GIFT,0,,0,5.00,,\n"
)
PRODUCTS_NEW = (
    "Title,URL handle,Description,Vendor,SKU,Barcode,Option1 name,Option1 value,Price,"
    "Inventory tracker,Inventory quantity,Product image URL\n"
    "Tee,tee,,V,0012,0490,Size,S,10,shopify,5,http://a/1\n"
    ",tee,,,0013,,,M,10,shopify,6,\n"
    ",tee,,,,,,,,,,http://a/2\n"
    "Gift,gift,,V,GIFT,,Title,Default Title,5,,0,\n"
)


@pytest.mark.parametrize("text", [PRODUCTS_OLD, PRODUCTS_NEW])
def test_product_files_with_old_and_new_names(text: str) -> None:
    found = look(text, Known(("Tokyo",), {"GOOD": False}, "GOOD"))
    assert found.layout is Layout.SHOPIFY_PRODUCTS
    assert (found.problems, found.skipped, found.notes) == ((), (), ())
    assert found.items == (
        Item("0012", "Tee - S", "0490"),
        Item("0013", "Tee - M"),
        Item("GIFT", "Gift"),
    )
    assert found.levels == (
        ImportedLevel("0012", "Tokyo", "GOOD", 5),
        ImportedLevel("0013", "Tokyo", "GOOD", 6),
    )


def test_quantities_of_a_product_file_need_one_location() -> None:
    found = look(PRODUCTS_NEW)
    assert (len(found.items), found.levels, found.problems) == (3, (), ())
    assert "does not name their location" in str(found.notes[0])


def test_100_000_rows_take_a_moment() -> None:
    rows = "".join(
        f'SKU-{n:06},"商品 {n}, 赤",49{n:011},{location},,{n % 500}\r\n'
        for n in range(50_000)
        for location in ("Tokyo", "Osaka")
    )
    data = ("sku_number,name,barcode,location,label,quantity\r\n" + rows).encode()
    started = time.process_time()
    found = preview_bytes(data, "big.csv", KNOWN)
    spent = time.process_time() - started
    assert (found.rows, len(found.items), len(found.levels)) == (100_000, 50_000, 100_000)
    assert found.problems == ()
    assert spent < 4
