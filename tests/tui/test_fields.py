"""What is typed or pasted into a field arrives as it was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste

from core.model import Item
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import burst, press, running, seen, settled
from tui.screens.counting import CountingScreen
from tui.widgets.fields import LONGEST, Field

SIGNS = "NEW→1—×…"


@pytest.mark.parametrize("pasted", [False, True])
async def test_signs_that_are_typed_stay_what_they_are(tmp_path: Path, pasted: bool) -> None:
    """Also where our own are drawn as ASCII, and over a text that is selected."""
    async with running(tmp_path, FakeDesk("Teahouse"), ascii_only=True) as (app, pilot):
        await press(app, pilot, "2", "A")
        field = app.screen.query_one("#ask-sku", Field)
        if pasted:
            field.value = "before"
            field.select_all()
            app.post_message(Paste(SIGNS))
            await settled(app, pilot)
        else:
            await burst(app, pilot, SIGNS)
        assert field.value == SIGNS


async def test_signs_that_are_scanned_stay_what_they_are(tmp_path: Path) -> None:
    desk = FakeDesk("Teahouse")
    desk._items[SIGNS] = Item(SIGNS)
    async with running(tmp_path, desk, ascii_only=True) as (app, pilot):
        await press(app, pilot, "2", "c")
        screen = app.screen
        assert isinstance(screen, CountingScreen)
        app.post_message(Paste(SIGNS + "\n"))
        await settled(app, pilot)
        assert SIGNS in screen.tally.counts(screen.where)


async def test_what_is_too_long_for_a_field_is_not_cut_but_refused(tmp_path: Path) -> None:
    """A cut token would be kept as if it were one."""
    async with running(tmp_path, FakeDesk("Teahouse")) as (app, pilot):
        await press(app, pilot, "2", "A")
        field = app.screen.query_one("#ask-sku", Field)
        app.post_message(Paste("x" * LONGEST))
        await settled(app, pilot)
        assert field.value == "x" * LONGEST
        assert "Too long" not in seen(app)
        app.post_message(Paste("more"))
        await settled(app, pilot)
        assert field.value == "x" * LONGEST
        assert "Too long: a field takes at most 1,000 characters." in seen(app)
        await press(app, pilot, "escape", "slash")
        app.post_message(Paste("x" * (LONGEST + 1)))
        await settled(app, pilot)
        assert "Too long: a field takes at most 1,000 characters." in seen(app)
