"""The demo: a folder of its own for each, that of the merchant untouched, nothing left behind."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from core.workspace import Workspace
from tui import demo
from tui.cli import Globals
from tui.start import FAULTS


def test_one_beside_another_takes_nothing_away_and_none_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    theirs = tmp_path / "merchant" / "demo" / "notes.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    found = Globals(home=tmp_path / "merchant")
    homes: list[Path] = []

    def app(home: Path, _opening: object, *, brand: str, **_more: Any) -> int:
        homes.append(home)
        if len(homes) == 1:
            assert demo.run_demo(found) == 0
            assert home.is_dir()
        with Workspace(home) as beside:
            assert beside.desk(brand).link().enabled
        return 0

    monkeypatch.setattr(demo, "run_app", app)
    assert demo.run_demo(found) == 0
    assert len(set(homes)) == 2
    assert not any(home.exists() for home in homes)
    assert theirs.read_text() == "theirs"


def test_faults_that_were_written_down_stay_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def app(home: Path, *_given: object, **_more: object) -> int:
        (home / FAULTS).write_text("Traceback")
        return 1

    monkeypatch.setattr(demo, "run_app", app)
    assert demo.run_demo(Globals()) == 1
    assert [path.read_text() for path in tmp_path.rglob(FAULTS)] == ["Traceback"]
