"""The log: everything that happened, by level and by text (an SKU, a location, a run)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Static

from core.sync.events import Event, Level
from tui.actions import bindings
from tui.clean import clean
from tui.clipboard import copy_text
from tui.i18n import N_, _
from tui.screens.base import MainScreen
from tui.session import log_line
from tui.widgets.fields import FilterField
from tui.widgets.ringlog import LogLine, RingLog

FROM_FILE = 5_000
RANKS = {Level.DEBUG: 0, Level.INFO: 1, Level.WARNING: 2, Level.ERROR: 3}


class LogScreen(MainScreen):
    NAME = N_("Log")
    BINDINGS = bindings("log")
    AUTO_FOCUS = "RingLog"

    def __init__(self) -> None:
        super().__init__()
        self._least = Level.DEBUG
        self._search = ""

    def body(self) -> Iterable[Widget]:
        yield Static("", id="about", classes="heading", markup=False)
        yield FilterField(self._search, placeholder=_("Text or SKU number"), id="filter")
        yield RingLog(id="log")

    def refresh_data(self) -> None:
        events = self.desk.log(limit=FROM_FILE)
        empty = _("No line fits the filter.") if events else _("Nothing has happened yet.")
        self.query_one(RingLog).show(self._lines(events), empty)
        self._show_about()

    def _lines(self, events: Iterable[Event]) -> list[LogLine]:
        wanted = self._search.casefold()
        lines = (log_line(event) for event in events if RANKS[event.level] >= RANKS[self._least])
        return [line for line in lines if wanted in line.text.casefold()]

    def _show_about(self) -> None:
        level = {
            Level.DEBUG: _("all lines"),
            Level.WARNING: _("warnings and errors"),
            Level.ERROR: _("errors only"),
        }[self._least]
        words = _("Shown: %(what)s") % {"what": level}
        if not self.query_one(RingLog).following:
            words += "   " + _("paused: Space goes on")
        words += "   " + _("File: %(file)s") % {"file": clean(self.desk.log_path)}
        self.query_one("#about", Static).update(words)

    def on_happenings(self, new: Sequence[Event]) -> None:
        if lines := self._lines(new):
            self.query_one(RingLog).extend(lines)

    @on(RingLog.Following)
    def following(self) -> None:
        self._show_about()

    def do_level(self) -> None:
        levels = (Level.DEBUG, Level.WARNING, Level.ERROR)
        self._least = levels[(levels.index(self._least) + 1) % len(levels)]
        self.refresh_data()

    def do_pause(self) -> None:
        log = self.query_one(RingLog)
        log.follow(not log.following)

    def do_copy(self) -> None:
        text = "\n".join(line.text for line in self.query_one(RingLog).lines)
        self.say(copy_text(self.app, text))

    def do_search(self) -> None:
        self.query_one(FilterField).open()

    @on(Input.Changed, "#filter")
    def searched(self, event: Input.Changed) -> None:
        if event.value.strip() != self._search:
            self._search = event.value.strip()
            self.refresh_data()

    @on(FilterField.Left)
    def to_rows(self) -> None:
        self.query_one(RingLog).focus()
