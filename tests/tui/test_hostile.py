"""Texts of the outside world: markup, control codes, bidi, length. The terminal gets none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

from core.model import Item, Location
from core.sync.events import WentOffline
from tests.tui.fakes import AT, FakeDesk
from tests.tui.seeing import press, running, seen, settled
from tests.tui.test_goldens import SCREENS
from tui.clean import _FORBIDDEN, _LINE_BREAKS, clean, clean_block, escaped, harmless_lines
from tui.widgets.fields import Field, Press

EVIL = "Tee [/x] [red]\x1b]0;OWNED\x07\x1b[31m\x9b32m\u202e\x00 [b"
BAD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_nothing_that_speaks_to_a_terminal_survives(text: str) -> None:
    line = clean(text)
    assert not BAD.search(line)
    assert "\n" not in line
    assert not BAD.search(clean_block(text))


@given(st.text(alphabet=st.characters(whitelist_categories=("L", "N", "P")), max_size=100))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_what_is_forbidden_is_never_printable() -> None:
    """So that a printable text is clean as it is."""
    every = [chr(code) for code in range(0x110000)]
    assert not any(one.isprintable() for one in every if _FORBIDDEN.match(one))
    assert not any(one.isprintable() for one in every if _LINE_BREAKS.match(one))


def test_a_very_long_text_is_cut() -> None:
    assert len(clean("x" * 10_000)) == 501


async def test_no_text_on_any_screen_is_read_as_markup(tmp_path: Path) -> None:
    """Neither what it says now, nor what it may be given later."""
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        for keys in SCREENS.values():
            await press(app, pilot, *keys)
            for text in app.screen.query(Static):
                assert not text._render_markup, (keys, text)
            for button in app.screen.query(Press):
                button.relabel("[/x] [red]")
                assert str(button.label) == "[/x] [red]"
            app.go("home")
            await settled(app, pilot)


def test_the_words_of_a_button_are_no_markup() -> None:
    assert str(Press("[/x] [red]").label) == "[/x] [red]"


async def test_hostile_names_are_shown_as_text_on_every_screen(tmp_path: Path) -> None:
    desk = FakeDesk(f"B {EVIL}")
    desk._items = {EVIL: Item(EVIL, EVIL, EVIL), "long": Item("long", "あ" * 10_000)}
    desk._locations = [Location("l1", EVIL), Location("l2", EVIL + "2")]
    desk.rows_mapped = [replace(row, item=Item(EVIL, EVIL), near=EVIL) for row in desk.rows_mapped]
    desk.cells_kept = [cell._replace(sku_number=EVIL, detail=EVIL) for cell in desk.cells_kept]
    desk.history = [WentOffline(at=AT, brand=EVIL, detail=EVIL)]
    ways = (["1"], ["2"], ["2", "o"], ["3"], ["4"], ["6"], ["7", "enter", "enter"])
    async with running(tmp_path, desk) as (app, pilot):
        for keys in ways:
            app.go("home")
            await press(app, pilot, *keys)
            assert not BAD.search(seen(app)), keys
        app.go("inventory")
        await press(app, pilot, "e")
        assert "[red]" in seen(app), "markup is shown, not obeyed"


async def test_hostile_names_are_harmless_in_the_fields_that_begin_with_them(
    tmp_path: Path,
) -> None:
    desk = FakeDesk("Teahouse")
    desk._items = {"A1": Item("A1", EVIL, EVIL)}
    desk._locations = [Location("l1", EVIL)]
    desk._labels = [replace(label, name=EVIL) for label in desk._labels]
    ways = (["2", "enter", "e"], ["2", "p", "e"], ["2", "p", "tab", "e"])
    async with running(tmp_path, desk) as (app, pilot):
        for keys in ways:
            app.go("home")
            await press(app, pilot, *keys)
            fields = [field for field in app.screen.query(Field) if field.value]
            assert fields, keys
            assert not any(BAD.search(field.value) for field in fields), keys
            assert not BAD.search(seen(app)), keys
            await press(app, pilot, "escape")


async def test_a_hostile_search_of_before_is_restored_harmless(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(json.dumps({"screens": {"log": {"search": EVIL}}}))
    async with running(tmp_path, FakeDesk("Teahouse")) as (app, pilot):
        await press(app, pilot, "6")
        assert "[red]" in app.screen.query_one("#filter", Field).value
        assert not BAD.search(seen(app))


@given(st.text())
def test_json_says_the_same_without_speaking_to_a_terminal(text: str) -> None:
    said = escaped(json.dumps([text], ensure_ascii=False))
    assert not BAD.search(said)
    assert json.loads(said) == [text]


@given(st.text())
def test_lines_stay_lines(text: str) -> None:
    shown = harmless_lines(text)
    assert not BAD.search(shown)
    assert shown.count("\n") == text.count("\n")
