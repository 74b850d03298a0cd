"""Brands: choose one, or add one. The first start asks for the name of the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button

from tui.actions import bindings
from tui.clean import clean
from tui.i18n import N_, _
from tui.keymap import keyed
from tui.remedies import told
from tui.screens.base import SubScreen
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.fields import Press
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row
from tui.widgets.table import VirtualTable


class BrandsScreen(SubScreen):
    NAME = N_("Brands")
    BINDINGS = bindings("brands")
    AUTO_FOCUS = "VirtualTable"

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="welcome")
        with Horizontal(classes="buttons"):
            yield Press(_("Add a brand"), id="add")
        yield VirtualTable(
            [Column(_("Brand"), 20, grow=1)], id="brands", empty=_("There is no brand yet.")
        )

    def refresh_data(self) -> None:
        brands = self.own_app.workspace.brands()
        words = _("Choose a brand with %(key)s. One brand links to exactly one Shopify shop.")
        words = keyed(words, "brands.open")
        if not brands:
            words = _(
                "Welcome. dextre-sync keeps your inventory and a Shopify shop equal.\n"
                "Start by naming your brand: the shop or company whose stock this is."
            )
        self.query_one("#welcome", Prose).update(words)
        rows = [Row(brand.name, (clean(brand.name),)) for brand in brands]
        self.query_one(VirtualTable).show(ListSource(rows))
        if not brands:
            self.query_one("#add").focus()

    def do_open(self) -> None:
        row = self.query_one(VirtualTable).current
        if row is not None:
            self._open(row.key)

    def _open(self, name: str) -> None:
        session = self.own_app.session
        if session is not None and session.desk.brand.name == name:
            self.app.pop_screen()
            return
        self.own_app.open_brand(name)

    def do_back(self) -> None:
        if self.own_app.session is None:
            self.own_app.exit(0)
            return
        super().do_back()

    @on(Button.Pressed, "#add")
    def do_add(self) -> None:
        dialog = FormDialog(
            _("Add a brand"),
            [Ask("name", _("Brand"))],
            _("Add"),
            lambda answers: self._add_words(answers["name"]),
        )
        self.app.push_screen(dialog, self._added)

    def _add_words(self, name: str) -> str | None:
        from core.errors import DextreError

        try:
            self.own_app.workspace.add_brand(name.strip())
        except DextreError as error:
            return told(error)
        return None

    def _added(self, answers: Mapping[str, str] | None) -> None:
        if answers is not None:
            self._open(answers["name"].strip())
