"""Changing quantities on the inventory screen: set, add, take and move with a reason, typing row
after row, and undo and redo of all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from textual import on, work
from textual.widgets import Input

from core.errors import BadInput, DextreError
from core.model import Label, Location, Movement
from tui import counted
from tui.clean import clean
from tui.i18n import N_, _, aside, headed, listed, ngettext, sentences
from tui.keymap import keyed
from tui.remedies import told
from tui.screens.base import Done, MainScreen, Progress, Work
from tui.typed import plain, whole
from tui.widgets.dialogs import Ask, FormDialog
from tui.widgets.entry import EntryField
from tui.widgets.marking import MarkingTable
from tui.widgets.rows import Toned
from tui.widgets.table import VirtualTable

UNDO_KEPT = 200

AT_ONCE = 4
"""Changes that are undone at once and named one by one; more go beside the screen."""

Act = Callable[[Sequence[str], int, str, Progress], Sequence[Movement]]
"""What a form does: (SKU numbers, number, reason, progress)."""

Make = Callable[[str, str], Act]
"""The same for any (location name, label code)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a person has changed in one go, as differences."""

    deltas: tuple[tuple[str, str, str, int], ...]
    """(SKU number, location name, label code, difference)"""


class Changing(MainScreen):
    """Needs of the screen: a MarkingTable whose rows are items, `label` and `location`."""

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[Change] = []
        self._undone: list[Change] = []
        self._late = False
        self._typing: tuple[str, str, str] | None = None
        """(SKU number, location name, label code) of what is typed now."""

    @property
    def label(self) -> Label | None:
        raise NotImplementedError

    @property
    def location(self) -> Location | None:
        raise NotImplementedError

    def why_not_now(self) -> str | None:
        """Only one change at a time."""
        if reason := self.session.why_only_looking():
            return reason
        return self.why_busy() if self.is_working else None

    def seen_again(self, skus: Collection[str] = ()) -> None:
        """Quantities have changed, those of a few known items or any: paint them."""
        table = self.query_one(MarkingTable)
        if skus:
            table.reread(skus)
            self.show_held()
        else:
            table.invalidate()
        self.refresh_bindings()

    # -- forms -------------------------------------------------------------------------------------

    def do_set(self) -> None:
        self._ask(_("Set the quantity"), _("New quantity"), self._held(), self._set)

    def do_add(self) -> None:
        self._ask(_("Add units"), _("Units to add"), "1", self._adjust_by(1))

    def do_take(self) -> None:
        self._ask(_("Take units"), _("Units to take"), "1", self._adjust_by(-1))

    def _held(self) -> str:
        """What the one chosen item has; nothing where several are chosen."""
        skus = self.query_one(MarkingTable).chosen()
        label, place = self.label, self.location
        if len(skus) != 1 or label is None or place is None:
            return ""
        for level in self.desk.levels_of(skus[0]):
            if level.key.location_id == place.id and level.key.label_code == label.code:
                return str(level.quantity)
        return "0"

    def _ask(self, title: str, question: str, value: str, make: Make) -> None:
        skus = self.query_one(MarkingTable).chosen()
        place, label = self.location, self.label
        if not skus or place is None or label is None:
            return

        asks = [Ask("n", question, value), Ask("why", _("Reason"), hint=_("optional"))]
        about = _("%(sku)s at %(location)s, inventory label %(label)s") % {
            "sku": _named(skus),
            "location": clean(place.name),
            "label": clean(label.name or label.code),
        }
        self._show_form(
            headed(title, _named(skus)),
            _("Save"),
            about,
            asks,
            lambda _a: make(place.name, label.code),
        )

    def _show_form(
        self,
        title: str,
        ok: str,
        about: str,
        asks: Sequence[Ask],
        act: Callable[[Mapping[str, str]], Act],
        wrong: str = "",
    ) -> None:
        """What is done to one item is done while the form is open, so that it can tell what is
        wrong; what is done to many, beside the screen: where that is refused, the form comes back
        with what was typed and with what is `wrong`.
        """
        skus = self.query_one(MarkingTable).chosen()

        def again(answers: Mapping[str, str], refused: DextreError) -> None:
            typed = [replace(ask, value=answers[ask.name]) for ask in asks]
            self._show_form(title, ok, about, typed, act, told(refused))

        def submit(answers: Mapping[str, str]) -> str | None:
            if reason := self.session.why_only_looking():
                return reason
            if len(skus) > 1:
                return self.attempt_words(lambda: whole(answers["n"]))
            return self.attempt_words(
                lambda: self._make(act(answers), skus, whole(answers["n"]), answers["why"])
            )

        def closed(answers: Mapping[str, str] | None) -> None:
            if answers and len(skus) > 1:
                n, why = whole(answers["n"]), answers["why"]
                self._make_many(
                    title,
                    lambda progress: act(answers)(skus, n, why, progress),
                    lambda refused: again(answers, refused),
                )
            elif answers:
                self.seen_again(skus)

        self.app.push_screen(FormDialog(title, asks, ok, submit, about, wrong), closed)

    def _make(self, act: Act, skus: Sequence[str], n: int, reason: str) -> None:
        self._note(act(skus, n, reason, _silent))

    @work(exclusive=True, group="job")
    async def _make_many(
        self,
        title: str,
        act: Callable[[Progress], Sequence[Movement]],
        again: Callable[[DextreError], None],
    ) -> None:
        """One commit; Esc before it leaves everything as it was. `again`: it was refused."""
        refused: list[DextreError] = []
        done = await self._made(title, act, tell=refused.append)
        if refused:
            again(refused[0])
        if done is not None:
            self._note(done.value)
            told = {"what": title, "levels": counted.quantities(len(done.value))}
            words = _("%(what)s: %(levels)s.") % told
            self._say_made(sentences(words, keyed(_("%(key)s undoes it."), "inventory.undo")))

    async def _made(
        self,
        title: str,
        act: Callable[[Progress], Sequence[Movement]],
        *,
        tell: Callable[[DextreError], object] | None = None,
    ) -> Done[Sequence[Movement]] | None:
        begun: list[Work | None] = []

        def start(progress: Progress) -> Future[Sequence[Movement]]:
            begun.append(self._work)
            return self.beside(act)(progress)

        done = await self.job(title, start, tell=tell)
        self._late = any(work is not None and work.cancelled for work in begun)
        self.seen_again()
        return done

    def _say_made(self, words: str) -> None:
        """Also that Esc came too late, where it did."""
        late = keyed(_("It was done before %(key)s was pressed."), self.CANCEL)
        self.say(sentences(late, words) if self._late else words)

    def _set(self, place: str, label: str) -> Act:
        def act(skus: Sequence[str], n: int, why: str, progress: Progress) -> Sequence[Movement]:
            if len(skus) == 1:
                return [self.desk.set_stock(skus[0], place, n, label, why)]
            return self.desk.set_stock_many(skus, place, n, label, why, progress)

        return act

    def _adjust_by(self, sign: int) -> Make:
        def make(place: str, label: str) -> Act:
            def act(skus: Sequence[str], n: int, why: str, tell: Progress) -> Sequence[Movement]:
                _refuse_none(n)
                if len(skus) == 1:
                    return [self.desk.adjust_stock(skus[0], place, sign * n, label, why)]
                deltas = [(sku, place, label, sign * n) for sku in skus]
                return self.desk.adjust_stock_many(deltas, why, tell)

            return act

        return make

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

        def act(answers: Mapping[str, str]) -> Act:
            source, target = (place.name, label.code), (answers["to"], answers["label"])

            def move(skus: Sequence[str], n: int, why: str, tell: Progress) -> Sequence[Movement]:
                if len(skus) == 1:
                    return self.desk.move_stock(skus[0], source, target, n, why)
                return self.desk.move_stock_many(skus, source, target, n, why, tell)

            return move

        about = _("From %(location)s, inventory label %(label)s") % {
            "location": clean(place.name),
            "label": clean(label.name or label.code),
        }
        title = _("Move: %(sku)s") % {"sku": _named(skus)}
        self._show_form(title, _("Move"), about, asks, act)

    # -- row after row -----------------------------------------------------------------------------

    def do_type(self) -> None:
        self.query_one(EntryField).empty()
        self._type_here()
        self._place_entry()

    def _type_here(self) -> None:
        """What is typed from now on is for the cell under the cursor, wherever that cell goes."""
        row, place, label = self.query_one(MarkingTable).current, self.location, self.label
        self._typing = (row.key, place.name, label.code) if row and place and label else None

    def show_held(self) -> None:
        """The number that is typed over, as its cell shows it."""
        table = self.query_one(MarkingTable)
        cells = table.current.cells if table.current else ()
        held = cells[table.cell] if 0 <= table.cell < len(cells) else ""
        self.query_one(EntryField).placeholder = held.text if isinstance(held, Toned) else held

    def _place_entry(self) -> None:
        self.show_held()
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
        self._type_here()
        self._place_entry()

    @on(VirtualTable.Moved)
    def keep_entry(self) -> None:
        if self.query_one(EntryField).has_class("-on"):
            self.call_after_refresh(self._follow_row)

    def _follow_row(self) -> None:
        """The row that is typed into may be elsewhere now, or have left."""
        entry, row = self.query_one(EntryField), self.query_one(MarkingTable).current
        if not entry.has_class("-on"):
            return
        if row is not None and self._typing is not None and row.key == self._typing[0]:
            self._place_entry()
            return
        entry.action_leave()
        if words := self._row_lost():
            self.say(words, "warn")

    @on(Input.Submitted, "#entry")
    def typed(self, event: Input.Submitted) -> None:
        if self._typing is None:
            return
        sku, place, label = self._typing
        text = plain(event.value)
        if text:
            make = self._adjust_by(1) if text[0] in "+-" else self._set
            try:
                self._make(make(place, label), [sku], whole(text), "")
            except BadInput as error:
                self.say(told(error), "bad")
                return
            except DextreError as error:  # what is typed next meets the same: no more typing
                self.query_one(EntryField).action_leave()
                self.tell_error(error)
                return
            self.own_app.look()
            self.query_one(MarkingTable).reread((sku,))
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
        if reason := self.why_not_now():
            return reason
        if self._undone and not self._changes:
            return _("There is nothing more to undo.")
        return None if self._changes else _("Nothing was changed here since the start.")

    def why_not_redo(self) -> str | None:
        if reason := self.why_not_now():
            return reason
        return None if self._undone else _("There is nothing to redo.")

    def do_undo(self) -> None:
        self._again(self._changes, self._undone, -1, _("Undone: %(what)s"))

    def do_redo(self) -> None:
        self._again(self._undone, self._changes, 1, _("Done again: %(what)s"))

    @work(exclusive=True, group="job")
    async def _again(
        self, source: list[Change], target: list[Change], sign: int, words: str
    ) -> None:
        """As differences: what others have changed since stays. All of it or nothing."""
        change = source[-1]
        reason = _("undo") if sign < 0 else _("redo")
        deltas = [(sku, place, label, sign * n) for sku, place, label, n in change.deltas]
        if len(deltas) <= AT_ONCE:
            done: Done[Sequence[Movement]] | None = self.attempt(
                lambda: self.desk.adjust_stock_many(deltas, reason)
            )
            self._late = False
            self.seen_again({sku for sku, *_rest in deltas})
        else:
            done = await self._made(
                reason, lambda progress: self.desk.adjust_stock_many(deltas, reason, progress)
            )
        if done is not None:
            target.append(source.pop())
            self._say_made(words % {"what": self._named_deltas(deltas)})

    def _named_deltas(self, deltas: Sequence[tuple[str, str, str, int]]) -> str:
        """Few by their names, many by how many they are."""
        if len(deltas) > AT_ONCE:
            return counted.quantities(len(deltas))
        return listed(
            f"{clean(sku)} {clean(place)} {self._other_label(label)}{n:+d}"
            for sku, place, label, n in deltas
        )[:160]

    def _other_label(self, code: str) -> str:
        """A label's name, where it is another one than the screen shows."""
        if self.label is not None and self.label.code == code:
            return ""
        names = {label.code: label.name for label in self.desk.labels()}
        return aside(clean(names.get(code) or code, 30)) + " "


def _refuse_none(n: int) -> None:
    """Of a difference that is none. Raises BadInput."""
    if not n:
        raise BadInput(detail=N_("0 units change nothing."))


def _silent(_done: int, _total: int | None) -> None:
    """Progress of what is done at once."""


def _named(skus: list[str]) -> str:
    """One by its SKU number, more by how many they are."""
    if len(skus) == 1:
        return clean(skus[0])
    words = ngettext("%(n)d marked item", "%(n)d marked items", len(skus))
    return words % {"n": len(skus)}
