"""Files that people name: where they are, what is there already, what is wrong with their lines."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest

from core.errors import LinkIsOff, note_of
from core.exchange import RowProblemLine
from core.matching import Edit
from core.workspace.editing import MappingChange, MappingPreview
from tests.tui.fakes import FakeDesk, FakePreview, FakeProblem
from tests.tui.seeing import LEAST, press, resized, running, seen
from tui import counted
from tui.i18n import set_language
from tui.remedies import told
from tui.widgets.fields import Field
from tui.widgets.prose import Prose
from tui.widgets.table import VirtualTable

BACKUPS = ("7", "home", *["down"] * 8, "enter")
FIELDS = {
    "an import": ("2", "i"),
    "an export": ("2", "x"),
    "mappings written out": ("3", "x"),
    "mappings read in": ("3", "i"),
    "a backup": (*BACKUPS, "b"),
    "a restore": (*BACKUPS, "f"),
}


@pytest.mark.parametrize("keys", FIELDS.values(), ids=FIELDS)
async def test_a_home_folder_that_nobody_has_is_told_in_the_form(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, *keys)
        app.screen.query_one("#ask-path").value = "~nosuchuser/x.csv"  # type: ignore[attr-defined]
        app.screen.query_one("#yes").focus()
        await press(app, pilot, "enter")
        assert "~nosuchuser/x.csv: nobody here has a home" in seen(app)
        told = str(app.screen.query_one("#wrong", Prose).content)
        assert "begin it with ~/ for your own home folder." in told


@pytest.mark.parametrize("keys", [FIELDS["an export"], FIELDS["mappings written out"]])
@pytest.mark.parametrize(
    ("lang", "there", "folder"),
    [
        ("en", "is there already. It was not touched. Choose another name.", "cannot be written"),
        ("ja", "すでにあります。変更していません。別の名前を選んでください。", "書き込めません"),
    ],
)
async def test_a_file_that_is_there_or_cannot_be_is_told_with_a_remedy(
    tmp_path: Path, keys: tuple[str, ...], lang: str, there: str, folder: str
) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    async with running(tmp_path, FakeDesk(), lang=lang) as (app, pilot):
        for name, words in (("mine.csv", there), ("none/x.csv", folder)):
            await press(app, pilot, *keys)
            app.screen.query_one("#ask-path", Field).value = str(tmp_path / name)
            await press(app, pilot, "enter")
            assert words in str(app.screen.query_one("#wrong", Prose).content)
            await press(app, pilot, "escape")
    assert (tmp_path / "mine.csv").read_text() == "mine"


@pytest.mark.parametrize("keys", [FIELDS["an export"], FIELDS["mappings written out"]])
async def test_a_file_that_is_written_is_read_rightly_by_a_spreadsheet(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, *keys)
        app.screen.query_one("#ask-path", Field).value = str(tmp_path / "x.csv")
        await press(app, pilot, "enter")
    assert (tmp_path / "x.csv").read_bytes().startswith(codecs.BOM_UTF8)


async def test_lines_are_counted_however_many_things_are_wrong_with_each(tmp_path: Path) -> None:
    desk: Any = FakeDesk()
    problems = tuple(FakeProblem(line, "Wrong.", "") for line in (2, 2, 3))
    desk.preview_import = lambda _path: FakePreview(rows=64, problems=problems)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "i", "x", "enter")
        assert "2 lines are wrong, so none is imported." in seen(app)


async def test_a_line_of_mappings_that_was_edited_in_vain_is_shown(tmp_path: Path) -> None:
    desk: Any = FakeDesk()
    vain = RowProblemLine(9, "sku_number", "%(sku)s maps nothing.", {"sku": "CUP"}, "Look.")
    changes = (MappingChange(2, "gid://shopify/InventoryItem/7", "TEA-007", "TEA-008"),)
    for some in (changes, ()):
        preview = MappingPreview("x", Edit(), some, (), 40, 38, (vain,))
        desk.preview_mappings = lambda _path, found=preview: found
        async with running(tmp_path, desk) as (app, pilot):
            await press(app, pilot, "3", "i", "x", "enter", "G")
            assert "! Left out, because they name no Shopify variant: 1 line" in seen(app)
            assert "Line 9: sku_number: CUP maps nothing." in seen(app)


def test_a_restore_counts_in_right_forms() -> None:
    assert [counted.come_back(n) for n in (1, 2)] == ["1 comes back", "2 come back"]
    assert [counted.change(n) for n in (0, 1)] == ["0 change", "1 changes"]
    assert [counted.go(n) for n in (1, 1200)] == ["1 goes", "1,200 go"]


def test_japanese_sentences_stand_together_without_a_space() -> None:
    set_language("ja")
    error = LinkIsOff(brand="Tea")
    for words in (told(error), told(note_of(error))):
        assert "。" in words
        assert "。 " not in words


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("keys", [FIELDS["an import"], FIELDS["mappings read in"]])
async def test_wrong_lines_are_read_on_the_smallest_terminal(
    tmp_path: Path, keys: tuple[str, ...], lang: str
) -> None:
    desk: Any = FakeDesk()
    detail = "The quantity “12 or so” of this line is no whole number and cannot be one"
    problems = tuple(FakeProblem(line, detail, "Type a number.") for line in range(2, 9))
    wrong = tuple(RowProblemLine(one.line, "sku", detail, {}, "") for one in problems)
    desk.preview_import = lambda _path: FakePreview(rows=64, problems=problems)
    desk.preview_mappings = lambda _path: MappingPreview("x", Edit(), (), wrong, 40, 38)
    async with running(tmp_path, desk, lang=lang, size=LEAST) as (app, pilot):
        await press(app, pilot, *keys, "x", "enter")
        table = app.screen.query_one(VirtualTable)
        assert table.size.height >= 3, "its head and two rows"
        text = seen(app)
        assert detail.replace(" ", "") in "".join(text.split())
        about = app.screen.query_one("#about", Prose)
        assert len(about.lines(about.content_size.width)) <= about.content_size.height, text
        await resized(app, pilot, 80, 24)
        assert {"en": "try again", "ja": "もう一度"}[lang] in seen(app)
