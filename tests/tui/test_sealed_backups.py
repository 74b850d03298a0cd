"""The backups screen with secrets: asked for, masked, checked before anything is done."""

from __future__ import annotations

from pathlib import Path

from core.model import Secret
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen, type_text

PHRASE = "correct horse"
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
        assert desk.asked[-1] == ("backup", "dextre-backup.db", Secret(PHRASE))
        assert "encrypted" in seen(app)


async def test_without_a_passphrase_secrets_stay_out(tmp_path: Path) -> None:
    desk = FakeDesk()
    async with running(tmp_path, desk) as (app, pilot):
        await press(app, pilot, *TO_BACKUPS, "b", "enter", "enter", "enter")
        assert desk.asked[-1] == ("backup", "dextre-backup.db", None)
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
