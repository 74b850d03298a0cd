"""Pairing again and again: what stays keeps what is known of it, what goes forgets it, and no unit
is lost or made by it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model import (
    Cell,
    CellKey,
    CellState,
    Choice,
    Credentials,
    Label,
    PlanKind,
    Problem,
    QuantityName,
    Secret,
)
from core.practice import PracticeShop
from core.sync import aside
from core.workspace import Desk, Workspace
from core.workspace.errors import UnknownLocationName, UnknownShopifyLocation
from core.workspace.watching import LOCATIONS
from tests.twins.clock import ManualClock

HERE = ("Tokyo", "Osaka", "Kobe")
START = 20
Pairing = tuple[tuple[int, int], ...]
"""Which location here with which one there, by their numbers."""


class Town:
    """A linked brand with three locations on both sides; the engine's passes are asked for."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.shop = PracticeShop(variants=2, locations=3, clock=self.clock)
        self.there = [place.name for place in self.shop.stock.locations]
        self.skus = [item.sku or "" for item in self.shop.stock.items]
        self.workspace = Workspace(
            folder, clock=self.clock, transport=self.shop.transport(), environ={}
        )
        self.workspace.add_brand("Tea")
        self.desk: Desk = self.workspace.desk("Tea")
        self.folder = folder
        for code in ("main", "other"):
            self.desk.add_label(Label(code, code, negative_allowed=True))
        for place in HERE:
            self.desk.add_location(place)
        token = Secret(self.shop.access_token)
        self.desk.connect(Credentials(self.shop.domain, token)).result(20)
        file = folder / "items.csv"
        rows = [f"{sku},,,{place},main,{START}" for sku in self.skus for place in HERE]
        file.write_text("\n".join(["sku_number,name,barcode,location,label,quantity", *rows, ""]))
        self.desk.import_items(file)
        self.pair(((0, 0), (1, 1), (2, 2)))
        self.desk.map().result(20)
        self.desk.enable(self.desk.plan(PlanKind.PUSH).result(20)).result(20)

    def restart(self) -> None:
        self.workspace.close()
        self.workspace = Workspace(
            self.folder, clock=self.clock, transport=self.shop.transport(), environ={}
        )
        self.desk = self.workspace.desk("Tea")

    @property
    def tokyo(self) -> str:
        return self.desk.location_named("Tokyo").id

    def pair(self, pairing: Pairing, label: str | None = None) -> None:
        chosen = [(HERE[here], self.there[there]) for here, there in pairing]
        self.desk.pair(chosen, label).result(20)

    def rest(self) -> None:
        assert self.desk.run_once().result(60).rests

    def look_at_locations(self, desk: Desk | None = None) -> None:
        at = desk or self.desk

        async def work() -> None:
            session = await at._open()
            await at._look(LOCATIONS, lambda: at._take_locations(session))

        at._call(work()).result(20)

    @contextmanager
    def beside(self) -> Iterator[Desk]:
        """Another process at the same brand."""
        with Workspace(
            self.folder, clock=self.clock, transport=self.shop.transport(), environ={}
        ) as workspace:
            yield workspace.desk("Tea")

    def waits_for_location(self) -> int:
        problems = [cell.problem for cell in self.cells().values()]
        return problems.count(Problem.LOCATION_INACTIVE)

    def cells(self) -> dict[CellKey, Cell]:
        return {cell.key: cell for cell in self.desk.cells()}

    def cell(self, here: int) -> Cell:
        (found,) = [
            cell
            for cell in self.desk.cells_of(self.skus[0])
            if self.desk.location_name(cell.location_id) == HERE[here]
        ]
        return found

    def numbers_here(self) -> dict[tuple[str, str], int]:
        return {
            (sku, level.key.location_id): level.quantity
            for sku in self.skus
            for level in self.desk.levels_of(sku)
            if level.key.label_code == "main"
        }

    def numbers_there(self) -> dict[tuple[str, str], int]:
        return {
            (sku, place): self.shop.quantity(sku, place)
            for sku in self.skus
            for place in self.there
        }


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.workspace.close()


# -- bases -----------------------------------------------------------------------------------------


def test_a_pair_that_is_added_leaves_the_bases_of_the_others_alone(town: Town) -> None:
    town.rest()
    town.pair(((0, 0),))
    before = town.cells()
    assert {cell.base for cell in before.values()} == {START}
    town.desk.adjust_stock(town.skus[0], "Tokyo", +2)
    town.shop.sell(town.skus[0], town.there[0], 5)
    town.pair(((0, 0), (1, 1)))
    assert town.cell(0).base == START
    town.rest()
    assert (town.cell(0).here, town.cell(0).there) == (START - 3, START - 3)


def test_a_pair_that_comes_back_begins_anew_by_a_persons_word_where_the_sides_differ(
    town: Town,
) -> None:
    """What happened on both sides meanwhile was nobody's to sync: no base of old is brought back,
    and no number is touched.
    """
    town.rest()
    town.pair(((0, 0),))
    town.shop.sell(town.skus[0], town.there[1], 5)
    town.pair(((0, 0), (1, 1)))
    assert town.cell(1).base is None
    town.rest()
    assert town.cell(1).problem is Problem.DIFFERS_AT_START
    assert (town.cell(1).here, town.cell(1).there) == (START, START - 5)


def test_pairing_without_naming_a_label_keeps_the_linked_one(town: Town) -> None:
    town.pair(((0, 0),), "other")
    assert town.desk.link().label_code == "other"
    town.pair(((0, 0), (1, 1)))
    assert town.desk.link().label_code == "other"


def test_a_pair_whose_location_is_not_active_now_may_stay_and_waits(town: Town) -> None:
    town.rest()
    town.pair(((0, 0), (1, 1)))
    town.shop.set_location_active(town.there[0], active=False)
    town.pair(((0, 0), (1, 1), (2, 2)))
    assert (town.cell(0).problem, town.cell(0).base) == (Problem.LOCATION_INACTIVE, START)
    town.desk.adjust_stock(town.skus[0], "Tokyo", -4)
    town.rest()
    town.shop.set_location_active(town.there[0], active=True)
    town.look_at_locations()
    town.rest()
    assert (town.cell(0).here, town.cell(0).there) == (START - 4, START - 4)


def test_a_location_that_is_not_active_cannot_be_paired_anew(town: Town) -> None:
    town.pair(((0, 0),))
    town.shop.set_location_active(town.there[1], active=False)
    with pytest.raises(UnknownShopifyLocation):
        town.pair(((0, 0), (1, 1)))
    assert town.cell(0).base == START


# -- bundles ---------------------------------------------------------------------------------------


def test_a_bundle_waits_at_a_location_that_is_paired_later(town: Town) -> None:
    town.pair(((0, 0),))
    town.shop.set_bundle(town.skus[0], bundle=True)
    town.rest()
    town.pair(((0, 0), (1, 1)))
    assert town.cell(0).problem is town.cell(1).problem is Problem.BUNDLE


def test_a_bundle_waits_on_when_its_location_is_active_again(town: Town) -> None:
    town.shop.set_bundle(town.skus[0], bundle=True)
    town.rest()
    assert town.cell(0).problem is Problem.BUNDLE
    for active in (False, True):
        town.shop.set_location_active(town.there[0], active=active)
        town.desk.shop_locations().result(20)  # somebody has looked at them before
        town.look_at_locations()
    assert town.cell(0).problem is Problem.BUNDLE


def test_a_bundle_waits_on_after_a_restore_and_with_another_quantity(
    town: Town, tmp_path: Path
) -> None:
    town.desk.backup(tmp_path / "before.db")
    town.shop.set_bundle(town.skus[0], bundle=True)
    town.rest()
    town.desk.restore(tmp_path / "before.db").result(20)
    assert (town.cell(0).problem, town.cell(0).base) == (Problem.BUNDLE, None)
    town.desk.set_quantity_name(QuantityName.ON_HAND)
    assert (town.cell(0).problem, town.cell(0).there) == (Problem.BUNDLE, None)


def test_what_a_person_left_out_stays_so_with_another_quantity(town: Town) -> None:
    town.shop.set_tracked(town.skus[0], tracked=False)
    town.rest()
    rows = town.desk.waiting()
    assert town.desk.resolve_many(rows, Choice.IGNORE).result(20).done
    town.desk.disable().result(20)
    town.desk.set_quantity_name(QuantityName.ON_HAND)
    assert (town.cell(0).problem, town.cell(0).base) == (Problem.IGNORED, None)


# -- many cells at a location ----------------------------------------------------------------------


class Steps:
    """Cells follow their location one at a time; after so many steps the process is cut off."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.cut_off_after = 1_000
        follow = aside._follow

        def counted(tx: Any, keys: Any, *rest: Any) -> None:
            if len(self.sizes) == self.cut_off_after:
                raise asyncio.CancelledError
            self.sizes.append(len(keys))
            follow(tx, keys, *rest)

        monkeypatch.setattr(aside, "STEP", 1)
        monkeypatch.setattr(aside, "_follow", counted)


def test_the_cells_of_a_location_follow_it_step_by_step(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch)
    for active in (False, True):
        town.shop.set_location_active(town.there[0], active=active)
        town.look_at_locations()
        problems = [cell.problem for cell in town.cells().values()]
        assert problems.count(Problem.LOCATION_INACTIVE) == (0 if active else 2)
    assert steps.sizes == [1, 1, 1, 1]
    told = [e for e in town.desk.log(limit=500) if e.code.startswith("location_")]
    assert [(e.code, getattr(e, "cells", 0)) for e in told] == [
        ("location_deactivated", 2),
        ("location_active_again", 2),
    ]


@pytest.mark.parametrize("active", [False, True])
def test_cells_that_were_cut_off_while_they_followed_go_on_at_the_next_start(
    town: Town, monkeypatch: pytest.MonkeyPatch, active: bool
) -> None:
    if active:
        town.shop.set_location_active(town.there[0], active=False)
        town.look_at_locations()
    town.desk.adjust_stock(town.skus[0], "Tokyo", -4)
    town.shop.sell(town.skus[1], town.there[0], 3)
    steps = Steps(monkeypatch)
    steps.cut_off_after = 1
    town.shop.set_location_active(town.there[0], active=active)
    with pytest.raises(concurrent.futures.CancelledError):
        town.look_at_locations()
    steps.cut_off_after = 1_000
    town.restart()
    town.look_at_locations()
    waiting = [c for c in town.cells().values() if c.problem is Problem.LOCATION_INACTIVE]
    assert len(waiting) == (0 if active else 2)
    town.shop.set_location_active(town.there[0], active=True)
    town.look_at_locations()
    town.rest()
    assert [(c.here, c.there) for c in town.cells().values() if c.location_id == town.tokyo] == [
        (START - 4, START - 4),
        (START - 3, START - 3),
    ]


def test_cells_that_another_process_was_cut_off_from_go_on_when_a_service_takes_up_the_sync(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service has found all in order before; its pairs say so still."""
    town.shop.set_location_active(town.there[0], active=False)
    town.look_at_locations()
    town.look_at_locations()
    steps = Steps(monkeypatch)
    steps.cut_off_after = 1
    town.shop.set_location_active(town.there[0], active=True)
    with town.beside() as other, pytest.raises(concurrent.futures.CancelledError):
        town.look_at_locations(other)
    steps.cut_off_after = 1_000
    assert town.waits_for_location() == 1
    town.desk.start()
    try:
        until(lambda: not town.waits_for_location())
    finally:
        town.desk.stop()


def test_the_engine_stands_by_while_cells_follow_their_location(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would push to, or believe readings of, those that have not followed yet."""
    Steps(monkeypatch)
    follow, inside = aside._follow, []

    async def look() -> None:
        session = await town.desk._open()

        def seen(*given: Any) -> None:
            inside.append((session.engine.gate._alone, session.engine.gate._inside))
            follow(*given)

        monkeypatch.setattr(aside, "_follow", seen)
        await asyncio.gather(town.desk._take_locations(session), session.engine.read_pass())

    town.shop.set_location_active(town.there[0], active=False)
    town.desk._call(look()).result(20)
    assert inside == [(True, 0)] * 2


# -- any order -------------------------------------------------------------------------------------

PAIRINGS = st.permutations(range(3)).flatmap(
    lambda there: st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True).map(
        lambda here: tuple(zip(here, there, strict=False))
    )
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pair"), PAIRINGS, st.booleans()),
        st.tuples(st.just("here"), st.integers(0, 1), st.integers(0, 2), st.integers(-3, 3)),
        st.tuples(st.just("there"), st.integers(0, 1), st.integers(0, 2), st.integers(-3, 3)),
        st.tuples(st.just("rest")),
    ),
    min_size=2,
    max_size=8,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_no_order_of_pairings_loses_or_makes_a_unit(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    town = Town(tmp_path_factory.mktemp("town"))
    try:
        _go_through(town, steps)
    finally:
        town.workspace.close()


def _go_through(town: Town, steps: list[tuple[Any, ...]]) -> None:
    """For each pair from when it began with both sides equal: start + all changes of both sides."""
    due = dict.fromkeys(town.cells(), START)
    here = {cell.key: (cell.sku_number, cell.location_id) for cell in town.cells().values()}
    for step in [*steps, ("rest",)]:
        kind, *what = step
        if kind == "pair":
            _pair_again(town, *what)
            due = _still_due(town, due, here)
            here = {c.key: (c.sku_number, c.location_id) for c in town.cells().values()}
        elif kind == "rest":
            town.rest()
            for key, number in due.items():
                cell = town.cells()[key]
                assert (cell.here, cell.there, cell.state) == (number, number, CellState.IN_SYNC)
        else:
            sku, place, n = town.skus[what[0]], what[1], what[2]
            if kind == "here":
                town.desk.adjust_stock(sku, HERE[place], n)
            else:
                town.shop.sell(sku, town.there[place], -n)
            for cell in town.cells().values():
                name = town.desk.location_name(cell.location_id)
                there = town.shop.location(cell.key.shopify_location_id).name
                if cell.sku_number == sku and (name if kind == "here" else there) == (
                    HERE[place] if kind == "here" else town.there[place]
                ):
                    due.update({cell.key: due[cell.key] + n} if cell.key in due else {})


def _pair_again(town: Town, pairing: Pairing, twice: bool) -> None:
    """It writes on neither side."""
    before = town.cells()
    numbers = town.numbers_here(), town.numbers_there()
    for _ in range(1 + twice):
        town.pair(pairing)
    assert (town.numbers_here(), town.numbers_there()) == numbers
    for key, cell in town.cells().items():
        was = before.get(key)
        stayed = was is not None and was.location_id == cell.location_id
        assert cell == was if stayed else (cell.base, cell.problem) == (None, None)


def _still_due(
    town: Town, due: dict[CellKey, int], here: dict[CellKey, tuple[str, str]]
) -> dict[CellKey, int]:
    cells = town.cells()
    return {
        key: number
        for key, number in due.items()
        if key in cells and here[key] == (cells[key].sku_number, cells[key].location_id)
    }


# -- names -----------------------------------------------------------------------------------------


def test_a_name_with_spaces_around_it_is_found_with_and_without_them(town: Town) -> None:
    town.shop.stock.locations[1].name = " Ginza "
    for typed in (" Ginza ", "Ginza", "Ginza  "):
        (made,) = town.desk.pair([("Osaka ", typed)]).result(20)
        assert made.shopify_name == " Ginza "


def test_names_that_only_spaces_tell_apart_are_never_guessed(town: Town) -> None:
    first, second, _ = town.shop.stock.locations
    first.name, second.name = " Ginza", "Ginza "
    (made,) = town.desk.pair([("Osaka", "Ginza ")]).result(20)
    assert made.shopify_location_id == second.id
    with pytest.raises(UnknownShopifyLocation) as caught:
        town.desk.pair([("Osaka", "Ginza")]).result(20)
    assert '" Ginza", "Ginza "' in str(caught.value)


def test_an_unknown_name_is_told_with_its_spaces(town: Town) -> None:
    with pytest.raises(UnknownLocationName, match='" Nara"'):
        town.desk.pair([(" Nara", town.there[0])]).result(20)
