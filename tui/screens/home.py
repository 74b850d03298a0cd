"""Home: how the link stands, what to do next, and the live log, always in sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button

from core.sync.events import Event
from core.sync.level import Level
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.health import health_words
from tui.i18n import N_, _, aside, sentences
from tui.keymap import key_of, keyed
from tui.remedies import told
from tui.screens.base import MainScreen
from tui.screens.live_log import LiveLog
from tui.session import Step, log_line
from tui.when import age, day_and_time
from tui.widgets.columns import clip
from tui.widgets.dialogs import ConfirmDialog, if_yes
from tui.widgets.fields import OpenLine, Press
from tui.widgets.prose import Prose
from tui.widgets.ringlog import LogLine, RingLog
from tui.words import CONNECTIONS, owner_text, show

ROOMY = 18
"""Rows of the terminal from which on all figures are shown above the log."""

LATE = 60.0
"""Seconds after which an unsent change is worth a line."""


LABEL = 18
"""Cells of the names before the figures."""

NEEDS_LINE = 5
"""Which of the figures it is."""


class HomeScreen(LiveLog):
    NAME = N_("Home")
    BINDINGS = bindings("home")
    AUTO_FOCUS = "#log"

    def body(self) -> Iterable[Widget]:
        yield Prose(id="figures", hang=LABEL + 1)
        yield OpenLine(id="needs", hang=LABEL + 1)
        yield Prose(id="more", hang=LABEL + 1)
        with Vertical(id="next"):
            yield Prose("", id="next-words")
            with Horizontal(classes="buttons"):
                yield Press(_("Next step"), id="next-go")
        yield Prose("", id="log-title", classes="heading")
        yield RingLog(id="log", empty=_("Nothing has happened yet."))

    def refresh_data(self) -> None:
        self.all_come()
        self.query_one(RingLog).show(self.lines_of(self.session.events))
        self._show_figures()
        self._show_log_title()

    def lines_of(self, some: Iterable[Event]) -> list[LogLine]:
        """Details are in the log itself."""
        return [log_line(event) for event in some if event.level is not Level.DEBUG]

    def on_happenings(self, new: Sequence[Event]) -> None:
        super().on_happenings(new)
        self._show_figures()

    def come_back(self) -> None:
        if not self.query_one(RingLog).following:
            self._show_figures()
        super().come_back()

    # -- what it shows -----------------------------------------------------------------------------

    def _show_figures(self) -> None:
        lines, place = self._fitting()
        self._update("#figures", "\n".join(lines[:place]))
        self._update("#needs", lines[place])
        self._update("#more", "\n".join(lines[place + 1 :]))
        self.query_one("#more").display = len(lines) > place + 1
        step = self.session.next_step()
        area = self.query_one("#next")
        area.display = step is not None
        if step is not None:
            self._update("#next-words", self._next_words(step))
        self.refresh_bindings()

    def _update(self, which: str, words: str) -> None:
        """Only where it differs: an idle app sends nothing."""
        shown = self.query_one(which, Prose)
        if str(shown.content) != words:
            shown.update(words)

    def _fitting(self) -> tuple[list[str], int]:
        """All lines where there is room for a log as well, else what changes, cut to the width;
        and which of them is about what needs a person.
        """
        lines = self._figures()
        if self.size.height >= ROOMY:
            health = health_words(self.session.status)
            if not health:
                return lines, NEEDS_LINE
            line = clip(_line(_("Health"), health), self.size.width - 3)
            return [*lines[:4], line, *lines[4:]], NEEDS_LINE + 1
        kept = [lines[place] for place in (1, 3, NEEDS_LINE)] + lines[NEEDS_LINE + 1 :]
        return [clip(line, self.size.width - 3) for line in kept], 2

    def _figures(self) -> list[str]:
        status = self.session.status
        connection = show(CONNECTIONS[status.connection])
        if status.domain:
            connection += f"   {clean(status.shop_name or '', 30)}  {clean(status.domain, 40)}"
        link = _("On: both sides follow each other") if status.link else _("Off")
        if status.held:
            held = _("On, but a safety stop holds it: see key %(key)s")
            link = signs("! ") + keyed(held, "main.needs")
        lines = [
            _line(
                _("Brand"),
                clean(status.brand, 40) + self._demo_words(),
            ),
            _line(_("Shopify"), connection),
            _line(_("Inventory link"), link),
            _line(
                _("In sync"),
                _("%(n)s of %(cells)s; to Shopify %(push)s, from Shopify %(pull)s")
                % {
                    "n": f"{status.in_sync:,}",
                    "cells": counted.cells(status.cells),
                    "push": f"{status.pending_push:,}",
                    "pull": f"{status.pending_pull:,}",
                },
            ),
            _line(_("SKU mapping"), self.session.steps()[3].says),
            _line(_("Needs you"), self._needs_words()),
        ]
        if status.error:
            lines.append(_line(_("Error"), signs("✗ ") + told(status.error)))
        if status.oldest_unsent_s and status.oldest_unsent_s > LATE:
            waits = _("the oldest unsent change waits for %(age)s") % {
                "age": age(status.oldest_unsent_s)
            }
            lines.append(_line(_("Late"), signs("! ") + waits))
        if self.session.holder is not None:
            reason = self.session.why_only_looking() or ""
            take = keyed(_("%(key)s asks to take the sync over."), "home.take")
            lines.append(_line(_("Viewer"), sentences(reason, take)))
        return lines

    def _demo_words(self) -> str:
        return "  " + aside(_("practice shop")) if self.own_app.demo else ""

    def _needs_words(self) -> str:
        count = self.session.status.needs_you
        if not count:
            return signs("✓ ") + _("nothing")
        told = {"rows": counted.rows(count), "key": key_of("main.needs")}
        return signs("! ") + _("%(rows)s: see key %(key)s") % told

    def _next_words(self, step: Step) -> str:
        return signs("▸ ") + _("Next step: %(step)s. %(says)s.") % {
            "step": step.title,
            "says": step.says,
        }

    def _show_log_title(self) -> None:
        log = self.query_one(RingLog)
        paused = keyed(_("Live log (paused: %(key)s goes on)"), "home.pause")
        words = _("Live log") if log.following else paused
        last = self.session.status.last_pass_at
        if last and not self.session.status.link:
            words += "  " + _("last pass %(at)s") % {"at": day_and_time(last)}
        self.query_one("#log-title", Prose).update(words)

    @on(RingLog.Following)
    def following(self) -> None:
        self._show_log_title()
        self.refresh_bindings()

    def key_words(self, action_id: str) -> str:
        if action_id == "home.pause" and self.is_whole and not self.query_one(RingLog).following:
            return _("Follow log")
        return super().key_words(action_id)

    # -- actions -----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id == "home.sync":
            return self.session.why_not_linked()
        if action_id == "home.take" and self.session.holder is None:
            return _("The sync is run by this app already.")
        if action_id == "home.next" and self.session.next_step() is None:
            return _("Every step is done.")
        return super().why_not(action_id)

    def do_sync(self) -> None:
        if self.attempt(self.desk.sync_now):
            self.say(_("Looking at the shop now."))

    def do_take(self) -> None:
        body = _(
            "It is run by %(who)s. A service hands it over at once and takes it back when this app "
            "ends; in another app its person is asked. Until then you can look at everything."
        ) % {"who": owner_text(self.session.holder or "")}
        dialog = ConfirmDialog(_("Take the sync over?"), body, _("Take over"))
        self.app.push_screen(dialog, if_yes(self.own_app.take_over))

    def do_pause(self) -> None:
        log = self.query_one(RingLog)
        log.follow(not log.following)

    def do_brands(self) -> None:
        from tui.screens.brands import BrandsScreen

        self.app.push_screen(BrandsScreen())

    @on(OpenLine.Opened)
    def open_needs(self) -> None:
        self.do_needs()

    @on(Button.Pressed, "#next-go")
    def do_next(self) -> None:
        step = self.session.next_step()
        if step is not None:
            open_step(self, step.id)


def open_step(screen: MainScreen, step: str) -> None:
    """Go where a step is done; who leaves it comes back here."""
    from tui.screens.connect import ConnectScreen
    from tui.screens.enable import EnableScreen
    from tui.screens.pairing import PairingScreen

    app = screen.own_app
    if step in ("inventory", "mapping"):
        app.go(step)
        return
    ways: dict[str, type[ConnectScreen | PairingScreen | EnableScreen]] = {
        "connect": ConnectScreen,
        "pairing": PairingScreen,
        "enable": EnableScreen,
    }
    reason = ways[step].why_not_open(app.open_session)
    if reason:
        screen.say(reason, "warn")
        return
    app.push_screen(ways[step]())


def _line(label: str, words: str) -> str:
    return f"{clip(label, LABEL)} {words}"
