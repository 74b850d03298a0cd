"""The rows of the SKU mapping as its table and pickers show them: both sides beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.model import MappedBy, MappingRow, MatchState
from core.workspace import Filter, IgnoredRow
from tui.clean import clean, signs
from tui.i18n import N_, _, aside, headed
from tui.screens.finding import grow, index_in
from tui.variants import variant_words
from tui.widgets.columns import Column
from tui.widgets.rows import Row, Toned
from tui.words import DIM, MAPPED_BY, MATCHES, Mark, show

if TYPE_CHECKING:
    from core.workspace import MappingView, Siblings

SUGGESTED = 200
ONLY = (MatchState.ONLY_HERE, MatchState.ONLY_THERE)
NOT_MAPPED = Mark("–", N_("Not mapped"), DIM)


def mapping_columns() -> list[Column]:
    """Where there is no room for both names, one column has the one or the other."""
    return [
        Column(_("SKU number"), 12, grow=1),
        Column(_("Name"), 15, grow=4, drop=1),
        Column(_("Barcode"), 13, drop=4),
        Column(_("Shopify SKU"), 12, grow=1),
        Column(_("Shopify product"), 15, grow=4, drop=2),
        Column(_("Barcode there"), 13, drop=3),
        Column(_("State"), 24, grow=2),
    ]


def row_key(row: MappingRow) -> str:
    """Names a row whatever the filter: both sides' own keys."""
    there = row.variant.inventory_item_id if row.variant else ""
    return f"{there}\t{row.item.sku_number if row.item else ''}"


class MappingSource:
    """The rows of a filter and a search, as they were when it was made. `siblings`: a row whose
    item has several variants tells which one it is.
    """

    def __init__(self, view: MappingView, chosen: Filter, search: str, siblings: Siblings) -> None:
        self._view = view
        self._siblings = siblings
        self.places = view.begin(chosen, search)

    def grow(self) -> bool:
        return grow(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def index_of(self, key: str) -> int | None:
        there, _tab, here = key.partition("\t")
        return index_in(self.places, self._view.place_of(there, here))

    def rows(self, start: int, count: int) -> Sequence[Row]:
        found = self._view.at(self.places[start : start + count])
        return [self._row(row) for row in found]

    def _row(self, row: MappingRow) -> Row:
        item, variant = row.item, row.variant
        variants = self._siblings.of(item.sku_number) if item and variant else {}
        there = (clean(variant.sku) or _("(blank)")) if variant else signs("–")
        return Row(
            row_key(row),
            (
                clean(item.sku_number) if item else signs("–"),
                _name(row, variants),
                clean(item.barcode) if item else "",
                there,
                clean(variant.name) if variant else "",
                clean(variant.barcode) if variant else "",
                state_words(row, len(variants)),
            ),
        )


def _name(row: MappingRow, variants: Mapping[str, str]) -> str | Toned:
    """The item's; where there is none, the product's, and of several variants that their SKUs do
    not tell apart what does.
    """
    variant = row.variant
    if variant and variants.get(variant.inventory_item_id, variant.sku) != variant.sku:
        return Toned(variant_words(variants, variant.inventory_item_id), "dim")
    if row.item is not None:
        return clean(row.item.name)
    return Toned(clean(variant.name), "dim") if variant else ""


def _mark(row: MappingRow) -> Mark:
    """Where the other side has just that value, the row is not the only one that has it."""
    if row.state in ONLY and row.near:
        return NOT_MAPPED
    return MATCHES[row.state]


def state_words(row: MappingRow, variants: int) -> Toned:
    """`variants`: how many its item has, where these are several."""
    mark = _mark(row)
    state = show(mark)
    if row.by is MappedBy.HAND:
        state += " " + aside(_(MAPPED_BY[row.by]))
    if variants:
        state += f" {signs('×')}{variants}"
    if row.near and row.by is not MappedBy.HAND:
        state = headed(state, clean(row.near))
    if isinstance(row, IgnoredRow):
        return Toned(signs("– ") + _("Ignored") + f"  {_(mark.word)}", "dim")
    return Toned(state, mark.tone)


class VariantSource:
    """The variants of all rows that fit a search."""

    def __init__(self, view: MappingView, search: str) -> None:
        rows = view.at(view.find(Filter.ALL, search)[: 5 * SUGGESTED])
        self._rows = [row for row in rows if row.variant is not None][:SUGGESTED]

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, count: int) -> Sequence[Row]:
        return [self._row(row) for row in self._rows[start : start + count]]

    @staticmethod
    def _row(row: MappingRow) -> Row:
        variant = row.variant
        if variant is None:
            return Row("", ())
        words = (clean(variant.sku) or _("(blank)"), clean(variant.name), show(MATCHES[row.state]))
        return Row(variant.inventory_item_id, words)
