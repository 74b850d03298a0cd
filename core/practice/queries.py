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
from core.practice.listings import variants
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
from core.practice.versions import VERSIONS, version_shown

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


def by_id(kind: str, *scopes: str) -> Resolver:
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


def inventory_level(_root: Any, info: Info, id: str) -> Picture | None:  # noqa: A002
    return _find_level(permit(info, "read_inventory"), id)


NODE_SCOPES: Mapping[str, tuple[str, ...]] = {
    "InventoryAdjustmentGroup": ("read_inventory",),
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
    if kind in NODE_SCOPES and not context.scopes.intersection(NODE_SCOPES[kind]):
        return None
    if kind == "InventoryLevel":
        return _find_level(context, text)
    if kind == "InventoryAdjustmentGroup":
        return context.stock.groups.get(text)
    if kind == "BulkOperation":
        return context.bulk.find(text)
    if kind == "WebhookSubscription":
        return context.webhooks.subscriptions.find(text)
    return context.stock.by_number.get(found) if found else None


def node(_root: Any, info: Info, id: str) -> Any:  # noqa: A002
    return _find_node(context_of(info), id)


def nodes(_root: Any, info: Info, ids: list[str]) -> list[Any]:
    context = context_of(info)
    return [_find_node(context, each) for each in ids]


_OTHER_KINDS = {"Operation": "BulkOperation", "Subscription": "WebhookSubscription"}


def type_of_node(value: Any, _info: Any, _type: Any) -> str | None:
    match value:
        case Item():
            return "InventoryItem"
        case Picture():
            return "InventoryLevel"
        case Variant():
            return "ProductVariant"
        case dict():
            return "InventoryAdjustmentGroup"
        case Location() | Product():
            return type(value).__name__
        case _:
            return _OTHER_KINDS.get(type(value).__name__)


def quantity_names(_root: Any, info: Info) -> dict[str, Any]:
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


def level_of_item(item: Item, info: Info, **args: Any) -> Picture | None:
    context = permit(info, "read_inventory")
    location = context.stock.by_number.get(split_gid(args["locationId"]) or ("", 0))
    if not isinstance(location, Location):
        return None
    return _visible(context, context.stock.level(item, location), args.get("includeInactive"))


def level_of_location(location: Location, info: Info, **args: Any) -> Picture | None:
    context = permit(info, "read_inventory")
    item = context.stock.by_number.get(split_gid(args["inventoryItemId"]) or ("", 0))
    if not isinstance(item, Item):
        return None
    return _visible(context, context.stock.level(item, location), args.get("includeInactive"))


def quantities(picture: Picture, _info: Info, names: list[str]) -> list[Quantity]:
    for name in names:
        if name not in NAMES:
            raise refuse(f"The quantity name {name} is not valid.")
    return [Quantity(picture, name) for name in names]


def can_deactivate(picture: Picture, _info: Info) -> bool:
    return picture.is_active and active_levels(picture.level.item) > 1


def deactivation_alert(picture: Picture, info: Info) -> str | None:
    if can_deactivate(picture, info):
        return None
    return f"{picture.level.item.variant.display_name} is stocked at one location only."


def active_levels(item: Item) -> int:
    return sum(1 for level in item.levels if level.is_active)


# -- items, variants, products --------------------------------------------------------------------


def sellable(variant: Variant, info: Info) -> int:
    context = context_of(info)
    pictures = (context.see(level) for level in variant.item.levels)
    return sum(each.quantity("available") for each in pictures if each.is_active)


def total(product: Product, info: Info) -> int:
    """Lags behind, like every product-wide sum (facts.md §0.10)."""
    context = context_of(info)
    return sum(
        picture.quantity("available")
        for variant in product.variants
        if variant.item.tracked
        for picture in map(context.indexed, variant.item.levels)
        if picture.is_active
    )


def same_sku(item: Item, info: Info) -> int:
    stock = context_of(info).stock
    same = stock.by_sku.get((item.sku or "").lower(), ())
    return sum(1 for each in same if each.sku == item.sku)


def exactly(count: int) -> dict[str, Any]:
    return {"count": count, "precision": "EXACT"}


def variant_of_item(item: Item, info: Info) -> Variant:
    permit(info, "read_products")
    return item.variant


def variants_of_item(item: Item, info: Info, **args: Any) -> Page:
    permit(info, "read_products")
    return variants([item.variant], args)


def scopes(_root: Any, info: Info) -> list[dict[str, str]]:
    return [
        {"handle": scope, "description": scope.replace("_", " ").capitalize()}
        for scope in context_of(info).granted
    ]


def versions(_root: Any, _info: Info) -> list[dict[str, Any]]:
    return [version_shown(each) for each in VERSIONS]


def app(_root: Any, info: Info) -> dict[str, str]:
    identity = context_of(info).identity
    return {
        "id": identity.app_id,
        "handle": "practice-app",
        "title": "Practice app",
        "apiKey": identity.api_key,
    }


def shop(_root: Any, info: Info) -> dict[str, Any]:
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


def service(location: Location, _info: Info) -> dict[str, Any] | None:
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
