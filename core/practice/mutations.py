"""Resolvers of everything that writes: the guards around it, then the change and its receipt.

The order of the guards is Shopify's (facts.md §4.3): permission, shape of the input, the
@idempotent directive, the memory of its key; then the rows (adjustments.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    VariableDefinitionNode,
    VariableNode,
    get_directive_values,
)

from core.practice.activation import activate, deactivate, update_item
from core.practice.adjustments import Planned, UserError, plan_adjust, plan_move, plan_set
from core.practice.context import Context, permit
from core.practice.idempotency import CONCURRENT, FAILED, MISMATCH
from core.practice.identifiers import gid, stamp
from core.practice.state import INDEX, PHYSICAL

Info = GraphQLResolveInfo
Answer = dict[str, Any]

FIRST_GROUP = 54_640_716_251_442


class BrokenWrite(Exception):
    """The write was begun and broke: an internal error by fault, with nothing applied."""


# -- guards ---------------------------------------------------------------------------------------


def _require_compare_values(info: Info, type_name: str, rows: Sequence[Any]) -> None:
    """changeFromQuantity may be null, but must be there (facts.md §4.2)."""
    if all("changeFromQuantity" in row for row in rows):
        return
    nodes: list[Any] = [info.field_nodes[0]]
    nodes += [definition for definition in _definitions(info) if definition is not None]
    raise GraphQLError(
        f"{type_name} must include the following argument: changeFromQuantity.",
        nodes,
        extensions={"code": "INVALID_FIELD_ARGUMENTS"},
    )


def _definitions(info: Info) -> list[VariableDefinitionNode]:
    """Where the variables of this field's arguments are declared."""
    used = {
        argument.value.name.value
        for argument in info.field_nodes[0].arguments or ()
        if isinstance(argument.value, VariableNode)
    }
    declared = info.operation.variable_definitions or ()
    return [each for each in declared if each.variable.name.value in used]


def idempotency_key(info: Info) -> str | None:
    directive = info.schema.get_directive("idempotent")
    if directive is None:
        return None
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return values["key"] if values else None


def _required_key(info: Info) -> str:
    key = idempotency_key(info)
    if key is None:
        message = "The @idempotent directive is required for this mutation but was not provided."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    if not key.strip():
        message = "The @idempotent directive's key must not be blank."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    return key


def _once(
    info: Info,
    context: Context,
    arguments: dict[str, Any],
    refused: Callable[[UserError], Answer],
    do: Callable[[str], Answer],
) -> Answer:
    """Carry out `do` unless its key tells otherwise."""
    key = _required_key(info)
    keys = context.keys
    if keys.is_held_by_another(key, context):
        code, message = CONCURRENT
        return refused(UserError(None, message, code))
    fingerprint = orjson.dumps([info.field_name, arguments], option=orjson.OPT_SORT_KEYS)
    record = keys.find(key)
    if record is not None:
        if record.fingerprint != fingerprint:
            code, message = MISMATCH
            return refused(UserError(None, message, code))
        if record.failed:
            code, message = FAILED
            return refused(UserError(None, message, code))
        return record.answer  # type: ignore[no-any-return]
    if context.breaks_after_key:
        keys.store(key, fingerprint, None, failed=True)
        raise BrokenWrite
    answer = do(key)
    burned = context.burns_keys and bool(answer["userErrors"])
    keys.store(key, fingerprint, answer, failed=burned)
    return answer


# -- quantities -----------------------------------------------------------------------------------


def _group_refused(error: UserError) -> Answer:
    return {"inventoryAdjustmentGroup": None, "userErrors": [error.answer()]}


def _carry_out(context: Context, given: dict[str, Any], planned: Planned, key: str) -> Answer:
    """Apply a plan without errors, and write its receipt. No change, no receipt: the group is null
    and that is a success (facts.md §0.1).
    """
    if planned.errors:
        return {
            "inventoryAdjustmentGroup": None,
            "userErrors": [error.answer() for error in planned.errors],
        }
    if not planned.steps:
        return {"inventoryAdjustmentGroup": None, "userErrors": []}
    stock = context.stock
    app = context.identity.app_id
    stock.apply((step.change for step in planned.steps), "api", key=key, app=app)
    now = int(stock.clock.now().timestamp())
    stock.receipts += 1
    group = {
        "id": gid("InventoryAdjustmentGroup", FIRST_GROUP + stock.receipts * 32_768),
        "createdAt": stamp(now),
        "reason": given["reason"],
        "referenceDocumentUri": given.get("referenceDocumentUri"),
        "changes": _receipt(planned),
        "app": {
            "id": app,
            "handle": "practice-app",
            "title": "Practice app",
            "apiKey": context.identity.api_key,
        },
    }
    stock.keep(group)
    return {"inventoryAdjustmentGroup": group, "userErrors": []}


def _receipt(planned: Planned) -> list[dict[str, Any]]:
    """All rows of the written names, then their companions on on_hand. Moving inside on_hand has
    none. quantityAfterChange is never told (facts.md §0.2).
    """
    written = []
    physical: dict[tuple[Any, Any], int] = {}
    for step in planned.steps:
        change = step.change
        written.append(
            {
                "name": change.name,
                "delta": change.delta,
                "quantityAfterChange": None,
                "ledgerDocumentUri": step.document,
                "item": change.item,
                "location": change.location,
            }
        )
        if INDEX[change.name] < PHYSICAL:
            pair = (change.item, change.location)
            physical[pair] = physical.get(pair, 0) + change.delta
    companions = [
        {
            "name": "on_hand",
            "delta": delta,
            "quantityAfterChange": None,
            "ledgerDocumentUri": None,
            "item": item,
            "location": location,
        }
        for (item, location), delta in physical.items()
        if delta
    ]
    return written + companions


def _set(_root: Any, info: Info, **arguments: Any) -> Answer:
    context = permit(info, "write_inventory")
    given = arguments["input"]
    _require_compare_values(info, "InventoryQuantityInput", given["quantities"])
    return _once(
        info,
        context,
        arguments,
        _group_refused,
        lambda key: _carry_out(context, given, plan_set(context.stock, given), key),
    )


def _set_on_hand(_root: Any, info: Info, **arguments: Any) -> Answer:
    context = permit(info, "write_inventory")
    given = arguments["input"]
    _require_compare_values(info, "InventorySetQuantityInput", given["setQuantities"])
    return _once(
        info,
        context,
        arguments,
        _group_refused,
        lambda key: _carry_out(context, given, plan_set(context.stock, given, name="on_hand"), key),
    )


def _adjust(_root: Any, info: Info, **arguments: Any) -> Answer:
    context = permit(info, "write_inventory")
    given = arguments["input"]
    _require_compare_values(info, "InventoryChangeInput", given["changes"])
    return _once(
        info,
        context,
        arguments,
        _group_refused,
        lambda key: _carry_out(context, given, plan_adjust(context.stock, given), key),
    )


def _move(_root: Any, info: Info, **arguments: Any) -> Answer:
    context = permit(info, "write_inventory")
    given = arguments["input"]
    ends = [row[end] for row in given["changes"] for end in ("from", "to")]
    _require_compare_values(info, "InventoryMoveQuantityTerminalInput", ends)
    return _once(
        info,
        context,
        arguments,
        _group_refused,
        lambda key: _carry_out(context, given, plan_move(context.stock, given), key),
    )


# -- the others -----------------------------------------------------------------------------------


def _activate(_root: Any, info: Info, **arguments: Any) -> Answer:
    context = permit(info, "write_inventory")

    def refused(error: UserError) -> Answer:
        return {"inventoryLevel": None, "userErrors": [error.answer()]}

    return _once(info, context, arguments, refused, lambda key: activate(context, arguments, key))


def _deactivate(_root: Any, info: Info, **arguments: Any) -> Answer:
    return deactivate(permit(info, "write_inventory"), arguments["inventoryLevelId"])


def _update_item(_root: Any, info: Info, **arguments: Any) -> Answer:
    context = permit(info, "write_inventory")
    return update_item(context, arguments["id"], arguments["input"])


def _changes(group: Answer, _info: Info, **arguments: Any) -> list[dict[str, Any]]:
    items = arguments.get("inventoryItemIds")
    locations = arguments.get("locationIds")
    names = arguments.get("quantityNames")
    return [
        change
        for change in group["changes"]
        if (items is None or change["item"].id in items)
        and (locations is None or change["location"].id in locations)
        and (names is None or change["name"] in names)
    ]


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Mutation": {
        "inventoryActivate": _activate,
        "inventoryAdjustQuantities": _adjust,
        "inventoryDeactivate": _deactivate,
        "inventoryItemUpdate": _update_item,
        "inventoryMoveQuantities": _move,
        "inventorySetOnHandQuantities": _set_on_hand,
        "inventorySetQuantities": _set,
    },
    "InventoryAdjustmentGroup": {
        **{
            name: lambda group, info: group[info.field_name]
            for name in ("app", "createdAt", "id", "reason", "referenceDocumentUri")
        },
        "changes": _changes,
    },
}

FROM_MAPPINGS = frozenset(
    {
        "InventoryActivatePayload",
        "InventoryChange",
        "InventoryDeactivatePayload",
        "InventoryItemUpdatePayload",
        "UserError",
        *(
            f"Inventory{verb}Quantities{what}"
            for verb in ("Adjust", "Move", "Set", "SetOnHand")
            for what in ("Payload", "UserError")
        ),
    }
)
