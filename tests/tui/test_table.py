"""The table and the log: any number of rows, wide characters, cursor, marks, following."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from tui.themes import DARK, DEFAULTS
from tui.widgets.columns import GAP, Column, clip, fit, fold
from tui.widgets.marking import MarkingTable
from tui.widgets.ringlog import LogLine, RingLog
from tui.widgets.rows import ListSource, Row

FRAMES_S = 0.1
"""Enough for some paints."""

MIXED = st.text(alphabet="abc 抹茶ラテ𠮷ｶ", max_size=60)


class Million:
    """Rows made when they are asked for; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return 1_000_000

    def rows(self, start: int, count: int) -> Sequence[Row]:
        self.asked.append((start, count))
        return [Row(str(n), (f"SKU-{n}", "茶")) for n in range(start, start + count)]


class Bench(App[None]):
    def __init__(self, *widgets: MarkingTable | RingLog) -> None:
        super().__init__()
        self._widgets = widgets

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DEFAULTS)

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield from self._widgets


COLUMNS = [Column("SKU", 10, grow=1), Column("Name", 10, drop=1)]


@given(MIXED, st.integers(1, 40), st.booleans())
def test_a_clipped_text_has_exactly_the_width(text: str, width: int, right: bool) -> None:
    assert cell_len(clip(text, width, right)) == width


def test_the_sign_of_a_cut_stands_at_the_text_also_where_half_a_character_had_room() -> None:
    assert clip("デモブランド", 8) == "デモブ… "
    assert clip("デモブランド", 9) == "デモブラ…"


def test_a_title_takes_what_it_lacks_from_the_columns_that_have_grown() -> None:
    columns = [Column("ロケーション", 10), Column("問題", 30, grow=1)]
    assert fit(columns, 80) == [(0, 12), (1, 64)]
    assert fit(columns, 44) == [(0, 10), (1, 30)], "not from what others need themselves"


@given(MIXED, st.integers(4, 40))
def test_folded_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = fold(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.integers(1, 300))
def test_columns_fill_the_width_and_the_important_ones_stay(width: int) -> None:
    columns = [Column("a", 10, grow=1), Column("b", 20, drop=1), Column("c", 15, grow=2, drop=2)]
    shown = fit(columns, width)
    assert shown[0][0] == 0
    if width >= 10 + GAP:
        assert sum(w + GAP for _i, w in shown) <= width
    if any(i == 2 for i, _w in shown):
        assert any(i == 1 for i, _w in shown), "what is to be dropped first went first"


async def test_a_million_rows_are_read_a_page_at_a_time() -> None:
    source = Million()
    app = Bench(MarkingTable(COLUMNS, source))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("G")
        table = app.query_one(MarkingTable)
        assert table.current == Row("999999", ("SKU-999999", "茶"))
        await pilot.press("g", "pagedown", "j", "k")
        assert table.cursor == 18
        assert sum(count for _start, count in source.asked) < 2_000


async def test_a_smaller_terminal_still_shows_the_row_of_the_cursor() -> None:
    app = Bench(MarkingTable(COLUMNS, Million()))
    async with app.run_test(size=(60, 30)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press(*["j"] * 25)
        await pilot.resize_terminal(50, 10)
        while table.size.height != 10:
            await pilot.pause(0.01)
        await pilot.pause()
        assert 0 <= table.cursor - int(table.scroll_y) < 9
        assert table.cursor == 25


async def test_marks_stay_with_their_rows() -> None:
    rows = [Row(f"k{n}", (f"row {n}",)) for n in range(10)]
    app = Bench(MarkingTable(COLUMNS, ListSource(rows)))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press("space", "j", "v", "j", "j", "v")
        assert table.marks == {"k0", "k2", "k3", "k4"}
        table.show(ListSource(rows[3:]))
        assert table.chosen() == ["k0", "k2", "k3", "k4"]
        await pilot.press("ctrl+backslash")
        assert not table.marks


async def test_an_empty_table_says_what_to_do_and_takes_every_key() -> None:
    app = Bench(MarkingTable(COLUMNS, empty="Press i to import."))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "G", "pagedown", "space", "v", "v")
        table = app.query_one(MarkingTable)
        assert table.current is None
        assert table.chosen() == []


async def test_what_an_empty_table_says_is_folded_and_cut_only_at_its_foot() -> None:
    words = "Press i to import a CSV file, p to add a location or an inventory label."
    app = Bench(MarkingTable(COLUMNS, empty=words))
    async with app.run_test(size=(30, 8)) as pilot:
        table = app.query_one(MarkingTable)
        lines = [table.render_line(y).text for y in range(2, 8)]
        assert " ".join(" ".join(lines).split()) == words
        table.show(ListSource(), empty="Nothing.")
        await pilot.pause()
        painted = [strip.text for strip in app.screen._compositor.render_strips()]
        assert painted[2:4] == [clip("  Nothing.", 30), " " * 30], "the lines before are gone"
    app = Bench(MarkingTable(COLUMNS, empty=words))
    async with app.run_test(size=(30, 3)):
        assert app.query_one(MarkingTable).render_line(2).text.rstrip().endswith("…")


async def test_a_log_that_is_scrolled_back_stays_where_its_reader_is() -> None:
    app = Bench(RingLog(limit=100))
    async with app.run_test(size=(60, 10)) as pilot:
        log = app.query_one(RingLog)
        log.extend([LogLine(f"line {n}") for n in range(90)])
        await pilot.pause()
        assert log.scroll_y == 80
        await pilot.press("k", "k")
        assert log.current == LogLine("line 88")
        following = log.following
        assert not following
        log.extend([LogLine("new")])
        await pilot.pause()
        assert log.scroll_y == 80
        assert log.current == LogLine("line 88")
        await pilot.press("G")
        assert log.following
        assert log.scroll_y == 81


async def test_a_log_keeps_its_newest_lines() -> None:
    app = Bench(RingLog(limit=100))
    async with app.run_test(size=(60, 10)):
        log = app.query_one(RingLog)
        log.extend([LogLine(str(n)) for n in range(1_000)])
        assert len(log.lines) == 100
        assert log.lines[-1].text == "999"


class Searching:
    """Rows of which ten more are found at each step."""

    def __init__(self, total: int) -> None:
        self.total, self.found = total, 0

    def __len__(self) -> int:
        return self.found

    def grow(self) -> bool:
        self.found = min(self.total, self.found + 10)
        return self.found < self.total

    def rows(self, start: int, count: int) -> list[Row]:
        return [Row(str(n), (f"row {n}",)) for n in range(start, min(self.found, start + count))]


async def test_rows_that_are_still_searched_come_by_themselves() -> None:
    table = MarkingTable(COLUMNS)
    async with Bench(table).run_test() as pilot:
        source = Searching(35)
        table.show(source)
        assert table.row_count == 10  # what is there is seen before the rest is found
        while table.row_count < 35:
            await pilot.pause(0.005)
        assert table.row(34) == Row("34", ("row 34",))


async def test_another_search_drops_the_one_before() -> None:
    table = MarkingTable(COLUMNS)
    async with Bench(table).run_test() as pilot:
        first = Searching(1000)
        table.show(first)
        table.show(Searching(20))
        while table.row_count < 20:
            await pilot.pause(0.005)
        assert first.found <= 20


async def test_the_end_of_a_search_is_its_last_hit() -> None:
    table = MarkingTable(COLUMNS)
    async with Bench(table).run_test() as pilot:
        table.show(Searching(500))
        table.focus()
        await pilot.press("ctrl+end")
        assert table.cursor == 499


def letters(*keys: str) -> ListSource:
    return ListSource([Row(key, (key.upper(),)) for key in keys])


async def test_the_cursor_stays_on_its_row_whatever_comes_and_goes_above() -> None:
    app = Bench(MarkingTable(COLUMNS, letters(*"abcdef")))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press("j", "j", "j")
        for keys, place in (("acdef", 2), ("xyzabcdef", 6), ("d", 0), ("", 0), ("abcd", 3)):
            table.show(letters(*keys))
            assert table.cursor == place
            assert not keys or table.current == Row("d", ("D",))
            assert table.lost is None or not keys


async def test_rows_that_come_above_do_not_move_what_is_read() -> None:
    app = Bench(MarkingTable(COLUMNS, ListSource([Row(str(n), ("x",)) for n in range(500)])))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press(*["pagedown"] * 5, "k", "k", "k")
        line, row = table.cursor - int(table.scroll_y), table.current
        table.show(ListSource([Row(str(n), ("x",)) for n in range(-300, 500)]))
        assert (table.cursor - int(table.scroll_y), table.current) == (line, row)


async def test_a_row_that_has_left_is_lost_until_the_reader_moves() -> None:
    app = Bench(MarkingTable(COLUMNS, letters(*"abc")))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press("j")
        table.show(letters(*"ac"))
        assert (table.cursor, table.lost) == (1, Row("b", ("B",)))
        table.show(letters(*"abc"))
        assert (table.cursor, table.lost) == (2, Row("b", ("B",))), "who read C stays on C"
        await pilot.press("k")
        assert [table.cursor, table.lost] == [1, None]


async def test_a_row_that_has_left_is_not_lost_once_the_reader_has_pressed_a_key_to_move() -> None:
    app = Bench(MarkingTable(COLUMNS, letters(*"ab")))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        table.show(letters(*"bc"))
        assert (table.cursor, table.lost) == (0, Row("a", ("A",)))
        await pilot.press("g")
        assert [table.cursor, table.lost] == [0, None]
        table.show(letters())
        await pilot.press("g")
        table.show(letters(*"de"))
        assert [table.cursor, table.lost] == [0, None]


async def test_a_row_that_another_filter_hides_is_not_lost() -> None:
    app = Bench(MarkingTable(COLUMNS, letters(*"abc")))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press("j")
        table.show(letters(*"ac"), question="another one")
        assert (table.cursor, table.lost) == (1, None)


async def test_a_row_is_found_without_an_index_where_it_has_moved_a_little() -> None:
    class Shifted(Million):
        def rows(self, start: int, count: int) -> Sequence[Row]:
            return super().rows(start - 3, count)

    app = Bench(MarkingTable(COLUMNS, Million()))
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(MarkingTable)
        await pilot.press("pagedown", "pagedown")
        source, before = Shifted(), table.current
        table.show(source)
        assert table.current == before
        assert sum(count for _start, count in source.asked) < 200


async def test_a_row_that_a_search_finds_late_is_under_the_cursor_again() -> None:
    class Known(Searching):
        def index_of(self, key: str) -> int | None:
            return int(key) if int(key) < self.found else None

    table = MarkingTable(COLUMNS)
    async with Bench(table).run_test() as pilot:
        table.show(Known(90))
        table.focus()
        await pilot.press("ctrl+end", "up", "up")
        table.show(Known(90))
        assert table.lost is not None
        while table.row_count < 90:
            await pilot.pause(0.005)
        assert [table.cursor, table.lost] == [87, None]


class Painted(MarkingTable):
    """Remembers which of its lines were painted."""

    def __init__(self, source: ListSource) -> None:
        super().__init__(COLUMNS, source)
        self.lines: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.lines.append(y)
        return super().render_line(y)


def named(*names: str) -> ListSource:
    return ListSource([Row(name, (name, "茶")) for name in names])


async def test_only_rows_that_look_otherwise_are_painted_and_nothing_is_laid_out_anew() -> None:
    table = Painted(named(*"abcdefgh"))
    app = Bench(table)
    layouts: list[object] = []
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j")
        await pilot.pause(FRAMES_S)
        app.screen.screen_layout_refresh_signal.subscribe(app.screen, layouts.append)
        for names, lines in (("abcdefgh", []), ("abcdfgh", [5, 6, 7, 8]), ("abcdfgh", [])):
            table.lines.clear()
            table.show(named(*names))
            app.screen._compositor.render_strips()
            assert sorted(table.lines) == lines
        await pilot.pause(FRAMES_S)
        assert not layouts


async def do_something(table: MarkingTable, pilot: Pilot[None], luck: Random) -> str:
    """Whatever may change what a table shows; says what."""
    what = luck.choice(("show", "show", "show", "keys", "keys", "size", "width", "mark", "columns"))
    if what == "show":
        first = luck.randrange(40)
        rows = range(first, first + luck.choice((0, 3, 9, 60, 61)))
        cells = ((str(n), "茶" if n % 7 else luck.choice("ab")) for n in rows)
        table.show(ListSource([Row(pair[0], pair) for pair in cells if luck.random() < 0.95]))
    elif what == "keys":
        keys = ("j", "k", "g", "G", "pagedown", "pageup", "space", "v", "tab")
        await pilot.press(*luck.choices(keys, k=luck.randint(1, 4)))
    elif what == "size":
        size = (luck.choice((20, 33, 60)), luck.choice((5, 9, 14)))
        await pilot.resize_terminal(*size)
        while (table.outer_size.width, table.outer_size.height) != size:
            await pilot.pause(0.01)
    elif what == "width":
        luck.choice((table.action_column, lambda: table.action_widen(luck.choice((-3, 3)))))()
    elif what == "mark":
        luck.choice((table.action_mark_all, table.action_clear_marks))()
    else:
        table.show(table._rows.source, luck.sample(COLUMNS, 2), empty=luck.choice(("", "None.")))
    return what


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_painted_is_what_there_is(seed: int) -> None:
    luck, table = Random(seed), MarkingTable(COLUMNS, named(*"abc"))
    app = Bench(table)
    async with app.run_test(size=(60, 9)) as pilot:
        done = []
        for _step in range(60):
            done.append(await do_something(table, pilot, luck))
            await pilot.pause()
            painted = app.screen._compositor.render_strips()
            table.refresh(layout=True)
            await pilot.pause()
            assert painted == app.screen._compositor.render_strips(), done[-6:]
