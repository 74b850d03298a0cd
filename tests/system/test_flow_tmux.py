"""The main job by keys alone, in a real terminal of 80x24, against a practice shop in a process of
its own, in English and in Japanese: from an empty start to a link that follows both sides.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import BadInput, DextreError
from core.model import ConnectionState, Status
from core.shopify.errors import BadDomain, InvalidToken, MissingScope, WrongDomain
from core.workspace import Workspace
from tests.bench.world import practice_process
from tests.system.merchant import (
    BOTH,
    ENGLISH,
    LABEL,
    Merchant,
    Sides,
    Words,
    app_command,
    empty_brand,
    finding_said,
    linked_home,
    said,
    until,
)
from tests.system.terminal import BOUND, HAS_TMUX, ROOT, Terminal, framed, terminal
from tests.tui.test_terminal import PROGRAM

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not HAS_TMUX, reason="needs tmux"),
]

VARIANTS, START = 200, 50
SCOPES = ["write_inventory", "read_inventory", "read_products", "read_locations"]
NUMBERED = re.compile(r"^ +(\d)  \S", re.MULTILINE)
in_both_languages = pytest.mark.parametrize("words", BOTH, ids=lambda words: words.lang)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "items.csv"


@pytest.fixture
def pane() -> Iterator[Terminal]:
    with terminal() as opened:
        yield opened
        assert "Traceback" not in opened.log.read_text("utf-8", "replace")


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tui", "--home", str(home), "--lang", "en", *words]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def status(home: Path) -> Status:
    """As another process sees it."""
    with Workspace(home) as workspace:
        return workspace.desk().status()


def no_fault(home: Path) -> None:
    log = home / "faults.log"
    assert not log.exists(), log.read_text("utf-8")


# -- the whole flow --------------------------------------------------------------------------------


@in_both_languages
def test_an_empty_start_becomes_a_link_that_follows_a_hundred_changes_on_each_side(
    words: Words, home: Path, csv: Path, pane: Terminal
) -> None:
    with practice_process(VARIANTS, 3) as shop:
        sides = Sides(home, shop, words)
        merchant = Merchant(pane, words, shop)
        lines = sides.write_csv(csv, START, more=["ONLY-HERE"])
        cells = lines - 2
        differ = sum(quantity != START for quantity in sides.there().values())

        pane.run(app_command(home, words))
        merchant.names_brand()
        merchant.adds_label_and_places()
        merchant.imports(csv, items=lines // 2, levels=lines)
        merchant.opens_connecting()
        merchant.connects(shop.domain, shop.token)
        merchant.is_connected()
        merchant.pairs()
        merchant.maps(VARIANTS, fields=True)
        merchant.sees(words.only_here.format(n=1))
        merchant.enables(cells=cells, changing=differ)
        merchant.in_sync(cells)
        assert set(sides.there().values()) == {START}

        expected = change_both_sides(sides, 100)
        until(
            lambda: merchant.figures() == (cells, cells, 0, 0) and sides.there() == expected,
            lambda: f"both sides do not meet\n{framed(pane.screen())}",
            30,
        )
        merchant.home()
        merchant.quits()

        assert command(home, "run", "--once").returncode == 0
        here = sides.here()
        assert [here.pop(("ONLY-HERE", place)) for place in (0, 1)] == [START, START]
        assert here == sides.there() == expected, "no unit lost, none invented"
        written = sides.ledger()
        assert command(home, "run", "--once").returncode == 0
        assert sides.ledger() == written, "at rest nothing is written"
        no_fault(home)


def change_both_sides(sides: Sides, times: int) -> dict[tuple[str, int], int]:
    """Changes here and sales there on the same cells, by another process; what must come out."""
    chance = random.Random(7)
    expected = sides.there()
    busy = [(sku, place) for sku in sides.skus()[:20] for place in (0, 1)]
    theirs = [sides.place_there(0), sides.place_there(1)]
    with Workspace(sides.home) as workspace:
        desk = workspace.desk()
        for _ in range(times):
            sku, place = chance.choice(busy)
            here, there = chance.choice([-3, -1, 2, 5]), chance.choice([1, 2])
            desk.adjust_stock(sku, sides.words.places[place], here, LABEL)
            sides.sell_there(sku, theirs[place], there)
            expected[sku, place] += here - there
    return expected


@in_both_languages
def test_push_pull_undo_and_deleting_the_mappings_by_hand(
    words: Words, home: Path, csv: Path, pane: Terminal
) -> None:
    with practice_process(20, 3) as shop:
        sides = Sides(home, shop, words)
        cells = linked_home(sides, csv, START)
        merchant = Merchant(pane, words, shop)
        pane.run(app_command(home, words))
        merchant.in_sync(cells)
        first, second = (sku for sku in sides.skus()[:2])

        # deleting: Enter on what has the focus cancels
        merchant.button(words.delete_mappings)
        merchant.dialog(words.delete_mappings)
        merchant.sees(words.delete, words.cancel)
        merchant.cancels()
        merchant.at(words.custom_app)
        assert status(home).mapped == 20
        merchant.link_is(on=True)
        merchant.press("Enter")
        merchant.dialog(words.delete_mappings)
        merchant.agrees(words.delete)
        merchant.sees(words.deleted.format(n=20), words.not_mapped_yet)
        merchant.link_is(on=False)
        assert status(home).mapped == 0

        # mapping again restarts the link; what differs by now is not guessed, but asked
        sides.sell_there(first, sides.place_there(0), 4)
        merchant.leaves()
        merchant.maps(20)
        merchant.sees(words.link_is_on)
        merchant.link_is(on=True)
        pane.wait(lambda _s: merchant.figures() == (cells - 1, cells, 0, 1), "one for a person", 30)
        merchant.press("4")
        merchant.at_main(first)
        merchant.plans(words.pull, changing=1)
        merchant.sees(first, "← 46")
        merchant.applies(cells)
        merchant.in_sync(cells)
        assert sides.here()[first, 0] == 46

        # push and pull by hand, while the link is off
        merchant.turns_off()
        sides.sell_there(second, sides.place_there(1), 5)
        before = sides.there()
        merchant.plans(words.push, changing=1)
        merchant.sees(second, "→ 50")
        merchant.press("Escape")
        merchant.at(words.custom_app)
        assert sides.there() == before, "a preview writes nothing"
        merchant.plans(words.pull, changing=1)
        merchant.sees(second, "← 45")
        merchant.applies(cells)
        assert sides.here()[second, 1] == 45
        merchant.leaves()
        merchant.press("5")
        merchant.at_main(words.pull_run)
        merchant.press("z")
        merchant.at(words.undo)
        merchant.sees(second, words.nothing_written)
        merchant.applies(cells)
        merchant.sees(words.undone)
        assert sides.here()[second, 1] == START
        assert sides.there() == before
        merchant.plans(words.push, changing=1)
        merchant.applies(cells)
        assert sides.there()[second, 1] == START
        merchant.quits()
        no_fault(home)


# -- what is typed wrong ---------------------------------------------------------------------------


@in_both_languages
def test_wrong_details_of_the_connection_are_told_and_nothing_is_kept(
    words: Words, home: Path, pane: Terminal
) -> None:
    with practice_process(12, 2) as shop:
        empty_brand(home, words)
        merchant = Merchant(pane, words, shop)
        pane.run(app_command(home, words))
        merchant.at_main(words.brand)

        def is_refused(domain: str, token: str, error: DextreError) -> None:
            merchant.opens_connecting()
            merchant.connects(domain, token)
            merchant.is_told(error)
            merchant.sees(words.failed, *said(words, error))
            assert "…" not in pane.screen().replace("shpat_…", ""), "nothing is cut off"
            merchant.leaves()
            merchant.sees(words.not_connected)
            assert status(home).connection is ConnectionState.NOT_CONNECTED

        is_refused("not a shop", shop.token, BadDomain(typed="not a shop"))
        host = shop.address.removeprefix("http://")
        other = "other-shop.myshopify.com"
        wrong = WrongDomain(typed=other, found=shop.domain, url=shop.address)
        is_refused(other, shop.token, wrong)
        is_refused(shop.domain, "shpat_" + "0" * 32, InvalidToken(host=host))
        shop.call("/practice/scopes", {"scopes": ["read_inventory", *SCOPES[2:]]})
        is_refused(shop.domain, shop.token, MissingScope(scope="write_inventory"))
        shop.call("/practice/scopes", {"scopes": SCOPES})
        merchant.opens_connecting()
        merchant.connects(shop.domain, shop.token)
        merchant.is_connected()
        merchant.quits()
        no_fault(home)


@in_both_languages
def test_a_file_that_cannot_be_imported_is_told_with_its_lines_and_nothing_is_taken_in(
    words: Words, home: Path, tmp_path: Path, pane: Terminal
) -> None:
    empty_brand(home, words)
    here, other = words.places
    head = "sku_number,name,barcode,location,label,quantity"
    rows = [f"A,Tea,,{here},{LABEL},-4", f"B,Tea,,{here},{LABEL},4", f"B,Tea,,{here},{LABEL},5"]
    rows += [f"C,Tea,,Nowhere,{LABEL},1", f"D,Tea,,{other},{LABEL},x", f",Tea,,{here},{LABEL},1"]
    columns, text, lines = (tmp_path / f"{name}.csv" for name in ("columns", "text", "lines"))
    columns.write_text("article,amount\nA,1\n", "utf-8")
    text.write_bytes(f"{head}\n".encode() + b"A,\x93\xfa\x96{,,\xff,,1\n")
    lines.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    merchant = Merchant(pane, words)
    pane.run(app_command(home, words))
    merchant.at_main(words.brand)
    merchant.press("2")
    merchant.at_main(*words.places)

    for path in (tmp_path / "none.csv", columns, text):
        with Workspace(home) as workspace, pytest.raises(BadInput) as refusal:
            workspace.desk().preview_import(path)
        merchant.press("i")
        merchant.dialog(words.import_file)
        merchant.fills(str(path))
        merchant.press("Enter")
        merchant.sees(*said(words, refusal.value), path.name)
        merchant.leaves()

    merchant.press("i")
    merchant.fills_dialog(words.import_file, (words.file, str(lines)))
    merchant.at(words.import_file)
    bad = ["2", "4", "5", "6", "7"]
    pane.wait(
        lambda screen: re.findall(r"^ +(\d)  \S", screen, re.MULTILINE) == bad, "each bad line"
    )
    with Workspace(home) as workspace:
        problems = workspace.desk().preview_import(lines).problems
    for problem in problems:  # a line has one row: its sentences are whole below the table
        merchant.sees(*finding_said(words, problem))
        merchant.press("Down")
    merchant.press("i")
    merchant.sees(words.lines_wrong)
    merchant.leaves()
    merchant.press("/")
    merchant.fills("NO-SUCH")
    merchant.sees(words.no_item.format(sku="NO-SUCH"))
    with Workspace(home) as workspace:
        assert workspace.desk().count_items() == 0
    merchant.quits()
    no_fault(home)


# -- the terminal ----------------------------------------------------------------------------------


def is_itself_again(pane: Terminal, settings: list[object]) -> None:
    """The shell's own screen, its cursor, no mouse, and the line settings from before."""
    assert "typed before" in pane.screen()
    facts = [pane.fact(name) for name in ("alternate_on", "cursor_flag", "mouse_any_flag")]
    assert facts == ["0", "1", "0"]
    assert line_settings(pane) == settings


def line_settings(pane: Terminal) -> list[object]:
    line = os.open(pane.fact("pane_tty"), os.O_RDWR | os.O_NOCTTY)
    try:
        return list(termios.tcgetattr(line))
    finally:
        os.close(line)


@pytest.mark.parametrize("way", ["key", "SIGTERM", "SIGHUP"])
def test_leaving_gives_the_terminal_back_as_it_was(way: str, home: Path, pane: Terminal) -> None:
    empty_brand(home, ENGLISH)
    pane.run(["echo", "typed before"])
    pane.wait_for_shell(0)
    before = line_settings(pane)
    pane.run(app_command(home, ENGLISH))
    pane.wait_for(ENGLISH.not_connected)
    assert pane.fact("alternate_on") == "1"
    assert "typed before" not in pane.screen()
    if way == "key":
        pane.keys("C-q")
    else:
        (app,) = pane.children()
        os.kill(app, signal.Signals[way])
    pane.wait_for_shell(0)
    is_itself_again(pane, before)
    no_fault(home)


@in_both_languages
def test_another_size_is_followed_at_once(words: Words, home: Path, pane: Terminal) -> None:
    empty_brand(home, words)
    merchant = Merchant(pane, words)
    pane.run(app_command(home, words))
    merchant.at_main(words.not_connected)
    for columns, lines in ((50, 12), (140, 30), (30, 8), (80, 24)):
        pane.resize(columns, lines)
        if (columns, lines) == (30, 8):
            merchant.sees("40", "12", "30", "8")
            continue
        until(partial(fills, pane, lines), pane.screen, BOUND)
        merchant.press("7")
        merchant.sees(words.custom_app)
        merchant.press("1")
        merchant.sees(words.not_connected)
    merchant.quits()
    no_fault(home)


def fills(pane: Terminal, lines: int) -> bool:
    """The key line is at the foot."""
    return len(pane.screen().rstrip().split("\n")) >= lines - 1


def test_what_is_copied_is_in_the_buffer_of_tmux_as_it_comes(home: Path, pane: Terminal) -> None:
    """It drops what a program asks of the clipboard: `set-clipboard external`, no passthrough."""
    pane.run([sys.executable, "-c", PROGRAM, str(home)])
    pane.wait_for("Keys")
    pane.keys("2")
    pane.wait_for("TEA-000")
    pane.keys("y")
    pane.wait_for("Copied to tmux's buffer")
    assert "TEA-000" in pane.copied()
    pane.keys("C-q")
    pane.wait_for_shell(0)
