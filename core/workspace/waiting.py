"""The waiting part of a desk: everything that needs a person, in one list.

Three kinds of rows: the brand's whole sync where it stands still, mappings in doubt, and cells with
a problem. Nothing is kept for the list: each row is there as long as its cause is. What a person
says to a row is `resolving`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from core.model import (
    Cell,
    CellKey,
    CellState,
    Choice,
    Problem,
    SkuMapping,
    Waiting,
)
from core.on_demand import Room
from core.workspace import health
from core.workspace.webhooks import WebhooksDesk

if TYPE_CHECKING:
    from core import matching
else:
    matching = Room("core.matching")

_EITHER = (Choice.TAKE_HERE, Choice.TAKE_THERE, Choice.COUNT_AGAIN, Choice.IGNORE, Choice.GUIDE)
_CHOICES: Mapping[Problem, tuple[Choice, ...]] = {
    Problem.NEGATIVE_NOT_ALLOWED: _EITHER,
    Problem.UNTRACKED: (Choice.TRACK, Choice.IGNORE, Choice.GUIDE),
    Problem.NOT_STOCKED: (Choice.ACTIVATE, Choice.IGNORE, Choice.GUIDE),
    Problem.BUNDLE: (Choice.UNMAP, Choice.IGNORE, Choice.GUIDE),
    Problem.DELETED: (Choice.UNMAP, Choice.IGNORE, Choice.GUIDE),
    Problem.REJECTED: _EITHER,
    Problem.OUTCOME_UNKNOWN: _EITHER,
    Problem.DIFFERS_AT_START: _EITHER,
    Problem.LOCATION_INACTIVE: (Choice.IGNORE, Choice.GUIDE),
    Problem.IGNORED: (Choice.NOTICE,),
    Problem.SKU_CHANGED: (Choice.KEEP, Choice.UNMAP, Choice.GUIDE),
    Problem.DUPLICATE: (Choice.KEEP, Choice.UNMAP, Choice.GUIDE),
    Problem.SAFETY_STOP: (Choice.REVIEW, Choice.GUIDE),
    Problem.STOPPED: (Choice.GUIDE,),
}

CELL, MAPPING = "cell|", "mapping|"
"""How the keys of such rows begin (core.model.Waiting.key)."""

LOOKED_THROUGH = 500
"""Rows that a list looks through before the next key: a few milliseconds."""


class WaitingList:
    """What waits, for a screen: it is looked through a little at a time, only the keys are kept,
    and rows are read when they are asked for. A row whose cause is gone meanwhile is left out.
    """

    def __init__(
        self,
        rows: Iterator[Waiting],
        named: Callable[[Sequence[str]], Mapping[str, Waiting]],
        fits: Callable[[Waiting], bool],
    ) -> None:
        self._source, self._named, self._fits = rows, named, fits
        self._keys: dict[str, int] = {}
        self.is_whole = False

    def grow(self, count: int = LOOKED_THROUGH) -> bool:
        """Look through some more; whether there is more."""
        read = list(islice(self._source, count))
        for row in read:
            if self._fits(row):
                self._keys.setdefault(row.key, len(self._keys))
        self.is_whole = len(read) < count
        return not self.is_whole

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def index_of(self, key: str) -> int | None:
        return self._keys.get(key)

    def at(self, start: int, count: int) -> list[Waiting]:
        return self.named(list(islice(self._keys, start, start + count)))

    def among(self, keys: Collection[str]) -> list[Waiting]:
        """In the order of the list."""
        return self.named([key for key in self._keys if key in keys])

    def named(self, keys: Sequence[str]) -> list[Waiting]:
        found = self._named(keys)
        return [found[key] for key in keys if key in found]


class WaitingDesk(WebhooksDesk):
    def waiting_list(
        self, fits: Callable[[Waiting], bool] = lambda _row: True, *, ignored: bool = False
    ) -> WaitingList:
        """The rows of `waiting` (or of `ignored`) that fit, however many there are."""
        state = CellState.IGNORED if ignored else CellState.NEEDS_YOU
        cells = map(self._of_cell, self._store.cells((state,)))
        rows = cells if ignored else chain(self._stops(), self._doubts(), cells)
        return WaitingList(iter(rows), lambda keys: self._waiting_named(keys, state), fits)

    def _doubts(self) -> Iterator[Waiting]:
        return map(self._of_mapping, self._store.mappings_in_doubt())

    def _waiting_named(self, keys: Sequence[str], state: CellState) -> dict[str, Waiting]:
        cells = [CellKey(*ends.split("|", 1)) for key in keys if (ends := _after(CELL, key))]
        mappings = [end for key in keys if (end := _after(MAPPING, key))]
        with self._store.books.view() as view:
            kept = view.cells_at(cells).values() if cells else ()
            doubted = [view.mapping(end) for end in mappings]
        found = [self._of_cell(cell) for cell in kept if cell.state is state]
        found += [self._of_mapping(one) for one in doubted if one is not None and one.doubt]
        if len(cells) + len(mappings) < len(keys):
            found += self._stops()
        return {row.key: self._with_follow(row) for row in found}

    def waiting(self, search: str = "", offset: int = 0, limit: int = 5_000) -> Sequence[Waiting]:
        """The brand's own stops first, then mappings in doubt, then cells. `search`: every word
        occurs in SKU number, location, problem or detail.
        """
        rows = chain(
            self._stops(),
            self._doubts(),
            map(self._of_cell, self._store.cells((CellState.NEEDS_YOU,))),
        )
        found = (row for row in rows if self._fits(row, search))
        return [self._with_follow(row) for row in islice(found, offset, offset + limit)]

    def waiting_of(self, sku_number: str) -> Sequence[Waiting]:
        """The rows of one SKU number, those that a person left out as well."""
        mappings = (m for m in self.mappings_of(sku_number) if m.doubt is not None)
        cells = (
            cell
            for cell in self._store.cells_of(sku_number)
            if cell.state in (CellState.NEEDS_YOU, CellState.IGNORED)
        )
        rows = chain(map(self._of_mapping, mappings), map(self._of_cell, cells))
        return [self._with_follow(row) for row in rows]

    def ignored(self, search: str = "", offset: int = 0, limit: int = 5_000) -> Sequence[Waiting]:
        """The cells that a person leaves out."""
        rows = map(self._of_cell, self._store.cells((CellState.IGNORED,)))
        found = (row for row in rows if self._fits(row, search))
        return list(islice(found, offset, offset + limit))

    def count_waiting(self) -> int:
        """How many rows `waiting` has; costs the same at any size."""
        cells = self._store.count_cells()[CellState.NEEDS_YOU]
        return cells + self._store.count_doubts() + len(self._stops())

    # -- rows ---------------------------------------------------------------------------------

    def _stops(self) -> list[Waiting]:
        """One row a kind, whatever parts of the sync it has stopped."""
        by_problem: dict[Problem, list[health.Stop]] = {}
        for stop in health.read(self._health_path).stops.values():
            by_problem.setdefault(stop.problem, []).append(stop)
        return [
            Waiting(
                problem,
                detail=" ".join(dict.fromkeys(str(stop.error) for stop in stops)),
                errors=tuple({str(stop.error): stop.error for stop in stops}.values()),
                since=min(stop.since for stop in stops),
                choices=_CHOICES[problem],
            )
            for problem, stops in by_problem.items()
        ]

    def _of_cell(self, cell: Cell) -> Waiting:
        problem = cell.problem or Problem.DIFFERS_AT_START
        return Waiting(
            problem,
            cell.sku_number,
            cell.location_id,
            cell.here,
            cell.there,
            cell.detail,
            cell.since,
            _choices_of(cell, problem),
            cell,
            cell.key.inventory_item_id,
        )

    def _of_mapping(self, mapping: SkuMapping) -> Waiting:
        problem = mapping.doubt or Problem.SKU_CHANGED
        return Waiting(
            problem,
            mapping.sku_number,
            detail=self._now_there(mapping.inventory_item_id),
            since=mapping.since,
            choices=_CHOICES[problem],
            inventory_item_id=mapping.inventory_item_id,
        )

    def _now_there(self, inventory_item_id: str) -> str:
        """What the rule looks at on Shopify's side."""
        variant = self.variant(inventory_item_id)
        return "" if variant is None else self._value_there(variant)

    def _with_follow(self, row: Waiting) -> Waiting:
        """With the item that the new value of a mapping in doubt names, where it names one."""
        if row.problem is not Problem.SKU_CHANGED:
            return row
        follow = self._follow_of(row.detail)
        if not follow:
            return row
        return replace(row, follow=follow, choices=(Choice.FOLLOW, *row.choices))

    def _follow_of(self, value: str) -> str:
        """The one item that has this value and is free, where the variant alone has it, too. An
        item whose own mapping is in doubt is free: two SKUs may have changed places.
        """
        link = self._store.link()
        if not value.strip() or len(self._store.variants_with(link.shopify_field, value)) != 1:
            return ""
        named = self._store.items_with(link.local_field, value)
        if len(named) != 1:
            return ""
        sku_number = named[0].sku_number
        standing = self.mappings_of(sku_number)
        return sku_number if all(mapping.doubt for mapping in standing) else ""

    def _fits(self, row: Waiting, search: str) -> bool:
        words = matching.folded(search).split()
        if not words:
            return True
        place = self.location_name(row.location_id) if row.location_id else ""
        text = matching.folded("\n".join((row.sku_number, place, row.problem.value, row.detail)))
        return all(word in text for word in words)


def _choices_of(cell: Cell, problem: Problem) -> tuple[Choice, ...]:
    """What Shopify holds below 0 cannot be taken where the label forbids it."""
    choices = _CHOICES[problem]
    if problem is Problem.NEGATIVE_NOT_ALLOWED and (cell.there is None or cell.there < 0):
        return tuple(choice for choice in choices if choice is not Choice.TAKE_THERE)
    return choices


def _after(start: str, key: str) -> str:
    return key.removeprefix(start) if key.startswith(start) else ""
