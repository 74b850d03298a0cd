"""Resolvers of everything that reads.

One plain function for each field, in tables by type: a field of the schema without an entry here or
in mutations.py is a fault that building the schema reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo

from core.practice.context import Context, context_of, permit
from core.practice.identifiers import gid, split_gid, split_level_gid, stamp
from core.practice.listings import (
    item_levels,
    items,
    location_levels,
    locations,
    locations_count,
    product_variants,
    products,
    variants,
    variants_count,
)
from core.practice.paging import Page, refuse
from core.practice.state import (
    INDEX,
    NAMES,
    PHYSICAL,
    STATES,
    Item,
    Level,
    Location,
    Picture,
    Product,
    Variant,
)

Resolver = Callable[..., Any]
Info = GraphQLResolveInfo


@dataclass(frozen=True, slots=True)
class Quantity:
    picture: Picture
    name: str

    @property
    def id(self) -> str:
        level = self.picture.level
        own = gid("InventoryQuantity", level.location.level_number)
        return f"{own}?inventory_item_id={level.item.number}&name={self.name}"

    @property
    def updated_at(self) -> str | None:
        """None for on_hand and for states never used (facts.md §5.1)."""
        at = INDEX.get(self.name)
        moment = None if at is None else self.picture.stamps[at]
        return None if moment is None else stamp(moment)


# -- roots ----------------------------------------------------------------------------------------


def _by_id(kind: str, *scopes: str) -> Resolver:
    def resolve(_root: Any, info: Info, id: str | None = None) -> Any:  # noqa: A002 - Shopify's argument
        context = permit(info, *scopes)
        if id is None:  # location without an id: the primary one
            return context.stock.locations[0] if context.stock.locations else None
        found = split_gid(id)
        return context.stock.by_number.get(found) if found and found[0] == kind else None

    return resolve


def _find_level(context: Context, text: str) -> Picture | None:
    numbers = split_level_gid(text)
    if numbers is None:
        return None
    item = context.stock.by_number.get(("InventoryItem", numbers[1]))
    if not isinstance(item, Item):
        return None
    for level in item.levels:
        if level.location.level_number == numbers[0]:
            return context.see(level)
    return None


def _inventory_level(_root: Any, info: Info, id: str) -> Picture | None:  # noqa: A002
    return _find_level(permit(info, "read_inventory"), id)


NODE_SCOPES: Mapping[str, tuple[str, ...]] = {
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "Location": ("read_locations", "read_inventory"),
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
}


def _find_node(context: Context, text: str) -> Any:
    """None for what is missing, unknown, or not permitted."""
    found = split_gid(text)
    kind = found[0] if found else "InventoryLevel"
    if not context.scopes.intersection(NODE_SCOPES.get(kind, ())):
        return None
    if kind == "InventoryLevel":
        return _find_level(context, text)
    return context.stock.by_number.get(found) if found else None


def _node(_root: Any, info: Info, id: str) -> Any:  # noqa: A002
    return _find_node(context_of(info), id)


def _nodes(_root: Any, info: Info, ids: list[str]) -> list[Any]:
    context = context_of(info)
    return [_find_node(context, each) for each in ids]


def type_of_node(value: Any, _info: Any, _type: Any) -> str | None:
    match value:
        case Item():
            return "InventoryItem"
        case Picture():
            return "InventoryLevel"
        case Variant():
            return "ProductVariant"
        case Location() | Product():
            return type(value).__name__
        case _:
            return None


def _quantity_names(_root: Any, info: Info) -> dict[str, Any]:
    permit(info, "read_inventory")
    physical = list(STATES[:PHYSICAL])
    return {
        "quantityNames": [
            {
                "name": name,
                "displayName": name.replace("_", " ").capitalize(),
                "isInUse": True,
                "belongsTo": ["on_hand"] if name in physical else [],
                "comprises": physical if name == "on_hand" else [],
            }
            for name in NAMES
        ]
    }


# -- levels ---------------------------------------------------------------------------------------


def _visible(
    context: Context, level: Level | None, include_inactive: bool | None
) -> Picture | None:
    if level is None:
        return None
    picture = context.see(level)
    return picture if picture.is_active or include_inactive else None


def _level_of_item(item: Item, info: Info, **args: Any) -> Picture | None:
    context = permit(info, "read_inventory")
    location = context.stock.by_number.get(split_gid(args["locationId"]) or ("", 0))
    if not isinstance(location, Location):
        return None
    return _visible(context, context.stock.level(item, location), args.get("includeInactive"))


def _level_of_location(location: Location, info: Info, **args: Any) -> Picture | None:
    context = permit(info, "read_inventory")
    item = context.stock.by_number.get(split_gid(args["inventoryItemId"]) or ("", 0))
    if not isinstance(item, Item):
        return None
    return _visible(context, context.stock.level(item, location), args.get("includeInactive"))


def _quantities(picture: Picture, _info: Info, names: list[str]) -> list[Quantity]:
    for name in names:
        if name not in NAMES:
            raise refuse(f"The quantity name {name} is not valid.")
    return [Quantity(picture, name) for name in names]


def _can_deactivate(picture: Picture, _info: Info) -> bool:
    return picture.is_active and _active_levels(picture.level.item) > 1


def _deactivation_alert(picture: Picture, info: Info) -> str | None:
    if _can_deactivate(picture, info):
        return None
    return f"{picture.level.item.variant.display_name} is stocked at one location only."


def _active_levels(item: Item) -> int:
    return sum(1 for level in item.levels if level.is_active)


# -- items, variants, products --------------------------------------------------------------------


def _sellable(variant: Variant, info: Info) -> int:
    context = context_of(info)
    pictures = (context.see(level) for level in variant.item.levels)
    return sum(each.quantity("available") for each in pictures if each.is_active)


def _total(product: Product, info: Info) -> int:
    """Lags behind, like every product-wide sum (facts.md §0.10)."""
    context = context_of(info)
    return sum(
        picture.quantity("available")
        for variant in product.variants
        if variant.item.tracked
        for picture in map(context.indexed, variant.item.levels)
        if picture.is_active
    )


def _same_sku(item: Item, info: Info) -> int:
    stock = context_of(info).stock
    same = stock.by_sku.get((item.sku or "").lower(), ())
    return sum(1 for each in same if each.sku == item.sku)


def _exactly(count: int) -> dict[str, Any]:
    return {"count": count, "precision": "EXACT"}


def _variant_of_item(item: Item, info: Info) -> Variant:
    permit(info, "read_products")
    return item.variant


def _variants_of_item(item: Item, info: Info, **args: Any) -> Page:
    permit(info, "read_products")
    return variants([item.variant], args)


def _scopes(_root: Any, info: Info) -> list[dict[str, str]]:
    return [
        {"handle": scope, "description": scope.replace("_", " ").capitalize()}
        for scope in context_of(info).granted
    ]


def _app(_root: Any, info: Info) -> dict[str, str]:
    identity = context_of(info).identity
    return {
        "id": identity.app_id,
        "handle": "practice-app",
        "title": "Practice app",
        "apiKey": identity.api_key,
    }


def _shop(_root: Any, info: Info) -> dict[str, Any]:
    identity = context_of(info).identity
    host = identity.domain
    return {
        "id": gid("Shop", identity.number),
        "name": identity.name,
        "myshopifyDomain": host,
        "email": f"owner@{host}",
        "ianaTimezone": "Asia/Tokyo",
        "timezoneOffsetMinutes": 540,
        "currencyCode": "JPY",
        "createdAt": stamp(identity.created_at),
        "updatedAt": stamp(identity.created_at),
        "url": f"https://{host}",
        "primaryDomain": {
            "id": gid("Domain", identity.number),
            "host": host,
            "url": f"https://{host}",
        },
        "plan": {
            "displayName": "Basic",
            "publicDisplayName": "Basic",
            "partnerDevelopment": False,
            "shopifyPlus": False,
        },
        "resourceLimits": {
            "locationLimit": 200,
            "maxProductOptions": 3,
            "maxProductVariants": 2048,
            "redirectLimitReached": False,
        },
    }


def _service(location: Location, _info: Info) -> dict[str, Any] | None:
    if not location.is_fulfillment_service:
        return None
    return {
        "id": f"{gid('FulfillmentService', location.number)}?id=true",
        "handle": "rakuraku-3pl",
        "serviceName": location.name,
        "type": "THIRD_PARTY",
        "inventoryManagement": True,
        "location": location,
    }


# -- the tables -----------------------------------------------------------------------------------


def _connection(*_: Any) -> dict[str, Resolver]:
    return {
        "nodes": lambda page, _i: page.nodes,
        "edges": lambda page, _i: page.edges,
        "pageInfo": lambda page, _i: page,
    }


_EDGE: dict[str, Resolver] = {
    "cursor": lambda edge, _i: edge.cursor,
    "node": lambda edge, _i: edge.node,
}
_KINDS = ("InventoryItem", "InventoryLevel", "Location", "Product", "ProductVariant")

RESOLVERS: dict[str, dict[str, Resolver]] = {
    "QueryRoot": {
        "currentAppInstallation": lambda _r, _i: {},
        "inventoryItem": _by_id("InventoryItem", "read_inventory", "read_products"),
        "inventoryItems": items,
        "inventoryLevel": _inventory_level,
        "inventoryProperties": _quantity_names,
        "location": _by_id("Location", "read_locations", "read_inventory"),
        "locations": locations,
        "locationsCount": locations_count,
        "node": _node,
        "nodes": _nodes,
        "product": _by_id("Product", "read_products"),
        "productVariant": _by_id("ProductVariant", "read_products"),
        "productVariants": product_variants,
        "productVariantsCount": variants_count,
        "products": products,
        "shop": _shop,
    },
    "AppInstallation": {
        "accessScopes": _scopes,
        "app": _app,
        "id": lambda _r, info: gid("AppInstallation", context_of(info).identity.number + 1),
    },
    "Location": {
        "createdAt": lambda o, _i: stamp(o.created_at),
        "deactivatedAt": lambda o, _i: None if o.is_active else stamp(o.created_at),
        "fulfillmentService": _service,
        "fulfillsOnlineOrders": lambda o, _i: o.is_active,
        "hasActiveInventory": lambda o, _i: any(level.is_active for level in o.levels),
        "hasUnfulfilledOrders": lambda o, _i: any(x.quantity("committed") for x in o.levels),
        "id": lambda o, _i: o.id,
        "inventoryLevel": _level_of_location,
        "inventoryLevels": location_levels,
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
        "totalInventory": _total,
        "tracksInventory": lambda o, _i: any(v.item.tracked for v in o.variants),
        "updatedAt": lambda o, _i: stamp(o.created_at),
        "variants": lambda o, _i, **args: variants(o.variants, args),
        "variantsCount": lambda o, _i: _exactly(len(o.variants)),
        "vendor": lambda o, _i: o.vendor,
    },
    "ProductVariant": {
        "availableForSale": lambda o, info: not o.item.tracked or _sellable(o, info) > 0,
        "barcode": lambda o, _i: o.barcode,
        "createdAt": lambda o, _i: stamp(o.item.created_at),
        "displayName": lambda o, _i: o.display_name,
        "id": lambda o, _i: o.id,
        "inventoryItem": lambda o, _i: o.item,
        "inventoryPolicy": lambda _o, _i: "DENY",
        "inventoryQuantity": _sellable,
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
        "duplicateSkuCount": _same_sku,
        "id": lambda o, _i: o.id,
        "inventoryHistoryUrl": lambda o, info: (
            f"https://{context_of(info).identity.domain}/admin/products/{o.variant.product.number}"
            f"/variants/{o.variant.number}/inventory_history"
        ),
        "inventoryLevel": _level_of_item,
        "inventoryLevels": item_levels,
        "legacyResourceId": lambda o, _i: str(o.number),
        "locationsCount": lambda o, _i: _exactly(_active_levels(o)),
        "requiresShipping": lambda o, _i: o.requires_shipping,
        "sku": lambda o, _i: o.sku,
        "tracked": lambda o, _i: o.tracked,
        "trackedEditable": lambda o, _i: {"locked": o.variant.product.is_gift_card, "reason": None},
        "updatedAt": lambda o, _i: stamp(o.updated_at),
        "variant": _variant_of_item,
        "variants": _variants_of_item,
    },
    "InventoryLevel": {
        "canDeactivate": _can_deactivate,
        "createdAt": lambda o, _i: stamp(o.level.created_at),
        "deactivationAlert": _deactivation_alert,
        "id": lambda o, _i: o.level.id,
        "isActive": lambda o, _i: o.is_active,
        "item": lambda o, _i: o.level.item,
        "location": lambda o, _i: o.level.location,
        "quantities": _quantities,
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
        "AccessScope", "App", "Count", "Domain", "EditableProperty", "FulfillmentService",
        "InventoryProperties", "InventoryQuantityName", "SelectedOption", "Shop", "ShopPlan",
        "ShopResourceLimits",
    }
)  # fmt: skip
"""Types whose values are mappings with Shopify's own names as keys."""
