"""From the command line into the app and out again: whether this terminal can show it, the log of
our own faults, the exit code.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tui.i18n import _, sentences, set_language

if TYPE_CHECKING:
    from core.workspace import Workspace

NO_TERMINAL = 2
FAULTS = "faults.log"
"""Our own faults with their tracebacks, in the data directory; made when there is the first."""


TURN_S = 0.001
"""How long one thread keeps others from running: keys are read and paints are sent by threads of
their own, and the sync runs in others; Python's usual 5 ms are felt.
"""


def why_no_app(stdin: TextIO | None, stderr: TextIO | None, term: str) -> str | None:
    """Why a full-screen app cannot be shown here, with the way out; None where it can."""
    way_out = _("Use the commands instead, such as `dextre-sync status` or `dextre-sync --help`.")
    if stdin is None or stderr is None or not (stdin.isatty() and stderr.isatty()):
        return sentences(_("The app needs a terminal."), way_out)
    if term in ("", "dumb", "unknown"):
        cannot = _("This terminal (TERM=%(term)s) cannot show the app.") % {"term": term}
        return sentences(cannot, way_out)
    return None


def run_app(
    home: Path,
    opening: Callable[[], Workspace],
    *,
    brand: str | None,
    lang: str,
    mouse: bool = False,
    ascii_only: bool = False,
    demo: bool = False,
) -> int:
    """Run the app until the reader leaves; the exit code. The workspace is opened behind the first
    paint; whoever gave `opening` closes it. Raises what `opening` raises.
    """
    set_language(lang)
    if reason := why_no_app(sys.__stdin__, sys.__stderr__, os.environ.get("TERM", "")):
        print(reason, file=sys.stderr)
        return NO_TERMINAL
    sys.setswitchinterval(TURN_S)
    gc.disable()  # what is imported stays; `memory.settle` turns it on again
    from tui.app import DextreApp, Opening

    if ascii_only:
        from tui.widgets.scrollbars import use_plain_scrollbars

        use_plain_scrollbars(True)
    app = DextreApp(
        Opening(home, opening), brand=brand, lang=lang, ascii_only=ascii_only, demo=demo
    )
    with _faults_kept(home):
        try:
            code = app.run(mouse=mouse)
        finally:
            gc.enable()
            app.close()
    if app.why_not_opened is not None:
        raise app.why_not_opened
    return code if code is not None else (app.return_code or 0)


@contextmanager
def _faults_kept(home: Path) -> Iterator[None]:
    """Our own faults go to a file while the screen is ours."""
    from logging.handlers import RotatingFileHandler

    faults = RotatingFileHandler(
        home / FAULTS, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True
    )
    faults.setLevel(logging.WARNING)
    faults.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(faults)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(faults)
        faults.close()
