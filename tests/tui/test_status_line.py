"""The status line: all eight are told at 80 columns, words give way to signs before anything is
left out, and what moves by itself does not repaint it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from core.errors import note_of
from core.model import ConnectionState, Owner, Purpose, Status
from core.sync.breaker import TooManyZeros
from tests.tui.fakes import FakeDesk, process
from tests.tui.seeing import press, running, seen, settled
from tui.app import DextreApp
from tui.clean import use_ascii
from tui.i18n import set_language
from tui.session import Session, steady_points
from tui.status_pieces import DROP, status_line
from tui.widgets.bars import StatusLine
from tui.widgets.fitting import EDGE, GAP, Line

ORDER = ("brand", "link", "flow", "sync", "pending", "needs", "points", "owner")
BRAND = "茶の子オンライン本店東京"
"""Twelve wide characters."""


def session(
    brand: str = BRAND,
    cells: int = 100_000,
    in_sync: int = 99_999,
    push: int = 1_234,
    pull: int = 0,
    needs_you: int = 12,
    points: int | None = 2_000,
    link: bool = True,
    holder: Owner | str | None = None,
    started: bool = True,
    connection: ConnectionState = ConnectionState.CONNECTED,
) -> Session:
    status = Status(
        brand=brand,
        connection=connection,
        link=link,
        label="NEW",
        pairs=2,
        mapped=cells // 2,
        unmapped_local=0,
        unmapped_shopify=0,
        cells=cells,
        in_sync=in_sync,
        pending_push=push,
        pending_pull=pull,
        needs_you=needs_you,
        ignored=0,
        last_pass_at=None,
        oldest_unsent_s=None,
        verified_share=None,
        throttled=0,
        owner=holder if isinstance(holder, Owner) else None,
    )
    found = SimpleNamespace(status=status, points=points, holder=holder, started=started)
    return cast("Session", found)


HOLDERS: tuple[Owner | str | None, ...] = (
    None,
    process(),
    process(purpose=Purpose.SERVICE),
    process(purpose=Purpose.COMMAND),
    "hana@elsewhere",
)


def told(line: Line, width: int) -> dict[str, int]:
    """Which pieces are on the line, in their order, and the number of the form of each."""
    left = [words for words, _tone in line.fitted(width)]
    found: dict[str, int] = {}
    for piece in line.pieces:
        if left and left[0] in piece.forms:
            found[piece.name] = piece.forms.index(left.pop(0))
    assert not left, "every text is a form of its piece, and nothing is told twice"
    return found


def needed(texts: Sequence[str]) -> int:
    return EDGE + sum(map(cell_len, texts)) + GAP * (len(texts) - 1)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("connection", [ConnectionState.CONNECTED, ConnectionState.ERROR])
def test_all_eight_are_told_at_80_columns(
    lang: str, ascii_only: bool, holder: Owner | str | None, connection: ConnectionState
) -> None:
    set_language(lang)
    use_ascii(ascii_only)
    line = status_line(session(holder=holder, connection=connection))
    texts = [words for words, _tone in line.fitted(80)]
    assert needed(texts) <= 80
    assert tuple(told(line, 80)) == ORDER
    joined = "  ".join(texts)
    assert "99,999/100,000" in joined
    assert "1,234" in joined
    assert "12" in joined
    assert "2000p" in joined
    assert texts[0].startswith("茶の子オンライン")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("holder", HOLDERS)
def test_where_there_is_room_all_are_told_in_full_words(
    lang: str, holder: Owner | str | None
) -> None:
    set_language(lang)
    usual = session("茶の子 Chanoko", 60, 55, 2, 0, 3, holder=holder)
    at_120 = told(status_line(usual), 120)
    assert {form for name, form in at_120.items() if name != "owner"} == {0}
    assert at_120["owner"] <= 1
    large = session(holder=holder)
    assert set(told(status_line(large), 200).values()) == {0}


@pytest.mark.parametrize(("lang", "words"), [("en", "no flow"), ("ja", "反映なし")])
def test_without_a_link_the_flow_reads_well_at_each_length(lang: str, words: str) -> None:
    set_language(lang)
    flow = next(one for one in status_line(session(link=False)).pieces if one.name == "flow")
    assert flow.forms == ("DEXTRE | Shopify", words, "|")


VALUES = st.builds(
    session,
    brand=st.text(st.sampled_from("茶の子オンラインABC xyz"), min_size=1, max_size=60).filter(
        lambda name: bool(name.strip())
    ),
    cells=st.integers(0, 9_999_999),
    in_sync=st.integers(0, 9_999_999),
    push=st.integers(0, 99_999),
    pull=st.integers(0, 99_999),
    needs_you=st.integers(0, 99_999),
    points=st.none() | st.integers(0, 20_000),
    link=st.booleans(),
    holder=st.sampled_from(HOLDERS),
    started=st.booleans(),
    connection=st.sampled_from(ConnectionState),
)


@example(session("AAAAAAAAAA", 0, 0, 10, 10, 0, None, link=False), 40, "ja", True)
@given(VALUES, st.integers(40, 220), st.sampled_from(["en", "ja"]), st.booleans())
def test_the_line_fits_and_gives_way_in_its_order(
    given_session: Session, width: int, lang: str, ascii_only: bool
) -> None:
    set_language(lang)
    use_ascii(ascii_only)
    line = status_line(given_session)
    forms = {piece.name: piece.forms for piece in line.pieces}
    shown = told(line, width)
    texts = [forms[name][form] for name, form in shown.items()]
    assert needed(texts) <= width
    assert list(shown) == [name for name in ORDER if name in shown]

    gone = [name for name in ORDER if name not in shown]
    assert sorted(gone, key=DROP.index) == list(DROP[: len(gone)])
    assert {"link", "needs"} <= set(shown)
    if gone:
        shortest = [forms[name][-1] for name in ORDER]
        assert needed(shortest) > width, "nothing is left out while a shorter form would do"
        last_gone = DROP[len(gone) - 1]
        kept = [forms[name][-1] for name in ORDER if name == last_gone or name in shown]
        assert needed(kept) > width, "no more is left out than must be"

    spare = width - needed(texts)
    for name, form in shown.items():
        longer = forms[name][form - 1] if form else forms[name][0]
        wider = cell_len(longer) - cell_len(forms[name][form])
        assert not 0 < wider <= spare, f"there is room for {longer}"


@given(VALUES, st.integers(40, 219), st.sampled_from(["en", "ja"]))
def test_a_wider_terminal_never_tells_less(given_session: Session, width: int, lang: str) -> None:
    set_language(lang)
    line = status_line(given_session)
    assert set(told(line, width)) <= set(told(line, width + 1))


@pytest.mark.parametrize(("lang", "words"), [("en", "✗ no connection"), ("ja", "✗ 接続できません")])
async def test_every_screen_says_in_words_that_the_shop_is_gone(
    tmp_path: Path, lang: str, words: str
) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk, lang=lang) as (app, pilot):
        assert words not in seen(app)
        desk.health["connection"] = ConnectionState.ERROR
        for key in "234567":
            await press(app, pilot, key)
            line = seen(app).splitlines()[-2]
            assert words in line
            assert "⇄" not in line
        desk.health["connection"] = ConnectionState.CONNECTED
        await settled(app, pilot)
        assert words not in seen(app)


@pytest.mark.parametrize(("lang", "words"), [("en", "! safety stop"), ("ja", "! 安全停止")])
async def test_every_screen_says_that_a_safety_stop_holds_the_link(
    tmp_path: Path, lang: str, words: str
) -> None:
    desk = FakeDesk()
    error = note_of(TooManyZeros(count=40, cells=60, limit=20, side="here"))
    async with running(tmp_path, desk, lang=lang) as (app, pilot):
        assert words not in seen(app)
        desk.health["error"] = error
        for key in "234567":
            await press(app, pilot, key)
            assert words in seen(app).splitlines()[-2]
        await press(app, pilot, "1")
        assert {"en": "On, but a safety stop holds it", "ja": "有効、ただし安全停止中"}[
            lang
        ] in seen(app)
        desk.health["error"] = None
        await settled(app, pilot)
        assert words not in seen(app)


async def test_a_resized_terminal_tells_what_its_width_allows_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, FakeDesk(), size=(120, 40)) as (app, pilot):
        assert "needs you 3  points 2,000" in seen(app)
        await resized(app, pilot, 40)
        assert "!3" in seen(app)
        await resized(app, pilot, 200)
        assert "needs you 3  points 2,000  synced by this app" in seen(app)


async def resized(app: DextreApp, pilot: Pilot[int], columns: int) -> None:
    await pilot.resize_terminal(columns, 12)
    while app.screen.query_one(StatusLine).size.width != columns:
        await pilot.pause(0.01)
    await pilot.pause()


# -- points: what moves by itself ------------------------------------------------------------------


@given(st.integers(0, 20_000), st.none() | st.integers(0, 200).map(lambda n: n * 100))
def test_points_are_about_right(points: int, shown: int | None) -> None:
    told_points = steady_points(points, shown)
    assert told_points is not None
    assert abs(told_points - points) <= (375 if max(told_points, points) >= 1_000 else 75)
    assert steady_points(points, told_points) == told_points


@given(st.lists(st.integers(1_700, 2_000), min_size=1, max_size=50))
def test_the_points_of_an_idle_shop_stand_still(points: list[int]) -> None:
    """Every look costs some, and they come back."""
    shown = steady_points(2_000, None)
    for now in points:
        shown = steady_points(now, shown)
        assert shown == 2_000


def test_few_points_are_told_more_closely() -> None:
    assert steady_points(430, 2_000) == 400
    assert steady_points(40, 400) == 0
    assert steady_points(None, 400) is None


async def test_points_that_come_and_go_repaint_nothing(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        bar = app.screen.query_one(StatusLine)
        painted: list[object] = []
        refresh = bar.refresh
        bar.refresh = lambda *given, **named: painted.append(given) or refresh(*given, **named)  # type: ignore[method-assign,func-returns-value]
        for points in (1_990, 1_870, 2_000, 1_710):
            desk.health["points"] = points
            app.look()
            app.pump()
            await settled(app, pilot)
        assert not painted
        desk.health["points"] = 300
        await settled(app, pilot)
        assert painted
        assert "300p" in seen(app)
