"""Which function answers for which field of everything that reads.

A field of the schema without an entry here or in mutations.py is a fault that building the schema
reports. Plain attributes are read here; what needs more than that is in queries.py and listings.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.practice import listings, queries
from core.practice.context import context_of
from core.practice.identifiers import gid, stamp

Resolver = Callable[..., Any]


def _connection() -> dict[str, Resolver]:
    return {
        "nodes": lambda page, _i: page.nodes,
        "edges": lambda page, _i: page.edges,
        "pageInfo": lambda page, _i: page,
    }


_EDGE: dict[str, Resolver] = {
    "cursor": lambda edge, _i: edge.cursor,
    "node": lambda edge, _i: edge.node,
}
_KINDS = (
    "BulkOperation",
    "InventoryItem",
    "InventoryLevel",
    "Location",
    "Product",
    "ProductVariant",
    "WebhookSubscription",
)

RESOLVERS: dict[str, dict[str, Resolver]] = {
    "QueryRoot": {
        "currentAppInstallation": lambda _r, _i: {},
        "inventoryItem": queries.by_id("InventoryItem", "read_inventory", "read_products"),
        "inventoryItems": listings.items,
        "inventoryLevel": queries.inventory_level,
        "inventoryProperties": queries.quantity_names,
        "location": queries.by_id("Location", "read_locations", "read_inventory"),
        "locations": listings.locations,
        "locationsCount": listings.locations_count,
        "node": queries.node,
        "nodes": queries.nodes,
        "product": queries.by_id("Product", "read_products"),
        "productVariant": queries.by_id("ProductVariant", "read_products"),
        "productVariants": listings.product_variants,
        "productVariantsCount": listings.variants_count,
        "products": listings.products,
        "publicApiVersions": queries.versions,
        "shop": queries.shop,
    },
    "AppInstallation": {
        "accessScopes": queries.scopes,
        "app": queries.app,
        "id": lambda _r, info: gid("AppInstallation", context_of(info).identity.number + 1),
    },
    "Location": {
        "createdAt": lambda o, _i: stamp(o.created_at),
        "deactivatedAt": lambda o, _i: None if o.is_active else stamp(o.created_at),
        "fulfillmentService": queries.service,
        "fulfillsOnlineOrders": lambda o, _i: o.is_active,
        "hasActiveInventory": lambda o, _i: any(level.is_active for level in o.levels),
        "hasUnfulfilledOrders": lambda o, _i: any(x.quantity("committed") for x in o.levels),
        "id": lambda o, _i: o.id,
        "inventoryLevel": queries.level_of_location,
        "inventoryLevels": listings.location_levels,
        "isActive": lambda o, _i: o.is_active,
        "isFulfillmentService": lambda o, _i: o.is_fulfillment_service,
        "isPrimary": lambda o, info: context_of(info).stock.locations[0] is o,
        "legacyResourceId": lambda o, _i: str(o.number),
        "name": lambda o, _i: o.name,
        "shipsInventory": lambda o, _i: o.is_active,
        "updatedAt": lambda o, _i: stamp(o.created_at),
    },
    "Product": {
        "createdAt": lambda o, _i: stamp(o.created_at),
        "handle": lambda o, _i: o.handle,
        "id": lambda o, _i: o.id,
        "isGiftCard": lambda o, _i: o.is_gift_card,
        "legacyResourceId": lambda o, _i: str(o.number),
        "productType": lambda o, _i: o.product_type,
        "status": lambda _o, _i: "ACTIVE",
        "title": lambda o, _i: o.title,
        "totalInventory": queries.total,
        "tracksInventory": lambda o, _i: any(v.item.tracked for v in o.variants),
        "updatedAt": lambda o, _i: stamp(o.created_at),
        "variants": lambda o, _i, **args: listings.variants(o.variants, args),
        "variantsCount": lambda o, _i: queries.exactly(len(o.variants)),
        "vendor": lambda o, _i: o.vendor,
    },
    "ProductVariant": {
        "availableForSale": lambda o, info: not o.item.tracked or queries.sellable(o, info) > 0,
        "barcode": lambda o, _i: o.barcode,
        "createdAt": lambda o, _i: stamp(o.item.created_at),
        "displayName": lambda o, _i: o.display_name,
        "id": lambda o, _i: o.id,
        "inventoryItem": lambda o, _i: o.item,
        "inventoryPolicy": lambda _o, _i: "DENY",
        "inventoryQuantity": queries.sellable,
        "legacyResourceId": lambda o, _i: str(o.number),
        "position": lambda o, _i: o.position,
        "price": lambda o, _i: o.price,
        "product": lambda o, _i: o.product,
        "requiresComponents": lambda o, _i: o.is_bundle,
        "selectedOptions": lambda o, _i: [{"name": n, "value": v} for n, v in o.options],
        "sku": lambda o, _i: o.item.sku,
        "taxable": lambda _o, _i: True,
        "title": lambda o, _i: o.title,
        "updatedAt": lambda o, _i: stamp(o.item.updated_at),
    },
    "InventoryItem": {
        "createdAt": lambda o, _i: stamp(o.created_at),
        "duplicateSkuCount": queries.same_sku,
        "id": lambda o, _i: o.id,
        "inventoryHistoryUrl": lambda o, info: (
            f"https://{context_of(info).identity.domain}/admin/products/{o.variant.product.number}"
            f"/variants/{o.variant.number}/inventory_history"
        ),
        "inventoryLevel": queries.level_of_item,
        "inventoryLevels": listings.item_levels,
        "legacyResourceId": lambda o, _i: str(o.number),
        "locationsCount": lambda o, _i: queries.exactly(queries.active_levels(o)),
        "requiresShipping": lambda o, _i: o.requires_shipping,
        "sku": lambda o, _i: o.sku,
        "tracked": lambda o, _i: o.tracked,
        "trackedEditable": lambda o, _i: {"locked": o.variant.product.is_gift_card, "reason": None},
        "updatedAt": lambda o, _i: stamp(o.updated_at),
        "variant": queries.variant_of_item,
        "variants": queries.variants_of_item,
    },
    "InventoryLevel": {
        "canDeactivate": queries.can_deactivate,
        "createdAt": lambda o, _i: stamp(o.level.created_at),
        "deactivationAlert": queries.deactivation_alert,
        "id": lambda o, _i: o.level.id,
        "isActive": lambda o, _i: o.is_active,
        "item": lambda o, _i: o.level.item,
        "location": lambda o, _i: o.level.location,
        "quantities": queries.quantities,
        "updatedAt": lambda o, _i: stamp(o.updated_at),
    },
    "InventoryQuantity": {
        "id": lambda o, _i: o.id,
        "name": lambda o, _i: o.name,
        "quantity": lambda o, _i: o.picture.quantity(o.name),
        "updatedAt": lambda o, _i: o.updated_at,
    },
    "PageInfo": {
        "hasNextPage": lambda page, _i: page.has_next,
        "hasPreviousPage": lambda page, _i: page.has_previous,
        "startCursor": lambda page, _i: page.cursors[0] if page.cursors else None,
        "endCursor": lambda page, _i: page.cursors[-1] if page.cursors else None,
    },
    **{f"{kind}Connection": _connection() for kind in _KINDS},
    **{f"{kind}Edge": _EDGE for kind in _KINDS},
}

FROM_MAPPINGS = frozenset(
    {
        "AccessScope", "ApiVersion", "App", "Count", "Domain", "EditableProperty",
        "FulfillmentService", "InventoryProperties", "InventoryQuantityName", "SelectedOption",
        "Shop", "ShopPlan", "ShopResourceLimits",
    }
)  # fmt: skip
"""Types whose values are mappings with Shopify's own names as keys."""
