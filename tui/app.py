"""The app: opens a brand, holds the one session, pumps events to the screen that is seen, and
leaves cleanly. Everything that is shown lives in screens and widgets.
"""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")  # read once, at textual's first import
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
os.environ.setdefault("TEXTUAL_FPS", "240")  # how long a paint waits for more; 15 on slow lines
if os.environ.get("TEXTUAL_COLOR_SYSTEM") not in ("auto", "standard", "256", "truecolor"):
    os.environ.pop("TEXTUAL_COLOR_SYSTEM", None)

import asyncio
import logging
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import work
from textual.worker import WorkerError

from core.errors import DextreError
from tui import counted, keymap, memory, preferences
from tui.actions import BY_ID, bindings
from tui.clean import ascii_only, use_ascii
from tui.i18n import _, language, set_language
from tui.measuring import MeasuringApp
from tui.remedies import tell
from tui.screens import MAIN, make
from tui.screens.frame import FrameScreen
from tui.screens.opening import OpeningScreen
from tui.start import FAULTS
from tui.taking import Taking
from tui.widgets.scrollbars import use_plain_scrollbars

if TYPE_CHECKING:
    from textual.screen import Screen

    from core.workspace import Desk, Workspace
    from tui.screens.base import BaseScreen
    from tui.session import Session

COLLECT_AFTER = 1.0
"""Seconds until what was made at the start is taken to be there for good."""

_log = logging.getLogger(__name__)


class Opening(NamedTuple):
    """A workspace that is opened behind the first paint."""

    home: Path
    open: Callable[[], Workspace]


class DextreApp(MeasuringApp, Taking):
    TITLE = "dextre-sync"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "styles/base.tcss",
        "styles/screens.tcss",
    ]
    BINDINGS = bindings("app")

    def __init__(
        self,
        given: Workspace | Opening,
        *,
        brand: str | None = None,
        lang: str = "en",
        ascii_only: bool = False,
        demo: bool = False,
    ) -> None:
        set_language(lang)
        use_ascii(ascii_only)
        super().__init__(given.home, driver_class=_driver())
        self.animation_level = "none"
        self.demo = demo
        self.why_not_opened: DextreError | None = None
        self._given = given
        self._workspace: Workspace | None = None if isinstance(given, Opening) else given
        self._wished_brand = brand
        self._mains: dict[str, BaseScreen] = {}
        self._keys: dict[str, str] = {}
        self._installs = 0

    # -- start -------------------------------------------------------------------------------------

    @property
    def workspace(self) -> Workspace:
        if self._workspace is None:
            raise RuntimeError("the workspace is not open yet")
        return self._workspace

    def on_mount(self) -> None:
        self.dress()
        if not self.is_headless:
            self._watch_signals()
        if self._workspace is not None:
            self._show_first(self._first_session(self._workspace))
            return
        self.hold_keys()
        self.push_screen(OpeningScreen(self._wished_brand or self._kept().brand or ""))
        self.call_after_refresh(self._open_behind)

    def _watch_signals(self) -> None:
        """They end the app, also while its loop waits for a terminal that takes nothing: the loop's
        own handlers are called too late then, or, where too much waits for it, never.
        """
        from tui.driver import SafeLinuxDriver

        loop, driver = asyncio.get_running_loop(), self._driver

        def end(*_signal: object) -> None:
            loop.call_soon_threadsafe(self.exit, 0)
            if isinstance(driver, SafeLinuxDriver):
                driver.end_without_terminal()

        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            loop.add_signal_handler(number, self.exit, 0)  # which is taken back when it closes
            signal.signal(number, end)

    @work(exclusive=True, group="open")
    async def _open_behind(self) -> None:
        try:
            first = await asyncio.to_thread(self._open_workspace)
        except DextreError as error:
            self.why_not_opened = error
            self.exit(error.exit_code, return_code=error.exit_code)
            return
        if not self.screen_stack:  # left meanwhile
            if first is not None and not isinstance(first, DextreError):
                first.close()
            return
        self._show_first(first)
        self.call_after_refresh(self.release_keys)

    def _open_workspace(self) -> Session | DextreError | None:
        """Beside the UI: all that the first screen of a brand needs, imports among it."""
        if isinstance(self._given, Opening):
            self._workspace = self._given.open()
        from tui.screens import home  # noqa: F401 - so that it is there when it is shown

        return self._first_session(self.workspace)

    def _first_session(self, workspace: Workspace) -> Session | DextreError | None:
        """The brand that was asked for, the last one, the only one; None: which is not known."""
        names = [brand.name for brand in workspace.brands()]
        last = self._kept().brand
        name = self._wished_brand or (last if last in names else None)
        if name is None and len(names) == 1:
            name = names[0]
        if name is None:
            return None
        try:
            return _session(workspace, name)
        except DextreError as error:
            return error

    def _show_first(self, first: Session | DextreError | None) -> None:
        keys, faults = keymap.load(self.home)
        keymap.use(keys)
        self.set_keymap(keys)
        self.start_pump()
        self.set_timer(COLLECT_AFTER, memory.settle)
        if first is not None and not isinstance(first, DextreError):
            self._enter(first)
        else:
            self._show_brands(first)
        if faults:
            self._tell_keys(faults)

    def _show_brands(self, error: DextreError | None) -> None:
        from tui.screens.brands import BrandsScreen

        if error is not None:
            self._tell_soon(error)
        if isinstance(self.screen, OpeningScreen):
            self.switch_screen(BrandsScreen())
        else:
            self.push_screen(BrandsScreen())

    @work(group="keys")
    async def _tell_keys(self, faults: Sequence[keymap.Fault]) -> None:
        """After what taking the sync says: the status line tells that as well, this only here."""
        with suppress(WorkerError):
            await asyncio.gather(*(one.wait() for one in self.workers if one.group == "take"))
        self.say(keymap.told(faults), "warn")

    # -- brands ------------------------------------------------------------------------------------

    def open_brand(self, name: str) -> bool:
        """Open a brand and show its home; its error becomes a dialog."""
        try:
            session = _session(self.workspace, name)
        except DextreError as error:
            self._tell_soon(error)
            return False
        self._enter(session)
        return True

    def _tell_soon(self, error: DextreError) -> None:
        self.call_later(self.push_screen, _dialog_of(error))

    def _enter(self, session: Session) -> None:
        before, self.session = self.session, session
        self._forget(list(self._mains))
        self.take(before)
        kept, name = self._kept(), session.desk.brand.name
        self.go(kept.screen if name == kept.brand and kept.screen in MAIN else "home")
        preferences.remember(self.home, brand=name)

    # -- going places ------------------------------------------------------------------------------

    def go(self, name: str) -> None:
        """Show a main screen, whatever lies on top."""
        if name not in self._mains:
            self._mains[name] = make(name)
            self._installs += 1
            self._keys[name] = f"{name}-{self._installs}"
            self.install_screen(self._mains[name], self._keys[name])
        self._here = name
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if self.screen is self._mains[name]:
            return
        if len(self.screen_stack) == 2:
            self.switch_screen(self._keys[name])
        else:
            self.push_screen(self._keys[name])

    def _forget(self, names: Iterable[str]) -> None:
        """These screens are made anew when they are next shown."""
        for name in names:
            screen = self._mains.pop(name)
            if screen not in self.screen_stack:
                self.uninstall_screen(self._keys[name])
                screen.remove()

    @work(group="index")
    async def read_items(self) -> None:
        """Have the items by place, read beside the UI; the screens that wait for them are told.
        Once at a time: a thread that was begun reads on, whoever gives up on it.
        """
        session = self.open_session
        if session.reading_index:
            return
        session.reading_index = True
        try:
            with memory.growing():
                await asyncio.to_thread(session.load_index)
        finally:
            session.reading_index = False
        screen = self.screen
        if session is self.session and isinstance(screen, FrameScreen) and screen.is_whole:
            screen.refresh_data()

    # -- actions -----------------------------------------------------------------------------------

    async def action_act(self, action_id: str) -> None:
        method: Callable[[], object] = getattr(self, f"do_{BY_ID[action_id].name}")
        result = method()
        if asyncio.iscoroutine(result):
            await result

    def do_help(self) -> None:
        from tui.screens.commands import keys_dialog

        self.push_screen(keys_dialog(self), self._run_later)

    def do_palette(self) -> None:
        from tui.screens.commands import palette_dialog

        self.push_screen(palette_dialog(self), self._run_later)

    def _run_later(self, action_id: str | None) -> None:
        """Once the list is closed: a screen that is made anew would wait for itself."""
        self.call_later(self.run_action_id, action_id)

    async def run_action_id(self, action_id: str | None) -> None:
        """Run what was chosen from a list of commands."""
        if action_id is None:
            return
        if action_id not in BY_ID:
            from tui.screens.ways import take

            await take(self, action_id)
            return
        action = BY_ID[action_id]
        if action.place == "main" and action.name in MAIN and self.session is not None:
            self.go(action.name)
        elif action.place == "app":
            await self.action_act(action_id)
        elif action.run and self.screen.focused is not None:
            await self.run_action(action.run, self.screen.focused)
        elif isinstance(self.screen, FrameScreen):
            await self.screen.action_act(action_id)

    async def do_language(self) -> None:
        set_language("ja" if language() == "en" else "en")
        preferences.remember(self.home, lang=language())
        for screen in self.screen_stack:
            if isinstance(screen, FrameScreen) and screen.ready:
                await screen.retext()
        shown = self.screen_stack
        self._forget([name for name, screen in self._mains.items() if screen not in shown])

    async def do_signs(self) -> None:
        """Our own signs as ASCII, or back: for terminals that draw them two cells wide."""
        use_ascii(not ascii_only())
        use_plain_scrollbars(ascii_only())
        preferences.remember(self.home, signs="ascii" if ascii_only() else "all")
        for screen in self.screen_stack:
            if isinstance(screen, FrameScreen) and screen.ready:
                await screen.retext()
        self._forget([name for name, one in self._mains.items() if one not in self.screen_stack])

    # -- leaving -----------------------------------------------------------------------------------

    def action_help_quit(self) -> None:
        """ctrl+c, out of habit: say how it is done here."""
        self.say(keymap.keyed(_("Press %(key)s to quit."), "app.quit-now"))

    def do_suspend(self) -> None:
        self.action_suspend_process()

    def do_quit_now(self) -> None:
        self.exit(0)

    def ask_to_quit(self) -> None:
        """Ask only where something is unfinished."""
        unfinished = self._unfinished()
        if not unfinished:
            self.exit(0)
            return
        from tui.widgets.dialogs import ConfirmDialog

        dialog = ConfirmDialog(_("Quit?"), unfinished, _("Quit"))
        self.push_screen(dialog, lambda yes: self.exit(0) if yes else None)

    def _unfinished(self) -> str:
        if self.session is None:
            return ""
        status = self.session.status
        if self.session.running_jobs:
            return _("Work is still running. It is cancelled cleanly when you quit.")
        if status.link and status.pending_push and self.session.started:
            return _(
                "Still to be sent to Shopify: %(levels)s. They are kept, and are sent when the "
                "sync runs again."
            ) % {"levels": counted.quantities(status.pending_push)}
        return ""

    def close(self) -> None:
        """After it has ended: what comes back is written down, the engine stopped."""
        self.keep()
        if self.session is not None:
            self.session.close()

    def _set_pointer_shape(self, shape: str) -> None:
        """Only where the mouse is ours: no terminal is sent what it need not know."""
        if self._driver is not None and self._driver._mouse:
            super()._set_pointer_shape(shape)

    def _fatal_error(self) -> None:
        """Never a traceback on the screen (its locals may hold anything): the log has it."""
        _log.critical("The app ended by a fault\n%s", traceback.format_exc())
        self.exit(
            1,
            return_code=1,
            message=_("dextre-sync ended by a fault of its own. Please report it with %(file)s.")
            % {"file": self.home / FAULTS},
        )


def _session(workspace: Workspace, brand: str) -> Session:
    from tui.session import Session  # behind the first paint, as all that knows a store

    return Session(workspace.desk(brand), lambda: _linked_beside(workspace, brand))


def _linked_beside(workspace: Workspace, brand: str) -> Iterator[Desk]:
    """The desks of the other brands whose link is on, as far as they can be read."""
    for other in workspace.brands():
        with suppress(DextreError):
            if other.name != brand and workspace.desk(other.name).link().enabled:
                yield workspace.desk(other.name)


def _dialog_of(error: DextreError) -> Screen[None]:
    from tui.widgets.dialogs import ErrorDialog

    message, remedy = tell(error)
    return ErrorDialog(error.code, message, remedy)


def _driver() -> type | None:
    """The repaired driver where there is a POSIX terminal."""
    if sys.platform == "win32":
        return None
    try:
        from tui.driver import SafeLinuxDriver
    except ImportError:
        return None
    return SafeLinuxDriver
