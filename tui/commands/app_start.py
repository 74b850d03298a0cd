"""`dextre-sync` without a command: the app."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tui.cli import Globals
from tui.i18n import language
from tui.start import run_app

if TYPE_CHECKING:
    from core.workspace import Workspace


def start_app(found: Globals) -> int:
    from core.workspace import default_home

    home = found.home or default_home(os.environ)
    with ExitStack() as stack:

        def opening() -> Workspace:
            from core.workspace import Purpose, Workspace  # behind the first paint

            return stack.enter_context(Workspace(home, purpose=Purpose.APP))

        return run_app(
            home,
            opening,
            brand=found.brand,
            lang=language(),
            mouse=found.mouse,
            ascii_only=found.ascii_only,
        )
