"""The command line as a tree of commands, each a function with its words: argparse in our language.

A command's function takes the session and its arguments by name. argparse and nothing heavier,
because every command pays for the parser each time; it also takes `-3` as a number and
`--only A B` as two values. Not its business: global options (`tui.cli`), and what commands do.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import StrEnum
from inspect import signature
from typing import Any, NoReturn, TypeVar

from core.errors import N_, BadInput
from tui import typed
from tui.i18n import _
from tui.paths import path_of

S = TypeVar("S", bound=StrEnum)

_ARGPARSE_WORDS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("ignored explicit argument %r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
)
"""What argparse looks up by itself, in the catalogue that `tui.cli` has named to gettext."""

LONGEST = 20
"""Characters of a number; none that means something is longer."""


class WrongUsage(BadInput):
    code = "usage"
    message = N_("%(detail)s")
    remedy = N_("`%(command)s --help` shows how it is used.")


class UnknownCommand(BadInput):
    code = "unknown_command"
    message = N_("There is no command %(command)s.")
    remedy = N_("`dextre-sync --help` lists the commands.")


class DidYouMean(UnknownCommand):
    remedy = N_("Did you mean %(near)s? `dextre-sync --help` lists the commands.")


class NotAWholeNumber(BadInput):
    code = "not_a_number"
    message = N_("%(field)s: %(text)s is not a whole number.")
    remedy = N_(
        "Write digits only, with a minus sign before them if need be, for example 12 or -3."
    )


class NotANumber(BadInput):
    code = "not_a_number"
    message = N_("%(field)s: %(text)s is not a number that can be used here.")
    remedy = N_("Write digits, for example 20 or 0.5.")


class TooSmall(BadInput):
    code = "too_small"
    message = N_("%(field)s: %(text)s is too small.")
    remedy = N_("Give a whole number from %(least)s on.")


class NotAChoice(BadInput):
    code = "not_a_choice"
    message = N_("%(field)s: %(text)s is not known.")
    remedy = N_("Give one of: %(choices)s.")


class Parser(argparse.ArgumentParser):
    """Raises WrongUsage where argparse would end the process."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **settings,
        )

    def error(self, message: str) -> NoReturn:
        raise WrongUsage(detail=f"{self.prog}: {message}", command=self.prog)


class Tree:
    """Commands by their words: `stock show` is the command `show` of the group `stock`."""

    def __init__(self, about: str, epilog: str) -> None:
        self.parser = Parser(prog="dextre-sync", description=about, epilog=epilog)
        self._words = self.parser.add_subparsers(title=_("commands"), metavar=_("COMMAND"))
        self._groups: dict[str, argparse._SubParsersAction[Parser]] = {}

    def group(self, name: str, about: str, *, title: str = "") -> Parser:
        """A command that has commands; it may also be one itself (`runs`)."""
        parser = self._words.add_parser(
            name, help=about, description=about, prog=f"dextre-sync {name}"
        )
        parser.set_defaults(handler=None, parser=parser)
        self._groups[name] = parser.add_subparsers(
            title=title or _("commands"), metavar=_("COMMAND"), prog=f"dextre-sync {name}"
        )
        return parser

    def command(self, words: str, handler: Callable[..., int | None], about: str) -> Parser:
        group, _space, name = words.rpartition(" ")
        among = self._groups[group] if group else self._words
        parser = among.add_parser(name, help=about, description=about, prog=f"dextre-sync {words}")
        runs(parser, handler)
        return parser

    def parse(self, words: list[str]) -> dict[str, Any]:
        """The arguments by name, `handler` among them (None: a group was named, not a command).

        A group's own options are for the group alone. Raises WrongUsage, UnknownCommand.
        """
        self._refuse_unknown(words)
        given = vars(self.parser.parse_args(words))
        handler = given.get("handler")
        if handler is None:
            return given
        wanted = {"handler", "parser", *signature(handler).parameters}
        for name in given.keys() - wanted:
            if given.pop(name):
                option = f"--{name.replace('_', '-')}"
                given["parser"].error(_("unrecognized arguments: %s") % option)
        return given

    def _refuse_unknown(self, words: list[str]) -> None:
        """argparse would list all commands as the choices of an argument."""
        known = self._words.choices
        if not words or words[0].startswith("-"):
            return
        if words[0] not in known:
            raise unknown(words[0], known)
        group = self._groups.get(words[0])
        if group is None or len(words) < 2 or words[1].startswith("-"):
            return
        if words[1] not in group.choices:
            near = [f"{words[0]} {name}" for name in group.choices]
            raise unknown(f"{words[0]} {words[1]}", near)


def runs(parser: argparse.ArgumentParser, handler: Callable[..., int | None]) -> None:
    """Give a parser its function."""
    parser.set_defaults(handler=handler, parser=parser)


def unknown(typed: str, known: Iterable[str]) -> UnknownCommand:
    near = get_close_matches(typed, list(known), n=1)
    return DidYouMean(command=typed, near=near[0]) if near else UnknownCommand(command=typed)


# -- kinds of arguments --------------------------------------------------------------------------


def whole(field: str) -> Callable[[str], int]:
    """A whole number, with a sign if need be; `field` names it in the message."""

    def read(text: str) -> int:
        try:
            return typed.whole(text if len(text) <= LONGEST else "")
        except BadInput:
            raise NotAWholeNumber(field=field, text=text[:40]) from None

    return read


def count(field: str, least: int = 0) -> Callable[[str], int]:
    """A whole number that is not below `least`."""
    read = whole(field)

    def at_least(text: str) -> int:
        number = read(text)
        if number < least:
            raise TooSmall(field=field, text=text, least=least)
        return number

    return at_least


def amount(field: str) -> Callable[[str], float]:
    """A number that is 0 or more."""

    def read(text: str) -> float:
        try:
            number = float(typed.plain(text))
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise NotANumber(field=field, text=text[:40])
        return number

    return read


def choice(field: str, kind: type[S]) -> Callable[[str], S]:
    def read(text: str) -> S:
        try:
            return kind(text)
        except ValueError:
            choices = [each.value for each in kind]
            raise NotAChoice(field=field, text=text[:40], choices=choices) from None

    return read


def one_of(field: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise NotAChoice(field=field, text=text[:40], choices=choices)
        return text

    return read


# -- arguments that many commands have -----------------------------------------------------------


def takes_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help=_("Print JSON."))


def takes_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", "-y", action="store_true", help=_("Do not ask."))


def takes_label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--label", metavar="CODE", help=_("Code of the inventory label."))


def takes_file(parser: argparse.ArgumentParser, about: str, metavar: str = "FILE") -> None:
    parser.add_argument("file", type=path_of, metavar=metavar, help=about)


def takes_csv(parser: argparse.ArgumentParser, about: str) -> None:
    parser.add_argument("--csv", type=path_of, metavar="FILE", help=about)
