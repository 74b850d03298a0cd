"""What stays where it was when the language changes, or a screen is left and seen again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.sync.events import Event, Pushed
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import press, resized, running, seen, settled
from tests.tui.test_painting import added
from tui.app import DextreApp
from tui.screens.item import ItemScreen
from tui.screens.pairing import PairingScreen
from tui.widgets.fields import FilterField, Pick
from tui.widgets.ringlog import RingLog


@pytest.mark.parametrize("key", ["2", "3", "4", "6"])
async def test_a_filter_is_still_seen_in_another_language(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, key, "slash", *"003", "enter", "L")
        field = app.screen.query_one(FilterField)
        assert field.value == "003"
        assert field.display, seen(app)
        await press(app, pilot, "escape")
        assert not field.display


def under_cursor(app: DextreApp) -> str:
    line = app.screen.query_one(RingLog).current
    return line.text if line else ""


def log_lines(app: DextreApp) -> list[str]:
    return re.findall(r"The item NEW-\d+", seen(app))


@pytest.mark.parametrize("key", ["1", "6"])
async def test_a_paused_log_stands_where_it_was_after_another_screen(
    tmp_path: Path, key: str
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        desk.feeds[-1].waiting += added(100)
        await settled(app, pilot)
        await press(app, pilot, key, *["k"] * 30)
        before, lines = under_cursor(app), log_lines(app)
        assert "NEW-70" in before
        await press(app, pilot, "enter")
        assert isinstance(app.screen, ItemScreen)
        desk.feeds[-1].waiting += added(5, start=100)
        await press(app, pilot, "escape")
        assert under_cursor(app) == before
        assert log_lines(app) == lines
        await press(app, pilot, "enter")
        assert "NEW-70" in app.screen.title_text()
        await press(app, pilot, "escape", "G")
        assert "NEW-104" in seen(app), "what came meanwhile was not lost"


def pushed(count: int) -> list[Event]:
    place = "倉庫 of a name that takes more than one row where there is little room"
    return [
        Pushed(at=AT, brand="b", sku=f"NEW-{n}", location=place, pushed=4, before=1, after=5)
        for n in range(count)
    ]


@pytest.mark.parametrize("key", ["1", "6"])
async def test_a_paused_log_keeps_its_line_in_view_in_another_size(
    tmp_path: Path, key: str
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk, size=(80, 24)) as (app, pilot):
        desk.feeds[-1].waiting += pushed(100)
        await settled(app, pilot)
        await press(app, pilot, key, *["k"] * 30)
        log, before = app.screen.query_one(RingLog), under_cursor(app)
        for size in ((40, 12), (30, 8), (120, 40), (80, 24)):
            await resized(app, pilot, *size)
            assert under_cursor(app) == before
            if size != (30, 8):
                assert "NEW-70 at" in seen(app), seen(app)
        log.scroll_to(y=0, animate=False, immediate=True)
        await settled(app, pilot)
        await resized(app, pilot, 40, 24)
        assert log.lines[0].text[:20] in seen(app), "as it was seen, far from the cursor"


async def test_a_paused_log_keeps_its_line_whatever_else_is_shown(tmp_path: Path) -> None:
    desk, other = FakeDesk(), FakeDesk("Coffee")
    desk.history = added(300)
    async with running(tmp_path, desk, other) as (app, pilot):
        await press(app, pilot, "enter", "6", *["k"] * 30)
        before = under_cursor(app)
        assert "NEW-270" in before
        await press(app, pilot, "slash", *"NEW", "minus", "2", "enter")
        assert under_cursor(app) == before
        assert "NEW-270" in seen(app)
        await press(app, pilot, "f")
        assert under_cursor(app) == "", "no warning fits"
        await press(app, pilot, "f", "f")
        assert under_cursor(app) == before, "it is shown again"
        await press(app, pilot, "b")
        assert under_cursor(app).startswith(before)
        await press(app, pilot, "k", "b")
        assert "NEW-269" in under_cursor(app)


async def test_a_paused_log_is_searched_as_far_back_as_one_that_follows(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.history = added(300)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "6", "k", "slash", *"NEW", "minus", "7", "enter")
        assert "NEW-7" in under_cursor(app), seen(app)
        log = app.screen.query_one(RingLog)
        assert not log.following
        assert len(log.lines) == 11, "NEW-7 and NEW-70 to NEW-79"


async def test_pairs_that_were_chosen_are_still_there_after_the_screen_was_left(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    desk._pairs = ()
    async with running(tmp_path, desk) as (app, pilot):
        app.push_screen(PairingScreen())
        await settled(app, pilot)
        await press(app, pilot, "right", "down", "right", "b")
        assert "These pairs are not kept yet." in seen(app)
        lines = [line for line in seen(app).splitlines() if "⇄" in line[:-1]]
        await press(app, pilot, "escape")
        assert not desk.pairs()
        app.push_screen(PairingScreen())
        await settled(app, pilot)
        assert [line for line in seen(app).splitlines() if "⇄" in line[:-1]] == lines
        assert app.screen.query_one("#label", Pick).value == "B"
        await press(app, pilot, "U")
        assert len(desk.pairs()) == 2
        assert desk.link().label_code == "B"
        assert app.open_session.pairing_draft is None


async def test_what_was_found_while_connecting_is_told_in_another_language_too(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "7", "home", "enter", "enter")
        app.screen.query_one("#connect").focus()
        await press(app, pilot, "enter")
        assert "The shop answers." in seen(app)
        assert "Back" in seen(app).split("The shop answers.")[0]
        await press(app, pilot, "L")
        assert "The shop answers." in seen(app), "a text of the test, in no catalogue"
        assert "戻る" in seen(app).split("The shop answers.")[0]
        assert "キャンセル" not in seen(app)
