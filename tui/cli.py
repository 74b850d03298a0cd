"""The entry of `dextre-sync`: global options, language, exit codes; the commands themselves are in
`tui.commands`.

Global options are taken from anywhere on the line, so `dextre-sync status --home DIR` works as
people type it. The language is chosen before the commands are built, because their help is made of
catalogue texts as well.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DextreError
from tui.i18n import _, choose_language, set_language, tell

BUG = 1
USAGE = 2


@dataclass(slots=True)
class Globals:
    """What the global options say; None: not given."""

    home: Path | None = None
    brand: str | None = None
    lang: str | None = None
    mouse: bool = False
    ascii_only: bool = False
    version: bool = False


VALUES = {"--home": "home", "--brand": "brand", "--lang": "lang"}
FLAGS = {"--mouse": "mouse", "--ascii": "ascii_only", "--version": "version"}


class MissingValue(Exception):
    """A global option stands at the end of the line without its value."""


def split_globals(argv: Sequence[str]) -> tuple[Globals, list[str]]:
    """Global options out of a command line, and what is left. Nothing is taken from behind `--`."""
    found, left = Globals(), []
    words = iter(argv)
    for word in words:
        if word == "--":
            left.extend([word, *words])
            break
        name, equals, value = word.partition("=")
        if name in VALUES:
            text = value if equals else next(words, None)
            if text is None:
                raise MissingValue(name)
            setattr(found, VALUES[name], Path(text) if name == "--home" else text)
        elif word in FLAGS:
            setattr(found, FLAGS[word], True)
        else:
            left.append(word)
    return found, left


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code (core.errors says what each means)."""
    try:
        found, words = split_globals(sys.argv[1:] if argv is None else argv)
    except MissingValue as missing:
        sys.stderr.write(f"dextre-sync: {missing}: ?\n")
        return USAGE
    set_language(choose_language(found.lang, os.environ))
    logging.getLogger("core").addHandler(logging.NullHandler())
    try:
        return _run(found, words)
    except DextreError as error:
        message, remedy = tell(error)
        sys.stderr.write("\n".join(text for text in (message, remedy) if text) + "\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has gone; what it wanted, it has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(found: Globals, words: list[str]) -> int:
    from tui.commands import run_command  # after the language is chosen: its help is translated

    return run_command(found, words)


def version_text() -> str:
    from importlib.metadata import version

    return _("dextre-sync %(version)s") % {"version": version("dextre-sync")}
