"""From an intent to the variables of its mutation, and from the payload back to its rows. Pure.

Changing anything here for an intent that was sent already breaks its key: Shopify compares the
variables of a repeated key (facts.md §4.3).
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from core.errors import OurBug
from core.model import CellKey, Intent, IntentKind, IntentRow, QuantityName, RowProblem, WriteResult
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
        "names": [intent.name.value],
        "input": {
            "name": intent.name.value,
            "reason": REASON,
            "referenceDocumentUri": REFERENCE + quote(intent.run or intent.key, safe=""),
            _ROWS[intent.kind]: [row_of(row) for row in intent.rows],
        },
    }


def result_of(intent: Intent, data: dict[str, Any], request_id: str) -> WriteResult:
    """What became of an intent. Rows that changed nothing are no error: they are absent from the
    group's `changes`, and a group of none is null (facts.md §0.1, §4.4). How many there are is told
    here; which they are, the receipt tells.

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
    untouched = frozenset[CellKey]() if problems else _untouched(intent, group)
    return WriteResult(receipt, request_id, problems, untouched)


def receipt_of(intent: Intent, receipt: str) -> dict[str, Any]:
    """The variables of RECEIPT."""
    return {"id": receipt, "names": [intent.name.value]}


def untouched_by(intent: Intent, data: dict[str, Any]) -> frozenset[CellKey] | None:
    """The cells that an intent should have moved and did not; None where the shop does not say."""
    group = data["node"] or {}
    changes = group.get("changes")
    if not changes:
        return None
    touched = {
        CellKey(str(change["item"]["id"]), str(change["location"]["id"]))
        for change in changes
        if change["name"] == intent.name.value and change["item"] and change["location"]
    }
    return _to_move(intent) - touched


def _untouched(intent: Intent, group: dict[str, Any] | None) -> frozenset[CellKey] | None:
    """An absolute write without a receipt may have found what it wanted: only a reading tells. A
    receipt that names no change at all is taken at its word: there was one.
    """
    to_move = _to_move(intent)
    if group is None:
        return to_move if intent.kind is IntentKind.ADJUST or not to_move else None
    moved = sum(change["name"] == intent.name.value for change in group.get("changes") or ())
    return None if 0 < moved < len(to_move) else frozenset()


def _to_move(intent: Intent) -> frozenset[CellKey]:
    return frozenset(row.key for row in intent.rows if row.delta)


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
