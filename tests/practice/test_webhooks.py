"""Webhooks of the practice shop: subscriptions, signed deliveries, retries and what goes wrong."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from core.practice.subscriptions import header_topic
from tests.practice.desk import Desk

URI = "https://hooks.example.com/shopify"
CREATE = """mutation C($topic: WebhookSubscriptionTopic!, $given: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $given) {
    webhookSubscription { id topic uri format name includeFields filter apiVersion { handle } }
    userErrors { field message } } }"""
UPDATE = """mutation U($id: ID!, $given: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $given) {
    webhookSubscription { id uri } userErrors { field message } } }"""
DELETE = """mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) {
  deletedWebhookSubscriptionId userErrors { field message } } }"""
LIST = """query L($topics: [WebhookSubscriptionTopic!]) {
  webhookSubscriptions(first: 250, topics: $topics) { nodes { id topic uri } } }"""


@dataclass
class Receiver:
    status: int = 200
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def __call__(self, uri: str, headers: Mapping[str, str], body: bytes) -> int:
        if self.status == 0:
            raise httpx.ConnectError("nobody is there")
        self.got.append((dict(headers), json.loads(body)))
        self.raw.append(body)
        return self.status

    @property
    def quantities(self) -> list[Any]:
        return [body["available"] for _, body in self.got]


async def create(desk: Desk, topic: str = "INVENTORY_LEVELS_UPDATE", **given: Any) -> Any:
    body = await desk.ask(CREATE, topic=topic, given={"uri": URI, **given})
    return body["data"]["webhookSubscriptionCreate"]


async def subscribed(*topics: str, **given: Any) -> Desk:
    desk = Desk()
    for topic in topics or ("INVENTORY_LEVELS_UPDATE",):
        assert (await create(desk, topic, **given))["userErrors"] == []
    return desk


def sell(desk: Desk, quantity: int = 1) -> None:
    desk.shop.sell(desk.sku, desk.location, quantity)


# -- subscriptions --------------------------------------------------------------------------------


async def test_a_subscription_is_made_listed_changed_and_deleted() -> None:
    desk = Desk()
    made = (await create(desk, name="dextre-sync", includeFields=["id"]))["webhookSubscription"]
    assert made | {"id": ""} == {
        "id": "",
        "topic": "INVENTORY_LEVELS_UPDATE",
        "uri": URI,
        "format": "JSON",
        "name": "dextre-sync",
        "includeFields": ["id"],
        "filter": "",
        "apiVersion": {"handle": "2026-10"},
    }
    await create(desk, "PRODUCTS_UPDATE")
    listed = await desk.ask(LIST, topics=["INVENTORY_LEVELS_UPDATE"])
    assert [each["id"] for each in listed["data"]["webhookSubscriptions"]["nodes"]] == [made["id"]]
    changed = await desk.ask(UPDATE, id=made["id"], given={"uri": f"{URI}/2"})
    found = changed["data"]["webhookSubscriptionUpdate"]["webhookSubscription"]
    assert found == {"id": made["id"], "uri": f"{URI}/2"}
    deleted = (await desk.ask(DELETE, id=made["id"]))["data"]["webhookSubscriptionDelete"]
    assert deleted == {"deletedWebhookSubscriptionId": made["id"], "userErrors": []}
    again = (await desk.ask(DELETE, id=made["id"]))["data"]["webhookSubscriptionDelete"]
    assert again["userErrors"][0]["message"] == "Webhook subscription does not exist"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "Address can't be blank"),
        ("http://example.com/hook", "Address protocol http:// is not supported"),
        ("https://demo.myshopify.com/x", "Address cannot be a Shopify or an internal domain"),
        ("https://app.internal/x", "Address cannot be a Shopify or an internal domain"),
        ("ftp://example.com", "Address is invalid"),
    ],
)
async def test_addresses_that_are_refused(uri: str, said: str) -> None:
    payload = await create(Desk(), uri=uri)
    assert payload["webhookSubscription"] is None
    assert payload["userErrors"] == [
        {"field": ["webhookSubscription", "callbackUrl"], "message": said}
    ]


async def test_one_topic_goes_to_one_address_once() -> None:
    desk = await subscribed()
    assert (await create(desk))["userErrors"][0]["message"] == (
        "Address for this topic has already been taken"
    )
    assert (await create(desk, uri=f"{URI}/other"))["userErrors"] == []


async def test_names_have_no_spaces() -> None:
    errors = (await create(Desk(), name="has spaces"))["userErrors"]
    assert [error["field"] for error in errors] == [["webhookSubscription", "name"]]


async def test_a_topic_needs_its_scope() -> None:
    desk = Desk(scopes=("read_products",))
    body = await desk.ask(CREATE, topic="INVENTORY_LEVELS_UPDATE", given={"uri": URI})
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("INVENTORY_LEVELS_UPDATE", "inventory_levels/update"),
        ("PRODUCTS_DELETE", "products/delete"),
        ("APP_UNINSTALLED", "app/uninstalled"),
        ("LOCATIONS_DEACTIVATE", "locations/deactivate"),
        ("BULK_OPERATIONS_FINISH", "bulk_operations/finish"),
    ],
)
def test_topics_have_two_names(name: str, topic: str) -> None:
    assert header_topic(name) == topic


# -- deliveries -----------------------------------------------------------------------------------


async def test_a_sale_is_told_and_signed_over_the_bytes_that_are_sent() -> None:
    desk, receiver = await subscribed(name="mine"), Receiver()
    was = desk.quantity()
    sell(desk, 3)
    await desk.shop.webhooks.deliver_due(receiver)
    ((headers, body),) = receiver.got
    level = desk.shop.stock.items[0].levels[0]
    assert body == {
        "inventory_item_id": level.item.number,
        "location_id": level.location.number,
        "available": was - 3,
        "updated_at": "2026-11-23T19:00:00+09:00",
        "admin_graphql_api_id": level.id,
    }
    secret = desk.shop.client_secret.encode()
    signature = base64.b64encode(hmac.new(secret, receiver.raw[0], hashlib.sha256).digest())
    assert headers["X-Shopify-Hmac-Sha256"] == signature.decode()
    assert headers["X-Shopify-Topic"] == "inventory_levels/update"
    assert headers["X-Shopify-Shop-Domain"] == desk.shop.domain
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Name"] == "mine"
    assert headers["X-Shopify-Triggered-At"] == "2026-11-23T10:00:00.250000Z"
    assert headers["X-Shopify-Event-Id"] != headers["X-Shopify-Webhook-Id"]


async def test_writes_of_the_app_come_back_as_webhooks_with_one_event_id() -> None:
    desk, receiver = await subscribed(), Receiver()
    rows = [desk.row(inventoryItemId=item.id, delta=1) for item in desk.shop.stock.items[:3]]
    assert (await desk.adjust(*rows))["userErrors"] == []
    await desk.shop.webhooks.deliver_due(receiver)
    assert len(receiver.got) == 3
    assert len({headers["X-Shopify-Event-Id"] for headers, _ in receiver.got}) == 1
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.got}) == 3


async def test_what_else_is_told() -> None:
    topics = (
        "INVENTORY_LEVELS_CONNECT",
        "INVENTORY_LEVELS_DISCONNECT",
        "PRODUCTS_UPDATE",
        "PRODUCTS_DELETE",
        "LOCATIONS_DEACTIVATE",
        "LOCATIONS_ACTIVATE",
        "APP_UNINSTALLED",
    )
    desk, receiver = await subscribed(*topics), Receiver()
    level = desk.shop.stock.items[0].levels[0]
    desk.shop.stock.activate(level, active=False)
    desk.shop.stock.activate(level, active=True)
    await desk.control("location", location=desk.location, active=False)
    await desk.control("location", location=desk.location, active=True)
    for item in list(desk.shop.stock.items):
        await desk.control("delete", inventory_item_id=item.id)
    await desk.control("uninstall")
    await desk.shop.webhooks.deliver_due(receiver)
    told = [headers["X-Shopify-Topic"] for headers, _ in receiver.got]
    assert told[:4] == [
        "inventory_levels/disconnect",
        "inventory_levels/connect",
        "locations/deactivate",
        "locations/activate",
    ]
    assert told[-2:] == ["products/delete", "app/uninstalled"]
    assert "products/update" in told


async def test_a_deleted_variant_is_gone_for_readers() -> None:
    desk = Desk()
    gone = desk.item
    await desk.control("delete", inventory_item_id=gone)
    body = await desk.ask("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[gone])
    assert body["data"]["nodes"] == [None]


async def test_only_the_wanted_fields_are_sent() -> None:
    desk, receiver = await subscribed(includeFields=["inventory_item_id"]), Receiver()
    sell(desk)
    await desk.shop.webhooks.deliver_due(receiver)
    assert list(receiver.got[0][1]) == ["inventory_item_id"]


async def test_a_failed_delivery_comes_again_for_four_hours_with_the_same_bytes() -> None:
    desk, receiver = await subscribed(), Receiver(status=500)
    sell(desk)
    at = []
    for _ in range(20 * 3600 // 10):
        before = len(receiver.got)
        await desk.shop.webhooks.deliver_due(receiver)
        if len(receiver.got) > before:
            at.append(desk.clock.passed)
        desk.clock.passed += 10
    assert len(at) == 9
    assert 3.9 * 3600 < at[-1] < 4.1 * 3600
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.got}) == 1
    assert len(set(receiver.raw)) == 1
    assert desk.shop.webhooks.subscriptions.all == []


async def test_who_answers_again_in_time_keeps_the_subscription() -> None:
    desk, receiver = await subscribed(), Receiver(status=0)
    sell(desk)
    for _ in range(4):
        await desk.shop.webhooks.deliver_due(receiver)
        desk.clock.passed += 1000
    receiver.status = 204
    await desk.shop.webhooks.deliver_due(receiver)
    assert len(receiver.got) == 1
    assert desk.shop.webhooks.subscriptions.all[0].failures == 0


async def test_a_redirect_is_a_failure() -> None:
    desk, receiver = await subscribed(), Receiver(status=302)
    sell(desk)
    await desk.shop.webhooks.deliver_due(receiver)
    assert desk.shop.webhooks.counts["failed"] == 1


# -- faults ---------------------------------------------------------------------------------------


async def test_dropped_ones_never_arrive() -> None:
    desk, receiver = await subscribed(), Receiver()
    await desk.control("faults", webhooks_dropped=1)
    sell(desk)
    await desk.shop.webhooks.deliver_due(receiver)
    assert receiver.got == []
    assert desk.shop.webhooks.waiting == 0


async def test_repeated_ones_are_the_same_to_the_byte() -> None:
    desk, receiver = await subscribed(), Receiver()
    await desk.control("faults", webhooks_repeated=1)
    sell(desk)
    desk.clock.passed += 2
    await desk.shop.webhooks.deliver_due(receiver)
    assert len(receiver.got) == 2
    assert receiver.got[0] == receiver.got[1]


async def test_late_ones_come_late_and_in_another_order() -> None:
    desk, receiver = await subscribed(), Receiver()
    await desk.control("faults", webhooks_late="30s")
    for _ in range(12):
        sell(desk)
    for _ in range(31):
        await desk.shop.webhooks.deliver_due(receiver)
        desk.clock.passed += 1
    assert len(receiver.quantities) == 12
    assert receiver.quantities != sorted(receiver.quantities, reverse=True)


async def test_reordered_ones_let_the_next_go_first() -> None:
    desk, receiver = await subscribed(), Receiver()
    desk.shop.faults.webhooks_reordered = 1.0
    sell(desk)
    desk.shop.faults.webhooks_reordered = 0.0
    sell(desk)
    desk.clock.passed += 2
    await desk.shop.webhooks.deliver_due(receiver)
    assert receiver.quantities == sorted(receiver.quantities)


async def test_any_webhook_can_be_sent_by_the_control_path() -> None:
    desk, receiver = await subscribed("PRODUCTS_UPDATE"), Receiver()
    await desk.control("webhook", topic="products/update", body={"id": 1})
    await desk.shop.webhooks.deliver_due(receiver)
    assert receiver.got[0][1] == {"id": 1}


async def test_it_delivers_by_itself_while_it_runs() -> None:
    desk, receiver = await subscribed(), Receiver()
    running = asyncio.create_task(desk.shop.webhooks.run(receiver))
    for _ in range(3):
        sell(desk)
        for _ in range(20):
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(receiver.got) == 3
    assert (await desk.http.get("/practice/state")).json()["webhooks"]["delivered"] == 3
