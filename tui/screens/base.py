"""What the screens of an open brand share: long work with progress and Esc, errors as one dialog,
and the ways from a row or a log line to its item.

A screen gives `body()`, `refresh_data()` and its `do_…` methods. Long work is awaited inside a
worker through `job`; it never runs on the UI's loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Set
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual import on
from textual.binding import BindingType
from textual.timer import Timer

from core.errors import DextreError, OurBug
from tui.actions import BY_ID, bindings
from tui.clean import clean, signs
from tui.clipboard import copy_text
from tui.i18n import N_, _
from tui.keymap import key_of, keyed
from tui.remedies import tell, told
from tui.screens import MAIN
from tui.screens.frame import FrameScreen
from tui.status_pieces import status_line
from tui.widgets.bars import ProgressLine
from tui.widgets.dialogs import ErrorDialog
from tui.widgets.fitting import Line, Piece
from tui.widgets.marking import MarkingTable
from tui.widgets.ringlog import RingLog
from tui.widgets.rows import Row
from tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from core.workspace import Desk
    from tui.session import Session

SHOWN_EVERY = 0.25
"""Seconds between two paints of a progress."""

GOING = tuple(f"main.{name}" for name in MAIN)
"""The actions that show a main screen."""

MARKING = ("marks.toggle", "marks.all", "marks.range")
NO_ROWS = N_("The list is empty: there is no row to mark.")

T = TypeVar("T")
Progress = Callable[[int, int | None], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A piece of work that succeeded; its value may well be None."""

    value: T


class Work:
    """Work that runs: the engine's thread writes the two numbers, the screen's timer shows them."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.done = 0
        self.total: int | None = None
        self.future: Future[Any] | None = None
        self.cancelled = False

    def progress(self, done: int, total: int | None = None) -> None:
        self.done, self.total = done, total

    def cancel(self) -> None:
        self.cancelled = True
        if self.future is not None:
            self.future.cancel()


def _fulfil(future: Future[T], act: Callable[[], T]) -> None:
    future.set_running_or_notify_cancel()
    try:
        future.set_result(act())
    except Exception as error:  # noqa: BLE001 - the job that awaits it tells it
        future.set_exception(error)


def _named(row: Row) -> str:
    """A row by its first two cells, as far as something is in them."""
    cells = row.words.split("\t")[:2]
    return "  ".join(clean(cell, 24) for cell in cells if cell not in ("", signs("–")))


class BaseScreen(FrameScreen):
    """`ON_ROW` are the actions that change what is under the cursor of its table; `CANCEL` is the
    one that ends what runs.
    """

    ON_ROW: ClassVar[Set[str]] = frozenset()
    CANCEL: ClassVar[str] = "main.cancel"

    def __init__(self) -> None:
        super().__init__()
        self._work: Work | None = None
        self._work_timer: Timer | None = None

    @property
    def session(self) -> Session:
        return self.own_app.open_session

    @property
    def desk(self) -> Desk:
        return self.session.desk

    def status_line(self) -> Line:
        if self.own_app.session is None:
            return Line((Piece("brand", (_("No brand is open"),), "dim"),))
        return status_line(self.session)

    def why_not(self, action_id: str) -> str | None:
        if action_id in MARKING and not self.query_one(MarkingTable).row_count:
            return _(NO_ROWS)
        return super().why_not(action_id)

    async def action_act(self, action_id: str) -> None:
        """A key may be meant for a row that has just left from under the cursor: it tells so, and
        only the next one acts.
        """
        if action_id in self.ON_ROW and (words := self._row_lost()):
            self.say(words, "warn")
            return
        await super().action_act(action_id)

    @on(MarkingTable.Left)
    def tell_lost(self) -> None:
        if words := self._under_cursor():
            self.say(words, "warn")

    def _row_lost(self) -> str:
        """Marks are meant, where there are any, and not what is under the cursor."""
        words = self._under_cursor()
        return "" if self.query_one(VirtualTable).marks else words

    def _under_cursor(self) -> str:
        """What has left and what is there now; told once."""
        table = self.query_one(VirtualTable)
        lost, table.lost = table.lost, None
        now = table.current
        if lost is None or now is None:
            return ""
        words = _(
            "%(lost)s has left the list; under the cursor is %(now)s now. Press the key again if "
            "you mean this row."
        )
        return words % {"now": _named(now), "lost": _named(lost)}

    def action_focus_at(self, place: int) -> None:
        """The first or the last of what a form lets one choose."""
        if chain := self.focus_chain:
            chain[place].focus()

    @on(RingLog.Opened)
    def open_line(self, message: RingLog.Opened) -> None:
        from tui.screens.item import ItemScreen

        if message.line.sku:
            self.app.push_screen(ItemScreen(message.line.sku))
        else:
            self.say(_("This line is about no single item."), "warn")

    @on(VirtualTable.Copied)
    def copy_rows(self, message: VirtualTable.Copied) -> None:
        if message.text:
            self.say(copy_text(self.app, message.text))
        else:
            self.say(_("There is no row to copy."), "warn")

    @on(MarkingTable.RangeBegun)
    def tell_range(self) -> None:
        self.say(_("Go to the other end, then press the key again: all rows in between."))

    @on(MarkingTable.Empty)
    def tell_empty(self) -> None:
        self.say(_(NO_ROWS), "warn")

    @on(VirtualTable.Counted)
    def allow_marks(self) -> None:
        """There may be rows now, or none any more."""
        self.refresh_bindings()

    # -- doing things ------------------------------------------------------------------------------

    def tell_error(self, error: DextreError) -> None:
        message, remedy = tell(error)
        self.app.push_screen(ErrorDialog(error.code, message, remedy))

    # -- doing things ------------------------------------------------------------------------------

    def attempt(self, act: Callable[[], T]) -> Done[T] | None:
        """An immediate call; its error becomes a dialog."""
        try:
            value = act()
        except DextreError as error:
            self.tell_error(error)
            return None
        self.own_app.look()
        return Done(value)

    def attempt_words(self, act: Callable[[], object]) -> str | None:
        """The same for a form: its error becomes the form's words."""
        try:
            act()
        except DextreError as error:
            return told(error)
        self.own_app.look()
        return None

    @property
    def is_working(self) -> bool:
        return self._work is not None

    def why_busy(self) -> str:
        """Why nothing else can begin, while something runs."""
        words = _("Something else is still running. %(key)s cancels it.")
        return keyed(words, self.CANCEL)

    async def job(
        self,
        title: str,
        start: Callable[[Progress], Future[T]],
        *,
        tell: Callable[[DextreError], object] | None = None,
    ) -> Done[T] | None:
        """Await the engine's work with progress; Esc cancels it. None: it failed (a dialog says
        why, or `tell` does) or was cancelled (a line says so). Only one at a time a screen.
        """
        if self._work is not None:
            self.say(self.why_busy(), "warn")
            return None
        work = self._work = Work(title)
        self.session.running_jobs += 1
        self._show_work()
        self._work_timer = self.set_interval(SHOWN_EVERY, self._show_work)
        try:
            work.future = start(work.progress)
            return Done(await asyncio.wrap_future(work.future))
        except (asyncio.CancelledError, FutureCancelled):
            if self.is_attached:
                self.say(_("Cancelled."), "warn")
        except DextreError as error:
            (tell or self.tell_error)(error)
        except Exception as error:  # noqa: BLE001 - the last wall before the reader: told, logged
            _log.exception("A job of the screen failed")
            self.tell_error(OurBug(detail=type(error).__name__))
        finally:
            self._end_work()
        return None

    def beside(self, act: Callable[[Progress], T]) -> Callable[[Progress], Future[T]]:
        """For `job`: work of our own, in a thread; it ends at the next step after Esc."""

        def start(progress: Progress) -> Future[T]:
            work = self._work

            def step(done: int, total: int | None) -> None:
                progress(done, total)
                if work is not None and work.cancelled:
                    raise FutureCancelled

            future: Future[T] = Future()
            threading.Thread(target=_fulfil, args=(future, lambda: act(step)), daemon=True).start()
            return future

        return start

    def _show_work(self) -> None:
        if self._work is not None:
            for line in self.query(ProgressLine):
                line.show(self._work.title, self._work.done, self._work.total, key_of(self.CANCEL))

    def _end_work(self) -> None:
        self._work = None
        self.session.running_jobs -= 1
        if self._work_timer is not None:
            self._work_timer.stop()
            self._work_timer = None
        for line in self.query(ProgressLine):
            line.done()
        self.session.attempt_status()  # the next key may depend on what was just done
        self.own_app.look()

    def do_cancel(self) -> None:
        """Esc on a main screen."""
        if self._work is not None:
            self._work.cancel()


class Going(BaseScreen):
    """1…7 go to the main screens from everywhere."""

    def why_not(self, action_id: str) -> str | None:
        if action_id in GOING and self.own_app.session is None:
            return _("Choose a brand first.")
        return super().why_not(action_id)

    def do_home(self) -> None:
        self.own_app.go("home")

    def do_inventory(self) -> None:
        self.own_app.go("inventory")

    def do_mapping(self) -> None:
        self.own_app.go("mapping")

    def do_needs(self) -> None:
        self.own_app.go("needs")

    def do_runs(self) -> None:
        self.own_app.go("runs")

    def do_log(self) -> None:
        self.own_app.go("log")

    def do_settings(self) -> None:
        self.own_app.go("settings")


class MainScreen(Going):
    """Stays alive with its filters and cursor."""

    BINDINGS = bindings("main")

    def why_not(self, action_id: str) -> str | None:
        if action_id == "main.cancel" and not self.is_working:
            return _("Nothing is running.")
        return super().why_not(action_id)

    async def do_quit(self) -> None:
        self.own_app.ask_to_quit()


class SubScreen(Going):
    """On top of a main screen; Esc and q leave it (after cancelling what runs)."""

    CANCEL = "sub.back"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(BY_ID[action_id].binding() for action_id in GOING),
        *bindings("sub"),
    ]

    def why_not(self, action_id: str) -> str | None:
        if action_id in GOING and self.is_working:
            return self.why_busy()
        return super().why_not(action_id)

    def do_back(self) -> None:
        if self._work is not None:
            self._work.cancel()
            return
        self.app.pop_screen()
