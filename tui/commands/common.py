"""What all commands share: the workspace of this call, questions, and printing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from rich.cells import cell_len

from core.errors import N_, DextreError, UserMustAct
from tui.clean import clean, escaped, harmless_lines
from tui.cli import Globals
from tui.i18n import headed, joined, ngettext, tell
from tui.paths import STDOUT, replaced_file

if TYPE_CHECKING:
    from concurrent.futures import Future

    from core.workspace import Desk, Purpose, Workspace

T = TypeVar("T")


class NotConfirmed(UserMustAct):
    code = "not_confirmed"
    message = N_("Nothing was changed: this needs your word.")
    remedy = N_("Look at what it would do, then repeat the command with --yes.")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A brand that is left out, because its files cannot be read."""

    brand: str
    error: DextreError

    def __str__(self) -> str:
        return headed(clean(self.brand), joined(*tell(self.error)))


class Session:
    """What a command is given: the data directory, opened when first needed and closed at the
    end.
    """

    def __init__(self, found: Globals) -> None:
        self.globals = found
        self._stack = ExitStack()
        self._workspace: Workspace | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    @property
    def workspace(self) -> Workspace:
        if self._workspace is None:
            from core.workspace import Purpose

            self._workspace = self._opened(Purpose.COMMAND)
        return self._workspace

    def become_service(self) -> Workspace:
        """The workspace of a process that keeps syncing; to be called before `workspace`."""
        from core.workspace import Purpose

        self._workspace = self._opened(Purpose.SERVICE)
        return self._workspace

    def _opened(self, purpose: Purpose) -> Workspace:
        from core.workspace import Workspace, default_home

        home = self.globals.home or default_home(os.environ)
        return self._stack.enter_context(Workspace(home, purpose=purpose))

    @property
    def desk(self) -> Desk:
        return self.workspace.desk(self.globals.brand)

    def of_each(self, look: Callable[[Desk], T]) -> tuple[list[T], list[Unreadable]]:
        """What `look` finds of the brand that is named, else of each brand. One of several that
        cannot be read does not keep the others from being looked at; where there is no other, its
        error is raised. Raises NoBrand.
        """
        names = [brand.name for brand in self.workspace.brands()]
        if self.globals.brand is not None or len(names) < 2:
            return [look(self.desk)], []
        found: list[T] = []
        unreadable: list[Unreadable] = []
        for name in names:
            try:
                found.append(look(self.workspace.desk(name)))
            except DextreError as error:
                unreadable.append(Unreadable(name, error))
        return found, unreadable


def wait(future: Future[T]) -> T:
    """The result of a call to the engine; ctrl+c cancels the work there before it leaves."""
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise


def progress(what: str) -> Callable[[int, int | None], None]:
    """Progress on stderr where a person looks at it, else nothing."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int | None) -> None:
        count = f"{done:,}" if total is None else f"{done:,}/{total:,}"
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{what} {count}{end}")
        sys.stderr.flush()

    return show


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str, *, yes: bool) -> None:
    """Ask where somebody can answer; elsewhere only --yes counts. Raises NotConfirmed."""
    if yes:
        return
    if not can_ask():
        raise NotConfirmed
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "はい"):
        raise NotConfirmed


def tell_unreadable(unreadable: Sequence[Unreadable]) -> int:
    """A line for each brand that was left out; the exit code of the command."""
    sys.stdout.flush()
    for one in unreadable:
        sys.stderr.write(f"{one}\n")
    return max((one.error.exit_code for one in unreadable), default=0)


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")


def say_json(value: object, *, indent: bool = True) -> None:
    import orjson

    option = orjson.OPT_INDENT_2 if indent else 0
    say(escaped(orjson.dumps(value, option=option, default=str).decode()))


WIDEST_COLUMN = 60
"""So wide may a text make its column, in cells of the terminal."""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their widest cell; numbers to the right; outside texts cleaned. A cell of
    extraordinary length is shown whole, and moves only its own row. The head may be empty.
    """
    shown = [["" if cell is None else clean(str(cell)) for cell in row] for row in rows]
    names = head or [""] * max(map(len, shown), default=0)
    right = [
        bool(shown) and all(_is_number(row[column]) for row in shown)
        for column in range(len(names))
    ]
    widths = [
        max(
            cell_len(name),
            *(wide for row in shown if (wide := cell_len(row[column])) <= WIDEST_COLUMN),
            0,
        )
        for column, name in enumerate(names)
    ]
    for row in (*([list(head)] if head else []), *shown):
        cells = [
            _padded(text, width, to_the_right=to_the_right)
            for text, width, to_the_right in zip(row, widths, right, strict=True)
        ]
        say("  ".join(cells).rstrip())


def _is_number(text: str) -> bool:
    return text in ("", "–") or text.lstrip("+-−").isdigit()


def _padded(text: str, width: int, *, to_the_right: bool) -> str:
    gap = " " * (width - cell_len(text))
    return gap + text if to_the_right else text + gap


def number(value: int | None) -> str:
    return "–" if value is None else str(value)


def more_rows(left: int, *, in_csv: bool = False) -> str:
    """That a list goes on, and where all of it is."""
    where = "--json, --csv" if in_csv else "--json"
    words = ngettext(
        "… and %(n)s more row (all of them: %(where)s).",
        "… and %(n)s more rows (all of them: %(where)s).",
        left,
    )
    return words % {"n": f"{left:,}", "where": where}


class _Shown(StringIO):
    """CSV for the eye: a terminal is not sent what would speak to it."""

    def write(self, text: str) -> int:
        return sys.stdout.write(harmless_lines(text))


def csv_out() -> TextIO:
    """Standard output for CSV: UTF-8 and its own line ends, whatever the locale."""
    if sys.stdout.isatty():
        return _Shown()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def write_csv(target: Path, fields: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Into a file, or to standard output for `-`. Raises CannotWrite, DiskFull."""
    import csv

    with nullcontext(csv_out()) if target == STDOUT else replaced_file(target) as out:
        writer = csv.DictWriter(out, fields)
        writer.writeheader()
        writer.writerows({name: _guarded(value) for name, value in row.items()} for row in rows)


_FORMULA = frozenset("=+-@＝＋－＠'\t\r\n")


def _guarded(value: object) -> object:
    """No spreadsheet takes a text from outside, such as an SKU, for a formula; numbers stay."""
    if not isinstance(value, str) or _is_number(value):
        return value
    begins = (value[:1], value.lstrip()[:1])
    return value if _FORMULA.isdisjoint(begins) else "'" + value
