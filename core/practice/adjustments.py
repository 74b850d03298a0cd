"""What the quantity mutations would do, decided row by row before anything is done.

A call is all or nothing: with any user error nothing is applied (facts.md §4.4). Where Shopify's
behaviour is not known, the nastier one was chosen: writes to an untracked item succeed and do
nothing; deactivated and fulfilment-service locations cannot be written to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.practice.identifiers import number_of
from core.practice.state import INDEX, PHYSICAL, Change, Item, Location, Stock

ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
SETTABLE = ("available", "on_hand")
REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created",
    "movement_received", "movement_updated", "other", "promotion", "quality_control", "received",
    "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock",
    "shrinkage",
)  # fmt: skip
SET_LIMIT = 1_000_000_000
RESULT_LIMIT = 2_000_000_000

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//)?[^\s/]\S*")

Input = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UserError:
    field: tuple[str, ...] | None
    message: str
    code: str | None

    def answer(self) -> dict[str, Any]:
        """Places in lists are decimal strings here, unlike in top-level errors."""
        return {
            "field": None if self.field is None else list(self.field),
            "message": self.message,
            "code": self.code,
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a stored state, and the document it belongs to."""

    change: Change
    document: str | None = None


@dataclass
class Planned:
    errors: list[UserError] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def refuse(self, path: Sequence[str | int], message: str, code: str) -> None:
        self.errors.append(UserError(tuple(map(str, path)), message, code))


class _Rows:
    """Finds what the rows name, and knows the quantities as they will be after the rows before."""

    def __init__(self, stock: Stock, planned: Planned) -> None:
        self._stock = stock
        self._planned = planned
        self._pending: Counter[tuple[Item, Location, str]] = Counter()

    def item(self, text: str, path: Sequence[str | int]) -> Item | None:
        number = number_of("InventoryItem", text)
        found = self._stock.by_number.get(("InventoryItem", number or 0))
        if not isinstance(found, Item):
            message = "The specified inventory item could not be found."
            self._planned.refuse(path, message, "INVALID_INVENTORY_ITEM")
            return None
        if found.variant.is_bundle:
            message = "The specified inventory item is not allowed to be adjusted via API."
            self._planned.refuse(path, message, "NON_MUTABLE_INVENTORY_ITEM")
            return None
        return found

    def location(self, text: str, path: Sequence[str | int]) -> Location | None:
        number = number_of("Location", text)
        found = self._stock.by_number.get(("Location", number or 0))
        if not isinstance(found, Location) or not found.is_active or found.is_fulfillment_service:
            message = "The specified location could not be found."
            self._planned.refuse(path, message, "INVALID_LOCATION")
            return None
        return found

    def current(self, item: Item, location: Location, name: str) -> int:
        level = self._stock.level(item, location)
        return (level.quantity(name) if level else 0) + self._pending[item, location, name]

    def is_stale(
        self,
        item: Item,
        location: Location,
        name: str,
        expected: int | None,
        path: Sequence[str | int],
    ) -> bool:
        if expected is None or expected == self.current(item, location, name):
            return False
        message = "The specified quantity to change from does not match the current quantity."
        self._planned.refuse(path, message, "CHANGE_FROM_QUANTITY_STALE")
        return True

    def add(
        self, item: Item, location: Location, name: str, delta: int, document: str | None = None
    ) -> None:
        if delta == 0 or not item.tracked:
            return
        self._pending[item, location, name] += delta
        if INDEX[name] < PHYSICAL:
            self._pending[item, location, "on_hand"] += delta
        self._planned.steps.append(Step(Change(item, location, name, delta), document))


# -- what all of them check -----------------------------------------------------------------------


def _check_head(planned: Planned, given: Input) -> None:
    if given["reason"] not in REASONS:
        message = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
        planned.refuse(("input", "reason"), message, "INVALID_REASON")
    uri = given.get("referenceDocumentUri")
    if uri is not None and not _URI.fullmatch(uri):
        message = "The specified reference document is invalid."
        planned.refuse(("input", "referenceDocumentUri"), message, "INVALID_REFERENCE_DOCUMENT")


def _name_message(names: Sequence[str]) -> str:
    return f"The specified quantity name is invalid. Valid values are: {', '.join(names)}."


# -- set ------------------------------------------------------------------------------------------


def plan_set(stock: Stock, given: Input, *, name: str | None = None) -> Planned:
    """inventorySetQuantities, or with a fixed `name` inventorySetOnHandQuantities."""
    planned = Planned()
    rows_name = "quantities" if name is None else "setQuantities"
    name = given["name"] if name is None else name
    if name not in SETTABLE:
        planned.refuse(("input", "name"), _name_message(SETTABLE), "INVALID_NAME")
    _check_head(planned, given)
    if planned.errors:
        return planned
    found = _Rows(stock, planned)
    quantities = given[rows_name]
    pairs = Counter((row["inventoryItemId"], row["locationId"]) for row in quantities)
    for at, row in enumerate(quantities):
        path = ("input", rows_name, at)
        if pairs[row["inventoryItemId"], row["locationId"]] > 1:
            planned.refuse(
                (*path, "locationId"),
                "The combination of inventoryItemId and locationId must be unique.",
                "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
            )
            continue
        _plan_set_row(planned, found, name, row, path)
    return planned


def _plan_set_row(
    planned: Planned, found: _Rows, name: str, row: Input, path: Sequence[str | int]
) -> None:
    quantity = row["quantity"]
    if name == "on_hand" and quantity < 0:
        message = "The quantity can't be negative."
        planned.refuse((*path, "quantity"), message, "INVALID_QUANTITY_NEGATIVE")
    elif quantity > SET_LIMIT:
        message = f"The quantity can't be higher than {SET_LIMIT:,}."
        planned.refuse((*path, "quantity"), message, "INVALID_QUANTITY_TOO_HIGH")
    elif quantity < -SET_LIMIT:
        message = f"The quantity can't be lower than -{SET_LIMIT:,}."
        planned.refuse((*path, "quantity"), message, "INVALID_QUANTITY_TOO_LOW")
    item = found.item(row["inventoryItemId"], (*path, "inventoryItemId"))
    location = found.location(row["locationId"], (*path, "locationId"))
    if item is None or location is None:
        return
    expected = row["changeFromQuantity"]
    if found.is_stale(item, location, name, expected, (*path, "changeFromQuantity")):
        return
    # Setting on_hand moves available by as much, and the other way round (facts.md §0.6).
    found.add(item, location, "available", quantity - found.current(item, location, name))


# -- adjust ---------------------------------------------------------------------------------------


def plan_adjust(stock: Stock, given: Input) -> Planned:
    planned = Planned()
    name = given["name"]
    if name not in ADJUSTABLE:
        planned.refuse(("input", "name"), _name_message(ADJUSTABLE), "INVALID_QUANTITY_NAME")
    _check_head(planned, given)
    if planned.errors:
        return planned
    rows = given["changes"]
    for at, row in enumerate(rows):
        path = ("input", "changes", at, "ledgerDocumentUri")
        _check_document(planned, name, row.get("ledgerDocumentUri"), path)
    if not planned.errors and len({row.get("ledgerDocumentUri") for row in rows}) > 1:
        planned.refuse(
            ("input", "changes"),
            "All changes must have the same ledger document URI or, in the case of adjusting "
            "available, no ledger document URI.",
            "MAX_ONE_LEDGER_DOCUMENT",
        )
    if planned.errors:
        return planned
    found = _Rows(stock, planned)
    for at, row in enumerate(rows):
        _plan_adjust_row(planned, found, name, row, ("input", "changes", at))
    return planned


def _plan_adjust_row(
    planned: Planned, found: _Rows, name: str, row: Input, path: Sequence[str | int]
) -> None:
    item = found.item(row["inventoryItemId"], (*path, "inventoryItemId"))
    location = found.location(row["locationId"], (*path, "locationId"))
    if item is None or location is None:
        return
    expected = row["changeFromQuantity"]
    if found.is_stale(item, location, name, expected, (*path, "changeFromQuantity")):
        return
    delta = row["delta"]
    result = found.current(item, location, name) + delta
    if result > RESULT_LIMIT:
        message = f"The quantity can't be higher than {RESULT_LIMIT:,}."
        planned.refuse((*path, "delta"), message, "INVALID_QUANTITY_TOO_HIGH")
    elif result < -RESULT_LIMIT:
        message = f"The quantity can't be lower than -{RESULT_LIMIT:,}."
        planned.refuse((*path, "delta"), message, "INVALID_QUANTITY_TOO_LOW")
    else:
        found.add(item, location, name, delta, row.get("ledgerDocumentUri"))


def _check_document(
    planned: Planned, name: str, uri: str | None, path: Sequence[str | int]
) -> None:
    """facts.md §4.5: none for available, one of the caller's own for any other name."""
    if name == "available":
        if uri is not None:
            message = "A ledger document URI is not allowed when adjusting available."
            planned.refuse(path, message, "INVALID_AVAILABLE_DOCUMENT")
    elif uri is None:
        message = "A ledger document URI is required except when adjusting available."
        planned.refuse(path, message, "INVALID_QUANTITY_DOCUMENT")
    elif uri.startswith("gid://shopify/"):
        message = (
            "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
        )
        planned.refuse(path, message, "INTERNAL_LEDGER_DOCUMENT")
    elif not _URI.fullmatch(uri):
        message = "The specified ledger document is invalid."
        planned.refuse(path, message, "INVALID_LEDGER_DOCUMENT")


# -- move -----------------------------------------------------------------------------------------


def plan_move(stock: Stock, given: Input) -> Planned:
    planned = Planned()
    _check_head(planned, given)
    rows = given["changes"]
    for at, row in enumerate(rows):
        for end in ("from", "to"):
            if row[end]["name"] not in ADJUSTABLE:
                path = ("input", "changes", at, end, "name")
                planned.refuse(path, _name_message(ADJUSTABLE), "INVALID_QUANTITY_NAME")
    if planned.errors:
        return planned
    found = _Rows(stock, planned)
    for at, row in enumerate(rows):
        _plan_move_row(planned, found, row, ("input", "changes", at))
    return planned


def _plan_move_row(planned: Planned, found: _Rows, row: Input, path: Sequence[str | int]) -> None:
    before = len(planned.errors)
    quantity, ends = row["quantity"], {end: row[end] for end in ("from", "to")}
    if quantity < 0:
        message = "The quantity can't be negative."
        planned.refuse((*path, "quantity"), message, "INVALID_QUANTITY_NEGATIVE")
    if ends["from"]["name"] == ends["to"]["name"]:
        message = "The quantity names for each change can't be the same."
        planned.refuse(path, message, "SAME_QUANTITY_NAME")
    if ends["from"]["locationId"] != ends["to"]["locationId"]:
        message = "The quantities can't be moved between different locations."
        planned.refuse(path, message, "DIFFERENT_LOCATIONS")
    item = found.item(row["inventoryItemId"], (*path, "inventoryItemId"))
    for end, given in ends.items():
        location = found.location(given["locationId"], (*path, end, "locationId"))
        uri_path = (*path, end, "ledgerDocumentUri")
        _check_document(planned, given["name"], given.get("ledgerDocumentUri"), uri_path)
        if item and location:
            stale_path = (*path, end, "changeFromQuantity")
            expected = given["changeFromQuantity"]
            found.is_stale(item, location, given["name"], expected, stale_path)
    if len(planned.errors) > before or item is None:
        return
    for end, sign in (("from", -1), ("to", 1)):
        given = ends[end]
        location = found.location(given["locationId"], path)
        if location is not None:
            document = given.get("ledgerDocumentUri")
            found.add(item, location, given["name"], sign * quantity, document)
