"""Stocking an item at a location, taking it off there, and switching its tracking on.

Messages and partial successes as recorded (facts.md §4.6): an already active level with a quantity
given comes back unchanged AND with a user error. These user errors have no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.practice.adjustments import SET_LIMIT, UserError
from core.practice.context import Context
from core.practice.identifiers import number_of, split_level_gid
from core.practice.state import Change, Item, Level, Location

Answer = dict[str, Any]


def activate(context: Context, given: Mapping[str, Any], key: str) -> Answer:
    stock = context.stock
    item = _item(context, given["inventoryItemId"])
    if item is None:
        return _no_level(
            ("inventoryItemId",), "The product couldn't be stocked because it was deleted."
        )
    location = stock.by_number.get(("Location", number_of("Location", given["locationId"]) or 0))
    if not isinstance(location, Location) or not location.is_active:
        message = "The product couldn't be stocked because the location was deleted."
        return _no_level(("locationId",), message)
    start = f"The product couldn't be stocked at {location.name} because"
    if location.is_fulfillment_service and not given.get("stockAtLegacyLocation"):
        return _no_level(("locationId",), f"{start} it is managed by a fulfillment service.")
    wanted = {
        field: given[field] for field in ("available", "onHand") if given.get(field) is not None
    }
    if len(wanted) == 2:
        message = f"{start} not allowed to set available and on_hand quantities at the same time."
        return _no_level(("available",), message, also=("onHand",))
    for field, quantity in wanted.items():
        if not -SET_LIMIT <= quantity <= SET_LIMIT:
            message = f"{start} the quantity needs to be between -1 billion and 1 billion."
            return _no_level((field,), message)

    level = stock.level(item, location)
    if level is not None and level.is_active:
        errors = [_already_active(field).answer() for field in wanted]
        return {"inventoryLevel": level.now(), "userErrors": errors}
    if level is None:
        level = stock.stock_at(item, location, opening=None)
        stock.tell("inventory_levels/connect", level)
    else:
        stock.activate(level, active=True)
    _set_on_activation(context, level, wanted, key)
    return {"inventoryLevel": level.now(), "userErrors": []}


def _set_on_activation(context: Context, level: Level, wanted: Mapping[str, int], key: str) -> None:
    """Without a quantity the level keeps what it had while it was inactive."""
    for field, quantity in wanted.items():
        name = "on_hand" if field == "onHand" else field
        delta = quantity - level.quantity(name)
        if delta:
            change = Change(level.item, level.location, "available", delta)
            context.stock.apply((change,), "api", key=key, app=context.identity.app_id)


def _already_active(field: str) -> UserError:
    what = "available" if field == "available" else "an on_hand"
    message = f"Not allowed to set {what} quantity when the item is already active at the location."
    return UserError((field,), message, None)


def _no_level(
    field: tuple[str, ...], message: str, *, also: tuple[str, ...] | None = None
) -> Answer:
    fields = [field] if also is None else [field, also]
    return {
        "inventoryLevel": None,
        "userErrors": [UserError(each, message, None).answer() for each in fields],
    }


def deactivate(context: Context, level_id: str) -> Answer:
    """Quantities are kept; committed or incoming stock does not prevent it; the last place does."""
    start = "The product couldn't be unstocked"
    numbers = split_level_gid(level_id) or (0, 0)
    item = context.stock.by_number.get(("InventoryItem", numbers[1]))
    if not isinstance(item, Item):
        return _not_unstocked(f"{start} because the product was deleted.")
    level = next((each for each in item.levels if each.location.level_number == numbers[0]), None)
    if level is None:
        return _not_unstocked(f"{start} because the location was deleted.")
    if not level.is_active:
        return {"userErrors": []}
    if sum(1 for each in item.levels if each.is_active) == 1:
        return _not_unstocked(
            f"{start} from {level.location.name} because products need to be stocked at a minimum "
            "of 1 location."
        )
    context.stock.activate(level, active=False)
    return {"userErrors": []}


def _not_unstocked(message: str) -> Answer:
    return {"userErrors": [UserError(None, message, None).answer()]}


def update_item(context: Context, item_id: str, given: Mapping[str, Any]) -> Answer:
    item = _item(context, item_id)
    if item is None:
        message = "The product couldn't be updated because it does not exist."
        return {"inventoryItem": None, "userErrors": [UserError(("id",), message, None).answer()]}
    if given.get("tracked") is not None:
        item.tracked = given["tracked"]
    if given.get("requiresShipping") is not None:
        item.requires_shipping = given["requiresShipping"]
    if "sku" in given:
        context.stock.rename_sku(item, given["sku"])
    item.updated_at = int(context.stock.clock.now().timestamp())
    context.stock.tell("products/update", item.variant.product)
    return {"inventoryItem": item, "userErrors": []}


def _item(context: Context, text: str) -> Item | None:
    found = context.stock.by_number.get(("InventoryItem", number_of("InventoryItem", text) or 0))
    return found if isinstance(found, Item) else None
