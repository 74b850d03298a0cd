"""What keys say and where they lead: the footer, messages on small terminals, going back, and edits
that would do nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.store.errors import Damaged
from tests.tui.fakes import FakeDesk, process
from tests.tui.seeing import LARGE, LEAST, press, running, seen
from tui.widgets.marking import MarkingTable
from tui.widgets.ringlog import RingLog


def footer(text: str) -> str:
    return text.rstrip().splitlines()[-1]


@pytest.mark.parametrize(
    ("lang", "key", "pause", "follow"),
    [
        ("en", "6", "Space Pause", "Space Follow"),
        ("ja", "6", "Space 一時停止", "Space 続ける"),
        ("en", "1", "Space Pause log", "Space Follow log"),
        ("ja", "1", "Space ログを一時停止", "Space ログを続ける"),
    ],
)
async def test_the_key_of_a_paused_log_says_that_it_follows_again(
    tmp_path: Path, lang: str, key: str, pause: str, follow: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=(120, 24)) as (app, pilot):
        await press(app, pilot, key)
        assert pause in footer(seen(app))
        await press(app, pilot, "space")
        assert follow in footer(seen(app))
        await press(app, pilot, "space")
        assert pause in footer(seen(app))


async def test_the_search_of_the_log_and_the_list_of_commands_take_full_width_letters(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "6", "slash", *"００３", "enter")
        lines = app.screen.query_one(RingLog).lines
        assert lines
        assert all("003" in line.text for line in lines)
        await press(app, pilot, "ctrl+backslash", *"ｐａｕｓｅ")
        assert "Pause" in seen(app)


@pytest.mark.parametrize(("lang", "words"), [("en", "i Import"), ("ja", "i 取り込み")])
async def test_an_empty_inventory_says_how_it_is_filled(
    tmp_path: Path, lang: str, words: str
) -> None:
    async with running(tmp_path, FakeDesk(filled=False), lang=lang) as (app, pilot):
        await press(app, pilot, "2")
        assert footer(seen(app)).startswith(f" {words}")


async def test_the_next_step_goes_back_where_it_came_from(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk._connection = None
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "n")
        assert app.screen.title_text() == "Set API details and connect"  # type: ignore[attr-defined]
        await press(app, pilot, "escape")
        assert app.screen.title_text() == "Home"  # type: ignore[attr-defined]


TO_CONNECT = ("7", "home", "enter", "enter")


async def test_an_address_that_is_filled_in_stays_in_sight(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, *TO_CONNECT, "f2", *"http", "f2")
        assert "stays in sight" in seen(app)
        assert "API URL" in seen(app)
        await press(app, pilot, *["backspace"] * 4, "f2")
        assert "API URL" not in seen(app)


async def test_the_key_of_the_guide_leads_back_to_the_field(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=LARGE) as (app, pilot):
        await press(app, pilot, *TO_CONNECT)
        left = app.focused
        await press(app, pilot, "f3")
        assert "the same key leads back to the field" in seen(app)
        assert "F3 To the fields" in footer(seen(app))
        await press(app, pilot, "f3")
        assert app.focused is left
        assert "F3 Guide" in footer(seen(app))


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_a_long_message_leaves_the_log_of_a_small_home_in_sight(
    tmp_path: Path, lang: str
) -> None:
    desk = FakeDesk()
    desk.holder = process("ben", pid=8)
    async with running(tmp_path, desk, lang=lang, size=LEAST) as (app, pilot):
        await press(app, pilot, "s")
        assert app.screen.query_one(RingLog).size.height >= 3, seen(app)


async def test_unmapping_what_is_not_mapped_says_so_and_keeps_the_marks(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "space", "space", "d")
        assert len(app.screen.query_one(MarkingTable).marks) > 1, seen(app)
        assert "None of the marked rows is mapped." in seen(app)
        await press(app, pilot, "ctrl+backslash", "d")
        assert "This row is not mapped." in seen(app)
        assert "0 rows" not in seen(app)


async def test_a_suggestion_that_is_not_there_is_told(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "f", "f", "f", "s")
        assert "No single SKU on the other side is alike." in seen(app)


@pytest.mark.parametrize(
    ("lang", "agreed", "waits", "sum_line"),
    [
        (
            "en",
            "DEXTRE 7, Shopify 5; both last agreed on 5",
            "not yet in Shopify: +2",
            "9 + (7 − 9) = 7",
        ),
        (
            "ja",
            "DEXTRE 7、Shopify 5（前回の一致：5）",
            "Shopifyに未反映：+2",
            "9 + (7 − 9) = 7",
        ),
    ],
)
async def test_an_items_page_says_what_waits_and_breaks_no_sum(
    tmp_path: Path, lang: str, agreed: str, waits: str, sum_line: str
) -> None:
    desk = FakeDesk()
    desk.cells_kept = [
        cell._replace(there=cell.base) if cell.sku_number == "TEA-002" else cell
        for cell in desk.cells_kept
    ]
    async with running(tmp_path, desk, lang=lang) as (app, pilot):
        await press(app, pilot, "2", "home", "down", "down", "o")
        text = seen(app)
        assert agreed in text, text
        assert waits in text
        assert sum_line in text
        assert "未反映：0" not in text


async def test_an_items_movements_name_their_label_where_there_are_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk()
    found = [
        replace(one, key=one.key._replace(label_code=label))
        for one, label in zip(desk.movements("TEA-002"), ("NEW", "USED"), strict=True)
    ]
    async with running(tmp_path, desk, size=LARGE) as (app, pilot):
        await press(app, pilot, "2", "home", "down", "down", "o")
        assert "· NEW" not in seen(app)
        await press(app, pilot, "escape")
        monkeypatch.setattr(desk, "movements", lambda *_asked: found)
        await press(app, pilot, "o")
        assert "· NEW" in seen(app)
        assert "· USED" in seen(app)


async def test_the_log_of_all_brands_tells_which_one_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = FakeDesk("Own")
    async with running(tmp_path, own, FakeDesk("Broken")) as (app, pilot):

        def desk(name: str | None = None) -> FakeDesk:
            if name == "Broken":
                raise Damaged(file="inventory.db", detail="file is not a database")
            return own

        await press(app, pilot, "enter")
        monkeypatch.setattr(app.workspace, "desk", desk)
        await press(app, pilot, "6", "b")
        assert "Broken: inventory.db is damaged" in seen(app)
        assert app.screen.query_one(RingLog).lines
