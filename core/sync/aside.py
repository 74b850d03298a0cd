"""Putting cells aside and taking them up again, in the caller's transaction (see `problems`).

A person ignores and notices single cells. Whether a location is active is noted on its pair, and
all its cells follow. Bundles are noted from the catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from core.model import Cell, CellKey, Problem
from core.sync.events import LocationActiveAgain, LocationDeactivated
from core.sync.ports import BooksTx
from core.sync.problems import put_aside, without_problem
from core.sync.trace import Trace


def ignore(tx: BooksTx, keys: Iterable[CellKey]) -> list[Cell]:
    """Leave cells out until `notice`; returns those that were not left out before, as they were."""
    found = [cell for cell in _cells(tx, keys) if cell.problem is not Problem.IGNORED]
    tx.put_cells(put_aside(cell, Problem.IGNORED) for cell in found)
    return found


def notice(tx: BooksTx, keys: Iterable[CellKey]) -> list[Cell]:
    """Take ignored cells up again; returns them. A cell of a deactivated location waits for that.

    The revision grows, so that an engine in any process looks at its cells anew: for these, the
    reading it knows already is news.
    """
    found = [cell for cell in _cells(tx, keys) if cell.problem is Problem.IGNORED]
    active = {pair.shopify_location_id: pair.is_active for pair in tx.pairs()}
    for cell in found:
        noticed = without_problem(cell)
        if not active.get(cell.key.shopify_location_id, True):
            noticed = put_aside(noticed, Problem.LOCATION_INACTIVE)
        tx.put_cell(noticed)
    if found:
        _bump(tx)
    return found


def note_locations(tx: BooksTx, active: Collection[str], trace: Trace) -> None:
    """The shop's active locations are these: the cells of paired ones that have come or gone
    follow. Costs nothing while nothing has changed, and tells of a location, not of each cell.
    """
    pairs = list(tx.pairs())
    noted = [replace(pair, is_active=pair.shopify_location_id in active) for pair in pairs]
    changed = {
        pair.shopify_location_id: pair
        for before, pair in zip(pairs, noted, strict=True)
        if pair != before
    }
    if not changed:
        return
    tx.put_pairs(noted)
    _bump(tx)
    followed: list[Cell] = []
    for cell in tx.cells():
        pair = changed.get(cell.key.shopify_location_id)
        if pair is None:
            continue
        after = _following(cell, Problem.LOCATION_INACTIVE, holds=not pair.is_active)
        if after is not cell:
            followed.append(after)
    tx.put_cells(followed)
    moved = Counter(cell.key.shopify_location_id for cell in followed)
    for location_id, pair in changed.items():
        kind = LocationActiveAgain if pair.is_active else LocationDeactivated
        name, cells = pair.shopify_name, moved[location_id]
        trace.events.append(kind(at=trace.at, brand=trace.brand, location=name, cells=cells))


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
        _bump(tx)


def _following(cell: Cell, problem: Problem, *, holds: bool) -> Cell:
    """Aside for a cause that holds, taken up where it is gone; the same cell where neither is."""
    if holds and cell.problem is not problem:
        return put_aside(cell, problem)
    if not holds and cell.problem is problem:
        return without_problem(cell)
    return cell


def _bump(tx: BooksTx) -> None:
    link = tx.link()
    tx.put_link(replace(link, revision=link.revision + 1))


def _cells(tx: BooksTx, keys: Iterable[CellKey]) -> list[Cell]:
    return list(tx.cells_at(list(keys)).values())
