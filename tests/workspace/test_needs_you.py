"""What waits for a person, over the store, the client and the practice shop: each kind of problem
comes, is listed with its choices, and clears by itself when its cause is gone.

Long, because each kind of problem has its own story.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from core.errors import BadInput, LostRace, SafetyStop, UserMustAct
from core.model import (
    Cell,
    CellKey,
    CellState,
    Choice,
    ConnectionState,
    Credentials,
    LocalField,
    PlanKind,
    Problem,
    Secret,
    ShopifyField,
    Waiting,
)
from core.practice import PracticeShop
from core.store.errors import QuantityOutOfRange
from core.sync.events import (
    ChoiceTaken,
    LocationDeactivated,
    MappingInDoubt,
    MappingInOrder,
    SkuUnmapped,
)
from core.workspace import Desk, Workspace
from core.workspace.errors import (
    CountMissing,
    MappingsWouldLeave,
    NotAChoice,
    RowGone,
    RowMoved,
)
from core.workspace.watching import CATALOGUE, LOCATIONS
from tests.twins.clock import ManualClock

T = TypeVar("T")
HERE = ("Tokyo", "Osaka")
LABEL = "main"


class Bench:
    """A linked brand, 50 of each everywhere; what the engine does is asked for step by step."""

    def __init__(self, desk: Desk, shop: PracticeShop, folder: Path, clock: ManualClock) -> None:
        self.desk, self.shop, self.folder, self.clock = desk, shop, folder, clock
        self.places = [location.name for location in shop.stock.locations]
        self.skus = [item.sku or "" for item in shop.stock.items]
        self.sku = self.skus[0]

    def link(self) -> None:
        rows = [f"{sku},{sku},,{place},50" for sku in self.skus for place in HERE]
        self.imported("\n".join(["sku_number,name,barcode,location,quantity", *rows, ""]))
        self.desk.pair(list(zip(HERE, self.places, strict=True)), LABEL).result(20)
        self.desk.map().result(20)
        self.desk.enable(self.desk.plan(PlanKind.PUSH).result(20)).result(20)

    def imported(self, text: str) -> None:
        file = self.folder / "items.csv"
        file.write_text(text)
        self.desk.import_items(file)

    # -- what a running engine does -------------------------------------------------------------

    def on_the_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return self.desk._call(work).result(20)

    def catalogue(self) -> None:
        async def work() -> None:
            session = await self.desk._open()
            await self.desk._look(CATALOGUE, lambda: self.desk._take_catalogue(session))

        self.on_the_loop(work())

    def locations(self) -> None:
        async def work() -> None:
            session = await self.desk._open()
            await self.desk._look(LOCATIONS, lambda: self.desk._take_locations(session))

        self.on_the_loop(work())

    def rest(self) -> None:
        assert self.desk.run_once().result(20).rests

    # -- what can be seen -----------------------------------------------------------------------

    def waiting(self) -> list[tuple[Problem, str, str]]:
        rows = self.desk.waiting()
        assert self.desk.status().needs_you == self.desk.count_waiting() == len(rows)
        assert all(row.since for row in rows)
        return [(r.problem, r.sku_number, self.place_of(r)) for r in rows]

    def place_of(self, row: Waiting) -> str:
        return self.desk.location_name(row.location_id) if row.location_id else ""

    def row(self) -> Waiting:
        (row,) = self.desk.waiting()
        return row

    def here(self, sku: str | None = None, place: int = 0) -> int | None:
        for level in self.desk.levels_of(sku or self.sku):
            if self.desk.location_name(level.key.location_id) == HERE[place]:
                return level.quantity
        return None

    def there(self, sku: str | None = None, place: int = 0) -> int:
        return self.shop.quantity(sku or self.sku, self.places[place])

    def equal(self, number: int, sku: str | None = None, place: int = 0) -> None:
        assert (self.here(sku, place), self.there(sku, place)) == (number, number)

    def codes(self) -> list[str]:
        return [event.code for event in self.desk.log(limit=1_000)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ManualClock()
    shop = PracticeShop(variants=6, locations=2, seed=3, clock=clock)
    home = tmp_path / "home"
    with Workspace(
        home, clock=clock, transport=shop.transport(), who="ann", environ={}
    ) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk("Tea")
        desk.add_label(replace(_label(), negative_allowed=False))
        for place in HERE:
            desk.add_location(place)
        desk.connect(Credentials(shop.domain, access_token=Secret(shop.access_token))).result(20)
        bench = Bench(desk, shop, tmp_path, clock)
        bench.link()
        yield bench


def _label() -> Any:
    from core.model import Label

    return Label(LABEL, "Main")


# -- each kind comes, and goes by itself ---------------------------------------------------------


def test_untracked_clears_when_it_is_tracked_again(bench: Bench) -> None:
    bench.shop.set_tracked(bench.sku, tracked=False)
    bench.rest()
    assert bench.waiting() == [(Problem.UNTRACKED, bench.sku, place) for place in HERE]
    bench.desk.adjust_stock(bench.sku, "Tokyo", -4)
    bench.rest()
    assert bench.there() == 50  # nothing flows meanwhile
    bench.shop.set_tracked(bench.sku, tracked=True)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(46)


def test_not_stocked_clears_when_it_is_stocked_again(bench: Bench) -> None:
    bench.shop.set_stocked(bench.sku, bench.places[0], stocked=False)
    bench.rest()
    assert bench.waiting() == [(Problem.NOT_STOCKED, bench.sku, "Tokyo")]
    bench.desk.adjust_stock(bench.sku, "Tokyo", 2)
    bench.shop.set_stocked(bench.sku, bench.places[0], stocked=True)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(52)


def test_deleted_is_listed_and_clears_when_its_mapping_goes(bench: Bench) -> None:
    bench.shop.remove_variant(bench.sku)
    bench.rest()
    assert bench.waiting() == [(Problem.DELETED, bench.sku, place) for place in HERE]
    assert Choice.UNMAP in bench.desk.waiting()[0].choices
    bench.catalogue()
    assert len(bench.waiting()) == 2  # it leaves the link, and stays listed
    bench.desk.map(agreed=True).result(20)
    assert bench.waiting() == []
    assert bench.desk.status().mapped == 5


def test_a_bundle_clears_when_it_is_none_any_more(bench: Bench) -> None:
    bench.shop.set_bundle(bench.sku, bundle=True)
    bench.catalogue()
    assert bench.waiting() == [(Problem.BUNDLE, bench.sku, place) for place in HERE]
    bench.desk.adjust_stock(bench.sku, "Tokyo", -1)
    bench.rest()
    assert bench.waiting() == [(Problem.BUNDLE, bench.sku, place) for place in HERE]
    assert bench.there() == 50
    bench.shop.set_bundle(bench.sku, bundle=False)
    bench.catalogue()
    bench.rest()
    assert bench.waiting() == []
    bench.equal(49)


def test_a_deactivated_location_stops_its_cells_until_it_is_active_again(bench: Bench) -> None:
    bench.shop.set_location_active(bench.places[0], active=False)
    bench.locations()
    assert bench.waiting() == [(Problem.LOCATION_INACTIVE, sku, "Tokyo") for sku in bench.skus]
    bench.desk.adjust_stock(bench.sku, "Tokyo", -3)
    bench.desk.adjust_stock(bench.sku, "Osaka", -5)
    bench.rest()
    assert bench.there() == 50
    bench.equal(45, place=1)  # the other location goes on
    (told,) = [e for e in bench.desk.log(limit=500) if isinstance(e, LocationDeactivated)]
    assert (told.location, told.cells) == (bench.places[0], 6)
    bench.shop.set_location_active(bench.places[0], active=True)
    bench.locations()
    bench.rest()
    assert bench.waiting() == []
    bench.equal(47)


def test_a_refused_write_makes_the_locations_be_looked_at(bench: Bench) -> None:
    bench.shop.set_location_active(bench.places[0], active=False)
    bench.desk._places_hinted.clear()
    session = bench.on_the_loop(bench.desk._open())
    bench.desk.adjust_stock(bench.sku, "Tokyo", -3)
    bench.on_the_loop(session.engine.whole_pass())
    assert bench.waiting() == [(Problem.REJECTED, bench.sku, "Tokyo")]
    assert bench.desk._places_hinted.is_set()
    bench.locations()
    assert (Problem.LOCATION_INACTIVE, bench.sku, "Tokyo") in bench.waiting()
    bench.shop.set_location_active(bench.places[0], active=True)
    bench.locations()
    bench.rest()
    assert bench.waiting() == []
    bench.equal(47)


def test_a_rejected_row_clears_when_it_is_taken_at_the_next_start(bench: Bench) -> None:
    session = bench.on_the_loop(bench.desk._open())
    bench.shop.set_location_active(bench.places[0], active=False)
    bench.desk.adjust_stock(bench.sku, "Tokyo", -3)
    bench.on_the_loop(session.engine.whole_pass())
    assert bench.waiting() == [(Problem.REJECTED, bench.sku, "Tokyo")]
    assert "INVALID_LOCATION" in bench.row().detail
    bench.shop.set_location_active(bench.places[0], active=True)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(47)


def test_negative_stock_clears_when_stock_arrives(bench: Bench) -> None:
    bench.desk.set_stock(bench.sku, "Tokyo", 1)
    bench.rest()
    bench.shop.sell(bench.sku, bench.places[0], 4)
    bench.rest()
    assert bench.waiting() == [(Problem.NEGATIVE_NOT_ALLOWED, bench.sku, "Tokyo")]
    assert Choice.TAKE_THERE not in bench.row().choices  # −3 is what the label forbids
    bench.desk.adjust_stock(bench.sku, "Tokyo", 10)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(7)


def test_both_sides_differing_clears_when_they_agree(bench: Bench) -> None:
    differs_at_start(bench)
    assert bench.waiting() == [(Problem.DIFFERS_AT_START, bench.sku, "Tokyo")]
    bench.shop.set_available(bench.sku, bench.places[0], 30)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(30)


def differs_at_start(bench: Bench) -> None:
    """Mapped anew while both sides have their own numbers at one place."""
    item = bench.shop.item(bench.sku).id
    bench.clock.advance(1)
    bench.desk.unmap_one(item)
    bench.desk.set_stock(bench.sku, "Tokyo", 30)
    bench.desk.map_one(item, bench.sku)
    bench.rest()


def test_an_unknown_outcome_clears_when_both_sides_agree(bench: Bench) -> None:
    outcome_unknown(bench)
    assert bench.waiting() == [(Problem.OUTCOME_UNKNOWN, bench.sku, "Tokyo")]
    bench.shop.set_available(bench.sku, bench.places[0], 40)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(40)


def outcome_unknown(bench: Bench) -> None:
    """A write without an answer for more than a day, and a sale meanwhile: 40 here, 33 there."""
    bench.desk.adjust_stock(bench.sku, "Tokyo", -10)
    bench.shop.faults.update({"only": "writes", "loss_after": 1.0})
    bench.desk.run_once().result(60)
    bench.shop.faults.clear()
    bench.clock.advance(25 * 3600)
    bench.shop.sell(bench.sku, bench.places[0], 7)
    bench.rest()


def test_a_changed_sku_is_doubted_syncs_on_and_clears_when_it_is_changed_back(
    bench: Bench,
) -> None:
    bench.shop.rename_sku(bench.sku, "OTHER")
    bench.catalogue()
    assert bench.waiting() == [(Problem.SKU_CHANGED, bench.sku, "")]
    row = bench.row()
    assert (row.detail, row.follow) == ("OTHER", "")
    assert Choice.FOLLOW not in row.choices
    bench.desk.adjust_stock(bench.sku, "Tokyo", -8)
    bench.rest()
    assert bench.there("OTHER") == 42  # it stands and syncs
    bench.shop.rename_sku("OTHER", bench.sku)
    bench.catalogue()
    assert bench.waiting() == []
    events = bench.desk.log(limit=500)
    assert [e.value for e in events if isinstance(e, MappingInDoubt)] == ["OTHER"]
    assert [e.sku for e in events if isinstance(e, MappingInOrder)] == [bench.sku]


def test_a_barcode_changed_here_is_doubted_at_once(bench: Bench) -> None:
    by_barcode(bench)
    item = bench.desk.item(bench.sku)
    assert item is not None
    bench.desk.edit_item(replace(item, barcode="4900000000000"))
    assert bench.waiting() == [(Problem.SKU_CHANGED, bench.sku, "")]
    bench.desk.edit_item(item)
    assert bench.waiting() == []


def test_renaming_an_item_here_is_a_persons_word_and_no_doubt(bench: Bench) -> None:
    bench.desk.rename_item(bench.sku, "NEW")
    bench.catalogue()
    assert bench.waiting() == []


def test_removing_the_other_item_clears_a_duplicate(bench: Bench) -> None:
    codes = by_barcode(bench)
    bench.imported(f"sku_number,name,barcode\nTWIN,Twin,{codes[bench.sku]}\n")
    assert bench.waiting() == [(Problem.DUPLICATE, bench.sku, "")]
    bench.desk.remove_item("TWIN")
    assert bench.waiting() == []


def by_barcode(bench: Bench) -> dict[str, str]:
    """Every item with its variant's barcode, mapped by that."""
    codes = {item.sku or "": item.variant.barcode or "" for item in bench.shop.stock.items}
    head = "sku_number,name,barcode\n"
    bench.imported(head + "".join(f"{sku},{sku},{codes[sku]}\n" for sku in bench.skus))
    bench.desk.set_fields(ShopifyField.BARCODE, LocalField.BARCODE)
    bench.desk.map().result(20)
    assert bench.waiting() == []
    return codes


def test_a_duplicate_clears_when_the_other_one_goes(bench: Bench) -> None:
    one, two = bench.skus[:2]
    item = bench.shop.item(two).id
    bench.shop.rename_sku(two, one)
    bench.catalogue()
    assert bench.waiting() == [
        (Problem.SKU_CHANGED, two, ""),
        (Problem.DUPLICATE, one, ""),
    ]
    bench.shop.rename_sku(item, two)
    bench.catalogue()
    assert bench.waiting() == []


def test_a_duplicate_by_barcode_comes_and_goes_with_an_import(bench: Bench) -> None:
    one, two = bench.skus[:2]
    codes = by_barcode(bench)
    head = "sku_number,name,barcode\n"
    bench.imported(head + f"{two},{two},{codes[one]}\n")
    assert sorted(bench.waiting()) == sorted(
        [(Problem.SKU_CHANGED, two, ""), (Problem.DUPLICATE, one, "")]
    )
    bench.imported(head + f"{two},{two},{codes[two]}\n")
    assert bench.waiting() == []


def test_mapping_anew_takes_nothing_from_the_link_unless_that_is_agreed(bench: Bench) -> None:
    one, two = bench.skus[:2]
    bench.shop.rename_sku(one, "OTHER")
    bench.shop.remove_variant(two)
    with pytest.raises(MappingsWouldLeave, match=f"2 SKU mappings .*{one}, {two}"):
        bench.desk.map().result(20)
    assert bench.desk.status().mapped == 6
    bench.catalogue()
    assert (Problem.SKU_CHANGED, one, "") in bench.waiting(), "what changed there is still seen"
    bench.desk.map(agreed=True).result(20)
    assert bench.desk.status().mapped == 4
    story = [event for event in bench.desk.story(one) if isinstance(event, SkuUnmapped)]
    assert [(event.sku, event.there) for event in story] == [(one, "OTHER")]


def test_mapping_anew_clears_all_doubts(bench: Bench) -> None:
    one, two = bench.skus[:2]
    bench.shop.rename_sku(two, one)
    bench.catalogue()
    assert len(bench.waiting()) == 2
    bench.desk.map(agreed=True).result(20)
    assert bench.waiting() == []


def test_a_safety_stop_is_listed_until_the_engine_passes_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = bench.desk.limits()
    bench.desk.set_limits(replace(limits, zeroed_at_least=1, zeroed_share=0.01, gone_at_least=1))
    for sku in bench.skus[:3]:
        bench.shop.set_available(sku, bench.places[0], 0)
    with pytest.raises(SafetyStop):
        bench.desk.run_once().result(20)
    assert bench.waiting() == [(Problem.SAFETY_STOP, "", "")]
    assert bench.row().choices == (Choice.REVIEW, Choice.GUIDE)
    stopped = bench.desk.status()
    assert (stopped.connection, stopped.pending_pull) == (ConnectionState.CONNECTED, 3)
    assert stopped.in_sync == stopped.cells - 3
    assert stopped.held
    bench.desk.plan(PlanKind.MERGE).result(20)
    looked = bench.desk.status()
    assert (looked.in_sync, looked.pending_pull) == (stopped.in_sync, 3), "only looked at"
    woken: list[str] = []
    monkeypatch.setattr(bench.desk, "sync_now", lambda: woken.append("woken"))
    bench.desk.apply(bench.desk.plan(PlanKind.PULL).result(20)).result(20)
    assert woken, "the sync need not wait for its next try"
    agreed = bench.desk.status()
    assert (agreed.in_sync, agreed.pending_pull) == (agreed.cells, 0)
    bench.rest()
    assert not bench.desk.status().held
    assert bench.waiting() == []
    bench.equal(0)


def test_a_catalogue_that_lost_much_is_a_safety_stop_until_it_is_back(bench: Bench) -> None:
    limits = bench.desk.limits()
    bench.desk.set_limits(replace(limits, gone_at_least=1, gone_share=0.0))
    bench.shop.remove_variant(bench.skus[1])
    bench.shop.remove_variant(bench.sku)
    bench.catalogue()
    assert bench.waiting() == [(Problem.SAFETY_STOP, "", "")]
    bench.catalogue()
    assert bench.codes().count("sync_stopped") == 1  # told once
    bench.desk.set_limits(limits)
    bench.catalogue()
    assert bench.waiting() == []


@pytest.mark.parametrize("order", [("engine", "locations"), ("locations", "engine")])
def test_a_stop_that_engine_and_watch_both_meet_is_told_once(
    bench: Bench, order: tuple[str, str]
) -> None:
    bench.shop.door.scopes = ("read_products",)

    async def engine() -> None:
        session = await bench.desk._open()
        noted = asyncio.Event()

        def note() -> None:
            bench.desk._note_health(session)
            noted.set()

        session.engine.on_health = note
        running = asyncio.ensure_future(session.engine.run())
        await noted.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    for who in order:
        if who == "engine":
            bench.on_the_loop(engine())
        else:
            bench.locations()
    assert set(bench.waiting()) == {(Problem.STOPPED, "", "")}
    assert bench.codes().count("sync_stopped") == 1


def test_a_lost_token_is_listed_until_the_engine_passes_again(bench: Bench) -> None:
    bench.shop.door.scopes = ("read_products",)
    with pytest.raises(UserMustAct):
        bench.desk.run_once().result(20)
    assert bench.waiting() == [(Problem.STOPPED, "", "")]
    assert bench.row().choices == (Choice.GUIDE,)
    assert "locations" in bench.row().detail or "inventory" in bench.row().detail
    since = bench.row().since
    with pytest.raises(UserMustAct):
        bench.desk.run_once().result(20)
    assert bench.row().since == since
    bench.shop.door.scopes = ("write_inventory", "read_products", "read_locations")
    bench.rest()
    assert bench.waiting() == []


# -- a person's word -----------------------------------------------------------------------------


def choose(bench: Bench, choice: Choice, count: int | None = None) -> None:
    bench.desk.resolve(bench.desk.waiting()[0], choice, count).result(20)


def test_taking_ours_theirs_or_a_count_is_a_run_that_can_be_undone(bench: Bench) -> None:
    for choice, count, number in (
        (Choice.TAKE_HERE, None, 30),
        (Choice.TAKE_THERE, None, 50),
        (Choice.COUNT_AGAIN, 41, 41),
    ):
        bench.shop.set_available(bench.sku, bench.places[0], 50)
        differs_at_start(bench)
        choose(bench, choice, count)
        assert bench.waiting() == []
        bench.equal(number)
        run = bench.desk.runs(1)[0]
        assert (run.applied, run.who) == (1, "ann")
        bench.desk.apply(bench.desk.undo_plan().result(20)).result(20)
        assert (bench.here(), bench.there()) == (30, 50)
        bench.desk.resolve_many(bench.desk.waiting(), Choice.TAKE_HERE).result(20)
    said = [event for event in bench.desk.log(limit=500) if isinstance(event, ChoiceTaken)]
    assert {(event.who, event.sku) for event in said} == {("ann", bench.sku)}
    assert {event.choice for event in said} >= {"take_here", "take_there", "count_again"}


def test_an_unknown_outcome_is_counted_again(bench: Bench) -> None:
    outcome_unknown(bench)
    choose(bench, Choice.COUNT_AGAIN, 33)
    bench.equal(33)
    bench.rest()
    assert bench.waiting() == []
    bench.equal(33)


def test_switching_tracking_on_is_done_on_shopify_and_the_rows_go(bench: Bench) -> None:
    bench.shop.set_tracked(bench.sku, tracked=False)
    bench.rest()
    choose(bench, Choice.TRACK)
    assert bench.waiting() == []  # both places: it is one item
    assert bench.shop.item(bench.sku).tracked
    assert "tracking_switched_on" in bench.codes()
    bench.rest()
    bench.equal(50)


def test_stocking_it_there_is_done_on_shopify_and_the_row_goes(bench: Bench) -> None:
    bench.shop.set_stocked(bench.sku, bench.places[0], stocked=False)
    bench.rest()
    choose(bench, Choice.ACTIVATE)
    assert bench.waiting() == []
    assert "activated" in bench.codes()
    bench.rest()
    bench.equal(50)


def test_what_is_left_out_flows_neither_way_and_loses_nothing(bench: Bench) -> None:
    bench.shop.set_tracked(bench.sku, tracked=False)
    bench.rest()
    rows = bench.desk.waiting()
    assert bench.desk.resolve_many(rows, Choice.IGNORE).result(20).done == 2
    assert (bench.waiting(), bench.desk.status().ignored) == ([], 2)
    assert bench.desk.status().cells == 10
    bench.shop.set_tracked(bench.sku, tracked=True)
    bench.desk.adjust_stock(bench.sku, "Tokyo", -5)
    bench.shop.sell(bench.sku, bench.places[0], 2)
    bench.rest()
    assert (bench.here(), bench.there()) == (45, 48)
    assert bench.desk.status().oldest_unsent_s is None
    left = bench.desk.ignored()
    assert [(row.problem, row.choices) for row in left] == [
        (Problem.IGNORED, (Choice.NOTICE,)),
        (Problem.IGNORED, (Choice.NOTICE,)),
    ]
    bench.desk.resolve_many(left, Choice.NOTICE).result(20)
    bench.rest()
    assert (bench.waiting(), bench.desk.status().ignored) == ([], 0)
    bench.equal(43)


def test_a_plan_leaves_out_what_a_person_left_out(bench: Bench) -> None:
    bench.shop.set_tracked(bench.sku, tracked=False)
    bench.rest()
    bench.desk.resolve_many(bench.desk.waiting(), Choice.IGNORE).result(20)
    bench.shop.set_tracked(bench.sku, tracked=True)
    bench.desk.set_stock(bench.sku, "Tokyo", 9)
    plan = bench.desk.plan(PlanKind.PUSH).result(20)
    assert [row.sku_number for row in plan.left_out] == [bench.sku, bench.sku]
    bench.desk.apply(plan).result(20)
    assert bench.there() == 50


def test_keeping_a_mapping_makes_it_one_by_hand_and_its_cells_stay(bench: Bench) -> None:
    bench.shop.rename_sku(bench.sku, "OTHER")
    bench.catalogue()
    choose(bench, Choice.KEEP)
    assert bench.waiting() == []
    assert all(cell.state is CellState.IN_SYNC for cell in bench.desk.cells_of(bench.sku))
    bench.catalogue()
    bench.desk.map().result(20)
    assert bench.waiting() == []
    assert bench.desk.status().mapped == 6
    assert bench.desk.undo_edit() == 1


def test_following_maps_to_the_item_that_the_new_sku_names(bench: Bench) -> None:
    bench.imported("sku_number,name,barcode,location,quantity\nNEW,New,,Tokyo,50\n")
    bench.shop.rename_sku(bench.sku, "NEW")
    bench.catalogue()
    row = bench.row()
    assert (row.follow, row.choices[0]) == ("NEW", Choice.FOLLOW)
    choose(bench, Choice.FOLLOW)
    bench.rest()
    assert bench.waiting() == []
    assert bench.here("NEW") == bench.there("NEW") == 50
    assert bench.desk.cells_of(bench.sku) == []


def test_two_skus_that_changed_places_are_followed_both(bench: Bench) -> None:
    one, two = bench.skus[:2]
    first, second = bench.shop.item(one).id, bench.shop.item(two).id
    bench.shop.rename_sku(first, "X")
    bench.shop.rename_sku(second, one)
    bench.shop.rename_sku(first, two)
    bench.catalogue()
    assert {(row.sku_number, row.follow) for row in bench.desk.waiting()} == {
        (one, two),
        (two, one),
    }
    done = bench.desk.resolve_many(bench.desk.waiting(), Choice.FOLLOW).result(20)
    assert (done.done, done.refused) == (2, ())
    bench.rest()
    assert bench.waiting() == []
    assert [m.inventory_item_id for m in bench.desk.mappings_of(one)] == [second]


def test_unmapping_takes_a_deleted_product_off_the_list(bench: Bench) -> None:
    bench.shop.remove_variant(bench.sku)
    bench.rest()
    done = bench.desk.resolve_many(bench.desk.waiting(), Choice.UNMAP).result(20)
    assert (done.done, done.refused) == (2, ())
    assert bench.waiting() == []
    assert bench.desk.status().mapped == 5


# -- what is refused -----------------------------------------------------------------------------


def test_what_is_no_answer_to_a_problem_is_refused_with_those_that_are(bench: Bench) -> None:
    bench.shop.set_tracked(bench.sku, tracked=False)
    bench.rest()
    with pytest.raises(NotAChoice, match="track") as caught:
        choose(bench, Choice.TAKE_HERE)
    assert isinstance(caught.value, BadInput)
    assert bench.desk.runs() == bench.desk.runs(1)
    done = bench.desk.resolve_many(bench.desk.waiting(), Choice.KEEP).result(20)
    assert (done.done, len(done.refused)) == (0, 2)


def test_a_count_without_its_number_is_refused(bench: Bench) -> None:
    differs_at_start(bench)
    with pytest.raises(CountMissing):
        choose(bench, Choice.COUNT_AGAIN)


@pytest.mark.parametrize("count", [10**9 + 1, -(10**9) - 1, 10**20])
def test_a_count_that_no_side_can_keep_is_refused_and_nothing_changes(
    bench: Bench, count: int
) -> None:
    differs_at_start(bench)
    runs = len(bench.desk.runs())
    with pytest.raises(QuantityOutOfRange, match="not a quantity that can be kept"):
        choose(bench, Choice.COUNT_AGAIN, count)
    assert (bench.here(), bench.there(), len(bench.desk.runs())) == (30, 50, runs)


def test_a_row_that_moved_since_is_told_and_not_forced(bench: Bench) -> None:
    differs_at_start(bench)
    row = bench.row()
    bench.shop.sell(bench.sku, bench.places[0], 1)
    runs = len(bench.desk.runs())
    with pytest.raises(RowMoved, match="49") as caught:
        bench.desk.resolve(row, Choice.TAKE_HERE).result(20)
    assert isinstance(caught.value, LostRace)
    assert (bench.here(), bench.there(), len(bench.desk.runs())) == (30, 49, runs)


def test_a_row_that_is_gone_is_told(bench: Bench) -> None:
    differs_at_start(bench)
    row = bench.row()
    bench.desk.unmap_one(row.inventory_item_id)
    with pytest.raises(RowGone):
        bench.desk.resolve(row, Choice.TAKE_HERE).result(20)
    with pytest.raises(RowGone):
        bench.desk.resolve(row, Choice.IGNORE).result(20)


def test_looking_changes_nothing(bench: Bench) -> None:
    differs_at_start(bench)
    before = bench.waiting()
    choose(bench, Choice.GUIDE)
    assert bench.waiting() == before


def test_the_list_is_searched_and_paged(bench: Bench) -> None:
    bench.shop.set_location_active(bench.places[0], active=False)
    bench.locations()
    bench.shop.rename_sku(bench.skus[1], "OTHER")
    bench.catalogue()
    everything = bench.desk.waiting()
    assert [row.key for row in bench.desk.waiting("", 2, 3)] == [r.key for r in everything[2:5]]
    assert {row.sku_number for row in bench.desk.waiting(f"{bench.sku} tokyo")} == {bench.sku}
    assert [row.problem for row in bench.desk.waiting("other")] == [Problem.SKU_CHANGED]
    assert len({row.key for row in everything}) == len(everything) == 7


# -- very many -----------------------------------------------------------------------------------


def test_a_list_of_very_many_is_read_a_little_at_a_time_and_reaches_every_row(
    bench: Bench,
) -> None:
    place = bench.desk.locations()[0].id
    keys = [CellKey(f"gid://{n:05d}", "gid://9") for n in range(6_000)]
    with bench.desk._store.books.transaction() as tx:
        tx.put_cells(
            Cell(key, bench.sku, place, there=n, base=0, problem=Problem.REJECTED)
            for n, key in enumerate(keys)
        )
    found = bench.desk.waiting_list()
    assert found.grow()
    assert len(found) == 500
    assert bench.desk.count_waiting() == 6_000
    while found.grow():
        pass
    assert (len(found), found.is_whole) == (6_000, True)
    assert [row.there for row in found.at(5_998, 9)] == [5_998, 5_999]
    marks = [row.key for row in (*found.at(5_999, 1), *found.at(7, 1))]
    assert [row.there for row in found.among(marks)] == [7, 5_999]
    with bench.desk._store.books.transaction() as tx:
        tx.remove_cell(keys[7])
    assert [row.there for row in found.among(marks)] == [5_999]
    few = bench.desk.waiting_list(lambda row: (row.there or 0) % 1_000 == 0)
    while few.grow():
        pass
    assert [row.there for row in few.at(0, 99)] == [0, 1_000, 2_000, 3_000, 4_000, 5_000]
