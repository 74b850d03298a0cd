"""Who runs the sync: asking another app's person, being asked, and answering."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from core.model import Owner, Purpose
from tests.tui.fakes import FakeDesk, FakeWorkspace, process
from tests.tui.seeing import LEAST, burst, press, running, seen, settled
from tui.app import DextreApp
from tui.taking import NOBODY_PUMPS
from tui.widgets.dialogs import Dialog

ASKER = process("ben", pid=8)


def workspace(app: DextreApp) -> FakeWorkspace:
    return cast(FakeWorkspace, cast(object, app.workspace))


async def is_asked(app: DextreApp, who: Owner | None) -> None:
    workspace(app).asker = who
    app.pump()
    await Pilot(app).pause(0.05)


async def test_a_viewer_asks_and_becomes_the_one_who_acts(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.holder = process()
    async with running(tmp_path, desk) as (app, pilot):
        assert ("ask",) not in desk.asked, "opening a second app disturbs nobody"
        await press(app, pilot, "1", "t")
        assert "hana" in seen(app)
        await press(app, pilot, "left", "enter")
        assert ("ask",) in desk.asked
        assert "viewer" in seen(app)
        desk.gives = True
        await press(app, pilot, "t", "left", "enter")
        assert "This app runs the sync now." in seen(app)
        assert "viewer" not in seen(app)


async def test_the_one_who_is_asked_hands_over_and_becomes_a_viewer(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await is_asked(app, ASKER)
        await press(app, pilot, "left", "enter")
        assert ("stop",) in desk.asked
        assert "viewer" in seen(app)
        assert "handed over to ben" in seen(app)
        desk.holder = ASKER
        await is_asked(app, None)
        await press(app, pilot, "2", "e")
        assert "Here you can only look." in seen(app)


async def test_a_viewer_goes_on_with_the_sync_where_nobody_runs_it_any_more(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    desk.holder = process()
    async with running(tmp_path, desk) as (app, pilot):
        desk.holder = None
        app.look()
        for _pump in range(NOBODY_PUMPS):
            app.pump()
        assert ("start",) not in desk.asked, "who restarts comes first"
        app.pump()
        await settled(app, pilot)
        assert "This app runs the sync now." in seen(app)
        assert desk.asked.count(("start",)) == 1


async def test_who_asks_twice_is_given_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, answered = FakeDesk(), threading.Event()
    desk.holder = process()
    begin = desk.start

    def start(**how: Any) -> None:
        if how.get("ask"):
            desk.gives = answered.wait(10)
        begin(**how)

    monkeypatch.setattr(desk, "start", start)
    async with running(tmp_path, desk) as (app, pilot):
        for _time in range(2):
            for key in ("1", "t", "left", "enter"):
                await pilot.press(key)
        await pilot.pause()
        assert "being asked for already" in seen(app)
        begun = desk.asked.count(("start",))
        answered.set()
        await settled(app, pilot)
        assert "This app runs the sync now." in seen(app)
        assert desk.asked.count(("start",)) == begun + 1


@pytest.mark.parametrize(
    ("opens", "sends"),
    [
        (("2", "e", "4"), ("enter", "enter")),
        (("7", "home", "enter", *["down"] * 8, "enter"), ("left", "enter")),
    ],
    ids=["quantity", "delete mappings"],
)
async def test_what_was_asked_before_the_sync_was_handed_over_is_not_done_after_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opens: tuple[str, ...],
    sends: tuple[str, ...],
) -> None:
    for quiet in ("QUIET_S", "QUIET_IN_DIALOG_S"):
        monkeypatch.setattr(f"tui.taking.{quiet}", 0.0)
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *opens)
        assert isinstance(app.screen, Dialog)
        await is_asked(app, ASKER)
        await press(app, pilot, "left", "enter")
        desk.holder = ASKER
        await is_asked(app, None)
        asked = [one for one in desk.asked if one[0] in ("set_stock", "unmap_all")]
        await press(app, pilot, *sends)
        assert "is run by another process" in seen(app)
        assert [one for one in desk.asked if one[0] in ("set_stock", "unmap_all")] == asked


async def test_what_a_small_terminal_has_no_room_for_is_read_by_the_page_keys(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk(), size=LEAST) as (app, pilot):
        await is_asked(app, process("ben of the shop in the north " * 4))
        assert "stays open" not in seen(app)
        await press(app, pilot, "pagedown", "pagedown")
        assert "stays open" in seen(app)
        await press(app, pilot, "pageup", "pageup")
        assert "stays open" not in seen(app)


async def test_no_is_the_answer_that_has_the_focus(tmp_path: Path) -> None:
    for key in ("enter", "escape"):
        desk = FakeDesk()
        async with running(tmp_path, desk) as (app, pilot):
            await is_asked(app, ASKER)
            assert "Hand the sync over?" in seen(app)
            assert "ben" in seen(app)
            await press(app, pilot, key)
            assert workspace(app).refused == [ASKER]
            assert ("stop",) not in desk.asked


async def test_the_question_goes_with_the_one_who_asked(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, _pilot):
        await is_asked(app, ASKER)
        await is_asked(app, None)
        assert "Hand the sync over?" not in seen(app)
        assert workspace(app).refused == []
        assert ("stop",) not in desk.asked


async def test_who_asks_and_who_has_it_is_told_in_japanese(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk, lang="ja") as (app, _pilot):
        await is_asked(app, ASKER)
        assert "アプリ" in seen(app)
        assert "since" not in seen(app)
    desk = FakeDesk()
    desk.holder = process(purpose=Purpose.SERVICE)
    async with running(tmp_path, desk, lang="ja") as (app, _pilot):
        assert "サービス" in seen(app)
        assert "since" not in seen(app)


async def test_a_scanner_does_not_answer_the_question(tmp_path: Path) -> None:
    desk = FakeDesk()
    now = 100.0
    async with running(tmp_path, desk) as (app, pilot):
        app.seconds = lambda: now
        await press(app, pilot, "2", "c")
        await burst(app, pilot, "TEA-001\n")
        now += 1.5
        await is_asked(app, ASKER)
        assert "Hand the sync over?" not in seen(app), "somebody is scanning"
        await burst(app, pilot, "TEA-001\n")
        now += 1.5
        await is_asked(app, ASKER)
        assert "Hand the sync over?" not in seen(app)
        now += 1.5
        await is_asked(app, ASKER)
        assert "Hand the sync over?" in seen(app)
        now += 60
        await burst(app, pilot, "TEA-002\n")
        assert workspace(app).refused == [], "the next scan is no answer"
        assert "Hand the sync over?" not in seen(app)
        now += 3
        await is_asked(app, ASKER)
        assert "Hand the sync over?" in seen(app)
        now += 60
        await press(app, pilot, "enter")
        assert workspace(app).refused == [ASKER]


async def test_who_stops_to_think_in_a_form_does_not_answer_the_question(tmp_path: Path) -> None:
    desk = FakeDesk()
    now = 100.0
    async with running(tmp_path, desk) as (app, pilot):
        app.seconds = lambda: now
        await press(app, pilot, "2", "e", "4")
        now += 10
        await is_asked(app, ASKER)
        assert "Hand the sync over?" not in seen(app)
        await press(app, pilot, "enter", "enter")
        assert desk.asked[-1][0] == "set_stock"
        assert workspace(app).refused == []
        now += 3
        await is_asked(app, ASKER)
        assert "Hand the sync over?" in seen(app)


async def test_who_leaves_a_form_open_is_asked_in_the_end(tmp_path: Path) -> None:
    now = 100.0
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        app.seconds = lambda: now
        await press(app, pilot, "2", "e", "4")
        now += 20
        await is_asked(app, ASKER)
        assert "Hand the sync over?" in seen(app)


async def test_a_question_that_waits_for_quiet_goes_with_the_one_who_asked(tmp_path: Path) -> None:
    now = 100.0
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        app.seconds = lambda: now
        await press(app, pilot, "2")
        await is_asked(app, ASKER)
        await is_asked(app, None)
        now += 60
        await is_asked(app, None)
        assert "Hand the sync over?" not in seen(app)
