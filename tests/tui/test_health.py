"""How the sync is, on the home screen, the item's page and by `status`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.model import Status
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen
from tui.health import health_words
from tui.i18n import set_language
from tui.when import moment_ago, percent

GOOD = {"verified_share": 1.0, "read_age_max_s": 4.2}


def status(**figures: Any) -> Status:
    """Of a brand whose link is on."""
    desk = FakeDesk()
    desk.health = {"link": True, **figures}
    return desk.status()


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (GOOD, "100 % equal, all read within 10 s"),
        (
            {"verified_share": 0.9996, "read_age_max_s": 290.0},
            "99.9 % equal, all read within 5 min",
        ),
        (
            GOOD | {"failures": {"offline": 3, "new": 1}},
            "100 % equal, all read within 10 s; offline 3 times, new 1 time",
        ),
        ({"verified_share": 1.0}, ""),
        (GOOD | {"link": False}, ""),
    ],
)
def test_health_is_one_line_that_does_not_change_every_second(
    figures: dict[str, Any], words: str
) -> None:
    set_language("en")
    assert health_words(status(**figures)) == words


def test_health_and_what_failed_are_set_apart_as_the_language_does() -> None:
    set_language("ja")
    words = health_words(status(**GOOD, failures={"offline": 3}))
    assert words == "100 %が一致、全セルを10秒以内に読み取り。接続不可 3回"


def test_only_what_is_whole_is_a_hundred_percent() -> None:
    assert [percent(share) for share in (1.0, 0.99999, 0.5, 0.0)] == [
        "100 %",
        "99.9 %",
        "50 %",
        "0 %",
    ]


async def test_the_home_screen_says_how_the_sync_is(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.health = {**GOOD, "failures": {"throttled": 2}}
    async with running(tmp_path, desk) as (app, _pilot):
        assert "all read within 10 s; throttled 2 times" in seen(app)


async def test_the_page_of_an_item_says_when_shopify_was_read_last(tmp_path: Path) -> None:
    from tui.screens.item import ItemScreen

    desk = FakeDesk()
    cell = desk.cells_kept[0]
    desk.read_ages[cell.key] = 3.0
    async with running(tmp_path, desk) as (app, pilot):
        app.push_screen(ItemScreen(cell.sku_number))
        await press(app, pilot, "down")
        told = re.search(r"Shopify last read: (\d\d:\d\d:\d\d)", seen(app))
        assert told, "a time of day: it stays true while the page is looked at"
        assert told[1] in [moment_ago(seconds) for seconds in (3, 4, 5, 6, 7, 8)]


def test_failures_are_told_as_what_they_are() -> None:
    set_language("ja")
    assert health_words(status(**GOOD, failures={"offline": 60})).endswith("接続不可 60回")
