"""The app in a real terminal: bad bytes, a terminal that goes away, signals, silence when idle."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from tests.tui.fakes import FakeDesk, FakeWorkspace
from tui.app import run_app
desk = FakeDesk("Teahouse")
sys.exit(run_app(FakeWorkspace(Path(sys.argv[1]), desk), brand=None, lang="en"))
"""
LIMIT = 20.0


class Terminal:
    """A program in a pty of 80×24."""

    def __init__(self, home: Path) -> None:
        self.parent, child = pty.openpty()
        environ = dict(os.environ, TERM="xterm-256color", COLUMNS="80", LINES="24")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(home)],
            cwd=ROOT,
            stdin=child,
            stdout=child,
            stderr=child,
            env=environ,
            start_new_session=True,
        )
        os.close(child)
        self.out = b""

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`."""
        got = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.parent], [], [], left)
            if not ready:
                break
            try:
                data = os.read(self.parent, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
        self.out += got
        return got

    def wait_for(self, needle: bytes) -> None:
        end = time.monotonic() + LIMIT
        while needle not in self.out:
            assert time.monotonic() < end, self.out[-500:]
            self.read(0.1)

    def send(self, data: bytes) -> None:
        os.write(self.parent, data)

    def ended(self) -> int:
        """The exit code; the output is read on, because a full pty would hold the program up."""
        end = time.monotonic() + LIMIT
        while self.process.poll() is None:
            assert time.monotonic() < end, "it did not end"
            self.read(0.1)
        self.read(0.1)
        return self.process.returncode


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    terminal.wait_for(b"Keys")
    terminal.read(0.5)
    yield terminal
    if terminal.process.poll() is None:
        terminal.process.kill()
    terminal.process.wait()
    try:
        os.close(terminal.parent)
    except OSError:
        return


def test_bytes_that_are_no_text_do_not_end_the_app(terminal: Terminal) -> None:
    terminal.send(b"\x93\xfa\xff\xfe\x1b[M \xa1\xa1")
    terminal.read(0.5)
    terminal.send(b"7")
    terminal.wait_for(b"Setting")
    terminal.send(b"\x11")
    assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: signal.Signals) -> None:
    terminal.process.send_signal(number)
    assert terminal.ended() == 0
    assert b"\x1b[?1049l" in terminal.out, "the alternate screen is left"
    assert b"\x1b[?25h" in terminal.out, "the cursor is back"


def test_a_terminal_that_goes_away_ends_the_app(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGCONT)
    os.close(terminal.parent)
    terminal.process.wait(LIMIT)


def test_an_idle_app_sends_nothing_and_asks_for_no_mouse(terminal: Terminal) -> None:
    terminal.read(1.0)
    assert terminal.read(3.0) == b""
    assert b"\x1b[?1000h" not in terminal.out


def test_a_cursor_key_costs_few_bytes(terminal: Terminal) -> None:
    terminal.send(b"2")
    terminal.wait_for(b"TEA-000")
    terminal.read(0.5)
    terminal.send(b"\x1b[B")
    assert 0 < len(terminal.read(0.5)) <= 1_000
