"""Locations and inventory labels: what there is, and adding to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.containers import Vertical
from textual.widget import Widget

from core.model import Label, LabelType
from tui.actions import bindings
from tui.clean import clean
from tui.i18n import N_, _, listed
from tui.keymap import keyed
from tui.screens.base import BaseScreen, SubScreen
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes
from tui.widgets.prose import Prose
from tui.widgets.rows import ListSource, Row
from tui.widgets.table import VirtualTable
from tui.words import LABEL_COLOURS, LABEL_TYPES


class PlacesScreen(SubScreen):
    NAME = N_("Locations and inventory labels")
    BINDINGS = bindings("places")
    AUTO_FOCUS = "#locations"

    def body(self) -> Iterable[Widget]:
        with Vertical(id="tables"):
            yield Prose(_("Locations"), classes="heading")
            empty = _("No location yet. Press %(key)s to add one.")
            yield VirtualTable(id="locations", empty=keyed(empty, "places.location"))
            yield Prose(_("Inventory labels"), classes="heading")
            empty = _("No inventory label yet. Press %(key)s to add one.")
            yield VirtualTable(id="labels", empty=keyed(empty, "places.label"))

    def refresh_data(self) -> None:
        paired = {pair.location_id: pair.shopify_name for pair in self.desk.pairs()}
        rows = [
            Row(place.id, (clean(place.name), clean(paired.get(place.id, ""))))
            for place in self.desk.locations()
        ]
        columns = [
            Column(_("DEXTRE location"), 20, grow=1),
            Column(_("Shopify location"), 20, grow=1),
        ]
        self.query_one("#locations", VirtualTable).show(ListSource(rows), columns)
        linked = self.desk.link().label_code
        rows = [self._label_row(label, linked) for label in self.desk.labels()]
        columns = [
            Column(_("Code"), 10),
            Column(_("Name"), 14, grow=1),
            Column(_("Kind"), 14, drop=1),
            Column(_("Colour"), 8, drop=3),
            Column(_("Notes"), 20, grow=1, drop=2),
        ]
        self.query_one("#labels", VirtualTable).show(ListSource(rows), columns)

    def _label_row(self, label: Label, linked: str | None) -> Row:
        notes = [
            words
            for words, true in (
                (_("in the link"), label.code == linked),
                (_("default"), label.is_default),
                (_("negative allowed"), label.negative_allowed),
                (_("not orderable"), not label.orderable),
            )
            if true
        ]
        kind = _(LABEL_TYPES[label.type])
        colour = colour_word(label.colour)
        cells = (clean(label.code), clean(label.name), kind, colour, listed(notes))
        return Row(label.code, cells)

    def why_not(self, action_id: str) -> str | None:
        needs_row = action_id in ("places.edit", "places.remove")
        if needs_row and self._focused_table().current is None:
            return _("There is no row under the cursor.")
        if action_id.startswith("places."):
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def do_location(self) -> None:
        ask_for_location(self)

    def _focused_table(self) -> VirtualTable:
        labels = self.query_one("#labels", VirtualTable)
        return labels if labels.has_focus else self.query_one("#locations", VirtualTable)

    def do_edit(self) -> None:
        table = self._focused_table()
        key = table.current.key if table.current else ""
        if table.id == "labels":
            label = next((one for one in self.desk.labels() if one.code == key), None)
            if label is not None:
                self._ask_label(label)
            return
        name = self.desk.location_name(key)
        dialog = FormDialog(
            _("Edit the location"),
            [Ask("name", _("Name"), name)],
            _("Save"),
            lambda answers: self.attempt_words(
                lambda: self.desk.rename_location(key, answers["name"].strip())
            ),
        )
        self.app.push_screen(dialog, lambda _answers: self.refresh_data())

    def do_remove(self) -> None:
        table = self._focused_table()
        row = table.current
        if row is None:
            return
        if table.id == "labels":
            self._ask_to_remove_label(row.key)
            return
        name = self.desk.location_name(row.key)
        body = _(
            "%(location)s leaves the list. That works only where it is not paired and holds "
            "nothing; its history stays under its name."
        ) % {"location": clean(name)}
        dialog = ConfirmDialog(_("Remove the location"), body, _("Remove"), danger=True)
        self.app.push_screen(dialog, if_yes(lambda: self._remove(row.key, name)))

    def _remove(self, location_id: str, name: str) -> None:
        if self.attempt(lambda: self.desk.remove_location(location_id)):
            self.say(_("%(location)s was removed.") % {"location": clean(name)})
            self.refresh_data()

    def _ask_to_remove_label(self, code: str) -> None:
        body = _(
            "%(label)s leaves the list. That works only where it is not linked, not the default "
            "and holds nothing; its history stays under its code."
        ) % {"label": clean(code)}
        dialog = ConfirmDialog(_("Remove the inventory label"), body, _("Remove"), danger=True)
        self.app.push_screen(dialog, if_yes(lambda: self._remove_label(code)))

    def _remove_label(self, code: str) -> None:
        if self.attempt(lambda: self.desk.remove_label(code)):
            self.say(_("%(label)s was removed.") % {"label": clean(code)})
            self.refresh_data()

    def do_label(self) -> None:
        self._ask_label(None)

    def _ask_label(self, label: Label | None) -> None:
        """For a new label, or one that is there: its code is its name everywhere and stays."""
        yes_no = [("no", _("No")), ("yes", _("Yes"))]
        code = [] if label else [Ask("code", _("Code"), hint=_("short, such as NEW"))]
        asks = [
            *code,
            Ask("name", _("Name"), label.name if label else ""),
            Ask(
                "type",
                _("Kind"),
                label.type if label else LabelType.ACTUAL,
                options=[(k, _(w)) for k, w in LABEL_TYPES.items()],
            ),
            Ask(
                "colour",
                _("Colour"),
                label.colour if label else "blue",
                options=_colours(label.colour if label else "blue"),
            ),
            *self._default_ask(label),
            Ask(
                "negative",
                _("Negative quantity allowed"),
                "yes" if label and label.negative_allowed else "no",
                options=yes_no,
            ),
            Ask(
                "orderable",
                _("Orders may be placed from it"),
                "no" if label and not label.orderable else "yes",
                options=yes_no,
            ),
        ]
        title = _("Add an inventory label")
        if label:
            title = _("Edit the inventory label %(code)s") % {"code": clean(label.code)}
        dialog = FormDialog(
            title,
            asks,
            _("Save") if label else _("Add"),
            lambda answers: self._keep_label(label, answers),
        )
        self.app.push_screen(dialog, lambda _answers: self.refresh_data())

    def _default_ask(self, label: Label | None) -> list[Ask]:
        """The default label stays it until another one is made it; the first is it by itself."""
        if not self.desk.labels() or (label and label.is_default):
            return []
        return [Ask("default", _("Default"), "no", options=[("no", _("No")), ("yes", _("Yes"))])]

    def _keep_label(self, label: Label | None, answers: Mapping[str, str]) -> str | None:
        code = label.code if label else answers["code"].strip()
        kept = Label(
            code,
            answers["name"].strip() or code,
            colour=answers["colour"],
            type=LabelType(answers["type"]),
            is_default=answers.get("default", "yes") == "yes",
            orderable=answers["orderable"] == "yes",
            negative_allowed=answers["negative"] == "yes",
        )
        keep = self.desk.edit_label if label else self.desk.add_label
        return self.attempt_words(lambda: keep(kept))


def colour_word(colour: str) -> str:
    """In the reader's language where it is one of ours."""
    return _(LABEL_COLOURS[colour]) if colour in LABEL_COLOURS else clean(colour)


def _colours(now: str) -> list[tuple[str, str]]:
    """The colours to choose from, and one that a command gave."""
    return [(name, colour_word(name)) for name in dict.fromkeys((*LABEL_COLOURS, now))]


def ask_for_location(screen: BaseScreen) -> None:
    """The form for a new location, from wherever one is missing; the cursor goes to its row."""

    def added(answers: Mapping[str, str] | None) -> None:
        screen.refresh_data()
        name = answers["name"].strip() if answers else ""
        new = next((place.id for place in screen.desk.locations() if place.name == name), "")
        for table in screen.query(VirtualTable):
            table.go_to(new)

    dialog = FormDialog(
        _("Add a location"),
        [Ask("name", _("Name"))],
        _("Add"),
        lambda answers: screen.attempt_words(
            lambda: screen.desk.add_location(answers["name"].strip())
        ),
    )
    screen.app.push_screen(dialog, added)
