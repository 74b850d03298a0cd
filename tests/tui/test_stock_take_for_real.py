"""A stock-take on the real workspace, while the shop goes on selling: what was counted is a
difference, and what is sold meanwhile stays sold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.model import Credentials, Item, Label, Secret
from core.practice import PracticeShop
from core.workspace import Desk, Workspace
from tests.tui.seeing import LARGE, press, running, seen, settled, type_text
from tests.twins.clock import ManualClock
from tests.workspace.test_needs_you import HERE, LABEL, Bench
from tui.screens.counting import CountingScreen


@pytest.fixture(autouse=True)
def _no_engine_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests say when it passes."""
    monkeypatch.setattr(Desk, "start", lambda *_args, **_options: None)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "home", environ={}) as workspace:
        workspace.add_brand("Tea")
        yield workspace


@pytest.fixture
def desk(workspace: Workspace) -> Desk:
    """12 of A, 5 of B and 3 of C at a shop whose label knows nothing below 0."""
    desk = workspace.desk()
    desk.add_label(Label("NEW", "New", is_default=True))
    desk.add_location("Shop")
    for sku, held in (("A", 12), ("B", 5), ("C", 3)):
        desk.add_item(Item(sku, f"Item {sku}"))
        desk.set_stock(sku, "Shop", held)
    return desk


def held(desk: Desk) -> dict[str, int]:
    return {sku: level.quantity for sku in "ABC" for level in desk.levels_of(sku)}


async def scan(app: Any, pilot: Any, *codes: str) -> CountingScreen:
    for code in codes:
        await type_text(pilot, code)
        await press(app, pilot, "enter")
    assert isinstance(app.screen, CountingScreen)
    return app.screen


async def test_what_the_shop_sells_while_somebody_counts_stays_sold_on_both_sides(
    tmp_path: Path,
) -> None:
    shop = PracticeShop(variants=6, locations=2, seed=3, clock=ManualClock())
    home, clock = tmp_path / "home", ManualClock()
    with Workspace(home, clock=clock, transport=shop.transport(), environ={}) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk("Tea")
        desk.add_label(Label(LABEL, "Main"))
        for place in HERE:
            desk.add_location(place)
        desk.connect(Credentials(shop.domain, access_token=Secret(shop.access_token))).result(20)
        bench = Bench(desk, shop, tmp_path, clock)
        bench.link()
        async with running(tmp_path, workspace=workspace, size=LARGE) as (app, pilot):
            await press(app, pilot, "2", "c")
            app.screen.query_one("#scan").value = f"50*{bench.sku}"  # type: ignore[attr-defined]
            await press(app, pilot, "enter")
            assert "✓ 0" in seen(app)
            shop.sell(bench.sku, bench.places[1], 2)
            bench.rest()
            await settled(app, pilot)
            assert "✓ 0" not in seen(app), "the row is not what it was"
            assert "! 0 moved" in seen(app)
            await press(app, pilot, "f2")
            assert "counted 50, DEXTRE held 50 then and 48 now: 48" in seen(app)
            await press(app, pilot, "enter")
            bench.rest()
            bench.equal(48, place=1)


async def test_what_was_found_is_applied_to_what_is_there_by_then(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "c")
        await scan(app, pilot, "10*A", "B")
        desk.adjust_stock("A", "Shop", -3)
        desk.adjust_stock("B", "Shop", 4)
        await scan(app, pilot, "A", "4*B")
        await press(app, pilot, "f2")
        assert "counted 11, DEXTRE held 12 then and 9 now: 8" in " ".join(seen(app).split())
        await press(app, pilot, "enter")
        assert held(desk) == {"A": 8, "B": 9, "C": 3}, "as the first scan of each saw it"


async def test_more_sold_than_there_was_leaves_0_where_the_label_knows_nothing_below(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "c")
        await scan(app, pilot, "A", "=1")
        desk.adjust_stock("A", "Shop", -4)
        await press(app, pilot, "f2")
        assert "the label allows nothing below 0" in " ".join(seen(app).replace("│", "").split())
        await press(app, pilot, "enter")
        assert held(desk)["A"] == 0


async def test_where_the_label_allows_it_what_was_oversold_is_told_as_it_is(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    desk.edit_label(Label("NEW", "New", is_default=True, negative_allowed=True))
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "c")
        await scan(app, pilot, "A")
        desk.adjust_stock("A", "Shop", -4)
        await press(app, pilot, "f2", "enter")
        assert held(desk)["A"] == -3


async def test_an_item_that_is_gone_by_then_is_left_out_and_told(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "c")
        screen = await scan(app, pilot, "7*A", "8*B")
        desk.remove_item("A", force=True)
        await settled(app, pilot)
        assert "✗ gone" in seen(app)
        await press(app, pilot, "f2")
        assert "there is no such item any more: A" in " ".join(seen(app).replace("│", "").split())
        await press(app, pilot, "enter")
        assert held(desk) == {"B": 8, "C": 3}
        assert [*screen.tally.counts(screen.where)] == ["A"], "what was not set stays counted"


async def test_u_in_the_inventory_takes_a_stock_take_back_in_one_go(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "plus", "enter", "enter")
        assert held(desk)["A"] == 13
        await press(app, pilot, "c")
        await scan(app, pilot, "7*A", "8*B")
        await press(app, pilot, "f2", "enter")
        assert "Set: 2 quantities. In the inventory, u undoes it." in seen(app)
        assert held(desk) == {"A": 7, "B": 8, "C": 3}
        await press(app, pilot, "escape", "u")
        assert held(desk) == {"A": 13, "B": 5, "C": 3}, "the stock-take, not what was before it"
        await press(app, pilot, "ctrl+r")
        assert held(desk) == {"A": 7, "B": 8, "C": 3}


async def test_where_one_quantity_is_refused_none_is_set_and_all_stays_counted(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    desk.edit_label(Label("NEW", "New", is_default=True, negative_allowed=True))
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "c")
        screen = await scan(app, pilot, "7*A", "8*B", "C", "=1000000000")
        desk.adjust_stock("C", "Shop", 10)
        await press(app, pilot, "f2", "enter")
        assert "is not a quantity that can be kept" in seen(app)
        assert held(desk) == {"A": 12, "B": 5, "C": 13}
        assert [*screen.tally.counts(screen.where)] == ["A", "B", "C"]
        await press(app, pilot, "escape", "escape", "u")
        assert "Nothing was changed here since the start." in seen(app)


async def test_more_than_can_be_kept_is_refused_at_the_scan(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "c")
        screen = await scan(app, pilot, f"{'9' * 23}*A")
        assert "✗ A: more than 1,000,000,000 cannot be counted." in seen(app)
        assert not screen.tally.counts(screen.where)


async def test_u_in_the_inventory_takes_the_quantities_of_an_import_back(
    tmp_path: Path, workspace: Workspace, desk: Desk
) -> None:
    file = tmp_path / "items.csv"
    file.write_text(
        "sku_number,name,barcode,location,label,quantity\nA,A,,Shop,NEW,1\nD,D,,Shop,NEW,4\n"
    )
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "2", "i")
        app.screen.query_one("#ask-path").value = str(file)  # type: ignore[attr-defined]
        await press(app, pilot, "enter", "i")
        assert "u takes the quantities back." in seen(app)
        assert held(desk)["A"] == 1
        await press(app, pilot, "u")
        assert held(desk) == {"A": 12, "B": 5, "C": 3}
        assert desk.item("D") is not None, "only the quantities"
