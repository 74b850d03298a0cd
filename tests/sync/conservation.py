"""The law that every step of the sync has to keep, and a watcher that holds each commit against it.

For a level, over all its aligned cells, what is here and what is on its way here is together

    here + Σ (there − base − written but not settled)

Only people and customers change it. A pull takes from the sum what it adds here; a push that was
carried out stands in `there` and, until it is settled, in the last term; a crash changes nothing.
What writes twice, forgets a write, moves a base twice or not at all breaks it at that very commit.
Where a person decides (a cell joins, a mass change, an answer that is too old to be asked for),
the sum begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.model import Cell, CellKey, Intent, Link, Problem
from core.sync.problems import ASIDE, FROM_READING
from tests.sync.real_world import SKUS, RealWorld

LevelAt = tuple[str, str]
"""SKU number and location here."""

OPEN = frozenset({Problem.OUTCOME_UNKNOWN, Problem.DIFFERS_AT_START})
MAY_FORGET = FROM_READING | ASIDE
"""With these, nobody may know any more whether our last write had effect."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is on disk."""

    link: Link
    cells: Mapping[CellKey, Cell]
    intents: Mapping[str, Intent]
    levels: Mapping[LevelAt, int | None]


@dataclass
class Watcher:
    """`trust`: readings are never behind, so that one that is believed must be true."""

    world: RealWorld
    trust: bool
    decided: dict[str, bool] = field(default_factory=dict)
    """Keys that were in the outbox; whether by a person's order."""
    gone: set[CellKey] = field(default_factory=set)
    """Cells of variants that were deleted."""
    settled_at: dict[CellKey, int] = field(default_factory=dict)
    """The place in the ledger of our last settled write."""
    _read: int = 0

    def __post_init__(self) -> None:
        self.books = self.look()
        self.due = self.sums()
        self.world.before_commit, self.world.after_commit = self.before, self.after

    def look(self) -> Books:
        with self.world.store.books.view() as view:
            link = view.link()
            label = link.label_code or ""
            return Books(
                link,
                {cell.key: cell for cell in view.cells()},
                {intent.key: intent for intent in view.intents()},
                {
                    (sku, place): view.level(sku, place, label)
                    for sku in dict.fromkeys(SKUS)
                    for place in self.world.here.values()
                },
            )

    def sums(self) -> dict[LevelAt, int]:
        sums = {level: quantity or 0 for level, quantity in self.books.levels.items()}
        for cell in self.books.cells.values():
            if cell.base is not None and cell.key not in self.gone:
                there = self.world.there(cell.key)
                level = (cell.sku_number, cell.location_id)
                sums[level] += there - cell.base - self._unsettled(cell)
        return sums

    def _unsettled(self, cell: Cell) -> int:
        if cell.intent is None:
            return 0
        return sum(
            entry.delta
            for entry in self.world.practice.ledger
            if entry.key == cell.intent and self._is_of(entry, cell.key)
        )

    def _is_of(self, entry: object, key: CellKey) -> bool:
        return (entry.inventory_item_id, entry.location_id, entry.name) == (*key, self.world.name)  # type: ignore[attr-defined]

    # -- the world outside -----------------------------------------------------------------------

    @contextmanager
    def person(self) -> Iterator[None]:
        """What happens inside is what people and customers do."""
        self.before()
        yield
        self.books = self.look()
        self._read = len(self.world.practice.ledger)
        self.due = self.sums()

    # -- every commit ----------------------------------------------------------------------------

    def before(self) -> None:
        """What the shop has carried out since: only what was decided, and it changes no sum."""
        for entry in self.world.practice.ledger[self._read :]:
            if entry.key is None:
                continue
            assert entry.key in self.decided, "a write that was never in the outbox"
            cell = self.books.cells.get(CellKey(entry.inventory_item_id, entry.location_id))
            if cell is None or cell.base is None or not self._is_of(entry, cell.key):
                continue
            if cell.key in self.gone:
                continue
            if cell.intent != entry.key:  # of a cell that has left and come back since
                self.due[cell.sku_number, cell.location_id] += entry.delta
        self._read = len(self.world.practice.ledger)
        assert self.sums() == self.due, "the shop's writes"

    def after(self) -> None:
        was, self.books = self.books, self.look()
        self._check_decisions(was)
        begun = self._begun_anew(was)
        sums = self.sums()
        for level, due in self.due.items():
            assert level in begun or sums[level] == due, (level, due, sums[level])
        self.due = sums
        if self.trust:
            self._check_readings(was)

    def _check_decisions(self, was: Books) -> None:
        for key, intent in self.books.intents.items():
            if key in was.intents:
                assert was.intents[key] == intent, "a key goes with the same rows"
                continue
            assert key not in self.decided, "a key is used once"
            self.decided[key] = intent.run is not None
            assert intent.run is not None or self.books.link.enabled, "nothing while off"
            for row in intent.rows:
                assert self._is_linked(row.key), "not mapped and paired"
                assert self.books.cells[row.key].intent == key

    def _is_linked(self, key: CellKey) -> bool:
        with self.world.store.books.view() as view:
            paired = {pair.shopify_location_id for pair in view.pairs()}
            is_mapped = view.mapping(key.inventory_item_id) is not None
        return is_mapped and key.shopify_location_id in paired

    def _begun_anew(self, was: Books) -> set[LevelAt]:
        """Levels of which a person has decided in this commit, or will have to."""
        if self.world.is_deciding or (self.world.work is not None and not self.world.work.done()):
            return set(self.due)
        begun: set[LevelAt] = set()
        for name, intent in was.intents.items():
            if name not in self.books.intents and (
                intent.run is not None or self._has_expired(intent)
            ):
                cells = (was.cells.get(row.key) for row in intent.rows)
                begun.update((cell.sku_number, cell.location_id) for cell in cells if cell)
        for key, cell in self.books.cells.items():
            before = was.cells.get(key, cell)
            if key in self.gone or (before.problem in OPEN and cell.problem not in OPEN):
                begun.add((cell.sku_number, cell.location_id))
            elif before.base is not None and cell.base is None:
                assert {before.problem, cell.problem} & MAY_FORGET, "a base forgotten without need"
                begun.add((cell.sku_number, cell.location_id))
            elif before.there is None is not before.base and cell.there not in (None, before.base):
                # Back from where no number was shown, with another: it begins anew, and where both
                # sides happen to be equal it joins in the same commit.
                assert cell.base is None or cell.here == cell.there == cell.base
                begun.add((cell.sku_number, cell.location_id))
            elif before.base is None and cell.base is not None:
                assert cell.base == cell.there, "a cell joins with what the shop has"
                begun.add((cell.sku_number, cell.location_id))
        return begun

    def _has_expired(self, intent: Intent) -> bool:
        """To any process: one that has just started may think that it is later."""
        engines = [self.world.engine]
        if self.world.visitor is not None:
            engines.append(self.world.visitor.engine)
        return any(engine.commits.moments().has_expired(intent) for engine in engines)

    def _check_readings(self, was: Books) -> None:
        """A number that is believed was the shop's after our last settled write."""
        for key, cell in self.books.cells.items():
            before = was.cells.get(key)
            if before is None or key in self.gone:
                continue
            if before.intent is not None and cell.intent is None:
                for place, entry in enumerate(self.world.practice.ledger):
                    if entry.key == before.intent and self._is_of(entry, key):
                        self.settled_at[key] = place
            elif before.intent is cell.intent is None and before.there != cell.there is not None:
                assert cell.there in self._values_since(key, self.settled_at.get(key, -1))

    def _values_since(self, key: CellKey, place: int) -> set[int]:
        value = self.world.there(key)
        values = {value}
        for entry in reversed(self.world.practice.ledger[max(place, 0) + (place >= 0) :]):
            if self._is_of(entry, key):
                value -= entry.delta
                values.add(value)
        return values
