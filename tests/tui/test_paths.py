"""What people type as a file's name: a home folder that nobody has ends no app."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen
from tui.widgets.prose import Prose

BACKUPS = ("7", "home", *["down"] * 8, "enter")
FIELDS = {
    "an import": ("2", "i"),
    "an export": ("2", "x"),
    "mappings written out": ("3", "x"),
    "mappings read in": ("3", "i"),
    "a backup": (*BACKUPS, "b"),
    "a restore": (*BACKUPS, "f"),
}


@pytest.mark.parametrize("keys", FIELDS.values(), ids=FIELDS)
async def test_a_home_folder_that_nobody_has_is_told_in_the_form(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    async with running(tmp_path, FakeDesk()) as (app, pilot):
        await press(app, pilot, *keys)
        app.screen.query_one("#ask-path").value = "~nosuchuser/x.csv"  # type: ignore[attr-defined]
        app.screen.query_one("#yes").focus()
        await press(app, pilot, "enter")
        assert "~nosuchuser/x.csv: nobody here has a home" in seen(app)
        told = str(app.screen.query_one("#wrong", Prose).content)
        assert "begin it with ~/ for your own home folder." in told
