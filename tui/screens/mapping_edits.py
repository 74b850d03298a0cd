"""Edits of the mapping by hand: map, unmap, put aside, take the suggestion, on the row under the
cursor or on marked rows; undo and redo of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.model import Item, MappingRow, MatchState, SkuMapping, Variant
from core.workspace import Filter, IgnoredRow
from tui import counted
from tui.clean import clean
from tui.i18n import _, ngettext, sentences
from tui.keymap import key_of, keyed
from tui.mapping_words import LIKENESSES
from tui.screens.base import MainScreen
from tui.screens.mapping_rows import SUGGESTED, VariantSource, row_key
from tui.widgets.columns import Column
from tui.widgets.dialogs import ConfirmDialog, if_yes
from tui.widgets.marking import MarkingTable
from tui.widgets.picker import PickerDialog
from tui.widgets.rows import ListSource, Row, RowSource

MANY = 20
"""Mapped rows of a link that is on, from which on their leaving is asked about."""

EDITS = frozenset(f"mapping.{name}" for name in ("map", "unmap", "ignore", "suggested"))


class EditingByHand(MainScreen):
    """Needs of the screen: a MarkingTable whose rows are those of `_chosen` and `search`."""

    ON_ROW = EDITS

    def __init__(self) -> None:
        super().__init__()
        self._chosen = Filter.ALL

    @property
    def search(self) -> str:
        raise NotImplementedError

    def why_not(self, action_id: str) -> str | None:
        if action_id in EDITS:
            return self.session.why_only_looking() or self._why_not_row(action_id)
        if action_id in ("mapping.undo", "mapping.redo"):
            return self.session.why_only_looking() or self._why_not_again(action_id)
        return super().why_not(action_id)

    def _why_not_again(self, action_id: str) -> str | None:
        if action_id == "mapping.undo":
            return None if self.desk.edits_to_undo else _("There is no edit by hand to undo.")
        return None if self.desk.edits_to_redo else _("There is nothing to redo.")

    def _why_not_row(self, action_id: str) -> str | None:
        table = self.query_one(MarkingTable)
        if table.current is None and not table.marks:
            return _("There is no row under the cursor.")
        there, here = self._row_sides()
        status = self.session.status
        if (
            action_id == "mapping.map"
            and not there
            and not (status.mapped or status.unmapped_shopify)
        ):
            return nothing_matched()
        if action_id == "mapping.unmap" and not (there and here) and not table.marks:
            return _("This row is not mapped.")
        return None

    # -- which rows --------------------------------------------------------------------------------

    def _row_sides(self) -> tuple[str, str]:
        """(inventory item id, SKU number) of the cursor row; either may be empty."""
        row = self.query_one(MarkingTable).current
        there, _tab, here = (row.key if row else "").partition("\t")
        return there, here

    def _row_here(self) -> MappingRow | None:
        table, view = self.query_one(MarkingTable), self.desk.mapping_view_now()
        if view is None or table.current is None:
            return None
        found = view.at(view.find(self._chosen, self.search)[table.cursor : table.cursor + 1])
        return found[0] if found and row_key(found[0]) == table.current.key else None

    def _chosen_rows(self) -> list[MappingRow]:
        """The marked rows, whatever the filter is now, else the one under the cursor."""
        marks, view = self.query_one(MarkingTable).marks, self.desk.mapping_view_now()
        if not marks or view is None:
            row = self._row_here()
            return [row] if row is not None else []
        shown = (*view.at(view.find(Filter.ALL)), *view.at(view.find(Filter.IGNORED)))
        return [row for row in shown if row_key(row) in marks]

    def do_map(self) -> None:
        there, here = self._row_sides()
        if there:
            self._pick_item(there)
        else:
            self._pick_variant(here)

    def _suggested(self) -> Sequence[tuple[Item | Variant, str]]:
        row = self._row_here()
        if row is None or (row.item is not None and row.variant is not None):
            return []
        return [(one.end, _(LIKENESSES[one.like])) for one in self.desk.suggestions(row)]

    def _pick_item(self, there: str) -> None:
        first = [
            Row(one.sku_number, (clean(one.sku_number), clean(one.name), like))
            for one, like in self._suggested()
            if isinstance(one, Item)
        ]

        def find(typed: str) -> RowSource:
            if first and not typed.strip():
                return ListSource(first)
            return ListSource([self._item_row(one) for one in self._items(typed.strip())])

        dialog = PickerDialog(
            _("Which item in DEXTRE is it?"),
            [
                Column(_("SKU number"), 16, grow=1),
                Column(_("Name"), 20, grow=2),
                Column(_("Alike") if first else _("Barcode"), 14, drop=1),
            ],
            find,
            hint=self._about_row(),
        )
        self.app.push_screen(dialog, lambda sku: self._map(there, sku) if sku else None)

    def _items(self, typed: str) -> Sequence[Item]:
        """By the index where it is read: the store would look at every item."""
        index = self.session.ready_index()
        if index is None:
            return self.desk.items(typed, 0, SUGGESTED)
        found = (self.desk.item(index.sku(place)) for place in index.find(typed)[:SUGGESTED])
        return [item for item in found if item is not None]

    @staticmethod
    def _item_row(one: Item) -> Row:
        return Row(one.sku_number, (clean(one.sku_number), clean(one.name), clean(one.barcode)))

    def _pick_variant(self, here: str) -> None:
        first = [
            Row(one.inventory_item_id, (clean(one.sku) or _("(blank)"), clean(one.name), like))
            for one, like in self._suggested()
            if not isinstance(one, Item)
        ]

        def find(typed: str) -> RowSource:
            if first and not typed.strip():
                return ListSource(first)
            view = self.desk.mapping_view_now()
            return ListSource() if view is None else VariantSource(view, typed.strip())

        dialog = PickerDialog(
            _("Which product in Shopify is it?"),
            [
                Column(_("Shopify SKU"), 16, grow=1),
                Column(_("Shopify product"), 20, grow=2),
                Column(_("Alike") if first else _("State"), 18, drop=1),
            ],
            find,
            hint=self._about_row(),
        )
        self.app.push_screen(dialog, lambda there: self._map(there, here) if there else None)

    def _about_row(self) -> str:
        row = self._row_here()
        if row is None:
            return ""
        item, variant = row.item, row.variant
        cells = [clean(item.sku_number), clean(item.name), clean(item.barcode)] if item else []
        if variant is not None:
            cells += [clean(variant.sku), clean(variant.name), clean(variant.barcode)]
        return _("For: %(row)s") % {"row": "  ".join(cell for cell in cells if cell)}

    def _map(self, there: str, sku: str) -> None:
        """Where that makes the item's stock that of several products, it is asked about first."""
        others = [one for one in self.desk.mappings_of(sku) if one.inventory_item_id != there]
        if not others:
            self._map_now(there, sku)
            return
        words = ngettext(
            "%(sku)s is mapped to %(there)s already. Each of them will have its stock: what is "
            "sold of one is sold of the other. To move it instead, take that mapping away first.",
            "%(sku)s is mapped to %(n)d products already, one of them %(there)s. Each of them will "
            "have its stock: what is sold of one is sold of the others.",
            len(others),
        )
        named = {"sku": clean(sku), "there": self._named(others[0]), "n": len(others)}
        dialog = ConfirmDialog(_("Map it to one more product?"), words % named, _("Map"))
        self.app.push_screen(dialog, if_yes(lambda: self._map_now(there, sku)))

    def _named(self, mapping: SkuMapping) -> str:
        variant = self.desk.variant(mapping.inventory_item_id)
        if variant is None:
            return _("a product that is gone")
        return clean(variant.sku.strip() or variant.name)

    def _map_now(self, there: str, sku: str) -> None:
        if self.attempt(lambda: self.desk.map_one(there, sku)):
            self.say(_("Mapped by hand: %(sku)s") % {"sku": clean(sku)})
            self._show_edit()

    def _show_edit(self) -> None:
        """What has left by the reader's own key is not lost: the cursor is on the next row."""
        self.refresh_data()
        self.query_one(MarkingTable).lost = None

    def _edit(self, act: Callable[[], int], words: str, none: str = "") -> None:
        """Edit the chosen rows; `words` say what was done with `rows`, `none` why there was nothing
        to do: the marks stay then.
        """
        done = self.attempt(act)
        if done is not None and not done.value and none:
            self.say(none, "warn")
        elif done is not None:
            self.query_one(MarkingTable).marks.clear()
            said = words % {"rows": counted.rows(done.value)}
            undo = keyed(_("%(key)s undoes it."), "mapping.undo")
            self.say(sentences(said, undo) if done.value else said)
            self._show_edit()

    def do_unmap(self) -> None:
        rows = self._chosen_rows()
        ids = [row.variant.inventory_item_id for row in rows if row.variant]
        none = (
            _("None of the marked rows is mapped.")
            if len(rows) > 1
            else _("This row is not mapped.")
        )
        words = _("Unmapped: %(rows)s.")
        self._if_agreed(rows, lambda: self._edit(lambda: self.desk.unmap_many(ids), words, none))

    def do_ignore(self) -> None:
        """Where all chosen rows are ignored, they are taken up again."""
        rows = self._chosen_rows()
        if rows and all(isinstance(row, IgnoredRow) for row in rows):
            self._edit(lambda: self.desk.notice(rows), _("Counts again: %(rows)s."))
        else:
            words = _("Put aside: %(rows)s.")
            self._if_agreed(rows, lambda: self._edit(lambda: self.desk.ignore(rows), words))

    def _if_agreed(self, rows: Sequence[MappingRow], act: Callable[[], None]) -> None:
        """Many rows that leave a link which is on are asked about: undo brings them back without
        the numbers on which both sides had agreed.
        """
        leaving = sum(row.state is MatchState.MAPPED for row in rows)
        if leaving < MANY or not self.session.status.link:
            act()
            return
        body = _(
            "%(mappings)s leave the inventory link. %(key)s takes them back; where a quantity "
            "changes on either side until then, the two differ and wait for you."
        )
        body %= {"mappings": counted.mappings(leaving), "key": key_of("mapping.undo")}
        title = _("Take them out of the link?")
        dialog = ConfirmDialog(title, body, _("Take out"), danger=True)
        self.app.push_screen(dialog, if_yes(act))

    def do_suggested(self) -> None:
        rows = self._chosen_rows()
        words = _("Mapped to the SKU that is alike: %(rows)s.")
        none = _("No single SKU on the other side is alike. Press %(key)s to choose one.")
        none = keyed(none, "mapping.map")
        self._edit(lambda: self.desk.map_suggested(rows), words, none)

    def do_undo(self) -> None:
        self._again(self.desk.undo_edit, _("Undone: %(rows)s."))

    def do_redo(self) -> None:
        self._again(self.desk.redo_edit, _("Done again: %(rows)s."))

    def _again(self, act: Callable[[], int], words: str) -> None:
        done = self.attempt(act)
        if done is not None:
            self.say(words % {"rows": counted.rows(done.value)})
        self._show_edit()


def nothing_matched() -> str:
    words = _("Nothing is matched yet. Press %(key)s (Map) to read the shop's catalogue.")
    return keyed(words, "mapping.run")
