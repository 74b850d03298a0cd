"""The registry of actions: safe keys, words for all, a method for each, a reason why not."""

from __future__ import annotations

import asyncio
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

import tui.screens
import tui.widgets
from tests.tui.fakes import FakeDesk, process
from tests.tui.seeing import press, running, seen, settled, type_text
from tests.tui.test_opening import SlowDoor, app_behind, opened
from tui import keymap
from tui.actions import ACTIONS, BY_ID
from tui.app import DextreApp
from tui.i18n import _
from tui.key_docs import page
from tui.key_names import SAFE_KEYS, key_names
from tui.screens.base import BaseScreen, MainScreen, SubScreen, Work
from tui.screens.enable import EnableScreen
from tui.screens.frame import FrameScreen
from tui.screens.inventory import InventoryScreen
from tui.screens.mapping import MappingScreen
from tui.screens.pairing import PairingScreen
from tui.screens.ways import WAYS
from tui.widgets.bars import KeyLine, Part, Saying
from tui.widgets.picker import PickerDialog
from tui.widgets.prose import Prose
from tui.widgets.table import VirtualTable


def _modules() -> Iterator[Any]:
    for package in (tui.screens, tui.widgets):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            yield import_module(module.name)


def _ours() -> Iterator[type[DOMNode]]:
    """Every screen and widget of this program, and the app."""
    yield DextreApp
    for module in _modules():
        for thing in vars(module).values():
            ours = getattr(thing, "__module__", "") == module.__name__
            if ours and isinstance(thing, type) and issubclass(thing, DOMNode):
                yield thing


def _bindings(kind: type[DOMNode]) -> Iterator[Binding]:
    for entry in vars(kind).get("BINDINGS", []):
        assert isinstance(entry, Binding), f"{kind.__name__}: {entry}"
        yield entry


def test_every_key_is_one_that_every_terminal_can_send() -> None:
    for kind in _ours():
        for binding in _bindings(kind):
            unsafe = set(binding.key.split(",")) - SAFE_KEYS
            assert not unsafe, f"{kind.__name__} binds {unsafe}"


def test_every_action_has_its_own_id_a_description_and_a_tooltip() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.description, action.id
        assert action.tooltip, action.id
        assert action.tooltip.endswith((".", "…", "?")), action.id


def test_no_place_binds_a_key_twice() -> None:
    seen_keys: set[tuple[str, str]] = set()
    for action in ACTIONS:
        for key in action.keys.split(","):
            assert (action.place, key) not in seen_keys, f"{action.place}: {key}"
            seen_keys.add((action.place, key))


@pytest.mark.parametrize(
    "kind", [k for k in _ours() if issubclass(k, BaseScreen)], ids=lambda k: k.__name__
)
def test_every_action_of_a_screen_has_its_method(kind: type[BaseScreen]) -> None:
    for binding in _bindings(kind):
        action = BY_ID[binding.id or ""]
        if not action.run:
            assert callable(getattr(kind, f"do_{action.name}", None)), action.id


async def test_every_binding_carries_its_id_so_that_it_can_be_mapped_anew(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        app.set_keymap({"home.sync": "f9"})
        app.refresh_bindings()
        await press(app, pilot, "f9")
        assert ("sync_now",) in app.open_session.desk.asked  # type: ignore[attr-defined]


async def test_a_key_that_cannot_act_says_why(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk("Tea", filled=False)) as (app, pilot):
        await press(app, pilot, "s")
        assert "First connect the shop" in seen(app)
        await press(app, pilot, "2", "e")
        assert "There is no item yet" in seen(app)


async def test_the_list_of_keys_is_searched_by_typing_and_runs_the_line(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "question_mark")
        await type_text(pilot, "sync now")
        await press(app, pilot, "enter")
        assert ("sync_now",) in desk.asked


async def test_the_palette_goes_anywhere(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "7", "enter", "ctrl+p")
        await type_text(pilot, "runs")
        await press(app, pilot, "enter")
        assert app.screen.title_text() == "Runs"  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", WAYS)
async def test_the_palette_leads_to_every_place_by_its_name(tmp_path: Path, way: str) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "ctrl+p")
        await type_text(pilot, WAYS[way].title)
        await press(app, pilot, "enter")
        assert SHOWN_THERE[way] in seen(app)
        for _turn in range(5):
            await press(app, pilot, "escape")
        assert "7 Settings" in seen(app), "leaving leads back to where it is found"


SHOWN_THERE = {
    "way.connect": "Shop domain",
    "way.edit": "Shopify location",
    "way.enable": "Both sides stop following each other.",
    "way.webhooks": "Webhooks",
    "way.push": "Units: Shopify",
    "way.pull": "Units: Shopify",
    "way.delete": "Cancel",
    "way.shopify": "By hand",
    "way.places": "Add a location",
    "way.brands": "Add a brand",
    "way.backups": "Back up",
    "way.tuning": "Change",
    "way.doctor": "What was checked",
}


async def test_what_the_palette_cannot_do_now_says_why(tmp_path: Path) -> None:
    desk = FakeDesk(filled=False)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "ctrl+p")
        await type_text(pilot, "push")
        await press(app, pilot, "enter")
        assert "Shopify custom app" in seen(app)
        assert app.screen.query_one(Saying).display


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_printed_keys_are_those_that_are_bound(language: str) -> None:
    """`python -m scripts.write_key_docs` writes them."""
    printed = Path(__file__).parents[2] / "docs" / f"keys.{language}.md"
    assert printed.read_text("utf-8") == page(language)


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("x", ["x"]),
        ("?", ["question_mark"]),
        ("^R, F2", ["ctrl+r", "f2"]),
        ("Space", ["space"]),
        ("PgDn", ["pagedown"]),
        ("delete", ["delete"]),
        ("=", ["equals_sign"]),
    ],
)
def test_keys_are_written_as_they_are_shown(written: str, keys: list[str]) -> None:
    assert key_names(written) == keys


async def test_keys_of_ones_own_take_effect_and_are_shown(tmp_path: Path) -> None:
    (tmp_path / keymap.FILE).write_text('"home.sync" = "F9"\n[runs]\nundo = "x"\n', "utf-8")
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        assert "F9 Sync now" in seen(app)
        await press(app, pilot, "f9")
        assert ("sync_now",) in desk.asked
        await press(app, pilot, "f1")
        await type_text(pilot, "sync now")
        assert "F9" in seen(app)


def key_words(app: DextreApp) -> list[str]:
    """What the line of keys says, without the keys."""
    return [words.partition(" ")[2] for words, _tone in app.screen.query_one(KeyLine).parts]


PLACES: tuple[tuple[str, ...], ...] = (
    (),
    ("2",),
    ("2", "o"),
    ("2", "p"),
    ("2", "c"),
    ("3",),
    ("4",),
    ("5",),
    ("6",),
    ("7",),
    ("7", "home", "enter"),
)


@pytest.mark.parametrize("way", PLACES, ids=" ".join)
async def test_a_key_of_ones_own_stands_where_the_usual_one_stood(
    tmp_path: Path, way: tuple[str, ...]
) -> None:
    """Each key of the line in turn, on a key that is used nowhere."""
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, *way)
        usual = key_words(app)
        shown = [a.binding.id for a in app.screen.active_bindings.values() if a.binding.show]
        assert len(usual) > 1
        for action_id in {*shown} - {None}:
            app.set_keymap({str(action_id): "f9"})
            app.screen.query_one(KeyLine).update_keys()
            assert key_words(app) == usual, action_id
            assert any(words.startswith("F9 ") for words, _tone in parts_of(app)), action_id


def parts_of(app: DextreApp) -> tuple[Part, ...]:
    return app.screen.query_one(KeyLine).parts


@pytest.mark.parametrize("without_colour", [False, True])
@pytest.mark.parametrize("plain_signs", [False, True])
async def test_a_key_that_cannot_act_is_told_without_colour_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_colour: bool, plain_signs: bool
) -> None:
    if without_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    desk = FakeDesk("Tea", filled=False)
    async with running(tmp_path, desk, ascii_only=plain_signs) as (app, _pilot):
        bottom = seen(app).splitlines()[-1]
    assert ("(s Sync now)" in bottom) is (without_colour or plain_signs)
    assert "s Sync now" in bottom
    assert "(b Brands)" not in bottom, "this one acts"


async def test_a_wrong_line_of_the_keys_is_told_and_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / keymap.FILE).write_text(
        '"home.sync" = "ctrl+h"\n"no.such" = "x"\n"home.next" = "f9"\n', "utf-8"
    )
    async with running(tmp_path, FakeDesk()) as (app, _pilot):
        assert "keys.toml: no such action" in seen(app)
    assert keymap.load(tmp_path)[0] == {"home.next": "f9"}
    for wrong in ("not toml", "a=" + "[" * 100_000, ".".join("a" * 10_000) + "=1"):
        (tmp_path / keymap.FILE).write_text(wrong, "utf-8")
        assert keymap.load(tmp_path)[0] == {}


async def test_a_key_that_is_given_to_two_actions_is_told_with_both(tmp_path: Path) -> None:
    (tmp_path / keymap.FILE).write_text('"inventory.set" = "m"\n"home.sync" = "f9"\n', "utf-8")
    async with running(tmp_path, FakeDesk()) as (app, _pilot):
        told = " ".join(seen(app).split())
        assert "keys.toml: one key for two" in told
        assert "m: inventory.set, inventory.move" in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"inventory.set": "m"}, ["m: inventory.set, inventory.move"]),
        ({"inventory.set": "m", "inventory.move": "e"}, []),
        ({"inventory.set": "z"}, []),
        ({"runs.undo": "m"}, []),
        ({"runs.undo": "j"}, ["j: runs.undo, table.down"]),
        ({"log.level": "q"}, ["q: log.level, main.quit"]),
        ({"item.edit": "f8", "count.clear": "f8"}, []),
        ({"item.edit": "f8", "item.copy": "f8"}, ["F8: item.copy, item.edit"]),
    ],
)
def test_a_key_is_one_for_two_only_where_both_are_live(
    given: dict[str, str], told: list[str]
) -> None:
    assert keymap.clashes(given) == told


@pytest.mark.parametrize("kind", [k for k in _ours() if issubclass(k, BaseScreen)])
def test_what_a_screen_binds_is_live_together(kind: type[BaseScreen]) -> None:
    ids = [binding.id or "" for base in kind.__mro__ for binding in _bindings_of(base)]
    places = {BY_ID[one].place for one in ids} | {"app"}
    assert all(keymap.together(one, other) for one in places for other in places)


def _bindings_of(base: type) -> list[Binding]:
    ours = base.__module__.startswith("tui.")
    return [*_bindings(base)] if ours and issubclass(base, DOMNode) else []


@pytest.mark.parametrize("opener", ["question_mark", "ctrl+p"])
async def test_the_language_is_switched_from_a_list_and_the_keys_still_work(
    tmp_path: Path, opener: str
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        async with asyncio.timeout(20):
            await press(app, pilot, "2", opener)
            await type_text(pilot, "lang")
            await press(app, pilot, "enter", "7")
            assert "言語" in seen(app)


async def keys_told(app: DextreApp, pilot: Pilot[int], screen: FrameScreen) -> str:
    """The line of keys of a screen, and what its `?` lists."""
    app.push_screen(screen)
    await settled(app, pilot)
    line = seen(app).splitlines()[-1]
    await press(app, pilot, "f1")
    return f"{line}\n{seen(app)}"


async def test_the_choices_of_how_to_begin_tell_their_keys(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        told = await keys_told(app, pilot, EnableScreen())
        assert told.startswith(" Enter Choose  ↓ Down  ↑ Up  Esc Back"), told
        for line in ("Enter +Choose", "↓ j +Down", "↑ k +Up"):
            assert re.search(line, told), line
        await press(app, pilot, "escape", "j")
        assert app.focused is app.screen.query_one("#pull")
        await press(app, pilot, "k")
        assert app.focused is app.screen.query_one("#push")


@pytest.mark.parametrize("kind", [PairingScreen, InventoryScreen, MappingScreen])
async def test_the_list_of_keys_has_the_arrows_of_a_table(
    tmp_path: Path, kind: type[FrameScreen]
) -> None:
    async with running(tmp_path, FakeDesk(), size=(80, 60)) as (app, pilot):
        told = await keys_told(app, pilot, kind())
        for line in ("← h", "→"):
            assert re.search(line, told), told


WRONG = '"home.sync" = "ctrl+h"\n"no.such" = "x"\n"home.next" = "f9"\n'


async def test_wrong_keys_are_told_on_the_first_screen_that_stays(tmp_path: Path) -> None:
    (tmp_path / keymap.FILE).write_text(WRONG, "utf-8")
    door = SlowDoor(tmp_path)
    app = app_behind(tmp_path, door.open)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        door.may_open.set()
        await opened(app, pilot)
        told = " ".join(seen(app).split())
        assert "home.sync = ctrl+h; no.such = x" in told


async def test_wrong_keys_are_told_where_somebody_else_syncs(tmp_path: Path) -> None:
    (tmp_path / keymap.FILE).write_text(WRONG, "utf-8")
    desk = FakeDesk()
    desk.holder = process()
    async with running(tmp_path, desk) as (app, _pilot):
        assert "no.such = x" in " ".join(seen(app).split())


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_the_settings_show_all_that_is_wrong_with_the_keys(tmp_path: Path, lang: str) -> None:
    (tmp_path / keymap.FILE).write_text(WRONG, "utf-8")
    async with running(tmp_path, FakeDesk(), lang=lang) as (app, pilot):
        await press(app, pilot, "7")
        assert _("%(file)s has faults (%(key)s)") % {
            "file": "keys.toml",
            "key": "Enter",
        } in seen(app)
        app.screen.query_one(VirtualTable).go_to("keys")
        await press(app, pilot, "enter")
        told = seen(app)
        for line in ("home.sync = ctrl+h", "no.such = x"):
            assert line in told
        assert "docs/keys." in told
        message = app.screen.query_one("#message", Prose)
        assert str(tmp_path / keymap.FILE) in str(message.content)
        await press(app, pilot, "escape")
        (tmp_path / keymap.FILE).write_text("", "utf-8")
        await press(app, pilot, "enter")
        assert isinstance(app.screen, PickerDialog)


async def test_the_doctor_tells_of_wrong_keys(tmp_path: Path) -> None:
    (tmp_path / keymap.FILE).write_text(WRONG, "utf-8")
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "7", "end", "enter", "down", "down")
        told = seen(app)
        assert "keys.toml: no such action" in told
        assert "home.sync = ctrl+h; no.such = x" in " ".join(told.split())
        assert "→ Correct the file" in told


OWN = """
"main.home" = "f12"
"main.needs" = "f9"
"main.cancel" = "f6"
"sub.back" = "f7"
"home.take" = "X"
"home.pause" = "f5"
"inventory.undo" = "U"
"inventory.places" = "P"
"inventory.import" = "f11"
"places.location" = "f10"
"find.search" = "f8"
"needs.ignore" = "H"
"mapping.undo" = "Z"
"app.quit-now" = "ctrl+x"
"""


@pytest.fixture
def own_keys(tmp_path: Path) -> Path:
    (tmp_path / keymap.FILE).write_text(OWN, "utf-8")
    return tmp_path


async def test_what_is_told_names_the_keys_of_ones_own(own_keys: Path) -> None:
    desk = FakeDesk()
    async with running(own_keys, desk, size=(100, 30)) as (app, pilot):
        assert seen(app).startswith(" F12 Home  2 Inventory")
        assert "see key F9" in seen(app)
        await press(app, pilot, "f5")
        assert "paused: F5 goes on" in seen(app)
        await press(app, pilot, "ctrl+c")
        assert "Press ^x to quit." in seen(app)
        await press(app, pilot, "2", "n")
        assert "press F8 and type" in seen(app)
        await press(app, pilot, "j", "j", "v", "G", "v", "plus", "5", "enter", "enter")
        assert "38 quantities. U undoes it." in seen(app)
        await press(app, pilot, "3", "G", "d")
        assert "Z undoes it." in seen(app)
        await press(app, pilot, "f9")
        assert "H Leave out" in seen(app)


async def test_who_only_looks_is_told_the_key_of_ones_own_that_asks(own_keys: Path) -> None:
    desk = FakeDesk()
    desk.holder = process()
    async with running(own_keys, desk) as (app, pilot):
        assert "Home, key X: ask for the sync." in " ".join(seen(app).split())
        await press(app, pilot, "f12")
        assert "X asks to take the sync over." in " ".join(seen(app).split())


async def test_an_empty_inventory_names_the_keys_of_ones_own(own_keys: Path) -> None:
    async with running(own_keys, FakeDesk(filled=False)) as (app, pilot):
        await press(app, pilot, "2")
        assert "Press F11 to import a CSV file, P to add" in " ".join(seen(app).split())
        await press(app, pilot, "e")
        assert "There is no item yet. Press F11" in seen(app)
        await press(app, pilot, "P")
        assert "Press F10 to add one." in seen(app)


async def test_what_runs_is_cancelled_by_the_key_that_is_told(own_keys: Path) -> None:
    async with running(own_keys, FakeDesk()) as (app, _pilot):
        assert keymap.key_of(MainScreen.CANCEL) == "F6"
        assert keymap.key_of(SubScreen.CANCEL) == "F7"
        screen = cast(MainScreen, app.screen)
        assert screen.why_busy() == "Something else is still running. F6 cancels it."
        screen._work = Work("Reading")
        screen._show_work()
        assert "Reading  F6 cancels" in seen(app)
        screen._work = None
