"""From readings to levels: which readings are trusted, and what a trusted one does. Inside a
transaction, no network.

A reading is trusted for a cell when no write of ours is in flight on it, the request started after
the cell's last write was answered (else the answer may not know of that write), it does not still
show exactly what was there before that write, and its `updatedAt` is not older than the newest seen
(else it comes from a replica that is behind). Trust spares people the flicker; correctness rests on
the outbox: what a stale reading took, the next true one gives back, as long as the base moves
exactly once for each applied write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

from core.model import Cause, CauseKind, Cell, CellKey, Label, Problem, Reading, Why
from core.sync.merge import align, pull
from core.sync.ports import BooksTx, BooksView
from core.sync.problems import ASIDE, FROM_READING, IN_DOUBT, with_problem, without_problem
from core.sync.trace import Trace

WHO = "sync"


def absorb(
    tx: BooksTx,
    readings: Iterable[Reading],
    is_fresh: Callable[[Reading], bool],
    trace: Trace,
    *,
    flow: bool = True,
) -> set[CellKey]:
    """Take readings in; returns the cells that trusted theirs. While the link is off, or without
    `flow`, numbers are noted and no level changes.
    """
    link = tx.link()
    label = tx.label(link.label_code) if flow and link.enabled and link.label_code else None
    trusted: set[CellKey] = set()
    changed: list[Cell] = []
    moved: set[tuple[str, str]] = set()
    together: dict[tuple[str, str], Label] = {}
    written: Set[CellKey] | None = None
    readings = list(readings)
    cells = tx.cells_at([reading.key for reading in readings])
    for reading in readings:
        cell = cells.get(reading.key)
        if cell is not None and (cell.sku_number, cell.location_id) in moved:
            cell = tx.cell(reading.key)  # another variant of the item has just moved its level
        if cell is None or _is_overtaken(cell, reading) or not is_fresh(reading):
            continue
        if cell.base is None and written is None:
            written = open_places(tx)
        if cell.base is None and written and cell.key in written:
            continue
        noted = note(cell, reading, trace)
        if label is not None and _begins_with_others(tx, noted):
            together[cell.sku_number, cell.key.shopify_location_id] = label
        elif label is not None:
            noted = _flow(tx, noted, label, trace)
        if noted.here != cell.here:
            moved.add((cell.sku_number, cell.location_id))
        if noted != cell and noted.problem is Problem.REJECTED:
            noted = _still_refused(noted, trace)
        if noted != cell:
            changed.append(noted)
        trusted.add(cell.key)
        if reading.sku != cell.sku_number:
            trace.other_skus[cell.key.inventory_item_id] = reading.sku
    tx.put_cells(changed)
    _begin_together(tx, together, trace)
    return trusted


def _is_overtaken(cell: Cell, reading: Reading) -> bool:
    """By a write of ours that is in flight, or by a newer reading."""
    return cell.intent is not None or bool(
        reading.updated_at and reading.updated_at < cell.updated_at
    )


def open_places(view: BooksView) -> Set[CellKey]:
    """Where a write is open. A cell that was made anew since (its item mapped, its location paired
    again) does not wait for it, and must not begin before it all the same: what the write will do
    would be taken for a change on Shopify.
    """
    return {row.key for intent in view.intents() for row in intent.rows}


def note(cell: Cell, reading: Reading, trace: Trace) -> Cell:
    """The cell with what the reading says of the number and of whether it can be written."""
    numbers = cell.there == reading.quantity and cell.updated_at == reading.updated_at
    same = (
        numbers
        and (reading.problem or cell.problem) is cell.problem
        and not (cell.problem in FROM_READING and reading.problem is None)
    )
    if same or (numbers and cell.problem in ASIDE):
        return cell
    noted = cell._replace(
        there=reading.quantity,
        base=_known_base(cell, reading),
        updated_at=reading.updated_at or cell.updated_at,
        read_at=trace.at,
    )
    if cell.problem in ASIDE:
        return noted
    if reading.problem is not None:
        noted = with_problem(noted, reading.problem)
        if reading.problem is not cell.problem:
            trace.needs_you(noted)
        return noted
    if cell.problem in FROM_READING or (cell.problem is Problem.REJECTED and noted.base is None):
        noted = without_problem(noted)
        trace.cleared(noted)
    return noted


def _still_refused(cell: Cell, trace: Trace) -> Cell:
    """Its numbers have moved. It stays listed, and nothing is told, until the shop takes what there
    is to write, or there is nothing any more.
    """
    if cell.unsynced_here:
        trace.refused_moved = True
        return cell
    cleared = without_problem(cell)
    trace.cleared(cleared)
    return cleared


def _known_base(cell: Cell, reading: Reading) -> int | None:
    """The base, unless nobody can say any more whether our last write happened: then it is
    forgotten, and the cell begins anew, by both sides being equal or a person's word.

    Where an item was not stocked, no number was shown and a write may have been kept unseen
    (facts.md §4.6): it must come back with the number that we believe to have left there. And a
    doubt stays one when a problem told by readings takes its place.
    """
    went = reading.problem is not None and reading.problem is not cell.problem
    if went and cell.problem in IN_DOUBT:
        return None
    if reading.quantity is None:
        return cell.base
    if cell.there is None and reading.quantity != cell.base:
        return None
    return cell.base


def _flow(tx: BooksTx, cell: Cell, label: Label, trace: Trace) -> Cell:
    if cell.problem in FROM_READING or cell.problem in ASIDE:
        return cell
    if cell.problem in IN_DOUBT or cell.base is None:
        return _begin(tx, cell, label, trace)
    return pull_cell(tx, cell, label, trace)


def _begin(tx: BooksTx, cell: Cell, label: Label, trace: Trace) -> Cell:
    """A cell without a base, or one whose base is in doubt, joins only where no unit can be
    lost.
    """
    to = align(cell.here, cell.there, negative_allowed=label.negative_allowed)
    if to.why in (Why.AGREE, Why.NEVER_SET_HERE) and to.here is not None:
        if to.here != cell.here:
            cause = Cause(CauseKind.PULL, WHO, arithmetic=f"never set here; Shopify {to.there}")
            tx.set_level(cell.sku_number, cell.location_id, label.code, to.here, cause)
        begun = without_problem(cell)._replace(here=to.here, base=to.base)
        if cell.problem is not None:
            trace.cleared(begun)
        return begun
    if cell.problem is not None:
        return cell
    refused = to.why is Why.NEGATIVE_NOT_ALLOWED
    problem = Problem.NEGATIVE_NOT_ALLOWED if refused else Problem.DIFFERS_AT_START
    waiting = with_problem(cell, problem)
    trace.needs_you(waiting)
    return waiting


def _begins_with_others(tx: BooksTx, cell: Cell) -> bool:
    """Whether several variants of an item could give a level its first number, this one or, where
    it cannot, the others.
    """
    never_set = cell.here is None and cell.base is None
    return never_set and len(tx.mappings_of(cell.sku_number)) > 1


def _begin_together(tx: BooksTx, levels: Mapping[tuple[str, str], Label], trace: Trace) -> None:
    """Levels, by SKU number and Shopify's location, whose first number several variants could give.
    As soon as all of them are read: where they agree the level takes their number, else a person
    decides. None of them is the one that came first.
    """
    written = open_places(tx) if levels else set()
    for (sku_number, shopify_location_id), label in levels.items():
        cells = _that_begin(tx, sku_number, shopify_location_id)
        numbers = {None if cell.intent or cell.key in written else cell.there for cell in cells}
        for cell in () if None in numbers else cells:
            if len(numbers) == 1:
                tx.put_cell(_begin(tx, tx.cell(cell.key) or cell, label, trace))
            elif cell.problem is None:
                waiting = with_problem(cell, Problem.DIFFERS_AT_START)
                trace.needs_you(waiting)
                tx.put_cell(waiting)


def _that_begin(tx: BooksView, sku_number: str, shopify_location_id: str) -> list[Cell]:
    """The cells of one level without a base that may flow."""
    keys = [
        CellKey(mapping.inventory_item_id, shopify_location_id)
        for mapping in tx.mappings_of(sku_number)
    ]
    return [
        cell
        for cell in tx.cells_at(keys).values()
        if cell.base is None and cell.problem not in ASIDE and cell.problem not in FROM_READING
    ]


def pull_cell(tx: BooksTx, cell: Cell, label: Label, trace: Trace) -> Cell:
    """L += R − B, B = R, as far as the label allows; writes the level and returns the cell as it
    is then.
    """
    if cell.base is None or cell.there is None:
        return cell
    if cell.there == cell.base and cell.problem is not Problem.NEGATIVE_NOT_ALLOWED:
        return cell
    here = cell.here or 0
    pulled = pull(here, cell.there, cell.base, negative_allowed=label.negative_allowed)
    after = cell._replace(here=pulled.here, base=pulled.base)
    if pulled.applied:
        arithmetic = f"{here} + ({cell.there} − {cell.base}) = {here + cell.there - cell.base}"
        if pulled.left:
            arithmetic += f", of which {pulled.left:+d} wait"
        cause = Cause(CauseKind.PULL, WHO, arithmetic=arithmetic)
        tx.set_level(cell.sku_number, cell.location_id, label.code, pulled.here, cause)
        trace.sale_seen(cell, pulled)
    if pulled.left and cell.problem is None:
        after = with_problem(after, Problem.NEGATIVE_NOT_ALLOWED, f"{pulled.left:+d}")
        trace.needs_you(after)
    elif pulled.left and cell.problem is Problem.NEGATIVE_NOT_ALLOWED:
        after = after._replace(detail=f"{pulled.left:+d}")
    elif not pulled.left and cell.problem is Problem.NEGATIVE_NOT_ALLOWED:
        after = without_problem(after)
        trace.cleared(after)
    return after
