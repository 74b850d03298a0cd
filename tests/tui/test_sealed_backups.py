"""The backups screen: where a backup goes, and secrets in it, which are asked for, masked, and
checked before anything is done.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model import Secret
from core.workspace import Desk, Workspace
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen, type_text
from tests.twins.clock import ManualClock

PHRASE = "correct horse"
BY_HAND = "20261123T101500Z-by-hand.db"
TO_BACKUPS = ("7", "home", *["down"] * 8, "enter")


async def test_a_passphrase_typed_twice_takes_the_secrets_along(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *TO_BACKUPS, "b", "enter")
        await type_text(pilot, PHRASE)
        await press(app, pilot, "enter")
        await type_text(pilot, "correct house")
        await press(app, pilot, "enter")
        assert "The two passphrases differ." in seen(app)
        assert PHRASE not in seen(app)
        await press(app, pilot, *["backspace"] * 13)
        await type_text(pilot, PHRASE)
        await press(app, pilot, "enter")
        assert desk.asked[-1] == ("backup", BY_HAND, Secret(PHRASE))
        assert "encrypted" in seen(app)


async def test_without_a_passphrase_secrets_stay_out(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *TO_BACKUPS, "b", "enter", "enter", "enter")
        assert desk.asked[-1] == ("backup", BY_HAND, None)
        assert "encrypted" not in seen(app)


async def test_a_restore_asks_for_the_passphrase_and_checks_it_first(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.passphrase = Secret(PHRASE)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *TO_BACKUPS, "enter")
        assert "encrypted secrets" in seen(app)
        await press(app, pilot, "A")
        await type_text(pilot, "something")
        await press(app, pilot, "enter")
        assert "That does not open it." in seen(app)
        await press(app, pilot, *["backspace"] * 9)
        await type_text(pilot, PHRASE)
        await press(app, pilot, "enter")
        assert "The secrets that are kept now are replaced." in seen(app)
        await press(app, pilot, "left", "enter")
        assert desk.asked[-1][0] == "restore"
        assert desk.asked[-1][2] == Secret(PHRASE)


async def test_an_empty_passphrase_leaves_the_secrets_out(tmp_path: Path) -> None:
    desk = FakeDesk()
    desk.passphrase = Secret(PHRASE)
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *TO_BACKUPS, "enter", "A", "enter", "left", "enter")
        assert desk.asked[-1][0] == "restore"
        assert desk.asked[-1][2] is None


async def test_a_backup_by_hand_is_among_those_that_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "start", lambda *_args, **_options: None)
    with Workspace(tmp_path / "home", clock=ManualClock(), environ={}) as workspace:
        workspace.add_brand("Tea")
        async with running(tmp_path, workspace=workspace) as (app, pilot):
            await press(app, pilot, *TO_BACKUPS, "b", "enter", "enter", "enter")
            text = seen(app)
            assert "Backed up to" in text
            assert "Z-by-hand.db" in text.split("File", 1)[1].split("Backed up")[0], text
            assert "elsewhere" not in text


async def test_a_backup_elsewhere_is_told_without_contradiction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "start", lambda *_args, **_options: None)
    with Workspace(tmp_path / "home", clock=ManualClock(), environ={}) as workspace:
        workspace.add_brand("Tea")
        async with running(tmp_path, workspace=workspace) as (app, pilot):
            await press(app, pilot, *TO_BACKUPS, "b")
            app.screen.query_one("#ask-path").value = str(tmp_path / "bk.db")  # type: ignore[attr-defined]
            await press(app, pilot, "enter", "enter", "enter")
            text = " ".join(seen(app).split())
            assert "bk.db: 0 items" in text
            assert "It lies elsewhere, so it is not in this list." in text
            assert "No backup in the app's own folder yet." in text
