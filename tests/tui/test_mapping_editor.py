"""The mapping editor: filters, marks, suggestions, ignoring, undo and redo, files, hits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.model import Item, MappingRow, MatchState
from core.sync.events import CatalogueChanged
from core.workspace.errors import MappingsWouldLeave
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import LARGE, press, running, seen, settled, type_text
from tui.screens.mapping_edits import MANY
from tui.widgets.fields import FilterField
from tui.widgets.marking import MarkingTable
from tui.widgets.picker import PickerDialog
from tui.widgets.table import VirtualTable


async def test_filters_are_stepped_through_and_come_back_at_the_next_start(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "3", "f", "f")
        assert app.screen.query_one(MarkingTable).row_count == 1
        assert "Duplicate in" in seen(app)
        await press(app, pilot, "h", "slash")
        await type_text(pilot, "tea-031")
        await press(app, pilot, "enter")
        app.keep()
    async with running(tmp_path, FakeDesk()) as (app, _pilot):
        assert app.screen.title_text() == "SKU mapping"  # type: ignore[attr-defined]
        assert app.screen.query_one(MarkingTable).row_count == 1
        assert "TEA-031" in seen(app)


async def test_an_edit_by_hand_is_undone_and_done_again(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "u")
        assert "There is no edit by hand to undo." in seen(app)
        await press(app, pilot, "G", "d")
        assert desk.asked[-1][0] == "unmap_many"
        assert "u undoes it." in seen(app)
        await press(app, pilot, "u", "ctrl+r")
        assert [asked[0] for asked in desk.asked[-2:]] == ["undo_edit", "redo_edit"]
        await press(app, pilot, "ctrl+r")
        assert "There is nothing to redo." in seen(app)


async def test_all_rows_of_a_filter_are_put_aside_and_taken_up_again(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "f", "a", "I")
        assert desk.asked[-1] == ("ignore", ["case_differs", "spaces_differ"])
        assert "Put aside: 2 rows." in seen(app)
        desk.ignore_all("CUP-9")
        await press(app, pilot, "1", "3", *["f"] * 5)
        assert "Ignored" in seen(app)


async def test_the_first_tab_says_all_only_where_none_is_ignored(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk, size=LARGE) as (app, pilot):
        await press(app, pilot, "3")
        assert seen(app).splitlines()[2].startswith(" All "), seen(app)
        desk.ignore_all("CUP-9")
        await press(app, pilot, "1", "3")
        assert seen(app).splitlines()[2].startswith(" Not ignored "), seen(app)
        assert "Ignored 1" in seen(app)


async def test_the_suggestion_is_one_key_away_or_two(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "slash")
        await type_text(pilot, "cup-9")
        await press(app, pilot, "enter", "s")
        assert desk.asked[-1][0] == "map_suggested"
        await press(app, pilot, "m", "enter")
        assert "TEA-004 is mapped to" in seen(app)
        assert desk.asked[-1][0] == "map_suggested"
        await press(app, pilot, "left", "enter")
        assert desk.asked[-1] == ("map_one", "gid://shopify/InventoryItem/90", "TEA-004")


async def test_mapping_anew_asks_before_mappings_leave_the_link(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.fails["map"] = MappingsWouldLeave(count=2, skus="TEA-001, TEA-002")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "M")
        assert "2 SKU mappings would leave the inventory link" in " ".join(seen(app).split())
        await press(app, pilot, "enter")
        assert ("map", "agreed") not in desk.asked
        await press(app, pilot, "M", "left", "enter")
        assert desk.asked[-1] == ("map", "agreed")


async def test_marks_that_the_filter_hides_are_counted(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "3")
        assert "marked" not in seen(app)
        await press(app, pilot, "space", "space")
        assert "marked 2" in seen(app).splitlines()[2]
        await press(app, pilot, "f")
        assert "marked 2" in seen(app).splitlines()[2]


async def test_esc_on_the_rows_ends_the_search(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "3", "slash", *"cup", "enter")
        table = app.screen.query_one(VirtualTable)
        few = table.row_count
        await press(app, pilot, "escape")
        assert table.row_count > few
        assert app.focused is table
        await press(app, pilot, "escape")
        assert "Nothing is running." in seen(app)


async def test_esc_on_the_lines_of_the_log_ends_the_search(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "6", "slash", *"tea", "enter", "escape")
        assert app.screen.query_one(FilterField).value == ""
        assert not app.screen.query_one(FilterField).has_class("-on")


async def test_n_goes_through_the_hits_of_the_last_search(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "3", "n")
        assert "Search first" in seen(app)
        await press(app, pilot, "slash")
        await type_text(pilot, "cup")
        await press(app, pilot, "escape", "g")
        table = app.screen.query_one(MarkingTable)
        hits = []
        for key in ("n", "n", "N", "N"):
            await press(app, pilot, key)
            assert table.current is not None
            hits.append(table.cursor)
        assert hits[0] == hits[2]
        assert hits[1] > hits[0]
        assert hits[3] > hits[1], "before the first comes the last"


async def test_a_file_of_edits_is_shown_before_it_is_taken_in(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "i")
        await type_text(pilot, "bad.csv")
        await press(app, pilot, "enter", "i")
        assert "There is no item X." in seen(app)
        assert "Lines of the file are wrong" in seen(app)
        await press(app, pilot, "escape", "i")
        await type_text(pilot, "a.csv")
        await press(app, pilot, "enter", "i")
        assert desk.asked[-1] == ("import_mappings", ["TEA-008"])
        assert "Changed: 1 SKU mapping." in seen(app)


async def test_a_large_mapping_is_read_beside_the_screen(tmp_path: Path) -> None:
    desk: Any = FakeDesk()
    desk.mapping_is_fresh = lambda: ("load_mapping",) in desk.asked
    desk.mapping_view_now = lambda: desk.mapping_view() if desk.mapping_is_fresh() else None
    async with running(tmp_path, desk) as (app, pilot):
        app.open_session.few_rows = lambda: False  # type: ignore[method-assign]
        await press(app, pilot, "3")
        await settled(app, pilot)
        assert ("load_mapping",) in desk.asked
        assert "TEA-031" in seen(app)


async def test_rows_that_come_above_do_not_turn_an_edit_on_another_row(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", *["j"] * 8)
        row = app.screen.query_one(MarkingTable).current
        assert row is not None
        there, _tab, _here = row.key.partition("\t")
        new = (MappingRow(MatchState.CASE_DIFFERS, Item(f"NEW-{n}")) for n in range(3))
        desk.rows_mapped = [*new, *desk.rows_mapped]
        happened = CatalogueChanged(at=AT, brand="", added=3, renamed=0, gone=0, mapped=0)
        app.screen.on_happenings([happened])  # type: ignore[attr-defined]
        assert app.screen.query_one(MarkingTable).cursor == 11
        await press(app, pilot, "d")
        assert desk.asked[-1] == ("unmap_many", [there])


async def test_many_rows_leave_a_link_that_is_on_only_after_a_question(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "a", "d")
        assert "Take them out of the link?" in seen(app)
        await press(app, pilot, "enter")
        assert not any(asked[0] == "unmap_many" for asked in desk.asked), "Cancel has the focus"
        await press(app, pilot, "d", "left", "enter")
        assert desk.asked[-1][0] == "unmap_many"
        assert len(desk.asked[-1][1]) >= MANY


async def test_the_key_after_an_edit_acts_on_the_next_row(tmp_path: Path) -> None:
    desk = FakeDesk()

    def ignore(rows: Iterable[MappingRow]) -> int:
        found = list(rows)
        desk.rows_mapped = [row for row in desk.rows_mapped if row not in found]
        desk.asked.append(("ignored", *(row.item.sku_number for row in found if row.item)))
        return len(found)

    desk.ignore = ignore  # type: ignore[method-assign]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", *["j"] * 8, "I", "I")
        assert [asked[1] for asked in desk.asked if asked[0] == "ignored"] == ["TEA-001", "TEA-003"]


async def test_the_row_is_under_the_cursor_again_after_the_table_was_read_anew(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    view = desk.mapping_view
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", *["j"] * 8)
        table = app.screen.query_one(MarkingTable)
        row = table.current
        desk.mapping_view_now = lambda: None  # type: ignore[method-assign]
        app.screen.refresh_data()  # type: ignore[attr-defined]
        assert table.current is None, "it is being read"
        desk.mapping_view_now = view  # type: ignore[method-assign]
        app.screen.refresh_data()  # type: ignore[attr-defined]
        assert (table.current, table.lost) == (row, None)


async def test_a_key_without_a_row_or_a_catalogue_says_what_is_missing(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.rows_mapped = [MappingRow(MatchState.ONLY_HERE, Item("TEA-000"), None)]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "m")
        assert not isinstance(app.screen, PickerDialog)
        assert "Press M (Map) to read the shop's catalogue." in seen(app)
        desk.rows_mapped = []
        await press(app, pilot, "4", "3", "enter")
        assert "There is no row under the cursor." in seen(app)
