"""The breaker: what no shop does by itself in one pass, a person confirms.

Before a pass applies what it has read, or sends what is pending, it counts. Too many cells that
would become 0, too many changes at once, or too many items gone from the shop stop that direction
with a safety stop. The few changes that came before that was in sight have flowed, and are counted;
the rest does not. A person looks at the plan and applies it (a run that
a person agreed to passes no breaker), or makes one side win.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import N_, NN_, SafetyStop
from core.model import Cell, Problem, Reading
from core.sync.problems import ASIDE, IN_DOUBT


@dataclass(frozen=True, slots=True)
class Limits:
    """More than this in one pass is not applied. Shares are of all cells of the link, and of all
    mapped items for those gone.
    """

    zeroed_share: float = 0.10
    zeroed_at_least: int = 20
    changed_share: float = 0.50
    changed_from_cells: int = 500
    gone_share: float = 0.10
    gone_at_least: int = 20

    @property
    def least(self) -> int:
        """So few changes that no limit can be met."""
        changed = share_of(self.changed_share, self.changed_from_cells)
        return min(self.zeroed_at_least, self.gone_at_least, changed)


@dataclass(frozen=True, slots=True)
class Effect:
    """What applying something would do, in cells; `gone` are inventory items, of `items`."""

    cells: int
    changed: int = 0
    zeroed: int = 0
    gone: frozenset[str] = frozenset()
    items: int = 0

    def __add__(self, other: Effect) -> Effect:
        return Effect(
            max(self.cells, other.cells),
            self.changed + other.changed,
            self.zeroed + other.zeroed,
            self.gone | other.gone,
            max(self.items, other.items),
        )


NOTHING = Effect(0)


class _MassChange(SafetyStop):
    remedy = N_(
        "Look at it with `dextre-sync plan pull` or `plan push`. To go on, apply "
        "`dextre-sync enable --start merge`; to let one side win, `push` or `pull`. "
        "The limits are settings: `dextre-sync settings`."
    )


class TooManyZeros(_MassChange):
    code = "safety_stop.zeroed"
    message = NN_(
        "%(count)s of %(cells)s cell would become 0 %(side)s in one pass; at most %(limit)s may.",
        "%(count)s of %(cells)s cells would become 0 %(side)s in one pass; at most %(limit)s may.",
        by="cells",
    )


class TooManyChanges(_MassChange):
    code = "safety_stop.changed"
    message = NN_(
        "%(count)s of %(cells)s cell would change %(side)s in one pass; at most %(limit)s may.",
        "%(count)s of %(cells)s cells would change %(side)s in one pass; at most %(limit)s may.",
        by="cells",
    )


class TooManyGone(SafetyStop):
    code = "safety_stop.gone"
    message = NN_(
        "%(count)s of %(cells)s mapped item is no longer in the shop; "
        "at most %(limit)s may be gone.",
        "%(count)s of %(cells)s mapped items are no longer in the shop; "
        "at most %(limit)s may be gone.",
        by="cells",
    )
    remedy = N_(
        "Check the shop first. If that is right, run the SKU mapping again; "
        "items that are gone then leave the link. The limits are settings: `dextre-sync settings`."
    )


HERE = N_("here")
THERE = N_("on Shopify")


def check(effect: Effect, limits: Limits, side: str) -> None:
    """Raises the SafetyStop that fits; `side` is HERE or THERE."""
    cells = effect.cells
    limit = max(limits.gone_at_least, share_of(limits.gone_share, effect.items))
    if len(effect.gone) > limit:
        raise TooManyGone(count=len(effect.gone), cells=effect.items, limit=limit)
    limit = max(limits.zeroed_at_least, share_of(limits.zeroed_share, cells))
    if effect.zeroed > limit:
        raise TooManyZeros(count=effect.zeroed, cells=cells, side=side, limit=limit)
    limit = share_of(limits.changed_share, cells)
    if cells >= limits.changed_from_cells and effect.changed > limit:
        raise TooManyChanges(count=effect.changed, cells=cells, side=side, limit=limit)


def share_of(share: float, whole: int) -> int:
    """In whole ones. What is left of binary fractions does not count: 29 % of 100 are 29."""
    return int(share * whole + 1e-6)


def pull_effect(pairs: Iterable[tuple[Cell, Reading]], cells: int, items: int) -> Effect:
    """What absorbing these readings would do here."""
    changed = zeroed = 0
    gone: set[str] = set()
    for cell, reading in pairs:
        if reading.problem is Problem.DELETED:
            if cell.problem is not Problem.DELETED:
                gone.add(cell.key.inventory_item_id)
            continue
        if reading.problem is not None or cell.problem in ASIDE or cell.problem in IN_DOUBT:
            continue  # does not flow
        if cell.intent or cell.base is None or reading.quantity is None:
            continue
        delta = reading.quantity - cell.base
        if not delta:
            continue
        here = cell.here or 0
        changed += 1
        zeroed += here > 0 >= here + delta
    return Effect(cells, changed, zeroed, frozenset(gone), items)


def push_effect(pending: Iterable[Cell], cells: int) -> Effect:
    """What sending what is pending would do on Shopify."""
    changed = zeroed = 0
    for cell in pending:
        if cell.there is None or not cell.unsynced_here:
            continue
        changed += 1
        zeroed += cell.there > 0 >= cell.there + cell.unsynced_here
    return Effect(cells, changed, zeroed)
