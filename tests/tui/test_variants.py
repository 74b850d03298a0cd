"""Several variants of one item, on every screen that lists cells or mappings: rows can be told
apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.model import (
    CellKey,
    MappedBy,
    MappingRow,
    MatchState,
    Plan,
    PlanKind,
    Problem,
    RowOutcome,
    RunRow,
    Variant,
)
from tests.tui.fakes import FakeDesk, sample_plan
from tests.tui.seeing import press, running, seen, settled
from tui.screens.plan import PlanScreen
from tui.screens.runs import RunScreen

FIRST, SECOND = "gid://shopify/InventoryItem/0", "gid://shopify/InventoryItem/4711"


class SharedDesk(FakeDesk):
    """TEA-000 is mapped to two variants by hand; both cells of the first place wait."""

    def __init__(self, first: Variant, second: Variant) -> None:
        super().__init__()
        self._known = {one.inventory_item_id: one for one in (first, second)}
        item = self._items["TEA-000"]
        self.rows_mapped[:1] = [
            MappingRow(MatchState.MAPPED, item, one, MappedBy.HAND) for one in (first, second)
        ]
        old = next(cell for cell in self.cells_kept if cell.sku_number == "TEA-000")
        place = old.key.shopify_location_id
        cells = [
            old._replace(key=CellKey(one, place), there=n, problem=Problem.DIFFERS_AT_START)
            for one, n in ((FIRST, 5), (SECOND, 6))
        ]
        self.cells_kept = [*cells, *(c for c in self.cells_kept if c.sku_number != "TEA-000")]

    def variant(self, inventory_item_id: str) -> Variant | None:
        return self._known.get(inventory_item_id)


def by_sku() -> SharedDesk:
    return SharedDesk(Variant(FIRST, "v", "TEA-000", name="茶"), Variant(SECOND, "w", "BAR-X"))


def by_name() -> SharedDesk:
    """The same SKU twice, and long names that only the end tells apart."""
    long = "抹茶ラテ スティックタイプ 250g 重複"
    first = Variant(FIRST, "v", "TEA-000", name=f"{long} A")
    return SharedDesk(first, Variant(SECOND, "w", "TEA-000", name=f"{long} B"))


def lines_of(text: str, word: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


async def test_mapped_rows_of_one_item_say_so_and_name_the_variant(tmp_path: Path) -> None:
    async with running(tmp_path, by_name(), size=(80, 24)) as (app, pilot):
        await press(app, pilot, "3")
        rows = lines_of(seen(app), "TEA-000")
        assert len(rows) == 2
        assert all("✓ Mapped (by hand) ×2" in row for row in rows)
        assert "重複 A" in rows[0]
        assert "重複 B" in rows[1]
        assert "×" not in lines_of(seen(app), "TEA-001")[0]


async def test_where_the_skus_differ_the_item_keeps_its_name(tmp_path: Path) -> None:
    desk = by_sku()
    async with running(tmp_path, desk, size=(80, 24)) as (app, pilot):
        await press(app, pilot, "3")
        rows = lines_of(seen(app), "TEA-000")
        assert "BAR-X" in rows[1]
        assert all("抹茶ラテ 250g" in row for row in rows)


async def test_needs_you_names_the_variant_and_finds_it(tmp_path: Path) -> None:
    async with running(tmp_path, by_sku(), size=(80, 24)) as (app, pilot):
        await press(app, pilot, "4")
        rows = lines_of(seen(app), "TEA-000")
        assert "TEA-000 (TE…" in rows[0]
        assert "TEA-000 (BA…" in rows[1]
        await press(app, pilot, "slash", *"bar-x", "enter")
        assert len(lines_of(seen(app), "TEA-000 (BA…")) == 1
        assert "TEA-000 (TE…" not in seen(app)
        assert "TEA-001" not in seen(app)


async def test_the_question_says_that_an_item_has_one_number(tmp_path: Path) -> None:
    async with running(tmp_path, by_sku(), size=(100, 30)) as (app, pilot):
        await press(app, pilot, "4", "slash", *"tea-000", "enter", "a", "t")
        text = seen(app)
        assert "2 rows: Take Shopify's quantity" in text
        assert "2 rows stay as they are" in text
        assert "one number" in text
        assert "→ 5" not in text
        assert "→ 6" not in text


def shared_plan() -> Plan:
    plan = sample_plan(PlanKind.PUSH)
    first = plan.rows[0]
    second = replace(first, key=CellKey(SECOND, first.key.shopify_location_id))
    return replace(plan, rows=(first, second, *plan.rows[1:]))


async def test_a_plan_names_the_variant_and_finds_it(tmp_path: Path) -> None:
    async with running(tmp_path, by_sku(), size=(120, 24)) as (app, pilot):
        app.push_screen(PlanScreen(shared_plan()))
        await settled(app, pilot)
        assert len(lines_of(seen(app), "BAR-X)")) == 1
        await press(app, pilot, "slash", *"bar-x", "enter")
        assert "TEA-001" not in seen(app)
        assert len(lines_of(seen(app), "BAR-X)")) == 1


class DeskWithRun(SharedDesk):
    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        return (RunRow(row, RowOutcome.APPLIED) for row in shared_plan().rows[:2])


async def test_a_run_names_the_variant(tmp_path: Path) -> None:
    desk = DeskWithRun(Variant(FIRST, "v", "TEA-000"), Variant(SECOND, "w", "BAR-X"))
    async with running(tmp_path, desk, size=(120, 24)) as (app, pilot):
        app.push_screen(RunScreen(desk.runs_kept[0]))
        await settled(app, pilot)
        rows = lines_of(seen(app), "TEA-")
        assert len(rows) == 2
        assert "BAR-X)" in rows[1]
