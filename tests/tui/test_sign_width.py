"""How wide the terminal draws our signs, asked of a real pty that answers in all manners."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.model import Verdict
from tests.tui.test_terminal import PROGRAM, SETTINGS, Terminal
from tui.sign_width import WHERE, finding

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal"),
]

ASKED = WHERE.encode()
IN_FRONT = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may be run in the background
"""
"""As a shell starts a program: its own controlling terminal, so that ctrl+c arrives."""

MEASURES = (
    IN_FRONT
    + """
from tui.sign_width import measure
print("begun", flush=True)
try:
    print("width", measure(sys.stdin, sys.stdout, float(sys.argv[2])), flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print("line", repr(sys.stdin.readline()), flush=True)
"""
)
PATIENT, HASTY = "20", "0.3"


class Measured:
    """A program that measures, and the terminal it runs in."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.terminal: Terminal | None = None

    def begin(self, within_s: str, program: str = MEASURES, typed: bytes = b"") -> Terminal:
        self.terminal = Terminal(self._home, program, within_s, typed=typed)
        self.before = termios.tcgetattr(self.terminal.parent)
        return self.terminal

    def is_as_before(self) -> bool:
        """The modes of the terminal."""
        assert self.terminal is not None
        return termios.tcgetattr(self.terminal.parent) == self.before

    def end(self) -> None:
        if self.terminal is not None:
            self.terminal.process.kill()
            self.terminal.process.wait()
            os.close(self.terminal.parent)


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[Measured]:
    found = Measured(tmp_path)
    yield found
    found.end()


@pytest.mark.parametrize(("column", "width"), [(2, "1"), (3, "2"), (4, "None"), (1, "None")])
def test_the_terminal_tells_how_wide_a_sign_is(measured: Measured, column: int, width: str) -> None:
    terminal = measured.begin(PATIENT)
    terminal.wait_for(ASKED)
    assert not termios.tcgetattr(terminal.parent)[3] & termios.ECHO, "an answer would be seen"
    terminal.send(f"\x1b[7;{column}R".encode())
    terminal.wait_for(f"width {width}".encode())
    assert measured.is_as_before()
    assert b"7;" not in terminal.out
    assert terminal.out.index(b"\r\x1b[K") < terminal.out.index(b"width"), "the line is empty again"
    terminal.send(b"and goes on\n")
    terminal.wait_for(b"line 'and goes on\\n'")


def test_an_answer_that_comes_in_pieces_among_other_bytes_is_understood(
    measured: Measured,
) -> None:
    terminal = measured.begin(PATIENT)
    terminal.wait_for(ASKED)
    for piece in (b"x", b"\x1b[A\x1b[?62;4c", b"\x1b", b"[1", b"2", b";", b"3", b"R"):
        assert b"width" not in terminal.out
        terminal.send(piece)
        terminal.read(0.05)
    terminal.wait_for(b"width 2")
    assert measured.is_as_before()


@pytest.mark.parametrize("answer", [b"", b"\x1b[?1;2c", b"\x1b[12;", b"Rubbish;3R\xff\x93"])
def test_a_terminal_that_does_not_tell_holds_nobody_up(measured: Measured, answer: bytes) -> None:
    terminal = measured.begin(HASTY)
    terminal.wait_for(ASKED)
    terminal.send(answer)
    terminal.wait_for(b"width None")
    assert measured.is_as_before()


def test_a_terminal_that_goes_on_and_on_is_not_listened_to_for_ever(measured: Measured) -> None:
    terminal = measured.begin("1000")
    terminal.wait_for(ASKED)
    for _time in range(20):
        terminal.send(b"~" * 256)
        terminal.read(0.02)
    terminal.wait_for(b"width None")
    assert measured.is_as_before()


def test_what_was_typed_before_is_left_for_who_reads_next(measured: Measured) -> None:
    terminal = measured.begin(PATIENT, typed=b"typed before\n")
    terminal.wait_for(b"width None")
    terminal.wait_for(b"line 'typed before\\n'")
    assert ASKED not in terminal.out


def test_half_a_line_that_was_typed_before_is_left_as_well(measured: Measured) -> None:
    terminal = measured.begin(PATIENT, typed=b"typed ")
    terminal.wait_for(b"width None")
    terminal.send(b"before\n")
    terminal.wait_for(b"before\\n'")
    assert ASKED not in terminal.out


def test_ctrl_c_leaves_at_once_and_the_terminal_is_as_before(measured: Measured) -> None:
    terminal = measured.begin("1000")
    terminal.wait_for(ASKED)
    terminal.send(b"\x03")
    terminal.wait_for(b"interrupted")
    assert measured.is_as_before()


# -- what the doctor makes of it -------------------------------------------------------------------

DOCTOR = (
    IN_FRONT
    + """
from tui.cli import main
home = ["--home", sys.argv[1]]
main(["brand", "add", "Teahouse", *home])
sys.exit(main([*sys.argv[2].split(), *home]))
"""
)


@pytest.mark.parametrize(
    ("column", "says", "lacks"),
    [(2, b"one column wide", b"--ascii"), (3, b"Start with --ascii", b"one column wide")],
)
def test_the_doctor_says_what_to_do_where_signs_are_wide(
    measured: Measured, column: int, says: bytes, lacks: bytes
) -> None:
    terminal = measured.begin("doctor", DOCTOR)
    terminal.wait_for(ASKED)
    terminal.send(f"\x1b[1;{column}R".encode())
    assert terminal.ended() == 0
    assert says in terminal.out
    assert lacks not in terminal.out
    assert measured.is_as_before()


@pytest.mark.parametrize("words", ["doctor --json", "doctor --ascii"])
def test_the_doctor_asks_only_where_a_person_wants_to_know(measured: Measured, words: str) -> None:
    terminal = measured.begin(words, DOCTOR)
    assert terminal.ended() == 0
    assert ASKED not in terminal.out
    assert b"inventory file" in terminal.out


@pytest.mark.parametrize(
    ("column", "says"), [(2, b"one column wide"), (3, b"two columns wide"), (0, b"does not tell")]
)
def test_the_screen_of_the_doctor_asks_too(measured: Measured, column: int, says: bytes) -> None:
    terminal = measured.begin("", PROGRAM)
    terminal.wait_for(b"Keys")
    terminal.send(b"7")
    terminal.wait_for(SETTINGS)
    terminal.out = b""
    terminal.send(b"\x1b[1;5F")  # to the end of the list
    terminal.read(0.3)
    terminal.send(b"\r")
    terminal.wait_for(ASKED)
    if column:
        terminal.send(f"\x1b[1;{column}R".encode())
    terminal.wait_for(says)
    terminal.send(b"\x11")
    assert terminal.ended() == 0


def test_each_width_has_its_verdict() -> None:
    assert [finding(width).verdict for width in (1, 2, None)] == [
        Verdict.OK,
        Verdict.WARNING,
        Verdict.SKIPPED,
    ]
    assert "--ascii" in finding(2).remedy
