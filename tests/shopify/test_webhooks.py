"""Webhooks: what is taken, what is refused, and that the shop is asked for the right ones."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.errors import BadInput
from core.model import Credentials, Secret
from core.practice import PracticeShop
from core.shopify import webhooks as webhooks_module
from core.shopify.errors import (
    BadListenAddress,
    BadWebhookAddress,
    ListenFailed,
    WebhookRefused,
)
from core.shopify.serving import listen_address, serve_webhooks
from core.shopify.shop import ShopifyShop, open_shop
from core.shopify.subscriptions import TOPICS
from core.shopify.webhooks import MAX_BODY, PATH, Hint, WebhookReceiver
from tests.shopify.support import QuickClock, item

SECRET = "shpss_0011223344556677"
DOMAIN = "demo.myshopify.com"
URI = f"https://hooks.example.com{PATH}"
LEVEL = b'{"inventory_item_id": 271878346596884015, "location_id": 7, "available": 3}'


class Desk:
    def __init__(self, *secrets: str, domain: str = DOMAIN) -> None:
        self.hints: list[Hint] = []
        keys = [Secret(each) for each in secrets or (SECRET,)]
        self.receiver = WebhookReceiver(keys, domain, self.hints.append)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.receiver), base_url="https://hooks.example.com"
        )

    async def post(self, body: bytes = LEVEL, secret: str = SECRET, **headers: str) -> int:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        sent = {
            "x-shopify-topic": "inventory_levels/update",
            "x-shopify-shop-domain": DOMAIN,
            "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
            "x-shopify-event-id": "event-1",
            "x-shopify-webhook-id": "webhook-1",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return (await self.http.post(PATH, content=body, headers=sent)).status_code


async def test_a_level_that_changed_is_a_hint_to_look_at_its_cell() -> None:
    desk = Desk()
    assert await desk.post() == 200
    assert desk.hints == [
        Hint("inventory_levels/update", item(271878346596884015), "gid://shopify/Location/7")
    ]


@pytest.mark.parametrize(
    ("topic", "body", "hint"),
    [
        ("products/update", b'{"id": 5}', Hint("products/update")),
        (
            "locations/delete",
            b'{"id": 5}',
            Hint("locations/delete", None, "gid://shopify/Location/5"),
        ),
        ("app/uninstalled", b"{}", Hint("app/uninstalled")),
        ("inventory_levels/connect", b"[1, 2]", Hint("inventory_levels/connect")),
        ("inventory_levels/connect", b"no json", Hint("inventory_levels/connect")),
        (
            "inventory_levels/disconnect",
            b'{"inventory_item_id": "5", "location_id": true}',
            Hint("inventory_levels/disconnect"),
        ),
    ],
)
async def test_other_topics_and_odd_bodies(topic: str, body: bytes, hint: Hint) -> None:
    desk = Desk()
    assert await desk.post(body, x_shopify_topic=topic) == 200
    assert desk.hints == [hint]


@pytest.mark.parametrize(
    "signature", ["", "AAAA", "é", "A" * 44, base64.b64encode(b"0" * 32).decode()]
)
async def test_what_is_not_signed_by_the_app_is_refused(signature: str) -> None:
    desk = Desk()
    headers = [
        (b"x-shopify-topic", b"inventory_levels/update"),
        (b"x-shopify-shop-domain", DOMAIN.encode()),
        (b"x-shopify-hmac-sha256", signature.encode()),
    ]
    response = await desk.http.post(PATH, content=LEVEL, headers=headers)
    assert response.status_code == 401
    assert desk.hints == []
    assert desk.receiver.counts.refused == 1


async def test_one_changed_byte_breaks_the_signature() -> None:
    desk = Desk()
    digest = hmac.new(SECRET.encode(), LEVEL, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    assert await desk.post(LEVEL + b" ", x_shopify_hmac_sha256=signature) == 401


async def test_another_secret_is_refused_and_an_older_one_is_taken_while_both_hold() -> None:
    assert await Desk().post(secret="shpss_other") == 401
    assert await Desk("shpss_new", SECRET).post() == 200


async def test_without_any_secret_nothing_is_taken() -> None:
    assert await Desk("").post(secret="") == 401


async def test_a_repeat_is_answered_and_dropped() -> None:
    desk = Desk()
    assert [await desk.post(), await desk.post(x_shopify_webhook_id="webhook-2")] == [200, 200]
    assert len(desk.hints) == 1
    assert desk.receiver.counts.repeated == 1


async def test_one_action_on_two_cells_is_two_hints() -> None:
    desk = Desk()
    await desk.post(b'{"inventory_item_id": 1, "location_id": 7}')
    await desk.post(b'{"inventory_item_id": 2, "location_id": 7}')
    assert [hint.inventory_item_id for hint in desk.hints] == [item(1), item(2)]


async def test_the_memory_of_repeats_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_module, "REMEMBERED", 3)
    desk = Desk()
    for event in ("a", "b", "c", "d", "a", "d"):
        await desk.post(x_shopify_event_id=event)
    assert len(desk.hints) == 5
    assert len(desk.receiver._seen) == 3


async def test_what_we_never_asked_for_is_answered_and_ignored() -> None:
    desk = Desk()
    assert await desk.post(x_shopify_topic="orders/create") == 200
    assert desk.hints == []
    assert desk.receiver.counts.ignored == 1


@pytest.mark.parametrize("domain", ["other.myshopify.com", "", f"{DOMAIN}.example"])
async def test_what_another_shop_of_the_app_sends_is_refused(domain: str) -> None:
    """Every shop that has the app signs with the app's secret."""
    desk = Desk()
    assert await desk.post(x_shopify_shop_domain=domain) == 404
    assert (desk.hints, desk.receiver.counts.refused) == ([], 1)
    assert await desk.post(x_shopify_shop_domain=DOMAIN.upper()) == 200


async def test_refusals_are_told_ever_more_rarely(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    for _ in range(100):
        await desk.post(secret="shpss_other")
    told = [record.getMessage() for record in caplog.records if record.name == "core.shopify"]
    assert len(told) == 7
    assert told[-1] == "a webhook without a valid signature was refused (64 so far)"
    assert desk.receiver.counts.refused == 100


async def test_too_long_is_refused_before_it_is_read() -> None:
    desk = Desk()
    assert await desk.post(b"x" * (MAX_BODY + 1)) == 413

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    response = await desk.http.post(PATH, content=endless())
    assert response.status_code == 413


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_module, "BODY_SECONDS", 0.02)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    assert (await Desk().http.post(PATH, content=slow())).status_code == 408


@pytest.mark.parametrize(("method", "path", "status"), [("GET", PATH, 405), ("POST", "/", 404)])
async def test_there_is_one_path_and_one_method(method: str, path: str, status: int) -> None:
    assert (await Desk().http.request(method, path)).status_code == status


async def test_a_hint_that_cannot_be_noted_may_come_again() -> None:
    def full(_hint: Hint) -> None:
        raise MemoryError

    receiver = WebhookReceiver([Secret(SECRET)], DOMAIN, full)
    desk = Desk()
    transport = httpx.ASGITransport(receiver, raise_app_exceptions=False)
    desk.http = httpx.AsyncClient(transport=transport, base_url="https://hooks.example.com")
    assert [await desk.post(), await desk.post()] == [500, 500]
    assert receiver.counts.repeated == 0


# -- served ---------------------------------------------------------------------------------------


async def test_it_is_served_inside_a_running_loop_and_ends_when_cancelled() -> None:
    desk = Desk()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve_webhooks(desk.receiver, "127.0.0.1", 0, on_ready=ready.set_result)
    )
    address = await asyncio.wait_for(ready, 10)
    assert address.endswith(PATH)
    async with httpx.AsyncClient(trust_env=False) as http:
        desk.http = http
        digest = hmac.new(SECRET.encode(), LEVEL, hashlib.sha256).digest()
        headers = {
            "X-Shopify-Topic": "inventory_levels/update",
            "X-Shopify-Shop-Domain": DOMAIN,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        }
        response = await http.post(address, content=LEVEL, headers=headers)
        assert response.status_code == 200
        assert "server" not in response.headers
        assert len(desk.hints) == 1
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(httpx.ConnectError):
            await http.post(address, content=LEVEL)


async def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenFailed, match=str(port)):
            await serve_webhooks(Desk().receiver, "127.0.0.1", port)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:8080", ("0.0.0.0", 8080)),  # noqa: S104 - what a person may ask for
        (":80", ("127.0.0.1", 80)),
        ("8080", ("127.0.0.1", 8080)),
        ("[::1]:9", ("::1", 9)),
        ("host.example:1", ("host.example", 1)),
    ],
)
def test_addresses_to_listen_on(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text) == address


@pytest.mark.parametrize("text", ["", "host", "host:", "1:2:3", "a:99999", "a b:1", "http://a:1"])
def test_what_is_no_address_to_listen_on(text: str) -> None:
    with pytest.raises(BadListenAddress) as caught:
        listen_address(text)
    assert isinstance(caught.value, BadInput)


# -- subscriptions --------------------------------------------------------------------------------


class Town:
    def __init__(self, **options: Any) -> None:
        self.clock = QuickClock()
        self.practice = PracticeShop(clock=self.clock, **options)
        self.shop = self.open()

    def open(self) -> ShopifyShop:
        return open_shop(
            Credentials(self.practice.domain, access_token=Secret(self.practice.access_token)),
            clock=self.clock,
            random=random.Random(1),
            transport=self.practice.transport(),
        )

    @property
    def there(self) -> list[Any]:
        return self.practice.webhooks.subscriptions.all

    def add(self, topic: str, **given: Any) -> None:
        grant = self.practice.door.admit(self.practice.access_token)
        assert grant is not None
        context = self.practice.new_context(grant)
        payload = self.practice.webhooks.subscriptions.create(context, topic, {"uri": URI, **given})
        assert payload["userErrors"] == []


async def test_every_topic_is_asked_for_once_and_stays() -> None:
    town = Town()
    report = await town.shop.ensure_webhooks(URI)
    assert report.made == list(TOPICS)
    assert {each.topic_name for each in town.there} == set(TOPICS)
    assert {each.uri for each in town.there} == {URI}
    again = await town.shop.ensure_webhooks(URI)
    assert (again.kept, again.made, again.healed) == (list(TOPICS), [], [])
    assert len(await town.shop.webhooks(URI)) == len(TOPICS)


async def test_what_the_shop_deleted_is_made_again() -> None:
    town = Town()
    await town.shop.ensure_webhooks(URI)
    town.practice.webhooks.subscriptions.drop(town.there[3])
    report = await town.shop.ensure_webhooks(URI)
    assert len(report.made) == 1
    assert len(town.there) == len(TOPICS)


async def test_another_address_moves_them() -> None:
    town = Town()
    await town.shop.ensure_webhooks(f"{URI}/old")
    report = await town.shop.ensure_webhooks(URI)
    assert report.healed == list(TOPICS)
    assert {each.uri for each in town.there} == {URI}


async def test_changed_ones_are_put_right_and_doubles_removed() -> None:
    town = Town()
    town.add("INVENTORY_LEVELS_UPDATE", format="XML")
    town.add("INVENTORY_LEVELS_UPDATE", filter="available:>5")
    town.add("SHOP_UPDATE", name="dextre-sync_old")
    report = await town.shop.ensure_webhooks(URI)
    assert report.healed == ["INVENTORY_LEVELS_UPDATE"]
    assert report.removed == ["INVENTORY_LEVELS_UPDATE", "SHOP_UPDATE"]
    assert len(town.there) == len(TOPICS)
    assert {each.format for each in town.there} == {"JSON"}


async def test_those_of_others_are_left_alone() -> None:
    town = Town()
    town.add("PRODUCTS_UPDATE", uri="https://elsewhere.example/hook", name="theirs")
    await town.shop.ensure_webhooks(URI)
    await town.shop.remove_webhooks(URI)
    assert [each.uri for each in town.there] == ["https://elsewhere.example/hook"]


async def test_without_read_locations_the_other_topics_work() -> None:
    town = Town(scopes=("write_inventory", "read_products"))
    report = await town.shop.ensure_webhooks(URI)
    assert report.not_permitted == [topic for topic in TOPICS if topic.startswith("LOCATIONS_")]
    assert len(report.made) == len(TOPICS) - len(report.not_permitted)


async def test_one_that_was_made_without_our_hearing_of_it_counts_as_made() -> None:
    town = Town()
    town.practice.faults.next = ["none", "503_after"]
    report = await town.shop.ensure_webhooks(URI)
    assert report.made == list(TOPICS)
    assert len(town.there) == len(TOPICS)


@pytest.mark.parametrize(
    "uri", ["http://hooks.example.com/x", "hooks.example.com", "https://u:p@h/"]
)
async def test_addresses_that_shopify_would_not_take_are_not_sent(uri: str) -> None:
    with pytest.raises(BadWebhookAddress):
        await Town().shop.ensure_webhooks(uri)


async def test_an_address_that_shopify_refuses_is_told() -> None:
    with pytest.raises(WebhookRefused, match="internal domain"):
        await Town().shop.ensure_webhooks("https://demo.myshopify.com/hook")


# -- together -------------------------------------------------------------------------------------


async def test_what_the_practice_shop_signs_is_taken_whatever_happens_on_the_way() -> None:
    town = Town(variants=20)
    await town.shop.ensure_webhooks(URI)
    town.practice.faults.update(
        {"webhooks_repeated": 0.5, "webhooks_reordered": 0.5, "webhooks_late": 5}
    )
    desk = Desk(town.practice.client_secret, domain=town.practice.domain)

    async def post(uri: str, headers: Any, body: bytes) -> int:
        return (await desk.http.post(uri, headers=headers, content=body)).status_code

    items = town.practice.stock.items
    place = town.practice.stock.locations[0]
    for each in items:
        town.practice.stock.sell(each, place, 1)
    town.clock.seconds += 10
    await town.practice.webhooks.deliver_due(post)
    assert {hint.inventory_item_id for hint in desk.hints} == {each.id for each in items}
    assert len(desk.hints) == len(items)
    assert desk.receiver.counts.repeated > 0
    assert desk.receiver.counts.refused == 0
