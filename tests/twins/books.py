"""Books in memory: the same promises as the store's (tests/contracts), kept by copying on write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from core.sync.ports import BooksTx, BooksView

T = TypeVar("T")


@dataclass
class _State:
    link: Link = field(default_factory=Link)
    labels: dict[str, Label] = field(default_factory=dict)
    pairs: dict[str, LocationPair] = field(default_factory=dict)
    mappings: dict[str, SkuMapping] = field(default_factory=dict)
    levels: dict[LevelKey, int] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    held: dict[CellKey, str] = field(default_factory=dict)
    """By cell, the intent that it waits for."""
    latest_moment: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    run_rows: dict[str, dict[CellKey, RunRow]] = field(default_factory=dict)

    def copy(self) -> _State:
        return _State(
            self.link,
            dict(self.labels),
            dict(self.pairs),
            dict(self.mappings),
            dict(self.levels),
            list(self.movements),
            dict(self.cells),
            dict(self.intents),
            dict(self.held),
            self.latest_moment,
            dict(self.runs),
            {run: dict(rows) for run, rows in self.run_rows.items()},
        )


class _Tx:
    def __init__(self, state: _State, clock: Clock) -> None:
        self.state = state
        self._clock = clock

    def link(self) -> Link:
        return self.state.link

    def label(self, code: str) -> Label | None:
        return self.state.labels.get(code)

    def pairs(self) -> Sequence[LocationPair]:
        return [pair for _, pair in sorted(self.state.pairs.items())]

    def mappings(self) -> Iterator[SkuMapping]:
        return iter([mapping for _, mapping in sorted(self.state.mappings.items())])

    def mapping(self, inventory_item_id: str) -> SkuMapping | None:
        return self.state.mappings.get(inventory_item_id)

    def mappings_in_doubt(self) -> Iterator[SkuMapping]:
        return iter([mapping for mapping in self.mappings() if mapping.doubt is not None])

    def mappings_of(self, sku_number: str) -> Sequence[SkuMapping]:
        return [m for m in self.mappings() if m.sku_number == sku_number]

    def level(self, sku_number: str, location_id: str, label_code: str) -> int | None:
        return self.state.levels.get(LevelKey(sku_number, location_id, label_code))

    def cell(self, key: CellKey) -> Cell | None:
        cell = self.state.cells.get(key)
        return None if cell is None else cell._replace(intent=self.state.held.get(key))

    def cells_at(self, keys: Collection[CellKey]) -> Mapping[CellKey, Cell]:
        return {key: cell for key in keys if (cell := self.cell(key)) is not None}

    def cells(self, states: Collection[CellState] | None = None) -> Iterator[Cell]:
        # No order is promised. Of several states it is one state after the other, as on disk, so
        # that nobody comes to rely on more.
        found = list(self.cells_at(sorted(self.state.cells)).values())
        if states is None:
            return iter(found)
        return iter([c for state in dict.fromkeys(states) for c in found if c.state is state])

    def cells_with(self, problems: Collection[Problem]) -> Iterator[Cell]:
        return iter([c for c in self.cells() if c.problem in problems and c.problem is not None])

    def count_cells(self) -> Mapping[CellState, int]:
        counts = Counter(cell.state for cell in self.cells())
        return {state: counts[state] for state in CellState}

    def intents(self) -> Sequence[Intent]:
        return sorted(self.state.intents.values(), key=lambda intent: (intent.at, intent.key))

    def cells_waiting_for(self, intent: Intent) -> Mapping[CellKey, Cell]:
        cells = self.cells_at([row.key for row in intent.rows])
        return {key: cell for key, cell in cells.items() if cell.intent == intent.key}

    def latest_moment(self) -> str:
        return self.state.latest_moment

    def run(self, run_id: str) -> Run | None:
        return self.state.runs.get(run_id)

    def run_rows(self, run_id: str) -> Iterator[RunRow]:
        return iter([row for _, row in sorted(self.state.run_rows.get(run_id, {}).items())])

    def put_link(self, link: Link) -> None:
        before, self.state.link = self.state.link, link
        if link.label_code != before.label_code:
            for cell in list(self.state.cells.values()):
                self.put_cell(cell)

    def put_pairs(self, pairs: Sequence[LocationPair]) -> None:
        self.state.pairs = {pair.location_id: pair for pair in pairs}

    def put_mapping(self, mapping: SkuMapping) -> None:
        self.state.mappings[mapping.inventory_item_id] = mapping

    def remove_mapping(self, inventory_item_id: str) -> None:
        self.state.mappings.pop(inventory_item_id, None)

    def set_level(
        self, sku_number: str, location_id: str, label_code: str, quantity: int, cause: Cause
    ) -> None:
        key = LevelKey(sku_number, location_id, label_code)
        before = self.state.levels.get(key)
        self.state.levels[key] = quantity
        at = iso(self._clock.now())
        self.state.movements.append(
            Movement(f"{len(self.state.movements):08}", at, key, before, quantity, cause)
        )
        for cell in list(self.state.cells.values()):
            if (cell.sku_number, cell.location_id) == (sku_number, location_id):
                self.put_cell(cell)

    def put_cell(self, cell: Cell) -> None:
        label = self.state.link.label_code
        here = self.level(cell.sku_number, cell.location_id, label) if label else None
        cell = cell._replace(here=here)
        now = iso(self._clock.now())
        waits = cell.unsynced_here and cell.problem is not Problem.IGNORED
        changed_at = (cell.changed_at or now) if waits else ""
        since = (cell.since or now) if cell.problem is not None else ""
        self.state.cells[cell.key] = cell._replace(changed_at=changed_at, since=since)

    def put_cells(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            self.put_cell(cell)

    def remove_cell(self, key: CellKey) -> None:
        self.state.cells.pop(key, None)
        self.state.held.pop(key, None)

    def put_intent(self, intent: Intent) -> None:
        self.state.intents[intent.key] = intent
        self.state.held |= dict.fromkeys((row.key for row in intent.rows), intent.key)

    def remove_intent(self, key: str) -> None:
        self.state.intents.pop(key, None)
        self.state.held = {cell: held for cell, held in self.state.held.items() if held != key}

    def put_latest_moment(self, at: str) -> None:
        self.state.latest_moment = at

    def put_run(self, run: Run, rows: Iterable[RunRow]) -> None:
        self.state.runs[run.id] = run
        kept = self.state.run_rows.setdefault(run.id, {})
        kept.update((row.row.key, row) for row in rows)


class MemoryBooks:
    """Durable as a dict: what survives a "crash" is what was committed. `on_commit` may raise
    before or after.
    """

    def __init__(self, clock: Clock, labels: Iterable[Label] = ()) -> None:
        self.state = _State(labels={label.code: label for label in labels})
        self.clock = clock
        self.commits = 0
        self.on_commit: Callable[[str], object] = lambda _when: None

    @contextmanager
    def view(self) -> Iterator[BooksView]:
        yield _Tx(self.state, self.clock)

    def version(self) -> int:
        return self.commits

    async def commit(self, work: Callable[[BooksTx], T], /) -> T:
        self.on_commit("before commit")
        result = self.now(work)
        self.on_commit("after commit")
        return result

    def now(self, work: Callable[[BooksTx], T], /) -> T:
        """The same for tests that are not async."""
        tx = _Tx(self.state.copy(), self.clock)
        result = work(tx)
        self.state = tx.state
        self.commits += 1
        return result
