"""The story of one SKU: quantities, cells with their arithmetic, movements, log lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.widget import Widget

from core.errors import DextreError
from core.model import Cell, Item, LocationPair, Movement
from core.sync.events import Event
from tui import counted
from tui.actions import bindings
from tui.clean import clean, signs
from tui.clipboard import copy_text
from tui.i18n import N_, _
from tui.remedies import told
from tui.screens.base import SubScreen
from tui.session import log_line
from tui.variants import variant_words
from tui.when import day_and_time, moment_ago
from tui.widgets.columns import Name, clip, fold, shares
from tui.widgets.dialogs import Ask, ConfirmDialog, FormDialog, if_yes
from tui.widgets.prose import Prose
from tui.words import (
    CAUSES,
    CELLS,
    PROBLEM_REMEDIES,
    PROBLEMS,
    arithmetic_words,
    detail_text,
    number,
    show,
    signed,
    who_words,
)

PLACE, CHANGE = 14, 14
"""Cells of a movement: the least that a location has, and what it changed."""

MOVEMENTS = 50
LOG_LINES = 50


class ItemScreen(SubScreen):
    NAME = N_("Item")
    BINDINGS = bindings("item")
    AUTO_FOCUS = "#story"

    def __init__(self, sku_number: str) -> None:
        super().__init__()
        self.sku_number = sku_number

    def title_text(self) -> str:
        return f"{_(self.NAME)}  {clean(self.sku_number, 40)}"

    def body(self) -> Iterable[Widget]:
        with VerticalScroll(id="story"):
            yield Prose("", id="words")

    def refresh_data(self) -> None:
        self.query_one("#words", Prose).update("\n".join(self.story()))

    def on_happenings(self, new: Sequence[Event]) -> None:
        if any(getattr(event, "sku", None) == self.sku_number for event in new):
            self.refresh_data()

    def do_copy(self) -> None:
        self.say(copy_text(self.app, "\n".join(self.story())))

    # -- changing the item -------------------------------------------------------------------------

    def why_not(self, action_id: str) -> str | None:
        if action_id in ("item.edit", "item.remove"):
            if self.desk.item(self.sku_number) is None:
                return _("There is no item with this SKU number in DEXTRE.")
            return self.session.why_only_looking()
        return super().why_not(action_id)

    def do_edit(self) -> None:
        item = self.desk.item(self.sku_number)
        if item is None:
            return
        dialog = FormDialog(
            _("Edit the item"),
            [
                Ask("name", _("Name"), item.name),
                Ask("barcode", _("Barcode"), item.barcode),
                Ask("sku", _("SKU number"), item.sku_number),
            ],
            _("Save"),
            self._keep,
            note=_("Stock, history and mappings go with another SKU number."),
        )
        self.app.push_screen(dialog, lambda _answers: self._changed())

    def _keep(self, answers: Mapping[str, str]) -> str | None:
        sku, name, barcode = answers["sku"].strip(), answers["name"], answers["barcode"]

        def act() -> None:
            if sku != self.sku_number:
                self.desk.rename_item(self.sku_number, sku)
                self.session.taken_away.add(self.sku_number)
                self.sku_number = sku
            self.desk.edit_item(Item(sku, name.strip(), barcode.strip()))

        return self.attempt_words(act)

    def _changed(self) -> None:
        self.session.forget_index()
        self.show_frame()
        self.refresh_data()

    def do_remove(self) -> None:
        held = [level.quantity for level in self.desk.levels_of(self.sku_number)]
        body = _("%(sku)s leaves the inventory; its movements stay in the history.") % {
            "sku": clean(self.sku_number)
        }
        used = any(held) or self.desk.mappings_of(self.sku_number)
        if used:
            words = _(
                "Forgotten with it: %(units)s, and its SKU mapping. Shopify's own quantity stays "
                "as it is."
            )
            body += "\n" + words % {"units": counted.units(sum(held))}
        dialog = ConfirmDialog(_("Remove the item"), body, _("Remove"), danger=True)
        self.app.push_screen(dialog, if_yes(lambda: self._remove(force=bool(used))))

    def _remove(self, *, force: bool) -> None:
        sku = self.sku_number
        if self.attempt(lambda: self.desk.remove_item(sku, force=force)):
            self.session.taken_away.add(sku)
            self.session.forget_index()
            self.own_app.say(_("%(sku)s was removed.") % {"sku": clean(sku)})
            self.app.pop_screen()

    # -- the story ---------------------------------------------------------------------------------

    def story(self) -> list[str]:
        item = self.desk.item(self.sku_number)
        lines = [_pair(_("SKU number"), clean(self.sku_number))]
        if item is not None:
            lines.append(_pair(_("Name"), clean(item.name)))
            lines.append(_pair(_("Barcode"), clean(item.barcode) or number(None)))
        lines += ["", _("Quantities"), *self._levels()]
        lines += ["", _("The link: why the quantity is what it is"), *self._cells()]
        lines += ["", _("Movements, newest first"), *self._movements()]
        lines += ["", _("Log"), *self._log()]
        return lines

    @property
    def _room(self) -> int:
        """Cells of a line."""
        return self.size.width - 4

    def _levels(self) -> list[str]:
        levels = self.desk.levels_of(self.sku_number)
        if not levels:
            return [_("  No quantity was ever set.")]
        rows = [
            (
                self.session.place(level.key.location_id),
                clean(level.key.label_code),
                str(level.quantity),
            )
            for level in levels
        ]
        place, label, quantity = shares(list(zip(*rows, strict=True)), self._room - len("    "))
        return [
            f"  {clip(row[0], place)} {clip(row[1], label)} {clip(row[2], quantity, right=True)}"
            for row in rows
        ]

    def _cells(self) -> list[str]:
        pairs = {pair.shopify_location_id: pair for pair in self.desk.pairs()}
        cells = self.desk.cells_of(self.sku_number)
        if not cells:
            return [_("  Not part of the link: the SKU is not mapped, or no location is paired.")]
        variants = self.desk.siblings().of(self.sku_number)
        heads = [self._head(cell, pairs, variants) for cell in cells]
        room = self._room - len("     ") - len(signs("⇄")) - (1 if variants else 0)
        widths = shares(list(zip(*heads, strict=True)), room)
        return [
            line
            for cell, head in zip(cells, heads, strict=True)
            for line in self._cell(cell, *map(clip, head, widths))
        ]

    def _head(
        self, cell: Cell, pairs: dict[str, LocationPair], variants: Mapping[str, str]
    ) -> tuple[str, str, str, str]:
        """Here, there, which variant, how they stand."""
        pair = pairs.get(cell.key.shopify_location_id)
        there = Name(clean(pair.shopify_name), self._names_there(pairs)) if pair else ""
        variant = variant_words(variants, cell.key.inventory_item_id)
        return self.session.place(cell.location_id), there, variant, show(CELLS[cell.state])

    @staticmethod
    def _names_there(pairs: dict[str, LocationPair]) -> frozenset[str]:
        return frozenset(clean(pair.shopify_name) for pair in pairs.values())

    def _cell(self, cell: Cell, here: str, there: str, variant: str, state: str) -> list[str]:
        lines = [
            f"  {here} {signs('⇄')} {' '.join(filter(None, (there, variant, state)))}".rstrip(),
            "    "
            + _("DEXTRE %(here)s, Shopify %(there)s; both last agreed on %(base)s")
            % {
                "here": number(cell.here),
                "there": number(cell.there),
                "base": number(cell.base),
            },
        ]
        if cell.unsynced_here:
            lines.append(
                "    " + _("not yet in Shopify: %(n)s") % {"n": signed(cell.unsynced_here)}
            )
        if cell.unsynced_there:
            lines.append(
                "    " + _("not yet in DEXTRE: %(n)s") % {"n": signed(cell.unsynced_there)}
            )
        seconds = self.desk.read_age(cell)
        if seconds is not None:
            lines.append("    " + _("Shopify last read: %(at)s") % {"at": moment_ago(seconds)})
        if cell.problem is not None:
            problem = f"! {_(PROBLEMS[cell.problem])}  {detail_text(cell.detail)}"
            lines += fold(problem, self._room, "    ")
            remedy = signs("→ ") + _(PROBLEM_REMEDIES[cell.problem])
            lines += fold(remedy, self._room, "    ")
        return lines

    def _movements(self) -> list[str]:
        movements = self.desk.movements(self.sku_number, MOVEMENTS)
        several = len({one.key.label_code for one in movements}) > 1
        places = [self._place(one, with_label=several) for one in movements]
        whys = [cell_len(_(CAUSES[one.cause.kind])) for one in movements]
        left = self._room - len("  2026-11-23 09:00  ") - CHANGE - 2 - max(whys, default=0)
        width = max(PLACE, min(max(map(cell_len, places), default=0), left))
        lines = [
            line
            for one, place in zip(movements, places, strict=True)
            for line in self._movement(one, clip(place, width))
        ]
        return lines or [_("  None yet.")]

    def _place(self, one: Movement, *, with_label: bool) -> str:
        place = self.session.place(one.key.location_id)
        return f"{place} {signs('·')} {clean(one.key.label_code)}" if with_label else place

    def _movement(self, one: Movement, where: str) -> list[str]:
        """What it changed, then why; a reason or a sum is broken only where a line is too narrow
        for it alone.
        """
        cause, width = one.cause, self._room
        change = clip(f"{number(one.before)} {signs('→')} {one.after}", CHANGE)
        lines = [f"  {day_and_time(one.at)}  {where} {change} {_(CAUSES[cause.kind])}"]
        details = (who_words(cause.who), cause.reason, arithmetic_words(cause.arithmetic))
        for part in filter(None, map(clean, details)):
            if cell_len(lines[-1]) + 2 + cell_len(part) <= width:
                lines[-1] += f"  {part}"
            else:
                lines.append(f"    {part}")
        return [
            part
            for line in lines
            for part in ([line] if cell_len(line) <= width else fold(line, width, "    "))
        ]

    def _log(self) -> list[str]:
        try:
            events = self.desk.story(self.sku_number, LOG_LINES)
        except DextreError as error:
            return [f"  {told(error)}"]
        lines = [log_line(event).text for event in events]
        return [f"  {line}" for line in reversed(lines)] or [_("  Nothing yet.")]


def _pair(label: str, words: str) -> str:
    return f"{clip(label, 14)} {words}"
