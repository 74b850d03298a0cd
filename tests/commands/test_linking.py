"""Mapping, plans, enabling, pushing, pulling, undoing, unmapping."""

from __future__ import annotations

import codecs
import csv
import io
import re

import pytest

from core.practice import PracticeShop
from tests.commands.conftest import (
    Line,
    Served,
    client_words,
    connect_words,
    items_csv,
    places_of,
    skus_of,
)

STATUS = {
    *("connection", "link", "label", "pairs", "mapped", "unmapped_local", "unmapped_shopify"),
    *("in_sync", "pending_push", "pending_pull", "needs_you", "last_pass_at", "oldest_unsent_s"),
    *("verified_share", "throttled", "owner"),
}


def there(served: Served, sku: str, place: int = 0) -> int:
    return served.shop.quantity(sku, places_of(served)[place])


def writes(served: Served) -> int:
    return len(served.shop.ledger)


# -- the order of things -------------------------------------------------------------------------


def test_each_step_says_which_one_comes_before_it(brand: Line, served: Served) -> None:
    for words in (["map"], ["enable", "--start", "push", "--yes"], ["push", "--yes"]):
        brand(*words, code=3)
    brand(*connect_words(brand, served))
    assert "dextre-sync pair" in brand("map", code=3).err
    brand("pair", f"Tokyo={places_of(served)[0]}")
    assert "dextre-sync item import" in brand("map", code=3).err
    assert "map the SKUs" in brand("enable", "--start", "push", "--yes", code=3).err
    assert "map the SKUs" in brand("push", "--yes", code=3).err
    assert "dextre-sync enable" in brand("run", "--once", code=3).err
    assert writes(served) == 0


def test_without_a_word_nothing_is_written(mapped: Line, served: Served) -> None:
    for words in (
        ["push"],
        ["pull"],
        ["push", "--json"],
        ["enable", "--start", "push"],
        ["enable", "--start", "pull"],
        ["unmap", "--all"],
    ):
        assert "--yes" in mapped(*words, code=3).err
    status = mapped("status", "--json").json
    assert (status["link"], status["mapped"]) == ("off", 6)
    assert mapped.quantity(skus_of(served)[0], "Tokyo") == 50
    assert writes(served) == 0


# -- mapping -------------------------------------------------------------------------------------


def test_mapping_is_edited_by_hand(mapped: Line, served: Served) -> None:
    one, two = skus_of(served)[:2]
    mapped("map", "remove", one)
    assert mapped("status", "--json").json["mapped"] == 5
    assert "not mapped" in mapped("map", "remove", one, code=2).err
    mapped("map", "set", one, two)
    rows = mapped("map", "list", "--search", one, "--json").json
    assert [(r["shopify_sku"], r["sku_number"], r["by"]) for r in rows if r["shopify_sku"]] == [
        (one, two, "hand")
    ]
    assert "nowhere" in mapped("map", "set", "nowhere", one, code=2).err
    assert "nowhere" in mapped("map", "set", one, "nowhere", code=2).err


def test_the_status_counts_what_is_not_mapped_for_whatever_reason(brand: Line) -> None:
    """A SKU that two variants have is not mapped, and yet not only in Shopify."""
    served = Served(PracticeShop(variants=6, locations=2, seed=3, oddities=("duplicate",))).open()
    try:
        brand("item", "add", "A")
        brand(*connect_words(brand, served))
        brand("pair", f"Tokyo={places_of(served)[0]}")
        only_there = brand("map", "--json").json["only_there"]
        said = brand("status").out
    finally:
        served.close()
    assert only_there == 5
    assert re.search(r"^Not mapped in DEXTRE +1$", said, re.MULTILINE)
    assert re.search(r"^Not mapped in Shopify +7$", said, re.MULTILINE)
    assert "Only in" not in said


def test_a_mapping_file_goes_out_and_comes_back(mapped: Line, served: Served) -> None:
    one, two = skus_of(served)[:2]
    text = mapped("map", "export").out
    assert "0 mappings" in mapped("map", "import", mapped.file("same.csv", text)).out
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        if row["shopify_sku"] == one:
            row["sku_number"] = two
    file = mapped.file("edited.csv", _csv(rows))
    said = mapped("map", "import", file, "--json").json
    assert said == {"changed": 1, "unchanged": len(rows) - 1, "skipped": []}


def test_lines_of_a_mapping_file_that_were_edited_in_vain_are_told(
    mapped: Line, served: Served
) -> None:
    """What can be done is done; that something is left to the person, the exit code says."""
    one = skus_of(served)[0]
    rows = list(csv.DictReader(io.StringIO(mapped("map", "export").out)))
    for row in rows:
        if row["shopify_sku"] == one:
            row["sku_number"] = ""
    vain = [dict.fromkeys(rows[0], "") | {"sku_number": f"VAIN-{n:02}"} for n in range(25)]
    file = mapped.file("vain.csv", _csv([*rows, *vain]))
    said = mapped("map", "import", file, code=3)
    first = len(rows) + 2
    assert f"line {first}, sku_number: The line names no Shopify variant" in said.err
    assert "VAIN-19" in said.err
    assert "VAIN-20" not in said.err
    assert "5 more rows" in said.err
    assert "25 lines were left out" in said.err
    assert "1 mapping changed." in said.out
    said = mapped("map", "import", file, "--json", code=3)
    assert (said.json["changed"], said.json["unchanged"]) == (0, len(rows))
    assert [line["line"] for line in said.json["skipped"]] == [*range(first, first + 25)]
    assert "VAIN-24" in said.json["skipped"][-1]["message"]
    assert set(said.json["skipped"][0]) == {"line", "field", "message", "remedy"}
    mapped("map", "set", one, one)


def test_lines_that_were_edited_in_vain_are_told_beside_broken_ones(
    mapped: Line, served: Served
) -> None:
    one = skus_of(served)[0]
    rows = list(csv.DictReader(io.StringIO(mapped("map", "export").out)))
    for row in rows:
        if row["shopify_sku"] == one:
            row["sku_number"] = "nowhere"
    vain = dict.fromkeys(rows[0], "") | {"sku_number": "VAIN"}
    said = mapped("map", "import", mapped.file("both.csv", _csv([*rows, vain])), code=2)
    assert "VAIN" in said.err
    assert "nowhere" in said.err


def test_a_broken_mapping_file_names_its_lines_and_changes_nothing(
    mapped: Line, served: Served
) -> None:
    one, two = skus_of(served)[:2]
    before = mapped("map", "export").out
    rows = list(csv.DictReader(io.StringIO(before)))
    edited = {one: {"sku_number": "nowhere"}, two: {"inventory_item_id": "17"}}
    for row in rows:
        row.update(edited.get(row["shopify_sku"], {}))
    said = mapped("map", "import", mapped.file("bad.csv", _csv(rows)), code=2)
    lines = {row["shopify_sku"]: number for number, row in enumerate(rows, start=2)}
    assert (
        f"line {lines[one]}, sku_number: There is no item with the SKU number nowhere" in said.err
    )
    assert f"line {lines[two]}, inventory_item_id: 17" in said.err
    assert mapped("map", "export").out == before
    assert "Missing" in mapped("map", "import", mapped.file("cols.csv", "a,b\n1,2\n"), code=2).err
    empty = mapped("map", "import", mapped.file("none.csv", ""), code=2).err
    assert "is empty" in empty
    assert "inventory_item_id,shopify_sku," in empty


def _csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_duplicates_and_near_misses_are_told_and_never_guessed(brand: Line, served: Served) -> None:
    items = served.shop.stock.items
    one, two = skus_of(served)[:2]
    items[2].sku = one  # the same SKU twice on Shopify
    rows = f"sku_number,name,barcode\n{one},a,\n{two.lower()},b,\nextra,c,\n"
    brand("item", "import", brand.file("items.csv", rows))
    brand(*connect_words(brand, served))
    brand("pair", f"Tokyo={places_of(served)[0]}")
    counts = brand("map", "--json").json
    assert counts["mapped"] == 0
    assert counts["duplicate_there"] >= 2
    assert counts["case_differs"] == 2
    assert "names 2 variants" in brand("map", "set", one, "extra", code=2).err


def test_a_field_that_is_none_is_refused(mapped: Line) -> None:
    assert "sku, barcode" in mapped("map", "--shopify-field", "name", code=2).err
    assert "--shopify-field" in mapped("map", "--shopify-field", "sku", "list", code=2).err


# -- plans ---------------------------------------------------------------------------------------


def test_a_plan_shows_what_a_push_would_do_and_writes_nothing(mapped: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    rows = mapped("plan", "push", "--only", sku, "--json").json["rows"]
    assert {row["sku_number"] for row in rows} == {sku}
    assert [row["shopify"] for row in rows if row["location"] == "Tokyo"] == [there(served, sku)]
    assert {row["new_shopify"] for row in rows} == {50}
    assert writes(served) == 0


def test_push_takes_several_skus_and_says_which_are_unknown(mapped: Line, served: Served) -> None:
    one, two, three = skus_of(served)[:3]
    kept = there(served, three)
    assert "nope" in mapped("push", "--only", one, "nope", "--yes", code=2).err
    assert writes(served) == 0
    done = mapped("push", "--only", one, two, one, "--yes", "--json").json["run"]
    assert (done["kind"], done["moved"], done["rejected"]) == ("push", 0, 0)
    assert (there(served, one), there(served, two), there(served, three)) == (50, 50, kept)


def test_pull_takes_over_what_shopify_has(mapped: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    served.shop.set_available(sku, places_of(served)[0], 17)
    mapped("pull", "--only", sku, "--yes")
    assert mapped.quantity(sku, "Tokyo") == 17


def test_undo_takes_the_last_run_back_once(mapped: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    before = there(served, sku)
    mapped("push", "--only", sku, "--yes")
    assert mapped("undo", "--yes", "--json").json["run"]["kind"] == "undo"
    assert there(served, sku) == before
    assert "left that could be undone" in mapped("undo", "--yes", code=3).err
    assert "nosuch" in mapped("undo", "nosuch", "--yes", code=2).err


def test_undo_does_not_touch_what_has_changed_since(mapped: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    mapped("push", "--only", sku, "--yes")
    for place in places_of(served):
        served.shop.set_available(sku, place, 33)
    assert "has changed since" in mapped("undo", "--yes", code=3).err
    assert there(served, sku) == 33


# -- the link ------------------------------------------------------------------------------------


def test_enable_aligns_and_turns_the_link_on(mapped: Line, served: Served) -> None:
    mapped("enable", "--start", "push", "--yes")
    status = mapped("status", "--json").json
    assert status.keys() >= STATUS
    assert (status["link"], status["in_sync"], status["needs_you"]) == ("on", 12, 0)
    assert there(served, skus_of(served)[0]) == 50


def test_enable_needs_a_start_that_exists(mapped: Line) -> None:
    assert "--start" in mapped("enable", "--yes", code=2).err
    assert "push, pull, merge" in mapped("enable", "--start", "undo", "--yes", code=2).err


def test_a_merge_lists_what_differs_and_run_once_says_that_it_needs_a_person(
    mapped: Line, served: Served
) -> None:
    mapped("enable", "--start", "merge", "--yes")
    said = mapped("run", "--once", code=3)
    assert "need you" in said.err
    assert mapped("status", "--json").json["needs_you"] > 0
    assert mapped.quantity(skus_of(served)[0], "Tokyo") == 50
    assert mapped("run", "--once", "--json", code=3).json["rests"] is True


def test_both_sides_follow_each_other(linked: Line, served: Served) -> None:
    sku, place = skus_of(served)[0], places_of(served)[0]
    linked("stock", "adjust", sku, "Tokyo", "2")
    served.shop.sell(sku, place, 5)
    assert linked("run", "--once", "--json").json["rests"] is True
    assert linked.quantity(sku, "Tokyo") == there(served, sku) == 47
    count = writes(served)
    assert linked("run", "--once", "--json").json["pushed"] == 0
    assert writes(served) == count


def test_why_shows_the_key_the_receipt_and_the_request_of_a_push(
    linked: Line, served: Served
) -> None:
    sku = skus_of(served)[0]
    linked("stock", "adjust", sku, "Tokyo", "2")
    linked("run", "--once")
    told = linked("why", sku, "--json").json["events"]
    pushed = [one for one in told if one["code"] == "pushed"][-1]
    said = linked("why", sku).out
    for proof in ("key", "receipt", "request_id"):
        assert pushed[proof]
        assert pushed[proof] in said


def test_disable_stops_the_flow(linked: Line, served: Served) -> None:
    sku = skus_of(served)[0]
    assert linked("disable", "--json").json == {"link": "off"}
    linked("stock", "adjust", sku, "Tokyo", "-1")
    assert "is off" in linked("run", "--once", code=3).err
    assert there(served, sku) == 50


def test_deleting_the_mappings_stops_the_link_and_mapping_again_restarts_it(
    linked: Line, served: Served
) -> None:
    assert "--all" in linked("unmap", code=2).err
    assert linked("unmap", "--all", "--yes", "--json").json == {"deleted": 6, "link": "off"}
    assert linked("status", "--json").json["link"] == "off"
    assert "no SKU mapping" in linked("unmap", "--all", "--yes", code=3).err
    assert "link is on" in linked("map").out
    assert linked("status", "--json").json["link"] == "on"
    sku = skus_of(served)[0]
    linked("run", "--once")
    linked("stock", "adjust", sku, "Tokyo", "-1")
    linked("run", "--once")
    assert there(served, sku) == 49


def test_a_sale_below_zero_waits_for_stock_where_the_label_forbids_it(
    linked: Line, served: Served
) -> None:
    sku, place = skus_of(served)[0], places_of(served)[0]
    served.shop.set_available(sku, place, -4)
    assert "1 row needs you" in linked("run", "--once", code=3).err
    assert linked.quantity(sku, "Tokyo") == 0
    linked("stock", "adjust", sku, "Tokyo", "10")
    linked("run", "--once")
    assert linked.quantity(sku, "Tokyo") == there(served, sku) == 6


# -- trouble -------------------------------------------------------------------------------------


def test_a_revoked_token_is_told_and_connecting_again_mends_it(
    linked: Line, served: Served
) -> None:
    sku = skus_of(served)[0]
    served.shop.door.revoke_all()
    linked("stock", "adjust", sku, "Tokyo", "-1")
    assert "does not accept the access token" in linked("run", "--once", code=3).err
    status = linked("status", "--json").json
    assert (status["connection"], status["pending_push"]) == ("error", 1)
    linked(*client_words(linked, served))
    linked("run", "--once")
    assert linked("status", "--json").json["connection"] == "connected"
    assert there(served, sku) == 49


def test_lost_answers_change_nothing_about_the_result(linked: Line, served: Served) -> None:
    served.shop.faults.update({"loss": 0.2})
    skus = skus_of(served)
    for number, sku in enumerate(skus):
        linked("stock", "adjust", sku, "Tokyo", str(number - 3))
        served.shop.sell(sku, places_of(served)[0], 2)
    linked("run", "--once")
    for number, sku in enumerate(skus):
        assert linked.quantity(sku, "Tokyo") == there(served, sku) == 50 + number - 3 - 2


def test_an_import_reaches_the_shop(linked: Line, served: Served) -> None:
    skus = skus_of(served)
    linked("item", "import", linked.file("more.csv", items_csv(skus, 60)))
    linked("run", "--once")
    assert {there(served, sku, place) for sku in skus for place in (0, 1)} == {60}


@pytest.mark.parametrize("lang", ["ja", "ja_JP.UTF-8"])
def test_refusals_are_told_in_japanese(mapped: Line, lang: str) -> None:
    said = mapped("run", "--once", "--lang", lang, code=3)
    assert "在庫連携" in said.err
    assert "is off" not in said.err


def test_a_shop_that_was_away_is_caught_up_with(linked: Line, served: Served) -> None:
    sku, place = skus_of(served)[0], places_of(served)[0]
    linked("stock", "adjust", sku, "Tokyo", "-3")
    served.close()
    said = linked("run", "--once", code=1)
    assert "could be made" in said.err
    assert linked.quantity(sku, "Tokyo") == 47
    assert linked("status", "--json").json["pending_push"] == 1
    served.shop.sell(sku, place, 4)
    served.open(served.port)
    linked("run", "--once")
    assert linked.quantity(sku, "Tokyo") == there(served, sku) == 43


# -- which quantity ------------------------------------------------------------------------------


def test_the_link_can_keep_what_is_on_the_shelf_equal(mapped: Line, served: Served) -> None:
    """on_hand: a sale moves nothing until the goods leave; changes here are set, not added."""
    sku, place = skus_of(served)[0], places_of(served)[0]

    def on_hand() -> int:
        return served.shop.quantity(sku, place, "on_hand")

    served.shop.sell(sku, place, 3)
    start = on_hand()
    mapped("settings", "set", "link.quantity", "on_hand")
    mapped("enable", "--start", "pull", "--yes")
    assert mapped.quantity(sku, "Tokyo") == start == there(served, sku) + 3
    mapped("stock", "adjust", sku, "Tokyo", "4")
    mapped("run", "--once")
    assert (mapped.quantity(sku, "Tokyo"), on_hand()) == (start + 4, start + 4)
    assert there(served, sku) == start + 1  # available has moved by as much
    served.shop.sell(sku, place, 2)
    served.shop.fulfil(sku, place, 5)
    mapped("stock", "adjust", sku, "Tokyo", "1")
    mapped("run", "--once")
    assert (mapped.quantity(sku, "Tokyo"), on_hand()) == (start, start)
    mapped("stock", "set", sku, "Tokyo", "9")
    mapped("push", "--yes")
    assert on_hand() == 9
    assert "disable" in mapped("settings", "set", "link.quantity", "available", code=3).err
    mapped("disable")
    mapped("settings", "set", "link.quantity", "available")
    mapped("enable", "--start", "push", "--yes")
    assert there(served, sku) == 9


# -- plans, filtered and exported ----------------------------------------------------------------


def test_a_plan_is_filtered_and_exported(mapped: Line, served: Served) -> None:
    one, two = skus_of(served)[:2]
    mapped("stock", "set", one, "Tokyo", str(there(served, one)))
    plan = mapped("plan", "push", "--json").json
    assert (plan["changes"], plan["equal"], plan["left_out"]) == (11, 1, 0)
    moved = sum(row["new_shopify"] - row["shopify"] for row in plan["rows"])
    assert (plan["units_here"], plan["units_shopify"]) == (0, moved)
    found = mapped("plan", "push", "--location", "Tokyo", "--why", "here_wins", "--json").json
    assert {row["location"] for row in found["rows"]} == {"Tokyo"}
    assert (found["changes"], found["equal"]) == (5, 0)
    file = mapped.folder / "plan.csv"
    shown = mapped("plan", "pull", "--only", two, "--csv", str(file)).out
    assert "Would change: 2" in shown
    assert file.read_bytes().startswith(codecs.BOM_UTF8)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [*csv.DictReader(lines)]
    assert {(row["sku_number"], row["location"], row["here"]) for row in rows} == {
        (two, "Tokyo", "50"),
        (two, "Osaka", "50"),
    }
    [tokyo] = [row for row in rows if row["location"] == "Tokyo"]
    assert tokyo["new_here"] == str(there(served, two))
    text = mapped("plan", "merge", "--csv", "-").out
    assert text.startswith("sku_number,")
    assert len([*csv.DictReader(io.StringIO(text))]) == 12
    assert "Osaka" in mapped("plan", "push", "--location", "Nagoya", code=2).err
    assert "here_wins" in mapped("plan", "push", "--why", "because", code=2).err
    assert "plan.csv" in mapped("plan", "push", "--csv", str(file / "x"), code=3).err
    assert writes(served) == 0
