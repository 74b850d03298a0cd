"""The first paint comes before the store is opened, and nothing that is typed meanwhile is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from textual.pilot import Pilot

from core.model import Item
from core.store.errors import CannotWrite
from core.workspace import Workspace
from tests.tui.fakes import FakeDesk, FakeWorkspace
from tests.tui.seeing import press, running, seen, settled
from tui.app import DextreApp, Opening
from tui.screens.opening import OpeningScreen


class SlowDoor:
    """A workspace that opens when the test says so."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.may_open = threading.Event()

    def open(self) -> Workspace:
        assert self.may_open.wait(10)
        return cast(Workspace, FakeWorkspace(self.home, FakeDesk("Teahouse")))


def app_behind(home: Path, door: Callable[[], Workspace]) -> DextreApp:
    return DextreApp(Opening(home, door))


async def opened(app: DextreApp, pilot: Pilot[int]) -> None:
    """Until what follows is shown, and the keys that waited have come home."""
    while isinstance(app.screen, OpeningScreen) or app.keys_wait:
        await pilot.pause(0.01)
    await settled(app, pilot)


async def test_the_frame_is_painted_before_the_store_is_open(tmp_path: Path) -> None:
    door = SlowDoor(tmp_path)
    app = app_behind(tmp_path, door.open)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "The inventory is being opened…" in seen(app)
        assert "? Keys" in seen(app)
        door.may_open.set()
        await opened(app, pilot)
        assert "Live log" in seen(app)
        assert len(app.screen_stack) == 2  # nothing of the opening is left under the home screen


async def test_a_key_that_is_typed_while_it_opens_counts_afterwards(tmp_path: Path) -> None:
    door = SlowDoor(tmp_path)
    app = app_behind(tmp_path, door.open)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("7")
        await pilot.pause()
        assert "The inventory is being opened…" in seen(app)
        door.may_open.set()
        await opened(app, pilot)
        assert "Shopify custom app" in seen(app)


async def test_one_can_leave_while_it_opens(tmp_path: Path) -> None:
    door = SlowDoor(tmp_path)
    app = app_behind(tmp_path, door.open)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+q")
        door.may_open.set()
    assert app.return_code == 0


async def test_who_has_left_before_it_is_open_is_shown_nothing(tmp_path: Path) -> None:
    door = SlowDoor(tmp_path)
    app = app_behind(tmp_path, door.open)
    async with app.run_test() as pilot:
        while not list(app.workers):
            await pilot.pause(0.01)
        screens, app._screen_stacks[app._current_mode] = app.screen_stack, []
        door.may_open.set()
        await app.workers.wait_for_complete()
        app._screen_stacks[app._current_mode] = screens
        await pilot.press("ctrl+q")
    assert app.return_code == 0
    assert app.session is None


async def test_a_store_that_cannot_be_opened_ends_the_app_and_is_told(tmp_path: Path) -> None:
    def door() -> Workspace:
        raise CannotWrite(file="inventory.db", detail="read-only file system")

    app = app_behind(tmp_path, door)
    async with app.run_test() as pilot:
        await pilot.pause()
    assert isinstance(app.why_not_opened, CannotWrite)
    assert app.return_code == CannotWrite.exit_code


async def test_without_any_brand_the_first_one_is_asked_for(tmp_path: Path) -> None:
    app = app_behind(tmp_path, lambda: cast(Workspace, FakeWorkspace(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "Start by naming your brand" in seen(app)
        assert len(app.screen_stack) == 2


def test_the_first_paint_imports_nothing_of_the_store() -> None:
    import subprocess
    import sys

    heavy = ("core.model", "core.workspace.workspace", "core.store", "sqlite3", "httpx")
    code = f"import sys, tui.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_log_that_cannot_be_read_keeps_nobody_out(tmp_path: Path) -> None:
    """It is told where it would be shown, and only there."""
    with Workspace(tmp_path / "home", environ={}) as workspace:
        workspace.add_brand("Tea")
        desk = workspace.desk("Tea")
        desk.add_item(Item("A1"))
        desk.log_path.unlink()
        desk.log_path.mkdir()
        async with running(tmp_path / "home", workspace=workspace) as (app, pilot):
            assert "Live log" in seen(app)
            await press(app, pilot, "2", "enter")
            assert "cannot be read" in seen(app)
            await press(app, pilot, "escape", "6")
            assert "cannot be read" in seen(app)
