"""`dextre-sync` without a command: the app."""

from __future__ import annotations

import os

from tui.cli import Globals
from tui.i18n import language


def start_app(found: Globals) -> int:
    from core.workspace import Purpose, Workspace, default_home
    from tui.app import run_app

    with Workspace(found.home or default_home(os.environ), purpose=Purpose.APP) as workspace:
        return run_app(
            workspace,
            brand=found.brand,
            lang=language(),
            mouse=found.mouse,
            ascii_only=found.ascii_only,
        )
