"""Running the app without a terminal, and seeing its screen as plain lines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from textual._context import visible_screen_stack
from textual.events import Key, Paste
from textual.keys import _character_to_key
from textual.message import Message
from textual.pilot import Pilot

from core.workspace import Workspace
from tests.tui.fakes import FakeDesk, FakeWorkspace
from tui.app import DextreApp
from tui.widgets.bars import KeyLine, Saying

GOLDENS = Path(__file__).parent / "goldens"
SMALL, LARGE, LEAST = (80, 24), (120, 40), (40, 12)


@asynccontextmanager
async def running(
    home: Path,
    *desks: FakeDesk,
    lang: str = "en",
    size: tuple[int, int] = SMALL,
    workspace: Workspace | None = None,
    ascii_only: bool = False,
    hook: Callable[[Message], None] | None = None,
) -> AsyncIterator[tuple[DextreApp, Pilot[int]]]:
    """The app on in-memory desks, or on a real workspace."""
    work = workspace or cast(Workspace, FakeWorkspace(home, *desks))
    app = DextreApp(work, lang=lang, ascii_only=ascii_only)
    async with app.run_test(size=size, message_hook=hook) as pilot:
        await settled(app, pilot)
        yield app, pilot
        if app.session is not None:
            app.session.close()


async def settled(app: DextreApp, pilot: Pilot[int]) -> None:
    """All that was started has ended, and is painted with the newest figures."""
    await pilot.pause()
    while any(saying.leaving for saying in app.screen.query(Saying)):  # noqa: ASYNC110 - no event
        await asyncio.sleep(0)
    await app.workers.wait_for_complete()
    app.look()
    app.pump()
    await app.workers.wait_for_complete([one for one in app.workers if one.group == "news"])
    await pilot.pause()


async def press(app: DextreApp, pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(app, pilot)


async def resized(app: DextreApp, pilot: Pilot[int], columns: int, rows: int) -> None:
    """The terminal has another size, and all is laid out anew: its last line is that of the keys,
    unless it is too small.
    """
    await pilot.resize_terminal(columns, rows)
    for _turn in range(100):
        await pilot.pause(0.01)
        keys = app.screen.query_one(KeyLine).region
        if keys.right == columns and (keys.bottom == rows or app.screen.has_class("-too-small")):
            break
    await settled(app, pilot)


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Short texts key by key, long ones as a terminal pastes them."""
    if len(text) > 12 and pilot.app.focused is not None:
        pilot.app.focused.post_message(Paste(text))
        await pilot.pause()
        return
    names = {" ": "space", ".": "full_stop", "/": "slash", "-": "minus", "_": "underscore"}
    names |= {":": "colon", ",": "comma", "*": "asterisk"}
    await pilot.press(*(names.get(letter, letter) for letter in text))


async def burst(app: DextreApp, pilot: Pilot[int], text: str) -> None:
    """All keys at once, as a scanner or a slow line delivers them; a line break is Enter."""
    for letter in text:
        key = "enter" if letter == "\n" else _character_to_key(letter)
        app.post_message(Key(key, None if letter == "\n" else letter))
    await pilot.pause()
    while app.keys_wait:  # noqa: ASYNC110 - no event
        await asyncio.sleep(0)
    await settled(app, pilot)


def seen(app: DextreApp) -> str:
    """What the screen shows. The one place that reads the compositor's lines. A dialog is painted
    over the screens behind it, as for a terminal.
    """
    app.screen._refresh_layout()  # a scrollbar that has just come or gone takes its place first
    app.screen.refresh()
    behind = visible_screen_stack.set(app._background_screens)
    try:
        strips = app.screen._compositor.render_strips()
    finally:
        visible_screen_stack.reset(behind)
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return "\n".join(lines).rstrip() + "\n"


def check_golden(name: str, text: str) -> None:
    """Compare with tests/tui/goldens/NAME.txt; UPDATE_GOLDENS=1 writes it instead."""
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return
    assert path.exists(), f"no golden {path.name}: run with UPDATE_GOLDENS=1 and look at it"
    assert text == path.read_text("utf-8"), path.name
