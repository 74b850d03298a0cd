"""Why a cell is out of the flow, sorted by what ends it.

    FROM_READING   the shop says so with each reading, and the next good reading ends it
    IN_DOUBT       its base may not be true: a person's word ends it, or both sides being equal
    ASIDE          no reading of the cell tells: a person ignores it, its location is deactivated,
                   the catalogue says that it is a bundle. Who put it aside takes it up again

While a cell is aside its numbers are kept and Shopify's is noted, but nothing flows. Taking it up
only clears the problem: L − B and R − B are what they were and what came since, so the next reading
gives both sides their due. A base in doubt is forgotten when its cell is put aside; such a cell
begins anew, by both sides being equal or a person's word. So no unit is lost or invented.
"""

from __future__ import annotations

from core.model import Cell, Problem

FROM_READING = frozenset({Problem.UNTRACKED, Problem.NOT_STOCKED, Problem.DELETED})
IN_DOUBT = frozenset({Problem.OUTCOME_UNKNOWN, Problem.DIFFERS_AT_START})
ASIDE = frozenset({Problem.IGNORED, Problem.LOCATION_INACTIVE, Problem.BUNDLE})


def with_problem(cell: Cell, problem: Problem, detail: str = "") -> Cell:
    """The books fill in since when, unless it is the same problem as before."""
    since = cell.since if problem is cell.problem else ""
    return cell._replace(problem=problem, detail=detail, since=since)


def without_problem(cell: Cell) -> Cell:
    if cell.problem is None:
        return cell
    return cell._replace(problem=None, detail="", since="")


def put_aside(cell: Cell, problem: Problem) -> Cell:
    """What a person said goes before what the shop says of location or catalogue."""
    if cell.problem is Problem.IGNORED:
        return cell
    base = None if cell.problem in IN_DOUBT else cell.base
    return with_problem(cell, problem)._replace(base=base)


def doubt_base(cell: Cell, detail: str) -> Cell:
    """A write of which nobody knows whether it happened: the base cannot be trusted any more."""
    if cell.problem in ASIDE:
        return cell._replace(base=None)
    return with_problem(cell, Problem.OUTCOME_UNKNOWN, detail)
