"""The practice shop answers as the real shop did (captures.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.practice import captures, recorded
from tests.practice.captures import difference, lines
from tests.practice.recorded import FOLDER, Case, cases, compared

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the recorded answers are not at hand; set DEXTRE_SYNC_CAPTURES to their folder",
)

ALL = list(cases()) if FOLDER.is_dir() else []


@pytest.mark.parametrize("case", ALL, ids=[f"{case.file}:{case.path}" for case in ALL])
async def test_the_answer_is_the_recorded_one(case: Case) -> None:
    assert await case.ask() == compared(case.recorded)


async def test_every_recorded_request_is_compared_or_it_is_said_why_not() -> None:
    found = await lines()
    assert len([line for line in found if line.verdict == "agrees"]) == len(ALL)
    rest = [line for line in found if line.verdict != "agrees"]
    assert {line.verdict for line in rest} == {"not compared"}
    assert all(line.why.startswith(("not served: ", "not the recorded")) for line in rest)


def test_the_table_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert captures.main() == 0
    assert f"{len(ALL)} agrees, 0 differs" in capsys.readouterr().out


def test_without_the_recordings_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "nothing")
    assert captures.main() == 2
    assert "DEXTRE_SYNC_CAPTURES" in capsys.readouterr().out


def test_a_difference_is_named_by_its_place() -> None:
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) == ""
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == ".a[1].b: 2 there, 3 here"
    assert difference({"a": 1}, {}) == ".a: 1 there, None here"
    assert difference([1], [1, 2]) == ".: [1] there, [1, 2] here"
