"""One of several brands whose files cannot be read: the others are shown and synced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.conftest import Line

BROKEN = "Berg & Co"


def damaged(file: Path) -> None:
    file.write_bytes(b"\xa5" * 4096)


def damaged_in_the_middle(file: Path) -> None:
    """Its head is whole: it can be opened, but not read."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 8192))


def of_a_newer_program(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 99")


TROUBLES = [damaged, damaged_in_the_middle, of_a_newer_program]


def files(line: Line) -> set[Path]:
    return {*line.home.glob("brands/*/inventory.db")}


def add_broken(line: Line, trouble: Callable[[Path], None]) -> None:
    before = files(line)
    line("brand", "add", BROKEN)
    [file] = files(line) - before
    trouble(file)


@pytest.fixture(params=TROUBLES, ids=lambda trouble: trouble.__name__)
def two(brand: Line, request: pytest.FixtureRequest) -> Line:
    """A healthy brand, Acme, and another one that cannot be read."""
    add_broken(brand, request.param)
    return brand


def is_one_line_with_name_and_file(text: str) -> bool:
    return text.count("\n") == 1 and text.startswith(f"{BROKEN}: ") and "inventory.db" in text


def test_the_status_shows_the_others_and_ends_with_3(two: Line) -> None:
    said = two("status", code=3)
    assert "Acme" in said.out
    assert BROKEN not in said.out
    assert is_one_line_with_name_and_file(said.err)


def test_the_status_for_programs_has_both(two: Line) -> None:
    told = two("status", "--json", code=3).json
    assert [each["brand"] for each in told["brands"]] == ["Acme"]
    [other] = told["unreadable"]
    assert other["brand"] == BROKEN
    assert "inventory.db" in other["error"]
    assert "link" not in told, "there are two brands: no fields of one stand at the top"


@pytest.mark.parametrize("trouble", [damaged, of_a_newer_program])
def test_the_log_shows_the_others_and_ends_with_3(
    brand: Line, trouble: Callable[[Path], None]
) -> None:
    brand("item", "add", "A")
    add_broken(brand, trouble)
    said = brand("log", code=3)
    assert " Acme: " in said.out
    assert is_one_line_with_name_and_file(said.err)


def test_a_brand_that_is_named_is_all_that_is_looked_at(two: Line) -> None:
    assert two("status", "--brand", "Acme").err == ""
    assert "inventory.db" in two("status", "--brand", BROKEN, code=3).err
    assert two("run", "--brand", BROKEN, code=3).out == ""


def test_the_service_syncs_the_others_and_tells_of_it(
    two: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[list[str]] = []

    def serve(_self: object, brands: list[str], *_rest: object) -> None:
        served.append(brands)

    monkeypatch.setattr("core.workspace.Workspace.serve", serve)
    said = two("run")
    assert served == [["Acme"]]
    [told] = [each for each in said.out.splitlines() if BROKEN in each]
    assert " error " in told
    assert "inventory.db" in told


def test_where_no_brand_can_be_read_the_service_ends_with_3(two: Line) -> None:
    for file in files(two):
        damaged(file)
    said = two("run", code=3)
    assert said.err.count("inventory.db") == 2
    assert said.err.startswith("Acme: ")
