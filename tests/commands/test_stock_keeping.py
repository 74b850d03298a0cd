"""Inventory as people need it: moves, history, names, and what may be removed."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from core.clock import parse_iso
from tests.commands.conftest import Line, Served, skus_of
from tests.commands.test_setting_up import HEAD


@pytest.fixture
def stocked(brand: Line) -> Line:
    brand("item", "import", brand.file("items.csv", HEAD + "A,Tea,4901,Tokyo,main,10\n"))
    return brand


def levels(line: Line, sku: str) -> dict[tuple[str, str], int]:
    found = line("stock", "show", sku, "--json").json["levels"]
    return {(each["location"], each["label"]): each["quantity"] for each in found}


def test_units_are_moved_between_locations_and_labels(stocked: Line) -> None:
    stocked("label", "add", "sold")
    said = stocked("stock", "move", "A", "Tokyo", "Osaka", "3", "--reason", "rebalance")
    assert said.out == "Tokyo · main: 10 → 7\nOsaka · main: – → 3\n"
    told = stocked(
        *("stock", "move", "A", "Tokyo", "Tokyo", "2", "--to-label", "sold", "--json")
    ).json
    assert (told["from"]["after"], told["to"]["label"], told["to"]["after"]) == (5, "sold", 2)
    assert levels(stocked, "A") == {
        ("Tokyo", "main"): 5,
        ("Osaka", "main"): 3,
        ("Tokyo", "sold"): 2,
    }
    story = stocked("stock", "history", "A", "--json").json
    assert [each["kind"] for each in story] == ["import", "move", "move", "move", "move"]
    assert story[1]["reason"] == "rebalance"


def test_quantities_take_the_digits_and_signs_of_an_input_method(stocked: Line) -> None:
    stocked("stock", "set", "A", "Tokyo", "１２")
    stocked("stock", "adjust", "A", "Tokyo", "＋２")
    stocked("stock", "adjust", "A", "Tokyo", "－４")
    assert levels(stocked, "A") == {("Tokyo", "main"): 10}


def there(served: Served, sku: str) -> list[int]:
    """What the shop has, place by place."""
    stock = served.shop.stock
    item = next(each for each in stock.items if each.sku == sku)
    found = [stock.level(item, place) for place in stock.locations]
    return [level.quantity("available") for level in found if level is not None]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["A", "Tokyo", "Osaka", "11"], "from 10 to -1"),
        (["A", "Tokyo", "Osaka", "0"], "at least 1"),
        (["A", "Tokyo", "Osaka", "-1"], "at least 1"),
        (["A", "Tokyo", "Tokyo", "1"], "another location or another inventory label"),
        (["A", "Tokyo", "Kyoto", "1"], "no DEXTRE location Kyoto"),
        (["A", "Tokyo", "Osaka", "1", "--to-label", "x"], "no inventory label x"),
        (["B", "Tokyo", "Osaka", "1"], "no item with the SKU number B"),
    ],
)
def test_a_move_that_cannot_be_changes_nothing(stocked: Line, words: list[str], says: str) -> None:
    assert says in stocked("stock", "move", *words, code=2).err
    assert levels(stocked, "A") == {("Tokyo", "main"): 10}


def test_a_move_of_linked_stock_reaches_both_places_in_shopify(
    linked: Line, served: Served
) -> None:
    sku = skus_of(served)[0]
    linked("stock", "move", sku, "Tokyo", "Osaka", "20")
    assert linked("status", "--json").json["pending_push"] == 2
    linked("run", "--once")
    assert there(served, sku) == [30, 70]


def test_the_movements_of_an_item_say_when_who_why_and_from_what_to_what(stocked: Line) -> None:
    stocked("stock", "adjust", "A", "Tokyo", "-4", "--reason", "broken in the post")
    stocked("stock", "set", "A", "Osaka", "2")
    said = stocked("movements", "A").out
    assert "Imported" in said
    assert "broken in the post" in said
    assert len(said.splitlines()) == 4
    only = stocked("stock", "history", "A", "--location", "Osaka", "--json").json
    assert [(each["before"], each["after"]) for each in only] == [(None, 2)]
    assert len(stocked("movements", "A", "--limit", "1", "--json").json) == 1
    assert "no item with the SKU number B" in stocked("movements", "B", code=2).err


def test_the_movements_of_an_item_are_told_in_local_time(
    stocked: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told] = stocked("movements", "A", "--json").json
    assert told["at"].endswith("Z")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        local = parse_iso(told["at"]) + timedelta(hours=9)
        assert f"{local:%Y-%m-%d %H:%M:%S} " in stocked("movements", "A").out
    finally:
        monkeypatch.undo()
        time.tzset()


def test_old_movements_are_forgotten_only_when_it_was_meant(stocked: Line) -> None:
    for _ in range(3):
        stocked("stock", "adjust", "A", "Tokyo", "1")
    assert "--yes" in stocked("stock", "prune", "--older-than", "0", code=3).err
    assert len(stocked("movements", "A", "--json").json) == 4
    assert stocked("stock", "prune", "--older-than", "1", "--yes", "--json").json["forgotten"] == 0
    assert "3 movements forgotten" in stocked("stock", "prune", "--older-than", "0", "--yes").out
    assert [each["after"] for each in stocked("movements", "A", "--json").json] == [13]
    for wrong in ("-1", "x"):
        stocked("stock", "prune", "--older-than", wrong, code=2)


# -- labels and locations ------------------------------------------------------------------------


def test_a_label_is_changed_where_it_was_said_and_stays_otherwise(brand: Line) -> None:
    brand("label", "add", "sold", "--name", "Sold", "--type", "sold", "--negative", "--no-orders")
    told = brand("label", "edit", "sold", "--name", "Sold out", "--orders", "--json").json
    assert told == {
        "code": "sold",
        "name": "Sold out",
        "colour": "blue",
        "type": "sold",
        "default": False,
        "orderable": True,
        "negative_allowed": True,
    }
    brand("label", "edit", "sold", "--no-negative", "--default", "--colour", "red")
    found = {each["code"]: each for each in brand("label", "list", "--json").json}
    assert (found["sold"]["negative_allowed"], found["sold"]["default"]) == (False, True)
    assert found["main"]["default"] is False
    assert "at least one of --name" in brand("label", "edit", "sold", code=2).err
    assert "no inventory label x" in brand("label", "edit", "x", "--name", "y", code=2).err


def test_a_location_is_renamed_and_its_pair_stays(linked: Line) -> None:
    linked("location", "rename", "Tokyo", "東京")
    assert [each["name"] for each in linked("location", "list", "--json").json] == ["Osaka", "東京"]
    assert linked("status", "--json").json["pairs"] == 2
    assert "Osaka is there already" in linked("location", "rename", "東京", "Osaka", code=2).err
    assert "no DEXTRE location Tokyo" in linked("location", "rename", "Tokyo", "x", code=2).err


def test_a_location_goes_only_empty_and_unpaired(linked: Line, served: Served) -> None:
    said = linked("location", "remove", "Tokyo", code=3).err
    assert "paired with the Shopify location" in said
    linked("location", "add", "Shed")
    sku = skus_of(served)[0]
    linked("stock", "set", sku, "Shed", "1")
    said = linked("location", "remove", "Shed", code=3).err
    assert f"stock of 1 item: {sku}" in said
    assert "stock move" in said
    linked("stock", "move", sku, "Shed", "Tokyo", "1")
    linked("location", "remove", "Shed")
    assert "Shed" not in linked("location", "list").out
    assert "Shed" in linked("movements", sku).out
    assert len(linked("movements", sku, "--location", "Shed", "--json").json) == 2


# -- items ---------------------------------------------------------------------------------------


def test_an_item_is_renamed_with_all_that_hangs_on_it(linked: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    linked("stock", "adjust", sku, "Tokyo", "4")
    told = linked("item", "rename", sku, "NEW-1", "--json").json
    assert told == {"sku_number": "NEW-1", "before": sku, "mappings": 1}
    assert linked.quantity("NEW-1", "Tokyo") == 54
    assert f"{sku} has the SKU number NEW-1 now" in linked("why", "NEW-1").out
    linked("map")  # the rule would not map it: it stays as a mapping by hand
    assert linked("status", "--json").json["mapped"] == 6
    linked("run", "--once")
    assert there(served, sku) == [54, 50]
    linked("stock", "show", sku, code=2)


def test_why_tells_what_happened_under_an_earlier_number(linked: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    linked("stock", "adjust", sku, "Tokyo", "4")
    linked("run", "--once")
    linked("item", "rename", sku, "NEW-1")
    linked("item", "rename", "NEW-1", "NEW-2")
    linked("item", "add", sku)
    linked("stock", "set", sku, "Osaka", "3", "--reason", "another one")
    told = linked("why", "NEW-2", "--json").json["events"]
    codes = [each["code"] for each in told]
    assert codes[-4:] == ["changed_here", "pushed", "item_renamed", "item_renamed"]
    assert "another one" not in linked("why", "NEW-2").out


def test_an_undo_from_before_a_renaming_writes_to_nobody(linked: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    linked("item", "rename", sku, "NEW-1")
    linked("undo", "--yes", code=None)
    assert linked("stock", "show", "NEW-1", "--json").json["levels"][0]["quantity"] == 50
    assert f"\n{sku}," not in linked("stock", "export").out


def test_an_item_in_use_is_removed_only_when_it_was_meant(linked: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    for words in ([], ["--json"]):
        said = linked("item", "remove", sku, *words, code=3)
        assert "--yes" in said.err
    assert linked.quantity(sku, "Tokyo") == 50
    said = linked("item", "remove", sku, "--yes")
    assert "Tokyo · main: 50" in said.out
    assert "1 SKU mapping" in said.out
    linked("stock", "show", sku, code=2)
    assert [each["kind"] for each in linked("movements", sku, "--json").json][-2:] == ["remove"] * 2
    status = linked("status", "--json").json
    assert (status["mapped"], status["cells"], status["link"]) == (5, 10, "on")
    linked("run", "--once")
    assert there(served, sku) == [50, 50]


def test_an_items_name_and_barcode_are_set(stocked: Line) -> None:
    assert stocked("item", "set", "A", "--name", "Green tea").out == "A  Green tea  4901\n"
    told = stocked("item", "set", "A", "--barcode", "", "--json").json
    assert told == {"sku_number": "A", "name": "Green tea", "barcode": ""}
    assert "at least one of --name, --barcode" in stocked("item", "set", "A", code=2).err
    assert "no item" in stocked("item", "set", "B", "--name", "x", code=2).err
    assert stocked.quantity("A", "Tokyo") == 10


def test_an_item_is_added_by_a_command_once(brand: Line) -> None:
    said = brand("item", "add", "TEA-1", "--name", "Green", "--barcode", "49", "--json").json
    assert said == {"sku_number": "TEA-1", "name": "Green", "barcode": "49"}
    assert "TEA-1" in brand("item", "add", "TEA-1", code=2).err
    assert brand("item", "add", " ", code=2).err
    assert "TEA-1,Green,49" in brand("item", "export").out


def test_a_label_goes_only_where_nothing_is_in_its_way(linked: Line, served: Served) -> None:
    first = linked("label", "list", "--json").json[0]["code"]
    assert "is the only inventory label" in linked("label", "remove", first, code=3).err
    linked("label", "add", "sold")
    assert "label" in linked("label", "remove", first, code=3).err
    sku = skus_of(served)[0]
    linked("stock", "set", sku, "Tokyo", "1", "--label", "sold")
    said = linked("label", "remove", "sold", code=3).err
    assert f"stock of 1 item under the inventory label sold: {sku}" in said
    assert "--to-label" in said
    linked("stock", "set", sku, "Tokyo", "0", "--label", "sold")
    assert linked("label", "remove", "sold", "--json").json["code"] == "sold"
    assert [each["code"] for each in linked("label", "list", "--json").json] == [first]
    assert "no inventory label sold" in linked("label", "remove", "sold", code=2).err


def test_a_terminal_is_sent_no_control_codes_and_a_pipe_what_there_is(
    stocked: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Tee\x9b32m\u202e\x7f"
    said = stocked("item", "add", "B", "--name", name, "--json")
    assert name not in said.out
    assert r"Tee\u009b32m\u202e\u007f" in said.out
    assert said.json["name"] == name
    assert name in stocked("item", "export").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = stocked("item", "export").out
    assert "Tee32m" in shown
    assert name not in shown
    stocked("item", "add", "C\x9b")
    assert r'"C\u009b"' in stocked("log", "--json").out
