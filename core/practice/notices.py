"""What happens in the shop, as the bodies of webhooks (facts.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.practice.context import Identity
from core.practice.identifiers import gid
from core.practice.state import Level, Location, Product, Stock
from core.practice.webhooks import WebhookDesk, moment_of

Body = dict[str, Any]


class Notices:
    def __init__(self, stock: Stock, identity: Identity, webhooks: WebhookDesk) -> None:
        self._identity = identity
        self._webhooks = webhooks
        stock.on_event = self._on_event

    def _on_event(self, topic: str, subjects: Sequence[Any]) -> None:
        body_of = _BODIES.get(topic) or _BODIES[topic.partition("/")[0]]
        self._webhooks.happened(topic, [body_of(each) for each in subjects])

    def uninstalled(self) -> None:
        shop = self._identity
        body = {
            "id": shop.number,
            "name": shop.name,
            "domain": shop.domain,
            "myshopify_domain": shop.domain,
            "created_at": moment_of(shop.created_at),
        }
        self._webhooks.happened("app/uninstalled", [body])
        # What was asked for goes with the app; this last message still finds its way.
        self._webhooks.subscriptions.all.clear()


def _level(level: Level) -> Body:
    return {
        "inventory_item_id": level.item.number,
        "location_id": level.location.number,
        "available": level.quantity("available") if level.item.tracked else None,
        "updated_at": moment_of(level.updated_at),
        "admin_graphql_api_id": level.id,
    }


def _level_gone(level: Level) -> Body:
    return {"inventory_item_id": level.item.number, "location_id": level.location.number}


def _location(location: Location) -> Body:
    return {
        "id": location.number,
        "name": location.name,
        "active": location.is_active,
        "legacy": location.is_fulfillment_service,
        "created_at": moment_of(location.created_at),
        "updated_at": moment_of(location.created_at),
        "admin_graphql_api_id": location.id,
    }


def _product(product: Product) -> Body:
    return {
        "admin_graphql_api_id": product.id,
        "id": product.number,
        "title": product.title,
        "handle": product.handle,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "status": "active",
        "created_at": moment_of(product.created_at),
        "variants": [
            {
                "admin_graphql_api_id": variant.id,
                "id": variant.number,
                "title": variant.title,
                "sku": variant.item.sku,
                "barcode": variant.barcode,
                "inventory_item_id": variant.item.number,
                "position": variant.position,
                "price": variant.price,
            }
            for variant in product.variants
        ],
    }


def _product_gone(product: Product) -> Body:
    return {"id": product.number, "admin_graphql_api_id": gid("Product", product.number)}


_BODIES: dict[str, Callable[[Any], Body]] = {
    "inventory_levels": _level,
    "inventory_levels/disconnect": _level_gone,
    "locations": _location,
    "products": _product,
    "products/delete": _product_gone,
}
