"""What a mass change would do, cell by cell, and why. Pure: cells in, rows out; nothing is written
here.

    PUSH   here wins everywhere
    PULL   Shopify wins everywhere
    MERGE  the start without a winner: both sides' changes since the base, and where there is none
           only what loses no unit (`merge.align`); the rest is listed
    UNDO   back to what a run found, for rows that are still as the run left them
    COUNT  what a person has counted, on both sides

A row that cannot or must not be done is in the plan all the same, marked `left_out` and with its
reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from core.errors import N_
from core.model import Cell, CellKey, PlanKind, PlanRow, Problem, RowOutcome, RunRow, Why
from core.sync.merge import align, pull
from core.sync.problems import ASIDE, FROM_READING, IN_DOUBT


def rows_for(
    kind: PlanKind, cells: Iterable[Cell], *, negative_allowed: bool, to_enable: bool = False
) -> tuple[PlanRow, ...]:
    """One row a cell, in the order given. Cells must hold fresh readings. `to_enable`: the link is
    on afterwards, which takes over what was never set here; so the plan does.
    """
    if kind is PlanKind.MERGE:
        return tuple(_merged(cells, negative_allowed))
    decide = _push_to_enable if to_enable and kind is PlanKind.PUSH else _DECIDE[kind]
    rows = [_guarded(cell, decide, negative_allowed) for cell in cells]
    return tuple(_without_conflicts(rows))


def count_rows(
    cells: Iterable[Cell], counted: Mapping[CellKey, int], *, negative_allowed: bool
) -> tuple[PlanRow, ...]:
    """Both sides become what was counted for each cell."""

    def decide(cell: Cell, negative_allowed: bool) -> PlanRow:
        number = counted[cell.key]
        if number < 0 and not negative_allowed:
            return _left_out(cell, Why.NEGATIVE_NOT_ALLOWED)
        return _row(cell, number, number, number, Why.COUNTED)

    rows = [_guarded(cell, decide, negative_allowed) for cell in cells]
    return tuple(_without_conflicts(rows))


def undo_rows(
    run_rows: Iterable[RunRow], cell_of: Callable[[PlanRow], Cell | None]
) -> tuple[PlanRow, ...]:
    """Rows that take a run's applied rows back. A level that had never been set goes back to 0. The
    rows of a level go back together: where only some of them can, all are left out.
    """
    done = list(run_rows)
    rows = [
        _undo_row(one.row, cell_of(one.row)) for one in done if one.outcome is RowOutcome.APPLIED
    ]
    stuck = {_level(row) for row in rows if row.left_out}
    stuck |= {_level(one.row) for one in done if one.outcome is not RowOutcome.APPLIED}
    return tuple(
        _not_undone(row, cell_of(row)) if not row.left_out and _level(row) in stuck else row
        for row in rows
    )


def _guarded(
    cell: Cell, decide: Callable[[Cell, bool], PlanRow], negative_allowed: bool
) -> PlanRow:
    against = _reason_against(cell)
    return decide(cell, negative_allowed) if against is None else _left_out(cell, *against)


def _reason_against(cell: Cell) -> tuple[Why, str] | None:
    """Why no plan may touch a cell, with the detail; None where one may."""
    if cell.intent is not None:
        return Why.MOVED_SINCE, "write in flight"
    if cell.problem is Problem.IGNORED:
        return Why.IGNORED, ""
    if cell.problem in FROM_READING or cell.problem in ASIDE or cell.there is None:
        detail = cell.problem.value if cell.problem else Problem.NOT_STOCKED.value
        return Why.CANNOT_WRITE, detail
    return None


def _push(cell: Cell, _negative_allowed: bool) -> PlanRow:
    if cell.here is None:
        return _left_out(cell, Why.NEVER_SET_HERE)
    why = Why.AGREE if cell.here == cell.there else Why.HERE_WINS
    return _row(cell, cell.here, cell.here, cell.here, why)


def _push_to_enable(cell: Cell, negative_allowed: bool) -> PlanRow:
    if cell.here is not None:
        return _push(cell, negative_allowed)
    row = _pull(cell, negative_allowed)
    return row if row.left_out else replace(row, why=Why.NEVER_SET_HERE)


def _pull(cell: Cell, negative_allowed: bool) -> PlanRow:
    there = cell.there
    if there is not None and there < 0 and not negative_allowed and there != cell.here:
        return _left_out(cell, Why.NEGATIVE_NOT_ALLOWED)
    why = Why.AGREE if cell.here == there else Why.THERE_WINS
    return _row(cell, there, there, there, why)


def _merged(cells: Iterable[Cell], negative_allowed: bool) -> Iterable[PlanRow]:
    """As the engine would do it: what has changed on Shopify is pulled, and what the level has
    become by that is pushed to each of its cells. A cell without a base, or with one in doubt,
    begins (`merge.align`) with the level that comes of the others.
    """
    known = [cell._replace(base=None) if cell.problem in IN_DOUBT else cell for cell in cells]
    flowed = _flowed(known, negative_allowed)

    def decide(cell: Cell, negative_allowed: bool) -> PlanRow:
        here, bases = flowed.get(_level(cell), (cell.here, {}))
        base = bases.get(cell.key)
        if base is not None and here is not None and cell.there is not None:
            return _row(cell, here, cell.there + here - base, here, Why.MERGED)
        to = align(here, cell.there, negative_allowed=negative_allowed)
        if to.why in (Why.DIFFERS, Why.NEGATIVE_NOT_ALLOWED, Why.CANNOT_WRITE):
            return _left_out(cell, to.why)
        return _row(cell, to.here, to.there, to.base, to.why)

    return _without_conflicts([_guarded(cell, decide, negative_allowed) for cell in known])


def _flowed(
    cells: Iterable[Cell], negative_allowed: bool
) -> dict[tuple[str, str], tuple[int, dict[CellKey, int]]]:
    """What each level becomes when the changes on Shopify of all its cells are pulled in turn, as
    far as the label allows, and the bases of these cells then. Where all agree already nothing
    flows; where something is left, the base stays behind by as much.
    """
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.base is not None and _reason_against(cell) is None:
            groups[_level(cell)].append(cell)
    flowed: dict[tuple[str, str], tuple[int, dict[CellKey, int]]] = {}
    for level, group in groups.items():
        if all(cell.there == cell.here for cell in group):
            continue
        here, bases = group[0].here or 0, {}
        for cell in group:
            if cell.there is not None and cell.base is not None:
                pulled = pull(here, cell.there, cell.base, negative_allowed=negative_allowed)
                here, bases[cell.key] = pulled.here, pulled.base
        flowed[level] = here, bases
    return flowed


def _level(one: Cell | PlanRow) -> tuple[str, str]:
    return one.sku_number, one.location_id


_DECIDE = {PlanKind.PUSH: _push, PlanKind.PULL: _pull}


def _without_conflicts(rows: list[PlanRow]) -> Iterable[PlanRow]:
    """Several variants of one item want one level: where they do not agree on its number, a person
    decides.
    """
    wanted: dict[tuple[str, str], set[int | None]] = defaultdict(set)
    for row in rows:
        if not row.left_out:
            wanted[row.sku_number, row.location_id].add(row.new_here)
    for row in rows:
        if not row.left_out and len(wanted[row.sku_number, row.location_id]) > 1:
            yield replace(
                row,
                new_here=row.here,
                new_there=row.there,
                new_base=row.base,
                why=Why.DIFFERS,
                left_out=True,
                detail=N_("several variants of one item differ"),
            )
        else:
            yield row


def _undo_row(done: PlanRow, cell: Cell | None) -> PlanRow:
    before = 0 if done.here is None else done.here
    wanted_here = before if done.changes_here else done.new_here
    row = PlanRow(
        done.key,
        done.sku_number,
        done.location_id,
        here=done.new_here,
        there=done.new_there,
        base=done.new_base,
        new_here=wanted_here,
        new_there=done.there,
        new_base=done.base,
        why=Why.UNDONE,
    )
    if (
        cell is not None
        and cell.intent is None
        and cell.sku_number == row.sku_number
        and cell.problem not in ASIDE
        and (cell.here, cell.there) == (row.here, row.there)
    ):
        return replace(row, base=cell.base)
    return _not_undone(row, cell)


def _not_undone(row: PlanRow, cell: Cell | None) -> PlanRow:
    here, there, base = (cell.here, cell.there, cell.base) if cell else (None, None, None)
    return replace(
        row,
        here=here,
        there=there,
        base=base,
        new_here=here,
        new_there=there,
        new_base=base,
        why=Why.IGNORED if cell and cell.problem is Problem.IGNORED else Why.MOVED_SINCE,
        left_out=True,
    )


def _row(
    cell: Cell, new_here: int | None, new_there: int | None, new_base: int | None, why: Why
) -> PlanRow:
    return PlanRow(
        cell.key,
        cell.sku_number,
        cell.location_id,
        cell.here,
        cell.there,
        cell.base,
        new_here,
        new_there,
        new_base,
        why,
    )


def _left_out(cell: Cell, why: Why, detail: str = "") -> PlanRow:
    row = _row(cell, cell.here, cell.there, cell.base, why)
    return replace(row, left_out=True, detail=detail)
