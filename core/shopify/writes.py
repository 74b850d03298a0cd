"""From an intent to the variables of its mutation, and from the payload back to its rows. Pure.

Changing anything here for an intent that was sent already breaks its key: Shopify compares the
variables of a repeated key (facts.md §4.3).
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from core.errors import OurBug
from core.model import Intent, IntentKind, IntentRow, QuantityName, RowProblem, WriteResult
from core.shopify.cost import PAGE
from core.shopify.documents import ADJUST_QUANTITIES, SET_QUANTITIES, Document
from core.shopify.errors import WriteInProgress

REASON = "correction"
REFERENCE = "gid://dextre-sync/SyncRun/"
"""Shows as dextre-sync in the shop's inventory history."""

UNNAMED = "UNNAMED"
"""In place of a userError's code where Shopify gives none."""

IN_PROGRESS = "IDEMPOTENCY_CONCURRENT_REQUEST"

_ROWS = {IntentKind.ADJUST: "changes", IntentKind.SET: "quantities"}
_ROOT = {
    IntentKind.ADJUST: "inventoryAdjustQuantities",
    IntentKind.SET: "inventorySetQuantities",
}

logger = logging.getLogger("core.shopify")


def document_of(intent: Intent) -> Document:
    return ADJUST_QUANTITIES if intent.kind is IntentKind.ADJUST else SET_QUANTITIES


def variables_of(intent: Intent) -> dict[str, Any]:
    """`changeFromQuantity` is always there, as null for an adjustment: facts.md §4.2."""
    if not 0 < len(intent.rows) <= PAGE:
        raise OurBug(detail=f"a write of {len(intent.rows)} rows")
    if intent.kind is IntentKind.ADJUST and intent.name is not QuantityName.AVAILABLE:
        raise OurBug(detail=f"{intent.name.value} cannot be adjusted")
    row_of = _change if intent.kind is IntentKind.ADJUST else _quantity
    return {
        "key": intent.key,
        "input": {
            "name": intent.name.value,
            "reason": REASON,
            "referenceDocumentUri": REFERENCE + quote(intent.run or intent.key, safe=""),
            _ROWS[intent.kind]: [row_of(row) for row in intent.rows],
        },
    }


def result_of(intent: Intent, data: dict[str, Any], request_id: str) -> WriteResult:
    """What became of an intent. A null group without errors is a success that changed nothing.

    A group together with userErrors has never been seen (facts.md §4.4): the errors count, and the
    group's id is kept as `receipt` beside them, for whoever verifies by reading.
    """
    payload = data[_ROOT[intent.kind]]
    group = payload["inventoryAdjustmentGroup"]
    receipt = None if group is None else str(group["id"])
    problems = tuple(_problem(error, intent) for error in payload["userErrors"])
    if any(problem.code == IN_PROGRESS for problem in problems):
        raise WriteInProgress
    if receipt is not None and problems:
        logger.warning("%s and userErrors in one answer request_id=%s", receipt, request_id)
    return WriteResult(receipt=receipt, request_id=request_id, problems=problems)


def _change(row: IntentRow) -> dict[str, Any]:
    return _cell(row) | {"delta": row.delta, "changeFromQuantity": None}


def _quantity(row: IntentRow) -> dict[str, Any]:
    return _cell(row) | {"quantity": row.quantity, "changeFromQuantity": row.before}


def _cell(row: IntentRow) -> dict[str, Any]:
    return {
        "inventoryItemId": row.key.inventory_item_id,
        "locationId": row.key.shopify_location_id,
    }


def _problem(error: dict[str, Any], intent: Intent) -> RowProblem:
    return RowProblem(
        index=_index(error["field"], intent),
        code=str(error["code"] or UNNAMED),
        message=str(error["message"]),
    )


def _index(field: object, intent: Intent) -> int | None:
    """`["input", "changes", "1", "locationId"]` is row 1; indexes come as texts."""
    if not isinstance(field, list) or len(field) < 3 or field[1] != _ROWS[intent.kind]:
        return None
    text = str(field[2])
    if not (text.isascii() and text.isdigit() and int(text) < len(intent.rows)):
        return None
    return int(text)
