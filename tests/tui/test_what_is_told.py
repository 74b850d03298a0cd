"""What a screen tells is what is so now: runs that were undone, rows that are left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.model import Item, MappingRow, MatchState, PlanKind, RowOutcome, RunRow, Why
from tests.tui.fakes import FakeDesk, process, sample_plan
from tests.tui.seeing import press, running, seen, settled
from tui.app import DextreApp
from tui.screens import runs
from tui.screens.mapping_rows import state_words
from tui.screens.plan import PlanScreen


def told(app: DextreApp) -> str:
    """Without the ends of the lines."""
    return " ".join(seen(app).split())


async def test_a_run_that_was_undone_from_its_own_page_says_so(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "5", "enter")
        assert "This run was undone already." not in told(app)
        await press(app, pilot, "u", "A", "left", "enter")
        assert ("apply", "undo") in desk.asked
        assert isinstance(app.screen, runs.RunScreen)
        assert "This run was undone already." in told(app)
        asked = len(desk.asked)
        await press(app, pilot, "u")
        assert len(desk.asked) == asked, "the key says why it cannot, before anything is asked"
        assert isinstance(app.screen, runs.RunScreen)


async def test_what_a_run_did_not_do_and_what_it_changed_come_before_what_was_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    equal, changed, moved = (sample_plan(PlanKind.PUSH).rows[n] for n in (2, 0, 1))
    rows = [
        RunRow(equal, RowOutcome.APPLIED),
        RunRow(changed, RowOutcome.APPLIED),
        RunRow(moved, RowOutcome.MOVED),
    ]
    desk = FakeDesk()
    monkeypatch.setattr(desk, "run_rows", lambda _run: iter(rows))
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "5", "enter")
        lines = [line.split() for line in seen(app).splitlines() if line.strip().startswith("TEA")]
        assert [line[0] for line in lines] == ["TEA-001", "TEA-000", "TEA-002"]
        assert "Equal" in lines[2]
        assert "Applied" in lines[1]


async def test_rows_that_are_not_shown_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SHOWN_ROWS", 2)
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "5", "enter")
        assert "Only the first 2 rows are shown." in told(app)


async def test_a_mapping_that_found_nothing_does_not_send_one_on(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk._link = desk.link().__class__("NEW")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "M")
        assert "enable the inventory link" in told(app)
        desk.rows_mapped = [MappingRow(MatchState.ONLY_HERE, row.item) for row in desk.rows_mapped]
        desk.match = lambda: None  # type: ignore[method-assign]
        await press(app, pilot, "M")
        assert "0 mapped" in told(app)
        assert "enable the inventory link" not in told(app)


@pytest.mark.parametrize(
    ("keys", "lang", "line"),
    [
        (("2", "slash"), "en", "Enter To the rows  Esc End search  F1 Keys"),
        (("2", "slash"), "ja", "Enter 一覧へ  Esc 検索を終了  F1 キー"),
        (
            ("2", "equals_sign"),
            "en",
            "Enter Keep it  ↓ Next row  ↑ Row before  Esc Done  F1 Keys",
        ),
        (("2", "equals_sign"), "ja", "Enter 確定  ↓ 次の行  ↑ 前の行  Esc 終了  F1 キー"),
        (("2", "m"), "en", "Esc Close"),
        (("2", "m"), "ja", "Esc 閉じる"),
        (("4", "f3"), "en", "Esc Close  y Copy"),
    ],
)
async def test_the_line_of_keys_tells_those_that_act_now(
    tmp_path: Path, keys: tuple[str, ...], lang: str, line: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang) as (app, pilot):
        await press(app, pilot, *keys)
        assert seen(app).rstrip().splitlines()[-1].strip() == line
        await press(app, pilot, "escape")
        assert "/ " in seen(app).rstrip().splitlines()[-1], "and then those of the screen"


async def test_opening_one_brand_syncs_the_others_that_are_linked_as_well(tmp_path: Path) -> None:
    one, two, off = FakeDesk("One"), FakeDesk("Two"), FakeDesk("Off", filled=False)
    async with running(tmp_path, one, two, off) as (app, pilot):
        app.open_brand("One")
        await settled(app, pilot)
        assert one.asked.count(("start",)) == two.asked.count(("start",)) == 1
        assert ("start",) not in off.asked
        app.open_brand("Two")
        await settled(app, pilot)
        assert one.asked.count(("start",)) == two.asked.count(("start",)) == 2
        assert one.asked.count(("stop",)) == two.asked.count(("stop",)) == 1
        app.open_session.hand_over(process("ben"))
        assert one.asked.count(("stop",)) == two.asked.count(("stop",)) == 2


async def test_enabling_says_how_many_cells_will_wait(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.disable()
    async with running(tmp_path, desk) as (app, pilot):
        plan = sample_plan(PlanKind.MERGE)
        rows = [replace(row, why=Why.DIFFERS) if row.left_out else row for row in plan.rows]
        app.push_screen(PlanScreen(replace(plan, rows=tuple(rows)), enabling=True))
        await settled(app, pilot)
        assert "! 1 cell differs and will wait for you" in seen(app)
        assert "left out 1, equal already 1" in seen(app)


def test_what_the_other_side_has_as_well_is_not_called_the_only_one() -> None:
    alone = MappingRow(MatchState.ONLY_HERE, item=Item("A", "", ""))
    assert "Only in DEXTRE" in str(state_words(alone, 0))
    assert "Not mapped: A" in str(state_words(replace(alone, near="A"), 0))
