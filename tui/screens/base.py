"""What every screen has: the four fixed lines, actions that say why they cannot act, long work
with progress and Esc, errors as one dialog, and the size it needs.

A screen gives `body()`, `refresh_data()` and its `do_…` methods. Long work is awaited inside a
worker through `job`; it never runs on the UI's loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Container
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from core.errors import DextreError, OurBug
from core.sync.events import Event
from tui.actions import BY_ID, bindings
from tui.clean import clean, signs
from tui.clipboard import copy_text
from tui.i18n import _, tell
from tui.screens import MAIN
from tui.session import Session
from tui.widgets.bars import KeyLine, NavBar, Part, ProgressLine, Saying, StatusLine, TooSmall
from tui.widgets.columns import clip
from tui.widgets.dialogs import ErrorDialog
from tui.widgets.ringlog import RingLog
from tui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from core.workspace import Desk
    from tui.app import DextreApp

LEAST = (40, 12)
WIDE = 110
SHOWN_EVERY = 0.25
"""Seconds between two paints of a progress."""

FEW_POINTS = 500
"""Shopify's points are told from here down; above, they would only flicker at every look."""

T = TypeVar("T")
Progress = Callable[[int, int | None], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A piece of work that succeeded; its value may well be None."""

    value: T


class Work:
    """Work that runs: the engine's thread writes the two numbers, the screen's timer shows them."""

    def __init__(self, title: str) -> None:
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


class BaseScreen(Screen[None]):
    """`NAME` is the catalogue id of the title."""

    NAME: ClassVar[str] = ""
    AUTO_FOCUS: ClassVar[str | None] = "*"

    def __init__(self) -> None:
        super().__init__()
        self._work: Work | None = None
        self._work_timer: Timer | None = None
        self.ready = False

    @property
    def is_whole(self) -> bool:
        """Composed, and not being taken down: its widgets can be asked for."""
        return self.ready and bool(self.query(StatusLine)) and bool(self.query("#body > *"))

    # -- where things are --------------------------------------------------------------------------

    @property
    def own_app(self) -> DextreApp:
        return cast("DextreApp", self.app)

    @property
    def session(self) -> Session:
        return self.own_app.open_session

    @property
    def desk(self) -> Desk:
        return self.session.desk

    def title_text(self) -> str:
        return _(self.NAME)

    # -- composition -------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield TooSmall(*LEAST)
        yield NavBar()
        with Container(id="body"):
            yield from self.body()
        yield Saying()
        yield ProgressLine()
        yield StatusLine()
        yield KeyLine()

    def body(self) -> Iterable[Widget]:
        return ()

    def on_mount(self) -> None:
        self._fit(self.size.width, self.size.height)
        self.ready = True
        self.show_frame()
        self.refresh_data()

    def on_screen_resume(self) -> None:
        if self.ready:
            self.show_frame()
            self.refresh_data()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        small = width < LEAST[0] or height < LEAST[1]
        self.set_class(small, "-too-small")
        self.set_class(width < 80, "-narrow")
        self.set_class(width >= WIDE, "-wide")
        self.set_class(height < 24, "-short")
        if small:
            for notice in self.query(TooSmall):
                notice.show(width, height)

    async def retext(self) -> None:
        """The language was switched: everything is composed anew, what was typed stays in fields
        that a screen keeps.
        """
        self.ready = False
        await self.recompose()
        self.ready = True
        self.show_frame()
        self.refresh_data()
        self.refresh_bindings()

    def show_frame(self) -> None:
        """The nav bar and the status line, from what is known."""
        nav, line = self.query_one(NavBar), self.query_one(StatusLine)
        screens = [(BY_ID[f"main.{n}"].keys, _(BY_ID[f"main.{n}"].description)) for n in MAIN]
        nav.show(screens, self.title_text())
        line.parts = self.status_parts()

    def status_parts(self) -> tuple[Part, ...]:
        if self.own_app.session is None:
            return ((_("No brand is open"), "dim"),)
        session = self.session
        status = session.status
        link = (
            (signs("✓ ") + _("Link on"), "good")
            if status.link
            else (signs("– ") + _("Link off"), "dim")
        )
        flow = "DEXTRE ⇄ Shopify" if status.link else "DEXTRE | Shopify"
        waiting = status.pending_push + status.pending_pull
        parts: list[Part] = [
            (clean(status.brand, 24), "accent"),
            link,
            (signs(flow), "" if status.link else "dim"),
            (
                _("in sync %(n)d/%(all)d") % {"n": status.in_sync, "all": status.cells},
                "good" if status.cells and status.in_sync == status.cells else "",
            ),
            (_("pending %(n)d") % {"n": waiting}, "warn" if waiting else "dim"),
            (_("needs you %(n)d") % {"n": status.needs_you}, "bad" if status.needs_you else "dim"),
        ]
        if session.holder is not None:
            parts.insert(1, (_("viewer"), "warn"))
        if status.points is not None and status.points < FEW_POINTS:
            parts.append((_("points %(n)d") % {"n": status.points}, "dim"))
        if self.size.width >= WIDE and status.owner and session.holder is None:
            parts.append((_("synced by %(who)s") % {"who": clean(status.owner, 40)}, "dim"))
        if self._brand_room(parts[1:]) < cell_len(parts[0][0]):
            words = signs("✓ ") + _("on") if status.link else signs("– ") + _("off")
            parts = [
                (words, tone) if (part, tone) == link else (part, tone) for part, tone in parts
            ]
        return (self._brand_part(parts[1:]), *parts[1:])

    def _brand_room(self, others: Sequence[Part]) -> int:
        needed = sum(cell_len(words) + len(StatusLine.GAP) for words, _tone in others[:6])
        return max(8, self.size.width - needed - 1)

    def _brand_part(self, others: Sequence[Part]) -> Part:
        """The brand gives way to the figures: it may be long, and it is on the home screen."""
        room = self._brand_room(others)
        name = clean(self.session.status.brand, 40)
        return (clip(name, min(cell_len(name), room)), "accent")

    def refresh_data(self) -> None:
        """Read again what this screen shows."""

    def on_happenings(self, new: Sequence[Event], /) -> None:
        """New events; the figures are read already."""

    # -- bindings and actions ----------------------------------------------------------------------

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """In the reader's language; what cannot act now is dim."""
        whole = self.is_whole
        return {
            key: active._replace(
                binding=replace(
                    active.binding,
                    description=_(active.binding.description),
                    tooltip=_(active.binding.tooltip),
                ),
                enabled=not whole or self.why_not(active.binding.id or "") is None,
            )
            for key, active in super().active_bindings.items()
        }

    def why_not(self, action_id: str) -> str | None:  # noqa: ARG002 - for those who override it
        """Why this action cannot act now, in words; None where it can."""
        return None

    async def action_act(self, action_id: str) -> None:
        reason = self.why_not(action_id)
        if reason:
            self.say(reason, "warn")
            return
        method: Callable[[], Any] = getattr(self, f"do_{BY_ID[action_id].name}")
        result = method()
        if asyncio.iscoroutine(result):
            await result

    def on_key(self) -> None:
        for saying in self.query(Saying):
            saying.hush_soon()

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

    # -- saying things -----------------------------------------------------------------------------

    def say(self, words: str, tone: str = "") -> None:
        for saying in self.query(Saying):
            saying.say(words, tone)

    def hush(self) -> None:
        for saying in self.query(Saying):
            saying.hush()

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
            return " ".join(part for part in tell(error) if part)
        self.own_app.look()
        return None

    @property
    def is_working(self) -> bool:
        return self._work is not None

    async def job(
        self, title: str, start: Callable[[Progress], Future[T]], *, quiet: bool = False
    ) -> Done[T] | None:
        """Await the engine's work with progress; Esc cancels it. None: it failed (a dialog says
        why) or was cancelled (a line says so). Only one at a time a screen.
        """
        if self._work is not None:
            self.say(_("Something else is still running. Esc cancels it."), "warn")
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
            if not quiet:
                self.tell_error(error)
        except Exception as error:  # noqa: BLE001 - the last wall before the reader: told, logged
            _log.exception("A job of the screen failed")
            self.tell_error(OurBug(detail=type(error).__name__))
        finally:
            self._end_work()
        return None

    def _show_work(self) -> None:
        if self._work is not None:
            for line in self.query(ProgressLine):
                line.show(self._work.title, self._work.done, self._work.total)

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


class MainScreen(BaseScreen):
    """Reached by 1…7; stays alive with its filters and cursor."""

    BINDINGS = bindings("main")

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

    async def do_quit(self) -> None:
        self.own_app.ask_to_quit()


class SubScreen(BaseScreen):
    """On top of a main screen; Esc and q leave it (after cancelling what runs)."""

    BINDINGS = bindings("sub")

    def do_back(self) -> None:
        if self._work is not None:
            self._work.cancel()
            return
        self.app.pop_screen()
