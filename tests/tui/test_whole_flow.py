"""The whole way from an empty start to a running link by keys alone, on the real workspace with the
practice shop in this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.model import PlanKind
from core.practice import PracticeShop
from core.workspace import Workspace
from tests.tui.seeing import press, running, seen, settled, type_text
from tui.app import DextreApp


@pytest.fixture
def shop() -> PracticeShop:
    return PracticeShop(variants=12, locations=2, seed=5)


@pytest.fixture
def workspace(tmp_path: Path, shop: PracticeShop) -> Iterator[Workspace]:
    with Workspace(tmp_path / "home", transport=shop.transport(), environ={}) as workspace:
        yield workspace


def _csv(path: Path, shop: PracticeShop) -> Path:
    """The first ten of the shop's SKUs, and one that it does not have."""
    skus = [item.sku for item in shop.stock.items][:10]
    lines = ["sku_number,name,barcode,location,label,quantity"]
    lines += [f"{sku},Item {n},,Main,NEW,{n + 1}" for n, sku in enumerate(skus)]
    path.write_text("\n".join([*lines, "ONLY-HERE,Lonely,,Main,NEW,3"]) + "\n", "utf-8")
    return path


async def _newcomer(app: DextreApp, pilot: Pilot[int], csv: Path) -> None:
    """Brand, label, two locations, items."""
    await press(app, pilot, "enter")
    await type_text(pilot, "Chanoko")
    await press(app, pilot, "enter")
    await press(app, pilot, "2", "p", "b")
    await type_text(pilot, "NEW")
    await press(app, pilot, "enter", "enter")
    for name in ("Main", "Second"):
        await press(app, pilot, "a")
        await type_text(pilot, name)
        await press(app, pilot, "enter")
    await press(app, pilot, "escape", "i")
    await type_text(pilot, str(csv))
    await press(app, pilot, "enter")
    assert "11 items, 11 quantities" in seen(app)
    await press(app, pilot, "i")


async def _connect(app: DextreApp, pilot: Pilot[int], shop: PracticeShop, token: str) -> None:
    await press(app, pilot, "7", "enter", "enter")
    await type_text(pilot, shop.domain)
    await press(app, pilot, "tab")
    await type_text(pilot, token)
    app.screen.query_one("#connect").focus()
    await press(app, pilot, "enter")


async def _pair_and_map(app: DextreApp, pilot: Pilot[int]) -> None:
    await press(app, pilot, "escape", "down", "enter")
    await press(app, pilot, "right", "down", "right", "U")
    await press(app, pilot, "escape", "3", "M")


async def test_a_newcomer_links_a_shop_by_keys_alone(
    tmp_path: Path, workspace: Workspace, shop: PracticeShop
) -> None:
    csv = _csv(tmp_path / "items.csv", shop)
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await _newcomer(app, pilot, csv)
        desk = app.open_session.desk
        assert desk.count_items() == 11

        await _connect(app, pilot, shop, shop.access_token)
        assert "✓ OK" in seen(app)
        assert desk.connection() is not None
        assert shop.access_token not in seen(app), "a secret is masked"

        await _pair_and_map(app, pilot)
        assert len(desk.pairs()) == 2
        assert app.open_session.status.mapped == 10
        assert "Only in DEXTRE 1" in seen(app)

        await press(app, pilot, "7", "enter", "down", "down", "down", "enter", "enter")
        assert "change in Shopify" in seen(app)
        await press(app, pilot, "A")
        assert app.screen.focused is not None
        assert app.screen.focused.id == "cancel"
        await press(app, pilot, "shift+tab", "enter")
        assert desk.link().enabled
        assert any(on in seen(app) for on in ("✓ on", "✓ Link on"))
        assert [run.kind for run in desk.runs()] == [PlanKind.PUSH]


async def test_a_wrong_token_is_told_with_its_remedy_and_nothing_is_kept(
    tmp_path: Path, workspace: Workspace, shop: PracticeShop
) -> None:
    workspace.add_brand("Chanoko")
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await _connect(app, pilot, shop, "shpat_0123456789abcdef0123456789abcdef")
        assert "That did not work" in seen(app)
        await press(app, pilot, "escape")
        assert "✗ Failed" in seen(app)
        assert app.open_session.desk.connection() is None
        assert app.screen.query_one("#domain").value == shop.domain  # type: ignore[attr-defined]


async def test_what_was_typed_waits_for_the_reader_to_come_back(
    tmp_path: Path, workspace: Workspace
) -> None:
    workspace.add_brand("Chanoko")
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await press(app, pilot, "7", "enter", "enter")
        await type_text(pilot, "chanoko.myshopify.com")
        await press(app, pilot, "escape", "escape", "1", "n")
        assert app.screen.title_text() == "Inventory"  # type: ignore[attr-defined]
        await press(app, pilot, "7", "enter", "enter")
        assert "chanoko.myshopify.com" in seen(app)


async def test_deleting_all_mappings_stops_the_link_and_mapping_again_restarts_it(
    tmp_path: Path, workspace: Workspace, shop: PracticeShop
) -> None:
    csv = _csv(tmp_path / "items.csv", shop)
    async with running(tmp_path, workspace=workspace, lang="ja") as (app, pilot):
        await _newcomer_ja(app, pilot, csv)
        await _connect(app, pilot, shop, shop.access_token)
        await _pair_and_map(app, pilot)
        await press(app, pilot, "7", "enter", *["down"] * 8, "enter")
        assert "削除" in seen(app)
        assert "キャンセル" in seen(app)
        await press(app, pilot, "escape")
        assert app.open_session.status.mapped == 10, "Esc deletes nothing"
        await press(app, pilot, "enter", "shift+tab", "enter")
        await settled(app, pilot)
        assert app.open_session.status.mapped == 0
        assert not app.open_session.status.link
        await press(app, pilot, "escape", "3", "M")
        assert app.open_session.status.mapped == 10


async def _newcomer_ja(app: DextreApp, pilot: Pilot[int], csv: Path) -> None:
    await press(app, pilot, "enter")
    await type_text(pilot, "Chanoko")
    await press(app, pilot, "enter")
    desk = app.open_session.desk
    if not desk.labels():
        await press(app, pilot, "2", "p", "b")
        await type_text(pilot, "NEW")
        await press(app, pilot, "enter", "enter", "escape")
    for name in ("Main", "Second"):
        desk.add_location(name)
    desk.import_items(csv)


async def test_a_quantity_set_by_hand_is_kept_and_told_in_the_log(
    tmp_path: Path, workspace: Workspace, shop: PracticeShop
) -> None:
    csv = _csv(tmp_path / "items.csv", shop)
    async with running(tmp_path, workspace=workspace) as (app, pilot):
        await _newcomer(app, pilot, csv)
        await _connect(app, pilot, shop, shop.access_token)
        await _pair_and_map(app, pilot)
        desk = app.open_session.desk
        sku = shop.stock.items[0].sku or ""
        await press(app, pilot, "2", "slash")
        await type_text(pilot, sku)
        await press(app, pilot, "enter", "e")
        await type_text(pilot, "55")
        await press(app, pilot, "enter", "enter")
        assert 55 in [level.quantity for level in desk.levels_of(sku)]
        await press(app, pilot, "6")
        assert "→ 55" in seen(app)
