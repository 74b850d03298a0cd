"""The entry of `dextre-sync`: global options, language, exit codes; the commands themselves are in
`tui.commands`.

Global options are taken from anywhere on the line, so `dextre-sync status --home DIR` works as
people type it. The language is chosen before the commands are built, because their help is made of
catalogue texts as well.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from core.errors import N_, BadInput, DextreError
from tui.clean import use_ascii
from tui.i18n import DOMAIN, LANGUAGES, LOCALE, _, choose_language, language, set_language, tell
from tui.paths import path_of

USAGE = 2
INTERRUPTED = 130


class MissingValue(BadInput):
    code = "missing_value"
    message = N_("The option %(option)s stands without its value.")
    remedy = N_("Write it as %(option)s VALUE.")


class UnknownLanguage(BadInput):
    code = "unknown_language"
    message = N_("--lang: %(lang)s is not a language of this program.")
    remedy = N_("Give one of: %(languages)s.")


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


def split_globals(argv: Sequence[str]) -> tuple[Globals, list[str]]:
    """Global options out of a command line, and what is left. Nothing is taken from behind `--`.
    Raises MissingValue.
    """
    found, left = Globals(), []
    words = iter(argv)
    for word in words:
        if word == "--":
            left.extend([word, *words])
            break
        name, equals, value = word.partition("=")
        if name in VALUES:
            text = value if equals else next(words, "")
            if not text:
                raise MissingValue(option=name)
            setattr(found, VALUES[name], path_of(text) if name == "--home" else text)
        elif word in FLAGS:
            setattr(found, FLAGS[word], True)
        else:
            left.append(word)
    return found, left


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code (core.errors says what each means)."""
    _mend_streams()
    _speak(choose_language(None, os.environ))
    try:
        found, words = split_globals(sys.argv[1:] if argv is None else argv)
        if found.lang is not None:
            _choose(found.lang)
        use_ascii(found.ascii_only)
        code = _run(found, words)
        sys.stdout.flush()
    except DextreError as error:
        code = _told(error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = 0  # The reader (head, less) has gone; what it wanted, it has.
    except OSError as error:
        code = _told(_fault_of_stdout(error))
    return _drained(code)


def _run(found: Globals, words: list[str]) -> int:
    from tui.commands import run_command  # after the language is chosen: its help is translated

    return run_command(found, words)


def _told(error: DextreError) -> int:
    """Say what went wrong, after what was printed until then."""
    message, remedy = tell(error)
    try:
        sys.stdout.flush()
        sys.stderr.write("\n".join(text for text in (message, remedy) if text) + "\n")
    except BrokenPipeError:
        pass  # nobody reads any more; the exit code still tells
    return error.exit_code


# -- language ------------------------------------------------------------------------------------


def _choose(lang: str) -> None:
    """Raises UnknownLanguage: what was typed is not passed over, as a server's locale is."""
    if lang.replace("-", "_").split(".")[0].split("_")[0].lower() not in LANGUAGES:
        raise UnknownLanguage(lang=lang, languages=LANGUAGES)
    _speak(choose_language(lang, os.environ))


def _speak(lang: str) -> None:
    """Also for argparse, which asks gettext's own catalogue in the language of the environment."""
    set_language(lang)
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language()


# -- streams -------------------------------------------------------------------------------------


def _mend_streams() -> None:
    """A stream that was closed before we started swallows, or is at its end; a narrow encoding
    prints `?` instead of failing in the middle of a command.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as we run
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _nowhere() -> TextIOWrapper:
    return Path(os.devnull).open("w", encoding="utf-8")


def _fault_of_stdout(error: OSError) -> DextreError:
    """What kept standard output from being written, such as a full disk behind it. The error is
    raised again where it was something else.
    """
    from core.workspace import file_faults

    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        _forget_stdout()
    else:
        raise error
    try:
        with file_faults(Path(_("standard output"))):
            raise error
    except DextreError as fault:
        return fault


def _drained(code: int) -> int:
    """Nothing may be left for the interpreter to write at its end: it would complain."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    return code


def _forget_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def version_text() -> str:
    from importlib.metadata import version

    return _("dextre-sync %(version)s") % {"version": version("dextre-sync")}
