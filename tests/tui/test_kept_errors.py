"""Errors and owners that were kept in a note or a log are told in their reader's language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from core.errors import ErrorNote, LinkIsOff, NotConnected, note_from, note_of
from core.model import Owner, Problem, Purpose, Waiting
from core.shopify.errors import ServerTrouble
from core.sync.breaker import TooManyZeros
from core.sync.events import SyncLent, SyncReturned, SyncStopped, SyncTaken, WriteWaits, event_from
from core.sync.level import Level
from core.workspace import health
from core.workspace.health import HealthNote
from tests.tui.fakes import FakeDesk
from tests.tui.seeing import press, running, seen
from tui import remedies
from tui.i18n import event_text, note_text, set_language
from tui.screens.importing import ImportScreen
from tui.screens.resolving import detail_words
from tui.widgets.table import VirtualTable
from tui.words import detail_text

AT = "2026-11-23T09:00:00.000Z"


def kept(note: ErrorNote) -> ErrorNote:
    return note_from(orjson.loads(orjson.dumps(note.record())))


@pytest.mark.parametrize("cells", [1, 40])
def test_a_kept_error_comes_back_with_its_numbers_and_its_forms(cells: int) -> None:
    error = TooManyZeros(count=1, cells=cells, limit=0, side="here")
    found = kept(note_of(error))
    assert str(found) == str(error)
    set_language("en")
    assert ("1 of 1 cell would" if cells == 1 else "1 of 40 cells would") in note_text(found)
    set_language("ja")
    assert f"{cells}セルのうち1セル" in note_text(found)
    assert "cell" not in note_text(found)


def test_the_app_tells_a_kept_remedy_by_its_keys() -> None:
    set_language("en")
    told = remedies.told(kept(note_of(NotConnected(brand="Tea"))))
    assert told.startswith("Tea is not connected")
    assert "dextre-sync" not in told


def test_health_keeps_what_stopped_the_sync_for_any_language(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    error = NotConnected(brand="Tea")
    health.write(path, HealthNote(error=note_of(error)).stopped("engine", error, AT))
    found = health.read(path)
    assert found.error == found.stops["engine"].error == note_of(error)
    set_language("ja")
    row = Waiting(Problem.STOPPED, detail=str(error), errors=(found.stops["engine"].error,))
    assert "Teaは" in detail_words(row)
    assert "connected" not in detail_words(row)


def test_what_an_older_version_has_kept_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    path.write_text('{"error": "offline", "detail": "x", "stops": {}}', "utf-8")
    assert health.read(path) == HealthNote()


def test_a_stop_in_the_log_is_told_in_the_readers_language() -> None:
    error = LinkIsOff(brand="Tea")
    event = SyncStopped(
        at=AT, brand="Tea", detail=str(error), error=error.code, told=note_of(error).record()
    )
    found = event_from(orjson.loads(orjson.dumps(event.record())))
    assert found == event
    set_language("ja")
    assert "The inventory link" not in event_text(event)
    assert "在庫連携" in event_text(event)
    assert str(event) == f"The sync stands still: {error}"
    old = SyncStopped(at=AT, brand="Tea", detail="It is so.", error="x")
    assert event_text(old).endswith("It is so.")


@pytest.mark.parametrize("rows", [1, 3])
def test_why_a_write_waits_is_told_in_the_readers_language(rows: int) -> None:
    why = replace(note_of(ServerTrouble(detail="HTTP 503")), remedy="")
    event = WriteWaits(at=AT, brand="Tea", key="k", rows=rows, detail=str(why), told=why.record())
    found = event_from(orjson.loads(orjson.dumps(event.record())))
    assert found == event
    set_language("en")
    assert event_text(event).endswith("with the same key. " + note_text(why))
    set_language("ja")
    assert "HTTP 503" in event_text(event)
    assert "trouble" not in event_text(event)
    old = WriteWaits(at=AT, brand="Tea", key="k", rows=rows, detail="AdjustQuantities: x")
    assert event_text(old).endswith("AdjustQuantities: x")


def test_a_sync_that_a_command_borrows_is_a_detail_and_its_owner_is_told_in_japanese() -> None:
    owner = Owner("hana", 7, "/dev/pts/1", AT, Purpose.SERVICE)
    by = {"user": "hana", "pid": 7, "tty": "/dev/pts/1", "since": AT, "purpose": "service"}
    taken = SyncTaken(at=AT, brand="Tea", who=str(owner), by=by)
    set_language("ja")
    assert "サービス" in event_text(taken)
    assert "since" not in event_text(taken)
    assert str(taken) == f"The sync is run by {owner}"
    assert taken.level is Level.INFO
    for kind in (SyncLent, SyncReturned):
        assert kind.level is Level.DEBUG
        assert "サービス" in event_text(kind(at=AT, brand="Tea", who=str(owner), by=by))


def test_what_stands_beside_a_problem_is_told_in_japanese() -> None:
    set_language("ja")
    assert detail_text("not_stocked") != "not_stocked"
    assert "several" not in detail_text("several variants of one item differ")
    assert detail_text("ITEM_NOT_STOCKED_AT_LOCATION") == "ITEM_NOT_STOCKED_AT_LOCATION"


async def test_home_leaves_the_details_to_the_log(tmp_path: Path) -> None:
    desk = FakeDesk()
    owner = Owner("hana", 7, "", AT, Purpose.SERVICE)
    desk.history = [
        SyncTaken(at=AT, brand=desk.brand.name, who=str(owner)),
        SyncLent(at=AT, brand=desk.brand.name, who=str(owner)),
    ]
    async with running(tmp_path, desk) as (app, pilot):
        assert "The sync is run by hana" in seen(app)
        assert "The sync is let go" not in seen(app)
        await press(app, pilot, "6")
        assert "The sync is let go by hana" in seen(app)


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_an_import_shows_its_first_line_on_the_smallest_terminal(
    tmp_path: Path, lang: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("sku_number,name,quantity\nTEA-1,Tea,x\n", "utf-8")
    async with running(tmp_path, FakeDesk(), lang=lang, size=(40, 12)) as (app, pilot):
        await press(app, pilot, "2")
        app.push_screen(ImportScreen(bad, app.open_session.desk.preview_import(bad), print))
        await pilot.pause()
        await pilot.pause()
        assert app.screen.query_one(VirtualTable).size.height >= 2
