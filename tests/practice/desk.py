"""A customer of the practice shop: a clock in the hand, and requests through HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from core.practice import PracticeShop

START = datetime(2026, 11, 23, 10, 0, 0, 250_000, tzinfo=UTC)

ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt reason referenceDocumentUri
      changes { name delta quantityAfterChange item { id } location { id name } } }
    userErrors { field message code } } }"""

SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta item { id } location { id } } }
    userErrors { field message code } } }"""

ACTIVATE = """mutation Activate($item: ID!, $loc: ID!, $qty: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $loc, available: $qty)
    @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available"]) { quantity } }
    userErrors { field message } } }"""

RECHECK = """query Recheck($ids: [ID!]!, $loc: ID!) { nodes(ids: $ids) { ... on InventoryItem { id
  sku tracked inventoryLevel(locationId: $loc, includeInactive: true) { id isActive updatedAt
    quantities(names: ["available", "on_hand"]) { name quantity updatedAt } } } } }"""

LEVELS = """query Levels($loc: ID!, $after: String, $q: String, $inactive: Boolean = true) {
  location(id: $loc) { id inventoryLevels(first: 250, after: $after, query: $q,
    includeInactive: $inactive) {
    nodes { id isActive updatedAt quantities(names: ["available"]) { quantity } item { id sku } }
    pageInfo { hasNextPage endCursor } } } }"""


class ManualClock:
    """Time goes on only when somebody waits, or a test says so."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Desk:
    """One shop and one app that asks it."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.shop = PracticeShop(clock=self.clock, **{"variants": 6, "locations": 2, **options})
        self.token = self.shop.access_token
        self.http = httpx.AsyncClient(
            transport=self.shop.transport(), base_url=f"https://{self.shop.domain}"
        )
        self._keys = 0

    async def post(
        self, document: str, variables: dict[str, Any] | None = None, version: str = "2026-10"
    ) -> httpx.Response:
        return await self.http.post(
            f"/admin/api/{version}/graphql.json",
            json={"query": document, "variables": variables or {}},
            headers={"X-Shopify-Access-Token": self.token},
        )

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        response = await self.post(document, variables)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def new_key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    @property
    def item(self) -> str:
        return self.shop.stock.items[0].id

    @property
    def sku(self) -> str:
        sku = self.shop.stock.items[0].sku
        assert sku
        return sku

    @property
    def location(self) -> str:
        return self.shop.stock.locations[0].id

    def quantity(self, name: str = "available", *, item: str | None = None) -> int:
        return self.shop.quantity(item or self.item, self.location, name)

    def row(self, **values: Any) -> dict[str, Any]:
        return {
            "inventoryItemId": self.item,
            "locationId": self.location,
            "changeFromQuantity": None,
            **values,
        }

    async def adjust(
        self, *rows: dict[str, Any], key: str | None = None, **head: Any
    ) -> dict[str, Any]:
        """The payload of inventoryAdjustQuantities."""
        given = {"name": "available", "reason": "correction", "changes": list(rows), **head}
        body = await self.ask(ADJUST, input=given, key=key or self.new_key())
        payload: dict[str, Any] = body["data"]["inventoryAdjustQuantities"]
        return payload

    async def set(
        self, *rows: dict[str, Any], key: str | None = None, **head: Any
    ) -> dict[str, Any]:
        given = {"name": "available", "reason": "correction", "quantities": list(rows), **head}
        body = await self.ask(SET, input=given, key=key or self.new_key())
        payload: dict[str, Any] = body["data"]["inventorySetQuantities"]
        return payload

    async def control(self, name: str, **given: Any) -> dict[str, Any]:
        response = await self.http.post(f"/practice/{name}", json=given)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def fields(payload: dict[str, Any]) -> list[list[str]]:
    return [error["field"] for error in payload["userErrors"]]
