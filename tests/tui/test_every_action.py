"""Every action of the registry, on every screen where its key is live: it acts or it says why, and
never breaks anything. What an action does is told by the tests of its screen; here none escapes.

Keys that every table has are pressed once for each kind of widget, all others on each screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.pilot import Pilot

from core.errors import Offline
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen, settled
from tests.tui.test_goldens import OTHER_LOOKS, SCREENS
from tui.actions import ACTIONS, BY_ID
from tui.app import DextreApp
from tui.widgets.bars import Saying
from tui.widgets.fields import FilterField

pytestmark = pytest.mark.timeout(400)
"""Every action on every screen: a minute alone."""

SHARED = frozenset(
    {"app", "main", "table", "scroll", "marks", "form", "find", "dialog", "sub", "filter"}
)
"""Places whose actions are the same wherever they are bound."""

LEAVING = frozenset({"app.quit-now", "main.quit", "app.suspend"})
BEFORE = {
    "inventory.left": ("right",),
    "table.up": ("down", "down"),
    "table.page-up": ("pagedown",),
    "table.start": ("end",),
    "form.start": ("end",),
    "table.narrow": ("w", "greater_than_sign"),
    "marks.clear": ("space",),
    "scroll.up": ("space", "home", "down"),
    "scroll.page-up": ("space", "end"),
    "scroll.start": ("space", "end"),
    "scroll.down": ("space", "home"),
    "scroll.page-down": ("space", "home"),
    "scroll.end": ("space", "home"),
    "scroll.open": ("space",),
}
"""What must be so before an action can be seen to act."""

MORE: dict[str, tuple[str, ...]] = {
    "import": ("2", "i", *"x", "full_stop", *"csv", "enter"),
    "import-bad": ("2", "i", *"bad", "full_stop", *"csv", "enter"),
    "mapping-file-bad": ("3", "i", *"bad", "full_stop", *"csv", "enter"),
    "error": ("7", "home", "enter", "enter", *["down"] * 3, "enter"),
    "filter": ("2", "slash"),
}


ENABLE = {"enable": ("7", "home", "enter", *["down"] * 3, "enter")}
"""Where the link is off."""


class Watch:
    """What an app did since it was asked last."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.left: list[str] = []

    def hook(self, message: Message) -> None:
        if not isinstance(message, events.Event):
            self.messages.append(message)


def _standing(app: DextreApp, desk: FakeDesk) -> tuple[Any, ...]:
    """All by which a reader can tell that something happened."""
    focused = app.focused
    return (
        id(app.screen),
        seen(app),
        len(desk.asked),
        app.theme,
        focused,
        getattr(focused, "cursor", None),
        getattr(focused, "scroll_y", None),
        getattr(focused, "current", None),
    )


def _live(app: DextreApp) -> Iterator[tuple[str, str]]:
    """(action id, its first live key), each action once."""
    known: set[str] = set()
    for key, active in app.screen.active_bindings.items():
        binding: Binding = active.binding
        if binding.id in BY_ID and binding.id not in known:
            known.add(binding.id)
            yield binding.id, key


async def _go(app: DextreApp, pilot: Pilot[int], keys: tuple[str, ...]) -> None:
    if isinstance(app.focused, FilterField):
        await press(app, pilot, "escape")
    app.go("home")
    await settled(app, pilot)
    app.screen.query_one(Saying).hush()
    await press(app, pilot, *keys)


async def _acts_or_says(
    app: DextreApp, pilot: Pilot[int], desk: FakeDesk, watch: Watch, key: str
) -> bool:
    before = _standing(app, desk)
    watch.messages.clear()
    await press(app, pilot, key)
    said = any(saying.words for saying in app.screen.query(Saying))
    ours = [one for one in watch.messages if type(one).__module__.startswith("tui.")]
    return said or bool(ours) or _standing(app, desk) != before


def _watched(app: DextreApp, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving and suspending are noted only."""
    monkeypatch.setattr(app, "exit", lambda *_a, **_k: watch.left.append("exit"))
    monkeypatch.setattr(app, "action_suspend_process", lambda: watch.left.append("suspend"))


async def _walk(
    app: DextreApp,
    pilot: Pilot[int],
    desk: FakeDesk,
    watch: Watch,
    ways: dict[str, tuple[str, ...]],
    done: set[str],
) -> list[str]:
    """What neither acted nor said anything, as `screen: action`."""
    silent = []
    for screen, keys in ways.items():
        await _go(app, pilot, keys)
        for action_id, key in list(_live(app)):
            shared = BY_ID[action_id].place in SHARED
            if (shared and action_id in done) or action_id == "app.language":
                continue
            if action_id == f"main.{screen}":
                continue  # one is there already
            await _go(app, pilot, (*keys, *BEFORE.get(action_id, ())))
            if action_id not in {one for one, _key in _live(app)}:
                continue  # what was done before has changed what there is to do
            watch.left.clear()
            acted = await _acts_or_says(app, pilot, desk, watch, key)
            if not acted and not watch.left:
                silent.append(f"{screen}: {action_id}")
            done.add(action_id)
    return silent


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_every_live_action_acts_or_says_why(
    tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, watch, done = FakeDesk(), Watch(), set[str]()
    ways = {name: keys for name, keys in SCREENS.items() if name not in OTHER_LOOKS} | MORE
    desk.fails["connect"] = Offline(detail="no route")
    async with running(tmp_path, desk, lang=lang, hook=watch.hook) as (app, pilot):
        _watched(app, watch, monkeypatch)
        silent = await _walk(app, pilot, desk, watch, ways, done)
        desk.disable()
        silent += await _walk(app, pilot, desk, watch, ENABLE, done)
        await _go(app, pilot, ())
        await press(app, pilot, "L")
        assert ("SKU mapping" in seen(app)) is (lang == "ja"), "the language is switched"
        done.add("app.language")
    assert not silent, "\n".join(silent)
    missing = {action.id for action in ACTIONS} - done
    assert not missing, missing
