"""Sentences on the screen: folded as each language is, never cut without a sign, never lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen, type_text
from tui.widgets.columns import NEVER_FIRST, NEVER_LAST, Column, fit, fold
from tui.widgets.fields import Field
from tui.widgets.prose import Prose

LETTERS = st.text(alphabet="abc de、。「」在庫数量を更新しますーッEnter 12", max_size=120)


@given(LETTERS, st.integers(4, 60))
def test_no_line_is_too_long_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = fold(text, width, " ")
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.sampled_from(["在庫", "「数量」", "更新。", "、"]), max_size=30))
def test_no_line_of_japanese_begins_with_what_closes_or_ends_with_what_opens(
    parts: list[str],
) -> None:
    lines = fold("あい" + "あい".join(parts), 20)
    assert not [line for line in lines[1:] if line[0] in NEVER_FIRST]
    assert not [line for line in lines[:-1] if line[-1] in NEVER_LAST]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("plain words go on the next line", 12, ["plain words", "go on the", "next line"]),
        ("在庫ラベルを選んでください。", 12, ["在庫ラベルを", "選んでくださ", "い。"]),
        ("在庫を更新した。次へ", 14, ["在庫を更新し", "た。次へ"]),
        ("→ ここで在庫を追加する", 10, ["→ ここで在", "庫を追加す", "る"]),
        ("数量（任意）を", 6, ["数量", "（任", "意）を"]),
        ("SKU番号とbarcode", 9, ["SKU番号と", "barcode"]),
        ("averyveryverylongword", 8, ["averyver", "yverylon", "gword"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text: str, width: int, lines: list[str]) -> None:
    assert fold(text, width) == lines


def test_columns_that_never_go_share_what_there_is() -> None:
    columns = [Column("a", 12), Column("b", 20), Column("c", 9, drop=1)]
    assert fit(columns, 40) == [(0, 12), (1, 20)]
    shown = fit(columns, 24)
    assert sum(width + 2 for _index, width in shown) == 24
    assert all(width >= 4 for _index, width in shown)


def test_what_has_no_room_ends_in_a_sign() -> None:
    prose = Prose("one two three four")
    assert prose.lines(9) == ["one two", "three", "four"]


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_the_terminals_cursor_is_in_the_field_from_the_start(
    tmp_path: Path, lang: str
) -> None:
    """An input method opens its window there."""
    async with running(tmp_path, FakeDesk(), lang=lang) as (app, pilot):
        for keys in (
            ("2", "e"),
            ("2", "i"),
            ("2", "m"),
            ("ctrl+p",),
            ("3", "m"),
            ("2", "slash"),
            ("2", "equals_sign"),
        ):
            await press(app, pilot, *keys)
            field = app.focused
            assert isinstance(field, Field), keys
            assert field.region.y > 1, keys
            assert field.region.contains(*app.cursor_position), keys
            assert app.cursor_position == field.cursor_screen_offset, keys
            await press(app, pilot, "escape")
        await press(app, pilot, "2", "e", *"x", "enter", "enter")
        field = app.focused
        assert isinstance(field, Field)
        assert app.cursor_position == field.cursor_screen_offset, "the form grew by its error"


async def test_a_dialog_lies_over_the_screen_that_it_is_about(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "e")
        assert "Inventory label:" in seen(app)
        assert "Set the quantity" in seen(app)


async def test_the_whole_text_of_a_line_is_below_the_table(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=(80, 24)) as (app, pilot):
        await press(app, pilot, "2", "i")
        await type_text(pilot, "bad.csv")
        await press(app, pilot, "enter")
        assert "Line 3: quantity: The quantity “x” is no whole number." in seen(app)
        assert "1 line is wrong, so none is imported." in seen(app)


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5", "6", "7"])
async def test_numbers_go_to_the_main_screens_from_everywhere(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, key)
        there = app.screen
        await press(app, pilot, "7", "home", "enter")
        assert app.screen is not there
        await press(app, pilot, key)
        assert app.screen is there


async def test_numbers_without_a_brand_say_why_not(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, pilot):
        await press(app, pilot, "3")
        assert "Choose a brand first." in seen(app)
