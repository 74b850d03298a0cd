"""Changing quantities on the inventory screen: set, add, take and move with a reason, typing row
after row, and undo and redo of all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Input

from core.errors import BadInput
from core.model import Label, Location, Movement
from tui.clean import clean
from tui.i18n import N_, _, headed, listed, ngettext
from tui.remedies import told
from tui.screens.base import MainScreen
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.fields import Field
from tui.widgets.marking import MarkingTable
from tui.widgets.table import VirtualTable

UNDO_KEPT = 200

Make = Callable[[str, str, str, int, str], Iterable[Movement]]
"""What a form does: (SKU number, location name, label code, number, reason)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a person has changed in one go, as differences."""

    deltas: tuple[tuple[str, str, str, int], ...]
    """(SKU number, location name, label code, difference)"""


class EntryField(Field):
    """A field over the cell under the cursor; Enter keeps the number and goes to the next row."""

    DEFAULT_CSS = """
    EntryField { display: none; overlay: screen; width: 13; background: $accent;
        color: $background; }
    EntryField:focus { background: $accent; color: $background; }
    EntryField:nocolor, EntryField:nocolor:focus { background: $field-ground; color: $foreground; }
    EntryField.-on { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
    ]

    class Left(Message):
        """No more typing."""

    class Stepped(Message):
        """To another row; what stands in the field is thrown away."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_leave(self) -> None:
        self.remove_class("-on")
        self.post_message(self.Left())

    def action_step(self, by: int) -> None:
        self.post_message(self.Stepped(by))

    def empty(self) -> None:
        with self.prevent(self.Changed):
            self.value = ""

    def open_at(self, place: Offset, width: int) -> None:
        if self.styles.width is None or self.styles.width.value != width:
            self.styles.width = width
        self.absolute_offset = place
        self.add_class("-on")
        self.focus()
        self.refresh(layout=True)


class Changing(MainScreen):
    """Needs of the screen: a MarkingTable whose rows are items, `label` and `location`."""

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[Change] = []
        self._undone: list[Change] = []

    @property
    def label(self) -> Label | None:
        raise NotImplementedError

    @property
    def location(self) -> Location | None:
        raise NotImplementedError

    def seen_again(self) -> None:
        """Quantities have changed: paint them."""
        self.query_one(MarkingTable).invalidate()
        self.refresh_bindings()

    # -- forms -------------------------------------------------------------------------------------

    def do_set(self) -> None:
        self._ask(_("Set the quantity"), _("New quantity"), self._held(), self._set)

    def do_add(self) -> None:
        self._ask(_("Add units"), _("Units to add"), "1", self._adjust_by(1))

    def do_take(self) -> None:
        self._ask(_("Take units"), _("Units to take"), "1", self._adjust_by(-1))

    def _held(self) -> str:
        row = self.query_one(MarkingTable).current
        label, place = self.label, self.location
        if row is None or label is None or place is None:
            return ""
        for level in self.desk.levels_of(row.key):
            if level.key.location_id == place.id and level.key.label_code == label.code:
                return str(level.quantity)
        return "0"

    def _ask(self, title: str, question: str, value: str, make: Make) -> None:
        skus = self.query_one(MarkingTable).chosen()
        place, label = self.location, self.label
        if not skus or place is None or label is None:
            return

        def submit(answers: Mapping[str, str]) -> str | None:
            return self.attempt_words(
                lambda: self._make(
                    skus, place.name, label.code, whole(answers["n"]), answers["why"], make
                )
            )

        asks = [Ask("n", question, value), Ask("why", _("Reason"), hint=_("optional"))]
        about = _("%(sku)s at %(location)s, inventory label %(label)s") % {
            "sku": _named(skus),
            "location": clean(place.name),
            "label": clean(label.name or label.code),
        }
        dialog = FormDialog(headed(title, _named(skus)), asks, _("Save"), submit, note=about)
        self.app.push_screen(dialog, lambda _answers: self.seen_again())

    def _make(
        self, skus: Iterable[str], place: str, label: str, n: int, reason: str, make: Make
    ) -> None:
        moved: list[Movement] = []
        try:
            for sku in skus:
                moved += make(sku, place, label, n, reason)
        finally:
            self._note(moved)

    def _set(self, sku: str, place: str, label: str, n: int, why: str) -> Iterable[Movement]:
        return (self.desk.set_stock(sku, place, n, label, why),)

    def _adjust_by(self, sign: int) -> Make:
        def adjust(sku: str, place: str, label: str, n: int, why: str) -> Iterable[Movement]:
            return (self.desk.adjust_stock(sku, place, sign * n, label, why),)

        return adjust

    def do_move(self) -> None:
        """Some of it to another location, another label, or both."""
        skus = self.query_one(MarkingTable).chosen()
        place, label = self.location, self.label
        if not skus or place is None or label is None:
            return
        places = [(one.name, clean(one.name)) for one in self.desk.locations()]
        labels = [(one.code, clean(one.name or one.code)) for one in self.desk.labels()]
        others = [name for name, _words in places if name != place.name]
        asks = [
            Ask("n", _("Units to move"), "1"),
            Ask("to", _("To location"), others[0] if others else place.name, options=places),
            Ask("label", _("Inventory label"), label.code, options=labels),
            Ask("why", _("Reason"), hint=_("optional")),
        ]

        def submit(answers: Mapping[str, str]) -> str | None:
            def move(sku: str, _p: str, _l: str, n: int, why: str) -> Iterable[Movement]:
                target = (answers["to"], answers["label"])
                return self.desk.move_stock(sku, (place.name, label.code), target, n, why)

            return self.attempt_words(
                lambda: self._make(
                    skus, place.name, label.code, whole(answers["n"]), answers["why"], move
                )
            )

        about = _("From %(location)s, inventory label %(label)s") % {
            "location": clean(place.name),
            "label": clean(label.name or label.code),
        }
        dialog = FormDialog(
            _("Move: %(sku)s") % {"sku": _named(skus)}, asks, _("Move"), submit, note=about
        )
        self.app.push_screen(dialog, lambda _answers: self.seen_again())

    # -- row after row -----------------------------------------------------------------------------

    def do_type(self) -> None:
        self.query_one(EntryField).empty()
        self._place_entry()

    def _place_entry(self) -> None:
        table = self.query_one(MarkingTable)
        spot = table.cell_spot()
        if spot is not None:
            self.query_one(EntryField).open_at(*spot)

    def on_screen_suspend(self) -> None:
        entry = self.query_one(EntryField)
        if entry.has_class("-on"):
            entry.action_leave()

    @on(EntryField.Left)
    def typed_all(self) -> None:
        self.query_one(VirtualTable).focus()

    @on(EntryField.Stepped)
    def step_entry(self, message: EntryField.Stepped) -> None:
        table, entry = self.query_one(MarkingTable), self.query_one(EntryField)
        row = table.cursor
        table.action_cursor(message.by)
        entry.empty()  # what is typed from now on belongs to the next row
        if table.cursor == row:
            entry.action_leave()
            self.say(_("There is no further row."))
            return
        self.call_after_refresh(self._follow_row)

    def _follow_row(self) -> None:
        if self.query_one(EntryField).has_class("-on"):
            self._place_entry()

    @on(Input.Submitted, "#entry")
    def typed(self, event: Input.Submitted) -> None:
        table = self.query_one(MarkingTable)
        row, place, label = table.current, self.location, self.label
        if row is None or place is None or label is None:
            return
        text = event.value.strip().replace("＋", "+").replace("−", "-").replace("－", "-")
        if text:
            make = self._adjust_by(1) if text[0] in "+-" else self._set
            try:
                self._make([row.key], place.name, label.code, whole(text), "", make)
            except BadInput as error:
                self.say(told(error), "bad")
                return
            self.own_app.look()
            table.reread((row.key,))
        self.step_entry(EntryField.Stepped(1))

    # -- undo and redo -----------------------------------------------------------------------------

    def _note(self, moved: Iterable[Movement]) -> None:
        deltas = tuple(
            (
                one.key.sku_number,
                self.desk.location_name(one.key.location_id),
                one.key.label_code,
                one.after - (one.before or 0),
            )
            for one in moved
        )
        if any(delta for *_key, delta in deltas):
            self._changes.append(Change(deltas))
            del self._changes[:-UNDO_KEPT]
            self._undone.clear()

    def why_not_undo(self) -> str | None:
        if reason := self.session.why_only_looking():
            return reason
        return None if self._changes else _("Nothing was changed here since the start.")

    def why_not_redo(self) -> str | None:
        if reason := self.session.why_only_looking():
            return reason
        return None if self._undone else _("Nothing was undone.")

    def do_undo(self) -> None:
        self._again(self._changes, self._undone, -1, _("Undone: %(what)s"))

    def do_redo(self) -> None:
        self._again(self._undone, self._changes, 1, _("Done again: %(what)s"))

    def _again(self, source: list[Change], target: list[Change], sign: int, words: str) -> None:
        """As differences: what others have changed since stays. What takes comes first:
        where it may not, nothing has been added yet.
        """
        change = source[-1]
        reason = _("undo") if sign < 0 else _("redo")

        def act() -> None:
            for sku, place, label, delta in sorted(change.deltas, key=lambda one: one[3] * sign):
                self.desk.adjust_stock(sku, place, sign * delta, label, reason)

        if self.attempt(act):
            target.append(source.pop())
            told = listed(f"{clean(s)} {clean(p)} {sign * d:+d}" for s, p, _l, d in change.deltas)
            self.say(words % {"what": told[:120]})
        self.seen_again()


def _named(skus: list[str]) -> str:
    """One by its SKU number, more by how many they are."""
    if len(skus) == 1:
        return clean(skus[0])
    words = ngettext("%(n)d marked item", "%(n)d marked items", len(skus))
    return words % {"n": len(skus)}


def whole(text: str) -> int:
    """A whole number as people type it, full-width digits too."""
    typed = text.strip().replace(",", "").replace("−", "-")
    try:
        return int(typed)
    except ValueError:
        raise BadInput(detail=N_("The quantity must be a whole number.")) from None
