"""Settings: the way to the Shopify custom app, the inventory's basics, and how this app looks."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from tui.actions import bindings
from tui.clean import clean
from tui.i18n import N_, _, language
from tui.screens.base import MainScreen
from tui.themes import LIGHT
from tui.widgets.columns import Column
from tui.widgets.table import ListSource, Row, VirtualTable
from tui.words import CONNECTIONS, show


class SettingsScreen(MainScreen):
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
            Row("theme", (_("Theme"), _("light") if self.app.theme == LIGHT.name else _("dark"))),
        ]
        self.query_one(VirtualTable).show(ListSource(rows), columns)

    def do_open(self) -> None:
        row = self.query_one(VirtualTable).current
        match row.key if row else "":
            case "shopify":
                from tui.screens.shopify_app import ShopifyScreen

                self.app.push_screen(ShopifyScreen())
            case "places":
                from tui.screens.places import PlacesScreen

                self.app.push_screen(PlacesScreen())
            case "brands":
                from tui.screens.brands import BrandsScreen

                self.app.push_screen(BrandsScreen())
            case "language":
                self.call_later(self.own_app.do_language)
            case _:
                self.own_app.do_theme()
                self.refresh_data()
