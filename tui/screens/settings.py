"""Settings: the way to the Shopify custom app, the inventory's basics, and how this app looks."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from tui import keymap
from tui.actions import bindings
from tui.clean import ascii_only, clean, signs
from tui.i18n import N_, _, language
from tui.screens.base import BaseScreen, MainScreen
from tui.screens.pruning import Pruning
from tui.themes import ANSI_DARK, ANSI_LIGHT, DARK, LIGHT
from tui.widgets.columns import Column
from tui.widgets.dialogs import ErrorDialog
from tui.widgets.rows import ListSource, Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import CONNECTIONS, show


class SettingsScreen(Pruning, MainScreen):
    NAME = N_("Settings")
    BINDINGS = bindings("settings")
    AUTO_FOCUS = "VirtualTable"

    def body(self) -> Iterable[Widget]:
        yield VirtualTable(id="menu")

    def refresh_data(self) -> None:
        columns = [Column(_("Setting"), 30, grow=1), Column(_("Now"), 20, grow=2)]
        rows = [
            Row(
                "shopify",
                (_("Shopify custom app"), show(CONNECTIONS[self.session.status.connection])),
            ),
            Row("places", (_("Locations and inventory labels"), self.session.steps()[0].says)),
            Row("brands", (_("Brands"), clean(self.desk.brand.name))),
            Row("language", (_("Language"), {"en": "English", "ja": "日本語"}[language()])),
            Row("theme", (_("Theme"), self._theme())),
            Row("signs", (_("Signs"), _("plain (ASCII)") if ascii_only() else "✓ → ⇄ …")),
            Row("map_new", (_("New SKUs that fit the rule"), self._map_new())),
            Row("keys", (_("Keys of your own"), self._keys())),
            Row("backups", (_("Backups"), str(len(self.desk.backups())))),
            Row("movements", (_("Old movements"), _("can be forgotten"))),
            Row("tuning", (_("Settings of the sync"), self._tuning())),
            Row("doctor", (_("Doctor"), _("checks file, shop and terminal"))),
        ]
        self.query_one(VirtualTable).show(ListSource(rows), columns)

    def _theme(self) -> str:
        if self.app.no_color:
            return _("no colours (NO_COLOR)")
        names = {
            LIGHT.name: _("light"),
            DARK.name: _("dark"),
            ANSI_DARK: _("dark, the terminal's own colours"),
            ANSI_LIGHT: _("light, the terminal's own colours"),
        }
        return names.get(self.app.theme, self.app.theme)

    def _map_new(self) -> str:
        if self.desk.maps_new_at_once():
            return _("are mapped at once while linked")
        return _("are only proposed: map them yourself")

    def _tuning(self) -> str:
        changed = sum(one.changed for one in self.desk.settings())
        if changed:
            return _("safety stop, pace, log: %(n)d changed") % {"n": changed}
        return _("safety stop, pace, log")

    def _keys(self) -> str | Toned:
        keys, faults = keymap.load(self.own_app.home)
        if faults:
            words = _("%(file)s has faults (%(key)s)")
            words %= {"file": keymap.FILE, "key": keymap.key_of("settings.open")}
            return Toned(signs("! ") + words, "warn")
        return _("%(n)d in %(file)s") % {"n": len(keys), "file": keymap.FILE}

    async def do_open(self) -> None:
        row = self.query_one(VirtualTable).current
        key = row.key if row else ""
        if key in ("shopify", "places", "brands", "backups", "tuning", "doctor"):
            self.app.push_screen(below(key))
        elif key == "language":
            self.call_later(self.own_app.do_language)
        elif key == "signs":
            self.call_later(self.own_app.do_signs)
        elif key == "map_new":
            self._change_map_new()
        elif key == "movements":
            self._prune_movements()
        elif key == "keys":
            self._open_keys()
        else:
            self.own_app.do_theme()
            self.refresh_data()

    def _open_keys(self) -> None:
        """What is wrong with the reader's own keys, else all that work."""
        home = self.own_app.home
        if faults := keymap.load(home)[1]:
            told = keymap.told_whole(faults, home)
            self.app.push_screen(ErrorDialog("keys_file", told, _(keymap.REMEDY)))
        else:
            self.own_app.do_help()

    def _prune_movements(self) -> None:
        if reason := self.session.why_only_looking():
            self.say(reason, "warn")
        else:
            self.ask_to_prune()

    def _change_map_new(self) -> None:
        if reason := self.session.why_only_looking():
            self.say(reason, "warn")
            return
        at_once = not self.desk.maps_new_at_once()
        if self.attempt(lambda: self.desk.set_maps_new(at_once=at_once)):
            self.refresh_data()


def below(name: str) -> BaseScreen:
    """Imported when first opened."""
    match name:
        case "shopify":
            from tui.screens.shopify_app import ShopifyScreen

            return ShopifyScreen()
        case "places":
            from tui.screens.places import PlacesScreen

            return PlacesScreen()
        case "backups":
            from tui.screens.backups import BackupsScreen

            return BackupsScreen()
        case "tuning":
            from tui.screens.tuning import TuningScreen

            return TuningScreen()
        case "doctor":
            from tui.screens.doctor import DoctorScreen

            return DoctorScreen()
        case _:
            from tui.screens.brands import BrandsScreen

            return BrandsScreen()
