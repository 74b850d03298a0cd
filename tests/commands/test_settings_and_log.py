"""`settings`, and `log` in its formats and with its filters."""

from __future__ import annotations

import json
import logging
import os
import re
from pathlib import Path

import pytest

from core.sync.events import NeedsYou, SaleSeen
from core.workspace.log import EventLog
from tests.commands.conftest import Line
from tui.commands import running
from tui.journal import exported, is_journal, prefixed

AT = "2026-11-23T09:00:00.250Z"


def the_log(line: Line) -> EventLog:
    [path] = (
        (line.home / "brands").glob("*/inventory.db")
        if (line.home / "brands").exists()
        else [*line.home.rglob("inventory.db")]
    )
    return EventLog(path.with_name("log.jsonl"))


@pytest.fixture
def told(brand: Line) -> Line:
    log = the_log(brand)
    for n, sku in enumerate(("A", "B", "A")):
        log.append(
            SaleSeen(
                at=AT,
                brand="Acme",
                run=f"run-{n}",
                sku=sku,
                location="Tokyo",
                pulled=-1,
                before=5,
                after=4,
            )
        )
    log.append(NeedsYou(at=AT, brand="Acme", sku="C", location="Tokyo", problem="bundle"))
    return brand


def test_settings_are_listed_set_and_reset(brand: Line) -> None:
    listed = {one["name"]: one for one in brand("settings", "--json").json}
    assert listed["pacing.tick_s"]["value"] == "2"
    assert brand("settings", "set", "pacing.tick_s", "4").out == "pacing.tick_s = 4\n"
    listed = {one["name"]: one for one in brand("settings", "list", "--json").json}
    assert (listed["pacing.tick_s"]["value"], listed["pacing.tick_s"]["changed"]) == ("4", True)
    assert brand("settings", "reset", "pacing.tick_s", "--json").json["changed"] is False
    assert "pacing.tick_s" in brand("settings").out


def test_a_setting_that_cannot_be_says_what_can(brand: Line) -> None:
    assert "from 1 to 60" in brand("settings", "set", "pacing.tick_s", "0", code=2).err
    assert "pacing.tick_s" in brand("settings", "set", "pacing.tik_s", "2", code=2).err
    assert "Did you mean" not in brand("settings", "set", "nosuch", "2", code=2).err
    nothing = brand("settings", "set", "breaker.zeroed_percent", "", code=2).err
    assert "breaker.zeroed_percent cannot be “”." in nothing
    wrong = brand("settings", "set", "link.quantity", "committed", code=2).err
    assert "available, on_hand" in wrong


def test_the_log_is_filtered(told: Line) -> None:
    def skus(*words: str) -> list[str]:
        lines = told("log", "--json", *words).out.splitlines()
        return [json.loads(each).get("sku", "") for each in lines]

    assert skus("--sku", "A") == ["A", "A"]
    assert skus("--run", "run-1") == ["B"]
    assert skus("--level", "warning") == ["C"]
    assert skus("--since", "2026-11-23T09:00:00Z")[-4:] == ["A", "B", "A", "C"]
    assert skus("--limit", "1") == ["C"]
    assert skus("--since", "2099-01-01") == []
    assert "2h" in told("log", "--since", "soon", code=2).err
    assert "debug" in told("log", "--level", "loud", code=2).err


def test_the_log_of_several_brands_is_one_story(told: Line) -> None:
    told("brand", "add", "Berg")
    lines = told("log").out.splitlines()
    assert len(lines) == 4
    assert all(" Acme: " in each for each in lines)
    assert told("log", "--brand", "Berg").out == ""


def test_a_log_that_cannot_be_read_is_said_with_a_way_out(brand: Line) -> None:
    brand("item", "add", "A")
    log = next(brand.home.rglob("log.jsonl"))
    log.unlink()
    log.mkdir()
    for words in (["log"], ["why", "A"]):
        said = brand(*words, code=3).err
        assert f"The log {log} cannot be read" in said
        assert "delete it" in said
    brand("item", "add", "B")
    brand("status")


def test_lines_for_a_service_carry_their_priority(told: Line) -> None:
    lines = told("log", "--format", "journald").out.splitlines()
    assert [each[:3] for each in lines] == ["<6>", "<6>", "<6>", "<4>"]


def test_a_service_under_systemd_leaves_the_time_to_the_journal(
    told: Line, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.workspace import Workspace

    capsys.readouterr()
    with Workspace(told.home) as workspace:
        for to_journal in (True, False):
            monkeypatch.setattr(running, "is_journal", lambda *_: to_journal)  # noqa: B023
            voice = running._Voice([workspace.desk("Acme")])
            the_log(told).append(
                NeedsYou(at=AT, brand="Acme", sku="D", location="Tokyo", problem="bundle")
            )
            voice.speak()
    one, other = capsys.readouterr().out.splitlines()
    assert one.startswith("<4>D at Tokyo needs you")
    assert other.startswith("2026-11-23 ")


def test_the_export_format_holds_every_field_and_the_moment() -> None:
    event = SaleSeen(
        at=AT, brand="Acme", sku="A\nB", location="Tokyo", pulled=-1, before=5, after=4
    )
    data = exported(event, "words")
    assert data.startswith(b"__REALTIME_TIMESTAMP=1795424400250000\nPRIORITY=6\n")
    assert b"SYSLOG_IDENTIFIER=dextre-sync\nMESSAGE=words\nDEXTRE_CODE=sale_seen\n" in data
    assert b"DEXTRE_SKU\n\x03\0\0\0\0\0\0\0A\nB\n" in data
    assert data.endswith(b"\n\n")


@pytest.mark.parametrize(
    ("to_journal", "shape"),
    [
        (False, r"\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d {} {}"),
        (True, "<{}>{}"),
    ],
)
def test_what_a_service_has_to_say_of_itself_is_a_line_like_all_others(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    to_journal: bool,
    shape: str,
) -> None:
    monkeypatch.setattr(running, "is_journal", lambda *_: to_journal)
    logger = logging.getLogger("core.shopify")
    with running._Voice([]).hears_warnings():
        logger.warning("a webhook %s was refused", "\x1b[31mforged")
        logger.info("RecheckLevels ok")
        logger.error("two\nlines")
    logger.warning("after it has ended")
    said = capsys.readouterr().out.splitlines()
    wanted = [
        shape.format("4" if to_journal else "warning", "a webhook .*forged was refused"),
        shape.format("3" if to_journal else "error  ", "two"),
        shape.format("3" if to_journal else "error  ", "lines"),
    ]
    assert len(said) == 3
    assert all(re.fullmatch(form, line) for form, line in zip(wanted, said, strict=True))
    assert "\x1b" not in "".join(said)


def test_the_journal_is_known_by_the_file_that_systemd_names(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        stat = os.fstat(out.fileno())
        there = {"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"}
        assert is_journal(out, there)
        assert not is_journal(out, {})
        assert not is_journal(out, {"JOURNAL_STREAM": "1:2"})
    assert prefixed("words", "error") == "<3>words"
