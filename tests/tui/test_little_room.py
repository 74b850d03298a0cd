"""On a small terminal nothing that matters is out of sight: where one is, what has the focus, what
went wrong and what can be done about it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from core.errors import Offline, note_of
from core.model import ConnectionState, Location, PlanKind
from tests.tui.fakes import FakeDesk, sample_plan
from tests.tui.seeing import LEAST, press, resized, running, seen, settled
from tui.i18n import _ as i18n
from tui.screens.enable import CHOICES, EnableScreen
from tui.screens.item import ItemScreen
from tui.screens.mapping import MappingScreen
from tui.screens.pairing import PairingScreen
from tui.screens.places import PlacesScreen
from tui.screens.plan import PlanScreen
from tui.widgets.bars import Bar
from tui.widgets.columns import Name, clip
from tui.widgets.dialogs import FormDialog
from tui.widgets.entry import EntryField
from tui.widgets.fields import Field, Press
from tui.widgets.prose import Prose
from tui.widgets.table import VirtualTable


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_the_navigation_shows_where_one_is(tmp_path: Path, lang: str) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=LEAST) as (app, pilot):
        for key in "1234567":
            await press(app, pilot, key)
            top = seen(app).splitlines()[0]
            assert f"{key} {app.screen.title_text()}" in top, top  # type: ignore[attr-defined]


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_the_navigation_tells_that_there_are_more_on_either_side(
    tmp_path: Path, lang: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=LEAST) as (app, pilot):
        for key, before, after in (("1", False, True), ("4", True, True), ("7", True, False)):
            await press(app, pilot, key)
            signs = seen(app).splitlines()[0].split()
            assert [signs[0] == "<", signs[-1] == ">"] == [before, after]
        await resized(app, pilot, 120, 40)
        signs = seen(app).splitlines()[0].split()
        assert not {"<", ">"} & set(signs), "all are seen"


async def test_runs_tell_their_time_and_what_waits_or_is_planned_its_location(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk(), size=LEAST) as (app, pilot):
        await press(app, pilot, "5")
        assert "11-23 09:00" in seen(app)
        await resized(app, pilot, 80, 24)
        assert "2026-11-23 09:00" in seen(app)
        await resized(app, pilot, *LEAST)
        await press(app, pilot, "4")
        assert "渋谷店" in seen(app)
        await press(app, pilot, "down")
        assert "倉庫 Warehouse" in seen(app)
        plan = sample_plan(PlanKind.PUSH)
        app.push_screen(PlanScreen(plan))
        await settled(app, pilot)
        for row in plan.changing:
            assert app.open_session.place(row.location_id) in seen(app)
            await press(app, pilot, "down")
        await resized(app, pilot, 80, 24)
        assert not app.screen.query_one("#place").display


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_the_chosen_filter_of_the_mapping_is_seen(tmp_path: Path, lang: str) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=LEAST) as (app, pilot):
        await press(app, pilot, "3")
        screen = app.screen
        assert isinstance(screen, MappingScreen)
        bar = screen.query_one("#tabs", Bar)
        for _filter in bar.parts:
            chosen = next(words for words, tone in bar.parts if tone == "here")
            assert chosen in seen(app), chosen
            await press(app, pilot, "f")


@pytest.mark.parametrize("columns", [40, 60, 79, 80])
async def test_what_has_the_focus_in_the_mapping_is_seen(tmp_path: Path, columns: int) -> None:
    async with running(tmp_path, FakeDesk(), size=(columns, 12)) as (app, pilot):
        await press(app, pilot, "3")
        for _stop in range(6):
            await press(app, pilot, "tab")
            assert app.focused is not None
            assert app.focused.region.x < columns, app.focused


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_a_form_with_an_error_keeps_the_remedy_and_its_buttons(
    tmp_path: Path, lang: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=LEAST) as (app, pilot):
        await press(app, pilot, "2", "p", "b")
        dialog = app.screen
        assert isinstance(dialog, FormDialog)
        dialog._submit = lambda _answers: "What went wrong, in some words. " * 4 + "The remedy."
        app.screen.query_one("#yes").focus()
        await press(app, pilot, "enter")
        text = seen(app)
        assert "The remedy." in text, text
        for button in dialog.query(Press):
            assert str(button.label) in text
        for field in dialog.query("Field, Pick"):
            field.focus()
            top, foot = dialog.query_one("#box").region.y, dialog.query_one("#foot").region.y
            for _turn in range(100):  # it is scrolled to with the next paint
                await pilot.pause(0.01)
                if top < field.region.y < foot:
                    break
            assert top < field.region.y < foot, field


async def test_a_dialog_on_a_terminal_that_is_too_small_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "A")
        await press(app, pilot, "x")
        await resized(app, pilot, 30, 8)
        text = " ".join(seen(app).split())
        assert "The terminal is too small: 30×8. At least 40×12 is needed." in text
        assert "New item" not in text
        await resized(app, pilot, 80, 24)
        assert "too small" not in seen(app)
        await press(app, pilot, "y")
        assert app.screen.query_one("#ask-sku", Field).value == "xy", "typed on where it was"


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_what_goes_on_does_not_go_on_under_its_name(tmp_path: Path, lang: str) -> None:
    desk = FakeDesk()
    desk.health = {
        "shop_name": "Practice Shop",
        "domain": "practice-d60c54f0a1b2c3d4.myshopify.com",
        "connection": ConnectionState.ERROR,
        "error": note_of(Offline(detail="no answer from practice-d60c54f0a1b2c3d4")),
    }
    async with running(tmp_path, desk, lang=lang) as (app, _pilot):
        figures = seen(app).splitlines()
        where = next(line for line in figures if "practice-d60c54f0a1b2c3d4.my" in line)
        assert where.startswith(" " * 20), seen(app)
        error = next(at for at, line in enumerate(figures) if "no answer" in line)
        assert any(line.startswith(" " * 20) for line in figures[error : error + 2]), seen(app)


ALIKE = ("東京第一物流倉庫センター", "東京第一物流倉庫サテライト")


def with_names_alike() -> FakeDesk:
    desk = FakeDesk()
    desk._locations[:2] = [Location("l1", ALIKE[0]), Location("l2", ALIKE[1])]
    return desk


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_two_locations_can_be_told_apart_wherever_their_names_are_cut(
    tmp_path: Path, lang: str
) -> None:
    async with running(tmp_path, with_names_alike(), lang=lang) as (app, pilot):
        await press(app, pilot, "2")
        about = seen(app).splitlines()[1]
        assert ALIKE[0] in about
        await press(app, pilot, "right")
        assert ALIKE[1] in seen(app).splitlines()[1]
        ends = ("ター", "イト")
        assert "東京…ライト" in seen(app).splitlines()[2], "the other has more room"
        await press(app, pilot, "4")
        assert all(end in seen(app) for end in ends), seen(app)
        app.push_screen(PlanScreen(sample_plan(PlanKind.PUSH)))
        await settled(app, pilot)
        assert ends[0] in seen(app), seen(app)


async def test_a_name_is_cut_in_the_middle_only_where_another_would_look_the_same() -> None:
    names = frozenset([*ALIKE, "東京第二物流倉庫センター", "渋谷店"])
    assert clip(Name(ALIKE[0], names), 11) == "東京…ンター"
    assert clip(Name(ALIKE[1], names), 11) == "東京…ライト"
    assert clip(Name("東京第二物流倉庫センター", names), 11) == "東京第二物…"
    assert clip(Name(ALIKE[0], frozenset()), 11) == "東京第一物…"
    assert clip(Name("渋谷店", names), 11) == "渋谷店     "


@pytest.mark.parametrize(("size", "lang"), [(LEAST, "en"), (LEAST, "ja"), ((80, 24), "en")])
async def test_an_items_page_keeps_names_and_quantities_on_their_lines(
    tmp_path: Path, size: tuple[int, int], lang: str
) -> None:
    async with running(tmp_path, with_names_alike(), lang=lang, size=size) as (app, pilot):
        app.push_screen(ItemScreen("TEA-004"))
        await settled(app, pilot)
        screen = app.screen
        assert isinstance(screen, ItemScreen)
        held = screen._levels()
        assert [line.split()[-1] for line in held] == ["9", "13"]
        assert all(cell_len(line) <= size[0] - 4 for line in held)
        assert all(name in line for name, line in zip(ALIKE, held, strict=True))
        assert held[0].rstrip() in seen(app) or size == LEAST


@pytest.mark.parametrize("size", [LEAST, (80, 24)])
async def test_the_list_of_keys_tells_the_whole_of_the_line_under_the_cursor(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running(tmp_path, FakeDesk(), size=size) as (app, pilot):
        await press(app, pilot, "3", "question_mark")
        rows = app.screen.query_one(VirtualTable)
        for _row in range(4):
            assert rows.current is not None
            whole = rows.current.words.rpartition("\t")[2]
            assert whole in " ".join(seen(app).replace("│", " ").split())
            await press(app, pilot, "down")


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_what_a_stock_take_would_set_is_told_whole(tmp_path: Path, lang: str) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=LEAST) as (app, pilot):
        await press(
            app, pilot, "2", "c", *"123", "asterisk", *"TEA", "minus", *"004", "enter", "f2"
        )
        assert isinstance(app.screen, FormDialog)
        box = [line for line in seen(app).splitlines() if "│" in line]
        assert box
        assert not [line for line in box if "…" in line]


async def test_what_the_doctor_found_is_told_whole(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=LEAST) as (app, pilot):
        await press(app, pilot, "7", "end", "G", "enter", "down", "down", "down")
        told = app.screen.query_one("#remedy", Prose).plain
        assert "API version 2026-10 is 53 days old" in told


@pytest.mark.parametrize("size", [(30, 8), (9, 3), (1, 1)])
async def test_the_focus_comes_back_where_it_was_after_a_terminal_that_was_too_small(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        for way in (["7", "j"], ["2", "j"], ["6", "k"], ["7", "home", "enter", "enter"]):
            await press(app, pilot, *way)
            before = app.focused
            assert before is not None
            await resized(app, pilot, *size)
            assert app.screen.title_text() not in seen(app)  # type: ignore[attr-defined]
            await resized(app, pilot, 80, 24)
            assert app.focused is before, way
            assert "too small" not in seen(app)
        await press(app, pilot, "x")
        assert isinstance(app.focused, Field)
        assert app.focused.value.endswith("x"), "typed on where it was"


async def test_a_page_below_a_dialog_keeps_its_focus_on_a_terminal_that_was_too_small(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "3", "tab")
        before = app.focused
        await press(app, pilot, "question_mark")
        await resized(app, pilot, 30, 8)
        await resized(app, pilot, 80, 24)
        await press(app, pilot, "escape")
        assert app.focused is before


async def test_what_is_typed_over_a_row_is_not_seen_on_a_terminal_that_is_too_small(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "2", "equals_sign", *"777")
        await resized(app, pilot, 30, 8)
        assert "777" not in seen(app)
        await resized(app, pilot, 80, 24)
        assert "777" in seen(app)
        assert app.focused is app.screen.query_one(EntryField)


SCROLL_BAR = " ▁▂▃▄▅▆▇█"


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("size", [LEAST, (50, 14), (60, 15)])
async def test_each_way_to_begin_is_seen_whole_with_what_it_means(
    tmp_path: Path, size: tuple[int, int], lang: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        app.push_screen(EnableScreen())
        await settled(app, pilot)
        for _kind, title, explains in CHOICES:
            text = "".join(line.rstrip(SCROLL_BAR) for line in seen(app).splitlines())
            text = "".join(text.split())
            assert "".join((i18n(title) + i18n(explains)).split()) in text, seen(app)
            assert str(app.focused.label) == i18n(title)  # type: ignore[union-attr]
            await press(app, pilot, "tab")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("size", [LEAST, (40, 24)])
async def test_the_buttons_of_the_question_before_enabling_are_whole(
    tmp_path: Path, size: tuple[int, int], lang: str
) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=size) as (app, pilot):
        app.push_screen(PlanScreen(sample_plan(PlanKind.PUSH), enabling=True))
        await settled(app, pilot)
        await press(app, pilot, "A")
        rows = [row for row in seen(app).splitlines() if "│" in row]
        assert any(i18n("Enable inventory link") in row and i18n("Cancel") in row for row in rows)


async def test_a_location_that_was_just_added_is_under_the_cursor(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk._locations += [Location(f"m{n}", f"Place {n}") for n in range(9)]
    async with running(tmp_path, desk, size=LEAST) as (app, pilot):
        for screen in (PairingScreen(), PlacesScreen()):
            app.push_screen(screen)
            await settled(app, pilot)
            name = f"New one of {type(screen).__name__}"[:18]
            await press(app, pilot, "a")
            app.screen.query_one("#ask-name", Field).value = name
            await press(app, pilot, "enter")
            table = screen.query(VirtualTable).first()
            assert table.current is not None
            assert table.current.cells[0] == name
            assert any(name[:10] in line for line in seen(app).splitlines())


async def test_what_is_too_small_is_told_without_gaps_over_any_page(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), lang="ja") as (app, pilot):
        for key in "1234567":
            await press(app, pilot, key)
            await resized(app, pilot, 39, 12)
            assert "39×12。40×12 以上" in seen(app), key
            await resized(app, pilot, 80, 24)
