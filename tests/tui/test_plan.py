"""A plan on the screen: only what is seen costs anything, and what is searched changes nothing of
what is applied.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.model import CellKey, Plan, PlanKind, PlanRow, Why
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import LEAST, press, resized, running, seen, settled
from tui.app import DextreApp
from tui.screens.plan import PlanScreen
from tui.screens.plan_rows import PlanRows
from tui.widgets.rows import Row
from tui.widgets.table import VirtualTable

LONG = 20_000


def plan_row(n: int) -> PlanRow:
    """Every third one agrees; every tenth of the others is left out."""
    here, there = n % 7, n % 7 + n % 3
    return PlanRow(
        CellKey(f"gid://shopify/InventoryItem/{n}", "gid://shopify/Location/1"),
        f"{'HOD' if n % 2 else 'TEE'}-{n:05d}",
        "l1",
        here,
        there,
        None,
        here,
        here,
        here,
        Why.HERE_WINS if n % 3 else Why.AGREE,
        left_out=n % 10 == 1 and bool(n % 3),
    )


def plan_of(rows: int) -> Plan:
    return Plan("p1", PlanKind.PUSH, AT, 3, tuple(map(plan_row, range(rows))))


async def shown(app: DextreApp, pilot: Pilot[int], plan: Plan) -> VirtualTable:
    app.push_screen(PlanScreen(plan))
    await settled(app, pilot)
    return app.screen.query_one(VirtualTable)


async def found(table: VirtualTable, pilot: Pilot[int], rows: int) -> None:
    for _turn in range(1_000):
        if table.row_count == rows:
            return
        await pilot.pause(0.005)
    assert table.row_count == rows


async def test_of_a_long_plan_only_what_is_seen_is_put_into_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    row = PlanScreen._row

    def counted(screen: PlanScreen, index: int, one: PlanRow) -> Row:
        made.append(index)
        return row(screen, index, one)

    monkeypatch.setattr(PlanScreen, "_row", counted)
    plan = plan_of(LONG)
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        table = await shown(app, pilot, plan)
        await found(table, pilot, len(plan.changing))
        await press(app, pilot, "f")
        await found(table, pilot, len(plan.left_out))
        await press(app, pilot, "f", "G", "slash", *"hod")
        await found(table, pilot, LONG // 2)
        await press(app, pilot, "minus", "1", "9", "9")
        await found(table, pilot, 50)
        assert "HOD-19999" in seen(app)
        assert len(made) < LONG // 20


async def test_the_cursor_stays_on_its_row_while_filters_change(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        table = await shown(app, pilot, plan_of(200))
        await press(app, pilot, "f", "f", "g", *["j"] * 10)
        assert table.cursor == 10
        row = table.current
        await press(app, pilot, "f")
        assert (table.current, table.lost) == (row, None)
        assert table.cursor < 10


async def test_n_goes_through_the_hits_of_a_search_that_has_ended(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        table = await shown(app, pilot, plan_of(100))
        await press(app, pilot, "slash", *"0007", "escape", "g", "n")
        assert table.current is not None
        assert table.current.cells[0] == "HOD-00007"
        await press(app, pilot, "N")
        assert table.current.cells[0] == "HOD-00079"


async def test_a_search_takes_full_width_letters(tmp_path: Path) -> None:
    plan = plan_of(100)
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        table = await shown(app, pilot, plan)
        hods = [row for row in plan.changing if row.sku_number.startswith("HOD")]
        await press(app, pilot, "slash", *"ＨＯＤ", "enter")
        await found(table, pilot, len(hods))


async def test_a_search_is_in_the_readers_language(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        table = await shown(app, pilot, plan_of(100))
        everything = table.row_count
        await press(app, pilot, "slash", *"dextre", "enter")
        await found(table, pilot, everything)
        await press(app, pilot, "L")
        table = app.screen.query_one(VirtualTable)
        assert app.screen.query_one("#filter").value == "dextre"  # type: ignore[attr-defined]
        assert "DEXTRE" in seen(app)


@pytest.mark.parametrize("rows", [0, 1, 12, 500])
def test_the_sums_are_those_of_all_rows(rows: int) -> None:
    plan = plan_of(rows)
    summed = PlanRows(plan, lambda row: row.sku_number)
    there = [row for row in plan.rows if row.changes_there]
    assert summed.size("changing") == len(plan.changing)
    assert summed.size("left_out") == len(plan.left_out)
    assert (summed.there, summed.here) == (len(there), 0)
    assert summed.units_there == sum((row.new_there or 0) - (row.there or 0) for row in there)
    assert summed.zeros == sum(row.new_there == 0 and bool(row.there) for row in there)
    assert summed.left_open == plan.left_open


def test_typing_on_narrows_and_taking_back_widens() -> None:
    plan = plan_of(90)
    rows = PlanRows(plan, lambda row: row.sku_number)
    for typed in ("h", "ho", "hod-0", "hod-0001", "hod", "tee", ""):
        hits = [plan.changing[place].sku_number for place in rows.hits("changing", typed)]
        assert hits == [one.sku_number for one in plan.changing if typed.upper() in one.sku_number]


async def test_rows_that_the_search_hides_are_told_of_before_they_are_applied(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    plan = plan_of(100)
    total = len(plan.changing)
    async with running(tmp_path, desk) as (app, pilot):
        table = await shown(app, pilot, plan)
        await press(app, pilot, "A")
        assert "the search hides" not in seen(app)
        await press(app, pilot, "escape", "slash", *"hod", "minus", *"0001", "enter")
        assert table.row_count < total
        await press(app, pilot, "A")
        words = f"All {total} rows are applied; the search hides {total - table.row_count}."
        text = seen(app)
        assert words in text
        assert text.index(words) < text.index("100 cells:", text.index("Apply"))
        await press(app, pilot, "left", "enter")
        assert ("apply", PlanKind.PUSH) in desk.asked


async def test_a_filter_of_left_out_rows_hides_nothing_by_searching(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await shown(app, pilot, plan_of(100))
        await press(app, pilot, "f", "A")
        assert "the search hides" not in seen(app)


async def test_what_stands_above_the_rows_fits_the_size_of_now(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await shown(app, pilot, plan_of(100))
        for size, is_long in (((80, 24), True), (LEAST, False), ((80, 24), True)):
            await resized(app, pilot, *size)
            assert ("Units: Shopify" in seen(app)) is is_long, seen(app)
