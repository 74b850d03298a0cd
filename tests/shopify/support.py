"""What the tests of this room share: a clock that only moves when it is slept on, and answers in
the form that Shopify gives them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from core.model import Credentials, Secret
from core.shopify.client import AdminClient
from core.shopify.shop import ShopifyShop, open_client

HOST = "https://demo.myshopify.com"
GRAPHQL = f"{HOST}/admin/api/2026-10/graphql.json"
TOKENS = f"{HOST}/admin/oauth/access_token"
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
SECRET = "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"
SHOP_ID = "gid://shopify/Shop/1"
LOCATION = "gid://shopify/Location/7"
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

WITH_TOKEN = Credentials("demo.myshopify.com", access_token=Secret(TOKEN))
WITH_CLIENT = Credentials("demo.myshopify.com", api_key="client-1", api_secret=Secret(SECRET))


class QuickClock:
    """Sleeping takes no time: it moves the clock."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def a_client(
    credentials: Credentials = WITH_TOKEN,
    clock: QuickClock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AdminClient:
    return open_client(
        credentials, clock=clock or QuickClock(), random=random.Random(1), transport=transport
    )


def a_shop(expected_shop_id: str | None = None, clock: QuickClock | None = None) -> ShopifyShop:
    return ShopifyShop(a_client(clock=clock), expected_shop_id=expected_shop_id)


def item(number: int) -> str:
    return f"gid://shopify/InventoryItem/{number}"


def cost(requested: float = 3, left: float = 1990, charged: float | None = None) -> dict[str, Any]:
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": requested if charged is None else charged,
            "throttleStatus": {
                "maximumAvailable": 2000,
                "currentlyAvailable": left,
                "restoreRate": 100,
            },
        }
    }


def answer(data: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"data": data, "extensions": cost()} | more


def failure(
    code: str, message: str = "no", data: dict[str, Any] | None = None, **extensions: Any
) -> dict[str, Any]:
    error = {"message": message, "extensions": {"code": code, **extensions}}
    return {"errors": [error], "data": data, "extensions": cost()}


def throttled(requested: float = 3, left: float = 0) -> dict[str, Any]:
    bucket = cost(requested, left)
    bucket["cost"]["actualQueryCost"] = None
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return {"errors": [error], "extensions": bucket}


def probe(
    *scopes: str, shop_id: str = SHOP_ID, domain: str = "demo.myshopify.com"
) -> dict[str, Any]:
    granted = scopes or ("write_inventory", "read_products", "read_locations")
    return answer(
        {
            "shop": {"id": shop_id, "name": "Demo", "myshopifyDomain": domain},
            "currentAppInstallation": {"accessScopes": [{"handle": one} for one in granted]},
        }
    )


def sent(request: httpx.Request) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(request.content)
    return body


def variables(request: httpx.Request) -> dict[str, Any]:
    found: dict[str, Any] = sent(request)["variables"]
    return found


Handler = Callable[[httpx.Request], httpx.Response]
