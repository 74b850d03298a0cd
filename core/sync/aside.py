"""Putting cells aside and taking them up again, in the caller's transaction (see `problems`).

A person ignores and notices single cells. Whether a location is active is noted on its pair, and
all its cells follow. Bundles are noted from the catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from core.model import Cell, CellKey, Problem
from core.sync.events import LocationActiveAgain, LocationDeactivated
from core.sync.ports import BooksTx, BooksView
from core.sync.problems import put_aside, without_problem
from core.sync.trace import Trace

STEP = 4_000
"""Cells that follow their location in one transaction: while it lasts, nobody else can write."""


def ignore(tx: BooksTx, keys: Iterable[CellKey]) -> list[Cell]:
    """Leave cells out until `notice`; returns those that were not left out before, as they were."""
    found = [cell for cell in _cells(tx, keys) if cell.problem is not Problem.IGNORED]
    tx.put_cells(put_aside(cell, Problem.IGNORED) for cell in found)
    return found


def notice(tx: BooksTx, keys: Iterable[CellKey], bundles: Collection[str] = ()) -> list[Cell]:
    """Take ignored cells up again; returns them. A cell of a deactivated location waits for that,
    and one of an inventory item among the `bundles` for its components.

    The revision grows, so that an engine in any process looks at its cells anew: for these, the
    reading it knows already is news.
    """
    found = [cell for cell in _cells(tx, keys) if cell.problem is Problem.IGNORED]
    active = {pair.shopify_location_id: pair.is_active for pair in tx.pairs()}
    for cell in found:
        noticed = without_problem(cell)
        if not active.get(cell.key.shopify_location_id, True):
            noticed = put_aside(noticed, Problem.LOCATION_INACTIVE)
        elif cell.key.inventory_item_id in bundles:
            noticed = put_aside(noticed, Problem.BUNDLE)
        tx.put_cell(noticed)
    if found:
        tx.put_link(tx.link().revised())
    return found


def to_follow(view: BooksView, active: Collection[str]) -> list[CellKey]:
    """The cells that do not stand yet as the shop's active locations ask for. Looks at all cells
    where a paired location is not active.
    """
    closed = {pair.shopify_location_id for pair in view.pairs()}.difference(active)
    waiting = view.cells_with((Problem.LOCATION_INACTIVE,))
    found = [cell.key for cell in waiting if cell.key.shopify_location_id not in closed]
    if closed:
        stay = (Problem.LOCATION_INACTIVE, Problem.IGNORED)
        found += [
            cell.key
            for cell in view.cells()
            if cell.key.shopify_location_id in closed and cell.problem not in stay
        ]
    return found


def note_locations(
    tx: BooksTx,
    active: Collection[str],
    trace: Trace,
    keys: Sequence[CellKey] | None = None,
    bundles: Collection[str] = (),
) -> Sequence[CellKey]:
    """The shop's active locations are these: the cells of paired ones that have come or gone
    follow. Costs nothing while nothing has changed, and tells of a location, not of each cell.

    With `keys` (`to_follow` has found them) only the first STEP of those follow; returns the
    others, for the next transaction, with which this can go on at any time: a pair says at once how
    its location stands, so new cells and those that a person takes up are right from then on.
    """
    pairs = list(tx.pairs())
    noted = [replace(pair, is_active=pair.shopify_location_id in active) for pair in pairs]
    changed = [pair for before, pair in zip(pairs, noted, strict=True) if pair != before]
    if keys is None:
        keys = now = to_follow(tx, active) if changed else []
    else:
        now = [*keys[:STEP]]
    if not changed and not now:
        return ()
    moved = Counter(key.shopify_location_id for key in keys)
    if changed:
        tx.put_pairs(noted)
    tx.put_link(tx.link().revised())
    _follow(tx, now, active, bundles)
    for pair in changed:
        kind = LocationActiveAgain if pair.is_active else LocationDeactivated
        name, cells = pair.shopify_name, moved[pair.shopify_location_id]
        trace.events.append(kind(at=trace.at, brand=trace.brand, location=name, cells=cells))
    return keys[len(now) :]


def _follow(
    tx: BooksTx, keys: Sequence[CellKey], active: Collection[str], bundles: Collection[str]
) -> None:
    followed: list[Cell] = []
    for cell in _cells(tx, keys):
        holds = cell.key.shopify_location_id not in active
        after = _following(cell, Problem.LOCATION_INACTIVE, holds=holds)
        if not holds:  # a bundle waits on for another cause
            after = _following(after, Problem.BUNDLE, holds=after.key.inventory_item_id in bundles)
        if after is not cell:
            followed.append(after)
    tx.put_cells(followed)


def note_bundles(tx: BooksTx, bundles: Collection[str], trace: Trace) -> None:
    """These inventory items, of all, are bundles: stock is their components'."""
    places = [pair.shopify_location_id for pair in tx.pairs() if pair.is_active]
    mapped = [item_id for item_id in bundles if tx.mapping(item_id) is not None]
    cells = _cells(tx, [CellKey(item, place) for item in mapped for place in places])
    cells += tx.cells_with((Problem.BUNDLE,))
    moved = False
    for cell in {cell.key: cell for cell in cells}.values():
        after = _following(cell, Problem.BUNDLE, holds=cell.key.inventory_item_id in bundles)
        if after is cell:
            continue
        moved = True
        tx.put_cell(after)
        if after.problem is None:
            trace.cleared(after)
        else:
            trace.needs_you(after)
    if moved:
        tx.put_link(tx.link().revised())


def _following(cell: Cell, problem: Problem, *, holds: bool) -> Cell:
    """Aside for a cause that holds, taken up where it is gone; the same cell where neither is."""
    if holds and cell.problem is not problem:
        return put_aside(cell, problem)
    if not holds and cell.problem is problem:
        return without_problem(cell)
    return cell


def _cells(tx: BooksTx, keys: Iterable[CellKey]) -> list[Cell]:
    return list(tx.cells_at(list(keys)).values())
