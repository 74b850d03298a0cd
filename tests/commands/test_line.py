"""The line itself: global options, help, misspelt words, languages, and streams that end early."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import Line
from tui.__main__ import main as the_program
from tui.cli import main, split_globals
from tui.commands import MODULES, build
from tui.commands.common import table, write_csv


def test_global_options_stand_anywhere() -> None:
    found, left = split_globals(["status", "--home", "/x", "--json", "--brand=A", "--lang", "ja"])
    assert (str(found.home), found.brand, found.lang) == ("/x", "A", "ja")
    assert left == ["status", "--json"]
    found, left = split_globals(["stock", "show", "--", "--home"])
    assert found.home is None
    assert left == ["stock", "show", "--", "--home"]


def test_a_global_option_without_its_value_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--brand"]) == 2
    assert "--brand VALUE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["stauts"], "Did you mean status?"),
        (["brand", "lst"], "Did you mean brand list?"),
        (["xyzzy"], "no command xyzzy"),
        (["status", "--jsn"], "--jsn"),
        (["push", "--only"], "--only"),
        (["status", "--lang", "fr"], "en, ja"),
        (["log", "--limit", "many"], "--limit: many"),
        (["log", "--limit", "1" * 21], "is not a whole number"),
        (
            ["movements", "X", "--limit", "0"],
            "--limit: 0 is too small.\nGive a whole number from 1 on.",
        ),
        (["run", "--json"], "run --once"),
        (["practice-shop", "--faults", "loss=2"], "loss=2"),
        (["practice-shop", "--oddities", "nosuch"], "nosuch"),
        (["practice-shop", "--port", "x"], "--port: x"),
        (["practice-shop", "--variants", "0"], "--variants: 0"),
    ],
)
def test_a_mistake_in_the_line_is_named_and_is_exit_2(
    line: Line, words: list[str], says: str
) -> None:
    said = line(*words, code=2)
    assert says in said.err
    assert said.out == ""


def test_mistakes_are_told_in_japanese(line: Line) -> None:
    for words in (["stauts"], ["stock", "adjust"], ["status", "--jsn"], ["stock", "set", "A"]):
        assert re.search("[ぁ-ん]", line(*words, "--lang", "ja", code=2).err)


@pytest.mark.parametrize("words", [w for of_module in MODULES.values() for w in of_module])
def test_every_command_has_help_in_both_languages(line: Line, words: str) -> None:
    for lang in ("en", "ja"):
        with pytest.raises(SystemExit) as end:
            line(words, "--help", "--lang", lang)
        assert end.value.code == 0


def test_the_help_names_every_command(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        line("--help")
    text = capsys.readouterr().out
    for of_module in MODULES.values():
        for word in of_module:
            assert f"\n    {word} " in text or f"\n    {word}\n" in text
    assert build().parser.prog == "dextre-sync"


def test_a_group_without_a_command_lists_its_commands(line: Line) -> None:
    assert "adjust" in line("stock", code=2).err


def test_a_home_that_cannot_be_written_is_named(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    line.home = file / "home"
    said = line("brand", "add", "Acme", code=3)
    assert str(file) in said.err
    assert "Check the permissions" in said.err


def test_the_app_needs_a_terminal_and_says_what_works_without(line: Line) -> None:
    said = line(code=None)
    assert said.code != 0
    assert "dextre-sync status" in said.err


def test_a_narrow_encoding_does_not_break_a_command(
    brand: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand("location", "add", "東京")
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        assert main(["location", "list", "--home", str(brand.home)]) == 0
    assert out.buffer.getvalue() == b"Osaka\nTokyo\n??\n"


def test_a_closed_output_does_not_break_a_command(
    brand: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        assert main(["location", "add", "Kyoto", "--home", str(brand.home)]) == 0
    assert "Kyoto" in brand("location", "list").out


def test_an_interrupt_while_the_program_is_loaded_is_exit_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Interrupted:
        @staticmethod
        def find_spec(name: str, *_more: object) -> None:
            if name == "tui.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "tui.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupted, *sys.meta_path])
    assert the_program() == 130


def test_signs_are_plain_where_that_is_asked_for(brand: Line) -> None:
    said = brand("status", "--ascii").out
    assert "–" not in said
    assert "–" in brand("status").out


def test_the_log_tells_what_happened_oldest_first(brand: Line) -> None:
    brand("item", "import", brand.file("i.csv", "sku_number,name,barcode\nA,a,\n"))
    brand("stock", "set", "A", "Tokyo", "5")
    brand("stock", "set", "A", "Tokyo", "6")
    lines = brand("log").out.splitlines()
    assert lines[-1].endswith("5 → 6 here (" + lines[-1].rpartition("(")[2])
    assert len(brand("log", "--sku", "A").out.splitlines()) == 2
    assert len(brand("log", "--limit", "1").out.splitlines()) == 1
    assert '"code":"changed_here"' in brand("log", "--json").out


def test_one_overlong_text_does_not_push_the_columns_of_all_rows_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table(("SKU number", "Here"), [("A", 1), ("B" * 255, 2)])
    head, short, long = capsys.readouterr().out.splitlines()
    assert len(head) < 80
    assert len(short) < 80
    assert "B" * 255 in long


def test_no_sku_becomes_a_formula_in_a_csv_and_numbers_stay_numbers(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    write_csv(file, ("sku", "n"), [{"sku": "=cmd()", "n": -3}, {"sku": "-3", "n": None}])
    assert file.read_text(encoding="utf-8-sig").splitlines() == ["sku,n", "'=cmd(),-3", "-3,"]
