"""A few screens in colour, as SVG: dark, light, and without colour. Look at a changed one as a
picture before approving it (UPDATE_GOLDENS=1).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.scrollbar import ScrollBar

from tests.tui.fakes import FakeDesk
from tests.tui.seeing import GOLDENS, LEAST, press, running, seen, settled
from tests.tui.test_goldens import SCREENS
from tui import preferences
from tui.app import DextreApp
from tui.themes import DARK, LIGHT
from tui.widgets.bars import Saying
from tui.widgets.scrollbars import PlainScrollBar

SHOWN = {"home": (), "mapping": ("3",), "needs-you": ("4",), "plan": SCREENS["plan-push"]}
COLOUR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})\b")


def picture(app: DextreApp) -> str:
    """The screen as SVG, without what differs from run to run or is fetched from elsewhere."""
    svg = app.export_screenshot(title="dextre-sync")
    svg = re.sub(r"terminal-\d+-", "t-", svg)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return re.sub(r"\n\s*\n+", "\n", svg).strip() + "\n"


def check_picture(name: str, svg: str) -> str:
    """What is wrong with it, if anything."""
    path = GOLDENS / f"{name}.svg"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(svg, "utf-8")
    if not path.exists():
        return f"no golden {path.name}: run with UPDATE_GOLDENS=1 and look at it"
    return "" if svg == path.read_text("utf-8") else path.name


@pytest.mark.parametrize("way", [DARK.name, LIGHT.name, "no-colour"])
async def test_colours_are_as_they_were_last_approved(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "no-colour":
        monkeypatch.setenv("NO_COLOR", "1")
    wrong = []
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        if way == LIGHT.name:
            app.theme = way
            await settled(app, pilot)
        for screen, keys in SHOWN.items():
            await press(app, pilot, *keys)
            wrong.append(check_picture(f"{screen}.{way}", picture(app)))
            app.go("home")
            app.screen.query_one(Saying).hush()
            await settled(app, pilot)
    assert not any(wrong), wrong


async def test_without_colour_none_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        for keys in SCREENS.values():
            await press(app, pilot, *keys)
            odd = {text for text, style in sent(app) if style.color or style.bgcolor}
            assert not odd, (keys, odd)
            app.go("home")
            await settled(app, pilot)


async def test_without_colour_what_has_the_focus_stands_out_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "home", "down")
        cell = [text for text, how in sent(app) if how.reverse and how.underline]
        row = [text for text, how in sent(app) if how.reverse and not how.underline]
        assert len(cell) == 1, cell
        assert cell[0].strip().lstrip("-").isdigit()
        assert "TEA-001" in "".join(row)
        await press(app, pilot, "3", "x", *"maps")
        fields = [text for text, how in sent(app) if how.underline]
        assert "maps" in fields
        assert " Cancel " in fields
        await press(app, pilot, "tab")
        assert " Export " in [text for text, how in sent(app) if how.reverse]


async def test_without_colour_the_theme_is_not_switched_and_the_key_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    preferences.remember(tmp_path, theme="ansi-light")
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "T")
        assert "NO_COLOR is set" in seen(app)
        await press(app, pilot, "7")
        assert "no colours (NO_COLOR)" in seen(app)
    assert preferences.load(tmp_path).theme == "ansi-light"


async def test_every_theme_has_a_name_of_its_own(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=LEAST) as (app, pilot):
        await press(app, pilot, "7", "home", *["down"] * 4)
        names = set()
        for _time in range(4):
            await press(app, pilot, "enter")
            names |= {line.strip() for line in seen(app).splitlines() if "Theme" in line}
        assert len(names) == 4, names


async def test_an_empty_wish_for_no_colour_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with running(tmp_path, FakeDesk()) as (app, _pilot):
        hues = {"".join(c) for c in COLOUR.findall(picture(app)) if len({*c}) > 1}
        assert DARK.accent
        assert DARK.accent.lstrip("#") in hues


def sent(app: DextreApp) -> list[tuple[str, Style]]:
    """What goes to the terminal: text and how it looks."""
    strips = app.screen._compositor.render_strips()
    return [(part.text, part.style or Style()) for strip in strips for part in strip]


async def test_with_ascii_signs_nothing_of_ours_is_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of the merchant's stay as they are: they are two cells wide here."""
    monkeypatch.setattr(ScrollBar, "renderer", PlainScrollBar)
    async with running(tmp_path, FakeDesk(), ascii_only=True) as (app, pilot):
        for keys in SCREENS.values():
            await press(app, pilot, *keys)
            text = seen(app)
            odd = {sign for sign in text if not sign.isascii() and cell_len(sign) < 2}
            assert not odd, (keys, odd, text)
            app.go("home")
            await settled(app, pilot)


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_a_terminal_that_is_too_small_is_told_the_size_it_needs(
    tmp_path: Path, lang: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=(30, 8)) as (app, pilot):
        assert "30×8" in seen(app)
        assert "40×12" in seen(app)
        await pilot.resize_terminal(40, 12)
        for _turn in range(50):
            await settled(app, pilot)
        assert "40×12" not in seen(app)
