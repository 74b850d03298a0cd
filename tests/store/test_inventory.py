"""Moving stock, mending names, and forgetting old movements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.clock import iso
from core.model import Cell, CellKey, Item, Label, Level, LevelKey, Link, Location
from core.store import BrandStore
from core.store.errors import (
    EmptyName,
    LabelHasStock,
    LabelIsDefault,
    LabelIsLinked,
    LabelIsTheLast,
    NameTaken,
    NegativeStock,
    NothingToMove,
    UnknownLabel,
    UnknownLocation,
    UnknownSku,
)
from tests.store.given import BY_HAND, Oops, StandingClock, at, stocked

CELL = CellKey("gid://shopify/InventoryItem/1", "gid://shopify/Location/9")


@pytest.fixture
def warehouse(store: BrandStore) -> Location:
    return stocked(store, "A", "B")


@pytest.fixture
def floor(store: BrandStore, warehouse: Location) -> Location:
    return store.add_location("Shop floor")


# -- moving --------------------------------------------------------------------------------------


def test_a_move_is_one_change_with_two_halves_that_know_each_other(
    store: BrandStore, warehouse: Location, floor: Location
) -> None:
    source, target = at(warehouse, "A"), at(floor, "A")
    store.set_level(source, 10, BY_HAND)
    with store.books.transaction() as tx:
        tx.put_link(Link("good"))
        tx.put_cell(Cell(CELL, "A", floor.id, base=0))
    out, into = store.move_level(source, target, 4, BY_HAND)
    assert store.levels_of("A") == [Level(source, 6), Level(target, 4)]
    assert (out.key, out.before, out.after) == (source, 10, 6)
    assert (into.key, into.before, into.after) == (target, None, 4)
    assert out.at == into.at
    assert (store.counterpart(out.id), store.counterpart(into.id)) == (into, out)
    first = store.movements("A")[-1]
    assert store.counterpart(first.id) is None
    assert [cell.here for cell in store.cells()] == [4]


def test_a_move_may_change_the_label(store: BrandStore, warehouse: Location) -> None:
    store.add_label(Label("broken", "Broken"))
    store.set_level(at(warehouse, "A"), 10, BY_HAND)
    store.move_level(at(warehouse, "A"), at(warehouse, "A", "broken"), 1, BY_HAND)
    assert [level.quantity for level in store.levels_of("A")] == [9, 1]


def test_a_move_that_may_not_be_changes_neither_side(
    store: BrandStore, warehouse: Location, floor: Location
) -> None:
    source, target = at(warehouse, "A"), at(floor, "A")
    store.set_level(source, 3, BY_HAND)
    with pytest.raises(NegativeStock, match="from 3 to -1"):
        store.move_level(source, target, 4, BY_HAND)
    with pytest.raises(UnknownLocation):
        store.move_level(source, LevelKey("A", "nowhere", "good"), 1, BY_HAND)
    with pytest.raises(UnknownSku):
        store.move_level(at(warehouse, "x"), at(floor, "x"), 1, BY_HAND)
    for quantity, place in ((0, target), (-1, target), (1, source)):
        with pytest.raises(NothingToMove):
            store.move_level(source, place, quantity, BY_HAND)
    assert store.levels_of("A") == [Level(source, 3)]
    assert len(store.movements("A")) == 1


# -- many at once --------------------------------------------------------------------------------


def test_many_levels_are_set_and_adjusted_in_one_commit_with_their_cells(
    store: BrandStore, warehouse: Location
) -> None:
    skus = [f"S{n}" for n in range(1500)]
    store.put_items(Item(sku) for sku in skus)
    with store.books.transaction() as tx:
        tx.put_link(Link("good"))
        tx.put_cell(Cell(CELL, "S1499", warehouse.id, base=0))
    told: list[int] = []
    made = store.set_levels({at(warehouse, sku): 7 for sku in skus}, BY_HAND, told.append)
    assert told == [1000, 1500]
    assert [(one.key.sku_number, one.before, one.after) for one in made[:2]] == [
        ("S0", None, 7),
        ("S1", None, 7),
    ]
    assert {one.at for one in made} == {made[0].at}
    assert store.movements("S1499") == [made[-1]]
    store.adjust_levels({at(warehouse, sku): -2 for sku in skus}, BY_HAND)
    assert {level.quantity for level in store.levels()} == {5}
    assert [cell.here for cell in store.cells()] == [5]


def test_one_level_that_may_not_be_stops_them_all(store: BrandStore, warehouse: Location) -> None:
    store.set_level(at(warehouse, "A"), 3, BY_HAND)
    store.set_level(at(warehouse, "B"), 1, BY_HAND)
    with pytest.raises(NegativeStock, match="from 1 to -1"):
        store.adjust_levels({at(warehouse, "A"): -2, at(warehouse, "B"): -2}, BY_HAND)
    with pytest.raises(UnknownSku):
        store.set_levels({at(warehouse, "A"): 9, at(warehouse, "x"): 9}, BY_HAND)
    assert [level.quantity for level in store.levels()] == [3, 1]
    assert len(store.movements("A")) == 1


def test_who_is_told_of_the_progress_may_take_all_of_it_back(
    store: BrandStore, warehouse: Location, floor: Location
) -> None:
    def cancel(_done: int) -> None:
        raise Oops

    store.set_level(at(warehouse, "A"), 3, BY_HAND)
    with pytest.raises(Oops):
        store.set_levels({at(warehouse, "A"): 9}, BY_HAND, cancel)
    with pytest.raises(Oops):
        store.move_levels([(at(warehouse, "A"), at(floor, "A"))], 1, BY_HAND, cancel)
    assert store.levels_of("A") == [Level(at(warehouse, "A"), 3)]


def test_many_are_moved_and_each_half_knows_its_other(
    store: BrandStore, warehouse: Location, floor: Location
) -> None:
    both = ("A", "B")
    store.set_levels({at(warehouse, sku): 3 for sku in both}, BY_HAND)
    moves = [(at(warehouse, sku), at(floor, sku)) for sku in both]
    made = store.move_levels(moves, 2, BY_HAND)
    assert [(one.before, one.after) for one in made] == [(3, 1), (None, 2)] * 2
    assert store.counterpart(made[2].id) == made[3]
    with pytest.raises(NegativeStock):
        store.move_levels(moves, 2, BY_HAND)


# -- names ---------------------------------------------------------------------------------------


def test_a_label_goes_only_empty_unlinked_and_not_as_the_default_or_the_last(
    store: BrandStore, warehouse: Location
) -> None:
    with pytest.raises(LabelIsTheLast):
        store.remove_label("good")
    store.add_label(Label("sold", "Sold"))
    with store.books.transaction() as tx:
        tx.put_link(replace(tx.link(), label_code="sold"))
    with pytest.raises(LabelIsLinked):
        store.remove_label("sold")
    with store.books.transaction() as tx:
        tx.put_link(replace(tx.link(), label_code="good"))
    with pytest.raises(LabelIsLinked):
        store.remove_label("good")
    store.set_level(at(warehouse, "A", "sold"), 2, BY_HAND)
    with pytest.raises(LabelHasStock, match="stock of 1 item under the inventory label Sold: A"):
        store.remove_label("sold")
    store.set_level(at(warehouse, "A", "sold"), 0, BY_HAND)
    movements = len(store.movements("A"))
    assert store.remove_label("sold").code == "sold"
    assert [label.code for label in store.labels()] == ["good"]
    assert all(level.key.label_code != "sold" for level in store.levels_of("A"))
    assert len(store.movements("A")) == movements
    with pytest.raises(UnknownLabel):
        store.remove_label("sold")


def test_the_default_label_stays_while_there_are_others(
    store: BrandStore, warehouse: Location
) -> None:
    store.add_label(Label("sold", "Sold"))
    with store.books.transaction() as tx:
        tx.put_link(replace(tx.link(), label_code="sold"))
    with pytest.raises(LabelIsDefault, match="label edit"):
        store.remove_label("good")


def test_a_label_is_edited_and_one_default_remains(store: BrandStore, warehouse: Location) -> None:
    store.add_label(Label("sold", "Sold"))
    store.edit_label(Label("good", "Sellable", colour="green", negative_allowed=True))
    assert store.label("good") == Label(
        "good", "Sellable", colour="green", is_default=True, negative_allowed=True
    )
    store.edit_label(Label("sold", "Sold", is_default=True))
    assert [label.code for label in store.labels() if label.is_default] == ["sold"]
    with pytest.raises(UnknownLabel):
        store.edit_label(Label("none", "None"))
    with pytest.raises(EmptyName):
        store.edit_label(Label("sold", " "))


def test_a_location_is_renamed_and_keeps_its_stock(
    store: BrandStore, warehouse: Location, floor: Location
) -> None:
    store.set_level(at(warehouse, "A"), 3, BY_HAND)
    renamed = store.rename_location(warehouse.id, " 倉庫 ")
    assert renamed == Location(warehouse.id, "倉庫")
    assert store.location(warehouse.id) == renamed
    assert store.rename_location(warehouse.id, "倉庫") == renamed
    with pytest.raises(NameTaken, match="Shop floor"):
        store.rename_location(warehouse.id, "Shop floor")
    with pytest.raises(EmptyName):
        store.rename_location(warehouse.id, "")
    with pytest.raises(UnknownLocation):
        store.rename_location("nowhere", "x")
    assert store.levels_of("A") == [Level(at(renamed, "A"), 3)]


# -- retention -----------------------------------------------------------------------------------


def test_old_movements_are_forgotten_but_never_the_newest_of_a_level(
    store: BrandStore, clock: StandingClock, warehouse: Location, floor: Location
) -> None:
    for quantity in (1, 2, 3):
        store.set_level(at(warehouse, "A"), quantity, BY_HAND)
        store.set_level(at(floor, "A"), quantity * 10, BY_HAND)
    store.set_level(at(warehouse, "B"), 7, BY_HAND)
    clock.forward(3600)
    limit = iso(clock.now())
    store.set_level(at(warehouse, "A"), 4, BY_HAND)
    assert store.prune_movements("2020-01-01T00:00:00.000Z") == 0
    assert store.prune_movements(limit) == 3 + 2
    assert [movement.after for movement in store.movements("A")] == [4, 30]
    assert [movement.after for movement in store.movements("B")] == [7]
    assert store.prune_movements(limit) == 0
    clock.forward(1)
    assert store.prune_movements(iso(clock.now())) == 0
    assert [level.quantity for level in store.levels_of("A")] == [4, 30]


def test_pruning_reaches_every_item(
    store: BrandStore, clock: StandingClock, warehouse: Location
) -> None:
    skus = [f"S{n}" for n in range(450)]
    store.put_items(Item(sku) for sku in skus)
    for quantity in (1, 2):
        store.import_batch([], [Level(at(warehouse, sku), quantity) for sku in skus], BY_HAND)
    clock.forward(60)
    assert store.prune_movements(iso(clock.now())) == 450
    assert all([m.after for m in store.movements(sku)] == [2] for sku in skus)
