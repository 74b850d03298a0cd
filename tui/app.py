"""The app: opens a brand, holds the one session, pumps events to the screen that is seen, and
leaves cleanly. Everything that is shown lives in screens and widgets.
"""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")  # read once, at textual's first import
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")

import asyncio
import gc
import logging
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, TextIO

from textual import work
from textual.scrollbar import ScrollBar, ScrollBarRender

from core.errors import DextreError
from tui import keymap, preferences
from tui.actions import BY_ID, bindings
from tui.clean import ascii_only, use_ascii
from tui.i18n import _, language, set_language, tell
from tui.keys import KeysInOrder
from tui.screens import MAIN, make
from tui.screens.base import BaseScreen
from tui.session import Session
from tui.themes import ANSI_THEMES, DARK, DEFAULTS, LIGHT, THEMES, first_theme
from tui.widgets.dialogs import ConfirmDialog, ErrorDialog

if TYPE_CHECKING:
    from core.sync.events import Event
    from core.workspace import Workspace

PUMP_EVERY = 0.25
COLLECT_AFTER = 1.0
AT_ONCE = 100
"""Events that are shown before the next key is looked at."""

LOOK_EVERY = 8
"""Pumps between two looks at the figures when nothing happened (only differences are painted)."""

KEEP_EVERY = 40
"""Pumps between two looks whether there is something to be kept for the next start."""

NO_TERMINAL = 2
FAULTS = "faults.log"
"""Our own faults with their tracebacks, in the data directory; made when there is the first."""

_log = logging.getLogger(__name__)


class PlainScrollBar(ScrollBarRender):
    """Without block characters: whole cells only."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class DextreApp(KeysInOrder):
    TITLE = "dextre-sync"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "styles/base.tcss",
        "styles/screens.tcss",
    ]
    BINDINGS = bindings("app")

    def __init__(
        self,
        workspace: Workspace,
        *,
        brand: str | None = None,
        lang: str = "en",
        ascii_only: bool = False,
        demo: bool = False,
    ) -> None:
        set_language(lang)
        use_ascii(ascii_only)
        super().__init__(driver_class=_driver())
        self.animation_level = "none"
        self.workspace = workspace
        self.demo = demo
        self.session: Session | None = None
        self._wished_brand = brand
        self._pumps = 0
        self._looks = False
        self._here = "home"
        self._mains: dict[str, BaseScreen] = {}
        self._keys: dict[str, str] = {}
        self._installs = 0
        self.state = preferences.ScreenState(workspace.home)

    # -- start -------------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DEFAULTS)

    @property
    def open_session(self) -> Session:
        if self.session is None:
            raise RuntimeError("no brand is open")
        return self.session

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        wished = preferences.load(self.workspace.home).theme
        self.theme = wished if wished in self.available_themes else first_theme(os.environ)
        if not self.is_headless:
            self._watch_signals()
        self.set_interval(PUMP_EVERY, self.pump)
        self._take_keys()
        self._open_first()
        self.set_timer(COLLECT_AFTER, settle_memory)

    def _take_keys(self) -> None:
        keys, wrong = keymap.load(self.workspace.home)
        if keys:
            self.set_keymap(keys)
        if wrong:
            self.say(wrong, "warn")

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, lambda: self.exit(0))

    def _open_first(self) -> None:
        """The brand that was asked for, the last one, the only one; else the brands are shown."""
        from tui.screens.brands import BrandsScreen

        names = [brand.name for brand in self.workspace.brands()]
        last = preferences.load(self.workspace.home).brand
        name = self._wished_brand or (last if last in names else None)
        if name is None and len(names) == 1:
            name = names[0]
        if name is None or not self.open_brand(name):
            self.push_screen(BrandsScreen())

    def open_brand(self, name: str) -> bool:
        """Open a brand and show its home; its error becomes a dialog."""
        try:
            session = Session(self.workspace.desk(name))
        except DextreError as error:
            message, remedy = tell(error)
            self.call_later(self.push_screen, ErrorDialog(error.code, message, remedy))
            return False
        before, self.session = self.session, session
        self._forget(list(self._mains))
        self._take(before)
        kept = preferences.load(self.workspace.home)
        self.go(kept.screen if name == kept.brand and kept.screen in MAIN else "home")
        preferences.remember(self.workspace.home, brand=name)
        return True

    @work(exclusive=True, group="take")
    async def _take(self, before: Session | None) -> None:
        """Leave the brand before, become the owner of this one: both may wait for a disk."""
        session = self.open_session
        if before is not None:
            await asyncio.to_thread(before.close)
        try:
            await asyncio.to_thread(session.start)
        except DextreError as error:
            message, remedy = tell(error)
            self.push_screen(ErrorDialog(error.code, message, remedy))
        if session.holder is not None and isinstance(self.screen, BaseScreen):
            words = session.why_only_looking() or ""
            self.screen.say(words + " " + _("Home, key t: ask for the sync."), "warn")
        self.look()

    def take_over(self) -> None:
        """Ask whoever syncs to hand it over; a service does, another app does not."""
        self._take(None)

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

    @work(exclusive=True, group="index")
    async def read_items(self) -> None:
        """Have the items by place, read beside the UI; the screens that wait for them are told."""
        session = self.open_session
        await asyncio.to_thread(session.load_index)
        settle_memory()
        if session is self.session and isinstance(self.screen, BaseScreen) and self.screen.ready:
            self.screen.refresh_data()

    def keep(self) -> None:
        """Write down what comes back at the next start."""
        self.state.keep()
        if preferences.load(self.workspace.home).screen != self._here and self.session is not None:
            preferences.remember(self.workspace.home, screen=self._here)

    # -- the pump ----------------------------------------------------------------------------------

    def look(self) -> None:
        """Something was done: read the figures at the next pump, at most 4 times a second."""
        self._looks = True

    def pump(self) -> None:
        """Bring events and figures to the screen that is seen."""
        if self.session is None:
            return
        new = self.session.drain()
        self._pumps += 1
        if not self._pumps % KEEP_EVERY:
            self.keep()
        if not new and not self._looks and self._pumps % LOOK_EVERY:
            return
        self._looks = False
        if error := self.session.attempt_status():
            _log.warning("The figures could not be read: %s", error)
        for screen in self._seen():
            screen.show_frame()
        self._hand_out(new)

    def _seen(self) -> list[BaseScreen]:
        """The screen on top, and those that a dialog lies over."""
        return [
            screen
            for screen in self.screen_stack
            if (screen is self.screen or self.screen.is_modal)
            and isinstance(screen, BaseScreen)
            and screen.is_whole
        ]

    def _hand_out(self, new: Sequence[Event]) -> None:
        """Some at a time, with keys in between: a burst of news never holds up a reader."""
        for screen in self._seen():
            screen.on_happenings(new[:AT_ONCE])
        if len(new) > AT_ONCE:
            self.call_later(self._hand_out, new[AT_ONCE:])

    def say(self, words: str, tone: str = "") -> None:
        """Say it on the screen that is seen after what was just left."""
        self.call_later(self._say_now, words, tone)

    def _say_now(self, words: str, tone: str) -> None:
        if isinstance(self.screen, BaseScreen):
            self.screen.say(words, tone)

    # -- actions -----------------------------------------------------------------------------------

    async def action_act(self, action_id: str) -> None:
        method: Callable[[], object] = getattr(self, f"do_{BY_ID[action_id].name}")
        result = method()
        if asyncio.iscoroutine(result):
            await result

    def do_help(self) -> None:
        from tui.screens.commands import keys_dialog

        self.push_screen(keys_dialog(self), self.run_action_id)

    def do_palette(self) -> None:
        from tui.screens.commands import palette_dialog

        self.push_screen(palette_dialog(self), self.run_action_id)

    async def run_action_id(self, action_id: str | None) -> None:
        """Run what was chosen from a list of commands."""
        if action_id is None:
            return
        action = BY_ID[action_id]
        if action.place == "main" and action.name in MAIN and self.session is not None:
            self.go(action.name)
        elif action.place == "app":
            await self.action_act(action_id)
        elif action.run and self.screen.focused is not None:
            await self.run_action(action.run, self.screen.focused)
        elif isinstance(self.screen, BaseScreen):
            await self.screen.action_act(action_id)

    async def do_language(self) -> None:
        set_language("ja" if language() == "en" else "en")
        preferences.remember(self.workspace.home, lang=language())
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and screen.ready:
                await screen.retext()
        shown = self.screen_stack
        self._forget([name for name, screen in self._mains.items() if screen not in shown])

    async def do_signs(self) -> None:
        """Our own signs as ASCII, or back: for terminals that draw them two cells wide."""
        use_ascii(not ascii_only())
        preferences.remember(self.workspace.home, signs="ascii" if ascii_only() else "all")
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and screen.ready:
                await screen.retext()
        self._forget([name for name, one in self._mains.items() if one not in self.screen_stack])

    def do_theme(self) -> None:
        """Dark, light, the terminal's own colours on dark and on light ground."""
        names = [DARK.name, LIGHT.name, *ANSI_THEMES]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        preferences.remember(self.workspace.home, theme=self.theme)

    # -- leaving -----------------------------------------------------------------------------------

    def action_help_quit(self) -> None:
        """ctrl+c, out of habit: say how it is done here."""
        self.say(_("Press ctrl+q to quit."))

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
                "%(n)d quantities wait to be sent to Shopify. They are kept, "
                "and are sent when the sync runs again."
            ) % {"n": status.pending_push}
        return ""

    def _fatal_error(self) -> None:
        """Never a traceback on the screen (its locals may hold anything): the log has it."""
        _log.critical("The app ended by a fault\n%s", traceback.format_exc())
        self.exit(
            1,
            return_code=1,
            message=_("dextre-sync ended by a fault of its own. Please report it with %(file)s.")
            % {"file": self.workspace.home / FAULTS},
        )


def settle_memory() -> None:
    """What is held now stays: collections look only at what comes after, and a key never waits for
    one that walks through a million rows.
    """
    gc.freeze()


def _driver() -> type | None:
    """The repaired driver where there is a POSIX terminal."""
    if sys.platform == "win32":
        return None
    try:
        from tui.driver import SafeLinuxDriver
    except ImportError:
        return None
    return SafeLinuxDriver


def why_no_app(stdin: TextIO | None, stderr: TextIO | None, term: str) -> str | None:
    """Why a full-screen app cannot be shown here, with the way out; None where it can."""
    way_out = _("Use the commands instead, such as `dextre-sync status` or `dextre-sync --help`.")
    if stdin is None or stderr is None or not (stdin.isatty() and stderr.isatty()):
        return _("The app needs a terminal.") + " " + way_out
    if term in ("", "dumb", "unknown"):
        return (
            _("This terminal (TERM=%(term)s) cannot show the app.") % {"term": term} + " " + way_out
        )
    return None


def run_app(
    workspace: Workspace,
    *,
    brand: str | None,
    lang: str,
    mouse: bool = False,
    ascii_only: bool = False,
    demo: bool = False,
) -> int:
    """Run the app on an open workspace until the reader leaves; the exit code."""
    set_language(lang)
    if reason := why_no_app(sys.__stdin__, sys.__stderr__, os.environ.get("TERM", "")):
        print(reason, file=sys.stderr)
        return NO_TERMINAL
    if ascii_only:
        ScrollBar.renderer = PlainScrollBar
    app = DextreApp(workspace, brand=brand, lang=lang, ascii_only=ascii_only, demo=demo)
    faults = RotatingFileHandler(
        workspace.home / FAULTS, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True
    )
    faults.setLevel(logging.WARNING)
    faults.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(faults)
    try:
        code = app.run(mouse=mouse)
    finally:
        logging.getLogger().removeHandler(faults)
        faults.close()
        app.keep()
        if app.session is not None:
            app.session.close()
    return code if code is not None else (app.return_code or 0)
