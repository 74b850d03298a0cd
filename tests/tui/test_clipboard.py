"""Copying over SSH and inside tmux: what is sent, what goes to a file, and what is said."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App

from tui import clipboard

LINE = "TEA-001\t抹茶\t12\n"


class Wire:
    """An app's driver, and what it was told to send."""

    def __init__(self) -> None:
        self._driver = self
        self.sent = ""

    def write(self, data: str) -> None:
        self.sent += data


def copied(text: str) -> tuple[str, str]:
    """What went to the terminal, and what was said."""
    wire = Wire()
    said = clipboard.copy_text(cast("App[Any]", wire), text)
    return wire.sent, said


def tmux(monkeypatch: pytest.MonkeyPatch, code: int | Exception) -> list[bytes]:
    """Inside a tmux that answers so; what it was given."""
    given: list[bytes] = []

    def run(words: list[str], **how: Any) -> subprocess.CompletedProcess[bytes]:
        assert words == ["tmux", "load-buffer", "-w", "-"]
        assert 0 < how["timeout"] <= 5
        given.append(how["input"])
        if isinstance(code, Exception):
            raise code
        return subprocess.CompletedProcess(words, code)

    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    monkeypatch.setattr(subprocess, "run", run)
    return given


def test_the_terminal_is_asked_and_the_text_arrives_whole() -> None:
    sent, said = copied(LINE)
    head, _sign, tail = sent.partition("c;")
    assert head == "\x1b]52;"
    assert tail.endswith("\a")
    assert base64.b64decode(tail[:-1]).decode() == LINE
    assert "if this terminal allows it" in said


def test_inside_tmux_its_own_buffer_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmux(monkeypatch, 0)
    sent, said = copied(LINE)
    assert given == [LINE.encode()]
    assert sent == "", "it would be copied twice"
    assert "tmux" in said


@pytest.mark.parametrize(
    "answer", [1, FileNotFoundError("tmux"), subprocess.TimeoutExpired("tmux", 2.0)]
)
def test_a_tmux_that_does_not_take_it_is_asked_to_pass_it_on(
    monkeypatch: pytest.MonkeyPatch, answer: int | Exception
) -> None:
    tmux(monkeypatch, answer)
    sent, said = copied(LINE)
    assert sent.startswith("\x1bPtmux;\x1b\x1b]52;c;")
    assert sent.endswith("\a\x1b\\")
    assert "if this terminal allows it" in said


@pytest.mark.parametrize("inside_tmux", [True, False])
def test_what_a_terminal_would_drop_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, inside_tmux: bool
) -> None:
    if inside_tmux:
        tmux(monkeypatch, 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    text = LINE * (clipboard.LONGEST // len(LINE.encode()) + 1)
    sent, said = copied(text)
    (written,) = tmp_path.iterdir()
    assert written.read_text("utf-8") == text
    assert str(written) in said
    assert sent == ""
    assert written.stat().st_mode & 0o077 == 0, "others can read it"


@pytest.mark.parametrize("term", ["linux", "linux-16color", "cons25"])
def test_where_there_is_no_clipboard_the_text_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sent, said = copied(LINE)
    (written,) = tmp_path.iterdir()
    assert written.read_text("utf-8") == LINE
    assert said == f"This terminal has no clipboard; written to {written}"
    assert sent == ""


def test_the_longest_text_fits_into_what_terminals_take() -> None:
    sent, _said = copied("x" * clipboard.LONGEST)
    assert 0 < len(sent) <= 100_000
