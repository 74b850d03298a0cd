"""The commands: thin, one screenful each, every one usable without a terminal.

They parse, call the workspace, print, and return exit codes; nothing is decided here that a screen
would have to decide again.
"""

from __future__ import annotations

import sys

import click
import typer

from tui.cli import USAGE, Globals, version_text
from tui.commands import app_start, look, mapping, setup, shop, stock, syncing
from tui.commands.common import Session
from tui.i18n import _


def build() -> typer.Typer:
    app = typer.Typer(
        name="dextre-sync",
        help=_("Keep a DEXTRE inventory and a Shopify shop equal, from a terminal."),
        epilog=_(
            "Global options, anywhere on the line: --home DIR, --brand NAME, --lang ja|en, "
            "--mouse, --ascii, --version."
        ),
        add_completion=False,
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(app_start.no_command)
    for module in (setup, stock, mapping, syncing, look, shop):
        module.register(app)
    return app


def run_command(found: Globals, words: list[str]) -> int:
    if found.version:
        sys.stdout.write(version_text() + "\n")
        return 0
    command = typer.main.get_command(build())
    with Session(found) as session:
        try:
            result = command.main(
                words, prog_name="dextre-sync", standalone_mode=False, obj=session
            )
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.exceptions.Abort:
            return 130
        except click.ClickException as wrong:
            wrong.show(sys.stderr)
            return USAGE
    return result if isinstance(result, int) else 0
