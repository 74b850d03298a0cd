"""Settings of the sync: the limits of the safety stop, pace, which quantity is linked, how long the
log is. What is changed counts at once, in whichever process the sync runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from core.sync.events import Event, SettingChanged
from core.workspace.settings import OFF, ON, SettingNow, named
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _
from tui.screens.base import SubScreen
from tui.widgets.columns import Column, fold
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable

TITLES: Mapping[str, str] = {
    "breaker.zeroed_percent": N_("Safety stop: quantities to 0, percent"),
    "breaker.zeroed_at_least": N_("Safety stop: so many to 0 are all right"),
    "breaker.changed_percent": N_("Safety stop: changes in one pass, percent"),
    "breaker.changed_from_cells": N_("Safety stop: changes count from cells"),
    "breaker.gone_percent": N_("Safety stop: mapped items gone, percent"),
    "breaker.gone_at_least": N_("Safety stop: so many gone are all right"),
    "pacing.tick_s": N_("Pace: seconds between readings"),
    "pacing.slow_when_quiet": N_("Pace: slower while nothing changes"),
    "pacing.quiet_tick_s": N_("Pace: seconds while nothing changes"),
    "pacing.sweep_s": N_("Pace: seconds to read every cell once"),
    "pacing.sweep_percent": N_("Pace: percent of the points for that"),
    "pacing.catalogue_s": N_("Pace: seconds between looks at the catalogue"),
    "link.quantity": N_("Link: which of Shopify's quantities"),
    "link.map_new": N_("Link: new SKUs that fit the rule"),
    "log.file_mb": N_("Log: megabytes a file"),
    "log.keep_files": N_("Log: older files that are kept"),
    "log.keep_days": N_("Log: days that older files are kept"),
}

VALUES: Mapping[str, str] = {
    ON: N_("on"),
    OFF: N_("off"),
    "available": N_("available"),
    "on_hand": N_("on hand"),
    "at_once": N_("mapped at once"),
    "proposed": N_("only proposed"),
}


class TuningScreen(SubScreen):
    NAME = N_("Settings of the sync")
    BINDINGS = bindings("tuning")
    AUTO_FOCUS = "VirtualTable"

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[str, SettingNow] = {}

    def body(self) -> Iterable[Widget]:
        yield VirtualTable(id="settings")
        yield Static("", id="about", classes="text dim", markup=False)

    def refresh_data(self) -> None:
        self._settings = {one.name: one for one in self.desk.settings()}
        columns = [
            Column(_("Setting"), 34, grow=1),
            Column(_("Now"), 16),
            Column(_("Default value"), 13, drop=1),
        ]
        rows = [self._row(one) for one in self._settings.values()]
        self.query_one(VirtualTable).show(ListSource(rows), columns)

    @staticmethod
    def _row(one: SettingNow) -> Row:
        now: str | Toned = value_words(one.value)
        if one.changed:
            now = Toned(value_words(one.value), "warn")
        default = value_words(one.default) if one.changed else ""
        return Row(one.name, (_(TITLES.get(one.name, one.name)), now, default))

    def _here(self) -> SettingNow | None:
        row = self.query_one(VirtualTable).current
        return self._settings.get(row.key) if row else None

    @on(VirtualTable.Moved)
    def show_about(self) -> None:
        here = self._here()
        lines = [] if here is None else fold(signs("→ ") + _(here.about), self.size.width - 3)
        if here is not None:
            lines.append(f"  {here.name}")
        self.query_one("#about", Static).update("\n".join(lines))
        self.refresh_bindings()

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, SettingChanged) for event in new):
            self.refresh_data()

    # -- changing ----------------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if not action_id.startswith("tuning."):
            return super().why_not(action_id)
        if reason := self.session.why_only_looking():
            return reason
        here = self._here()
        if action_id == "tuning.reset" and here is not None and not here.changed:
            return _("It has its default already.")
        return None

    def do_edit(self) -> None:
        here = self._here()
        if here is None:
            return
        setting = named(here.name)
        known = (ON, OFF) if isinstance(setting.default, bool) else setting.choices
        options = [(value, value_words(value)) for value in known]
        dialog = FormDialog(
            _("Change a setting"),
            [Ask("value", _("Value"), here.value, options=options)],
            _("Save"),
            lambda answers: self.attempt_words(
                lambda: self.desk.set_setting(here.name, answers["value"])
            ),
            note=f"{_(TITLES.get(here.name, here.name))}\n{_(here.about)}",
        )
        self.app.push_screen(dialog, lambda _answers: self.refresh_data())

    def do_reset(self) -> None:
        here = self._here()
        if here is not None and (done := self.attempt(lambda: self.desk.reset_setting(here.name))):
            value = value_words(done.value.value)
            told = {"name": _(TITLES.get(here.name, here.name)), "value": value}
            self.say(_("%(name)s: back to %(value)s.") % told)
            self.refresh_data()


def value_words(value: str) -> str:
    return _(VALUES[value]) if value in VALUES else clean(value, 40)
