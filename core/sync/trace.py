"""The events of one transaction, told only after it is on disk: what was rolled back was never
said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.model import Cell, Intent, IntentRow, WriteResult
from core.sync.events import Cleared, Event, NeedsYou, Pushed, SaleSeen, WriteRejected
from core.sync.merge import Pulled


@dataclass(slots=True)
class Trace:
    """Made anew for each transaction. `location_name` turns a location id into what people call
    it.
    """

    at: str
    brand: str
    location_name: Callable[[str], str]
    run: str | None = None
    events: list[Event] = field(default_factory=list)
    pulled: int = 0
    pushed_rows: int = 0
    refused_moved: bool = False
    """The numbers of a refused cell have moved: that may be what its write needs."""
    other_skus: dict[str, str] = field(default_factory=dict)
    """Inventory items that have another SKU on Shopify than the number of their item here."""

    def clear(self) -> None:
        self.events.clear()
        self.pulled = self.pushed_rows = 0
        self.refused_moved = False
        self.other_skus.clear()

    def sale_seen(self, before: Cell, pulled: Pulled) -> None:
        self.pulled += 1
        self.events.append(
            SaleSeen(
                at=self.at,
                brand=self.brand,
                run=self.run,
                sku=before.sku_number,
                location=self.location_name(before.location_id),
                pulled=pulled.applied,
                before=before.here,
                after=pulled.here,
                there=before.there,
                base=before.base,
            )
        )

    def pushed(
        self, intent: Intent, row: IntentRow, cell: Cell | None, result: WriteResult
    ) -> None:
        self.pushed_rows += 1
        location_id = cell.location_id if cell else ""
        self.events.append(
            Pushed(
                at=self.at,
                brand=self.brand,
                run=intent.run,
                sku=row.sku_number,
                location=self.location_name(location_id) if location_id else "",
                pushed=row.delta,
                before=row.before,
                after=row.quantity,
                key=intent.key,
                receipt=result.receipt or "",
                request_id=result.request_id,
            )
        )

    def rejected(self, intent: Intent, refused: int) -> None:
        self.events.append(
            WriteRejected(
                at=self.at,
                brand=self.brand,
                run=intent.run,
                key=intent.key,
                rows=len(intent.rows),
                refused=refused,
            )
        )

    def needs_you(self, cell: Cell) -> None:
        self.events.append(
            NeedsYou(
                at=self.at,
                brand=self.brand,
                sku=cell.sku_number,
                location=self.location_name(cell.location_id),
                problem=cell.problem.value if cell.problem else "",
                here=cell.here,
                there=cell.there,
                detail=cell.detail,
            )
        )

    def cleared(self, cell: Cell) -> None:
        self.events.append(
            Cleared(
                at=self.at,
                brand=self.brand,
                sku=cell.sku_number,
                location=self.location_name(cell.location_id),
            )
        )
