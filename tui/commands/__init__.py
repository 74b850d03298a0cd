"""The commands: thin, one screenful each, every one usable without a terminal.

They parse, call the workspace, print, and return exit codes; nothing is decided here that a screen
would have to decide again. Only the module of the command that was typed is imported: a command
that looks must not pay for the network, nor a change of stock for the practice shop.
"""

from __future__ import annotations

import sys
from importlib import import_module

from tui.cli import USAGE, Globals, version_text
from tui.commands.common import Session
from tui.commands.line import Tree, unknown
from tui.i18n import _

MODULES = {
    "setup": ("brand", "location", "label"),
    "connecting": ("connect", "pair"),
    "items": ("item",),
    "stock": ("stock", "movements"),
    "mapping": ("map", "unmap"),
    "plans": ("plan", "push", "pull", "enable", "disable"),
    "runs": ("runs", "undo"),
    "running": ("run",),
    "webhooks": ("webhooks",),
    "needs": ("needs-you",),
    "look": ("status", "why"),
    "log": ("log",),
    "settings": ("settings",),
    "care": ("doctor", "backup", "restore"),
    "shop": ("practice-shop", "demo"),
}
"""Which module has which commands; also their order in the help."""


def build(word: str | None = None) -> Tree:
    """The tree with all commands, or only with those of the module that has `word`."""
    tree = Tree(
        _(
            "Keep a DEXTRE inventory and a Shopify shop equal, from a terminal. "
            "Without a command: the app."
        ),
        _(
            "Global options, anywhere on the line: --home DIR, --brand NAME, --lang ja|en, "
            "--mouse, --ascii, --version."
        ),
    )
    for module, words in MODULES.items():
        if word is None or word in words:
            import_module(f"tui.commands.{module}").register(tree)
    return tree


def run_command(found: Globals, words: list[str]) -> int:
    if found.version:
        sys.stdout.write(version_text() + "\n")
        return 0
    if not words:
        from tui.commands.app_start import start_app

        return start_app(found)
    known = [word for of_module in MODULES.values() for word in of_module]
    if not words[0].startswith("-") and words[0] not in known:
        raise unknown(words[0], known)
    given = build(words[0] if words[0] in known else None).parse(words)
    handler, parser = given.pop("handler", None), given.pop("parser", None)
    if handler is None:
        if parser is not None:
            sys.stderr.write(parser.format_help())
        return USAGE
    with Session(found) as session:
        return handler(session, **given) or 0
