"""Brands, labels, locations, items and stock: nothing here needs a shop."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.commands.conftest import Line

HEAD = "sku_number,name,barcode,location,label,quantity\n"


def test_without_a_brand_every_command_says_how_to_make_one(line: Line) -> None:
    for words in (["status"], ["stock", "show", "A"], ["run"], ["run", "--once"], ["push"]):
        assert "dextre-sync brand add" in line(*words, code=3).err
    assert line("status", "--json").json == {"brands": []}


def test_with_several_brands_one_must_be_named(line: Line) -> None:
    line("brand", "add", "Acme")
    line("brand", "add", "Beta")
    said = line("location", "list", code=2)
    assert "Acme, Beta" in said.err
    assert "--brand NAME" in said.err
    assert "Gamma" in line("location", "list", "--brand", "Gamma", code=2).err
    line("location", "add", "Tokyo", "--brand", "Beta")
    assert line("location", "list", "--brand=Beta").out == "Tokyo\n"
    assert line("location", "list", "--brand=Acme", "--json").json == []
    assert [each["brand"] for each in line("status", "--json").json["brands"]] == ["Acme", "Beta"]


def test_a_name_that_is_empty_or_taken_is_refused(brand: Line) -> None:
    assert "empty" in brand("brand", "add", "  ", code=2).err
    assert "there already" in brand("brand", "add", "ACME", code=2).err
    assert "there already" in brand("location", "add", "Tokyo", code=2).err
    assert "there already" in brand("label", "add", "main", code=2).err


def test_lists_are_there_as_json(brand: Line) -> None:
    brand("label", "add", "loose", "--negative", "--type", "future", "--no-orders")
    assert [each["name"] for each in brand("brand", "list", "--json").json] == ["Acme"]
    assert [each["name"] for each in brand("location", "list", "--json").json] == ["Osaka", "Tokyo"]
    labels = {each["code"]: each for each in brand("label", "list", "--json").json}
    assert labels["main"]["default"]
    loose = labels["loose"]
    assert loose["type"] == "future"
    assert loose["negative_allowed"]
    assert not loose["orderable"]
    assert "future, actual" in brand("label", "add", "x", "--type", "odd", code=2).err


# -- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", ["is empty", "sku_number,name,barcode"]),
        (b"sku_number,name,barcode\n", ["no row that could be imported", "at least one item"]),
        (b"a,b\n1,2\n", ["Found: a, b", "Missing: sku_number", "The first line must be"]),
        (b"sku_number,name,barcode\nA,\xff\xfe\x00,\n", ["not UTF-8", "line 2", "Save it again"]),
        (b"sku_number,name,barcode\nA\n", ["line 2", "1 cell,", "3", "quotation marks"]),
        (
            HEAD.encode() + b"A,a,,Tokyo,main,-1\n",
            ["line 2, quantity", "-1 is below zero", "label main", "Give 0 or more"],
        ),
        (
            HEAD.encode() + b"A,a,,Tokyo,main,1\nA,a,,Tokyo,main,2\n",
            ["line 3, sku_number", "Line 2 says the same of A", "Leave one"],
        ),
        (HEAD.encode() + b"A,a,,Tokyo,main,1.5\n", ["line 2, quantity", "1.5 is not a whole"]),
        (HEAD.encode() + b"A,a,,Kyoto,main,1\n", ["line 2, location", "Kyoto", "Osaka, Tokyo"]),
        (HEAD.encode() + b"A,a,,Tokyo,mian,1\n", ["line 2, label", "mian", "one of: main"]),
        (HEAD.encode() + b",a,,Tokyo,main,1\n", ["line 2, sku_number", "is empty"]),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_field_and_changes_nothing(
    brand: Line, content: bytes, says: list[str]
) -> None:
    good = HEAD.encode() + b"KEEP,keep,,Tokyo,main,7\n"
    brand("item", "import", brand.file("good.csv", good))
    before = brand("stock", "export").out + brand("item", "export").out
    said = brand("item", "import", brand.file("bad.csv", content), code=2)
    assert "bad.csv" in said.err
    for words in says:
        assert words in said.err
    assert brand("stock", "export").out + brand("item", "export").out == before


def test_one_bad_row_keeps_the_good_ones_out_too(brand: Line) -> None:
    file = brand.file("half.csv", HEAD + "A,a,,Tokyo,main,1\nB,b,,Tokyo,main,x\n")
    said = brand("item", "import", file, "--json", code=2)
    assert said.json["imported"] is False
    assert [(p["line"], p["field"]) for p in said.json["problems"]] == [(3, "quantity")]
    brand("stock", "show", "A", code=2)


def test_bad_lines_are_told_in_japanese_too(brand: Line) -> None:
    file = brand.file("bad.csv", HEAD + "A,a,,Tokyo,main,x\n")
    said = brand("item", "import", file, "--lang", "ja", code=2)
    assert "is not a whole number" not in said.err
    assert "整数" in said.err


def test_where_there_is_nothing_yet_a_list_says_so(line: Line) -> None:
    assert "There is no brand yet." in line("brand", "list").out
    line("brand", "add", "Acme")
    assert "There is no location yet." in line("location", "list").out
    assert "There is no inventory label yet." in line("label", "list").out
    assert line("location", "list", "--json").json == line("label", "list", "--json").json == []
    assert line("status").out.startswith("Brand  ")


def test_a_missing_file_is_named(brand: Line, tmp_path: Path) -> None:
    assert "nowhere.csv" in brand("item", "import", str(tmp_path / "nowhere.csv"), code=2).err
    assert "nowhere.csv" in brand("map", "import", str(tmp_path / "nowhere.csv"), code=2).err


def test_a_dry_run_changes_nothing(brand: Line) -> None:
    file = brand.file("items.csv", HEAD + "A,a,,Tokyo,main,1\n")
    assert "would be imported" in brand("item", "import", file, "--dry-run").out
    brand("stock", "show", "A", code=2)
    assert "1 item and 1 quantity" in brand("item", "import", file).out


# -- stock ---------------------------------------------------------------------------------------


@pytest.fixture
def stocked(brand: Line) -> Line:
    brand("item", "import", brand.file("items.csv", HEAD + "A,a,,Tokyo,main,10\n"))
    return brand


def test_a_negative_number_is_no_option(stocked: Line) -> None:
    assert stocked("stock", "adjust", "A", "Tokyo", "-3").out == "A: 10 → 7\n"
    assert stocked("stock", "adjust", "A", "Tokyo", "+2", "--json").json["after"] == 9
    assert stocked.quantity("A", "Tokyo") == 9


def test_below_zero_only_where_the_label_allows_it(stocked: Line) -> None:
    said = stocked("stock", "adjust", "A", "Tokyo", "-11", code=2)
    assert "from 10 to -1" in said.err
    assert "main" in said.err
    stocked("label", "add", "loose", "--negative")
    stocked("stock", "adjust", "A", "Tokyo", "-11", "--label", "loose")
    assert stocked.quantity("A", "Tokyo") == 10


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["set", "A", "Tokyo", "many"], "N: many is not a whole number"),
        (["adjust", "A", "Tokyo", "1.5"], "1.5"),
        (["adjust", "A", "Tokyo", "1_000"], "1_000"),
        (["adjust", "A", "Tokyo", "9" * 30], "not a whole number"),
        (["adjust", "A", "Tokyo", "9999999999"], "not a quantity that can be kept"),
        (["adjust", "a", "Tokyo", "1"], "no item with the SKU number a"),
        (["adjust", "A", "Kyoto", "1"], "no DEXTRE location Kyoto; there are: Osaka, Tokyo"),
        (["adjust", "A", "Tokyo", "1", "--label", "x"], "no inventory label x; there are: main"),
        (["show", "B"], "no item with the SKU number B"),
        (["adjust", "A"], "LOCATION"),
    ],
)
def test_what_does_not_exist_is_named(stocked: Line, words: list[str], says: str) -> None:
    assert says in stocked("stock", *words, code=2).err
    assert stocked.quantity("A", "Tokyo") == 10


def test_stock_export_is_the_csv_of_the_design(stocked: Line) -> None:
    rows = list(csv.reader(io.StringIO(stocked("stock", "export").out)))
    assert rows == [["sku_number", "location", "label", "quantity"], ["A", "Tokyo", "main", "10"]]
    again = stocked.file("again.csv", stocked("stock", "export").out)
    stocked("item", "import", again)


def test_why_tells_all_changes_however_many_and_of_which_label(stocked: Line) -> None:
    stocked("label", "add", "old")
    stocked("stock", "set", "A", "Tokyo", "2", "--label", "old")
    with Workspace(stocked.home, environ={}) as workspace:
        desk = workspace.desk(workspace.brands()[0].name)
        for _ in range(201):
            desk.adjust_stock("A", "Tokyo", 1, "main")
    said = stocked("why", "A").out
    assert "Tokyo · main: – → 10" in said
    assert "Tokyo · old: – → 2" in said
    assert "Tokyo · main: 210 → 211" in said
    assert len(stocked("why", "A", "--json").json["movements"]) == 203


def test_why_tells_each_change_with_its_reason(stocked: Line) -> None:
    stocked("stock", "set", "A", "Tokyo", "4", "--reason", "broken in transit")
    said = stocked("why", "A").out
    assert "10 → 4" in said
    assert "broken in transit" in said
    movements = stocked("why", "A", "--json").json["movements"]
    assert [each["after"] for each in movements] == [10, 4]
    assert movements[1]["key"]["sku_number"] == "A"
    assert (movements[1]["key"]["location"], movements[1]["key"]["label"]) == ("Tokyo", "main")
    assert "Nothing is known" in stocked("why", "B", code=2).err
