"""One brand's inventory, as screens and commands use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput
from core.model import (
    AuthKind,
    Cause,
    CauseKind,
    Cell,
    CellKey,
    CellState,
    Connection,
    Item,
    Label,
    Level,
    LevelKey,
    Link,
    ShopLocation,
    SkuMapping,
    Variant,
)
from core.store import BrandStore
from core.store.errors import (
    EmptyName,
    NameTaken,
    NegativeStock,
    QuantityOutOfRange,
    UnknownLabel,
    UnknownLocation,
    UnknownSku,
)
from tests.store.given import BY_HAND, StandingClock, at, open_store, stocked

IMPORT = Cause(CauseKind.IMPORT, "ann")


def test_there_is_always_exactly_one_default_label(store: BrandStore) -> None:
    store.add_label(Label("a", "A"))
    assert [label.is_default for label in store.labels()] == [True]
    store.add_label(Label("b", "B", is_default=True))
    store.add_label(Label("c", "C"))
    assert [label.code for label in store.labels() if label.is_default] == ["b"]


def test_a_code_or_a_name_is_given_once(store: BrandStore) -> None:
    warehouse = stocked(store)
    with pytest.raises(NameTaken, match="good"):
        store.add_label(Label("good", "Again"))
    with pytest.raises(NameTaken, match="Warehouse"):
        store.add_location("  Warehouse ")
    with pytest.raises(EmptyName):
        store.add_location("  ")
    with pytest.raises(EmptyName):
        store.add_label(Label(" ", "x"))
    assert store.locations() == (warehouse,)
    assert store.label("good").name == "Good stock"


def test_a_level_is_set_and_adjusted_and_each_change_has_its_movement(store: BrandStore) -> None:
    key = at(stocked(store, "A"), "A")
    first = store.set_level(key, 10, BY_HAND)
    second = store.adjust_level(key, -3, BY_HAND)
    assert (first.before, first.after, second.before, second.after) == (None, 10, 10, 7)
    assert store.levels_of("A") == [Level(key, 7)]
    assert store.movements("A") == [second, first]
    assert store.movements("A", limit=1) == [second]
    assert second.cause == BY_HAND


def test_a_level_that_was_never_set_counts_from_zero(store: BrandStore) -> None:
    key = at(stocked(store, "A"), "A")
    assert store.adjust_level(key, 4, BY_HAND).before is None
    assert store.levels_of("A") == [Level(key, 4)]


def test_negative_stock_is_refused_naming_everything(store: BrandStore) -> None:
    key = at(stocked(store, "A"), "A")
    store.set_level(key, 2, BY_HAND)
    with pytest.raises(NegativeStock) as refused:
        store.adjust_level(key, -5, BY_HAND)
    for part in ("A", "Warehouse", "Good stock", "from 2 to -3"):
        assert part in str(refused.value)
    assert isinstance(refused.value, BadInput)
    assert store.levels_of("A") == [Level(key, 2)]
    assert len(store.movements("A")) == 1


def test_a_label_may_allow_negative_stock(store: BrandStore) -> None:
    warehouse = stocked(store, "A")
    store.add_label(Label("sold", "Sold", negative_allowed=True))
    assert store.adjust_level(at(warehouse, "A", "sold"), -5, BY_HAND).after == -5


def test_a_level_below_zero_may_rise_while_the_label_forbids_it(store: BrandStore) -> None:
    key = at(stocked(store, "A"), "A")
    with store.books.transaction() as tx:
        tx.set_level(*key, -5, BY_HAND)
    assert store.adjust_level(key, 2, BY_HAND).after == -3


def test_what_does_not_exist_is_named(store: BrandStore) -> None:
    warehouse = stocked(store, "A")
    with pytest.raises(UnknownSku, match="SKU number a"):
        store.set_level(at(warehouse, "a"), 1, BY_HAND)
    with pytest.raises(UnknownLocation, match="nowhere"):
        store.set_level(LevelKey("A", "nowhere", "good"), 1, BY_HAND)
    with pytest.raises(UnknownLabel, match="bad"):
        store.set_level(at(warehouse, "A", "bad"), 1, BY_HAND)
    with pytest.raises(QuantityOutOfRange, match="2000000000"):
        store.set_level(at(warehouse, "A"), 2_000_000_000, BY_HAND)


def test_movements_stay_in_order_when_the_clock_steps_back(
    store: BrandStore, clock: StandingClock
) -> None:
    key = at(stocked(store, "A"), "A")
    for quantity in (1, 2):
        store.set_level(key, quantity, BY_HAND)
    clock.forward(-3600)
    for quantity in (3, 4):
        store.set_level(key, quantity, BY_HAND)
    assert [movement.after for movement in store.movements("A")] == [4, 3, 2, 1]
    assert len({movement.id for movement in store.movements("A")}) == 4


def test_search_takes_two_letters_of_any_language_and_no_wildcards(store: BrandStore) -> None:
    store.put_items(
        [
            Item("TS-001", "Ｔシャツ 白 Mサイズ", "4901234567894"),
            Item("ts-002", "Tシャツ 黒", ""),
            Item("100%_WOOL", "毛布", ""),
            Item("MUG", "Mug (white)", "4900000000001"),
        ]
    )

    def found(search: str) -> list[str]:
        hits = [item.sku_number for item in store.search_items(search)]
        assert store.count_items(search) == len(hits)
        return hits

    assert found("") == ["100%_WOOL", "MUG", "TS-001", "ts-002"]
    assert found("tシャツ") == ["TS-001", "ts-002"]
    assert found("シャ 白") == ["TS-001"]
    assert found("毛布") == ["100%_WOOL"]
    assert found("%") == ["100%_WOOL"]
    assert found("_") == ["100%_WOOL"]
    assert found("4900") == ["MUG"]
    assert found("ts-00") == ["TS-001", "ts-002"]
    assert found("'; DROP TABLE items") == []
    assert [i.sku_number for i in store.search_items("", offset=1, limit=2)] == ["MUG", "TS-001"]


def test_items_are_replaced_by_their_sku_number_and_found_by_barcode(store: BrandStore) -> None:
    store.put_items([Item("A", "old", "111"), Item("a", "lower case", "111")])
    store.put_items([Item("A", "new", "222")])
    assert store.item("A") == Item("A", "new", "222")
    assert store.items_by_barcode("111") == [Item("a", "lower case", "111")]
    assert (store.count_items(), len(list(store.items()))) == (2, 2)
    assert store.item("none") is None


def test_an_import_is_all_or_nothing(store: BrandStore) -> None:
    warehouse = stocked(store)
    items = [Item(f"S{n}") for n in range(10)]
    levels = [Level(at(warehouse, f"S{n}"), n) for n in range(10)]
    with pytest.raises(NegativeStock, match="S3 at Warehouse"):
        store.import_batch(items, [*levels, Level(at(warehouse, "S3"), -1)], IMPORT)
    with pytest.raises(UnknownSku, match="S11"):
        store.import_batch(items, [*levels, Level(at(warehouse, "S11"), 1)], IMPORT)
    assert store.count_items() == 0
    assert store.import_batch(items, levels, IMPORT) == 10
    assert [level.quantity for level in store.levels()] == list(range(10))


def test_an_import_tells_how_far_it_is_and_brings_the_cells_along(store: BrandStore) -> None:
    warehouse = stocked(store)
    keys = [at(warehouse, f"S{n:04}") for n in range(2500)]
    store.put_items(Item(key.sku_number) for key in keys)
    with store.books.transaction() as tx:
        tx.put_link(Link("good"))
        for key in keys:
            cell = CellKey(key.sku_number, "there")
            tx.put_cell(Cell(cell, key.sku_number, warehouse.id, base=0))
    told: list[int] = []
    levels = [Level(key, n) for n, key in enumerate(keys)]
    assert store.import_batch([], levels, IMPORT, told.append) == 2500
    assert told == [1000, 2000, 2500]
    assert [cell.here for cell in store.cells()] == [*range(2500)]
    assert store.count_cells()[CellState.PENDING_PUSH] == 2499


def test_an_import_that_names_a_level_twice_takes_the_last_row(store: BrandStore) -> None:
    key = at(stocked(store, "A"), "A")
    store.set_level(key, 5, BY_HAND)
    assert store.import_batch([], [Level(key, 9), Level(key, 5)], IMPORT) == 0
    assert store.import_batch([], [Level(key, 5), Level(key, 9)], IMPORT) == 1
    assert store.levels_of("A") == [Level(key, 9)]


def test_items_are_looked_up_together(store: BrandStore) -> None:
    store.put_items(Item(f"S{n}") for n in range(1200))
    found = store.items_named([f"S{n}" for n in range(0, 2400, 2)])
    assert len(found) == 600
    assert found["S2"] == Item("S2")


def test_importing_the_same_again_changes_and_records_nothing(store: BrandStore) -> None:
    warehouse = stocked(store)
    levels = [Level(at(warehouse, "A"), 5)]
    assert store.import_batch([Item("A")], levels, IMPORT) == 1
    assert store.import_batch([Item("A")], levels, IMPORT) == 0
    assert len(store.movements("A")) == 1


def test_the_catalogue_is_replaced_whole_or_not_at_all(store: BrandStore) -> None:
    def variant(n: int) -> Variant:
        return Variant(f"item-{n}", f"variant-{n}", f"SKU{n}")

    assert store.replace_variants(variant(n) for n in range(2500)) == 2500
    assert store.count_variants() == 2500
    with pytest.raises(ZeroDivisionError):
        store.replace_variants(variant(1 // (3 - n)) for n in range(5))
    assert store.count_variants() == 2500
    assert store.replace_variants([variant(7)]) == 1
    assert list(store.variants()) == [variant(7)]
    assert (store.variant("item-7"), store.variant("item-8")) == (variant(7), None)


def test_what_is_without_a_counterpart_is_counted(store: BrandStore) -> None:
    store.put_items([Item("A"), Item("B"), Item("C")])
    store.replace_variants(
        [Variant("1", "v1", "A"), Variant("2", "v2", "A"), Variant("3", "v3", "")]
    )
    with store.books.transaction() as tx:
        tx.put_mapping(SkuMapping("1", "A"))
        tx.put_mapping(SkuMapping("2", "A"))
    assert store.count_mappings() == 2
    assert (store.count_unmapped_local(), store.count_unmapped_shopify()) == (2, 1)


def test_what_a_person_put_aside_is_not_counted_as_without_a_counterpart(store: BrandStore) -> None:
    store.put_items([Item("A"), Item("B"), Item("C")])
    store.replace_variants([Variant("1", "v1", "A"), Variant("3", "v3", "")])
    with store.books.transaction() as tx:
        tx.put_mapping(SkuMapping("1", "A"))
    aside = {("here", "B"), ("there", "3"), ("here", "A"), ("here", "gone"), ("there", "gone|1")}
    store.change_ignored(aside, [])
    assert store.ignored_ends() == aside
    assert store.ignored_among([("here", "B"), ("there", "B"), ("there", "gone|1")]) == {
        ("here", "B"),
        ("there", "gone|1"),
    }
    assert (store.count_unmapped_local(), store.count_unmapped_shopify()) == (1, 0)
    store.put_items([Item("gone")])
    assert store.count_unmapped_local() == 1, "it is put aside from its first day on"
    with store.books.transaction() as tx:
        tx.put_mapping(SkuMapping("3", "B"))
    assert (store.count_unmapped_local(), store.count_unmapped_shopify()) == (1, 0)
    edits = store.ignored_edits()
    store.change_ignored([("there", "1")], [("here", "gone"), ("here", "never")])
    assert store.ignored_edits() == edits + 1
    assert ("here", "gone") not in store.ignored_ends()
    assert store.count_unmapped_local() == 2
    store.check()


def test_connection_settings_and_shop_locations_are_kept(tmp_path: Path) -> None:
    connection = Connection("x.myshopify.com", AuthKind.TOKEN, "gid://1", "Shop", "2026-11-23")
    places = (ShopLocation("1", "Tokyo"), ShopLocation("2", "App", is_fulfillment_service=True))
    store = open_store(tmp_path)
    assert (store.connection(), store.settings()) == (None, {})
    store.put_connection(connection)
    store.put_settings({"poll": 2, "names": ["あ"]})
    store.put_shop_locations([ShopLocation("0", "Old")])
    store.put_shop_locations(places)
    store.close()
    store = open_store(tmp_path)
    assert store.connection() == connection
    assert store.settings() == {"poll": 2, "names": ["あ"]}
    assert store.shop_locations() == places
    store.put_connection(None)
    assert store.connection() is None
    store.check()
    store.close()
