"""The main job by keys alone, in a real terminal of 80x24, against a practice shop in a process of its own, in English
and in Japanese: from an empty start to a link that follows both sides.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.workspace import Workspace
from tests.bench.world import practice_process
from tests.system.merchant import (
    BOTH,
    LABEL,
    Merchant,
    Sides,
    Words,
    app_command,
    linked_home,
    until,
)
from tests.system.terminal import HAS_TMUX, ROOT, Terminal, framed, terminal

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not HAS_TMUX, reason="needs tmux"),
]

VARIANTS, START = 200, 50
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


def status(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(command(home, "status", "--json").stdout)
    return told


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
        assert status(home)["mapped"] == 20
        assert words.link_on in pane.screen()
        merchant.press("Enter")
        merchant.dialog(words.delete_mappings)
        merchant.agrees(words.delete)
        merchant.sees(words.deleted.format(n=20), words.link_off, words.not_mapped_yet)
        assert status(home)["mapped"] == 0

        # mapping again restarts the link; what differs by now is not guessed, but asked
        sides.sell_there(first, sides.place_there(0), 4)
        merchant.leaves()
        merchant.maps(20)
        merchant.sees(words.link_on)
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
