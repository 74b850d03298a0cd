"""Settings of the sync: limits, pace, quantity, log; typed, chosen, taken back."""

from __future__ import annotations

from pathlib import Path

from core.sync.events import SettingChanged
from core.workspace import Workspace
from core.workspace.settings import SETTINGS
from tests.tui.fakes import AT, FakeDesk, process
from tests.tui.seeing import press, running, seen, type_text
from tui.screens.tuning import TITLES, VALUES

THERE = ("7", "home", *["down"] * 10, "enter")


def test_every_setting_and_every_choice_has_words() -> None:
    assert {one.name for one in SETTINGS} == set(TITLES)
    assert {choice for one in SETTINGS for choice in one.choices} <= set(VALUES)


async def test_a_limit_is_typed_checked_kept_and_taken_back(tmp_path: Path) -> None:
    with Workspace(tmp_path / "home", environ={}) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk()
        async with running(tmp_path, workspace=workspace) as (app, pilot):
            await press(app, pilot, *THERE, "enter")
            await type_text(pilot, "120")
            await press(app, pilot, "enter")
            assert "cannot be “120”. Give a number from 0 to" in seen(app)
            app.screen.query_one("#ask-value").value = "25"  # type: ignore[attr-defined]
            await press(app, pilot, "enter")
            assert desk.limits().zeroed_share == 0.25
            await press(app, pilot, "escape")
            assert "1 changed" in seen(app)
            await press(app, pilot, "enter", "x")
            assert desk.limits().zeroed_share == 0.10
            assert "back to 10." in seen(app)
            await press(app, pilot, "x")
            assert "It has its default already." in seen(app)


async def test_a_choice_is_chosen_not_typed(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE, *["down"] * 7, "e", "right")
        app.screen.query_one("#yes").focus()
        await press(app, pilot, "enter")
        assert desk.tuned == {"pacing.slow_when_quiet": "off"}


async def test_what_a_reset_goes_back_to_is_told_in_the_words_of_the_screen(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    desk.tuned["link.quantity"] = "on_hand"
    async with running(tmp_path, desk, lang="ja") as (app, pilot):
        await press(app, pilot, *THERE, *["down"] * 12, "x")
        assert "既定値の販売可能に戻しました" in seen(app)


async def test_a_change_made_elsewhere_is_seen(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE)
        desk.tuned["log.keep_days"] = "7"
        changed = SettingChanged(
            at=AT, brand="b", name="log.keep_days", before="90", after="7", who="x"
        )
        desk.feeds[-1].waiting.append(changed)
        app.pump()
        await pilot.pause()
        assert any(
            "days that older files" in line and " 7 " in line for line in seen(app).splitlines()
        )


async def test_a_viewer_looks_only(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.holder = process()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *THERE, "e")
        assert "Here you can only look." in seen(app)
