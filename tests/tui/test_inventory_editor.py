"""Typing quantities row after row, moving, undo and redo, counting with a scanner."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from core.errors import BadInput, DextreError
from core.model import Item, Label, LabelType, LevelKey, Movement
from core.store.errors import CannotWrite, DiskFull, StoreBusy
from core.sync.events import ItemAdded, ItemRemoved, Pushed
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import LARGE, burst, press, running, seen, settled, type_text
from tui.screens.changing import Changing
from tui.typed import whole
from tui.widgets.dialogs import ErrorDialog, FormDialog
from tui.widgets.entry import EntryField
from tui.widgets.table import VirtualTable


def held(desk: FakeDesk, sku: str, place: str = "l1") -> int:
    return desk._levels[LevelKey(sku, place, "NEW")]


async def test_numbers_are_typed_row_after_row(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        before = held(desk, "TEA-002")
        await press(app, pilot, "2", "equals_sign", "8", "enter", "down", "plus", "3", "enter")
        assert held(desk, "TEA-000") == 8
        assert held(desk, "TEA-002") == before + 3
        await press(app, pilot, "x", "enter")
        assert "must be a whole number" in seen(app)
        await press(app, pilot, "escape", "j")
        assert app.screen.query_one(VirtualTable).cursor == 4


async def test_numbers_that_come_all_at_once_reach_each_its_row(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "equals_sign")
        await burst(app, pilot, "".join(f"{n}\n" for n in range(101, 141)))
        assert [held(desk, f"TEA-{n:03d}") for n in range(40)] == [*range(101, 141)]


async def test_the_head_of_a_search_counts_what_it_hides_too(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=LARGE) as (app, pilot):
        await press(app, pilot, "2")
        assert "   40 items, " in seen(app)
        await press(app, pilot, "slash", *"TEA", "minus", *"00", "enter")
        assert "   10 of 40 items, " in seen(app)


@pytest.mark.parametrize("opens", [("minus",), ("plus",), ("space", "space", "minus")])
async def test_no_units_are_refused_and_the_form_stays(
    tmp_path: Path, opens: tuple[str, ...]
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", *opens, "backspace", "0", "enter", "enter")
        assert isinstance(app.screen, FormDialog)
        assert "0 units change nothing." in seen(app)


async def test_typing_ends_after_the_last_row(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "G", "equals_sign", "7", "enter")
        assert "There is no further row." in seen(app)
        assert isinstance(app.focused, VirtualTable), "what is typed next overwrites nothing"


async def test_what_was_changed_is_taken_back_as_a_difference(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "u")
        assert "Nothing was changed here" in seen(app)
        start = held(desk, "TEA-000")
        await press(app, pilot, "plus", *["backspace"] * 2, "4", "enter", "enter")
        desk._levels[LevelKey("TEA-000", "l1", "NEW")] -= 1  # a sale meanwhile
        await press(app, pilot, "u")
        assert held(desk, "TEA-000") == start - 1
        await press(app, pilot, "u")
        assert "There is nothing more to undo." in seen(app)
        await press(app, pilot, "ctrl+r")
        assert held(desk, "TEA-000") == start + 3
        await press(app, pilot, "ctrl+r")
        assert "There is nothing to redo." in seen(app)


async def test_a_mass_change_that_is_refused_comes_back_with_what_was_typed(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        desk.hold = Future()
        desk.hold.set_exception(BadInput(detail="This label forbids negative stock."))
        await press(app, pilot, "2", "space", "space", "e")
        await type_text(pilot, "41")
        await press(app, pilot, "enter")
        await type_text(pilot, "counted")
        await press(app, pilot, "enter")
        shown = seen(app)
        assert "This label forbids negative stock." in shown
        assert "41" in shown
        assert "counted" in shown
        desk.hold = None
        await press(app, pilot, "enter", "enter")
        assert desk.asked[-1] == ("set_stock", "TEA-001", "渋谷店", 41, "NEW", "counted")
        assert [held(desk, f"TEA-{n:03d}") for n in range(2)] == [41, 41]
        assert "This label forbids" not in seen(app)


async def test_stock_is_moved_to_another_location_and_back(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        here, there = held(desk, "TEA-005"), held(desk, "TEA-005", "l2")
        await press(app, pilot, "2", *["j"] * 5, "m", "2", *["enter"] * 4)
        assert desk.asked[-3][:2] == ("move_stock", "TEA-005")
        moved = here - held(desk, "TEA-005")
        assert moved > 0
        assert held(desk, "TEA-005", "l2") == there + moved
        await press(app, pilot, "u")
        assert (held(desk, "TEA-005"), held(desk, "TEA-005", "l2")) == (here, there)


async def test_the_undo_of_a_move_between_labels_names_the_other_label(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.add_label(Label("SOLD", "Sold stock", type=LabelType.SOLD))
    desk.set_stock("TEA-005", "渋谷店", 0, "SOLD")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2")
        screen = app.screen
        assert isinstance(screen, Changing)
        screen._note(desk.move_stock("TEA-005", ("渋谷店", "NEW"), ("渋谷店", "SOLD"), 1))
        await press(app, pilot, "u")
        text = " ".join(seen(app).split())
        assert "TEA-005 渋谷店 +1, TEA-005 渋谷店 (Sold stock) -1" in text


async def test_a_scanner_counts_and_the_count_is_applied_after_a_look(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "c")
        barcode = desk._items["TEA-003"].barcode
        await type_text(pilot, barcode)
        await press(app, pilot, "enter", *barcode, "enter")
        await type_text(pilot, "12*TEA-004")
        await press(app, pilot, "enter", *"123", "enter")
        assert "Nothing was counted." in seen(app)
        await press(app, pilot, "escape", "c")
        assert "2 items, 14 units" in seen(app), "what was counted waits on disk"
        await press(app, pilot, *"TEA", "minus", *"006", "enter", "f3")
        assert "2 items, 14 units" in seen(app)
        await press(app, pilot, "equals_sign", "8", "enter", "f2")
        before = len(desk.asked)
        assert "2 quantities will change" in seen(app)
        await press(app, pilot, "enter")
        one_commit, *asked_for = desk.asked[before:]
        assert one_commit == ("adjust_stock_many", 2)
        assert [asked[1:4] for asked in asked_for] == [
            ("TEA-003", "渋谷店", 2),
            ("TEA-004", "渋谷店", 8),
        ]
        assert "Nothing was counted yet." in seen(app)


async def test_marked_items_are_set_together(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "j", "j", "space", "space", "e")
        assert "2 marked items" in seen(app)
        await press(app, pilot, "6", "enter", "enter")
        assert (held(desk, "TEA-002"), held(desk, "TEA-003")) == (6, 6)
        await press(app, pilot, "u")
        assert (held(desk, "TEA-002"), held(desk, "TEA-003")) == (7, 8)


async def test_widths_of_columns_come_back(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "w", "greater_than_sign", "greater_than_sign")
        app.keep()
    async with running(tmp_path, FakeDesk()) as (app, _pilot):
        assert app.screen.query_one(VirtualTable).widths == {0: 4}


async def test_a_row_is_copied_with_its_cells(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "y")
        assert "Copied" in seen(app)


async def test_many_marked_items_are_one_change_that_u_undoes_as_one(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "j", "j", "v", "G", "v", "plus")
        assert "38 marked items" in seen(app)
        await press(app, pilot, "5", "enter", "enter")
        assert "38 quantities. u undoes it." in seen(app)
        assert [asked for asked in desk.asked if asked[0].endswith("_many")] == [
            ("adjust_stock_many", 38)
        ]
        assert held(desk, "TEA-039") == 49
        await press(app, pilot, "u")
        assert "Undone: 38 quantities" in seen(app)
        await press(app, pilot, "ctrl+r")
        assert "Done again: 38 quantities" in seen(app)
        assert held(desk, "TEA-039") == 49


async def test_a_change_of_many_shows_how_far_it_is_and_esc_before_the_end_takes_it_back(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    desk.hold = Future()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "a", "e", "6", "enter")
        await pilot.press("enter")
        await pilot.pause(0.4)
        assert "20 / 40 (50 %)" in seen(app)
        await pilot.press("u")
        await pilot.pause()
        assert "Something else is still running." in seen(app)
        await pilot.press("escape")
        desk.hold.set_result(None)
        await settled(app, pilot)
        assert "Cancelled." in seen(app)
        assert held(desk, "TEA-003") == 8
        await press(app, pilot, "u")
        assert "Nothing was changed here since the start." in seen(app)


async def test_esc_after_the_change_of_many_is_done_says_so(tmp_path: Path) -> None:
    desk = FakeDesk()
    done: Future[None] = Future()

    def set_stock_many(*asked: Any) -> list[Movement]:
        found = FakeDesk.set_stock_many(desk, *asked)
        done.result(10)
        return found

    desk.set_stock_many = set_stock_many  # type: ignore[assignment,method-assign]
    async with running(tmp_path, desk, lang="ja") as (app, pilot):
        await press(app, pilot, "2", "a", "e", "6", "enter")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("escape")
        done.set_result(None)
        await settled(app, pilot)
        assert "Escを押した時点で、すでに完了していました。" in seen(app)
        assert held(desk, "TEA-003") == 6


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" 12 ", 12),
        ("-3", -3),
        ("−3", -3),
        ("+4", 4),
        ("1,234", 1234),
        ("-12,345,678", -12_345_678),
        ("１，２３４", 1234),
        ("－５", -5),
    ],
)
def test_a_comma_parts_thousands(typed: str, number: int) -> None:
    assert whole(typed) == number


@pytest.mark.parametrize("typed", ["1,5", "１，５", "1,2345", "1234,567", ",5", "1.5", "1_000", ""])
def test_what_may_mean_a_part_of_a_unit_is_no_quantity(typed: str) -> None:
    with pytest.raises(BadInput):
        whole(typed)


async def test_one_and_a_half_units_are_not_fifteen(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        before = held(desk, "TEA-002")
        await press(app, pilot, "2", "j", "j", "plus")
        await press(app, pilot, "1", "comma", "5")
        await press(app, pilot, "enter", "enter")
        assert "must be a whole number" in seen(app)
        assert held(desk, "TEA-002") == before


async def test_the_quantity_that_is_offered_is_the_one_of_the_marked_row(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "space", "space", "space", *["j"] * 6, "e")
        assert app.screen.query_one("#ask-n", Input).value == "", "of three there is no one number"
        await press(app, pilot, "escape", "g", "space", "j", "space", "j", "j", "e")
        assert app.screen.query_one("#ask-n", Input).value == str(held(desk, "TEA-001"))


@pytest.mark.parametrize(
    "error", [DiskFull(file="/home/books.db"), StoreBusy(), CannotWrite(file="x", detail="y")]
)
async def test_what_cannot_be_kept_ends_the_typing_with_a_dialog(
    tmp_path: Path, error: DextreError
) -> None:
    desk = FakeDesk()

    def set_stock(*_asked: Any) -> Movement:
        raise error

    desk.set_stock = set_stock  # type: ignore[assignment,method-assign]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "j", "equals_sign", "5", "enter")
        assert isinstance(app.screen, ErrorDialog)
        await press(app, pilot, "escape", "j")
        assert app.screen.query_one(VirtualTable).cursor == 2, "keys move in the list again"


async def test_what_is_typed_reaches_its_item_though_another_one_comes_above(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        before = held(desk, "TEA-003")
        await press(app, pilot, "2", *["j"] * 4, "equals_sign", "7")
        desk._items = {"AAA-1": Item("AAA-1", "New"), **desk._items}
        desk.feeds[-1].waiting.append(ItemAdded(at=AT, brand="", sku="AAA-1"))
        await settled(app, pilot)
        await settled(app, pilot)  # the field follows a table that has been painted
        assert app.screen.query_one(VirtualTable).cursor == 5
        line = seen(app).splitlines()[app.screen.query_one(EntryField).region.y]
        assert "TEA-004" in line, "it lies over its row"
        assert " 7 " in line
        await press(app, pilot, "enter", "8", "enter")
        assert [held(desk, f"TEA-00{n}") for n in (3, 4, 5)] == [before, 7, 8]


async def test_typing_into_an_item_that_leaves_meanwhile_ends(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", *["j"] * 4, "equals_sign", "7")
        del desk._items["TEA-004"]
        desk.feeds[-1].waiting.append(ItemRemoved(at=AT, brand="", sku="TEA-004"))
        await settled(app, pilot)
        await settled(app, pilot)
        assert "TEA-004  急須 黒 360ml has left the list" in seen(app)
        asked = len(desk.asked)
        await press(app, pilot, "enter", "escape")
        assert not [one for one in desk.asked[asked:] if one[0] == "set_stock"]


async def test_the_quantity_that_is_typed_over_is_seen_until_something_is_typed(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "equals_sign")
        entry = app.screen.query_one(EntryField)
        for sku in ("TEA-000", "TEA-001"):
            row = next(line for line in seen(app).splitlines() if sku in line)
            assert str(desk._levels[LevelKey(sku, "l1", "NEW")]) in row.split(), row
            assert entry.value == ""
            await press(app, pilot, "enter")
        await press(app, pilot, "up")
        key = LevelKey("TEA-001", "l1", "NEW")
        desk._levels[key] = 77
        desk.feeds[-1].waiting.append(
            Pushed(at=AT, brand="b", sku="TEA-001", location="x", pushed=1, before=1, after=2)
        )
        await settled(app, pilot)
        assert entry.placeholder == "77", "it has changed meanwhile"
        await press(app, pilot, "6")
        await settled(app, pilot)
        row = next(line for line in seen(app).splitlines() if "TEA-001" in line)
        assert "77" not in row.split(), "what is typed stands there alone"
