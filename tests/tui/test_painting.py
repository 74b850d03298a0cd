"""One paint for a key, keys before news, and much news together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.screen import Screen

from core.sync.events import Event, ItemAdded
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import press, running, seen, settled
from tui import pumping
from tui.app import DextreApp
from tui.screens.log import LogScreen
from tui.widgets.ringlog import LogLine, RingLog
from tui.widgets.table import VirtualTable

FRAMES_S = 0.1
"""Enough for some paints."""


def added(count: int, start: int = 0) -> list[Event]:
    return [ItemAdded(at=AT, brand="b", sku=f"NEW-{n}") for n in range(start, start + count)]


def numbers(log: RingLog) -> list[int]:
    """Of the new items that the pane tells of."""
    skus = (line.sku for line in log.lines)
    return [int(sku.removeprefix("NEW-")) for sku in skus if sku.startswith("NEW-")]


@asynccontextmanager
async def paints(app: DextreApp, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """What the screen shows at each paint; what was to be painted before is."""
    await asyncio.sleep(FRAMES_S)
    found: list[str] = []
    refresh = Screen._compositor_refresh

    def counting(screen: Screen[object]) -> None:
        if screen is app.screen and screen._compositor._dirty_regions:
            lines = screen._compositor.render_strips()
            found.append("\n".join(line.text for line in lines))
        refresh(screen)

    with monkeypatch.context() as patch:
        patch.setattr(Screen, "_compositor_refresh", counting)
        yield found
        await asyncio.sleep(FRAMES_S)


async def test_all_that_a_key_changes_is_painted_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        desk.feeds[-1].waiting += added(30)
        await press(app, pilot, "6")
        async with paints(app, monkeypatch) as painted:
            await pilot.press("space")
        assert len(painted) == 1, "the row, what is told and the line of keys"
        assert "paused: Space goes on" in painted[0]
        assert "Space Follow" in painted[0]


async def test_a_heading_that_tells_something_else_moves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "6")
        laid_out: list[object] = []
        monkeypatch.setattr(
            Screen, "_refresh_layout", lambda *given, **_named: laid_out.append(given)
        )
        await pilot.press("space")
        await asyncio.sleep(FRAMES_S)
        assert not laid_out
        assert "paused: Space goes on" in seen(app)


async def test_an_answer_in_place_of_another_moves_nothing_unless_it_is_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        app.screen.say("first")  # type: ignore[attr-defined]
        await settled(app, pilot)
        placed: list[object] = []
        refresh = Screen._refresh_layout

        def counting(screen: Screen[object], *given: object, **named: object) -> None:
            placed.append(screen)
            refresh(screen, *given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(Screen, "_refresh_layout", counting)
        app.screen.say("second")  # type: ignore[attr-defined]
        await settled(app, pilot)
        assert (len(placed), "second" in seen(app), "first" in seen(app)) == (0, True, False)
        app.screen.say("third " * 20 + "whole")  # type: ignore[attr-defined]
        await settled(app, pilot)
        assert placed
        assert "whole" in seen(app)


async def test_what_takes_long_is_seen_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let = asyncio.Event()

    async def slowly(screen: LogScreen) -> None:
        screen.say("It has begun.")
        await let.wait()

    monkeypatch.setattr(LogScreen, "do_level", slowly)
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "6")
        async with paints(app, monkeypatch) as painted:
            app.post_message(events.Key("f", "f"))
            await asyncio.sleep(FRAMES_S)
            assert any("It has begun." in one for one in painted)
        let.set()
        await settled(app, pilot)


async def test_a_key_goes_before_much_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = FakeDesk()
    waiting: list[int] = []

    def pause(screen: LogScreen) -> None:
        waiting.append(len(desk.feeds[-1].waiting))
        screen.query_one(RingLog).follow(False)

    monkeypatch.setattr(LogScreen, "do_pause", pause)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "6")
        desk.feeds[-1].waiting += added(2_000)
        app.pump()
        app.post_message(events.Key("space", " "))
        await settled(app, pilot)
        assert waiting, "the key took effect"
        assert waiting[0] >= 1_960, "after a few turns, not after all news"
        assert numbers(app.screen.query_one(RingLog)) == list(range(2_000))


async def test_a_burst_of_news_is_shown_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "6")
        async with paints(app, monkeypatch) as painted:
            desk.feeds[-1].waiting += added(250)
            await settled(app, pilot)
        told = [one for one in painted if "NEW-" in one]
        assert told
        assert all("NEW-249" in one for one in told), "the last of them, too"


async def test_a_flood_of_news_is_seen_as_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk()
    shown: list[int] = []
    extend = RingLog.extend

    def counting(log: RingLog, new: Sequence[LogLine]) -> None:
        shown.append(len(new))
        extend(log, new)

    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "6")
        monkeypatch.setattr(pumping, "PUMP_EVERY", 0)
        monkeypatch.setattr(RingLog, "extend", counting)
        desk.feeds[-1].waiting += added(250)
        await settled(app, pilot)
        assert len(shown) > 5, "not only when the last has come"
        assert numbers(app.screen.query_one(RingLog)) == list(range(250))


async def test_news_that_come_while_the_screen_changes_are_told_once(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        desk.feeds[-1].waiting += added(60)
        app.pump()
        app.go("log")
        app.pump()
        await settled(app, pilot)
        assert numbers(app.screen.query_one(RingLog)) == list(range(60))
        desk.feeds[-1].waiting += added(60, start=60)
        app.pump()
        app.go("home")
        await pilot.pause()
        app.go("log")
        await settled(app, pilot)
        assert numbers(app.screen.query_one(RingLog)) == list(range(120))


async def test_a_number_that_is_typed_is_painted_with_the_field_on_the_next_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "equals_sign")
        for row in range(24):  # also where the table scrolls
            await press(app, pilot, *str(700 + row))
            async with paints(app, monkeypatch) as painted:
                await pilot.press("enter")
            line = next(one for one in painted[0].splitlines() if f"TEA-{row:03d}" in one)
            assert str(700 + row) in line, "the field lies no more over it"


async def test_an_undo_reads_the_rows_that_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "plus", "enter", "enter")
        shown: list[object] = []
        monkeypatch.setattr(VirtualTable, "show", lambda *given, **_named: shown.append(given))
        await press(app, pilot, "u")
        assert not shown, "no other row was asked for"
        assert "Undone" in seen(app)
