"""Putting cells aside and taking them up again, in the caller's transaction (see `problems`).

A person ignores and notices single cells. Whether a location is active is noted on its pair, and
all its cells follow. Bundles are noted from the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from core.model import Cell, CellKey, Problem
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
        link = tx.link()
        tx.put_link(replace(link, revision=link.revision + 1))
    return found


def note_locations(tx: BooksTx, active: Collection[str], trace: Trace) -> int:
    """The shop's active locations are these. The cells of paired ones that have come or gone
    follow; returns how many. Costs nothing while nothing has changed.
    """
    pairs = list(tx.pairs())
    noted = [replace(pair, is_active=pair.shopify_location_id in active) for pair in pairs]
    changed = {
        pair.shopify_location_id: pair.is_active
        for before, pair in zip(pairs, noted, strict=True)
        if pair != before
    }
    if not changed:
        return 0
    tx.put_pairs(noted)
    link = tx.link()
    tx.put_link(replace(link, revision=link.revision + 1))
    moved = 0
    for cell in list(tx.cells()):
        is_active = changed.get(cell.key.shopify_location_id)
        if is_active is not None:
            moved += _follow(tx, cell, Problem.LOCATION_INACTIVE, trace, holds=not is_active)
    return moved


def note_bundles(tx: BooksTx, bundles: Collection[str], trace: Trace) -> int:
    """These inventory items, of all, are bundles: stock is their components'."""
    moved = 0
    for cell in list(tx.cells_with((Problem.BUNDLE,))):
        if cell.key.inventory_item_id not in bundles:
            moved += _follow(tx, cell, Problem.BUNDLE, trace, holds=False)
    locations = [pair.shopify_location_id for pair in tx.pairs()]
    mapped = [item_id for item_id in bundles if tx.mapping(item_id) is not None]
    for cell in _cells(tx, (CellKey(item, place) for item in mapped for place in locations)):
        if cell.problem is not Problem.LOCATION_INACTIVE:
            moved += _follow(tx, cell, Problem.BUNDLE, trace, holds=True)
    if moved:
        link = tx.link()
        tx.put_link(replace(link, revision=link.revision + 1))
    return moved


def _follow(tx: BooksTx, cell: Cell, problem: Problem, trace: Trace, *, holds: bool) -> bool:
    """Put a cell aside for a cause that holds, or take it up where the cause is gone."""
    if holds and cell.problem is not problem:
        aside = put_aside(cell, problem)
        if aside is cell:
            return False
        tx.put_cell(aside)
        trace.needs_you(aside)
        return True
    if not holds and cell.problem is problem:
        taken_up = without_problem(cell)
        tx.put_cell(taken_up)
        trace.cleared(taken_up)
        return True
    return False


def _cells(tx: BooksTx, keys: Iterable[CellKey]) -> list[Cell]:
    return list(tx.cells_at(list(keys)).values())
