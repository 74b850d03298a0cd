"""Make core/practice/schema.graphql: the part of Shopify's API that the practice shop serves.

The full schema is not in this repository (740 kB, and Shopify's). This script takes from it the
root fields and, type by type, the fields declared below; everything that those name (arguments,
enums, inputs, scalars, interfaces) comes along unchanged, descriptions are left out. What is kept
is kept exactly: same arguments, same nullability, whole enums (tests/practice/test_schema.py).

    python scripts/make_practice_schema.py [FULL_SCHEMA]

FULL_SCHEMA defaults to $DEXTRE_SYNC_FULL_SCHEMA, else ../shared/shopify/admin-2026-10.graphql
beside the repository.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar, cast

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeNode,
    parse,
    print_ast,
)
from graphql.language import Node, Visitor, visit

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "core" / "practice" / "schema.graphql"

BUILT_IN = {"ID", "Int", "Float", "String", "Boolean"}
DIRECTIVES = ("idempotent",)

LISTED = (
    "BulkOperation",
    "InventoryItem",
    "InventoryLevel",
    "Location",
    "Product",
    "ProductVariant",
    "WebhookSubscription",
)

# Object types and interfaces: the fields that are kept.
FIELDS: dict[str, str] = {
    "QueryRoot": """bulkOperation bulkOperations currentAppInstallation inventoryItem
        inventoryItems inventoryLevel inventoryProperties location locations locationsCount node
        nodes product productVariant productVariants productVariantsCount products
        publicApiVersions shop webhookSubscription webhookSubscriptions""",
    "Mutation": """bulkOperationCancel bulkOperationRunQuery inventoryActivate
        inventoryAdjustQuantities inventoryDeactivate inventoryItemUpdate inventoryMoveQuantities
        inventorySetOnHandQuantities inventorySetQuantities webhookSubscriptionCreate
        webhookSubscriptionDelete webhookSubscriptionUpdate""",
    "Node": "id",
    "LegacyInteroperability": "legacyResourceId",
    "DisplayableError": "field message",
    "Shop": """createdAt currencyCode email ianaTimezone id myshopifyDomain name plan primaryDomain
        resourceLimits timezoneOffsetMinutes updatedAt url""",
    "Domain": "host id url",
    "ShopPlan": "displayName partnerDevelopment publicDisplayName shopifyPlus",
    "ShopResourceLimits": "locationLimit maxProductOptions maxProductVariants redirectLimitReached",
    "AppInstallation": "accessScopes app id",
    "App": "apiKey handle id title",
    "AccessScope": "description handle",
    "Location": """createdAt deactivatedAt fulfillmentService fulfillsOnlineOrders
        hasActiveInventory hasUnfulfilledOrders id inventoryLevel inventoryLevels isActive
        isFulfillmentService isPrimary legacyResourceId name shipsInventory updatedAt""",
    "FulfillmentService": "handle id inventoryManagement location serviceName type",
    "Product": """createdAt handle id isGiftCard legacyResourceId productType status title
        totalInventory tracksInventory updatedAt variants variantsCount vendor""",
    "ProductVariant": """availableForSale barcode createdAt displayName id inventoryItem
        inventoryPolicy inventoryQuantity legacyResourceId position price product
        requiresComponents selectedOptions sku taxable title updatedAt""",
    "SelectedOption": "name value",
    "InventoryItem": """createdAt duplicateSkuCount id inventoryHistoryUrl inventoryLevel
        inventoryLevels legacyResourceId locationsCount requiresShipping sku tracked
        trackedEditable updatedAt variant variants""",
    "EditableProperty": "locked reason",
    "InventoryLevel": """canDeactivate createdAt deactivationAlert id isActive item location
        quantities updatedAt""",
    "InventoryQuantity": "id name quantity updatedAt",
    "InventoryProperties": "quantityNames",
    "InventoryQuantityName": "belongsTo comprises displayName isInUse name",
    "Count": "count precision",
    "ApiVersion": "displayName handle supported",
    "BulkOperation": """completedAt createdAt errorCode fileSize id objectCount partialDataUrl query
        rootObjectCount status type url""",
    "BulkOperationRunQueryPayload": "bulkOperation userErrors",
    "BulkOperationUserError": "code field message",
    "BulkOperationCancelPayload": "bulkOperation userErrors",
    "WebhookSubscription": """apiVersion callbackUrl createdAt filter format id includeFields
        legacyResourceId name topic updatedAt uri""",
    **{
        f"WebhookSubscription{verb}Payload": f"{what} userErrors"
        for verb, what in (
            ("Create", "webhookSubscription"),
            ("Update", "webhookSubscription"),
            ("Delete", "deletedWebhookSubscriptionId"),
        )
    },
    "PageInfo": "endCursor hasNextPage hasPreviousPage startCursor",
    **{f"{name}Connection": "edges nodes pageInfo" for name in LISTED},
    **{f"{name}Edge": "cursor node" for name in LISTED},
    "InventoryAdjustmentGroup": "app changes createdAt id reason referenceDocumentUri",
    "InventoryChange": "delta item ledgerDocumentUri location name quantityAfterChange",
    "UserError": "field message",
    "InventoryActivatePayload": "inventoryLevel userErrors",
    "InventoryDeactivatePayload": "userErrors",
    "InventoryItemUpdatePayload": "inventoryItem userErrors",
    **{
        name: fields
        for verb in ("Adjust", "Move", "Set", "SetOnHand")
        for name, fields in (
            (f"Inventory{verb}QuantitiesPayload", "inventoryAdjustmentGroup userErrors"),
            (f"Inventory{verb}QuantitiesUserError", "code field message"),
        )
    },
}

# Inputs that are kept only in part; any other input that is named is kept whole.
INPUT_FIELDS: dict[str, str] = {"InventoryItemInput": "requiresShipping sku tracked"}

# Object types that a kept type names only through a field that the practice shop does not serve
# would be declared above; an undeclared one is an error, so that nothing grows by accident.


class _WithoutDescriptions(Visitor):
    def leave(self, node: Node, *_: object) -> object:
        if getattr(node, "description", None) is None:
            return None
        return changed(node, description=None)


N = TypeVar("N", bound=Node)


def changed(node: N, **new: object) -> N:
    """A copy with other values; nodes are immutable in some versions of graphql-core."""
    values = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return type(node)(**(values | new))


def named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    return cast(NamedTypeNode, node).name.value


def _pick(type_name: str, declared: str, fields: Iterable[Node]) -> tuple[Node, ...]:
    wanted = declared.split()
    kept = tuple(f for f in fields if f.name.value in wanted)  # type: ignore[attr-defined]
    missing = set(wanted) - {f.name.value for f in kept}  # type: ignore[attr-defined]
    if missing:
        raise SystemExit(f"{type_name} has no field {', '.join(sorted(missing))} in that schema")
    return kept


def _reduce(definition: DefinitionNode) -> DefinitionNode:
    """The definition with only its declared fields and interfaces."""
    match definition:
        case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
            name = definition.name.value
            return changed(
                definition,
                fields=_pick(name, FIELDS[name], definition.fields or ()),
                interfaces=tuple(i for i in definition.interfaces or () if i.name.value in FIELDS),
            )
        case InputObjectTypeDefinitionNode() if definition.name.value in INPUT_FIELDS:
            name = definition.name.value
            fields = _pick(name, INPUT_FIELDS[name], definition.fields or ())
            return changed(definition, fields=fields)
    return definition


def _mentions(definition: DefinitionNode) -> set[str]:
    """Every type that a (reduced) definition names."""
    found: set[str] = set()
    for field in getattr(definition, "fields", None) or ():
        found.add(named(field.type))
        found.update(named(argument.type) for argument in getattr(field, "arguments", None) or ())
    return found


def make(full_sdl: str) -> str:
    """The subset's SDL, in the order of the full schema, which makes the result repeatable."""
    document = parse(full_sdl, no_location=True)
    by_name: dict[str, DefinitionNode] = {
        d.name.value: d
        for d in document.definitions
        if not isinstance(d, DirectiveDefinitionNode) and hasattr(d, "name")
    }
    kept: dict[str, DefinitionNode] = {}
    queue = list(FIELDS)
    while queue:
        name = queue.pop()
        if name in kept or name in BUILT_IN:
            continue
        definition = by_name.get(name)
        if definition is None:
            raise SystemExit(f"that schema has no type {name}")
        free = EnumTypeDefinitionNode | ScalarTypeDefinitionNode | InputObjectTypeDefinitionNode
        if name not in FIELDS and not isinstance(definition, free):
            raise SystemExit(f"{name} is named by a kept field: declare its fields, or drop it")
        kept[name] = _reduce(definition)
        queue.extend(_mentions(kept[name]))

    parts = ["schema {\n  query: QueryRoot\n  mutation: Mutation\n}"]
    for each in document.definitions:
        wanted = (
            each.name.value in DIRECTIVES
            if isinstance(each, DirectiveDefinitionNode)
            else hasattr(each, "name") and each.name.value in kept
        )
        if wanted:
            shown = kept.get(each.name.value, each)  # type: ignore[attr-defined]
            parts.append(print_ast(visit(shown, _WithoutDescriptions())))
    return "\n\n".join(parts) + "\n"


def default_source() -> Path:
    given = os.environ.get("DEXTRE_SYNC_FULL_SCHEMA")
    return Path(given) if given else ROOT.parent / "shared" / "shopify" / "admin-2026-10.graphql"


def main(arguments: list[str]) -> int:
    source = Path(arguments[0]) if arguments else default_source()
    if not source.is_file():
        sys.stderr.write(f"The full schema is not at {source}. Give its path as the argument.\n")
        return 2
    TARGET.write_text(make(source.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
