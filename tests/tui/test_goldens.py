"""Every screen as plain text, in both languages, at three sizes. Read the diff of a golden as a
reader of the screen would.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fakes import FakeDesk
from tests.tui.seeing import (
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

SCANS = {
    "one": (*"TEA", "minus", *"003"),
    "twelve": ("1", "2", "asterisk", *"TEA", "minus", *"002"),
}
SCREENS: dict[str, tuple[str, ...]] = {
    "home": (),
    "inventory": ("2",),
    "inventory-set": ("2", "e"),
    "item": ("2", "down", "o"),
    "inventory-move": ("2", "m"),
    "inventory-type": ("2", "down", "equals_sign", "plus", "3"),
    "stock-take": ("2", "c", *SCANS["one"], "enter", *SCANS["twelve"], "enter", *"NO", "enter"),
    "stock-take-apply": ("2", "c", "f2"),
    "locations-labels": ("2", "p"),
    "label-edit": ("2", "p", "tab", "down", "e"),
    "item-edit": ("2", "down", "o", "e"),
    "item-remove": ("2", "down", "o", "x"),
    "movements-forget": ("7", "home", *["down"] * 9, "enter", "enter"),
    "mapping": ("3",),
    "mapping-pick": ("3", "m"),
    "mapping-suggested": ("3", "slash", *"cup", "minus", "9", "enter", "e"),
    "mapping-file": ("3", "i", *"x", "full_stop", *"csv", "enter"),
    "needs-you": ("4",),
    "runs": ("5",),
    "run": ("5", "enter"),
    "log": ("6",),
    "settings": ("7", "home"),
    "doctor": ("7", "home", *["down"] * 11, "enter", "down"),
    "backups": ("7", "home", *["down"] * 8, "enter"),
    "restore": ("7", "home", *["down"] * 8, "enter", "enter"),
    "sync-settings": ("7", "home", *["down"] * 10, "enter"),
    "sync-settings-edit": ("7", "home", *["down"] * 10, "enter", "down", "e"),
    "shopify-app": ("7", "home", "enter"),
    "webhooks": ("7", "home", "enter", *["down"] * 4, "enter", "down"),
    "webhooks-ask": ("7", "home", "enter", *["down"] * 4, "enter", "h"),
    "connect": ("7", "home", "enter", "enter"),
    "pairing": ("7", "home", "enter", "down", "enter"),
    "plan-push": ("7", "home", "enter", *["down"] * 6, "enter"),
    "confirm-push": ("7", "home", "enter", *["down"] * 6, "enter", "A"),
    "delete-mappings": ("7", "home", "enter", *["down"] * 8, "enter"),
    "brands": ("b",),
    "keys": ("5", "f1"),
    "palette": ("ctrl+p",),
}
LOOKS = [(lang, size) for lang in ("en", "ja") for size in (SMALL, LARGE, LEAST)]


def _name(screen: str, lang: str, size: tuple[int, int]) -> str:
    return f"{screen}.{lang}.{size[0]}x{size[1]}"


@pytest.mark.parametrize(("lang", "size"), LOOKS)
async def test_all_screens_look_as_they_were_last_approved(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    differing = []
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        for screen, keys in SCREENS.items():
            await press(app, pilot, *keys)
            try:
                check_golden(_name(screen, lang, size), seen(app))
            except AssertionError as error:
                differing.append(str(error))
            app.go("home")
            app.screen.hush()  # type: ignore[attr-defined]
            await settled(app, pilot)
    assert not differing, "\n".join(differing)


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
