"""Edits of the mapping by hand: what to put and what to remove, and how to take it back.

Decides only. Whoever keeps the mappings applies an `Edit` in one transaction: remove first, then
put. What was there before travels with the edit, so that undo and redo are edits themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from core.errors import BadInput
from core.matching.errors import NoSuchItem, NoSuchVariant, NotMapped
from core.model import Item, MappedBy, SkuMapping, Variant

End = tuple[str, str]
"""One end of a mapping: (HERE, SKU number) or (THERE, inventory item id)."""

HERE: Final = "here"
THERE: Final = "there"


@dataclass(frozen=True, slots=True)
class Edit:
    """`put` replaces whatever its variants were mapped to; `remove` are inventory item ids;
    `before` are the mappings that the edit replaces or removes. `ignore` are ends that are put
    aside, `notice` those that are taken up again.
    """

    put: tuple[SkuMapping, ...] = ()
    remove: tuple[str, ...] = ()
    before: tuple[SkuMapping, ...] = ()
    ignore: tuple[End, ...] = ()
    notice: tuple[End, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.remove or self.ignore or self.notice)

    def __len__(self) -> int:
        """How many rows it touches: a mapping that is put aside is one, though it has two ends."""
        variants = {*self.remove, *(mapping.inventory_item_id for mapping in self.put)}
        ends = {(THERE, inventory_item_id) for inventory_item_id in variants}
        ends |= {(HERE, mapping.sku_number) for mapping in (*self.put, *self.before)}
        return len(variants) + len({*self.ignore, *self.notice} - ends)

    @property
    def inverse(self) -> Edit:
        """The edit that takes this one back; its own inverse does it again."""
        was = {mapping.inventory_item_id for mapping in self.before}
        return Edit(
            put=self.before,
            remove=tuple(
                mapping.inventory_item_id
                for mapping in self.put
                if mapping.inventory_item_id not in was
            ),
            before=self.put,
            ignore=self.notice,
            notice=self.ignore,
        )


@dataclass(frozen=True, slots=True)
class EditBatch:
    """Many wishes at once: one edit of those that can be done, and one error for each that cannot,
    with its place in what was wished for.
    """

    edit: Edit
    problems: tuple[tuple[int, BadInput], ...] = ()
    unchanged: int = 0


def map_one(
    inventory_item_id: str,
    sku_number: str,
    *,
    item: Item | None,
    variant: Variant | None,
    current: SkuMapping | None,
) -> Edit:
    """Map a variant to an item by hand. `item`, `variant` and `current` are what is known under
    those ids, or None. A variant that is mapped elsewhere is re-targeted; one that the rule already
    mapped so becomes a mapping by hand, which the next matching keeps.

    Raises NoSuchItem, NoSuchVariant.
    """
    if item is None:
        raise NoSuchItem(sku_number=sku_number)
    if variant is None:
        raise NoSuchVariant(inventory_item_id=inventory_item_id, sku_number=sku_number)
    wanted = SkuMapping(inventory_item_id, sku_number, MappedBy.HAND)
    if wanted == current:
        return Edit()
    return Edit(put=(wanted,), before=() if current is None else (current,))


def unmap_one(
    inventory_item_id: str, *, current: SkuMapping | None, variant: Variant | None = None
) -> Edit:
    """Take a variant's mapping away, whoever made it. The variant may be gone from the shop.

    Raises NotMapped.
    """
    if current is None:
        shown = variant.sku or variant.name if variant else ""
        raise NotMapped(variant=shown or inventory_item_id)
    return Edit(remove=(inventory_item_id,), before=(current,))


def edit_many(
    wanted: Iterable[tuple[str, str]],
    *,
    item: Callable[[str], Item | None],
    variant: Callable[[str], Variant | None],
    current: Callable[[str], SkuMapping | None],
) -> EditBatch:
    """Bring many variants to the SKU numbers given with them; an empty SKU number unmaps.

    What already stands so is left as it is (a mapping by rule stays one): a file that was written
    out and read back unedited changes nothing. The last wish for a variant counts.
    """
    edits: dict[str, Edit] = {}
    problems: dict[str, tuple[int, BadInput]] = {}
    unchanged: set[str] = set()
    for place, (inventory_item_id, sku_number) in enumerate(wanted):
        for kept in (edits, problems):
            kept.pop(inventory_item_id, None)
        unchanged.discard(inventory_item_id)
        now = current(inventory_item_id)
        if sku_number == (now.sku_number if now else ""):
            unchanged.add(inventory_item_id)
            continue
        try:
            edits[inventory_item_id] = (
                map_one(
                    inventory_item_id,
                    sku_number,
                    item=item(sku_number),
                    variant=variant(inventory_item_id),
                    current=now,
                )
                if sku_number
                else unmap_one(inventory_item_id, current=now)
            )
        except BadInput as error:
            problems[inventory_item_id] = (place, error)
    return EditBatch(combined(edits.values()), tuple(problems.values()), len(unchanged))


def combined(edits: Iterable[Edit]) -> Edit:
    """One edit of several that touch different variants: applied, undone and redone together."""
    edits = tuple(edits)
    return Edit(
        put=tuple(mapping for edit in edits for mapping in edit.put),
        remove=tuple(removed for edit in edits for removed in edit.remove),
        before=tuple(mapping for edit in edits for mapping in edit.before),
        ignore=tuple(end for edit in edits for end in edit.ignore),
        notice=tuple(end for edit in edits for end in edit.notice),
    )
