"""What the app does when things happen: cancel, errors, viewers, quitting, languages, events."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button

from core.errors import Offline
from core.model import Purpose
from core.sync.events import Pushed
from tests.tui.fakes import AT, FakeDesk, process
from tests.tui.seeing import press, running, seen, settled, type_text
from tui import preferences
from tui.start import why_no_app
from tui.widgets.bars import ProgressLine
from tui.widgets.table import VirtualTable


async def test_long_work_shows_how_far_it_is_and_esc_cancels_it(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.hold = Future()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3")
        await pilot.press("M")
        await pilot.pause(0.3)
        assert "250 / 1,000 (25 %)" in seen(app)
        await pilot.press("escape")
        await settled(app, pilot)
        assert desk.hold.cancelled()
        assert "Cancelled." in seen(app)
        assert not app.screen.query_one(ProgressLine).has_class("-on")
        assert app.open_session.running_jobs == 0


async def test_an_error_of_the_core_is_a_dialog_with_cause_remedy_and_code(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.fails["connect"] = Offline(detail="no [route] to \x1b[31mhost")
    async with running(tmp_path, desk, lang="ja") as (app, pilot):
        await press(app, pilot, "7", "enter", "enter")
        app.screen.query_one("#connect").focus()
        await press(app, pilot, "enter")
        text = seen(app)
        assert "うまくいきませんでした" in text
        assert "no [route] to [31mhost" in text
        assert "offline" in text
        await press(app, pilot, "escape")
        assert "API情報を設定して接続" in seen(app)


@pytest.mark.parametrize("paired", [True, False])
async def test_who_has_connected_is_told_the_next_step_only_where_it_is_missing(
    tmp_path: Path, paired: bool
) -> None:
    desk = FakeDesk()
    if not paired:
        desk.pair([])
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "home", "enter", "enter")
        app.screen.query_one("#connect").focus()
        await press(app, pilot, "enter")
        assert "Connected." in seen(app)
        assert ("Next step: Inventory link" in seen(app)) is not paired


async def test_a_key_by_mistake_does_not_take_the_place_of_a_kept_domain(tmp_path: Path) -> None:
    desk = FakeDesk()
    kept = desk.connection()
    assert kept is not None
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "enter", "enter", "1", "escape", "enter")
        assert kept.domain in seen(app)


async def test_a_viewer_is_told_who_holds_the_sync_and_why_it_cannot_act(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.holder = process(purpose=Purpose.SERVICE)
    async with running(tmp_path, desk) as (app, pilot):
        assert "hana (pid 7, service, since 2026-11-23" in seen(app)
        assert "viewer" in seen(app)
        assert "t asks to take the sync over" in " ".join(seen(app).split())
        await press(app, pilot, "3", "M")
        assert ("map",) not in desk.asked
        assert "The sync is run by another process" in seen(app)
        app.session.close()  # type: ignore[union-attr]
        assert ("stop",) not in desk.asked, "a viewer stops nobody's engine"


async def test_q_asks_only_when_something_is_unfinished(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "q")
        assert "Still to be sent to Shopify: 2 quantities." in seen(app)
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        await press(app, pilot, "escape")
        assert app.return_value is None
        desk.cells_kept = []
        await settled(app, pilot)
        await pilot.press("q")
        assert app.return_value == 0


async def test_ctrl_q_quits_from_within_a_dialog(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "e")
        await pilot.press("ctrl+q")
        assert app.return_value == 0


async def test_deleting_has_the_focus_on_cancel_and_enter_deletes_nothing(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "enter", *["down"] * 8, "enter", "enter")
        assert ("unmap_all",) not in desk.asked
        await press(app, pilot, "enter", "left", "enter")
        assert ("unmap_all",) in desk.asked


async def test_the_language_is_switched_live_and_remembered(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "3", "L")
        assert "SKUマッピング設定" in seen(app)
        await press(app, pilot, "1")
        assert "連携済み" in seen(app)
        assert preferences.load(tmp_path).lang == "ja"


async def test_the_reader_stays_where_they_were_when_the_language_is_switched(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        for way in (["2", "j", "space", "j"], ["3", "j", "space", "G"]):
            await press(app, pilot, *way)
            before = app.screen.query_one(VirtualTable)
            assert (before.cursor, len(before.marks)) > (0, 0)
            await press(app, pilot, "L")
            after = app.screen.query_one(VirtualTable)
            assert after is not before
            assert after.place == before.place
            assert app.focused is after


async def test_the_first_thing_of_the_home_screen_keeps_the_focus_in_another_language(
    tmp_path: Path,
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        focused = app.focused
        assert focused is not None
        await press(app, pilot, "L")
        assert type(app.focused) is type(focused)


async def test_what_happens_is_seen_on_the_home_screen(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        happening = Pushed(
            at=AT, brand="b", sku="TEA-009", location="倉庫", pushed=4, before=1, after=5
        )
        desk.feeds[-1].waiting.append(happening)
        app.pump()
        await pilot.pause()
        assert "TEA-009 at 倉庫: here +4, Shopify 1 → 5" in seen(app)


async def test_a_quantity_is_set_added_and_taken_with_its_reason(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "right", "e")
        await type_text(pilot, "12")
        await press(app, pilot, "enter")
        await type_text(pilot, "count")
        await press(app, pilot, "enter")
        assert desk.asked[-1] == ("set_stock", "TEA-000", "倉庫 Warehouse", 12, "NEW", "count")
        await press(app, pilot, "minus")
        await type_text(pilot, "2")
        await press(app, pilot, "enter", "enter")
        assert _last(desk)[3] == 10
        await press(app, pilot, "plus", "enter", "enter")
        assert _last(desk)[3] == 11


def _last(desk: FakeDesk) -> tuple[Any, ...]:
    return desk.asked[-1]


async def test_a_form_keeps_what_was_typed_until_it_is_right(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "2", "e")
        await type_text(pilot, "many")
        await press(app, pilot, "enter", "enter")
        assert "must be a whole number" in seen(app)
        assert "many" in seen(app)


@pytest.mark.parametrize(("first", "last"), [("home", "end"), ("g", "G")])
async def test_the_keys_of_lists_move_in_a_menu_of_buttons(
    tmp_path: Path, first: str, last: str
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "7", "home", "enter", last)
        assert app.focused is not None
        assert app.focused.id == "delete"
        await press(app, pilot, "k")
        assert app.focused.id == "pull"
        await press(app, pilot, first, "j")
        assert app.focused.id == "edit"


async def test_one_shopify_location_has_one_pair_only(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "enter", "down", "enter", "down", "down", "enter")
        await type_text(pilot, "ware")
        await press(app, pilot, "enter", "U")
        pairs: Any = next(asked for asked in desk.asked if asked[0] == "pair")
        assert dict(pairs[1]) == {"l1": desk.shop[0].id, "l3": desk.shop[1].id}


async def test_marked_rows_are_unmapped_together(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "G", "k", "k", "space", "space", "d")
        assert desk.asked[-1][0] == "unmap_many"
        assert len(desk.asked[-1][1]) == 2


async def test_a_row_is_mapped_by_hand(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "3", "slash")
        await type_text(pilot, "cup-9")
        await press(app, pilot, "enter", "m")
        await type_text(pilot, "TEA-035")
        await press(app, pilot, "enter")
        assert desk.asked[-1] == ("map_one", "gid://shopify/InventoryItem/90", "TEA-035")


async def test_esc_in_a_filter_empties_it_and_comes_back_to_the_rows(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "slash")
        await type_text(pilot, "q1?L")
        assert "No item fits" in seen(app)
        await press(app, pilot, "escape")
        assert "40 items" in seen(app)


async def test_undo_of_the_last_run_is_a_plan_first(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "5", "z")
        assert ("undo_plan", None) in desk.asked
        assert "Nothing is written yet" in seen(app)
        assert not [asked for asked in desk.asked if asked[0] == "apply"]
        await press(app, pilot, "A", "left", "enter")
        assert [asked[0] for asked in desk.asked].count("apply") == 1


class _Stream:
    def __init__(self, tty: bool) -> None:
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize(
    ("stdin", "stderr", "term", "refused"),
    [
        (False, True, "xterm", True),
        (True, False, "xterm", True),
        (True, True, "dumb", True),
        (True, True, "", True),
        (True, True, "xterm-256color", False),
    ],
)
def test_without_a_terminal_the_app_points_to_the_commands(
    stdin: bool, stderr: bool, term: str, refused: bool
) -> None:
    reason = why_no_app(_Stream(stdin), _Stream(stderr), term)  # type: ignore[arg-type]
    assert (reason is not None) is refused
    assert "dextre-sync status" in reason if reason else True


@pytest.mark.parametrize("broken", ["[1, 2", "[" * 200_000, "\xff"])
def test_broken_preferences_cost_nothing(tmp_path: Path, broken: str) -> None:
    (tmp_path / preferences.FILE).write_text(broken, "latin-1")
    assert preferences.load(tmp_path) == preferences.Preferences()
    preferences.remember(tmp_path, brand="Tea")
    assert preferences.load(tmp_path).brand == "Tea"
    preferences.remember(tmp_path / "missing", brand="Tea")


@pytest.mark.parametrize("kept", [r'"\ud800"', "[" * 500 + "]" * 500])
def test_preferences_that_are_odd_are_no_fault_to_keep(tmp_path: Path, kept: str) -> None:
    odd = f'{{"screens": {{"log": {{"search": {kept}}}}}}}'
    (tmp_path / preferences.FILE).write_text(odd, "utf-8")
    preferences.remember(tmp_path, brand="茶")
    assert preferences.load(tmp_path).screens == json.loads(odd)["screens"]


def test_preferences_are_nobody_elses(tmp_path: Path) -> None:
    preferences.remember(tmp_path, brand="Tea")
    assert (tmp_path / preferences.FILE).stat().st_mode & 0o777 == 0o600


async def test_a_fault_of_our_own_ends_the_app_with_a_line_and_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[str] = []

    async def fail() -> None:
        async with running(tmp_path, FakeDesk()) as (app, pilot):
            app.call_later(lambda: 1 // 0)
            await pilot.pause()
            await pilot.pause()
            ended.extend(str(line) for line in app._exit_renderables)

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert "faults.log" in "".join(ended)
    assert "Traceback" not in "".join(ended)
    assert "ZeroDivisionError" in caplog.text, "the log has the whole story"


async def test_ctrl_c_says_how_to_quit(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "ctrl+c")
        assert "Press ^q to quit." in seen(app)


async def test_settings_switch_language_and_theme(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "7", "down", "down", "down", "down", "enter")
        assert app.theme == "dextre-light"
        await press(app, pilot, "up", "enter")
        assert "日本語" in seen(app)


async def test_another_brand_is_opened_and_the_one_before_is_left(tmp_path: Path) -> None:
    one, other = FakeDesk("Tea"), FakeDesk("Coffee", filled=False)
    async with running(tmp_path, one, other) as (app, pilot):
        assert "Choose a brand" in seen(app)
        await press(app, pilot, "enter")
        await press(app, pilot, "2", "1", "b", "down", "enter")
        assert app.open_session.desk.brand.name == "Coffee"
        assert ("stop",) in one.asked
        assert one.feeds[-1].closed
        assert ("start",) in other.asked
        await press(app, pilot, "2")
        assert "No items yet" in seen(app)


async def test_a_pressed_button_keeps_its_words(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.holder = process()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "7", "enter", "enter")
        assert "Set API details and connect" in seen(app)
