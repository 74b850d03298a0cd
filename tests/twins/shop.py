"""A shop in memory with the faults that matter: lost answers before and after the effect, and
answers that are behind.

It keeps what Shopify promises (all or nothing, `changeFromQuantity`, keys for 24 h) and a ledger
that a test can hold against what was asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.clock import Clock, iso
from core.errors import Offline, OutcomeUnknown
from core.model import (
    CellKey,
    Intent,
    IntentKind,
    IntentRow,
    Problem,
    QuantityName,
    Reading,
    RowProblem,
    ShopIdentity,
    ShopLocation,
    Variant,
    WriteResult,
)


@dataclass
class _Level:
    quantity: int
    updated_at: str
    history: list[tuple[float, int, str]] = field(default_factory=list)


@dataclass
class FakeShop:
    """`fault(name)` is asked at each step ("read", "lose_before", "lose_after", "lag") and says
    whether it happens.
    """

    clock: Clock
    fault: Callable[[str], bool] = lambda _name: False
    levels: dict[CellKey, _Level] = field(default_factory=dict)
    problems: dict[CellKey, Problem] = field(default_factory=dict)
    refuse: dict[CellKey, str] = field(default_factory=dict)
    answers: dict[str, tuple[object, WriteResult, object]] = field(default_factory=dict)
    ledger: list[tuple[str, CellKey, int]] = field(default_factory=list)
    writes: int = 0
    reads: int = 0

    def put(self, key: CellKey, quantity: int) -> None:
        level = self.levels.setdefault(key, _Level(0, ""))
        if level.updated_at:
            level.history.append((self.clock.monotonic(), level.quantity, level.updated_at))
        level.quantity = quantity
        level.updated_at = iso(self.clock.now().replace(microsecond=0))

    def sell(self, key: CellKey, quantity: int) -> None:
        self.put(key, self.levels[key].quantity - quantity)

    def quantity(self, key: CellKey) -> int:
        return self.levels[key].quantity

    async def identity(self) -> ShopIdentity:
        return ShopIdentity("gid://shopify/Shop/1", "Twin", "twin.myshopify.com", frozenset(), "x")

    async def locations(self) -> Sequence[ShopLocation]:
        return [
            ShopLocation(loc, loc) for loc in sorted({k.shopify_location_id for k in self.levels})
        ]

    async def variants(self) -> AsyncIterator[Sequence[Variant]]:
        yield [Variant(item, item, item) for item in sorted({k[0] for k in self.levels})]

    async def read_levels(
        self, shopify_location_id: str, inventory_item_ids: Sequence[str], name: QuantityName
    ) -> Sequence[Reading]:
        self.reads += 1
        if self.fault("read"):
            raise Offline(detail="no answer")
        lagging = self.fault("lag")
        return [
            self._reading(CellKey(item, shopify_location_id), lagging)
            for item in inventory_item_ids
        ]

    def _reading(self, key: CellKey, lagging: bool) -> Reading:
        level = self.levels.get(key)
        problem = self.problems.get(key)
        if level is None:
            return Reading(key, None, problem=problem or Problem.NOT_STOCKED)
        if lagging and level.history:
            _, quantity, updated_at = level.history[-1]
            return Reading(key, quantity, updated_at, problem)
        return Reading(key, level.quantity, level.updated_at, problem)

    async def changed_items(
        self, shopify_location_id: str, since: str, at_most: int
    ) -> Sequence[str]:
        return [
            key.inventory_item_id
            for key, level in self.levels.items()
            if key.shopify_location_id == shopify_location_id and level.updated_at >= since[:19]
        ][:at_most]

    async def activate(self, inventory_item_id: str, shopify_location_id: str, key: str) -> None:
        cell = CellKey(inventory_item_id, shopify_location_id)
        self.problems.pop(cell, None)
        if cell not in self.levels:
            self.put(cell, 0)

    async def set_tracked(self, inventory_item_id: str) -> None:
        for cell in [key for key in self.problems if key.inventory_item_id == inventory_item_id]:
            del self.problems[cell]

    async def write(self, intent: Intent) -> WriteResult:
        if self.fault("lose_before"):
            raise OutcomeUnknown(detail="lost before")
        result = self._write(intent)
        if self.fault("lose_after"):
            raise OutcomeUnknown(detail="lost after")
        return result

    def _write(self, intent: Intent) -> WriteResult:
        known = self.answers.get(intent.key)
        sent = (intent.kind, intent.rows)
        if known is not None and self.clock.now() - known[2] < timedelta(hours=24):  # type: ignore[operator]
            if known[0] != sent:
                mismatch = RowProblem(None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "other rows")
                return WriteResult(problems=(mismatch,))
            return known[1]
        result = self._apply(intent)
        self.answers[intent.key] = (sent, result, self.clock.now())
        return result

    def _apply(self, intent: Intent) -> WriteResult:
        self.writes += 1
        problems = []
        for index, row in enumerate(intent.rows):
            level = self.levels.get(row.key)
            if row.key in self.refuse:
                problems.append(RowProblem(index, self.refuse[row.key], "refused"))
            elif level is None:
                problems.append(RowProblem(index, "INVALID_INVENTORY_ITEM", "gone"))
            elif intent.kind is IntentKind.SET and level.quantity != row.before:
                problems.append(RowProblem(index, "CHANGE_FROM_QUANTITY_STALE", "stale"))
        if problems:
            return WriteResult(problems=tuple(problems))
        untouched = {row.key for row in intent.rows if self._ignores(row)}
        for row in intent.rows:
            if row.key in untouched:
                continue
            by_delta = intent.kind is IntentKind.ADJUST
            now = self.quantity(row.key)
            self.put(row.key, now + row.delta if by_delta else row.quantity)
            self.ledger.append((intent.key, row.key, self.quantity(row.key) - now))
        request = f"request/{self.writes}"
        receipt = None if len(untouched) == len(intent.rows) else f"group/{self.writes}"
        return WriteResult(receipt, request, untouched=frozenset(untouched))

    def _ignores(self, row: IntentRow) -> bool:
        return bool(row.delta) and self.problems.get(row.key) is Problem.UNTRACKED
