"""What waits for a person, at a command line: listed, answered one by one and many at once."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Line, Served, places_of, skus_of


@pytest.fixture
def sku(served: Served) -> str:
    return skus_of(served)[0]


def there(served: Served, sku: str, place: int = 0) -> int:
    return served.shop.quantity(sku, places_of(served)[place])


def passed(line: Line) -> None:
    """Both sides rest; what waits for a person is what the tests look at."""
    assert line("run", "--once", code=None).code in (0, 3)


def rows(line: Line, *words: str) -> list[tuple[str, str, str]]:
    found = line("needs-you", *words, "--json").json
    return [(row["problem"], row["sku_number"], row["location"]) for row in found]


def test_a_product_that_is_not_tracked_is_listed_tracked_and_gone(
    linked: Line, served: Served, sku: str
) -> None:
    served.shop.set_tracked(sku, tracked=False)
    passed(linked)
    assert rows(linked) == [("untracked", sku, "Tokyo"), ("untracked", sku, "Osaka")]
    text = linked("needs-you").out
    assert "Shopify does not track its quantity" in text
    assert "track ignore" in text
    assert linked("status", "--json").json["needs_you"] == 2
    linked("stock", "adjust", sku, "Tokyo", "-4")
    assert "Done: 2." in linked("needs-you", "track", sku).out
    passed(linked)
    assert (linked.quantity(sku, "Tokyo"), there(served, sku)) == (46, 46)
    assert rows(linked) == []
    assert "Nothing waits for you." in linked("needs-you", "list").out
    assert "Shopify now tracks" in linked("log", "--sku", sku).out


def test_the_numbers_of_one_side_are_taken_and_can_be_taken_back(
    linked: Line, served: Served, sku: str
) -> None:
    differ(linked, sku)
    ((problem, *where),) = rows(linked)
    assert (problem, where) == ("differs_at_start", [sku, "Tokyo"])
    linked("needs-you", "take-here", sku, "--location", "Tokyo")
    assert (linked.quantity(sku, "Tokyo"), there(served, sku)) == (30, 30)
    linked("undo", "--yes")
    assert (linked.quantity(sku, "Tokyo"), there(served, sku)) == (30, 50)
    passed(linked)
    linked("needs-you", "take-there", sku)
    assert (linked.quantity(sku, "Tokyo"), there(served, sku)) == (50, 50)


def differ(line: Line, sku: str) -> None:
    line("map", "remove", sku)
    line("stock", "set", sku, "Tokyo", "30")
    line("map", "set", sku, sku)
    passed(line)


def test_what_was_counted_stands_on_both_sides(linked: Line, served: Served, sku: str) -> None:
    differ(linked, sku)
    said = linked("needs-you", "count", sku, "Tokyo", "41", "--json").json
    assert said == {"done": 1, "refused": []}
    assert (linked.quantity(sku, "Tokyo"), there(served, sku)) == (41, 41)
    assert "not a whole number" in linked("needs-you", "count", sku, "Tokyo", "x", code=2).err


def test_many_are_left_out_at_once_after_a_look_and_taken_up_again(
    linked: Line, served: Served, sku: str
) -> None:
    for one in skus_of(served)[:2]:
        served.shop.set_tracked(one, tracked=False)
    passed(linked)
    shown = linked("needs-you", "ignore", "--all-of", "untracked", code=3)
    assert sku in shown.out  # the preview comes before the question
    assert "--yes" in shown.err
    assert len(rows(linked)) == 4
    assert "Done: 4." in linked("needs-you", "ignore", "--all-of", "untracked", "--yes").out
    assert rows(linked) == []
    assert len(rows(linked, "list", "--ignored")) == 4
    status = linked("status", "--json").json
    assert (status["needs_you"], status["ignored"]) == (0, 4)
    linked("needs-you", "notice", sku)
    assert len(rows(linked, "--ignored")) == 2
    linked("needs-you", "notice", "--all-of", "ignored", "--yes")
    passed(linked)
    assert len(rows(linked)) == 4


def test_a_product_is_stocked_at_its_location(linked: Line, served: Served, sku: str) -> None:
    served.shop.set_stocked(sku, places_of(served)[1], stocked=False)
    passed(linked)
    assert rows(linked) == [("not_stocked", sku, "Osaka")]
    assert "(Not stocked there in Shopify)" in linked("plan", "push").out
    linked("needs-you", "activate", sku)
    assert rows(linked) == []


def test_a_deleted_product_leaves_the_link(linked: Line, served: Served, sku: str) -> None:
    served.shop.remove_variant(sku)
    passed(linked)
    linked("needs-you", "unmap", sku)
    assert rows(linked) == []
    assert linked("status", "--json").json["mapped"] == 5


def test_a_deactivated_location_is_seen_by_a_run(linked: Line, served: Served, sku: str) -> None:
    served.shop.set_location_active(places_of(served)[0], active=False)
    linked("stock", "adjust", sku, "Tokyo", "-1")
    passed(linked)
    assert {problem for problem, *_ in rows(linked)} == {"location_inactive"}
    assert len(rows(linked)) == 6
    assert "is not active any more" in linked("log").out
    served.shop.set_location_active(places_of(served)[0], active=True)
    passed(linked)
    assert rows(linked) == []
    assert there(served, sku) == 49


def test_a_stop_of_the_whole_sync_is_the_first_row(linked: Line, served: Served) -> None:
    served.shop.door.scopes = ("read_products",)
    linked("run", "--once", code=3)
    assert rows(linked) == [("stopped", "", "")]
    said = linked("needs-you").out
    assert "The sync stands still" in said
    assert "Do what the message says" in said
    assert linked("status", "--json").json["needs_you"] == 1


def test_run_once_says_so_when_only_a_mapping_waits(linked: Line, served: Served, sku: str) -> None:
    assert linked("run", "--once", "--json").json["needs_you"] == 0
    served.shop.rename_sku(sku, "RENAMED")
    said = linked("run", "--once", "--json", code=3)
    assert rows(linked) == [("sku_changed", sku, "")]
    assert (said.json["rests"], said.json["needs_you"]) == (True, 1)
    assert "1 row needs you" in said.err


def test_what_cannot_be_said_is_refused_with_what_can(
    linked: Line, served: Served, sku: str
) -> None:
    assert "Nothing of" in linked("needs-you", "track", sku, code=2).err
    served.shop.set_tracked(sku, tracked=False)
    passed(linked)
    assert "Track its quantity" in linked("needs-you", "take-here", sku, code=2).err
    assert "--all-of" in linked("needs-you", "track", code=2).err
    assert "--all-of" in linked("needs-you", "track", sku, "--all-of", "untracked", code=2).err
    assert "untracked" in linked("needs-you", "track", "--all-of", "nothing", code=2).err
    bulk = linked("needs-you", "keep", "--all-of", "untracked", "--yes", "--json", code=1)
    assert bulk.json["done"] == 0
    assert {row["error"] for row in bulk.json["refused"]} == {"not_a_choice"}


@pytest.fixture
def shared(mapped: Line, served: Served) -> Line:
    """The second variant is the first item, too: 9 here, and 5 and 6 in Shopify."""
    first, second = skus_of(served)[:2]
    mapped("map", "set", second, first)
    mapped("enable", "--start", "push", "--yes")
    mapped("disable")
    ids = [served.shop.item(one).id for one in (first, second)]
    for one in ids:
        mapped("map", "remove", one)
    mapped("stock", "set", first, "Tokyo", "9")
    served.shop.set_available(first, places_of(served)[0], 5)
    served.shop.set_available(second, places_of(served)[0], 6)
    for one in ids:
        mapped("map", "set", one, first)
    return mapped


def test_plans_runs_and_why_name_the_variant_of_several(shared: Line, served: Served) -> None:
    first, second = skus_of(served)[:2]
    plan = shared("plan", "push", "--only", first)
    for sku in (first, second):
        assert f"{first} ({sku})  Tokyo" in plan.out
    records = shared("plan", "push", "--json").json["rows"]
    several = {row["variant"] for row in records if row["sku_number"] == first}
    assert several == {first, second}
    assert {row["variant"] for row in records if row["sku_number"] != first} == {""}
    shared("push", "--only", first, "--yes")
    run = shared("runs", "--json").json[0]["id"]
    assert f"{first} ({second})  Tokyo" in shared("runs", "show", run).out
    why = shared("why", first).out.splitlines()
    assert "Variant" in why[0]
    assert sum(f" {second} " in line for line in why) == 2
    cells = shared("why", first, "--json").json["cells"]
    assert {cell["variant"] for cell in cells} == {first, second}
    assert "Variant" not in shared("why", skus_of(served)[2]).out


def test_an_item_does_not_become_two_numbers(shared: Line, served: Served) -> None:
    first, second = skus_of(served)[:2]
    shared("enable", "--start", "merge", "--yes", code=None)
    passed(shared)
    listed = shared("needs-you").out
    assert f"{first} ({second})  Tokyo" in listed
    assert {row["variant"] for row in shared("needs-you", "--json").json} == {first, second}
    words = ("needs-you", "take-there", "--all-of", "differs_at_start")
    asked = shared(*words, code=3)
    assert "2 rows stay as they are: the variants of one item" in asked.out
    said = shared(*words, "--yes", code=None)
    assert "its variants have different quantities in Shopify (5, 6)" in said.err
    assert shared.quantity(first, "Tokyo") == 9
