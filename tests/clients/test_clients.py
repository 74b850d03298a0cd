"""Clients that nobody here wrote, against the practice shop as a program of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.model import Secret
from core.shopify.serving import serve_webhooks
from core.shopify.webhooks import Hint, WebhookReceiver
from tests.clients.installing import HERE, node_project, official_python

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Address:
    """What `dextre-sync practice-shop` prints when it answers."""

    address: str
    domain: str
    token: str
    client_id: str
    client_secret: str

    @property
    def environment(self) -> dict[str, str]:
        told = {name.upper(): value for name, value in vars(self).items()}
        # Loopback only: no proxy of the machine that runs the tests takes part.
        return {**os.environ, **told, "NO_PROXY": "*", "no_proxy": "*"}


@pytest.fixture
def shop() -> Iterator[Address]:
    command = [sys.executable, "-m", "tui", "practice-shop", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            lines = (process.stdout.readline() for _ in Address.__dataclass_fields__)
            yield Address(**dict(line.strip().split(": ", 1) for line in lines))
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = node_project(tmp_path_factory.mktemp("node"))
    if folder is None:
        pytest.skip("node, npm or the npm registry is not at hand")
    return folder


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = official_python(tmp_path_factory.mktemp("official") / "venv")
    if found is None:
        pytest.skip("the package ShopifyAPI is neither installed nor to be had")
    return found


def told(command: list[str], shop: Address, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        command,
        cwd=folder,
        env=shop.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_official_python_package_connects_lists_adjusts_and_sets(
    shop: Address, python: Path
) -> None:
    found = told([str(python), str(HERE / "official_python.py")], shop, HERE)
    assert found["shop"] == shop.domain
    assert found["scopes"] == 4
    assert found["errors"] == []
    assert (found["between"], found["after"]) == (found["before"] + 3, 55)
    assert found["stale"] == ["CHANGE_FROM_QUANTITY_STALE"]


def test_the_npm_admin_client_connects_lists_adjusts_and_sets(shop: Address, node: Path) -> None:
    found = told(["node", "admin_client.mjs"], shop, node)
    assert found["shop"] == shop.domain
    assert found["scopes"] == 4
    assert found["errors"] == []
    assert (found["between"], found["after"]) == (found["before"] + 4, 77)
    assert found["stale"] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert found["refused"] == ["undefinedField"]


CREATE = """mutation C($topic: WebhookSubscriptionTopic!, $given: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $given) {
    userErrors { message } } }"""


class Node:
    """The Node program, a line at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def told(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 30)
        found: dict[str, Any] = json.loads(line)
        return found

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def end(self) -> None:
        self._process.terminate()
        await self._process.wait()


@pytest.fixture
async def started(shop: Address, node: Path) -> Any:
    process = await asyncio.create_subprocess_exec(
        "node",
        "webhooks.mjs",
        cwd=node,
        env=shop.environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Node(process)
    yield running
    await running.end()


async def test_the_npm_library_gets_a_token_and_validates_our_webhooks(
    shop: Address, started: Node
) -> None:
    granted = await started.told()
    port = (await started.told())["port"]
    headers = {"X-Shopify-Access-Token": granted["token"]}
    async with httpx.AsyncClient(base_url=shop.address, headers=headers, trust_env=False) as http:
        given = {"uri": f"http://127.0.0.1:{port}/hook", "name": "from-node"}
        asked = {"query": CREATE, "variables": {"topic": "INVENTORY_LEVELS_UPDATE", "given": given}}
        made = await http.post("/admin/api/2026-10/graphql.json", json=asked)
        assert made.json()["data"]["webhookSubscriptionCreate"] == {"userErrors": []}
        level = (await http.get("/practice/state")).json()["levels"][0]
        sold = {"sku": level["sku"], "location": level["location"], "quantity": 2}
        assert (await http.post("/practice/sell", json=sold)).status_code == 200
    webhook = await started.told()
    assert webhook["valid"] is True
    assert webhook["changed"] is False
    assert webhook["topic"] == "INVENTORY_LEVELS_UPDATE"
    assert (webhook["domain"], webhook["apiVersion"]) == (shop.domain, "2026-10")
    assert webhook["name"] == "from-node"
    assert webhook["eventId"]
    assert webhook["webhookId"]
    assert webhook["triggeredAt"]
    assert webhook["body"]["available"] == level["available"] - 2


async def test_our_receiver_takes_what_the_npm_library_signs(shop: Address, started: Node) -> None:
    await started.told()
    await started.told()
    hints: list[Hint] = []
    receiver = WebhookReceiver([Secret(shop.client_secret)], shop.domain, hints.append)
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve_webhooks(receiver, "127.0.0.1", 0, on_ready=ready.set_result)
    )
    started.say(await asyncio.wait_for(ready, 10))
    assert await started.told() == {"right": 200, "wrong": 401}
    assert hints == [
        Hint(
            "inventory_levels/update",
            "gid://shopify/InventoryItem/5",
            "gid://shopify/Location/7",
        )
    ]
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
