"""Mass changes: a plan is made and shown, then exactly that plan is applied, and a run remembers
it so that it can be undone.

Applying goes in chunks, each all or nothing. Here: one commit checks that each cell is still as
the plan showed it and changes it. On Shopify: one commit puts an absolute write with
`changeFromQuantity` into the outbox. A row that has moved since is told, never forced. The run and
its rows are in the books from the first chunk on, so a run that was cut off is known as far as it
came.

Over the usual length: planning, applying and the record of one run belong together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.errors import N_, BadInput, DextreError, PlanIsStale, TryAgain
from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    Intent,
    IntentKind,
    IntentRow,
    Plan,
    PlanKind,
    PlanRow,
    RowOutcome,
    Run,
    RunRow,
)
from core.progress import Progress, silent
from core.sync import outbox
from core.sync.engine import Engine
from core.sync.events import LinkDisabled, LinkEnabled, RunApplied
from core.sync.plan import count_rows, rows_for, undo_rows
from core.sync.ports import CHUNK, BooksTx, BooksView
from core.sync.problems import ASIDE, IN_DOUBT, without_problem
from core.sync.trace import Trace

TRIES = 4
"""How often a person waits for the outcome of a write, with 1, 2 and 4 s between."""

_CAUSES = {
    PlanKind.PUSH: CauseKind.PULL,
    PlanKind.PULL: CauseKind.MANUAL_PULL,
    PlanKind.MERGE: CauseKind.MERGE,
    PlanKind.COUNT: CauseKind.COUNT,
    PlanKind.UNDO: CauseKind.UNDO,
}
"""By what a plan changes levels here; a push only those that were never set, where it enables."""


class UnknownSku(BadInput):
    code = "unknown_sku"
    message = N_("These SKU numbers are not mapped: %(skus)s.")
    remedy = N_("Check the spelling (case and spaces count), or map them first.")


class NoSuchRun(BadInput):
    code = "no_such_run"
    message = N_("There is no run %(run)s that could be undone.")
    remedy = N_("`dextre-sync undo` without a name undoes the last run.")


class RunOfAnotherLabel(BadInput):
    code = "run_of_another_label"
    exit_code = 3
    message = N_("Run %(run)s changed the inventory label %(label)s; another one is linked now.")
    remedy = N_("Link that label again (`dextre-sync pair --label`), then undo the run.")


class NothingMapped(BadInput):
    code = "nothing_mapped"
    exit_code = 3
    message = N_("No SKU is mapped at a paired location yet.")
    remedy = N_("Pair the locations and map the SKUs first.")


@dataclass(slots=True)
class Runs:
    """Plans and runs of one brand, carried out through its engine (which waits meanwhile)."""

    engine: Engine
    who: str
    new_id: Callable[[], str]
    _active: dict[str, dict[CellKey, PlanRow]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine.sender.in_transaction = self._on_settled

    # -- plans --------------------------------------------------------------------------------

    async def plan(
        self,
        kind: PlanKind,
        only: Collection[str] = (),
        progress: Progress = silent,
        *,
        to_enable: bool = False,
    ) -> Plan:
        """Read both sides afresh and say what would change; nothing is written on either side.
        `to_enable`: it is for `enable`.
        """
        async with self.engine.gate.alone():
            await self.engine.sender.settle_outbox(now=True)
            keys = self._keys(only)
            await self._read(keys, progress)
            with self.engine.books.view() as view:
                negative_allowed = _negative_allowed(view)
                cells = _cells(view, keys)
                rows = rows_for(kind, cells, negative_allowed=negative_allowed, to_enable=to_enable)
                return self._new(kind, view, rows)

    async def plan_cells(
        self,
        kind: PlanKind,
        keys: Sequence[CellKey],
        counted: Mapping[CellKey, int] | None = None,
        progress: Progress = silent,
    ) -> Plan:
        """The same for exactly these cells, as far as they exist. COUNT: to what was counted."""
        async with self.engine.gate.alone():
            await self.engine.sender.settle_outbox(now=True)
            await self._read(self._existing(keys), progress)
            with self.engine.books.view() as view:
                cells = _cells(view, keys)
                negative_allowed = _negative_allowed(view)
                if kind is PlanKind.COUNT:
                    rows = count_rows(cells, counted or {}, negative_allowed=negative_allowed)
                else:
                    rows = rows_for(kind, cells, negative_allowed=negative_allowed)
                return self._new(kind, view, rows)

    async def undo_plan(self, run_id: str) -> Plan:
        """What would take a run back: rows still as the run left them; the others are listed as
        left out.
        """
        async with self.engine.gate.alone():
            await self.engine.sender.settle_outbox(now=True)
            with self.engine.books.view() as view:
                run = view.run(run_id)
                if run is None or run.undone_by is not None:
                    raise NoSuchRun(run=run_id)
                if run.label_code not in ("", view.link().label_code):
                    raise RunOfAnotherLabel(run=run_id[:8], label=run.label_code)
                keys = [done.row.key for done in view.run_rows(run_id)]
            await self._read(self._existing(keys), silent)
            with self.engine.books.view() as view:
                cell_of = _planned_from(view)
                rows = undo_rows(view.run_rows(run_id), lambda row: cell_of(row.key))
                return replace(self._new(PlanKind.UNDO, view, rows), undoes=run_id)

    def _new(self, kind: PlanKind, view: BooksView, rows: tuple[PlanRow, ...]) -> Plan:
        return Plan(self.new_id(), kind, self.engine.commits.now(), view.link().revision, rows)

    def _keys(self, only: Collection[str]) -> list[CellKey]:
        with self.engine.books.view() as view:
            if not only:
                keys = [cell.key for cell in view.cells()]
                if not keys:
                    raise NothingMapped
                return keys
            unknown = [sku for sku in only if not view.mappings_of(sku)]
            if unknown:
                raise UnknownSku(skus=sorted(unknown))
            return [
                CellKey(mapping.inventory_item_id, pair.shopify_location_id)
                for sku in only
                for mapping in view.mappings_of(sku)
                for pair in view.pairs()
            ]

    def _existing(self, keys: Sequence[CellKey]) -> list[CellKey]:
        with self.engine.books.view() as view:
            found = view.cells_at(keys)
        return [key for key in keys if key in found]

    async def _read(self, keys: Sequence[CellKey], progress: Progress) -> None:
        self.engine.reader.forget()
        step = CHUNK * self.engine.pacing.parallel
        for start in range(0, len(keys), step):
            await self.engine.reader.note(keys[start : start + step])
            progress(min(start + step, len(keys)), len(keys))

    # -- applying -----------------------------------------------------------------------------

    async def apply(self, plan: Plan, progress: Progress = silent) -> Run:
        async with self.engine.gate.alone():
            return await self._apply(plan, progress)

    async def enable(self, plan: Plan, progress: Progress = silent) -> Run:
        """Apply the first alignment, then turn the link on. Cells that were left out join when
        both sides agree.
        """
        async with self.engine.gate.alone():
            run = await self._apply(plan, progress)

            def work(tx: BooksTx, trace: Trace) -> None:
                tx.put_link(replace(tx.link(), enabled=True, resume=False))
                cells = sum(tx.count_cells().values())
                trace.events.append(
                    LinkEnabled(at=trace.at, brand=self.engine.brand, run=plan.id, cells=cells)
                )

            await self.engine.commits.commit(work)
            self.engine.reader.forget()
        self.engine.wake()
        return run

    async def disable(self, *, resume: bool = False) -> None:
        """Ask a few times more about what is in flight, then turn off. What is still unknown stays
        in the outbox until the link is turned on, or off again: nothing is written while it is off.
        """
        async with self.engine.gate.alone():
            await self.turn_off(resume=resume)

    async def turn_off(self, *, resume: bool = False) -> None:
        """`disable` for callers that hold the gate already."""
        with self.engine.books.view() as view:
            was_on = view.link().enabled
        with suppress(DextreError):  # what cannot be asked about now must not keep the link on
            await self._settle()
        if not was_on:
            return

        def work(tx: BooksTx, trace: Trace) -> None:
            tx.put_link(replace(tx.link(), enabled=False, resume=resume))
            trace.events.append(LinkDisabled(at=trace.at, brand=self.engine.brand))

        await self.engine.commits.commit(work)

    async def _apply(self, plan: Plan, progress: Progress) -> Run:
        with self.engine.books.view() as view:
            if view.link().revision != plan.revision:
                raise PlanIsStale
        todo = [row for row in plan.rows if not row.left_out]
        self._active[plan.id] = {row.key: row for row in todo}
        await self.engine.commits.commit(lambda tx, _trace: self._open_run(tx, plan))
        done = 0
        for chunk in _chunks(todo):
            there = await self._apply_here(plan, chunk)
            await self._apply_there(plan, there)
            done += len(chunk)
            progress(done, len(todo))
        run = await self.engine.commits.commit(lambda tx, trace: self._close_run(tx, plan, trace))
        self.engine.reader.forget()
        if not run.waiting:
            del self._active[plan.id]
        return run

    def _open_run(self, tx: BooksTx, plan: Plan) -> None:
        run = Run(
            plan.id,
            plan.kind,
            self.engine.commits.now(),
            self.who,
            applied=0,
            moved=0,
            rejected=0,
            undoes=plan.undoes,
            label_code=tx.link().label_code or "",
        )
        tx.put_run(run, ())

    async def _apply_here(self, plan: Plan, chunk: Sequence[PlanRow]) -> list[PlanRow]:
        """The part on our side; returns the rows that now go to Shopify. The rows of a level go
        together: its number comes of all of them.
        """

        def work(tx: BooksTx, _trace: Trace) -> list[PlanRow]:
            cells = tx.cells_at([row.key for row in chunk])
            moved = {_level(row) for row in chunk if not _as_planned(cells.get(row.key), row)}
            results: list[RunRow] = []
            there: list[PlanRow] = []
            for row in chunk:
                if _level(row) in moved:
                    results.append(RunRow(row, RowOutcome.MOVED))
                    continue
                self._change_here(tx, plan, row)
                if row.changes_there:
                    there.append(row)
                else:
                    results.append(RunRow(row, RowOutcome.APPLIED))
            self._note(tx, plan.id, results)
            return there

        return await self.engine.commits.commit(work, plan.id)

    def _change_here(self, tx: BooksTx, plan: Plan, row: PlanRow) -> None:
        label_code = tx.link().label_code
        if row.changes_here and row.new_here is not None and label_code is not None:
            cause = Cause(_CAUSES[plan.kind], self.who, run=plan.id, arithmetic=_why(row))
            tx.set_level(row.sku_number, row.location_id, label_code, row.new_here, cause)
        cell = tx.cell(row.key)
        if cell is None:
            return
        base = row.new_base
        if row.changes_there:
            base = _base_meanwhile(cell, row, merges=self._merges(tx, plan))
        tx.put_cell(without_problem(cell)._replace(base=base))

    def _merges(self, tx: BooksTx, plan: Plan) -> bool:
        """Whether no side wins by it: a merge, or one that is taken back."""
        undone = tx.run(plan.undoes) if plan.undoes else None
        return (undone.kind if undone else plan.kind) is PlanKind.MERGE

    async def _apply_there(self, plan: Plan, rows: Sequence[PlanRow]) -> None:
        if not rows:
            return

        at = self.engine.commits.moments().of_new()

        def work(tx: BooksTx, _trace: Trace) -> Intent | None:
            held = {
                row.key: cell
                for row in rows
                if (cell := tx.cell(row.key)) is not None and _may_be_set(cell, row)
            }
            going = [row for row in rows if row.key in held]
            left = [row for row in rows if row.key not in held]  # changed by another process
            self._note(tx, plan.id, [RunRow(row, RowOutcome.MOVED) for row in left])
            if not going:
                return None
            intent = Intent(
                self.engine.sender.new_key(),
                IntentKind.SET,
                at,
                tx.link().quantity_name,
                tuple(_intent_row(row) for row in going),
                run=plan.id,
            )
            outbox.post(tx, intent)
            self._note(tx, plan.id, [RunRow(row, RowOutcome.WAITING) for row in going])
            return intent

        intent = await self.engine.commits.commit(work, plan.id)
        sent: set[str] = set()
        while intent is not None and intent.key not in sent:
            await self._send_again(intent)
            sent.add(intent.key)
            intent = self._open_intent(plan.id)

    def _open_intent(self, run_id: str) -> Intent | None:
        """The last one of a run that is in the outbox."""
        with self.engine.books.view() as view:
            found = [intent for intent in view.intents() if intent.run == run_id]
        return found[-1] if found else None

    async def _settle(self) -> None:
        """A person waits: ask again a few times about all that is open."""
        for attempt in range(TRIES):
            await self._pause_before(attempt)
            if not await self.engine.sender.settle_outbox(now=True) or self._is_to_wait():
                return

    async def _pause_before(self, attempt: int) -> None:
        if attempt:
            await self.engine.clock.sleep(float(2 ** (attempt - 1)))

    async def _send_again(self, intent: Intent) -> None:
        """A person waits: ask again a few times before leaving the outcome to the outbox."""
        for attempt in range(TRIES):
            await self._pause_before(attempt)
            try:
                if await self.engine.sender.send(intent) or not self._is_waiting(intent):
                    return
                if self._is_to_wait():
                    return
            except TryAgain:
                continue

    def _is_to_wait(self) -> bool:
        """Whether the shop asks to be left alone for longer than these few times last."""
        unanswered = self.engine.sender.unanswered
        return unanswered is not None and unanswered.wait_s > 2.0**TRIES

    def _is_waiting(self, intent: Intent) -> bool:
        with self.engine.books.view() as view:
            return any(other.key == intent.key for other in view.intents())

    # -- run records --------------------------------------------------------------------------

    def _on_settled(self, tx: BooksTx, intent: Intent, settled: outbox.Settled) -> None:
        """Write what became of an intent's rows into its run, also when it was settled after a
        restart.
        """
        if intent.run is None or tx.run(intent.run) is None:
            return
        planned = self._active.get(intent.run)
        if planned is None:
            planned = {done.row.key: done.row for done in tx.run_rows(intent.run)}
        anew = self._written_anew(tx, intent, settled, planned)
        self._note(
            tx,
            intent.run,
            [
                RunRow(planned[key], outcome, detail)
                for key, (outcome, detail) in settled.outcomes.items()
                if key in planned and key not in anew
            ],
            waited=True,
        )

    def _written_anew(
        self,
        tx: BooksTx,
        intent: Intent,
        settled: outbox.Settled,
        planned: Mapping[CellKey, PlanRow],
    ) -> Collection[CellKey]:
        """Rows that were not carried out because of others go into a write of their own, in the
        same commit; they wait on. Where nobody else was in their way, asking again is no use.
        """
        rest = {key for key, (_, detail) in settled.outcomes.items() if detail == outbox.NOT_SENT}
        if len(rest) == len(settled.outcomes):
            return ()
        held = {
            key: cell
            for key, cell in tx.cells_at(rest).items()
            if key in planned and _may_be_set(cell, planned[key])
        }
        rows = tuple(row for row in intent.rows if row.key in held)
        if rows:
            again = replace(intent, key=self.engine.sender.new_key(), rows=rows)
            outbox.post(tx, again)
        return held

    def _note(
        self, tx: BooksTx, run_id: str, results: Sequence[RunRow], *, waited: bool = False
    ) -> None:
        """Add rows to the run's record; `waited`: they were in it before, without an outcome."""
        run = tx.run(run_id)
        if run is None or not results:
            return
        counts = Counter(result.outcome for result in results)
        done = (one.row for one in results if one.outcome is RowOutcome.APPLIED)
        tx.put_run(
            replace(
                run,
                applied=run.applied + counts[RowOutcome.APPLIED],
                equal=run.equal + sum(not row.changes for row in done),
                moved=run.moved + counts[RowOutcome.MOVED],
                rejected=run.rejected + counts[RowOutcome.REJECTED],
                waiting=run.waiting + counts[RowOutcome.WAITING] - (len(results) if waited else 0),
            ),
            results,
        )

    def _close_run(self, tx: BooksTx, plan: Plan, trace: Trace) -> Run:
        run = tx.run(plan.id)
        assert run is not None, "opened by _open_run"  # noqa: S101 - an invariant of this class
        undone = tx.run(plan.undoes) if plan.undoes else None
        is_whole = not (run.waiting or run.moved or run.rejected)
        if undone is not None and is_whole and not undone.waiting:
            tx.put_run(replace(undone, undone_by=plan.id), ())
        trace.events.append(
            RunApplied(
                at=trace.at,
                brand=self.engine.brand,
                run=plan.id,
                kind=plan.kind.value,
                applied=run.applied,
                moved=run.moved,
                rejected=run.rejected,
                equal=run.equal,
            )
        )
        return run


def _as_planned(cell: Cell | None, row: PlanRow) -> bool:
    """Still as shown?"""
    return (
        cell is not None
        and _may_be_set(cell, row)
        and (cell.here, cell.there) == (row.here, row.there)
    )


def _may_be_set(cell: Cell, row: PlanRow) -> bool:
    """Still the cell that was planned, and not left out since."""
    return (
        cell.intent is None
        and (cell.sku_number, cell.location_id) == (row.sku_number, row.location_id)
        and cell.problem not in ASIDE
    )


def _base_meanwhile(cell: Cell, row: PlanRow, *, merges: bool) -> int | None:
    """The base until Shopify has answered. Where a level takes over what its cells have on Shopify
    (also where that comes to nothing together), here + there − base is with it what both will have
    become, so that a write which does not happen is made up for by what flows. A base in doubt is
    none.
    """
    if row.changes_here or merges:
        if row.there is None or row.new_there is None or row.new_base is None:
            return None
        return row.there - (row.new_there - row.new_base)
    return None if cell.problem in IN_DOUBT else cell.base


def _intent_row(row: PlanRow) -> IntentRow:
    before = row.there or 0
    return IntentRow(row.key, row.sku_number, before, (row.new_there or 0) - before, row.new_base)


def _why(row: PlanRow) -> str:
    here, there, base = ("–" if n is None else n for n in (row.here, row.there, row.base))
    return f"here {here}, Shopify {there}, base {base}"


def _cells(view: BooksView, keys: Iterable[CellKey]) -> Iterator[Cell]:
    """As a plan sees them: a write that is open to a cell's place is one in flight, also where the
    cell was made anew since and does not wait for it.
    """
    cell_of = _planned_from(view)
    return (cell for key in keys if (cell := cell_of(key)) is not None)


def _planned_from(view: BooksView) -> Callable[[CellKey], Cell | None]:
    written = {row.key: intent.key for intent in view.intents() for row in intent.rows}

    def cell_of(key: CellKey) -> Cell | None:
        cell = view.cell(key)
        return cell if cell is None else cell._replace(intent=cell.intent or written.get(key))

    return cell_of


def _negative_allowed(view: BooksView) -> bool:
    code = view.link().label_code
    label = view.label(code) if code else None
    return label is not None and label.negative_allowed


def _level(row: PlanRow) -> tuple[str, str]:
    return row.sku_number, row.location_id


def _chunks(rows: Sequence[PlanRow]) -> Iterator[Sequence[PlanRow]]:
    """Of at most CHUNK rows, none of which ends within a level."""
    levels: dict[tuple[str, str], list[PlanRow]] = {}
    for row in rows:
        levels.setdefault(_level(row), []).append(row)
    chunk: list[PlanRow] = []
    for level in levels.values():
        if chunk and len(chunk) + len(level) > CHUNK:
            yield chunk
            chunk = []
        chunk += level
        while len(chunk) > CHUNK:  # more variants of one item than a write takes
            yield chunk[:CHUNK]
            chunk = chunk[CHUNK:]
    if chunk:
        yield chunk
