"""A stock-take is compared and applied beside the screen: it can be watched, and left midway."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual.events import Paste

from core.model import Item, Movement
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import burst, press, running, seen, settled, type_text
from tui.screens.counting import CountingScreen
from tui.widgets.fields import Field


class SlowDesk(FakeDesk):
    """Is half way through, and goes on when the test says so."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.half_way = threading.Event()
        self.may_go_on = threading.Event()

    def adjust_stock_many(
        self,
        deltas: Iterable[tuple[str, str, str | None, int]],
        reason: str = "",
        progress: Any = None,
    ) -> list[Movement]:
        found = list(deltas)
        self.half_way.set()
        assert self.may_go_on.wait(10)
        progress(1, len(found))
        return super().adjust_stock_many(found, reason, progress)


async def counted(app: Any, pilot: Any, *codes: str) -> CountingScreen:
    await press(app, pilot, "2", "c")
    for code in codes:
        await type_text(pilot, code)
        await press(app, pilot, "enter")
    assert isinstance(app.screen, CountingScreen)
    return app.screen


def tallied(screen: CountingScreen) -> dict[str, int]:
    return {sku: one.count for sku, one in screen.tally.counts(screen.where).items()}


async def test_what_was_counted_is_set_and_forgotten(tmp_path: Path) -> None:
    desk = FakeDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        screen = await counted(app, pilot, "77*TEA-001", "88*TEA-002")
        await press(app, pilot, "f2")
        assert "Counted: 2 items." in seen(app)
        await press(app, pilot, "enter", "enter")
        assert "Set: 2 quantities." in seen(app)
        assert {one[1]: one[3] for one in desk.asked if one[0] == "set_stock"} == {
            "TEA-001": 77,
            "TEA-002": 88,
        }
        assert not screen.tally.counts(screen.where)


async def test_a_scanner_that_types_faster_than_the_screen_follows_loses_nothing(
    tmp_path: Path,
) -> None:
    desk = FakeDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "c")
        await burst(app, pilot, "TEA-001\nTEA-002\nTEA-001\nNO-SUCH\n12*TEA-003\nTEA-001\n=9\n")
        screen = app.screen
        assert isinstance(screen, CountingScreen)
        assert tallied(screen) == {"TEA-001": 9, "TEA-002": 1, "TEA-003": 12}


async def test_codes_that_no_item_has_stay_in_sight_until_the_count_starts_anew(
    tmp_path: Path,
) -> None:
    desk = FakeDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "c")
        await burst(app, pilot, "NO-SUCH\nTEA-001\n")
        assert "Not counted: NO-SUCH" in seen(app), "the scans after it do not hide it"
        await press(app, pilot, "f8", "tab", "enter")
        assert "NO-SUCH" not in seen(app)


async def test_a_scan_that_was_refused_for_its_number_stays_in_sight(tmp_path: Path) -> None:
    desk = FakeDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        screen = await counted(app, pilot, "3*TEA-001", "99999999999*TEA-002", "TEA-001")
        assert "Not counted: 99999999999*TEA-002" in seen(app)
        assert tallied(screen) == {"TEA-001": 4}


async def test_codes_that_no_item_has_outlive_the_screen_and_are_told_before_it_is_applied(
    tmp_path: Path,
) -> None:
    desk = FakeDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        await counted(app, pilot, "NO-SUCH", "3*TEA-001")
        await press(app, pilot, "escape")
    async with running(tmp_path, desk) as (app, pilot):
        screen = await counted(app, pilot)
        assert "Not counted: NO-SUCH" in seen(app)
        await press(app, pilot, "f2")
        assert "Not counted: NO-SUCH" in seen(app)
        await press(app, pilot, "enter", "enter")
        assert "Set: 1 quantity." in seen(app)
        assert not screen.tally.missed(screen.where)


async def test_full_width_codes_of_an_input_method_are_known(tmp_path: Path) -> None:
    desk = FakeDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "c")
        await burst(app, pilot, "ＴＥＡ－００１\n１２＊TEA-002\nTEA-003\n＝４\n")
        screen = app.screen
        assert isinstance(screen, CountingScreen)
        assert tallied(screen) == {"TEA-001": 1, "TEA-002": 12, "TEA-003": 4}


async def test_esc_in_the_middle_sets_nothing_and_keeps_what_was_counted(tmp_path: Path) -> None:
    desk = SlowDesk("Teahouse")
    async with running(tmp_path, desk) as (app, pilot):
        screen = await counted(app, pilot, "77*TEA-001", "88*TEA-002", "99*TEA-003")
        await press(app, pilot, "f2")
        await pilot.press("enter", "enter")
        while not desk.half_way.is_set():
            await pilot.pause(0.005)
        assert screen.is_working  # and the screen lives
        await pilot.press("escape")
        desk.may_go_on.set()
        await settled(app, pilot)
        assert "Cancelled." in seen(app)
        assert tallied(screen) == {"TEA-001": 77, "TEA-002": 88, "TEA-003": 99}
        assert "set_stock" not in [one[0] for one in desk.asked]


async def test_a_number_after_a_scan_that_was_not_counted_changes_no_other_item(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk("Teahouse")) as (app, pilot):
        screen = await counted(app, pilot, "=12")
        assert "✗ There is no scan that = could put right" in seen(app), "nothing was scanned"
        await burst(app, pilot, "TEA-002\nTEA-002\nTEA-002\n9999999\n=12\n")
        assert "✗ There is no scan that = could put right" in seen(app)
        assert tallied(screen) == {"TEA-002": 3}
        await burst(app, pilot, "TEA-001\n=99999999999\n=12\n")
        assert tallied(screen) == {"TEA-002": 3, "TEA-001": 12}, "a slip of the =, put right"
        await press(app, pilot, "f3")
        await burst(app, pilot, "=5\n")
        assert tallied(screen) == {"TEA-002": 3, "TEA-001": 5}
        await burst(app, pilot, "9999999\n")
        await press(app, pilot, "f3")
        await burst(app, pilot, "=7\n")
        assert tallied(screen) == {"TEA-002": 3, "TEA-001": 1}, "the miss was the last one"


async def test_each_location_tells_its_own_scans(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk("Teahouse")) as (app, pilot):
        screen = await counted(app, pilot, "TEA-001")
        await burst(app, pilot, "NO-SUCH\n")
        await press(app, pilot, "f4")
        assert "NO-SUCH" not in seen(app)
        assert "✗" not in seen(app)
        await burst(app, pilot, "=12\n")
        assert not tallied(screen), "the scan was at the other location"
        await press(app, pilot, "f4", "f4")
        assert "Not counted: NO-SUCH" in seen(app)


async def test_each_line_that_is_pasted_is_a_scan(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk("Teahouse")) as (app, pilot):
        await press(app, pilot, "2", "c")
        screen = app.screen
        assert isinstance(screen, CountingScreen)
        app.post_message(Paste("TEA-001\r\n3*TEA-002\n\n  TEA-001\nNO-SUCH"))
        await settled(app, pilot)
        assert tallied(screen) == {"TEA-001": 2, "TEA-002": 3}
        assert "Not counted: NO-SUCH" in seen(app)
        app.post_message(Paste("TEA-0"))
        await press(app, pilot, "0", "3", "enter")
        assert tallied(screen)["TEA-003"] == 1, "what has no line break is typed on"
        await press(app, pilot, "1", "2", "asterisk")
        app.post_message(Paste("TEA-003\n"))
        await settled(app, pilot)
        assert tallied(screen)["TEA-003"] == 13
        assert not app.screen.query_one("#scan", Field).value


async def test_a_field_of_one_line_says_that_it_took_one(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk("Teahouse")) as (app, pilot):
        await press(app, pilot, "2", "slash")
        app.post_message(Paste("cup\n"))
        await settled(app, pilot)
        assert "Only the first line" not in seen(app)
        app.post_message(Paste("\ntea"))
        await settled(app, pilot)
        assert "Only the first line of what was pasted was taken." in seen(app)
        await press(app, pilot, "escape", "A")
        app.post_message(Paste("one\ntwo\nthree"))
        await settled(app, pilot)
        assert "Only the first line of what was pasted was taken." in seen(app)
        assert app.screen.query_one("#ask-sku", Field).value == "one"


async def test_a_barcode_of_several_items_names_them(tmp_path: Path) -> None:
    desk = FakeDesk()
    for n in range(4):
        sku = f"TWIN-{n}"
        desk._items[sku] = Item(sku, "Cup", "777")
    async with running(tmp_path, desk) as (app, pilot):
        screen = await counted(app, pilot, "777")
        assert tallied(screen) == {}
        assert "(TWIN-0, TWIN-1, TWIN-2, …)" in " ".join(seen(app).split())
