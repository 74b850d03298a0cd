"""The resolving part of a desk: a person's word on what waits.

Numbers are set by a plan of exactly the cells chosen, applied as a run: it is in `runs` and can be
undone. A row that has moved since the person looked is told, never forced. Each word is in the log
with who said it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from core.errors import DextreError, Offline
from core.model import (
    Cell,
    CellKey,
    Choice,
    MappedBy,
    Plan,
    PlanKind,
    PlanRow,
    RowOutcome,
    RunRow,
    SkuMapping,
    Waiting,
    Why,
)
from core.on_demand import Room
from core.progress import Progress, silent
from core.store.errors import QuantityOutOfRange
from core.store.inventory import LARGEST
from core.workspace.errors import (
    CountMissing,
    NotAChoice,
    RowGone,
    RowLeftOut,
    RowMoved,
    RowRefused,
    RowWaits,
    SeveralNumbers,
)
from core.workspace.waiting import WaitingDesk

if TYPE_CHECKING:
    from core import matching
    from core.sync import aside, events
    from core.sync.ports import BooksTx
    from core.workspace.base import Session
else:
    matching = Room("core.matching")
    aside = Room("core.sync.aside")
    events = Room("core.sync.events")

T = TypeVar("T")
Refused = tuple[Waiting, DextreError]
_Level = tuple[str, str]

_PLANS = {
    Choice.TAKE_HERE: PlanKind.PUSH,
    Choice.TAKE_THERE: PlanKind.PULL,
    Choice.COUNT_AGAIN: PlanKind.COUNT,
}
_OF_MAPPINGS = frozenset({Choice.KEEP, Choice.FOLLOW, Choice.UNMAP})
_ONLY_LOOKING = frozenset({Choice.REVIEW, Choice.GUIDE})


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of many rows. A refused one is as it was; of RowWaits the run will tell."""

    done: int
    refused: tuple[Refused, ...] = ()


class ResolvingDesk(WaitingDesk):
    def resolve(self, waiting: Waiting, choice: Choice, count: int | None = None) -> Future[None]:
        """Do what a person chose for one row. Raises NotAChoice, CountMissing, QuantityOutOfRange
        (BadInput); RowRefused where Shopify does; and where the row is not any more as it was
        shown, RowMoved, RowGone, RowLeftOut (LostRace).
        """
        counted = {} if count is None else {waiting.key: count}

        async def work() -> None:
            _only(await self._resolved([waiting], choice, counted, silent))

        if choice in _OF_MAPPINGS:
            return _at_once(lambda: _only(self._remapped([waiting], choice)))
        return self._call(work())

    def resolve_many(
        self, rows: Sequence[Waiting], choice: Choice, progress: Progress | None = None
    ) -> Future[Resolved]:
        """The same choice for many; a row that cannot be done leaves the others alone."""
        if choice in _OF_MAPPINGS:
            return _at_once(lambda: self._remapped(rows, choice))
        return self._call(self._resolved(rows, choice, {}, progress or silent))

    def _remapped(self, rows: Sequence[Waiting], choice: Choice) -> Resolved:
        """At once and in the caller's thread: the mapping table that edits keep up is its own."""
        todo, refused = self._allowed(rows, choice, {})
        return _with(self._remap(todo, choice), refused)

    async def _resolved(
        self,
        rows: Sequence[Waiting],
        choice: Choice,
        counted: Mapping[str, int],
        progress: Progress,
    ) -> Resolved:
        todo, refused = self._allowed(rows, choice, counted)
        return _with(await self._carry_out(todo, choice, counted, progress), refused)

    def _allowed(
        self, rows: Sequence[Waiting], choice: Choice, counted: Mapping[str, int]
    ) -> tuple[list[Waiting], list[Refused]]:
        """The rows that the choice is one for, each once, and those that refuse it."""
        todo: list[Waiting] = []
        refused: list[Refused] = []
        for row in {row.key: row for row in rows}.values():
            error = self._against(row, choice, counted)
            if error is None:
                todo.append(row)
            else:
                refused.append((row, error))
        return todo, refused

    def _against(
        self, row: Waiting, choice: Choice, counted: Mapping[str, int]
    ) -> DextreError | None:
        if choice not in row.choices:
            choices = list(row.choices) or "–"
            what = self._called(row)
            return NotAChoice(choice=choice, problem=row.problem, what=what, choices=choices)
        if choice is not Choice.COUNT_AGAIN:
            return None
        if row.key not in counted:
            return CountMissing(what=self._called(row))
        if abs(quantity := counted[row.key]) > LARGEST:
            name = self.location_name(row.location_id)
            return QuantityOutOfRange(sku=row.sku_number, location=name, quantity=quantity)
        return None

    async def _carry_out(
        self,
        rows: Sequence[Waiting],
        choice: Choice,
        counted: Mapping[str, int],
        progress: Progress,
    ) -> Resolved:
        if not rows or choice in _ONLY_LOOKING:
            return Resolved(len(rows))
        if choice in (Choice.IGNORE, Choice.NOTICE):
            return await self._put_aside(rows, choice)
        async with self._around.owning.held():
            session = await self._open()
            if choice in _PLANS:
                return await self._align(session, rows, choice, counted, progress)
            return await self._change_shop(session, rows, choice, progress)

    # -- numbers ------------------------------------------------------------------------------

    async def _align(
        self,
        session: Session,
        rows: Sequence[Waiting],
        choice: Choice,
        counted: Mapping[str, int],
        progress: Progress,
    ) -> Resolved:
        """A plan of exactly these cells, applied as far as it is still what the person saw."""
        by_key = {row.cell.key: row for row in rows if row.cell is not None}
        wanted = {cell: counted[row.key] for cell, row in by_key.items() if row.key in counted}
        plan = await session.runs.plan_cells(_PLANS[choice], list(by_key), wanted)
        planned = {row.key: row for row in plan.rows}
        numbers = _numbers_there(rows)
        refused = [
            (row, error)
            for key, row in by_key.items()
            if (error := self._no_longer(row, planned.get(key), numbers)) is not None
        ]
        against = {row.key for row, _ in refused}
        left = tuple(row for row in plan.rows if by_key[row.key].key not in against)
        if not left:
            return Resolved(0, tuple(refused))
        for one in left:
            self._tell_choice(by_key[one.key], choice, plan.id)
        done, more = await self._applied(session, replace(plan, rows=left), by_key, progress)
        return Resolved(done, (*refused, *more))

    def _no_longer(
        self, row: Waiting, planned: PlanRow | None, numbers: Mapping[_Level, set[int | None]]
    ) -> DextreError | None:
        if planned is None:
            return RowGone(what=self._called(row))
        if (planned.here, planned.there) != (row.here, row.there):
            return RowMoved(what=self._called(row), here=planned.here, there=planned.there)
        if planned.left_out and planned.why is Why.DIFFERS:
            there = sorted(number for number in numbers[_level(row)] if number is not None)
            what = self._called(replace(row, inventory_item_id=""))
            return SeveralNumbers(what=what, numbers=", ".join(map(str, there)))
        if planned.left_out:
            return RowLeftOut(what=self._called(row), why=planned.why)
        return None

    async def _applied(
        self,
        session: Session,
        plan: Plan,
        by_key: Mapping[CellKey, Waiting],
        progress: Progress,
    ) -> tuple[int, list[Refused]]:
        run = await session.runs.apply(plan, progress)
        if run.applied == len(plan.rows):
            return run.applied, []
        refused = [
            (by_key[done.row.key], self._not_applied(by_key[done.row.key], done))
            for done in self._store.run_rows(run.id)
            if done.outcome is not RowOutcome.APPLIED
        ]
        return run.applied, refused

    def _not_applied(self, row: Waiting, done: RunRow) -> DextreError:
        what = self._called(row)
        if done.outcome is RowOutcome.WAITING:
            return RowWaits(what=what)
        if done.outcome is RowOutcome.REJECTED:
            return RowRefused(what=what, why=done.detail)
        return RowMoved(what=what, here="?", there="?")

    # -- left out, taken up -------------------------------------------------------------------

    async def _put_aside(self, rows: Sequence[Waiting], choice: Choice) -> Resolved:
        """Needs no ownership: whoever syncs sees it with the next cell it looks at."""
        keys = [row.cell.key for row in rows if row.cell is not None]
        bundles = self._bundles_among(key.inventory_item_id for key in keys)

        def change(tx: BooksTx) -> Sequence[Cell]:
            if choice is Choice.IGNORE:
                return aside.ignore(tx, keys)
            return aside.notice(tx, keys, bundles)

        changed = await self._store.books.commit(change)
        done = {cell.key for cell in changed}
        for row in rows:
            if row.cell is not None and row.cell.key in done:
                self._tell_choice(row, choice)
        self.sync_now()
        gone = [row for row in rows if row.cell is None or row.cell.key not in done]
        return Resolved(len(done), tuple((row, RowGone(what=self._called(row))) for row in gone))

    # -- changes of the shop itself -----------------------------------------------------------

    async def _change_shop(
        self, session: Session, rows: Sequence[Waiting], choice: Choice, progress: Progress
    ) -> Resolved:
        """Stock items, or have them tracked; then their cells are read anew, and clear or say what
        else stands in the way.
        """
        changed: dict[str, None] = {}
        refused: list[Refused] = []
        for number, row in enumerate(rows, 1):
            thing = row.inventory_item_id if choice is Choice.TRACK else row.key
            if thing not in changed:
                try:
                    await self._change_one(session, row, choice)
                except Offline:
                    raise
                except DextreError as error:
                    refused.append((row, error))
                    continue
            changed[thing] = None
            progress(number, len(rows))
        items = {row.inventory_item_id for row in rows}
        places = [pair.shopify_location_id for pair in self._store.pairs()]
        await session.engine.look_at([CellKey(item, place) for item in items for place in places])
        return Resolved(len(rows) - len(refused), tuple(refused))

    async def _change_one(self, session: Session, row: Waiting, choice: Choice) -> None:
        at, who = self._now(), self._around.who
        if choice is Choice.TRACK:
            await session.shop.set_tracked(row.inventory_item_id)
            self._tell_choice(row, choice)
            self._tell(
                events.TrackingSwitchedOn(at=at, brand=self.brand.name, sku=row.sku_number, who=who)
            )
            return
        if row.cell is None:
            return
        place = row.cell.key.shopify_location_id
        await session.shop.activate(row.inventory_item_id, place, self._around.new_id())
        self._tell_choice(row, choice)
        name = self.location_name(row.location_id)
        self._tell(
            events.Activated(
                at=at, brand=self.brand.name, sku=row.sku_number, location=name, who=who
            )
        )

    # -- mappings -----------------------------------------------------------------------------

    def _remap(self, rows: Sequence[Waiting], choice: Choice) -> Resolved:
        """One edit of the mapping by hand, which `undo_edit` takes back."""
        put: list[SkuMapping] = []
        remove: list[str] = []
        before: list[SkuMapping] = []
        refused: list[Refused] = []
        taken: list[Waiting] = []
        for row in rows:
            standing = self._standing(row.inventory_item_id)
            if standing is None or standing.sku_number != row.sku_number:
                refused.append((row, RowGone(what=self._called(row))))
                continue
            if standing in before:  # another cell of the same variant
                continue
            if choice is Choice.UNMAP:
                remove.append(row.inventory_item_id)
            elif choice is Choice.KEEP:
                put.append(SkuMapping(row.inventory_item_id, row.sku_number, MappedBy.HAND))
            elif self._follow_of(row.detail) != row.follow:
                refused.append((row, RowGone(what=self._called(row))))
                continue
            else:
                put.append(SkuMapping(row.inventory_item_id, row.follow, MappedBy.RULE))
            before.append(standing)
            taken.append(row)
        self._edit(self._noticing(matching.Edit(tuple(put), tuple(remove), tuple(before))))
        for row in taken:
            self._tell_choice(row, choice)
        return Resolved(len(rows) - len(refused), tuple(refused))

    # -- words --------------------------------------------------------------------------------

    def _tell_choice(self, row: Waiting, choice: Choice, run: str | None = None) -> None:
        self._tell(
            events.ChoiceTaken(
                at=self._now(),
                brand=self.brand.name,
                run=run,
                sku=row.sku_number,
                location=self.location_name(row.location_id) if row.location_id else "",
                problem=row.problem.value,
                choice=choice.value,
                who=self._around.who,
            )
        )

    def _called(self, row: Waiting) -> str:
        """The item with the variant, where it has several, and the location."""
        if not row.sku_number:
            return self.brand.name
        variant = self.siblings().of(row.sku_number).get(row.inventory_item_id)
        called = f"{row.sku_number} ({variant})" if variant else row.sku_number
        return f"{called} · {self.location_name(row.location_id)}" if row.location_id else called


def at_odds(rows: Iterable[Waiting], choice: Choice) -> list[Waiting]:
    """The rows that this choice, made for all of them, cannot be done to: variants of one item that
    have different numbers in Shopify, where the item has one number.
    """
    if choice is not Choice.TAKE_THERE:
        return []
    among = [row for row in rows if choice in row.choices]
    numbers = _numbers_there(among)
    return [row for row in among if len(numbers[_level(row)]) > 1]


def _numbers_there(rows: Iterable[Waiting]) -> dict[_Level, set[int | None]]:
    """Of each item at each location."""
    numbers: dict[_Level, set[int | None]] = defaultdict(set)
    for row in rows:
        numbers[_level(row)].add(row.there)
    return numbers


def _level(row: Waiting) -> _Level:
    return row.sku_number, row.location_id


def _only(found: Resolved) -> None:
    """One row was asked for: its refusal is raised."""
    for _row, error in found.refused:
        raise error


def _with(found: Resolved, refused: Iterable[Refused]) -> Resolved:
    return Resolved(found.done, (*refused, *found.refused))


def _at_once(work: Callable[[], T]) -> Future[T]:
    """What is done already, as the future that the caller expects."""
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except DextreError as error:
        future.set_exception(error)
    return future
