"""The app in a real terminal: bad bytes, a terminal that goes away, signals, silence when idle."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import _xterm_parser
from textual.events import Key

import tui.driver  # noqa: F401 - it mends the parser of the toolkit

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from tests.tui.fakes import FakeDesk, FakeWorkspace
from tui.start import run_app
desk = FakeDesk("Teahouse")
home = Path(sys.argv[1])
sys.exit(run_app(home, lambda: FakeWorkspace(home, desk), brand=None, lang="en"))
"""
LINKED = """
import sys
from pathlib import Path
from core.practice import PracticeShop
from core.workspace import Purpose, Workspace
from tui.start import run_app
from tui.demo import set_up
shop = PracticeShop(variants=40, locations=2, selling=float(sys.argv[2]))
Path(sys.argv[1]).mkdir(exist_ok=True)
with Workspace(Path(sys.argv[1]), transport=shop.transport(), purpose=Purpose.APP) as workspace:
    desk = set_up(workspace, shop)
    workspace.beside(shop.till.run())
    from tui.app import DextreApp
    pump, beats = DextreApp.pump, open(sys.argv[1] + "/beats", "ab", buffering=0)
    DextreApp.pump = lambda app: (beats.write(b"."), pump(app))
    sys.exit(run_app(workspace.home, lambda: workspace, brand=desk.brand.name, lang="en"))
"""
"""The app on a practice shop that is linked and sells so many pieces a minute."""

LIMIT = 20.0
SETTINGS = b"Locations and inventory labels"
"""On no other screen: "Settings" alone is in the first line of each."""


class Terminal:
    """A program in a pty of 80×24; `typed` is what is typed ahead of it."""

    def __init__(
        self,
        home: Path,
        program: str = PROGRAM,
        *given: str,
        term: str = "xterm-256color",
        typed: bytes = b"",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.parent, child = pty.openpty()
        environ = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        environ |= {"TERM": term, **(environment or {})}
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.send(typed)  # before it starts
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(home), *given],
            cwd=ROOT,
            stdin=child,
            stdout=child,
            stderr=child,
            env=environ,
            start_new_session=True,
        )
        os.close(child)
        self.out = b""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.parent, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

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
        if data:
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
    terminal.wait_for(SETTINGS)
    terminal.send(b"\x11")
    assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
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


def test_the_toolkit_is_told_to_keep_still_before_it_is_imported() -> None:
    """It reads these once, and each would send what nobody needs, or what terminals get wrong."""
    program = (
        "import tui.app; from textual import constants as c; "
        "print(c.DISABLE_KITTY_KEY, c.TEXTUAL_ANIMATIONS, c.SMOOTH_SCROLL, c.MAX_FPS)"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TEXTUAL_")}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, check=True
    )
    assert said.stdout.split() == [b"True", b"none", b"False", b"240"]


def test_a_field_that_has_the_focus_sends_nothing_either(terminal: Terminal) -> None:
    terminal.send(b"2")
    terminal.wait_for(b"TEA-000")
    terminal.send(b"/")
    terminal.read(1.5)
    assert terminal.read(2.5) == b"", "its cursor blinks"


def test_a_newcomers_home_screen_sends_nothing_either(tmp_path: Path) -> None:
    """The next step is shown there, and looked at again every two seconds."""
    terminal = Terminal(tmp_path, PROGRAM.replace('"Teahouse"', '"Teahouse", filled=False'))
    try:
        terminal.wait_for(b"Next step")
        terminal.read(1.5)
        assert terminal.read(3.0) == b""
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


def test_a_linked_app_in_sync_sends_nothing_while_it_looks_at_the_shop(tmp_path: Path) -> None:
    """Its looks cost points, which come back: the line that tells them stands still."""
    terminal = Terminal(tmp_path, LINKED, "0")
    try:
        terminal.wait_for(b"2000p")
        terminal.read(1.0)
        assert terminal.read(8.0) == b""
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


def test_a_cursor_key_costs_few_bytes(terminal: Terminal) -> None:
    terminal.send(b"2")
    terminal.wait_for(b"TEA-000")
    terminal.read(0.5)
    terminal.send(b"\x1b[B")
    assert 0 < len(terminal.read(0.5)) <= 600


def test_a_terminal_where_signs_are_wide_is_sent_none_of_them(tmp_path: Path) -> None:
    """Neither ours nor the toolkit's, whose scrollbars are such signs: only names are not ASCII."""
    terminal = Terminal(tmp_path, PROGRAM.replace('lang="en"', 'lang="en", ascii_only=True'))
    try:
        terminal.wait_for(b"Keys")
        for key, shown in ((b"2", b"TEA-000"), (b"3", b"Only in DEXTRE"), (b"7", SETTINGS)):
            terminal.send(key)
            terminal.wait_for(shown)
            terminal.read(0.5)
        text = terminal.out.decode("utf-8", errors="replace")
        assert not {sign for sign in text if not sign.isascii() and cell_len(sign) < 2}
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


@pytest.mark.parametrize(
    "environment",
    [
        {"COLUMNS": "30000", "LINES": "20000"},
        {"TEXTUAL_COLOR_SYSTEM": "bogus", "TEXTUAL_FPS": "x", "TEXTUAL_THEME": "bogus"},
    ],
)
def test_an_odd_environment_does_not_keep_the_app_from_opening(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    terminal = Terminal(tmp_path, environment=environment)
    try:
        terminal.wait_for(b"Keys")
        terminal.send(b"\x11")
        assert terminal.ended() == 0
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


def test_a_size_that_nobody_asked_for_is_passed_over(terminal: Terminal) -> None:
    terminal.send(b"\x1b[48;5000;5000;1;1t")
    assert terminal.read(1.0) == b"", "it is painted in another size"
    terminal.send(b"7")
    terminal.wait_for(SETTINGS)


def test_a_terminal_is_told_no_shape_of_a_mouse_that_it_keeps(terminal: Terminal) -> None:
    terminal.send(b"7")
    terminal.wait_for(SETTINGS)
    assert b"\x1b]22;" not in terminal.out


def test_a_commit_of_an_input_method_arrives_whole(terminal: Terminal) -> None:
    """As text: the protocol in which long commits become garbage is never asked for."""
    assert not re.search(rb"\x1b\[[>=]\d+(;\d+)?u", terminal.out)
    terminal.send(b"2/")
    terminal.read(0.5)
    terminal.send("倉庫の在庫を更新する".encode())
    terminal.wait_for("No item fits “倉庫の在庫を更新する”.".encode())
    terminal.send(b"\x15")  # ^u empties the field
    terminal.send("抹茶ラテ".encode())
    terminal.wait_for(b"8 of 40 items")


def test_a_commit_comes_whole_even_where_the_terminal_sends_it_as_one_key() -> None:
    """Where somebody asked for the protocol all the same."""
    text = "倉庫の在庫を更新する"
    sequence = f"\x1b[0;1;{':'.join(str(ord(letter)) for letter in text)}u"
    events = [*_xterm_parser.XTermParser().feed(sequence)]
    assert "".join(one.character or "?" for one in events if isinstance(one, Key)) == text


def test_an_escape_sequence_that_a_slow_line_splits_destroys_nothing(terminal: Terminal) -> None:
    terminal.send(b"7")
    terminal.wait_for(SETTINGS)
    terminal.send(b"\x1b")
    terminal.read(0.3)  # longer than a terminal may take: it is read as Esc, [, B
    terminal.send(b"[B")
    terminal.read(0.5)
    assert terminal.process.poll() is None
    terminal.out = b""
    terminal.send(b"2")
    terminal.wait_for(b"TEA-000")


def test_a_split_escape_sequence_costs_nothing_of_what_was_counted(terminal: Terminal) -> None:
    terminal.send(b"2")
    terminal.wait_for(b"TEA-000")
    terminal.send(b"c")
    terminal.wait_for(b"F2 applies")
    terminal.send(b"TEA-003\r12*TEA-002\r")
    terminal.wait_for(b"2 items, 13 units")
    terminal.send(b"\x1b")
    terminal.read(0.3)
    terminal.send(b"[B")
    terminal.read(0.5)
    terminal.out = b""
    terminal.send(b"c")
    terminal.wait_for(b"2 items, 13 units")


def test_a_resized_terminal_is_painted_anew(terminal: Terminal) -> None:
    terminal.resize(120, 40)
    terminal.read(0.5)
    terminal.out = b""
    terminal.resize(50, 14)
    terminal.read(0.5)
    assert b"Home" in terminal.out
    terminal.resize(30, 8)
    terminal.wait_for(b"too small")
    terminal.resize(80, 24)
    terminal.out = b""
    terminal.wait_for(b"Needs you")


def test_suspending_gives_the_terminal_back_and_fg_paints_again(terminal: Terminal) -> None:
    terminal.send(b"\x1a")
    terminal.wait_for(b"\x1b[?1049l")
    end = time.monotonic() + LIMIT
    while _state(terminal.process.pid) != "T":
        assert time.monotonic() < end, "it was not stopped"
        terminal.read(0.05)
    terminal.out = b""
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for(b"\x1b[?1049h")
    terminal.send(b"7")
    terminal.wait_for(SETTINGS)


def test_a_stop_that_nobody_told_of_leaves_the_terminal_as_it_was(
    tmp_path: Path,
) -> None:
    """As a container's pause does it. What a shell did to the terminal meanwhile is mended."""
    terminal = Terminal(tmp_path)
    try:
        before = termios.tcgetattr(terminal.parent)
        terminal.wait_for(b"Keys")
        terminal.read(0.5)
        raw = termios.tcgetattr(terminal.parent)
        assert raw != before
        for stands in (raw, before):
            terminal.process.send_signal(signal.SIGSTOP)
            termios.tcsetattr(terminal.parent, termios.TCSANOW, stands)
            terminal.out = b""
            terminal.process.send_signal(signal.SIGCONT)
            terminal.wait_for(b"Needs you")
            assert termios.tcgetattr(terminal.parent) == raw
        terminal.send(b"\x11")
        assert terminal.ended() == 0
        assert termios.tcgetattr(terminal.parent) == before
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_terminal_that_stops_reading_does_not_stop_the_sync(tmp_path: Path) -> None:
    """The UI's loop does stand still then: its pump beats no more, until somebody reads again."""
    terminal = Terminal(tmp_path, LINKED, "3000")
    beats = tmp_path / "beats"
    try:
        terminal.wait_for(b"Keys")
        terminal.send(b"2")
        terminal.read(1.0)
        log = next(tmp_path.rglob("log.jsonl"))
        stood = _stands_still(beats, terminal)
        before, end = log.stat().st_size, time.monotonic() + LIMIT
        while log.stat().st_size < before + MANY_LINES:
            assert time.monotonic() < end, "the sync stood still with the terminal"
            time.sleep(0.05)
        assert beats.stat().st_size == stood, "the terminal was not stalled: nothing was shown"
        end = time.monotonic() + LIMIT
        while beats.stat().st_size == stood:
            assert time.monotonic() < end, "the app stands still for ever"
            terminal.read(0.2)
        terminal.send(b"\x11")
        assert terminal.ended() == 0
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_takes_nothing_does_not_keep_the_app_from_ending(
    tmp_path: Path, number: signal.Signals
) -> None:
    terminal = Terminal(tmp_path, LINKED, "3000")
    try:
        before = termios.tcgetattr(terminal.parent)
        terminal.wait_for(b"Keys")
        terminal.send(b"2")
        terminal.read(1.0)
        _stands_still(tmp_path / "beats", terminal)
        terminal.send(b"1234567" * 100)  # nor does what is typed ahead
        terminal.process.send_signal(number)
        assert terminal.process.wait(LIMIT) == 0
        assert termios.tcgetattr(terminal.parent) == before
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


def test_keys_wait_in_a_terminal_that_takes_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, LINKED, "3000")
    try:
        terminal.wait_for(b"Keys")
        terminal.send(b"2")
        terminal.read(1.0)
        _stands_still(tmp_path / "beats", terminal)
        os.set_blocking(terminal.parent, False)
        taken, end = 0, time.monotonic() + LIMIT
        while select.select([], [terminal.parent], [], 2.0)[1]:
            assert time.monotonic() < end, f"{taken} bytes of keys were read, and no end"
            taken += os.write(terminal.parent, b"1" * 1_000)
        assert taken < 200_000
    finally:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.parent)


MANY_LINES = 20_000
"""Bytes of a log: some seconds of sales, more than is under way when the terminal stalls."""


def _stands_still(beats: Path, terminal: Terminal) -> int:
    """Until the UI's loop has stood still for a second (its pump beats four times in one). Pages
    are turned until then: what they paint fills any buffer in the end, on the slowest machine, too.
    """
    end = time.monotonic() + LIMIT
    size, since = -1, time.monotonic()
    while time.monotonic() - since < 1.0:
        assert time.monotonic() < end, "the UI's loop never stood still"
        if beats.stat().st_size != size:
            size, since = beats.stat().st_size, time.monotonic()
            terminal.send(b"\x1b[6~\x1b[5~" * 50)
        time.sleep(0.05)
    return size


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_show_the_app_is_pointed_to_the_commands(
    tmp_path: Path, term: str
) -> None:
    terminal = Terminal(tmp_path, term=term)
    assert terminal.ended() == 2
    assert b"dextre-sync status" in terminal.out
    assert b"\x1b[" not in terminal.out
    os.close(terminal.parent)
