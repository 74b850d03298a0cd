"""Labels, locations, items and old movements, changed from their screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model import Item, Label, LabelType
from core.workspace import Workspace
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen, type_text


async def test_a_label_is_edited_in_all_but_its_code(tmp_path: Path) -> None:
    with Workspace(tmp_path / "home", environ={}) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk()
        desk.add_label(Label("NEW", "New"))
        desk.add_label(Label("OLD", "Old", colour="#333333"))
        async with running(tmp_path, workspace=workspace) as (app, pilot):
            await press(app, pilot, "2", "p", "tab", "down", "e")
            assert "Edit the inventory label OLD" in seen(app)
            assert "#333333" in seen(app), "a colour that a command gave stays"
            app.screen.query_one("#ask-name").focus()
            await type_text(pilot, "Older")
            for key in ("right", "right", "right", "right", "right"):
                await press(app, pilot, "tab", key)
            app.screen.query_one("#yes").focus()
            await press(app, pilot, "enter")
            label = desk.label_or_default("OLD")
            assert label == Label(
                "OLD",
                "Older",
                colour="blue",
                type=LabelType.SOLD,
                is_default=True,
                orderable=False,
                negative_allowed=True,
            )
            assert not desk.label_or_default("NEW").is_default
            assert "Blue" in seen(app)


async def test_a_location_is_renamed_and_removed_where_it_may_be(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "p", "e")
        app.screen.query_one("#ask-name").value = "Shibuya"  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert ("rename_location", "l1", "Shibuya") in desk.asked
        await press(app, pilot, "x", "left", "enter")
        assert "The location is paired." in seen(app)
        await press(app, pilot, "escape", "G", "x", "enter")
        assert ("remove_location", "l3") not in desk.asked, "the focus is on Cancel"
        await press(app, pilot, "x", "left", "enter")
        assert "展示会 was removed." in seen(app)


async def test_a_label_is_removed_where_it_may_be(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.add_label(Label("SOLD", "Sold"))
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "p", "tab", "x", "left", "enter")
        assert "Make another one the default (e on its row)" in seen(app)
        await press(app, pilot, "escape", "G", "x", "enter")
        assert ("remove_label", "SOLD") not in desk.asked, "the focus is on Cancel"
        await press(app, pilot, "x", "left", "enter")
        assert "SOLD was removed." in seen(app)
        assert "SOLD" not in [label.code for label in desk.labels()]


async def test_an_item_gets_another_name_barcode_and_sku_number(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "o", "e")
        await press(app, pilot, "tab", "tab")
        app.screen.query_one("#ask-sku").value = "TEA-001"  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert "There is a SKU number TEA-001 already." in seen(app)
        app.screen.query_one("#ask-sku").value = "GREEN"  # type: ignore[attr-defined]
        app.screen.query_one("#ask-barcode").value = "123"  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert desk.asked[-2:] == [
            ("rename_item", "TEA-000", "GREEN"),
            ("edit_item", "GREEN", "抹茶ラテ 250g", "123"),
        ]
        assert "Item  GREEN" in seen(app)


async def test_an_item_is_removed_after_a_word_on_what_is_lost(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "o", "x")
        assert "Forgotten with it: 10 units" in seen(app)
        await press(app, pilot, "enter")
        assert "remove_item" not in [asked[0] for asked in desk.asked]
        await press(app, pilot, "x", "left", "enter")
        assert ("remove_item", "TEA-000", True) in desk.asked
        assert "TEA-000 was removed." in seen(app)
        assert "39 items" in seen(app)


@pytest.mark.parametrize("change", ["removed", "renamed"])
async def test_the_next_key_acts_at_once_on_what_follows_an_item_that_one_has_changed(
    tmp_path: Path, change: str
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "j", "o")
        if change == "removed":
            await press(app, pilot, "x", "left", "enter")
        else:
            await press(app, pilot, "e", "tab", "tab")
            app.screen.query_one("#ask-sku").value = "ZZZ"  # type: ignore[attr-defined]
            await press(app, pilot, "enter", "escape")
        await press(app, pilot, "equals_sign")
        assert "has left the list" not in seen(app)
        assert app.screen.query_one("#entry").has_class("-on")


async def test_the_real_inventory_takes_edits_of_an_item(tmp_path: Path) -> None:
    with Workspace(tmp_path / "home", environ={}) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk()
        desk._store.put_items([Item("A", "One"), Item("B", "Two")])
        async with running(tmp_path, workspace=workspace) as (app, pilot):
            await press(app, pilot, "2", "o", "e", "tab", "tab")
            app.screen.query_one("#ask-sku").value = "C"  # type: ignore[attr-defined]
            await press(app, pilot, "enter", "escape")
            assert desk.item("A") is None
            assert desk.item("C") == Item("C", "One")
            assert "C " in seen(app)
            await press(app, pilot, "o", "x", "left", "enter")
            assert "1 item" in seen(app)


@pytest.mark.parametrize(
    ("days", "said"), [("2000", "No movement is older than 2,000 days."), ("x", "whole number")]
)
async def test_what_cannot_be_forgotten_is_said(tmp_path: Path, days: str, said: str) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "7", "home", *["down"] * 9, "enter")
        app.screen.query_one("#ask-days").value = days  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert said in seen(app)


async def test_old_movements_are_counted_confirmed_and_forgotten(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "home", *["down"] * 9, "enter", "enter")
        assert "1234 movements are older than 730 days" in seen(app)
        await press(app, pilot, "enter")
        assert ("prune_movements", 730) not in desk.asked
        await press(app, pilot, "enter", "enter", "left", "enter")
        assert ("prune_movements", 730) in desk.asked
        assert "1,234 movements forgotten." in seen(app)


async def test_an_item_is_added_by_hand_once(tmp_path: Path) -> None:
    with Workspace(tmp_path / "home", environ={}) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk()
        async with running(tmp_path, workspace=workspace) as (app, pilot):
            await press(app, pilot, "2", "A", "enter", "enter", "enter")
            assert "SKU number" in seen(app)
            assert desk.count_items() == 0, "an empty number is refused"
            app.screen.query_one("#ask-sku").focus()
            await type_text(pilot, "TEA-1")
            await press(app, pilot, "enter")
            await type_text(pilot, "抹茶")
            await press(app, pilot, "enter", "enter")
            assert desk.item("TEA-1") == Item("TEA-1", "抹茶")
            assert "TEA-1 was added." in seen(app)
            assert "抹茶" in seen(app)
            await press(app, pilot, "A")
            await type_text(pilot, "TEA-1")
            await press(app, pilot, "enter", "enter", "enter")
            assert "TEA-1" in seen(app)
            assert desk.count_items() == 1
