"""Every screen as plain text, in both languages, at three sizes. Read the diff of a golden as a
reader of the screen would.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any, cast

import pytest
from textual.screen import Screen

import tui
from core.errors import Offline
from tests.tui.fakes import FakeDesk, FakeWorkspace, process
from tests.tui.seeing import (
    GOLDENS,
    LARGE,
    LEAST,
    SMALL,
    check_golden,
    press,
    running,
    seen,
    settled,
    type_text,
)
from tests.tui.test_opening import SlowDoor, app_behind, opened
from tui.i18n import set_language
from tui.widgets.bars import Saying
from tui.widgets.fields import FilterField

HOLDER = process("ben", pid=8)
SCANS = {
    "one": (*"TEA", "minus", *"003"),
    "twelve": ("1", "2", "asterisk", *"TEA", "minus", *"002"),
}
SCREENS: dict[str, tuple[str, ...]] = {
    "home": (),
    "inventory": ("2",),
    "inventory-set": ("2", "e"),
    "item": ("2", "home", *["down"] * 4, "o"),
    "inventory-move": ("2", "m"),
    "inventory-new": ("2", "A"),
    "inventory-marked": ("2", "v", "down", "down", "v", "plus"),
    "inventory-filtered": ("2", "slash", *"cup", "enter"),
    "inventory-import": ("2", "i"),
    "import": ("2", "i", *"x", "full_stop", *"csv", "enter"),
    "inventory-type": ("2", "home", *["down"] * 7, "equals_sign", "plus", "3"),
    "stock-take": ("2", "c", *SCANS["one"], "enter", *SCANS["twelve"], "enter", *"NO", "enter"),
    "stock-take-apply": ("2", "c", "f2"),
    "stock-take-anew": ("2", "c", *SCANS["one"], "enter", "f8"),
    "location-add": ("2", "p", "a"),
    "locations-labels": ("2", "p"),
    "label-edit": ("2", "p", "tab", "down", "e"),
    "item-edit": ("2", "home", *["down"] * 4, "o", "e"),
    "item-remove": ("2", "home", *["down"] * 4, "o", "x"),
    "movements-forget": ("7", "home", *["down"] * 9, "enter", "enter"),
    "mapping": ("3",),
    "mapping-filter": ("3", "f", "f"),
    "mapping-marked": ("3", "v", "down", "down", "v", "I"),
    "mapping-pick": ("3", "m"),
    "mapping-suggested": ("3", "slash", *"cup", "minus", "9", "enter", "e"),
    "mapping-file": ("3", "i", *"x", "full_stop", *"csv", "enter"),
    "needs-you": ("4",),
    "needs-you-help": ("4", "f3"),
    "runs": ("5",),
    "run": ("5", "enter"),
    "plan-undo": ("5", "u"),
    "log": ("6",),
    "log-paused": ("6", "space", "home", "f"),
    "log-filtered": ("6", "f", "f", "slash", *"sku", "colon", *"TEA", "minus", *"003", "enter"),
    "settings": ("7", "home"),
    "doctor": ("7", "home", *["down"] * 11, "enter", "down"),
    "backups-make": ("7", "home", *["down"] * 8, "enter", "b"),
    "backups": ("7", "home", *["down"] * 8, "enter"),
    "restore": ("7", "home", *["down"] * 8, "enter", "enter"),
    "sync-settings": ("7", "home", *["down"] * 10, "enter"),
    "sync-settings-edit": ("7", "home", *["down"] * 10, "enter", "down", "e"),
    "shopify-app": ("7", "home", "enter"),
    "webhooks": ("7", "home", "enter", *["down"] * 4, "enter", "down"),
    "webhooks-ask": ("7", "home", "enter", *["down"] * 4, "enter", "h"),
    "connect": ("7", "home", "enter", "enter"),
    "connect-advanced": ("7", "home", "enter", "enter", "f2"),
    "pairing-choose": ("7", "home", "enter", "down", "enter", "enter"),
    "pairing": ("7", "home", "enter", "down", "enter"),
    "plan-push": ("7", "home", "enter", *["down"] * 6, "enter"),
    "plan-pull": ("7", "home", "enter", *["down"] * 7, "enter"),
    "plan-all-rows": ("7", "home", "enter", *["down"] * 6, "enter", "f", "f"),
    "disable": ("7", "home", "enter", *["down"] * 3, "enter"),
    "confirm-push": ("7", "home", "enter", *["down"] * 6, "enter", "A"),
    "delete-mappings": ("7", "home", "enter", *["down"] * 8, "enter"),
    "brands": ("b",),
    "brand-add": ("b", "a"),
    "quit": ("q",),
    "keys": ("5", "f1"),
    "palette": ("ctrl+p",),
}
OTHER_LOOKS = frozenset(
    [
        "needs-you-help",
        "plan-undo",
        "log-paused",
        "log-filtered",
        "plan-pull",
        "plan-all-rows",
        "disable",
        "inventory-new",
        "inventory-marked",
        "inventory-filtered",
        "inventory-import",
        "import",
        "stock-take-anew",
        "location-add",
        "mapping-filter",
        "mapping-marked",
        "backups-make",
        "connect-advanced",
        "pairing-choose",
        "brand-add",
        "quit",
    ]
)
"""Of screens and dialogs whose actions another look has as well."""
LOOKS = [(lang, size) for lang in ("en", "ja") for size in (SMALL, LARGE, LEAST)]


def _name(screen: str, lang: str, size: tuple[int, int]) -> str:
    return f"{screen}.{lang}.{size[0]}x{size[1]}"


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_all_screens_look_as_they_were_last_approved(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    differing = []
    shown: set[type[Screen[Any]]] = set()
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        for screen, keys in SCREENS.items():
            if isinstance(app.focused, FilterField):
                await press(app, pilot, "escape")
            await press(app, pilot, *keys)
            shown.add(type(app.screen))
            try:
                check_golden(_name(screen, lang, size), seen(app))
            except AssertionError as error:
                differing.append(str(error))
            if screen.endswith("-filtered"):
                await press(app, pilot, "slash", "escape", "g")  # the cursor stays on its row
            for saying in app.screen.query(Saying):
                saying.hush()
            app.go("home")
            app.screen.hush()  # type: ignore[attr-defined]
            await settled(app, pilot)
    assert not differing, "\n".join(differing)
    unseen = {kind.__name__ for kind in all_screens() - shown} - set(ELSEWHERE)
    assert not unseen, f"screens without a golden: {unseen}"


ELSEWHERE = {
    "OpeningScreen": "opening",
    "EnableScreen": "enable",
    "ErrorDialog": "error",
}
"""Screens whose golden another test of this file makes."""


def all_screens() -> set[type[Screen[Any]]]:
    """Every screen and dialog of the app that is not only there to be built upon."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[Screen[Any]]] = set()
    rest: list[type[Screen[Any]]] = [Screen]
    while rest:
        kind = rest.pop()
        rest += kind.__subclasses__()
        if kind.__module__.startswith("tui.") and not kind.__subclasses__():
            found.add(kind)
    return found


def test_a_screen_that_is_shown_elsewhere_has_its_golden() -> None:
    for golden in ELSEWHERE.values():
        assert (GOLDENS / f"{golden}.ja.80x24.txt").exists()


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_the_frame_is_there_while_the_inventory_is_opened(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    door = SlowDoor(tmp_path)
    set_language(lang)
    app = app_behind(tmp_path, door.open)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        check_golden(_name("opening", lang, size), seen(app))
        door.may_open.set()
        await opened(app, pilot)


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_an_error_of_the_core_is_one_readable_dialog(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    desk = FakeDesk()
    desk.fails["connect"] = Offline(detail="no [/route] to host")
    async with running(tmp_path, desk, lang=lang, size=size) as (app, pilot):
        await press(app, pilot, "7", "enter", "enter")
        app.screen.query_one("#connect").focus()
        await press(app, pilot, "enter")
        check_golden(_name("error", lang, size), seen(app))


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_a_viewer_is_told_so_and_asks_before_taking_over(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    desk = FakeDesk()
    desk.holder = HOLDER
    async with running(tmp_path, desk, lang=lang, size=size) as (app, pilot):
        check_golden(_name("viewer", lang, size), seen(app))
        await press(app, pilot, "2", "e")
        check_golden(_name("viewer-cannot", lang, size), seen(app))
        await press(app, pilot, "1", "t")
        check_golden(_name("take-over", lang, size), seen(app))


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_the_one_who_is_asked_sees_who_asks_and_what_it_means(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        cast(FakeWorkspace, cast(object, app.workspace)).asker = HOLDER
        app.pump()
        await settled(app, pilot)
        check_golden(_name("hand-over", lang, size), seen(app))


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_a_newcomer_is_asked_for_a_brand_and_then_led_on(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with running(tmp_path, lang=lang, size=size) as (app, pilot):
        check_golden(_name("first-start", lang, size), seen(app))
        await press(app, pilot, "enter")
        await type_text(pilot, "Chanoko")
        await press(app, pilot, "enter")
        check_golden(_name("first-home", lang, size), seen(app))


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_enabling_asks_which_side_is_right_and_shows_the_plan(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    desk = FakeDesk()
    desk._link = desk.link().__class__("NEW")
    async with running(tmp_path, desk, lang=lang, size=size) as (app, pilot):
        await press(app, pilot, "7", "enter", "down", "down", "down", "enter")
        check_golden(_name("enable", lang, size), seen(app))
        await press(app, pilot, "enter")
        check_golden(_name("enable-plan", lang, size), seen(app))


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_an_import_is_shown_before_it_happens(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        await press(app, pilot, "2", "i")
        await type_text(pilot, "bad.csv")
        await press(app, pilot, "enter")
        check_golden(_name("import-bad", lang, size), seen(app))


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_the_check_of_a_connection_tells_a_line_for_each_finding(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        await press(app, pilot, "7", "enter", "enter")
        app.screen.query_one("#connect").focus()
        await press(app, pilot, "enter")
        app.screen.hush()  # type: ignore[attr-defined]
        await settled(app, pilot)
        check_golden(_name("connect-checked", lang, size), seen(app))


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("size", [(60, 20), (39, 12)])
async def test_a_small_terminal_gets_fewer_columns_or_is_told_the_size_it_needs(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        await press(app, pilot, "3")
        check_golden(_name("small", lang, size), seen(app))


async def test_a_terminal_where_signs_are_wide_gets_ascii(tmp_path: Path) -> None:
    desk = FakeDesk("Tea")
    async with running(tmp_path, desk, ascii_only=True) as (app, pilot):
        ours = "✓✗⇄→←…·–▸│─┌"
        for keys in ("1", "3", "4", "6", "7"):
            await press(app, pilot, keys)
            assert not [sign for sign in ours if sign in seen(app)], seen(app)
