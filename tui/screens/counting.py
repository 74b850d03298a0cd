"""Stock-take with a barcode scanner, which is a keyboard: it types a code and Enter. Each scan
counts one; `12*CODE` counts twelve, `=12` puts the last one right. What was counted is kept on disk
after each scan, shown beside what should be there, and applied with a reason when the reader says
so.

What is applied is a difference: what was counted less what DEXTRE held at the first scan. A unit
that is sold while somebody counts stays sold: held 12, counted 12, now 10, so 10 it remains.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import on, work
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input

from core.model import Item, Label, Location, Movement
from core.sync.events import Event, RunApplied
from core.workspace import LARGEST
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.i18n import N_, _, listed, sentences
from tui.keymap import keyed
from tui.screens.base import Progress, SubScreen
from tui.session import OTHER_ITEMS
from tui.tally import Counted, Tally
from tui.widgets.columns import Column
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes
from tui.widgets.fields import Field, FormRow, ScanField
from tui.widgets.prose import Prose
from tui.widgets.rows import Row, Toned
from tui.widgets.table import VirtualTable
from tui.words import number, signed

PUT_RIGHT = re.compile(r"[=＝]\s*(\d+)")
MANY = re.compile(r"(\d+)\s*[*＊]\s*(.+)")
"""What is typed instead of a code; digits also full-width, as an input method makes them."""

MISSED_SHOWN = 5
NAMED = 3
"""Items of one barcode that are named."""

MOVED_SHOWN = 3


class CountedSource:
    """What was counted, newest first, beside what should be there: read when it is seen."""

    def __init__(self, counts: Mapping[str, Counted], row: Callable[[str, Counted], Row]) -> None:
        self._counts = [*counts.items()]
        self._row = row

    def __len__(self) -> int:
        return len(self._counts)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        last = len(self._counts) - start
        return [self._row(*one) for one in reversed(self._counts[max(0, last - count) : last])]


@dataclass(frozen=True, slots=True)
class CountedLevel:
    """A quantity that was counted, what DEXTRE held when it was, and what it holds now."""

    sku: str
    count: int
    held: int
    now: int | None
    below_zero: bool
    """Whether the label allows it."""

    @property
    def moved(self) -> int:
        """What came and went since it was counted."""
        return (self.now or 0) - self.held

    @property
    def result(self) -> int:
        """More may have been sold than there was: where the label knows nothing below 0, 0 it is
        (what is below it already may stay there).
        """
        wanted = self.count + self.moved
        return wanted if self.below_zero else max(wanted, min(self.now or 0, 0))

    @property
    def delta(self) -> int:
        return self.result - (self.now or 0)


@dataclass(frozen=True, slots=True)
class Compared:
    """What applying would do, and what it leaves out."""

    found: Sequence[CountedLevel]
    gone: Sequence[str] = ()
    """SKU numbers that no item has any more."""

    @property
    def differing(self) -> list[CountedLevel]:
        """A quantity that was never set is set, also to 0."""
        return [one for one in self.found if one.delta or one.now is None]

    @property
    def moved(self) -> list[CountedLevel]:
        return [one for one in self.found if one.moved]


class CountingScreen(SubScreen):
    NAME = N_("Stock-take")
    BINDINGS = bindings("count")
    AUTO_FOCUS = "#scan"

    def __init__(
        self, place: Location, label: Label, made: Callable[[Sequence[Movement]], None]
    ) -> None:
        """`made` is told what was changed, so that it can be taken back where the reader was."""
        super().__init__()
        self._made = made
        self._counted_at, self._label = place, label
        self._tally: Tally | None = None
        self._scans: list[tuple[str, int | None]] = []
        self._hit = False
        """Whether the last scan was counted: it is the first row, which `=12` puts right."""

    @property
    def tally(self) -> Tally:
        if self._tally is None:
            name = f"stock-take-{self.desk.brand.id}.json"
            self._tally = Tally(self.own_app.workspace.home / name)
        return self._tally

    @property
    def where(self) -> str:
        return Tally.where(self._counted_at, self._label)

    def body(self) -> Iterable[Widget]:
        yield Prose("", id="about", classes="text")
        with Vertical(classes="form"):
            field = ScanField(id="scan", placeholder=_("barcode or SKU number, Enter"))
            yield FormRow(_("Scan"), field)
        yield Prose("", id="heard", classes="line")
        yield VirtualTable(id="counted", empty=_("Nothing was counted yet."))

    # -- what it shows -----------------------------------------------------------------------------

    def refresh_data(self) -> None:
        counts = self.tally.counts(self.where)
        columns = [
            Column(_("SKU number"), 14, grow=1),
            Column(_("Name"), 14, grow=3, drop=1),
            Column(_("Counted"), 8, right=True),
            Column(_("Here"), 8, right=True),
            Column(_("Difference"), 12, right=True),
        ]
        self.query_one(VirtualTable).show(
            CountedSource(counts, self._row), columns, keep_cursor=False
        )
        about = _("At %(location)s, inventory label %(label)s: %(items)s, %(units)s") % {
            "location": clean(self._counted_at.name),
            "label": clean(self._label.name or self._label.code),
            "items": counted.items(len(counts)),
            "units": counted.units(sum(one.count for one in counts.values())),
        }
        how = _("12*CODE counts twelve; =12 puts the last one right. %(key)s applies.")
        about += "\n" + keyed(how, "count.apply")
        about += "".join(f"\n{line}" for line in self._missed())
        self.query_one("#about", Prose).update(about)
        self.refresh_bindings()

    def _missed(self) -> list[str]:
        """A line of the codes that counted nothing, if there are any."""
        newest = [*dict.fromkeys(reversed(self.tally.missed(self.where)))]
        if not newest:
            return []
        more = [signs("…")] if len(newest) > MISSED_SHOWN else []
        told = listed([*newest[:MISSED_SHOWN], *more])
        return [signs("✗ ") + _("Not counted: %(codes)s") % {"codes": told}]

    def _held(self, sku: str) -> int | None:
        for level in self.desk.levels_of(sku):
            key = level.key
            if (key.location_id, key.label_code) == (self._counted_at.id, self._label.code):
                return level.quantity
        return None

    def _level(self, sku: str, counted: Counted) -> CountedLevel:
        negative_allowed = self._label.negative_allowed
        return CountedLevel(sku, counted.count, counted.held, self._held(sku), negative_allowed)

    def _row(self, sku: str, counted: Counted) -> Row:
        item, level = self.desk.item(sku), self._level(sku, counted)
        cells = (
            clean(sku),
            clean(item.name) if item else "",
            str(level.count),
            number(level.now),
            _difference(level) if item else Toned(signs("✗ ") + _("gone"), "bad"),
        )
        return Row(sku, cells)

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(isinstance(event, (*OTHER_ITEMS, RunApplied)) for event in new):
            self.refresh_data()
        else:
            skus = {str(getattr(event, "sku", "")) for event in new}
            self.query_one(VirtualTable).reread(skus)

    # -- scanning ----------------------------------------------------------------------------------

    @on(Input.Submitted, "#scan")
    def scanned(self, event: Input.Submitted) -> None:
        code = event.value.strip()
        self.query_one("#scan", Field).value = ""
        if right := PUT_RIGHT.fullmatch(code):
            self._put_right(int(right[1]))
        elif many := MANY.fullmatch(code):
            self._count(many[2], int(many[1]))
        elif code:
            self._count(code)

    def _count(self, code: str, times: int = 1) -> None:
        self._hit = False
        item = self._find(code)
        if item is not None:
            before = self.tally.counts(self.where).get(item.sku_number)
            count = (before.count if before else 0) + times
            if count > LARGEST:
                self._miss(f"{times}*{code}")
            self._note(item.sku_number, count)

    def _find(self, code: str) -> Item | None:
        """By SKU number, else by barcode; a barcode that several items have counts none."""
        found = self._known(code) or self._known(unicodedata.normalize("NFKC", code))
        if len(found) == 1:
            return found[0]
        words = _("No item has the SKU number or barcode %(code)s. Nothing was counted.")
        if found:
            words = _("Several items have the barcode %(code)s (%(skus)s): type the SKU number.")
        self._miss(code)
        self._refuse(words % {"code": clean(code, 40), "skus": _some(found)})
        return None

    def _miss(self, scan: str) -> None:
        """It counted nothing: it stays in sight, the scans after it do not hide it."""
        self.tally.miss(self.where, clean(scan, 40))
        self.refresh_data()

    def _refuse(self, words: str) -> None:
        self._hear(signs("✗ ") + words, "bad")
        self.app.bell()

    def _known(self, code: str) -> Sequence[Item]:
        item = self.desk.item(code)
        return [item] if item is not None else list(self.desk.items_with_barcode(code))

    def _put_right(self, count: int) -> None:
        counts = [*self.tally.counts(self.where)]
        if not self._hit or not counts:
            self._refuse(_("There is no scan that = could put right. Scan the item first."))
            return
        self._note(counts[-1], count)

    def _note(self, sku: str, count: int) -> None:
        if count > LARGEST:
            words = _("%(sku)s: more than %(most)s cannot be counted. Nothing was counted.")
            self._refuse(words % {"sku": clean(sku), "most": f"{LARGEST:,}"})
            return
        before = self.tally.counts(self.where).get(sku)
        self._hit = True
        self._scans.append((sku, before.count if before else None))
        self.tally.put(self.where, sku, count, self._held(sku) or 0)
        self._hear(f"{signs('✓')} {clean(sku)}  {count}", "good")
        self.refresh_data()

    def _hear(self, words: str, tone: str) -> None:
        heard = self.query_one("#heard", Prose)
        heard.update(words)
        heard.set_classes(f"line {tone}")

    # -- what is done with it ----------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        counted_any = bool(self.tally.counts(self.where))
        if action_id == "count.clear" and not counted_any and not self._missed():
            return _("Nothing was counted yet.")
        if action_id == "count.apply" and not counted_any:
            return _("Nothing was counted yet.")
        if action_id == "count.apply":
            return self.session.why_only_looking()
        if action_id == "count.undo" and not self._scans:
            return _("There is no scan to take back.")
        return super().why_not(action_id)

    def do_undo(self) -> None:
        sku, before = self._scans.pop()
        self.tally.put(self.where, sku, before, self._held(sku) or 0)
        self._hear(_("Taken back: %(sku)s") % {"sku": clean(sku)}, "dim")
        self.refresh_data()

    def do_location(self) -> None:
        places = self.desk.locations()
        ids = [place.id for place in places]
        at = ids.index(self._counted_at.id) if self._counted_at.id in ids else -1
        self._counted_at = places[(at + 1) % len(places)]
        self._forget_scans()
        self._hear("", "")
        self.refresh_data()

    def _forget_scans(self) -> None:
        """There is no last one that could be taken back or put right."""
        self._scans.clear()
        self._hit = False

    def do_clear(self) -> None:
        words = _("What was counted at %(location)s is thrown away; no quantity changes.")
        dialog = ConfirmDialog(
            _("Start anew?"), words % {"location": clean(self._counted_at.name)}, _("Start anew")
        )
        self.app.push_screen(dialog, if_yes(self._clear))

    def _clear(self) -> None:
        self.tally.clear(self.where)
        self._forget_scans()
        self.refresh_data()

    @work(exclusive=True, group="job")
    async def do_apply(self) -> None:
        counts = dict(self.tally.counts(self.where))
        found = await self.job(
            _("Comparing"), self.beside(lambda progress: self._compared(counts, progress))
        )
        if found is None:
            return
        ask = Ask("why", _("Reason"), _("Stock-take"))
        dialog = FormDialog(
            _("Apply the stock-take"),
            [ask],
            _("Apply"),
            self._agreed(found.value),
            note="\n".join(self._told(found.value)),
        )
        self.app.push_screen(dialog)

    def _told(self, compared: Compared) -> list[str]:
        """What will change, and how each that has moved since comes to its result."""
        differing, moved = compared.differing, compared.moved
        lines = [
            _(
                "Counted: %(items)s. At %(location)s %(levels)s will change: %(more)s more, "
                "%(less)s less. What was not counted stays."
            )
            % {
                "items": counted.items(len(compared.found)),
                "levels": counted.quantities(len(differing)),
                "location": clean(self._counted_at.name),
                "more": counted.units(sum(max(0, one.delta) for one in differing)),
                "less": counted.units(sum(max(0, -one.delta) for one in differing)),
            }
        ]
        lines += [signs("! ") + _moved_words(one) for one in moved[:MOVED_SHOWN]]
        if len(moved) > MOVED_SHOWN:
            more = counted.quantities(len(moved) - MOVED_SHOWN)
            lines.append(signs("! ") + _("Moved since then as well: %(levels)s") % {"levels": more})
        if compared.gone:
            gone = listed(clean(sku) for sku in compared.gone[:MOVED_SHOWN])
            words = _("Left out, because there is no such item any more: %(skus)s")
            lines.append(signs("✗ ") + words % {"skus": gone})
        return lines + self._missed()

    def _compared(self, counts: Mapping[str, Counted], progress: Progress) -> Compared:
        found: list[CountedLevel] = []
        gone: list[str] = []
        for done, (sku, one) in enumerate(counts.items(), start=1):
            if self.desk.item(sku) is None:
                gone.append(sku)
            else:
                found.append(self._level(sku, one))
            progress(done, len(counts))
        return Compared(found, gone)

    def _agreed(self, compared: Compared) -> Callable[[Mapping[str, str]], str | None]:
        def submit(answers: Mapping[str, str]) -> str | None:
            self._apply(compared, answers["why"].strip())
            return None

        return submit

    @work(exclusive=True, group="job")
    async def _apply(self, compared: Compared, why: str) -> None:
        """One commit: all of it or nothing, and then it is all still counted."""
        place, label = self._counted_at.name, self._label.code
        deltas = [(one.sku, place, label, one.delta) for one in compared.differing]
        done = await self.job(
            _("Setting quantities"),
            self.beside(lambda progress: self.desk.adjust_stock_many(deltas, why, progress)),
        )
        if done is not None:
            self._made(done.value)
            self._forget_scans()
            self.tally.forget(self.where, [one.sku for one in compared.found])
            words = _("Set: %(levels)s.") % {"levels": counted.quantities(len(deltas))}
            if deltas:
                undo = keyed(_("In the inventory, %(key)s undoes it."), "inventory.undo")
                words = sentences(words, undo)
            self._hear(words, "good")
        self.refresh_data()


def _some(items: Sequence[Item]) -> str:
    """The first ones by their SKU numbers."""
    skus = [clean(item.sku_number, 40) for item in items[:NAMED]]
    return listed([*skus, *([signs("…")] if len(items) > NAMED else [])])


def _difference(level: CountedLevel) -> Toned:
    """What applying changes; with a word where the quantity has moved since it was counted. The
    number comes first: on a small terminal the word may be cut.
    """
    differs = signed(level.delta)
    if level.moved:
        return Toned(signs("! ") + _("%(n)s moved") % {"n": differs}, "warn")
    return Toned(differs, "warn") if level.delta else Toned(signs("✓ ") + differs, "good")


def _moved_words(level: CountedLevel) -> str:
    words = _("%(sku)s: counted %(count)s, DEXTRE held %(held)s then and %(now)s now: %(result)s")
    if level.result != level.count + level.moved:
        words = _(
            "%(sku)s: counted %(count)s, DEXTRE held %(held)s then and %(now)s now: %(result)s, "
            "because the label allows nothing below 0"
        )
    return words % {
        "sku": clean(level.sku),
        "count": level.count,
        "held": level.held,
        "now": number(level.now),
        "result": level.result,
    }
