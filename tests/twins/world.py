"""A small linked world for tests of the sync: books, shop and engine in memory, with faults drawn
by the test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from core.model import (
    Cause,
    CauseKind,
    Cell,
    CellKey,
    Label,
    LocationPair,
    PlanKind,
    Run,
    SkuMapping,
)
from core.sync.cells import arrange
from core.sync.engine import Engine
from core.sync.events import Event
from core.sync.ports import BooksTx
from core.sync.reading import Pacing
from core.sync.runs import Runs
from tests.twins.books import MemoryBooks
from tests.twins.clock import ManualClock
from tests.twins.shop import FakeShop

LABEL = "main"


@dataclass
class World:
    negative_allowed: bool = False
    fault: Callable[[str], bool] = lambda _name: False
    clock: ManualClock = field(default_factory=ManualClock)
    events: list[Event] = field(default_factory=list)
    pacing: Pacing = field(default_factory=Pacing)

    def __post_init__(self) -> None:
        label = Label(LABEL, "Main", negative_allowed=self.negative_allowed)
        self.books = MemoryBooks(self.clock, [label])
        self.shop = FakeShop(self.clock, fault=lambda name: self.fault(name))
        self.books.on_commit = lambda when: self.fault(when)
        self._ids = count(1)
        self.books.now(lambda tx: tx.put_link(replace(tx.link(), label_code=LABEL)))
        self.start()

    def start(self) -> None:
        """A new engine on the same books: what a restart is."""
        self.runs = self.another()
        self.engine = self.runs.engine

    def another(self) -> Runs:
        """What another process has at the same books: an engine with a memory of its own."""
        engine = Engine(
            brand="Brand",
            shop=self.shop,
            books=self.books,
            clock=self.clock,
            new_key=lambda: f"key-{next(self._ids)}",
            emit=self.events.append,
            location_name=lambda location_id: location_id,
            pacing=self.pacing,
        )
        return Runs(engine, "tester", lambda: f"run-{next(self._ids)}")

    # -- setting up ---------------------------------------------------------------------------

    def pair(self, *names: str) -> None:
        pairs = tuple(LocationPair(f"here-{n}", f"there-{n}", n) for n in names)

        def work(tx: BooksTx) -> None:
            tx.put_pairs(pairs)
            arrange(tx)

        self.books.now(work)

    def map(self, **sku_of: str) -> None:
        def work(tx: BooksTx) -> None:
            for item, sku in sku_of.items():
                tx.put_mapping(SkuMapping(item, sku))
            arrange(tx)

        self.books.now(work)

    def linked(
        self, here: int, there: int, base: int | None, item: str = "i1", sku: str = "A"
    ) -> CellKey:
        """One more mapped cell at location x with the given three numbers, and the link on."""
        key = CellKey(item, "there-x")
        self.shop.put(key, there)
        if not self.books.state.pairs:
            self.pair("x")
        self.map(**{item: sku})
        self.set_here(here, sku)

        def work(tx: BooksTx) -> None:
            cell = tx.cell(key)
            assert cell is not None
            tx.put_cell(cell._replace(base=base, there=base))
            tx.put_link(replace(tx.link(), enabled=True))

        self.books.now(work)
        return key

    # -- people and customers -----------------------------------------------------------------

    def set_here(self, quantity: int, sku: str = "A", location: str = "here-x") -> None:
        cause = Cause(CauseKind.SET, "tester")
        self.books.now(lambda tx: tx.set_level(sku, location, LABEL, quantity, cause))
        self.engine.wake()

    def add_here(self, delta: int, sku: str = "A", location: str = "here-x") -> None:
        self.set_here(self.here(sku, location) + delta, sku, location)

    def here(self, sku: str = "A", location: str = "here-x") -> int:
        with self.books.view() as view:
            return view.level(sku, location, LABEL) or 0

    def there(self, key: CellKey) -> int:
        return self.shop.quantity(key)

    def cell(self, key: CellKey) -> Cell:
        with self.books.view() as view:
            cell = view.cell(key)
        assert cell is not None
        return cell

    async def do(self, kind: PlanKind) -> Run:
        return await self.runs.apply(await self.runs.plan(kind))

    async def enable(self, kind: PlanKind = PlanKind.MERGE) -> Run:
        return await self.runs.enable(await self.runs.plan(kind, to_enable=True))

    def codes(self) -> list[str]:
        return [event.code for event in self.events]
