"""Writes that happen exactly once. The outbox holds every write from its decision until its
outcome is known.

    decide   one commit: the intent {key, rows} goes in; from then on its cells wait for it
    send     the same key always goes with the same rows, however often, also after a restart
    settle   one commit: the base of each row moves, the intent goes

Outcomes: applied → settle; a row that changed nothing is released as it was. Answered with
problems → nothing was applied (facts.md §4.4): the cells are released, failing rows are put aside
with their reason, the others go out again under a new key. Unknown → the intent stays, and is sent
again under its key while Shopify remembers it (24 h); after that a direct read decides, and if it
cannot tell, a person.

The functions here run inside a transaction and decide; sending is the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from core.model import (
    Cell,
    CellKey,
    CellState,
    Intent,
    IntentKind,
    IntentRow,
    Label,
    Problem,
    QuantityName,
    Reading,
    RowOutcome,
    RowProblem,
    WriteResult,
)
from core.sync.ports import CHUNK, BooksTx
from core.sync.problems import ASIDE, doubt_base, with_problem, without_problem
from core.sync.pulling import note, pull_cell
from core.sync.trace import Trace

STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
AGAIN = frozenset(
    {"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "SERVICE_UNAVAILABLE", "ADJUST_QUANTITIES_FAILED"},
)
MISMATCH = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
NO_EFFECT = RowProblem(None, "NO_EFFECT", "The write was taken, and changed nothing.")
NOT_SENT = "not sent: another row was refused"
NO_READINGS: Mapping[CellKey, Reading] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settled intent came to, for run records and pacing.

    `again`: the shop asked to come back later. `echoes`: for applied rows, the quantity and
    `updatedAt` from before the write; an answer that still shows exactly those comes from a replica
    that has not seen the write.
    """

    outcomes: dict[CellKey, tuple[RowOutcome, str]]
    again: bool = False
    echoes: dict[CellKey, tuple[int, str]] = field(default_factory=dict)


def decide(
    tx: BooksTx, trace: Trace, *, new_key: Callable[[], str], at: str, most: int
) -> list[Intent]:
    """Put pending cells into intents of up to CHUNK; none when nothing is pending. Looks at `most`
    chunks, so that one commit does not grow with what waits.

    First what could not be pulled before is tried again, because stock may have come since. Those
    that must be read before, because they come back from where none was shown, hold up nobody.
    """
    label = _flows_to(tx)
    if label is None:
        return []
    pending = (cell for cell in tx.cells((CellState.PENDING_PUSH,)) if cell.there is not None)
    pulled_into: set[tuple[str, str]] = set()
    intents: list[Intent] = []
    for _ in range(most):
        chunk = list(islice(pending, CHUNK))
        intent = _decided(tx, label, new_key(), at, chunk, trace, pulled_into)
        if intent is not None:
            intents.append(intent)
    return intents


def decide_again(
    tx: BooksTx, trace: Trace, *, key: str, at: str, keys: Set[CellKey]
) -> Intent | None:
    """The same with cells that were refused: they stay so, and listed, until one is taken. What was
    written by a person's word to a cell without a base is not written again without one: it differs
    as before.
    """
    found: list[Cell] = []
    for cell in list(tx.cells_with((Problem.REJECTED,))):
        if cell.key not in keys or cell.intent is not None:
            continue
        if cell.base is None:
            if cell.here != cell.there:  # else the next reading says that it is in order
                differs = with_problem(cell, Problem.DIFFERS_AT_START)
                tx.put_cell(differs)
                trace.needs_you(differs)
            continue
        if cell.unsynced_here:
            found.append(cell)
        else:  # there is nothing to write any more
            mended = without_problem(cell)
            tx.put_cell(mended)
            trace.cleared(mended)
    label = _flows_to(tx)
    return None if label is None else _decided(tx, label, key, at, found[:CHUNK], trace, set())


def _flows_to(tx: BooksTx) -> Label | None:
    """The linked label, while the link is on."""
    link = tx.link()
    return tx.label(link.label_code) if link.enabled and link.label_code else None


def _decided(
    tx: BooksTx,
    label: Label,
    key: str,
    at: str,
    cells: Sequence[Cell],
    trace: Trace,
    pulled_into: set[tuple[str, str]],
) -> Intent | None:
    """`pulled_into`: the levels that were changed since the cells were read; grows."""
    rows: list[IntentRow] = []
    for found in cells:
        level = (found.sku_number, found.location_id)
        cell = found
        if level in pulled_into:  # by an earlier row of this commit: its number is another now
            cell = tx.cell(found.key) or found
        ready = pull_cell(tx, cell, label, trace)
        if ready is not cell:
            pulled_into.add(level)
            tx.put_cell(ready)
        delta = ready.unsynced_here
        if ready.there is not None and ready.base is not None and delta:
            row = IntentRow(ready.key, ready.sku_number, ready.there, delta, ready.base + delta)
            rows.append(row)
    if not rows:
        return None
    name = tx.link().quantity_name
    kind = IntentKind.ADJUST if name is QuantityName.AVAILABLE else IntentKind.SET
    intent = Intent(key, kind, at, name, tuple(rows))
    post(tx, intent)
    return intent


def post(tx: BooksTx, intent: Intent) -> None:
    """Into the outbox, in the caller's transaction."""
    tx.put_intent(intent)
    tx.put_latest_moment(intent.at)


def settle(
    tx: BooksTx,
    intent: Intent,
    result: WriteResult,
    trace: Trace,
    readings: Mapping[CellKey, Reading] = NO_READINGS,
) -> Settled:
    """Write down an answered intent. Cells that have left the link meanwhile are passed over.

    `readings` of the untouched cells tell why, so that nobody goes on trying.
    """
    held = _taken_out(tx, intent)
    if not result.problems:
        return _applied(tx, intent, held, result, trace, readings)
    refused = _by_row(intent, result.problems)
    outcomes: dict[CellKey, tuple[RowOutcome, str]] = {}
    is_news = not refused or any(
        not _is_known(held.get(intent.rows[index].key), problem)
        for index, problem in refused.items()
    )
    for index, row in enumerate(intent.rows):
        problem, cell = refused.get(index), held.get(row.key)
        if cell is not None and cell.problem is Problem.REJECTED and refused and problem is None:
            cell = without_problem(cell)  # this time nothing was said against it
            trace.cleared(cell)
        outcomes[row.key] = _released(tx, cell, problem, trace)
    if is_news:
        trace.rejected(intent, len(refused))
    again = not refused or any(problem.code in AGAIN for problem in result.problems)
    return Settled(outcomes, again=again)


def _by_row(intent: Intent, problems: Sequence[RowProblem]) -> dict[int, RowProblem]:
    """The problem of each row that has one. A final problem that names no row is every row's; one
    that passes is nobody's.
    """
    found: dict[int, RowProblem] = {}
    for problem in problems:
        if problem.code in AGAIN:
            continue
        if problem.index is not None and 0 <= problem.index < len(intent.rows):
            found.setdefault(problem.index, problem)
        else:
            for index in range(len(intent.rows)):
                found.setdefault(index, problem)
    return found


def _applied(
    tx: BooksTx,
    intent: Intent,
    held: Mapping[CellKey, Cell],
    result: WriteResult,
    trace: Trace,
    readings: Mapping[CellKey, Reading],
) -> Settled:
    settled: list[Cell] = []
    echoes: dict[CellKey, tuple[int, str]] = {}
    outcomes: dict[CellKey, tuple[RowOutcome, str]] = {}
    untouched = result.untouched or frozenset()
    for row in intent.rows:
        cell = held.get(row.key)
        if row.key in untouched:
            after, outcomes[row.key] = _without_effect(cell, readings.get(row.key), trace)
            if after is not None:
                settled.append(after)
            continue
        outcomes[row.key] = (RowOutcome.APPLIED, "")
        trace.pushed(intent, row, cell, result)
        if cell is not None:
            settled.append(_moved(cell, row, trace))
        echoes[row.key] = (row.before, cell.updated_at if cell else "")
    tx.put_cells(settled)
    return Settled(outcomes, again=bool(untouched), echoes=echoes)


def _without_effect(
    cell: Cell | None, reading: Reading | None, trace: Trace
) -> tuple[Cell | None, tuple[RowOutcome, str]]:
    """A write that was taken and changed nothing. The reading mostly tells why; where it does not,
    that counts as a refusal: it is listed, and tried again with longer and longer pauses, in place
    of several times a second.
    """
    if reading is None or reading.problem is not None:
        after = None if cell is None else _noted(cell._replace(intent=None), reading, trace)
        return after, (RowOutcome.MOVED, "without effect")
    return _refused(cell, NO_EFFECT, trace), (RowOutcome.REJECTED, NO_EFFECT.code)


def _noted(cell: Cell, reading: Reading | None, trace: Trace) -> Cell:
    """With what the reading says against writing to it. Its number is left to the next pass."""
    return cell if reading is None or reading.problem is None else note(cell, reading, trace)


def _moved(cell: Cell, row: IntentRow, trace: Trace) -> Cell:
    """The cell after its write has happened."""
    there = cell.there + row.delta if cell.there is not None else None
    changed_at = "" if (cell.here or 0) == row.new_base else cell.changed_at
    settled = cell if cell.problem in ASIDE else without_problem(cell)
    if cell.problem is Problem.REJECTED:
        trace.cleared(settled)
    return settled._replace(intent=None, base=row.new_base, there=there, changed_at=changed_at)


def _released(
    tx: BooksTx, cell: Cell | None, problem: RowProblem | None, trace: Trace
) -> tuple[RowOutcome, str]:
    if problem is None or problem.code in STALE:
        if cell is not None:
            tx.put_cell(cell._replace(intent=None))
        return RowOutcome.MOVED, problem.code if problem else NOT_SENT
    refused = _refused(cell, problem, trace)
    if refused is not None:
        tx.put_cell(refused)
    return RowOutcome.REJECTED, problem.code


def _refused(cell: Cell | None, problem: RowProblem, trace: Trace) -> Cell | None:
    """Listed with the reason, which is told unless it is the same as before."""
    if cell is None:
        return None
    detail = _detail(problem)
    released = cell._replace(intent=None)
    if problem.code == MISMATCH:
        released = doubt_base(released, detail)
    elif cell.problem not in ASIDE:
        released = with_problem(released, Problem.REJECTED, detail)
    if cell.problem not in ASIDE and not _is_known(cell, problem):
        trace.needs_you(released)
    return released


def _detail(problem: RowProblem) -> str:
    return f"{problem.code}: {problem.message}"


def _is_known(cell: Cell | None, problem: RowProblem) -> bool:
    """Whether the cell was refused for the same reason before: that is no news."""
    return (
        cell is not None
        and cell.problem is Problem.REJECTED
        and cell.detail == _detail(problem)
        and problem.code != MISMATCH
    )


def _taken_out(tx: BooksTx, intent: Intent) -> Mapping[CellKey, Cell]:
    """Out of the outbox; gives the cells that have waited for it."""
    held = tx.cells_waiting_for(intent)
    tx.remove_intent(intent.key)
    return held


def is_told_by_reading(result: WriteResult) -> bool:
    """Whether an answer leaves open what was applied: a receipt together with problems (never seen,
    and all-or-nothing forbids it), or rows without effect and no word which they are.
    """
    if result.problems:
        return result.receipt is not None
    return result.untouched is None


def is_plain(intent: Intent, readings: Mapping[CellKey, Reading]) -> bool:
    """Whether the readings tell of each row what became of it, however old they are: its place
    shows what the write should have left there, or why nothing is written there.
    """
    found = [readings.get(row.key) for row in intent.rows]
    return all(
        reading is not None and (reading.problem is not None or reading.quantity == row.quantity)
        for row, reading in zip(intent.rows, found, strict=True)
    )


def decide_by_reading(
    tx: BooksTx,
    intent: Intent,
    readings: dict[CellKey, Reading],
    trace: Trace,
    *,
    was_taken: bool = False,
) -> Settled:
    """An intent whose key has expired, or whose answer leaves it open: what Shopify holds now tells
    whether it happened, or a person must.

    `before + delta` exactly → it happened; `before` exactly, with the `updatedAt` from before → it
    did not; anything else → both are possible. Where Shopify does not take writes (untracked, not
    stocked, deleted) that is noted, so that nobody goes on trying. `was_taken`: the shop has
    answered, without a refusal.
    """
    held = _taken_out(tx, intent)
    outcomes: dict[CellKey, tuple[RowOutcome, str]] = {}
    for row in intent.rows:
        reading = readings.get(row.key)
        now = reading.quantity if reading else None
        cell = held.get(row.key)
        if now == row.quantity:
            outcomes[row.key] = (RowOutcome.APPLIED, "found by reading")
            trace.pushed(intent, row, cell, WriteResult())
            after = _moved(cell, row, trace) if cell else None
        elif now == row.before and _is_untouched(cell, reading) and was_taken:
            after, outcomes[row.key] = _without_effect(cell, reading, trace)
        elif now == row.before and _is_untouched(cell, reading):
            outcomes[row.key] = (RowOutcome.MOVED, "found by reading")
            after = cell._replace(intent=None) if cell else None
        else:
            outcomes[row.key] = (RowOutcome.REJECTED, Problem.OUTCOME_UNKNOWN.value)
            detail = f"{row.before} → {row.quantity}, now {now}"
            after = doubt_base(cell._replace(intent=None, there=now), detail) if cell else None
        if cell is None or after is None:
            continue
        noted = _noted(after, reading, trace)
        is_doubt = noted is after and after.problem is Problem.OUTCOME_UNKNOWN
        if is_doubt and cell.problem not in ASIDE:
            trace.needs_you(noted)
        tx.put_cell(noted)
    return Settled(outcomes)


def _is_untouched(cell: Cell | None, reading: Reading | None) -> bool:
    """Whether nothing has happened to a place since it was read before the write, as far as can be
    told: the number may be the same because as many were sold as the write added.
    """
    if cell is None or reading is None or not (cell.updated_at and reading.updated_at):
        return True
    return cell.updated_at == reading.updated_at
