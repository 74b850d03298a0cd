"""How the sync is: what it knows of itself, for those who look. Decides nothing.

A cell is verified by a direct read. When, is known for each batch of the working set, not for each
cell: 100,000 cells are 400 moments. A hint that was read in between makes a cell younger than its
batch says, never older.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.errors import DextreError, TryAgain
from core.model import CellState
from core.sync.ports import BooksView
from core.sync.reading import WorkingSet

HOUR_S = 3_600.0

LOOKED_AT = 200
"""Cells out of sync up to which it is looked up which of them a pass has read."""

_AT_REST = (CellState.IN_SYNC, CellState.IGNORED)


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds since the last direct read of a cell, over all cells; None: not read yet."""

    p50: float | None = None
    p95: float | None = None
    longest: float | None = None


@dataclass(slots=True)
class Health:
    """`failing` is what each of the engine's loops waits for. Shares are 0…1: `verified_share` of
    all cells those known equal by a reading; `verified_pass` of the cells that the last pass read
    those that are equal; `verified_hour` of all cells those read and found equal in an hour, at
    least. `since` is when counting began.
    """

    since: str = ""
    failing: dict[str, DextreError] = field(default_factory=dict)
    last_pass_at: str | None = None
    verified_share: float | None = None
    verified_pass: float | None = None
    verified_hour: float | None = None
    ages: Ages = field(default_factory=Ages)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def online(self) -> bool:
        """Whether the shop answers."""
        return not any(isinstance(error, TryAgain) for error in self.failing.values())

    @property
    def failure(self) -> DextreError | None:
        """What keeps it from going on; what does not pass by itself goes first."""
        waits = sorted(self.failing.values(), key=lambda error: isinstance(error, TryAgain))
        return waits[0] if waits else None

    @property
    def error(self) -> str | None:
        """The code of that."""
        return self.failure.code if self.failure is not None else None

    def take_pass(
        self, view: BooksView, working: WorkingSet, now: float, known_share: float
    ) -> None:
        """After a pass that ends at `now` (monotonic); `known_share`: of the cells, those that a
        reading vouches for.
        """
        counts = view.count_cells()
        total = sum(counts.values()) - counts[CellState.IGNORED]
        equal = counts[CellState.IN_SYNC]
        self.ages = ages_of(working, now)
        self.verified_share = known_share * equal / total if total else None
        recent = sum(
            len(batch.inventory_item_ids)
            for batch in working.batches
            if now - working.read_at.get(id(batch), float("-inf")) <= HOUR_S
        )
        self.verified_hour = max(0, recent - (total - equal)) / total if total else None
        self.verified_pass = _equal_share(view, working, total - equal)

    def grow_older(self, working: WorkingSet, now: float) -> None:
        """Also where a pass failed: ages are written as of the moment of writing."""
        self.ages = ages_of(working, now)


def _equal_share(view: BooksView, working: WorkingSet, out_of_sync: int) -> float | None:
    read = working.read_in_pass
    cells = sum(len(batch.inventory_item_ids) for batch in read)
    if not cells:
        return None
    if len(read) < len(working.batches) and out_of_sync <= LOOKED_AT:
        items: dict[str, set[str]] = {}
        for batch in read:
            items.setdefault(batch.shopify_location_id, set()).update(batch.inventory_item_ids)
        states = [state for state in CellState if state not in _AT_REST]
        out_of_sync = sum(
            cell.key.inventory_item_id in items.get(cell.key.shopify_location_id, ())
            for cell in view.cells(states)
        )
    return max(0, cells - out_of_sync) / cells


def ages_of(working: WorkingSet, now: float) -> Ages:
    known = sorted(
        (now - working.read_at[id(batch)], len(batch.inventory_item_ids))
        for batch in working.batches
        if id(batch) in working.read_at
    )
    return Ages(
        _age_at(known, working.size, 0.5),
        _age_at(known, working.size, 0.95),
        _age_at(known, working.size, 1.0),
    )


def _age_at(known: Iterable[tuple[float, int]], cells: int, share: float) -> float | None:
    """The age that so large a share of the cells does not exceed."""
    seen = 0
    for age, count in known:
        seen += count
        if seen >= share * cells:
            return age
    return None


# -- one cell ------------------------------------------------------------------------------------

Block = tuple[str, str, float]
"""Shopify location, the batch's first item, age in seconds: in order."""


def blocks_of(working: WorkingSet, now: float) -> list[Block]:
    return sorted(
        (batch.shopify_location_id, batch.inventory_item_ids[0], now - working.read_at[id(batch)])
        for batch in working.batches
        if id(batch) in working.read_at
    )
