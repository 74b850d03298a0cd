"""What stays where it was when the language changes, or a screen is left and seen again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen
from tui.widgets.fields import FilterField


@pytest.mark.parametrize("key", ["2", "3", "4", "6"])
async def test_a_filter_is_still_seen_in_another_language(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, key, "slash", *"003", "enter", "L")
        field = app.screen.query_one(FilterField)
        assert field.value == "003"
        assert field.display, seen(app)
        await press(app, pilot, "escape")
        assert not field.display
