"""`dextre-sync` without a command: the app."""

from __future__ import annotations

import os

import typer

from tui.cli import Globals
from tui.commands.common import session_of
from tui.i18n import language


def no_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        raise typer.Exit(start_app(session_of(context).globals))


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
