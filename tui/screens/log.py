"""The log: everything that happened, by level, brand, SKU and text; any line opens its item."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input

from core.errors import DextreError
from core.sync.events import Event, Level
from core.workspace import folded
from tui.actions import bindings
from tui.clean import clean
from tui.clipboard import copy_text
from tui.i18n import N_, _
from tui.keymap import keyed
from tui.remedies import told
from tui.screens.live_log import LiveLog
from tui.session import log_line
from tui.widgets.fields import FilterField
from tui.widgets.prose import Prose
from tui.widgets.ringlog import LogLine, RingLog

if TYPE_CHECKING:
    from core.workspace import EventFeed

FROM_FILE = 5_000
AT_FIRST = 200
RANKS = {Level.DEBUG: 0, Level.INFO: 1, Level.WARNING: 2, Level.ERROR: 3}
OTHERS_EVERY = 0.5
"""Seconds between two looks at the logs of the other brands."""

SKU = "sku:"
"""Before a word of the filter: exactly this SKU number."""


class LogScreen(LiveLog):
    NAME = N_("Log")
    BINDINGS = bindings("find", "log")
    AUTO_FOCUS = "RingLog"
    KEPT = "log"

    def __init__(self) -> None:
        super().__init__()
        self._least = Level.DEBUG
        self._search = ""
        self._sought = ""
        self._all_brands = False
        self._others: dict[str, EventFeed] = {}
        self._other_filter = False

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="about", classes="heading")
        about = _("Text, or sku:NUMBER for one item")
        yield FilterField(self._search, placeholder=about, id="filter")
        yield RingLog(id="log")

    def on_mount(self) -> None:
        state = self.own_app.state
        least = state.get(self.KEPT, "level", "")
        self._least = Level(least) if least in list(Level) else Level.DEBUG
        self._search = str(state.get(self.KEPT, "search", ""))
        self.query_one(FilterField).restore(self._search)
        self.set_interval(OTHERS_EVERY, self._drain_others)

    # -- what it shows -----------------------------------------------------------------------------

    def refresh_data(self) -> None:
        """What is in memory at once, then what the files hold, read beside the UI. Who has scrolled
        back meanwhile keeps the lines, unless the filter is another one.
        """
        kept = list(self.session.events)
        self.all_come()
        empty = _("No line fits the filter.") if kept else _("Nothing has happened yet.")
        self.query_one(RingLog).show(self.lines_of(kept[-AT_FIRST:]), empty)
        self._show_about()
        if self._all_brands or len(kept) >= AT_FIRST or not kept:
            self._read_files()

    @work(exclusive=True, group="log")
    async def _read_files(self) -> None:
        unread: list[str] = []
        try:
            lines = await asyncio.to_thread(self._from_files, unread)
        except DextreError as error:
            self.say(told(error), "warn")
            return
        if unread and self.is_attached:
            self.say("\n".join(unread), "warn")
        log = self.query_one(RingLog)
        if self.is_attached and (log.following or self._other_filter):
            self._other_filter = False
            log.show(lines)

    def _from_files(self, unread: list[str]) -> list[LogLine]:
        """`unread` gets what to say of other brands that cannot be opened."""
        events = self.desk.log(limit=FROM_FILE)
        return self.lines_of(self._with_others(events, unread) if self._all_brands else events)

    def _other_brands(self) -> list[str]:
        names = (brand.name for brand in self.own_app.workspace.brands())
        return [name for name in names if name != self.desk.brand.name]

    def _with_others(self, own: Sequence[Event], unread: list[str]) -> list[Event]:
        events = list(own)
        for name in self._other_brands():
            try:
                desk = self.own_app.workspace.desk(name)
                events += desk.log(limit=FROM_FILE)
            except DextreError as error:
                unread.append(f"{clean(name)}: {told(error)}")
                continue
            if name not in self._others:
                self._others[name] = desk.feed()
        return sorted(events, key=lambda event: event.at)[-FROM_FILE:]

    def _drain_others(self) -> None:
        for feed in self._others.values():
            if lines := self.lines_of(feed.drain()):
                self.query_one(RingLog).extend(lines)

    def lines_of(self, events: Iterable[Event]) -> list[LogLine]:
        words = folded(self._search).split()
        skus = [word.removeprefix(SKU) for word in words if word.startswith(SKU)]
        texts = [word for word in words if not word.startswith(SKU)]
        least = RANKS[self._least]
        lines = (self._line(event) for event in events if RANKS[event.level] >= least)
        return [
            line
            for line in lines
            if all(folded(line.sku) == sku for sku in skus)
            and all(text in folded(line.text) for text in texts)
        ]

    def _line(self, event: Event) -> LogLine:
        line = log_line(event)
        if not self._all_brands:
            return line
        return line._replace(text=f"{line.text}  ({clean(event.brand, 24)})", entry=line.text)

    def _show_about(self) -> None:
        level = {
            Level.DEBUG: _("all lines"),
            Level.WARNING: _("warnings and errors"),
            Level.ERROR: _("errors only"),
        }.get(self._least, _("all lines"))
        words = _("Shown: %(what)s") % {"what": level}
        if self._all_brands:
            words += "   " + _("all brands")
        if not self.query_one(RingLog).following:
            words += "   " + keyed(_("paused: %(key)s goes on"), "log.pause")
        words += "   " + _("File: %(file)s") % {"file": clean(self.desk.log_path)}
        self.query_one("#about", Prose).update(words)

    @on(RingLog.Following)
    def following(self) -> None:
        self._show_about()
        self.refresh_bindings()

    # -- filters -----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "main.cancel" and self._search:
            return None
        if action_id == "log.brand" and not self._other_brands():
            return _("There is only this brand.")
        return super().why_not(action_id)

    def key_words(self, action_id: str) -> str:
        if action_id == "log.pause" and self.is_whole and not self.query_one(RingLog).following:
            return _("Follow")
        return super().key_words(action_id)

    def do_level(self) -> None:
        levels = (Level.DEBUG, Level.WARNING, Level.ERROR)
        self._least = levels[(levels.index(self._least) + 1) % len(levels)]
        self.own_app.state.put(self.KEPT, "level", self._least.value)
        self._filter_anew()

    def do_brand(self) -> None:
        self._all_brands = not self._all_brands
        if not self._all_brands:
            for feed in self._others.values():
                feed.close()
            self._others.clear()
        self._filter_anew()

    def _filter_anew(self) -> None:
        self._other_filter = True
        self.refresh_data()

    def do_search(self) -> None:
        self.query_one(FilterField).open()

    @on(Input.Changed, "#filter")
    def searched(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if text == self._search:
            return
        self._search = text
        self._sought = text or self._sought
        self.own_app.state.put(self.KEPT, "search", text)
        self._filter_anew()

    @on(FilterField.Left)
    def to_rows(self) -> None:
        self.query_one(RingLog).focus()

    def do_next(self) -> None:
        self._to_hit(1)

    def do_previous(self) -> None:
        self._to_hit(-1)

    def _to_hit(self, by: int) -> None:
        log = self.query_one(RingLog)
        sought = folded(self._sought).removeprefix(SKU)
        if not sought:
            self.say(keyed(_("Search first: press %(key)s and type."), "find.search"), "warn")
            return
        hits = [i for i, line in enumerate(log.lines) if sought in folded(line.text)]
        at = log.cursor_index
        later = [hit for hit in hits if (hit > at if by > 0 else hit < at)]
        if hits:
            log.go_to((later or hits)[0 if by > 0 else -1])
        else:
            self.say(_("No row fits “%(search)s”.") % {"search": clean(self._sought)}, "warn")

    # -- actions -----------------------------------------------------------------------------------

    def do_cancel(self) -> None:
        """Esc on the lines ends the search as it does in the field."""
        if self._search and not self.is_working:
            self.query_one(FilterField).action_leave()
            return
        super().do_cancel()

    def do_pause(self) -> None:
        log = self.query_one(RingLog)
        log.follow(not log.following)

    def do_copy(self) -> None:
        log = self.query_one(RingLog)
        lines = [log.current] if log.current is not None else log.lines
        self.say(copy_text(self.app, "\n".join(line.text for line in lines)))
