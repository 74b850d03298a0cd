"""A variant among several that are mapped to one item, as rows name it: everywhere by what tells it
from the others (core.workspace.siblings), and only where there are others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.clean import clean
from tui.i18n import _, aside, ngettext, sentences
from tui.widgets.columns import Name

if TYPE_CHECKING:
    from core.workspace import Siblings


def sku_words(siblings: Siblings, sku_number: str, inventory_item_id: str) -> str:
    """A SKU number, with the variant behind it where its item has several."""
    sku, variants = clean(sku_number), siblings.of(sku_number)
    if inventory_item_id not in variants:
        return sku
    words = {one: f"{sku} {aside(clean(name))}" for one, name in variants.items()}
    return Name(words[inventory_item_id], frozenset(words.values()))


def variant_words(variants: Mapping[str, str], inventory_item_id: str) -> str:
    """The variant alone; "" where it has no others beside it."""
    names = frozenset(map(clean, variants.values()))
    return Name(clean(variants.get(inventory_item_id, "")), names)


def odd_words(rows: int) -> str:
    """Why so many rows are left as they are, to which nevertheless the same choice was made."""
    words = ngettext(
        "%(n)d row stays as it is: the variants of one item have different quantities in Shopify, "
        "and one item has one number.",
        "%(n)d rows stay as they are: the variants of one item have different quantities in "
        "Shopify, and one item has one number.",
        rows,
    )
    return sentences(
        words % {"n": rows}, _("Choose it for one of the variants alone, or count again.")
    )
