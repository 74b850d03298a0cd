"""The books of one brand as the sync sees them (`core.sync.ports` Books, BooksView, BooksTx).

The invariant of this module, kept by `Tx._true_cell` alone, in the transaction that touches either
side of it:

    here(cell) = level(cell.sku_number, cell.location_id, linked label)
    changed_at(cell) is set  ⇔  here − base ≠ 0   (since when the cell waits to be pushed), and
                                nobody has said that the cell is to be left out
    since(cell) is set       ⇔  the cell has a problem   (since when)

Whoever changes a level, the linked label or a cell goes through it; nobody can store a cell that
disagrees with its level.

Which write a cell waits for is said in one place, the outbox: `intent(cell)` is looked up there
when a cell is read, so that a mass change writes each cell once, when its write is settled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import TypeVar

from core.clock import Clock, iso
from core.model import (
    Cause,
    Cell,
    CellKey,
    CellState,
    Intent,
    Label,
    LevelKey,
    Link,
    LocationPair,
    Movement,
    Problem,
    Run,
    RunRow,
    SkuMapping,
)
from core.store import figures, records
from core.store.rows import Doc, Pair
from core.store.table import BATCH, DocumentDB, DocumentTable, SnapshotDB

T = TypeVar("T")

DOUBTS = (Problem.SKU_CHANGED, Problem.DUPLICATE)
"""What a mapping may be doubted for."""


def first_movement_id(moment: datetime) -> str:
    """Below the ids of all movements of that moment and later."""
    return f"{int(moment.timestamp() * 1000) << 16:016x}"


class View:
    """Reads through `db`: a snapshot, or the database inside a transaction."""

    def __init__(self, db: DocumentDB | SnapshotDB) -> None:
        self._db = db
        self._in_flight_now: dict[str, str] | None = None

    def _table(self, name: str) -> DocumentTable:
        return self._db.table(name)

    def link(self) -> Link:
        doc = self._table("meta").doc("link")
        return Link() if doc is None else records.link_from(doc)

    def label(self, code: str) -> Label | None:
        doc = self._table("labels").doc(code)
        return None if doc is None else records.label_from(code, doc)

    def pairs(self) -> Sequence[LocationPair]:
        return [records.pair_from(key, doc) for key, doc in self._table("pairs").rows.pairs()]

    def mappings(self) -> Iterator[SkuMapping]:
        pairs = self._table("mappings").rows.pairs()
        return (records.mapping_from(key, doc) for key, doc in pairs)

    def mapping(self, inventory_item_id: str) -> SkuMapping | None:
        doc = self._table("mappings").doc(inventory_item_id)
        return None if doc is None else records.mapping_from(inventory_item_id, doc)

    def mappings_in_doubt(self) -> Iterator[SkuMapping]:
        for doubt in DOUBTS:
            found = self._table("mappings").find("doubt", doubt.value)
            yield from (records.mapping_from(key, doc) for key, doc in found)

    def mappings_of(self, sku_number: str) -> Sequence[SkuMapping]:
        found = self._table("mappings").find("sku_number", sku_number)
        return [records.mapping_from(key, doc) for key, doc in found]

    def level(self, sku_number: str, location_id: str, label_code: str) -> int | None:
        doc = self._table("levels").doc(sku_number) or {}
        quantity: int | None = doc.get(label_code, {}).get(location_id)
        return quantity

    def cell(self, key: CellKey) -> Cell | None:
        name = records.cell_id(key)
        doc = self._table("cells").doc(name)
        return None if doc is None else self._cell(key, name, doc)

    def cells_at(self, keys: Collection[CellKey]) -> Mapping[CellKey, Cell]:
        names = {records.cell_id(key): key for key in keys}
        found = self._table("cells").rows.many([*names])
        return {names[name]: self._cell(names[name], name, doc) for name, doc in found.items()}

    def cells(self, states: Collection[CellState] | None = None) -> Iterator[Cell]:
        cells = self._table("cells")
        if states is None:
            yield from map(self._named_cell, cells.rows.pairs())
            return
        for state in dict.fromkeys(states):
            if state is CellState.PUSHING:
                found = iter(cells.rows.many(sorted(self._in_flight())).items())
            else:
                found = cells.find("state", state.value)
            yield from (cell for cell in map(self._named_cell, found) if cell.state is state)

    def cells_with(self, problems: Collection[Problem]) -> Iterator[Cell]:
        for problem in dict.fromkeys(problems):
            found = self._table("cells").find("problem", problem.value)
            yield from map(self._named_cell, found)

    def cells_of(self, sku_number: str) -> Sequence[Cell]:
        found = self._table("cells").find("sku_number", sku_number)
        return [*map(self._named_cell, found)]

    def count_cells(self) -> Mapping[CellState, int]:
        figured = figures.read(self._db.source)
        counts = {state: figured[f"cells.{state.value}"] for state in CellState}
        fields = ("state", "problem")
        for state, problem in self._table("cells").rows.fields_of(fields, [*self._in_flight()]):
            if problem != Problem.REJECTED.value:  # as Cell.state has it
                counts[CellState(state)] -= 1
                counts[CellState.PUSHING] += 1
        return counts

    def _named_cell(self, found: Pair) -> Cell:
        name, doc = found
        return self._cell(records.cell_key(name), name, doc)

    def _cell(self, key: CellKey, name: str, doc: Doc) -> Cell:
        return records.cell_from(key, doc, self._in_flight().get(name))

    def _in_flight(self) -> dict[str, str]:
        """What waits for a write: cell id → key of the intent."""
        if self._in_flight_now is None:
            self._in_flight_now = {
                name: key
                for key, doc in self._table("outbox").rows.pairs()
                for name in records.names_in_flight(doc)
            }
        return self._in_flight_now

    def intents(self) -> Sequence[Intent]:
        found = [records.intent_from(key, doc) for key, doc in self._table("outbox").rows.pairs()]
        return sorted(found, key=lambda intent: (intent.at, intent.key))

    def cells_waiting_for(self, intent: Intent) -> Mapping[CellKey, Cell]:
        doc = self._table("outbox").doc(intent.key)
        found = {} if doc is None else self._table("cells").rows.many(records.names_in_flight(doc))
        keys = {records.cell_id(row.key): row.key for row in intent.rows}
        return {
            keys[name]: records.cell_from(keys[name], cell, intent.key)
            for name, cell in found.items()
        }

    def latest_moment(self) -> str:
        return str((self._table("meta").doc("latest_moment") or {"at": ""})["at"])

    def run(self, run_id: str) -> Run | None:
        doc = self._table("runs").doc(run_id)
        return None if doc is None else records.run_from(run_id, doc)

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        found = self._table("run_rows").rows.starting_with(f"{run_id}|")
        return (records.run_row_from(doc) for _, doc in found)


class Tx(View):
    """The same inside the open transaction of this thread, with changes; dies with it."""

    def __init__(self, db: DocumentDB, clock: Clock) -> None:
        super().__init__(db)
        self._now = clock.now()
        self.at = iso(self._now)
        self._last_movement: int | None = None
        self._link: Link | None = None

    # -- the link --------------------------------------------------------------------------------

    def link(self) -> Link:
        if self._link is None:  # nobody else can change it while the transaction is open
            self._link = super().link()
        return self._link

    def put_link(self, link: Link) -> None:
        before = self.link()
        self._table("meta").put("link", records.link_doc(link))
        self._link = link
        if link.label_code != before.label_code:
            self.put_cells(self.cells())

    def put_pairs(self, pairs: Sequence[LocationPair]) -> None:
        table = self._table("pairs")
        table.truncate()
        table.put_many((pair.location_id, records.pair_doc(pair)) for pair in pairs)

    def put_mapping(self, mapping: SkuMapping) -> None:
        doc = records.mapping_doc(mapping)
        self._table("mappings").put(mapping.inventory_item_id, doc)

    def remove_mapping(self, inventory_item_id: str) -> None:
        self._table("mappings").discard(inventory_item_id)

    # -- levels and cells ------------------------------------------------------------------------

    def set_level(
        self, sku_number: str, location_id: str, label_code: str, quantity: int, cause: Cause
    ) -> None:
        self.record_level(LevelKey(sku_number, location_id, label_code), quantity, cause)

    def record_level(self, key: LevelKey, quantity: int, cause: Cause) -> Movement:
        """Set one level, with its movement and its cells."""
        return self.record_levels({key: quantity}, cause)[0]

    def record_levels(
        self, quantities: Mapping[LevelKey, int | None], cause: Cause, *, paired: bool = False
    ) -> list[Movement]:
        """Set many levels, a movement each, and bring their cells along.

        None takes a level away, as if it had never been set; its movement ends at 0. `paired`: the
        two movements are halves of one move.
        """
        skus = list(dict.fromkeys(key.sku_number for key in quantities))
        before = self._table("levels").rows.many(skus)
        levels: dict[str, Doc] = {sku: before.get(sku, {}) for sku in skus}
        movements = [
            self._moved(levels[key.sku_number], key, after, cause)
            for key, after in quantities.items()
        ]
        self._table("levels").change((sku, _without_empty(doc)) for sku, doc in levels.items())
        docs = [(movement.id, records.movement_doc(movement)) for movement in movements]
        if paired:
            (one, first), (other, second) = docs
            first["pair"], second["pair"] = other, one
        self._table("movements").put_many(docs)
        self._bring_cells_along(quantities, levels)
        return movements

    def _moved(self, levels: Doc, key: LevelKey, after: int | None, cause: Cause) -> Movement:
        places = levels.setdefault(key.label_code, {})
        before = places.get(key.location_id)
        if after is None:
            places.pop(key.location_id, None)
        else:
            places[key.location_id] = after
        return Movement(self._movement_id(), self.at, key, before, after or 0, cause)

    def _movement_id(self) -> str:
        """Sixteen hex digits: milliseconds, then a counter. Always above the newest one, even
        where the clock stepped back or another process wrote it.
        """
        if self._last_movement is None:
            self._last_movement = int(self._table("movements").rows.last_id() or "0", 16)
        self._last_movement = max(int(first_movement_id(self._now), 16), self._last_movement + 1)
        return f"{self._last_movement:016x}"

    def _bring_cells_along(self, changed: Collection[LevelKey], levels: Mapping[str, Doc]) -> None:
        label = self.link().label_code
        touched = {(key.sku_number, key.location_id) for key in changed if key.label_code == label}
        if label is None or not touched:
            return
        skus = list(dict.fromkeys(sku for sku, _ in touched))
        cells = [
            records.cell_from(records.cell_key(name), doc)
            for name, doc in self._table("cells").rows.find_any("sku_number", skus)
        ]
        self._table("cells").revise_many(
            self._true_cell(cell, levels[cell.sku_number].get(label, {}).get(cell.location_id))
            for cell in cells
            if (cell.sku_number, cell.location_id) in touched
        )

    def put_cell(self, cell: Cell) -> None:
        self.put_cells([cell])

    def put_cells(self, cells: Iterable[Cell]) -> None:
        """Many of them, with their levels looked up together."""
        label = self.link().label_code or ""
        source = iter(cells)
        while batch := list(islice(source, BATCH)):
            skus = list(dict.fromkeys(cell.sku_number for cell in batch))
            levels = self._table("levels").rows.many(skus) if label else {}
            self._table("cells").revise_many(
                self._true_cell(
                    cell, levels.get(cell.sku_number, {}).get(label, {}).get(cell.location_id)
                )
                for cell in batch
            )

    def _true_cell(self, cell: Cell, here: int | None) -> tuple[str, Doc]:
        waits = (
            cell.base is not None
            and (here or 0) != cell.base  # Cell.unsynced_here
            and cell.problem is not Problem.IGNORED
        )
        changed_at = (cell.changed_at or self.at) if waits else ""
        since = "" if cell.problem is None else cell.since or self.at
        if (here, changed_at, since) != (cell.here, cell.changed_at, cell.since):
            cell = cell._replace(here=here, changed_at=changed_at, since=since)
        return records.cell_id(cell.key), records.cell_doc(cell)

    def remove_cell(self, key: CellKey) -> None:
        name = records.cell_id(key)
        self._table("cells").discard(name)
        intent = self._in_flight().pop(name, None)
        doc = None if intent is None else self._table("outbox").doc(intent)
        if intent is not None and doc is not None:
            self._table("outbox").put(intent, records.left_by(doc, name))

    # -- the outbox and the runs -----------------------------------------------------------------

    def put_intent(self, intent: Intent) -> None:
        self._table("outbox").put(intent.key, records.intent_doc(intent))
        if self._in_flight_now is not None:
            names = (records.cell_id(row.key) for row in intent.rows)
            self._in_flight_now.update(dict.fromkeys(names, intent.key))

    def remove_intent(self, key: str) -> None:
        self._table("outbox").discard(key)
        self._in_flight_now = None

    def put_latest_moment(self, at: str) -> None:
        self._table("meta").put("latest_moment", {"at": at})

    def put_run(self, run: Run, rows: Iterable[RunRow]) -> None:
        self._table("runs").put(run.id, records.run_doc(run))
        self._table("run_rows").put_many(
            (records.run_row_id(run.id, row.row.key), records.run_row_doc(row)) for row in rows
        )


def _without_empty(levels: Doc) -> Doc | None:
    return {label: places for label, places in levels.items() if places} or None


class StoreBooks:
    """`core.sync.ports.Books` over a brand's file."""

    def __init__(self, db: DocumentDB, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    @contextmanager
    def view(self) -> Iterator[View]:
        with self._db.snapshot() as snapshot:
            yield View(snapshot)

    def version(self) -> int:
        return self._db.file.version()

    async def commit(self, work: Callable[[Tx], T], /) -> T:
        """Done by the writer thread, together with what else waits; never blocks the loop.

        If the caller is cancelled meanwhile, the work happens wholly or not at all.
        """
        import asyncio  # here: who commits at once needs no loop

        done = self._db.submit(lambda: work(self.begun()))
        return await asyncio.wrap_future(done)

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """The same at once, in the calling thread: for screens and commands."""
        with self._db.transaction():
            yield self.begun()

    def begun(self) -> Tx:
        """For whoever has opened the transaction already."""
        return Tx(self._db, self._clock)
