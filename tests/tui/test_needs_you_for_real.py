"""What waits, settled by keys on the real workspace against the practice shop: the units on both
sides are what was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.model import Credentials, Label, PlanKind, Problem, Secret
from core.practice import PracticeShop
from core.workspace import Desk, Workspace
from tests.tui.seeing import press, running, seen
from tests.twins.clock import ManualClock
from tests.workspace.test_needs_you import HERE, LABEL, Bench


@pytest.fixture
def shop() -> PracticeShop:
    return PracticeShop(variants=6, locations=2, seed=3, clock=ManualClock())


@pytest.fixture
def workspace(tmp_path: Path, shop: PracticeShop) -> Iterator[Workspace]:
    home, clock = tmp_path / "home", ManualClock()
    with Workspace(home, clock=clock, transport=shop.transport(), environ={}) as workspace:
        yield workspace


@pytest.fixture
def bench(tmp_path: Path, workspace: Workspace, shop: PracticeShop) -> Bench:
    workspace.add_brand("Tea")
    desk = workspace.desk("Tea")
    desk.add_label(Label(LABEL, "Main"))
    for place in HERE:
        desk.add_location(place)
    desk.connect(Credentials(shop.domain, access_token=Secret(shop.access_token))).result(20)
    bench = Bench(desk, shop, tmp_path, ManualClock())
    bench.link()
    return bench


@pytest.fixture(autouse=True)
def _no_engine_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests say when it passes."""
    monkeypatch.setattr(Desk, "start", lambda *_args, **_options: None)


async def test_a_count_sets_both_sides_and_is_undone_as_a_run(
    tmp_path: Path, workspace: Workspace, bench: Bench
) -> None:
    bench.shop.sell(bench.sku, bench.places[0], 53)
    bench.rest()
    before = (bench.here(), bench.there())
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "4")
        assert "Label forbids negative stock" in seen(app)
        await press(app, pilot, "c", "7", "enter")
        bench.equal(7)
        assert "Nothing waits for you." in seen(app)
        assert PlanKind.COUNT in {run.kind for run in bench.desk.runs()}
        await press(app, pilot, "u")
        assert "Nothing is written yet" in seen(app)
        await press(app, pilot, "A", "left", "enter")
        assert (bench.here(), bench.there()) == before
        assert PlanKind.UNDO in {run.kind for run in bench.desk.runs()}


async def test_marked_rows_take_dextres_quantities_together(
    tmp_path: Path, workspace: Workspace, bench: Bench
) -> None:
    for sku in bench.skus[:3]:
        bench.shop.sell(sku, bench.places[0], 55)
    bench.rest()
    assert len(bench.desk.waiting()) == 3
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "4", "a", "h")
        assert "3 rows: Take DEXTRE's quantity" in seen(app)
        await press(app, pilot, "left", "enter")
        assert "3 rows done." in seen(app)
        assert app.open_session.status.needs_you == 0
        for sku in bench.skus[:3]:
            assert bench.here(sku) == bench.there(sku)


async def test_an_item_is_stocked_at_the_location_by_one_key(
    tmp_path: Path, workspace: Workspace, bench: Bench
) -> None:
    bench.shop.set_stocked(bench.sku, bench.places[1], stocked=False)
    bench.rest()
    assert bench.row().problem is Problem.NOT_STOCKED
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "4", "s")
        bench.rest()
        await press(app, pilot, "r")
        assert "Nothing waits for you." in seen(app)
        assert bench.here(place=1) == bench.there(place=1)


async def test_a_row_is_left_out_and_taken_up_without_losing_a_unit(
    tmp_path: Path, workspace: Workspace, bench: Bench
) -> None:
    bench.shop.sell(bench.sku, bench.places[0], 53)
    bench.rest()
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "4", "I")
        assert app.open_session.status.needs_you == 0
        bench.shop.restock(bench.sku, bench.places[0], 13)
        bench.rest()
        await press(app, pilot, "f", "I")
        bench.rest()
        await press(app, pilot, "f")
        assert "Nothing waits for you." in seen(app)
        bench.equal(10)


async def test_a_sku_that_was_changed_in_shopify_is_kept_by_one_key(
    tmp_path: Path, workspace: Workspace, bench: Bench
) -> None:
    bench.shop.rename_sku(bench.sku, "OTHER-1")
    bench.catalogue()
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "4")
        assert "It is now: OTHER-1" in seen(app)
        await press(app, pilot, "K")
        assert "Nothing waits for you." in seen(app)
        await press(app, pilot, "u")
        assert "OTHER-1" in seen(app), "the doubt is back"
