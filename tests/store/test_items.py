"""Items under another number, items that go, and locations that go."""

from __future__ import annotations

import pytest

from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    Item,
    Label,
    Level,
    LevelKey,
    Link,
    LocalField,
    Location,
    LocationPair,
    MappedBy,
    SkuMapping,
    Variant,
)
from core.store import BrandStore
from core.store.errors import (
    EmptyName,
    ItemInUse,
    LocationHasStock,
    LocationIsPaired,
    NameTaken,
    NumberWasUsed,
    UnknownLocation,
    UnknownSku,
)
from tests.store.given import BY_HAND, at, stocked

SHOP_PLACE = "gid://shopify/Location/9"
GONE = Cause(CauseKind.REMOVE, "ann")


def variant(n: int) -> str:
    return f"gid://shopify/InventoryItem/{n}"


@pytest.fixture
def warehouse(store: BrandStore) -> Location:
    """A at 7 and B, the link on; two variants are A, one by hand; their cells are at rest."""
    place = stocked(store, "A", "B")
    store.replace_variants([Variant(variant(1), "v1", "A"), Variant(variant(2), "v2", "a-2")])
    store.set_level(at(place, "A"), 5, BY_HAND)
    store.set_level(at(place, "A"), 7, BY_HAND)
    with store.books.transaction() as tx:
        tx.put_link(Link("good", enabled=True, revision=3))
        tx.put_pairs([LocationPair(place.id, SHOP_PLACE, "Tokyo")])
        for n, by in ((1, MappedBy.RULE), (2, MappedBy.HAND)):
            tx.put_mapping(SkuMapping(variant(n), "A", by))
            key = CellKey(variant(n), SHOP_PLACE)
            tx.put_cell(Cell(key, "A", place.id, there=7, base=7))
    return place


def test_a_renamed_item_keeps_everything_that_hangs_on_it(
    store: BrandStore, warehouse: Location
) -> None:
    before = store.movements("A")
    assert store.rename_item("A", "N-1") == 2
    assert store.item("A") is None
    assert store.item("N-1") == Item("N-1", "Name of A")
    assert [item.sku_number for item in store.search_items("n-1")] == ["N-1"]
    assert store.levels_of("A") == []
    assert store.levels_of("N-1") == [Level(at(warehouse, "N-1"), 7)]
    after = store.movements("N-1")
    assert [(m.id, m.before, m.after, m.cause) for m in after] == [
        (m.id, m.before, m.after, m.cause) for m in before
    ]
    assert store.movements("A") == []
    cells = store.cells_of("N-1")
    assert [(cell.here, cell.there, cell.base) for cell in cells] == [(7, 7, 7)] * 2
    assert store.cells_of("A") == []
    assert store.link().revision == 4  # plans that were made before are old
    store.check()


def test_a_change_after_the_renaming_reaches_its_cells(
    store: BrandStore, warehouse: Location
) -> None:
    store.rename_item("A", "N-1")
    store.adjust_level(at(warehouse, "N-1"), -2, BY_HAND)
    assert [cell.unsynced_here for cell in store.cells_of("N-1")] == [-2, -2]


def test_what_the_rule_had_mapped_stays_mapped_by_hand(
    store: BrandStore, warehouse: Location
) -> None:
    store.rename_item("A", "N-1")
    assert {m.inventory_item_id: (m.sku_number, m.by) for m in store.mappings()} == {
        variant(1): ("N-1", MappedBy.HAND),
        variant(2): ("N-1", MappedBy.HAND),
    }
    store.rename_item("N-1", "A")
    assert {m.sku_number for m in store.mappings()} == {"A"}


def test_a_rule_that_does_not_look_at_the_number_goes_on(
    store: BrandStore, warehouse: Location
) -> None:
    with store.books.transaction() as tx:
        tx.put_link(Link("good", local_field=LocalField.BARCODE))
    store.rename_item("A", "N-1")
    assert {m.by for m in store.mappings()} == {MappedBy.RULE, MappedBy.HAND}


def test_a_number_that_is_taken_empty_or_unknown_is_refused_and_nothing_moves(
    store: BrandStore, warehouse: Location
) -> None:
    for new, error in (("B", NameTaken), ("A", NameTaken), (" ", EmptyName)):
        with pytest.raises(error):
            store.rename_item("A", new)
    with pytest.raises(UnknownSku):
        store.rename_item("nowhere", "C")
    assert store.levels_of("A") == [Level(at(warehouse, "A"), 7)]
    assert len(store.cells_of("A")) == 2
    assert store.link().revision == 3


def test_two_histories_never_become_one(store: BrandStore, warehouse: Location) -> None:
    store.set_level(at(warehouse, "B"), 1, BY_HAND)
    store.remove_item("B", GONE, force=True)
    with pytest.raises(NumberWasUsed, match="B was the number"):
        store.rename_item("A", "B")


# -- going ---------------------------------------------------------------------------------------


def test_an_item_without_anything_goes_at_once(store: BrandStore, warehouse: Location) -> None:
    store.set_level(at(warehouse, "B"), 0, BY_HAND)
    store.remove_item("B", GONE)
    assert store.item("B") is None
    assert store.levels_of("B") == []
    assert len(store.movements("B")) == 1
    with pytest.raises(UnknownSku):
        store.remove_item("B", GONE)


def test_an_item_in_use_goes_only_when_it_was_meant(store: BrandStore, warehouse: Location) -> None:
    with pytest.raises(ItemInUse, match="places with stock: 1, SKU mappings: 2"):
        store.remove_item("A", GONE)
    assert store.levels_of("A") == [Level(at(warehouse, "A"), 7)]
    store.remove_item("A", GONE, force=True)
    newest = store.movements("A")[0]
    assert (newest.before, newest.after, newest.cause) == (7, 0, GONE)
    assert list(store.mappings()) == []
    assert list(store.cells()) == []
    assert store.link().revision == 4
    assert store.count_items() == 1
    store.check()


# -- locations -----------------------------------------------------------------------------------


def test_an_empty_location_goes_and_its_name_stays_known(
    store: BrandStore, warehouse: Location
) -> None:
    store.add_label(Label("sold", "Sold"))
    shed = store.add_location("Shed")
    store.set_level(at(shed, "A"), 2, BY_HAND)
    store.set_level(at(shed, "B", "sold"), 2, BY_HAND)
    with pytest.raises(LocationHasStock, match="stock of 2 items, such as A"):
        store.remove_location(shed.id)
    store.set_level(at(shed, "A"), 0, BY_HAND)
    store.set_level(at(shed, "B", "sold"), 0, BY_HAND)
    movements = len(store.movements("A"))
    assert store.remove_location(shed.id) == shed
    assert store.locations() == (warehouse,)
    assert store.levels_of("A") == [Level(LevelKey("A", warehouse.id, "good"), 7)]
    assert store.levels_of("B") == []
    assert len(store.movements("A")) == movements
    assert store.former_locations() == {shed.id: "Shed"}
    with pytest.raises(UnknownLocation):
        store.remove_location(shed.id)
    assert store.add_location("Shed").id != shed.id


def test_a_paired_location_stays(store: BrandStore, warehouse: Location) -> None:
    store.set_level(at(warehouse, "A"), 0, BY_HAND)
    with pytest.raises(LocationIsPaired, match="paired with the Shopify location Tokyo"):
        store.remove_location(warehouse.id)
    assert store.locations() == (warehouse,)
