"""What the sync needs of the world: a `Shop` (core.shopify fulfils it) and `Books` (core.store
fulfils it).

Both have in-memory twins under tests/twins; the contract tests in tests/contracts run on twin and
real alike.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from core.model import (
    Cause,
    Cell,
    CellKey,
    CellState,
    Intent,
    Label,
    Link,
    LocationPair,
    Problem,
    QuantityName,
    Reading,
    Run,
    RunRow,
    ShopIdentity,
    ShopLocation,
    SkuMapping,
    Variant,
    WriteResult,
)

T = TypeVar("T")

CHUNK = 250
"""Rows in one read by ids and in one write (facts.md §3.4)."""


class Shop(Protocol):
    """One Shopify shop. Every method raises core.errors families only: `TryAgain`
    (`OutcomeUnknown` where a write may have happened), `UserMustAct` (token, scope, frozen shop…),
    `SafetyStop` (another shop answers), `OurBug` (it refuses what we ask).
    """

    async def identity(self) -> ShopIdentity: ...

    async def locations(self) -> Sequence[ShopLocation]: ...

    def variants(self) -> AsyncIterator[Sequence[Variant]]:
        """Every variant of the shop, a page at a time."""
        ...

    async def read_levels(
        self, shopify_location_id: str, inventory_item_ids: Sequence[str], name: QuantityName
    ) -> Sequence[Reading]:
        """Direct reads, at most CHUNK ids, one Reading an id in the same order; never from a
        search index.
        """
        ...

    async def changed_items(
        self, shopify_location_id: str, since: str, at_most: int
    ) -> Sequence[str]:
        """Hints: inventory item ids whose level there changed at or after `since` (ISO). May be
        behind; may be too many. Where there are `at_most` or more, some of them.
        """
        ...

    async def write(self, intent: Intent) -> WriteResult:
        """Send an intent under its key. Returns when answered; raises `OutcomeUnknown` when it may
        or may not have happened.
        """
        ...

    async def activate(self, inventory_item_id: str, shopify_location_id: str, key: str) -> None:
        """Stock an item at a location; only ever by a person's word. Doing it twice is doing it
        once.
        """
        ...

    async def set_tracked(self, inventory_item_id: str) -> None:
        """Have the shop track an item's quantity; only ever by a person's word."""
        ...


class BooksView(Protocol):
    """A consistent picture of the books. Lookups by key cost the same at any size."""

    def link(self) -> Link: ...
    def label(self, code: str) -> Label | None: ...
    def pairs(self) -> Sequence[LocationPair]: ...
    def mappings(self) -> Iterator[SkuMapping]: ...
    def mapping(self, inventory_item_id: str) -> SkuMapping | None: ...
    def mappings_in_doubt(self) -> Iterator[SkuMapping]:
        """By index."""
        ...

    def mappings_of(self, sku_number: str) -> Sequence[SkuMapping]: ...
    def level(self, sku_number: str, location_id: str, label_code: str) -> int | None: ...
    def cell(self, key: CellKey) -> Cell | None: ...
    def cells_at(self, keys: Collection[CellKey]) -> Mapping[CellKey, Cell]:
        """Those of the keys that are cells: many at once, which costs less each."""
        ...

    def cells(self, states: Collection[CellState] | None = None) -> Iterator[Cell]:
        """All cells, or (by index) those in the given states."""
        ...

    def cells_with(self, problems: Collection[Problem]) -> Iterator[Cell]:
        """By index, the cells with one of these problems, whatever their state."""
        ...

    def count_cells(self) -> Mapping[CellState, int]: ...
    def intents(self) -> Sequence[Intent]:
        """The outbox, oldest first."""
        ...

    def cells_waiting_for(self, intent: Intent) -> Mapping[CellKey, Cell]:
        """Its cells, without those that have left the link since it was decided."""
        ...

    def latest_moment(self) -> str:
        """The last one that was kept (ISO); empty where there is none."""
        ...

    def run(self, run_id: str) -> Run | None: ...
    def run_rows(self, run_id: str) -> Iterator[RunRow]: ...


class BooksTx(BooksView, Protocol):
    """The same inside a transaction, with changes. What is read includes what was just written."""

    def put_link(self, link: Link) -> None: ...
    def put_pairs(self, pairs: Sequence[LocationPair]) -> None: ...
    def put_mapping(self, mapping: SkuMapping) -> None: ...
    def remove_mapping(self, inventory_item_id: str) -> None: ...

    def set_level(
        self, sku_number: str, location_id: str, label_code: str, quantity: int, cause: Cause
    ) -> None:
        """Set a level, record the movement, and bring `here` (and `changed_at`) of every cell of
        that level along.
        """
        ...

    def put_cell(self, cell: Cell) -> None:
        """`here`, `changed_at` and `intent` are what the level and the outbox say, whatever the
        caller gave.
        """
        ...

    def put_cells(self, cells: Iterable[Cell]) -> None:
        """Many at once, which costs less each."""
        ...

    def remove_cell(self, key: CellKey) -> None:
        """Made anew it waits for no write that was in flight before."""
        ...

    def put_intent(self, intent: Intent) -> None:
        """Into the outbox: from now on its cells wait for it."""
        ...

    def remove_intent(self, key: str) -> None:
        """Out of the outbox: its cells wait no longer."""
        ...

    def put_latest_moment(self, at: str) -> None: ...
    def put_run(self, run: Run, rows: Iterable[RunRow]) -> None:
        """Keep a run; rows replace those of the same run and cell."""
        ...


class Books(Protocol):
    def view(self) -> AbstractContextManager[BooksView]: ...

    def version(self) -> int:
        """Another number after each commit, by whatever process; costs next to nothing."""
        ...

    async def commit(self, work: Callable[[BooksTx], T], /) -> T:
        """Run `work` in one transaction; when this returns, it is on disk. If `work` raises,
        nothing happened.
        """
        ...
