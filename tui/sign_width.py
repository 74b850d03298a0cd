"""How wide this terminal draws our signs (`─`, `→`, `…`): some older Japanese set-ups draw them two
columns wide, and then every line that has one is shifted. The terminal is shown one and asked where
its cursor is then. Not its business: what is done about it.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from core.errors import N_

if TYPE_CHECKING:
    from core.model import Finding

SIGN = "─"
WHERE = "\x1b[6n"
"""Asks for the cursor's position; the answer is `ESC [ row ; column R`."""

ANSWERS_WITHIN = 1.0
"""Seconds: over a slow line an answer takes a few tenths."""

LONGEST = 4096
"""Bytes in which an answer is looked for: a terminal that goes on and on gives none."""

_ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")

ONE_WIDE = N_("This terminal draws signs such as ─ one column wide.")
TWO_WIDE = N_("This terminal draws signs such as ─ two columns wide.")
CURE = N_(
    "Lines in the app would look shifted. Start with --ascii, or have the terminal draw "
    "ambiguous-width characters narrow."
)
NOT_TOLD = N_("The terminal does not tell how wide signs such as ─ are.")
LOOK = N_("Where lines in the app look shifted, start with --ascii.")
PLAIN = N_("Signs are drawn with ASCII characters.")


def finding(width: int | None, cure: str = CURE, look: str = LOOK) -> Finding:
    """What `measure` found; `cure` and `look` are the remedies, in the words of commands."""
    from core.model import Finding, Verdict  # here: the first paint needs no nouns

    if width == 1:
        return Finding("sign_width", Verdict.OK, ONE_WIDE)
    if width is None:
        return Finding("sign_width", Verdict.SKIPPED, NOT_TOLD, remedy=look)
    return Finding("sign_width", Verdict.WARNING, TWO_WIDE, remedy=cure)


def plain_finding() -> Finding:
    """Where no sign is drawn that could be wide."""
    from core.model import Finding, Verdict

    return Finding("sign_width", Verdict.OK, PLAIN)


def measure(
    source: TextIO,
    target: TextIO,
    within_s: float = ANSWERS_WITHIN,
    monotonic: Callable[[], float] = time.monotonic,
) -> int | None:
    """Columns of one sign; None where nobody tells. The line the cursor is in is empty afterwards.

    What was typed before stays for who reads next: then nothing is asked. What is typed within the
    moment between question and answer is lost; ctrl+c still works.
    """
    if sys.platform == "win32" or not _are_ours(source, target):
        return None
    with _answers_unseen(source.fileno()):
        if _waits(source.fileno(), 0):
            return None
        target.write(f"\r{SIGN}{WHERE}")
        target.flush()
        column = _answer(source.fileno(), monotonic() + within_s, monotonic)
        target.write("\r\x1b[K")
        target.flush()
    return column_width(column)


def column_width(column: int | None) -> int | None:
    """Of a sign at the beginning of a line, after which the cursor is at `column` (from 1)."""
    width = None if column is None else column - 1
    return width if width in (1, 2) else None


def _are_ours(source: TextIO, target: TextIO) -> bool:
    """Both a terminal, and we in its foreground: in its background asking would stop us."""
    if not (source.isatty() and target.isatty()) or os.environ.get("TERM", "") in ("", "dumb"):
        return False
    try:
        return os.tcgetpgrp(source.fileno()) == os.getpgrp()
    except OSError:
        return True  # it is not the one that could stop us


@contextmanager
def _answers_unseen(terminal: int) -> Iterator[None]:
    """Answers come at once and are not echoed; whatever happens, all is as before afterwards."""
    import termios  # not on Windows

    before = termios.tcgetattr(terminal)
    raw = termios.tcgetattr(terminal)
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(terminal, termios.TCSANOW, raw)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def _waits(terminal: int, seconds: float) -> bool:
    return bool(select.select([terminal], [], [], seconds)[0])


def _answer(terminal: int, end: float, monotonic: Callable[[], float]) -> int | None:
    """The column of the answer, which may come in pieces, among what is typed."""
    got = b""
    while (left := end - monotonic()) > 0 and len(got) < LONGEST:
        if not _waits(terminal, left):
            continue
        more = os.read(terminal, 256)
        if not more:
            return None
        got += more
        if found := _ANSWER.search(got):
            return int(found[1])
    return None
