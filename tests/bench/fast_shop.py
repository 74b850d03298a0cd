"""A server that answers two questions as fast as it can, and charges for them like a shop.

The practice shop executes real GraphQL, at some 20 chunks of 250 levels a second: slower than 100
points a second allow. Here the answers are put together by hand, over the practice shop's own
bucket, so that it is our client that is measured. `python -m tests.bench.fast_shop LATENCY`
prints its address.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from core.clock import SystemClock
from core.practice.cost import Bucket

START_WITH = 100
COSTS = {"RecheckLevels": 3, "AdjustQuantities": 10}


class FastShop:
    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._bucket = Bucket(SystemClock())
        self._bucket.drain(self._bucket.maximum - START_WITH)
        self._counts = {"points": 0, "throttled": 0, "requests": 0}

    def app(self) -> Router:
        return Router(
            [
                Route("/admin/api/{version}/graphql.json", self._graphql, methods=["POST"]),
                Route("/counts", self._tell, methods=["GET"]),
            ]
        )

    async def _graphql(self, request: Request) -> Response:
        asked = orjson.loads(await request.body())
        name = asked["operationName"]
        cost = COSTS[name]
        self._counts["requests"] += 1
        if not self._bucket.take(cost):
            self._counts["throttled"] += 1
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return self._answer({"errors": [error]}, cost, None)
        self._counts["points"] += cost
        await asyncio.sleep(self._latency)
        made = _levels if name == "RecheckLevels" else _adjusted
        return self._answer({"data": made(asked["variables"])}, cost, cost)

    def _answer(self, body: dict[str, Any], cost: int, charged: int | None) -> Response:
        body["extensions"] = {
            "cost": {
                "requestedQueryCost": cost,
                "actualQueryCost": charged,
                "throttleStatus": self._bucket.status(),
            }
        }
        headers = {"X-Shopify-API-Version": "2026-10"}
        return Response(orjson.dumps(body), media_type="application/json", headers=headers)

    async def _tell(self, _request: Request) -> Response:
        told = {**self._counts, "available": self._bucket.available()}
        return Response(orjson.dumps(told), media_type="application/json")


def _levels(variables: dict[str, Any]) -> dict[str, Any]:
    return {
        "nodes": [
            {
                "id": each,
                "sku": "SKU",
                "tracked": True,
                "inventoryLevel": {
                    "id": "gid://shopify/InventoryLevel/1?inventory_item_id=1",
                    "isActive": True,
                    "updatedAt": "2026-11-23T10:00:00Z",
                    "quantities": [{"name": "available", "quantity": 7}],
                },
            }
            for each in variables["ids"]
        ]
    }


def _adjusted(_variables: dict[str, Any]) -> dict[str, Any]:
    group = {"id": "gid://shopify/InventoryAdjustmentGroup/1"}
    return {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": group, "userErrors": []}}


async def serve(latency: float) -> None:
    config = uvicorn.Config(
        FastShop(latency).app(), log_level="critical", access_log=False, lifespan="off"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
