"""On a small terminal nothing that matters is out of sight: where one is, what has the focus, what
went wrong and what can be done about it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fakes import FakeDesk
from tests.tui.seeing import LEAST, press, running, seen
from tui.screens.mapping import MappingScreen
from tui.widgets.bars import Bar


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_the_navigation_shows_where_one_is(tmp_path: Path, lang: str) -> None:
    async with running(tmp_path, FakeDesk(), lang=lang, size=LEAST) as (app, pilot):
        for key in "1234567":
            await press(app, pilot, key)
            top = seen(app).splitlines()[0]
            assert f"{key} {app.screen.title_text()}" in top, top  # type: ignore[attr-defined]


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
