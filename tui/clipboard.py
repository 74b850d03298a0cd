"""Copying over SSH: the terminal is asked by OSC 52. Inside tmux, which drops that unless it was
configured, tmux itself is asked first. What a terminal would drop, because it is too long or there
is no clipboard, goes to a file instead. Always says what was done.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App

from tui.i18n import _

LONGEST = 74_000
"""Bytes of one OSC 52 that terminals take."""


NO_CLIPBOARD = ("linux", "cons25")
"""Terminals that are known to have none: the consoles of Linux and FreeBSD."""


TMUX_ANSWERS_WITHIN = 2.0
"""Seconds."""


def sequence(text: str, inside_tmux: bool) -> str:
    """The control sequence that puts `text` on the clipboard."""
    encoded = base64.b64encode(text.encode()).decode()
    osc = f"\x1b]52;c;{encoded}\a"
    if inside_tmux:
        return "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return osc


def copy_text(app: App[Any], text: str) -> str:
    """Copy, or write to a file where that cannot be; answers with what was done."""
    inside_tmux = bool(os.environ.get("TMUX"))
    if len(text.encode()) > LONGEST:
        return _("Too long for the clipboard; written to %(file)s") % {"file": _written(text)}
    if not inside_tmux and os.environ.get("TERM", "").partition("-")[0] in NO_CLIPBOARD:
        words = _("This terminal has no clipboard; written to %(file)s")
        return words % {"file": _written(text)}
    if inside_tmux and tmux_takes(text):
        return _("Copied to tmux's buffer, and to the clipboard if the terminal allows it.")
    driver = getattr(app, "_driver", None)
    if driver is not None:
        driver.write(sequence(text, inside_tmux))
    return _("Copied (if this terminal allows it).")


def _written(text: str) -> Path:
    """A new file of one's own that holds it."""
    handle, name = tempfile.mkstemp(prefix="dextre-sync-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    return Path(name)


def tmux_takes(text: str) -> bool:
    """Into tmux's own buffer, and from there (-w, tmux 3.2) to the clipboard of its terminal."""
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],  # noqa: S607 - the one whose pane this is
            input=text.encode(),
            capture_output=True,
            timeout=TMUX_ANSWERS_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
