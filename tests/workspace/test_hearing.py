"""A signed webhook becomes a look at one cell; a forged one becomes nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from core.model import AuthKind, CellKey, Connection, Secret
from core.sync.engine import Engine
from core.workspace.hearing import Hearing, NoSecretForWebhooks, hear
from tests.twins.world import World

DOMAIN = "twin.myshopify.com"
CONNECTION = Connection(DOMAIN, AuthKind.TOKEN, "gid://shopify/Shop/1", "Twin", "2026-11-23")
BODY = json.dumps({"inventory_item_id": 7, "location_id": 9, "available": 3}).encode()
CELL = CellKey("gid://shopify/InventoryItem/7", "gid://shopify/Location/9")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def listening(engine: Engine, on_catalogue: asyncio.Event) -> AsyncIterator[str]:
    port = free_port()
    hearing = Hearing(f"127.0.0.1:{port}")
    task = asyncio.create_task(
        hear(hearing, CONNECTION, Secret("s3cret"), engine, on_catalogue.set, lambda: None)
    )
    url = f"http://127.0.0.1:{port}/webhooks/shopify"
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(100):
                try:
                    await client.get(url)
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)
        yield url
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def post(url: str, topic: str, body: bytes, secret: str = "s3cret") -> int:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    headers = {
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Event-Id": f"{topic}-{secret}",
    }
    async with httpx.AsyncClient() as client:
        return (await client.post(url, content=body, headers=headers)).status_code


async def test_a_webhook_makes_the_engine_look_at_that_cell() -> None:
    world = World()
    async with listening(world.engine, asyncio.Event()) as url:
        assert await post(url, "inventory_levels/update", BODY) == 200
    assert world.engine._hints == {CELL}


async def test_a_changed_product_brings_the_catalogue_forward() -> None:
    world, hinted = World(), asyncio.Event()
    async with listening(world.engine, hinted) as url:
        assert await post(url, "products/update", b'{"id": 1}') == 200
    assert hinted.is_set()
    assert world.engine._hints == set()


async def test_a_forged_webhook_changes_nothing() -> None:
    world, hinted = World(), asyncio.Event()
    async with listening(world.engine, hinted) as url:
        assert await post(url, "inventory_levels/update", BODY, "wrong") == 401
    assert world.engine._hints == set()


async def test_without_the_secret_nothing_is_heard_and_it_is_said() -> None:
    with pytest.raises(NoSecretForWebhooks, match=DOMAIN):
        await hear(Hearing(":0"), CONNECTION, None, World().engine, lambda: None, lambda: None)
