"""What waits for a person, and every choice: one key, for one row or for all marked ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput
from core.model import Choice, PlanKind, Problem, Waiting
from core.sync.events import Cleared
from core.workspace.errors import RowMoved
from core.workspace.waiting import _CHOICES
from tests.tui.fakes import AT, FakeDesk, process
from tests.tui.seeing import (
    LARGE,
    LEAST,
    SMALL,
    check_golden,
    press,
    resized,
    running,
    seen,
    settled,
    type_text,
)
from tui.app import DextreApp
from tui.guides import GUIDES, guide_text
from tui.i18n import _, set_language
from tui.widgets.bars import KeyLine
from tui.widgets.marking import MarkingTable


def doubt(n: int, problem: Problem, *extra: Choice, detail: str = "NEW-1") -> Waiting:
    return Waiting(
        problem,
        f"TEA-{n:03d}",
        detail=detail,
        since=AT,
        choices=(*extra, *_CHOICES[problem]),
        inventory_item_id=f"gid://shopify/InventoryItem/{n}",
        follow="NEW-1" if extra else "",
    )


def allowed(app: DextreApp) -> list[str]:
    """The words of the keys that are not dim."""
    return [words for words, tone in app.screen.query_one(KeyLine).parts if not tone]


def cleared(row: Waiting) -> Cleared:
    return Cleared(at=AT, brand="", sku=row.sku_number, location="渋谷店")


def waiting_desk(*problems: Problem) -> FakeDesk:
    """Nothing waits but these, one a cell, from TEA-010 on."""
    desk = FakeDesk()
    desk.cells_kept = [
        cell._replace(problem=None, base=cell.here, there=cell.here) for cell in desk.cells_kept
    ]
    for n, problem in enumerate(problems):
        place = 20 + 2 * n
        desk.cells_kept[place] = desk.cells_kept[place]._replace(problem=problem, there=99 + n)
    return desk


@pytest.mark.parametrize(
    ("problem", "key", "choice"),
    [
        (Problem.REJECTED, "h", Choice.TAKE_HERE),
        (Problem.REJECTED, "t", Choice.TAKE_THERE),
        (Problem.REJECTED, "I", Choice.IGNORE),
        (Problem.NOT_STOCKED, "s", Choice.ACTIVATE),
        (Problem.UNTRACKED, "S", Choice.TRACK),
        (Problem.BUNDLE, "d", Choice.UNMAP),
    ],
)
async def test_one_key_acts_on_the_row_and_it_leaves(
    tmp_path: Path, problem: Problem, key: str, choice: Choice
) -> None:
    desk = waiting_desk(problem)
    sku = desk.waiting()[0].sku_number
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", key)
        assert desk.asked[-1] == ("resolve", sku, choice, None)
        assert "Nothing waits for you." in seen(app)
        assert f"{sku}  渋谷店: " in seen(app)
        assert "needs you 0" in seen(app)


@pytest.mark.parametrize(
    ("key", "choice"), [("K", Choice.KEEP), ("F", Choice.FOLLOW), ("d", Choice.UNMAP)]
)
async def test_a_mapping_in_doubt_is_kept_followed_or_taken_away(
    tmp_path: Path, key: str, choice: Choice
) -> None:
    desk = waiting_desk()
    desk.doubts = [doubt(7, Problem.SKU_CHANGED, Choice.FOLLOW)]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4")
        assert "NEW-1" in seen(app), "the new value is shown"
        await press(app, pilot, key)
        assert desk.asked[-1] == ("resolve", "TEA-007", choice, None)
        assert "u undoes it." in seen(app)
        await press(app, pilot, "u")
        assert ("undo_edit",) in desk.asked
        assert "Undone: 1 row." in seen(app)


@pytest.mark.parametrize(("extra", "offered"), [((Choice.FOLLOW,), True), ((), False)])
async def test_the_hint_of_a_changed_sku_offers_what_the_row_does(
    tmp_path: Path, extra: tuple[Choice, ...], offered: bool
) -> None:
    desk = waiting_desk()
    desk.doubts = [doubt(7, Problem.SKU_CHANGED, *extra)]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4")
        text = " ".join(seen(app).split())
        assert ("map to the item of the new SKU" in text) is offered
        assert "Keep the mapping" in text


async def test_an_edit_made_elsewhere_since_is_not_undone_from_here(tmp_path: Path) -> None:
    desk = waiting_desk()
    desk.doubts = [doubt(7, Problem.DUPLICATE)]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "K")
        desk.edits_to_undo += 1
        await press(app, pilot, "u")
        assert ("undo_edit",) not in desk.asked
        assert "The mapping was edited since" in seen(app)


async def test_counting_again_asks_for_a_number_and_sets_both_sides(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.OUTCOME_UNKNOWN)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "c")
        assert "Here 15, Shopify 99." in seen(app)
        await type_text(pilot, "many")
        await press(app, pilot, "enter")
        assert "must be a whole number" in seen(app)
        app.screen.query_one("#ask-n").value = "１２"  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert desk.asked[-1] == ("resolve", "TEA-010", Choice.COUNT_AGAIN, 12)


async def test_marked_rows_are_counted_one_at_a_time(tmp_path: Path) -> None:
    async with running(tmp_path, waiting_desk(*[Problem.REJECTED] * 2)) as (app, pilot):
        await press(app, pilot, "4", "a", "c")
        assert "Count one row at a time" in seen(app)
        await press(app, pilot, "ctrl+backslash", "c")
        assert "Set on both sides" in seen(app)


async def test_a_key_that_cannot_act_on_the_row_says_why(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.NOT_STOCKED)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "h")
        text = " ".join(seen(app).split())
        assert "“Take DEXTRE's quantity” is no answer to “Not stocked there in Shopify”" in text
        assert "Possible: Stock it there in Shopify" in text
        await press(app, pilot, "u")
        assert "Nothing that was chosen here since the start is left to undo." in seen(app)
        await press(app, pilot, "L", "h")
        assert "Shopifyでそこの取り扱いにする、" in "".join(seen(app).split())
        assert not [asked for asked in desk.asked if asked[0].startswith("resolve")]


async def test_many_marked_rows_are_shown_before_they_are_changed(tmp_path: Path) -> None:
    desk = waiting_desk(*[Problem.DIFFERS_AT_START] * 12, Problem.BUNDLE)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "a")
        assert "Marked: 13 rows" in seen(app)
        await press(app, pilot, "h")
        text = seen(app)
        assert "12 rows: Take DEXTRE's quantity" in text
        assert "TEA-010  渋谷店  Shopify 99 → 15" in text
        assert "… and 4 more" in text
        assert "1 other marked row stays as it is." in text
        await press(app, pilot, "enter")
        assert desk.asked[-1][0] != "resolve_many", "the focus is on Cancel"
        await press(app, pilot, "h", "left", "enter")
        what, skus, choice = desk.asked[-1]
        assert (what, len(skus), choice) == ("resolve_many", 12, Choice.TAKE_HERE)
        assert "12 rows done." in seen(app)
        assert "Waiting: 1" in seen(app)


async def test_a_range_is_marked_and_rows_that_refuse_stay_marked_with_the_reason(
    tmp_path: Path,
) -> None:
    desk = waiting_desk(*[Problem.REJECTED] * 4)
    second = desk.waiting()[1]
    desk.refuses[second.key] = RowMoved(what="TEA-011", here=1, there=2)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "v", "down", "down", "v")
        assert "Marked: 3 rows" in seen(app)
        await press(app, pilot, "t")
        assert "DEXTRE 15 → 99" in seen(app)
        await press(app, pilot, "left", "enter")
        text = " ".join(seen(app).split())
        assert "2 rows done. Not done: 1, the first: TEA-011 has changed since you looked" in text
        assert "▸TEA-011" in seen(app)
        assert "Waiting: 2" in seen(app)


async def test_the_first_key_acts_on_rows_that_come_after_ones_own_word_on_the_last(
    tmp_path: Path,
) -> None:
    desk = waiting_desk(Problem.REJECTED)
    async with running(tmp_path, desk) as (app, pilot):
        row = desk.waiting()[0]
        await press(app, pilot, "4", "h")
        desk.feeds[-1].waiting.append(cleared(row))
        app.look()
        await settled(app, pilot)
        assert "Nothing waits for you." in seen(app)
        desk.cells_kept[22] = desk.cells_kept[22]._replace(problem=Problem.REJECTED, there=99)
        desk.feeds[-1].waiting.append(cleared(row))
        app.look()
        await settled(app, pilot)
        assert "TEA-011" in seen(app)
        await press(app, pilot, "h")
        assert desk.asked[-1] == ("resolve", "TEA-011", Choice.TAKE_HERE, None)


async def test_a_row_that_moved_meanwhile_is_told_and_read_again(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED)
    row = desk.waiting()[0]
    desk.refuses[row.key] = RowMoved(what="TEA-010", here=1, there=2)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "h")
        assert "has changed since you looked: here 1, Shopify 2" in " ".join(seen(app).split())
        await press(app, pilot, "escape")
        assert "TEA-010" in seen(app)


async def test_u_plans_the_undo_of_the_run_that_was_made_here(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED, Problem.REJECTED)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "h")
        made = desk.runs()[0].id
        await press(app, pilot, "u")
        assert desk.asked[-1] == ("undo_plan", made)
        assert "Nothing is written yet" in seen(app)
        await press(app, pilot, "escape", "u")
        assert desk.asked[-1] == ("undo_plan", made), "cancelled: it can still be undone"
        await press(app, pilot, "A", "left", "enter")
        assert ("apply", PlanKind.UNDO) in desk.asked
        await press(app, pilot, "u")
        assert "Nothing that was chosen here since the start is left to undo." in seen(app)


async def test_rows_left_out_are_shown_by_f_and_taken_up_again(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED, Problem.REJECTED)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "I")
        assert "Waiting: 1   Left out by you: 1 (f)" in seen(app)
        await press(app, pilot, "f")
        assert "Left out by you: 1   (f: what waits)" in seen(app)
        assert "TEA-010" in seen(app)
        assert "I Take up again" in seen(app)
        await press(app, pilot, "I")
        assert desk.asked[-1] == ("resolve", "TEA-010", Choice.NOTICE, None)
        assert "You leave nothing out." in seen(app)
        await press(app, pilot, "f")
        assert "Waiting: 2" in seen(app)


async def test_what_waits_is_shown_to_who_comes_back_where_nothing_is_left_out(
    tmp_path: Path,
) -> None:
    desk = waiting_desk(Problem.REJECTED, Problem.REJECTED)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "I", "f", "1", "4")
        assert "Left out by you: 1" in seen(app), "the list that was chosen stays"
        await press(app, pilot, "I")
        assert "You leave nothing out." in seen(app)
        await press(app, pilot, "1", "4")
        assert "Waiting: 2" in seen(app)
        assert "TEA-010" in seen(app)


@pytest.mark.parametrize("key", ["space", "a", "v"])
async def test_a_key_that_marks_says_that_the_list_is_empty(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, waiting_desk()) as (app, pilot):
        await press(app, pilot, "4", key)
        assert "The list is empty: there is no row to mark." in seen(app)
        assert "Space Mark" not in allowed(app)
    async with running(tmp_path, waiting_desk(Problem.REJECTED)) as (app, pilot):
        await press(app, pilot, "4")
        assert "Space Mark" in allowed(app)


async def test_the_footer_says_which_list_f_leads_to(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED)
    async with running(tmp_path, desk, size=LARGE) as (app, pilot):
        await press(app, pilot, "4")
        assert "f Left out" in seen(app).splitlines()[-1]
        await press(app, pilot, "f")
        assert "f What waits" in seen(app).splitlines()[-1]


async def test_leaving_out_is_undone_by_u(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED, Problem.REJECTED)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "a", "I", "left", "enter")
        assert "Waiting: 0" in seen(app)
        await press(app, pilot, "u")
        assert desk.asked[-1] == ("resolve_many", ["TEA-010", "TEA-011"], Choice.NOTICE)
        assert "Waiting: 2" in seen(app)


async def test_a_safety_stop_is_reviewed_as_a_plan(tmp_path: Path) -> None:
    desk = waiting_desk()
    stop = Problem.SAFETY_STOP
    words = "812 of 900 cells would become 0 here in one pass."
    desk.doubts = [Waiting(stop, detail=words, since=AT, choices=_CHOICES[stop])]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4")
        assert words in seen(app)
        assert "(all)" in seen(app)
        await press(app, pilot, "enter")
        assert "This is about no single item." in seen(app)
        await press(app, pilot, "p")
        assert ("plan", PlanKind.MERGE) in desk.asked
        assert "Nothing is written yet" in seen(app)


async def test_the_guide_says_what_happened_and_what_to_do(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.NOT_STOCKED)
    async with running(tmp_path, desk, lang="ja") as (app, pilot):
        await press(app, pilot, "4", "f3")
        text = seen(app)
        assert "1．" in text
        assert "TEA-010" in text
        await press(app, pilot, "escape")
        assert "TEA-010" in seen(app)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_there_is_a_guide_for_everything_that_can_wait(lang: str) -> None:
    set_language(lang)
    for problem in Problem:
        assert len(GUIDES[problem].steps) >= 1
        assert len(guide_text(problem).splitlines()) >= 5


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_no_guide_begins_with_the_other_way(lang: str) -> None:
    set_language(lang)
    for guide in GUIDES.values():
        assert not _(guide.steps[0]).startswith(("Or ", "または"))


def test_the_guide_of_a_difference_is_true_after_an_undo_as_well() -> None:
    """A cell differs so wherever there is no base: at the start, after an undo or an unmapping."""
    set_language("en")
    assert "link was turned on" not in guide_text(Problem.DIFFERS_AT_START)


async def test_the_filter_looks_at_what_is_shown_in_the_readers_language(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED, Problem.BUNDLE)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "slash")
        await type_text(pilot, "bundle")
        await press(app, pilot, "enter")
        assert "TEA-011" in seen(app)
        assert "TEA-010" not in seen(app)
        await press(app, pilot, "slash")
        await type_text(pilot, "x")
        assert "No row fits the filter." in seen(app)


async def test_the_filter_takes_full_width_letters(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED, Problem.BUNDLE)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "slash")
        await type_text(pilot, "０１１")
        assert "TEA-011" in seen(app)
        assert "TEA-010" not in seen(app)


async def test_a_viewer_reads_the_guide_and_changes_nothing(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED)
    desk.holder = process()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "h")
        assert "Here you can only look." in seen(app)
        assert not [asked for asked in desk.asked if asked[0] == "resolve"]
        await press(app, pilot, "f3")
        assert "what it answered" in seen(app)


async def test_an_error_of_the_core_is_told_and_the_row_stays(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED)
    desk.fails["resolve"] = BadInput(detail="no [such] thing")
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "h")
        assert "no [such] thing" in seen(app)
        await press(app, pilot, "escape", "u")
        assert "Nothing that was chosen here" in seen(app)


async def test_the_line_on_the_home_screen_opens_the_list(tmp_path: Path) -> None:
    desk = waiting_desk(Problem.REJECTED)
    async with running(tmp_path, desk) as (app, pilot):
        app.screen.query_one("#needs").focus()
        await press(app, pilot, "enter")
        assert "Waiting: 1" in seen(app)


def desk_with_all_kinds() -> FakeDesk:
    desk = waiting_desk(*[Problem.REJECTED] * 11, Problem.NOT_STOCKED, Problem.IGNORED)
    stop = Problem.SAFETY_STOP
    words = "812 of 900 cells would become 0 here in one pass."
    desk.doubts = [
        Waiting(stop, detail=words, since=AT, choices=_CHOICES[stop]),
        doubt(3, Problem.SKU_CHANGED, Choice.FOLLOW),
        doubt(5, Problem.DUPLICATE, detail="TEA-005"),
    ]
    return desk


LOOKS = {
    "stop": ("g",),
    "doubt": ("g", "down"),
    "refused": ("g", "down", "down", "down"),
    "marked": ("g", "down", "down", "down", "v", "G", "v"),
    "preview": ("h",),
    "count": ("escape", "ctrl+backslash", "g", "down", "down", "down", "c"),
    "guide": ("escape", "f3"),
    "left-out": ("escape", "f"),
}
"""One after the other, on the same screen."""


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("size", [SMALL, LARGE, LEAST])
async def test_what_waits_looks_as_it_was_last_approved(
    tmp_path: Path, lang: str, size: tuple[int, int]
) -> None:
    differing = []
    async with running(tmp_path, desk_with_all_kinds(), lang=lang, size=size) as (app, pilot):
        await press(app, pilot, "4")
        for look, keys in LOOKS.items():
            await press(app, pilot, *keys)
            try:
                check_golden(f"needs-you-{look}.{lang}.{size[0]}x{size[1]}", seen(app))
            except AssertionError as error:
                differing.append(str(error))
    assert not differing, "\n".join(differing)


async def test_every_one_of_very_many_rows_can_be_reached_and_keeps_its_place(
    tmp_path: Path,
) -> None:
    desk = waiting_desk()
    desk.doubts = [doubt(n, Problem.DUPLICATE) for n in range(7_000)]
    async with running(tmp_path, desk, lang="ja") as (app, pilot):
        await press(app, pilot, "4", "G")
        table = app.screen.query_one(MarkingTable)
        assert table.row_count == 7_000
        assert "要対応：7000件" in seen(app).replace(",", ""), seen(app)
        assert "TEA-6999" in seen(app)
        await press(app, pilot, "k", "d")
        assert desk.asked[-1][:2] == ("resolve", "TEA-6998")
        await settled(app, pilot)
        assert table.row_count == 6_999
        assert table.cursor == 6_998
        await press(app, pilot, "slash")
        await type_text(pilot, "tea-6997")
        await press(app, pilot, "enter")
        table.find_all()  # looked through to the end
        assert table.row_count == 1
        await press(app, pilot, "slash", "escape", "a")
        assert "6999" in seen(app).replace(",", "")


async def test_a_row_that_leaves_above_does_not_turn_the_next_key_on_another_one(
    tmp_path: Path,
) -> None:
    desk = waiting_desk(*[Problem.REJECTED] * 5)
    first, _second, third, *_rest = desk.waiting()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "j", "j")
        assert app.screen.query_one(MarkingTable).cursor == 2
        desk._leave(first, Choice.KEEP)
        app.screen.on_happenings([cleared(first)])  # type: ignore[attr-defined]
        await press(app, pilot, "t")
        assert desk.asked[-1] == ("resolve", third.sku_number, Choice.TAKE_THERE, None)


async def test_a_key_for_a_row_that_has_just_left_is_asked_again(tmp_path: Path) -> None:
    desk = waiting_desk(*[Problem.REJECTED] * 4)
    _first, second, third, fourth = desk.waiting()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "j")
        desk._leave(second, Choice.KEEP)
        app.screen.on_happenings([cleared(second)])  # type: ignore[attr-defined]
        await press(app, pilot, "t")
        text = " ".join(seen(app).split())
        assert f"{second.sku_number} 渋谷店 has left the list; under the cursor is" in text
        assert not [asked for asked in desk.asked if asked[0].startswith("resolve")]
        await press(app, pilot, "t", "t")
        assert [asked[1] for asked in desk.asked if asked[0] == "resolve"] == [
            third.sku_number,
            fourth.sku_number,
        ], "what leaves by the reader's own key is not asked about"


async def test_a_mark_for_a_row_that_has_just_left_is_asked_again(tmp_path: Path) -> None:
    desk = waiting_desk(*[Problem.REJECTED] * 4)
    _first, second, third, _fourth = desk.waiting()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "j")
        desk._leave(second, Choice.KEEP)
        app.screen.on_happenings([cleared(second)])  # type: ignore[attr-defined]
        table = app.screen.query_one(MarkingTable)
        await press(app, pilot, "space")
        assert not table.marks
        assert f"{second.sku_number} 渋谷店 has left the list" in " ".join(seen(app).split())
        here = table.current
        await press(app, pilot, "space")
        assert here is not None
        assert table.marks == {here.key}
        assert third.sku_number in here.words


async def test_in_a_long_list_the_key_after_the_own_one_acts_on_the_next_row(
    tmp_path: Path,
) -> None:
    desk = waiting_desk()
    desk.doubts = [doubt(n, Problem.DUPLICATE) for n in range(2_000)]
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, "4", "pagedown", "j", "d", "d")
        skus = [asked[1] for asked in desk.asked if asked[0] == "resolve"]
        assert len(skus) == 2
        assert int(skus[1][4:]) == int(skus[0][4:]) + 1


async def test_the_remedy_and_the_keys_are_laid_out_for_the_size_of_now(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, "4")
        for size, is_wide in (((80, 24), True), (LEAST, False), ((80, 24), True)):
            await resized(app, pilot, *size)
            text = seen(app)
            assert ("quantities. The rest is then taken over by itself." in text) is is_wide, text
            assert ("h Take DEXTRE's quantity" in text) is is_wide
            assert ("h DEXTRE's" in text) is not is_wide
